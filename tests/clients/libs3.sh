#!/usr/bin/env bash
# libs3's command, a client in C that signs by itself and reads XML by itself. From Debian.
command -v s3 >/dev/null || { echo "skipped: no s3 (libs3-2)"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve libs3 "$(dpkg-query -W -f '${Version}' libs3-2 2>/dev/null || echo -)"
export S3_ACCESS_KEY_ID=test S3_SECRET_ACCESS_KEY=test S3_HOSTNAME=${url#http://}
s3() { command s3 -u "$@"; } # -u: plain HTTP
says() { # words, then the command, which tells of errors and still ends with 0
  local words=$1; shift
  has "$*" "$words" "$("$@" 2>&1 || true)"
}

printf 'one' >"$work/one"
head -c 17000000 /dev/urandom >"$work/large"
s3 create libs3 >/dev/null
has "its buckets" "libs3" "$(s3 list)"
s3 put libs3/one filename="$work/one" contentType=text/x-log x-amz-meta-origin=gauge >/dev/null
s3 get libs3/one filename="$work/back" >/dev/null
same "an object" "$work/one" "$work/back"
head=$(s3 head libs3/one)
has "its type" "Content-Type: text/x-log" "$head"
has "its metadata" "x-amz-meta-origin: gauge" "$head"
s3 put libs3/large filename="$work/large" >/dev/null # in parts of 15 MiB
s3 get libs3/large filename="$work/back" >/dev/null
same "17 MB in parts" "$work/large" "$work/back"
s3 get libs3/large startByte=1000 byteCount=100 filename="$work/part" >/dev/null
is "a range" "$(tail -c +1001 "$work/large" | head -c 100 | md5sum)" "$(md5sum <"$work/part")"
s3 copy libs3/one libs3/copied >/dev/null
list=$(s3 list libs3)
for key in one large copied; do has "a listing" "$key" "$list"; done
says "NoSuchKey" s3 get libs3/none filename="$work/none"
says "BucketNotEmpty" s3 delete libs3
for key in one large copied; do s3 delete libs3/$key >/dev/null; done
s3 delete libs3 >/dev/null
says "NoSuchBucket" s3 list libs3
passed
