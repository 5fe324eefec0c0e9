#!/usr/bin/env bash
# s3cmd: buckets, objects, parts, sync, odd names. It signs with host names of its own making.
command -v s3cmd >/dev/null || { echo "skipped: no s3cmd"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve s3cmd "$(s3cmd --version | awk '{print $3}')"
host=${url#http://}
s3() { s3cmd --config=/dev/null --access_key=test --secret_key=test --host="$host" --host-bucket="$host" --no-ssl --region=us-east-1 --no-progress "$@"; }
names() { sed 's/.*s3:/s3:/' | paste -sd '|'; }

mkdir -p "$work/tree/deep/er"
printf 'one' >"$work/tree/one.txt"
printf 'two' >"$work/tree/deep/two words+plus.txt"
printf 'three' >"$work/tree/deep/er/üñí 100%.txt"
head -c 12000000 /dev/urandom >"$work/large"

s3 mb s3://cmd >/dev/null
has "buckets" "s3://cmd" "$(s3 ls)"
s3 put "$work/tree/one.txt" s3://cmd/one.txt --mime-type=text/x-log --add-header='x-amz-meta-origin: gauge' >/dev/null
s3 get s3://cmd/one.txt "$work/back" >/dev/null
same "an object" "$work/tree/one.txt" "$work/back"
info=$(s3 info s3://cmd/one.txt 2>&1 || true)
has "its size" "File size: 3" "$info"
has "its type" "MIME type: text/x-log" "$info"
has "its MD5" "$(md5sum <"$work/tree/one.txt" | cut -c 1-32)" "$info"
s3 put --multipart-chunk-size-mb=5 "$work/large" s3://cmd/large >/dev/null
s3 get --force s3://cmd/large "$work/back" >/dev/null
same "12 MB in parts" "$work/large" "$work/back"
is "no upload is left" "0" "$(s3 multipart s3://cmd | grep -c large || true)"
s3 put - s3://cmd/piped <"$work/tree/one.txt" >/dev/null
is "from a pipe" "one" "$(s3 get s3://cmd/piped - 2>/dev/null)"

s3 sync "$work/tree/" s3://cmd/tree/ >/dev/null
is "a tree" "s3://cmd/tree/deep/er/üñí 100%.txt|s3://cmd/tree/deep/two words+plus.txt|s3://cmd/tree/one.txt" "$(s3 ls --recursive s3://cmd/tree/ | names)"
is "folders" "s3://cmd/tree/deep/" "$(s3 ls s3://cmd/tree/ | grep DIR | names)"
is "nothing to send" "" "$(s3 sync "$work/tree/" s3://cmd/tree/ | grep upload: || true)"
printf 'other' >"$work/tree/one.txt"
has "what changed" "upload: '$work/tree/one.txt'" "$(s3 sync "$work/tree/" s3://cmd/tree/)"
mkdir "$work/copy"
s3 sync s3://cmd/tree/ "$work/copy/" >/dev/null
same "fetched" "$work/tree" "$work/copy"
rm "$work/tree/one.txt"
s3 sync --delete-removed "$work/tree/" s3://cmd/tree/ >/dev/null
is "deleted there" "2" "$(s3 ls --recursive s3://cmd/tree/ | wc -l)"
s3 cp s3://cmd/large s3://cmd/copied >/dev/null
s3 mv s3://cmd/copied s3://cmd/moved >/dev/null
s3 get --force s3://cmd/moved "$work/back" >/dev/null
same "copied and moved" "$work/large" "$work/back"
has "disk usage" "s3://cmd/tree" "$(s3 du s3://cmd/tree)"
is "signed for others" "one" "$(curl -fsS "$(s3 signurl s3://cmd/one.txt +60)")"

refused "(NoSuchBucket)" s3 ls s3://nowhere
refused "does not exist" s3 get s3://cmd/nothing "$work/nothing"
refused "(BucketNotEmpty)" s3 rb s3://cmd
s3 del s3://cmd/one.txt >/dev/null
s3 del --recursive --force s3://cmd >/dev/null
s3 rb s3://cmd >/dev/null
is "nothing is left" "" "$(s3 ls)"
passed
