#!/usr/bin/env bash
# The AWS CLI's s3api: heads, ranges, checksums, listings in pages, copies, deletes, conditions, uploads in parts.
command -v aws >/dev/null || { echo "skipped: no aws"; exit 77; }
. "$(dirname "$0")/serving.sh"
serve "AWS CLI: s3api" "$(aws --version | sed 's/^aws-cli.\([^ ]*\).*/\1/')"
s3api() { command aws --endpoint-url "$url" s3api "$@"; }
text() { s3api "$@" --output text | tr '\t' ' '; }
knows() { # whether this CLI's own help of an operation has the word: an option, or a value of one
  [ -e "$work/$1.help" ] || aws s3api "$1" help 2>/dev/null | col -b >"$work/$1.help"
  grep -q -- "$2" "$work/$1.help"
}

s3api create-bucket --bucket raw >/dev/null
is "location" "None" "$(text get-bucket-location --bucket raw --query LocationConstraint)"
s3api head-bucket --bucket raw >/dev/null
refused "(404)" s3api head-bucket --bucket nowhere
refused "(InvalidBucketName)" s3api create-bucket --bucket under_score
refused "(IllegalLocationConstraintException)" command aws --endpoint-url "$url" --region eu-west-1 s3api create-bucket --bucket other

# --- an object, and parts of it ---
printf '0123456789' >"$work/ten"
s3api put-object --bucket raw --key 'dir/ten' --body "$work/ten" --metadata origin=gauge --content-type text/plain >/dev/null
is "head" "10 text/plain gauge \"781e5e245d69b566979b86e28d23f2c7\"" "$(text head-object --bucket raw --key dir/ten --query '[ContentLength,ContentType,Metadata.origin,ETag]')"
range() { # the range, what is read, Content-Range
  is "range $1" "$3" "$(text get-object --bucket raw --key dir/ten --range "$1" "$work/part" --query ContentRange)"
  is "range $1" "$2" "$(cat "$work/part")"
}
range bytes=2-5 2345 "bytes 2-5/10"
range bytes=7- 789 "bytes 7-9/10"
range bytes=-2 89 "bytes 8-9/10"
refused "(InvalidRange)" s3api get-object --bucket raw --key dir/ten --range bytes=10-11 "$work/part"
refused "(NoSuchKey)" s3api get-object --bucket raw --key nothing "$work/part"
refused "(NoSuchBucket)" s3api get-object --bucket nowhere --key nothing "$work/part"
refused "(PreconditionFailed)" s3api get-object --bucket raw --key dir/ten --if-match '"0"' "$work/part"
refused "(304)" s3api get-object --bucket raw --key dir/ten --if-none-match '"781e5e245d69b566979b86e28d23f2c7"' "$work/part"

# --- checksums: of "123456789", as their definitions give them ---
printf '123456789' >"$work/nine"
sum() { # algorithm, its member, the checksum
  local said
  knows put-object "$1" || return 0
  said=$(text put-object --bucket raw --key sum --body "$work/nine" --checksum-algorithm "$1" --query "$2" 2>&1) || true
  case $said in
    *"Missing Dependency"*) echo "skipped: $1, for which this CLI has no awscrt"; return 0 ;;
  esac
  is "$1" "$3" "$said"
  is "$1, kept" "$3" "$(text head-object --bucket raw --key sum --checksum-mode ENABLED --query "$2")"
}
sum CRC32 ChecksumCRC32 y/Q5Jg==      # cbf43926
sum CRC32C ChecksumCRC32C 4waSgw==    # e3069283
sum CRC64NVME ChecksumCRC64NVME rosUhgp5mIg= # ae8b14860a799888
sum SHA1 ChecksumSHA1 "$(printf '123456789' | openssl sha1 -binary | base64)"
sum SHA256 ChecksumSHA256 "$(printf '123456789' | openssl sha256 -binary | base64)"
refused "(BadDigest)" s3api put-object --bucket raw --key sum --body "$work/nine" --checksum-sha256 "$(printf x | openssl sha256 -binary | base64)"
refused "(BadDigest)" s3api put-object --bucket raw --key sum --body "$work/nine" --content-md5 "$(printf x | openssl md5 -binary | base64)"
refused "(InvalidDigest)" s3api put-object --bucket raw --key sum --body "$work/nine" --content-md5 "short"

# --- listings ---
for key in a/1 a/2 a/3 b/1 b/2 c d; do
  s3api put-object --bucket raw --key "list/$key" --body "$work/nine" >/dev/null
done
is "with a delimiter" "list/c list/d list/a/ list/b/" "$(s3api list-objects-v2 --bucket raw --prefix list/ --delimiter / --output json | jq -r '[.Contents[].Key, .CommonPrefixes[].Prefix] | join(" ")')"
is "in pages" "7" "$(s3api list-objects-v2 --bucket raw --prefix list/ --page-size 2 --output json | jq '.Contents | length')"
is "in pages with a delimiter" "2 2" "$(s3api list-objects-v2 --bucket raw --prefix list/ --delimiter / --page-size 1 --output json | jq -r '[(.Contents | length), (.CommonPrefixes | length)] | join(" ")')"
s3api list-objects-v2 --bucket raw --prefix list/ --max-items 3 --output json >"$work/page"
is "the first items" "list/a/1 list/a/2 list/a/3" "$(jq -r '[.Contents[].Key] | join(" ")' "$work/page")"
is "the next" "list/b/1 list/b/2 list/c" "$(s3api list-objects-v2 --bucket raw --prefix list/ --max-items 3 --output json \
  --starting-token "$(jq -r .NextToken "$work/page")" | jq -r '[.Contents[].Key] | join(" ")')"
is "version 1" "7" "$(s3api list-objects --bucket raw --prefix list/ --page-size 3 --output json | jq '.Contents | length')"
is "after a key" "list/c list/d" "$(s3api list-objects-v2 --bucket raw --prefix list/ --start-after list/b/2 --output json | jq -r '[.Contents[].Key] | join(" ")')"
is "nothing" "0" "$(text list-objects-v2 --bucket raw --prefix none --query 'length(Contents || `[]`)')"

# --- copies, deletes, conditions ---
has "a copy's ETag" 781e5e245d69b566979b86e28d23f2c7 "$(text copy-object --bucket raw --key copy --copy-source raw/dir/ten --query CopyObjectResult.ETag)"
is "with its metadata" gauge "$(text head-object --bucket raw --key copy --query Metadata.origin)"
s3api copy-object --bucket raw --key copy --copy-source raw/dir/ten --metadata-directive REPLACE --metadata origin=other >/dev/null
is "with other metadata" other "$(text head-object --bucket raw --key copy --query Metadata.origin)"
refused "(NoSuchKey)" s3api copy-object --bucket raw --key copy --copy-source raw/nothing
refused "(InvalidRequest)" s3api copy-object --bucket raw --key copy --copy-source raw/copy
if knows put-object --if-none-match; then
  s3api put-object --bucket raw --key once --body "$work/ten" --if-none-match '*' >/dev/null
  refused "(PreconditionFailed)" s3api put-object --bucket raw --key once --body "$work/nine" --if-none-match '*'
  refused "(PreconditionFailed)" s3api put-object --bucket raw --key once --body "$work/nine" --if-match '"0"'
  s3api put-object --bucket raw --key once --body "$work/nine" --if-match '"781e5e245d69b566979b86e28d23f2c7"' >/dev/null
fi
is "deleted" "list/a/1 list/never" "$(s3api delete-objects --bucket raw --delete '{"Objects": [{"Key": "list/a/1"}, {"Key": "list/never"}]}' --output json | jq -r '[.Deleted[].Key] | join(" ")')"
refused "(BucketNotEmpty)" s3api delete-bucket --bucket raw

# --- an upload in parts ---
head -c 5242880 /dev/zero >"$work/five"
upload=$(text create-multipart-upload --bucket raw --key parts --query UploadId)
is "uploads" "parts" "$(text list-multipart-uploads --bucket raw --query 'Uploads[].Key')"
one=$(text upload-part --bucket raw --key parts --upload-id "$upload" --part-number 1 --body "$work/five" --query ETag)
two=$(text upload-part --bucket raw --key parts --upload-id "$upload" --part-number 2 --body "$work/ten" --query ETag)
is "parts" "1 2" "$(s3api list-parts --bucket raw --key parts --upload-id "$upload" --page-size 1 --output json | jq -r '[.Parts[].PartNumber] | join(" ")')"
complete() { s3api complete-multipart-upload --bucket raw --key parts --upload-id "$upload" --multipart-upload "{\"Parts\": [$1]}"; }
refused "(InvalidPartOrder)" complete "{\"PartNumber\": 2, \"ETag\": $two}, {\"PartNumber\": 1, \"ETag\": $one}"
refused "(InvalidPart)" complete "{\"PartNumber\": 1, \"ETag\": $two}"
refused "(InvalidPart)" complete "{\"PartNumber\": 3, \"ETag\": $two}"
both="{\"PartNumber\": 1, \"ETag\": $one}, {\"PartNumber\": 2, \"ETag\": $two}"
told=$(complete "$both")
is "the same once more" "$told" "$(complete "$both")"
is "both" "5242890" "$(text head-object --bucket raw --key parts --query ContentLength)"
upload=none
refused "(NoSuchUpload)" complete "$both"

# --- what is not built ---
refused "(AccessControlListNotSupported) when calling the PutObject operation" s3api put-object --bucket raw --key acl --acl public-read
passed
