#!/usr/bin/env bash
# `aforo tally` and `aforo merge` as a person meets them: flights by month against what Python adds up from the same
# objects, four shards against one run, a damaged object, bad input.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flights="fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml"
tally() { # expected exit code, arguments
  local code=$1 got=0; shift
  "$aforo" tally "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  [ "$got" = "$code" ] || { echo "aforo tally $*: exit $got, not $code:"; cat "$work/err"; exit 1; }
}

tally 0 $flights --by day --distinct origin --json
find fixtures/captures/flights-2001-q1 -name '*.zst' | sort | xargs zstd -dcq >"$work/all.ndjson"
python3 - "$work/all.ndjson" "$work/out" fixtures/expect/flights-2001-q1.json <<'P'
import json, sys
from decimal import Decimal
result = json.load(open(sys.argv[2]))
expect = json.load(open(sys.argv[3]))
days = next(g for g in expect["groups"] if g["by"] == "day")
measures = [m["column"] for m in result["measures"]]
assert result["counts"]["records"] == expect["records"] == sum(1 for _ in open(sys.argv[1])), result["counts"]
assert len(result["groups"]) == len(days["rows"])
for group in result["groups"]:
    row = dict(zip(days["of"], days["rows"][group["of"][0]]))
    assert group["count"] == row["count"], (group, row)
    for column, total in zip(measures, group["sum"]):
        assert Decimal(total) == Decimal(row[f"sum({column})"]), (group, row)
origins = {json.loads(line)["origin"] for line in open(sys.argv[1])}
assert result["distinct_in_all"] == len(origins), (result["distinct_in_all"], len(origins))
P
cp "$work/out" "$work/whole"

for i in 0 1 2 3; do
  case $i in
    0) AWS_BATCH_JOB_ARRAY_INDEX=0 tally 0 $flights --by day --distinct origin --shard auto/4 --part "$work/part-0" ;;
    1) JOB_COMPLETION_INDEX=1 tally 0 $flights --by day --distinct origin --shard auto/4 --part "$work/part-1" ;;
    2) SLURM_ARRAY_TASK_ID=2 tally 0 $flights --by day --distinct origin --shard auto/4 --part "$work/part-2" ;;
    3) tally 0 $flights --by day --distinct origin --shard 3/4 --part "$work/part-3" ;;
  esac
done
"$aforo" merge --json "$work"/part-3 "$work"/part-1 "$work"/part-0 "$work"/part-2 | cmp - "$work/whole"

tally 0 $flights --by day --from 2001-01-31 --to 2001-02-02 --json
[ "$(grep -o '"of":\["[^"]*"\]' "$work/out" | tr -d '\n')" = '"of":["2001-01-31"]"of":["2001-02-01"]' ] ||
  { echo "--from and --to took other days:"; cat "$work/out"; exit 1; }

cp -r fixtures/captures/flights-2001-q1 "$work/flights"
chmod -R u+w "$work/flights"
object=$(cd "$work/flights" && find dt=2001-02-11 -type f)
printf 'X' | dd of="$work/flights/$object" bs=1 seek=100 conv=notrunc status=none
tally 1 "$work/flights" --pipeline fixtures/pipelines/flights.yaml --by day --json
grep -q "^$object: " "$work/err" || { echo "the damaged object is not named"; cat "$work/err"; exit 1; }
! grep -q '2001-02-11' "$work/out" || { echo "a damaged object was counted"; exit 1; }

tally 2 $flights --by nosuch
tally 2 $flights --shard 4/4
tally 2 $flights --shard auto/4
tally 2 $flights --where 'delay +'
"$aforo" merge "$work/whole" 2>"$work/err" && exit 1
grep -q 'not a part of a tally' "$work/err"
