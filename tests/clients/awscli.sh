#!/usr/bin/env bash
# The AWS CLI, unchanged, against an emulator of its own: kinesis, s3 (cp, ls, sync, rm), sns, sts, and an operation that
# is not built. Needs AFORO_BIN; exit 77: there is no aws here.
set -euo pipefail
command -v aws >/dev/null || { echo "skipped: no aws"; exit 77; }
[ -x "$AFORO_BIN/aforo" ] || { echo "no $AFORO_BIN/aforo: build the preset release first"; exit 1; }
work=$(mktemp -d)
emulator=
finish() {
  [ -z "$emulator" ] || { kill "$emulator"; wait "$emulator" || true; }
  rm -rf "$work"
}
trap finish EXIT
mkfifo "$work/said"
"$AFORO_BIN/aforo" serve --port 0 >"$work/said" &
emulator=$!
read -r line <"$work/said"
url=${line##* }
case $url in http://127.0.0.1:*) ;; *) echo "said: $line"; exit 1 ;; esac

# Nothing of this machine's own settings.
export AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_PAGER= AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN
aws() { command aws --endpoint-url "$url" "$@"; }

is() { # what, expected, got
  [ "$2" = "$3" ] || { printf '%s\nexpected: %s\ngot:      %s\n' "$1" "$2" "$3"; exit 1; }
}
refused() { # words, then the command
  local words=$1 said; shift
  if said=$("$@" 2>&1); then echo "not refused: $*"; exit 1; fi
  case $said in *"$words"*) ;; *) printf '%s\nexpected: %s\ngot:      %s\n' "$*" "$words" "$said"; exit 1 ;; esac
}

is "account" "000000000000" "$(aws sts get-caller-identity --query Account --output text)"

# --- kinesis ---
aws kinesis create-stream --stream-name events --shard-count 2
curl -fsS -d '{"advance": "1s"}' "$url/_aforo/clock" >/dev/null
is "status" "ACTIVE" "$(aws kinesis describe-stream-summary --stream-name events --query StreamDescriptionSummary.StreamStatus --output text)"
printf 'the first' >"$work/first"
shard=$(aws kinesis put-record --stream-name events --partition-key a --data "fileb://$work/first" --query ShardId --output text)
is "the shard of key a" "shardId-000000000000" "$shard" # by the MD5 of the key
iterator=$(aws kinesis get-shard-iterator --stream-name events --shard-id "$shard" --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
is "the record" "dGhlIGZpcnN0" "$(aws kinesis get-records --shard-iterator "$iterator" --query 'Records[0].Data' --output text)"
is "streams" "events" "$(aws kinesis list-streams --query StreamNames --output text)"
refused "(NotImplementedException)" aws kinesis split-shard --stream-name events --shard-to-split "$shard" --new-starting-hash-key 5
refused "SplitShard" aws kinesis split-shard --stream-name events --shard-to-split "$shard" --new-starting-hash-key 5

# --- s3 ---
mkdir -p "$work/tree/dt=2026-03-28"
printf 'one' >"$work/tree/one.txt"
printf 'two' >"$work/tree/dt=2026-03-28/two words.txt"
head -c 10000000 /dev/zero >"$work/large"
aws s3 mb s3://raw >/dev/null
aws s3 cp --quiet "$work/large" s3://raw/large # in parts
aws s3 cp --quiet s3://raw/large "$work/back"
cmp "$work/large" "$work/back"
aws s3 sync --quiet "$work/tree" s3://raw/tree
is "listing" "dt=2026-03-28/two words.txt one.txt" "$(aws s3 ls --recursive s3://raw/tree/ | sed -E 's/^.{31}tree\///' | paste -sd ' ')"
is "a second sync has nothing to do" "" "$(aws s3 sync "$work/tree" s3://raw/tree)"
printf 'three' >"$work/tree/one.txt"
aws s3 sync --quiet "$work/tree" s3://raw/tree
aws s3 sync --quiet s3://raw/tree "$work/copy"
diff -r "$work/tree" "$work/copy"
refused "(404)" aws s3 cp s3://raw/nothing "$work/nothing"
# --- s3, from bucket to bucket ---
aws s3 mb s3://other >/dev/null
aws s3 cp --quiet s3://raw/large s3://other/large # copied in parts
aws s3 sync --quiet s3://raw/tree s3://other/tree
aws s3 mv --quiet s3://other/tree/one.txt s3://other/moved.txt
aws s3 cp --quiet s3://other/large "$work/back"
cmp "$work/large" "$work/back"
is "presigned" "three" "$(curl -fsS "$(aws s3 presign s3://other/moved.txt)")"
refused "(NotImplemented)" aws s3api get-bucket-acl --bucket other
aws s3 rb --force s3://other >/dev/null
aws s3 rm --quiet --recursive s3://raw/tree
is "what is left" "large" "$(aws s3 ls s3://raw | awk '{print $4}')"

# --- sns ---
topic=$(aws sns create-topic --name alerts --query TopicArn --output text)
is "topic" "arn:aws:sns:us-east-1:000000000000:alerts" "$topic"
is "a message id" 36 "$(aws sns publish --topic-arn "$topic" --message 'high water' --query MessageId --output text | tr -d '\n' | wc -c)"
is "topics" "$topic" "$(aws sns list-topics --query 'Topics[].TopicArn' --output text)"
refused "(NotFound)" aws sns publish --topic-arn "$topic-not" --message x

# --- and ends well ---
kill "$emulator"
wait "$emulator" || { echo "the emulator did not stop well"; exit 1; }
emulator=
echo "passed: $(command aws --version)"
