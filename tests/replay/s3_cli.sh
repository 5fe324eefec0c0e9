#!/usr/bin/env bash
# `aforo replay s3://...` over loopback HTTP: boto3 puts the flights into `aforo serve`, and they come to their totals;
# one object deleted ends with 1 and is named.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
python3 -c 'import boto3' 2>/dev/null || { echo "skipped: boto3 is not installed"; exit 77; }
work=$(mktemp -d)
mkfifo "$work/said"
"$aforo" serve --port 0 >"$work/said" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
read -r line <"$work/said"
export AWS_ENDPOINT_URL=${line##* } AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 HOME=$work
s3() { python3 - "$@" <<'P'
import os, sys
import boto3
s3 = boto3.client("s3")
if sys.argv[1] == "upload":
    s3.create_bucket(Bucket="flights")
    for folder, _, names in os.walk(sys.argv[2]):
        for name in names:
            path = os.path.join(folder, name)
            s3.put_object(Bucket="flights", Key="q1/" + os.path.relpath(path, sys.argv[2]), Body=open(path, "rb").read())
else:
    key = next(o["Key"] for o in s3.list_objects_v2(Bucket="flights", Prefix="q1/dt=" + sys.argv[2])["Contents"])
    s3.delete_object(Bucket="flights", Key=key)
P
}
replay() { # expected exit code, words that must be said
  local code=$1 got=0 said; shift
  said=$("$aforo" replay s3://flights/q1/ --pipeline fixtures/pipelines/flights.yaml --expect fixtures/expect/flights-2001-q1.json 2>&1 </dev/null) || got=$?
  [ "$got" = "$code" ] || { echo "exit $got, not $code: $said"; exit 1; }
  for words; do
    case $said in *"$words"*) ;; *) echo "no \"$words\" in: $said"; exit 1 ;; esac
  done
}
s3 upload fixtures/captures/flights-2001-q1
replay 0 "20,000" "figures checked, all equal"
s3 delete 2001-03-05
replay 1 "1 problem:" "dt=2001-03-05/" "2001-03-05"
echo "flights from s3://: as they are, one removed"
