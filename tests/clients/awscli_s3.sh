#!/usr/bin/env bash
# The AWS CLI's s3 commands: mb, cp, ls, sync, mv, rm, rb, presign; files large and small, streams, odd names.
command -v aws >/dev/null || { echo "skipped: no aws"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve "AWS CLI: s3" "$(aws --version | sed 's/^aws-cli.\([^ ]*\).*/\1/')"
aws() { command aws --endpoint-url "$url" "$@"; }
names() { awk '{ $1 = $2 = $3 = ""; print substr($0, 4) }' | paste -sd '|'; } # of ls's lines

mkdir -p "$work/tree/dt=2026-03-28" "$work/tree/empty"
printf 'one' >"$work/tree/one.txt"
printf 'two' >"$work/tree/dt=2026-03-28/two words.txt"
printf 'three' >"$work/tree/dt=2026-03-28/über+100%.txt"
: >"$work/tree/empty/nothing"
head -c 20971520 /dev/urandom >"$work/large"

# --- one object ---
is "mb" "make_bucket: raw" "$(aws s3 mb s3://raw)"
aws s3 cp --quiet "$work/tree/one.txt" s3://raw/one.txt
is "to stdout" "one" "$(aws s3 cp s3://raw/one.txt -)"
printf 'from a pipe' | aws s3 cp --quiet - s3://raw/piped
is "from stdin" "from a pipe" "$(aws s3 cp s3://raw/piped -)"
aws s3 cp --quiet "$work/large" s3://raw/large # in three parts
aws s3 cp --quiet s3://raw/large "$work/back"  # by ranges
same "20 MiB" "$work/large" "$work/back"
has "its ETag is of three parts" '-3"' "$(aws s3api head-object --bucket raw --key large --query ETag --output text)"
aws s3 cp --quiet - s3://raw/large-piped <"$work/large"
aws s3 cp --quiet s3://raw/large-piped - >"$work/back"
same "20 MiB through a pipe" "$work/large" "$work/back"
aws s3 cp --quiet --content-type text/x-log --metadata origin=gauge,unit=m3 --cache-control no-cache "$work/tree/one.txt" s3://raw/described
is "described" "text/x-log no-cache gauge m3" "$(aws s3api head-object --bucket raw --key described --query '[ContentType,CacheControl,Metadata.origin,Metadata.unit]' --output text | tr '\t' ' ')"
refused "(404)" aws s3 cp s3://raw/nothing "$work/nothing"
refused "NoSuchBucket" aws s3 ls s3://nowhere
refused "(NoSuchBucket)" aws s3 cp "$work/tree/one.txt" s3://nowhere/one

# --- trees ---
aws s3 cp --quiet --recursive "$work/tree" s3://raw/tree
is "ls" "one.txt" "$(aws s3 ls s3://raw/tree/ | grep -v ' PRE ' | names)"
is "ls shows folders" "PRE dt=2026-03-28/|PRE empty/" "$(aws s3 ls s3://raw/tree/ | grep -o 'PRE .*' | paste -sd '|')"
is "ls --recursive" "tree/dt=2026-03-28/two words.txt|tree/dt=2026-03-28/über+100%.txt|tree/empty/nothing|tree/one.txt" \
  "$(aws s3 ls --recursive s3://raw/tree/ | names)"
is "in pages" "4" "$(aws s3 ls --recursive --page-size 1 s3://raw/tree/ | wc -l)"
is "summarized" "Total Objects: 4|Total Size: 11" "$(aws s3 ls --recursive --summarize s3://raw/tree/ | grep Total | sed 's/^ *//' | paste -sd '|')"
aws s3 cp --quiet --recursive s3://raw/tree "$work/copy"
same "a tree" "$work/tree" "$work/copy"
is "only what matches" "tree/one.txt" "$(aws s3 cp --recursive s3://raw/tree s3://raw/some --exclude '*' --include 'one*' | sed 's/.*s3:..raw.\(tree.*\) to .*/\1/')"

# --- sync ---
is "nothing to send" "" "$(aws s3 sync "$work/tree" s3://raw/tree)"
aws s3 sync --quiet s3://raw/tree "$work/synced"
same "synced" "$work/tree" "$work/synced"
is "nothing to fetch" "" "$(aws s3 sync s3://raw/tree "$work/synced")"
touch -d '2030-01-01' "$work/tree/one.txt" # newer than the object: sent again, though as large
has "newer" "upload: " "$(aws s3 sync "$work/tree" s3://raw/tree)"
touch -d '2030-01-02' "$work/tree/one.txt"
is "newer, by size alone" "" "$(aws s3 sync --size-only "$work/tree" s3://raw/tree)"
touch -d '2020-01-01' "$work/tree/one.txt"
is "older" "" "$(aws s3 sync "$work/tree" s3://raw/tree)"
printf 'more of it' >"$work/tree/one.txt"
touch -d '2020-01-01' "$work/tree/one.txt"
has "another size" "upload: " "$(aws s3 sync "$work/tree" s3://raw/tree)"
printf 'extra' | aws s3 cp --quiet - s3://raw/tree/extra
is "kept" "" "$(aws s3 sync "$work/tree" s3://raw/tree)"
is "deleted there" "delete: s3://raw/tree/extra" "$(aws s3 sync --delete "$work/tree" s3://raw/tree)"
printf 'extra' >"$work/synced/extra"
has "deleted here" "delete: " "$(aws s3 sync --delete s3://raw/tree "$work/synced" | grep delete)"
same "synced with what changed" "$work/tree" "$work/synced"

# --- from bucket to bucket ---
aws s3 mb s3://other >/dev/null
aws s3 cp --quiet s3://raw/large s3://other/large # copied in parts
aws s3 cp --quiet s3://other/large "$work/back"
same "copied" "$work/large" "$work/back"
aws s3 sync --quiet s3://raw/tree s3://other/tree
is "nothing to copy" "" "$(aws s3 sync s3://raw/tree s3://other/tree)"
aws s3 cp --quiet s3://raw/described s3://other/described
is "metadata goes along" "gauge" "$(aws s3api head-object --bucket other --key described --query Metadata.origin --output text)"
aws s3 mv --quiet s3://other/tree/one.txt s3://other/moved.txt
is "moved" "more of it" "$(aws s3 cp s3://other/moved.txt -)"
refused "(404)" aws s3 cp s3://other/tree/one.txt "$work/nothing"
aws s3 mv --quiet "$work/back" s3://other/back
is "moved away" "gone" "$([ -e "$work/back" ] || echo gone)"
aws s3 mv --quiet --recursive s3://other/tree s3://other/branch
is "a tree moved" "2" "$(aws s3 ls --recursive s3://other/branch/dt | wc -l)"

# --- presigned ---
is "presigned" "more of it" "$(curl -fsS "$(aws s3 presign s3://other/moved.txt)")"
is "presigned, with a name" "three" "$(curl -fsS "$(aws s3 presign 's3://raw/tree/dt=2026-03-28/über+100%.txt' --expires-in 60)")"
is "presigned, of nothing" "404" "$(curl -sS -o /dev/null -w '%{http_code}' "$(aws s3 presign s3://other/nothing)")"

# --- the end of it ---
aws s3 rm --quiet s3://raw/one.txt
is "rm of nothing" "delete: s3://raw/never" "$(aws s3 rm s3://raw/never)"
aws s3 rm --quiet --recursive s3://raw/tree --exclude '*nothing'
is "what is left" "described|large|large-piped|piped|some/one.txt|tree/empty/nothing" "$(aws s3 ls --recursive s3://raw | names)"
refused "(BucketNotEmpty)" aws s3 rb s3://raw
is "rb --force" "remove_bucket: raw" "$(aws s3 rb --force s3://raw | tail -1)"
aws s3 rb --force s3://other >/dev/null
is "no buckets" "" "$(aws s3 ls)"
passed
