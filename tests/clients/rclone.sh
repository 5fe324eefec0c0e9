#!/usr/bin/env bash
# rclone: copy, sync, check, cat, parts, server-side copies, clean-up of uploads, odd names.
command -v rclone >/dev/null || { echo "skipped: no rclone"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve rclone "$(rclone version | awk 'NR == 1 {print substr($2, 2)}')"
: >"$work/rclone.conf"
export RCLONE_CONFIG=$work/rclone.conf RCLONE_CONFIG_A_TYPE=s3 RCLONE_CONFIG_A_PROVIDER=Other RCLONE_CONFIG_A_ENDPOINT=$url RCLONE_CONFIG_A_REGION=us-east-1
export RCLONE_CONFIG_A_ACCESS_KEY_ID=test RCLONE_CONFIG_A_SECRET_ACCESS_KEY=test RCLONE_CONFIG_A_FORCE_PATH_STYLE=true RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=1

mkdir -p "$work/tree/deep/er"
printf 'one' >"$work/tree/one.txt"
printf 'two' >"$work/tree/deep/two words+plus.txt"
printf 'three' >"$work/tree/deep/er/üñí 100%.txt"
: >"$work/tree/deep/empty"
head -c 12000000 /dev/urandom >"$work/tree/large"

rclone mkdir A:clone
is "buckets" "clone" "$(rclone lsf A: | tr -d /)"
rclone sync --s3-upload-cutoff 5Mi --s3-chunk-size 5Mi "$work/tree" A:clone/tree
is "a tree" "deep/empty|deep/er/üñí 100%.txt|deep/two words+plus.txt|large|one.txt" "$(rclone lsf -R --files-only A:clone/tree | sort | paste -sd '|')"
is "folders" "deep/" "$(rclone lsf --dirs-only A:clone/tree)"
rclone check "$work/tree" A:clone/tree 2>"$work/checked"
has "checked by MD5" "0 differences found" "$(cat "$work/checked")"
rclone check --download "$work/tree" A:clone/tree 2>"$work/checked"
has "checked by bytes" "0 differences found" "$(cat "$work/checked")"
is "nothing to send" "" "$(rclone sync -v "$work/tree" A:clone/tree 2>&1 | grep Copied || true)" # rclone keeps times in metadata
touch -d 2020-01-01 "$work/tree/one.txt"
rclone sync "$work/tree" A:clone/tree
is "its time" "2020-01-01 00:00:00" "$(TZ=UTC rclone lsf --format t A:clone/tree/one.txt)"
rclone copy A:clone/tree "$work/copy"
same "fetched" "$work/tree" "$work/copy"
is "cat" "one" "$(rclone cat A:clone/tree/one.txt)"
is "a part of it" "ne" "$(rclone cat --offset 1 A:clone/tree/one.txt)"
printf 'from a pipe' | rclone rcat A:clone/piped
is "rcat" "from a pipe" "$(rclone cat A:clone/piped)"
rclone sync --s3-copy-cutoff 5Mi A:clone/tree A:clone/twin
rclone check A:clone/tree A:clone/twin 2>"$work/checked"
has "copied there" "0 differences found" "$(cat "$work/checked")"
rclone moveto A:clone/twin/one.txt A:clone/moved.txt
is "moved" "one" "$(rclone cat A:clone/moved.txt)"
is "size" "12000011" "$(rclone size --json A:clone/tree | jq .bytes)"
rm "$work/tree/one.txt"
rclone sync "$work/tree" A:clone/tree
is "deleted there" "4" "$(rclone lsf -R --files-only A:clone/tree | wc -l)"
is "fast listing" "4" "$(rclone lsf -R --files-only --fast-list A:clone/tree | wc -l)"
is "by link" "one" "$(curl -fsS "$(rclone link --expire 1h A:clone/moved.txt)")"

upload=$(curl -fsS -X POST "$url/clone/left?uploads" | grep -o '<UploadId>[^<]*' | cut -d '>' -f 2)
curl -fsS -X PUT --data-binary x "$url/clone/left?partNumber=1&uploadId=$upload" >/dev/null
is "uploads" "left" "$(rclone backend list-multipart-uploads A:clone | jq -r '.clone[].Key')"
rclone backend cleanup -o max-age=0s A:clone
is "cleaned up" "[]" "$(rclone backend list-multipart-uploads A:clone | jq -c .clone)"

refused "not found" rclone lsf A:nowhere
refused "directory not found" rclone copy A:nowhere "$work/nothing"
rclone purge A:clone/twin
rclone delete A:clone
rclone rmdir A:clone
is "nothing is left" "" "$(rclone lsf A:)"
passed
