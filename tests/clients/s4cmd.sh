#!/usr/bin/env bash
# s4cmd: many threads over boto3, parts of its own making, sync. From Debian.
command -v s4cmd >/dev/null || { echo "skipped: no s4cmd"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve s4cmd "$(dpkg-query -W -f '${Version}' s4cmd 2>/dev/null || echo -)"
s4() { S3_ACCESS_KEY=test S3_SECRET_KEY=test s4cmd --endpoint-url="$url" --retry=1 "$@" 2>"$work/said"; }
names() { sed 's/.*s3:/s3:/' | sort | paste -sd '|'; }

mkdir -p "$work/tree/deep"
printf 'one' >"$work/tree/one.txt"
printf 'two' >"$work/tree/deep/two words+plus.txt"
head -c 12000000 /dev/urandom >"$work/large"
s4 mb s3://four
s4 put "$work/large" s3://four/large --multipart-split-size=5242880 --max-singlepart-upload-size=5242880
s4 get s3://four/large "$work/back" --multipart-split-size=5242880 --max-singlepart-download-size=5242880
same "12 MB in parts" "$work/large" "$work/back"
s4 dsync "$work/tree" s3://four/tree
is "a tree" "s3://four/large|s3://four/tree/deep/two words+plus.txt|s3://four/tree/one.txt" "$(s4 ls -r s3://four/ | names)"
s4 dsync s3://four/tree "$work/copy"
same "fetched" "$work/tree" "$work/copy"
s4 cp s3://four/tree/one.txt s3://four/copied
s4 mv s3://four/copied s3://four/moved
s4 get s3://four/moved "$work/moved"
same "copied and moved" "$work/tree/one.txt" "$work/moved"
has "disk usage" "12000000" "$(s4 du s3://four/large)"
s4 del -r s3://four/
is "nothing is left" "" "$(s4 ls s3://four/)"
passed
