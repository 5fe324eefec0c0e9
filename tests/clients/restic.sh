#!/usr/bin/env bash
# restic: a repository in a bucket: backups, snapshots that differ, restore, forget and prune, and its own check of every byte.
command -v restic >/dev/null || { echo "skipped: no restic"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve restic "$(restic version | awk '{print $2}')"
export RESTIC_REPOSITORY=s3:$url/vault/store RESTIC_PASSWORD=secret RESTIC_CACHE_DIR=$work/cache
mkdir -p "$work/tree/deep"
printf 'one' >"$work/tree/one.txt"
: >"$work/tree/deep/empty"
head -c 9000000 /dev/urandom >"$work/tree/deep/large"

restic -q init
refused "already" restic -q init
restic -q backup "$work/tree"
printf 'two' >"$work/tree/one.txt"
printf 'üñí' >"$work/tree/deep/üñí 100%.txt"
restic -q backup --tag second "$work/tree"
is "snapshots" 2 "$(restic snapshots --json | jq length)"
restic -q restore latest --target "$work/back"
same "the second, restored" "$work/tree" "$work/back$work/tree"
is "a file of the first" "one" "$(restic dump "$(restic snapshots --json | jq -r '.[0].id')" "$work/tree/one.txt")"
has "every byte is right" "no errors were found" "$(restic check --read-data 2>&1)"
restic -q forget --keep-last 1 --prune
is "forgotten" 1 "$(restic snapshots --json | jq length)"
has "still right" "no errors were found" "$(restic check --read-data 2>&1)"
refused "wrong password" env RESTIC_PASSWORD=wrong restic -q snapshots
passed
