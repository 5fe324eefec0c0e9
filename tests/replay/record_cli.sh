#!/usr/bin/env bash
# `aforo record` of a stream that boto3 has filled, and split on the way: what it writes is what was put, byte for byte, as
# `zstd -dc` and `aforo inspect` find it; the same command again goes on behind it, also
# after a kill; another stream is refused; --follow ends by a signal with all of
# it; `aforo serve --record` leaves captures of every stream behind, of every region and account.
set -euo pipefail
aforo=$AFORO_BIN/aforo
python3 -c 'import boto3' 2>/dev/null || { echo "skipped: boto3 is not installed"; exit 77; }
work=$(mktemp -d)
mkfifo "$work/said"
"$aforo" serve --port 0 --no-limits --record "$work/served" >"$work/said" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
read -r line <"$work/said"
export AWS_ENDPOINT_URL=${line##* } AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 HOME=$work
put() { # stream, from, to, or split
  python3 - "$@" <<'P'
import json, sys, time
import boto3
kinesis, stream = boto3.client("kinesis"), sys.argv[1]
def wait():
    while kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
        time.sleep(0.05)
if sys.argv[2] == "0":
    kinesis.create_stream(StreamName=stream, ShardCount=2)
    wait()
if sys.argv[2] == "split":
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]
    low, high = (int(shard["HashKeyRange"][k]) for k in ("StartingHashKey", "EndingHashKey"))
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((low + high) // 2))
    wait()
else:
    for i in range(int(sys.argv[2]), int(sys.argv[3]), 100):
        kinesis.put_records(StreamName=stream, Records=[
            {"PartitionKey": f"k{n % 37}", "Data": json.dumps({"n": n, "text": "é" * (n % 9)}, ensure_ascii=False).encode()} for n in range(i, i + 100)])
P
}
check() { # folder, records
  "$aforo" inspect "$1" --json >"$work/inspected"
  python3 - "$1" "$2" "$work/inspected" <<'P'
import glob, json, subprocess, sys
folder, count, inspected = sys.argv[1], int(sys.argv[2]), json.load(open(sys.argv[3]))
paths = glob.glob(folder + "/**/*.zst", recursive=True)
lines = subprocess.run(["zstd", "-qdc", *paths], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
assert sorted(json.loads(l)["n"] for l in lines) == list(range(count)), len(lines)
assert all(l == json.dumps({"n": n, "text": "é" * (n % 9)}, ensure_ascii=False) for l in lines for n in [json.loads(l)["n"]])
assert inspected["total"]["records"] == count and inspected["total"]["objects"] == len(paths), inspected["total"]
assert all(o["format"] == "capture" and o["first_arrival"] and o["problem"] == "" for o in inspected["objects"])
P
}
put orders 0 1000
put orders split
put orders 1000 1500
"$aforo" record --stream orders --out "$work/orders" >"$work/out"
grep -qx '1500 records of 4 shards in [0-9]* objects' "$work/out" || { cat "$work/out"; exit 1; }
check "$work/orders" 1500
put orders 1500 1700
"$aforo" record --stream orders --out "$work/orders" >"$work/out"
grep -qx '200 records of 4 shards in [0-9]* objects' "$work/out" || { cat "$work/out"; exit 1; }
check "$work/orders" 1700
sort "$work/orders/manifest.tsv" >"$work/manifest"
rm "$work/orders/manifest.tsv" # as a kill leaves it
echo cut >"$work/orders/dt=2026-01-01.part"
"$aforo" record --stream orders --out "$work/orders" >"$work/out"
grep -qx '0 records of 4 shards in 0 objects' "$work/out" || { cat "$work/out"; exit 1; }
sort "$work/orders/manifest.tsv" | cmp - "$work/manifest"
put other 0 100
got=0; "$aforo" record --stream other --out "$work/orders" >/dev/null 2>"$work/err" || got=$?
[ "$got" = 1 ] && grep -q 'holds a recording of stream orders' "$work/err" || { echo "another stream: $got"; cat "$work/err"; exit 1; }
check "$work/orders" 1700
got=0; "$aforo" record --stream nosuch --out "$work/none" >/dev/null 2>"$work/err" || got=$?
[ "$got" = 2 ] && grep -q 'nosuch' "$work/err" || { echo "no such stream: $got"; cat "$work/err"; exit 1; }
AWS_DEFAULT_REGION=eu-west-1 put orders 0 300
AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=111122223333 put orders 0 200
# The signal comes at once behind the last put: what was acknowledged by then is in it, also of the children of a shard.
put later 0 100
"$aforo" record --stream later --out "$work/later" --follow >"$work/out" &
recorder=$!
until [ -f "$work/later/_stream" ]; do sleep 0.05; done # from then on a signal is waited for
put later 100 300
put later split
put later 300 700
kill -INT $recorder
wait $recorder
grep -qx '700 records of 4 shards in [0-9]* objects' "$work/out" || { cat "$work/out"; exit 1; }
check "$work/later" 700
kill -TERM $server
wait $server || { echo "serve: exit $?"; exit 1; }
check "$work/served/orders" 1700
check "$work/served/later" 700
check "$work/served/orders@eu-west-1" 300
check "$work/served/orders@eu-west-1@111122223333" 200
[ "$(ls "$work/served" | wc -l)" = 5 ] || { ls "$work/served"; exit 1; }
echo "record: a stream, before and behind a split, as it was put; and what serve leaves behind"
