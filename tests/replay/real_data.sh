#!/usr/bin/env bash
# Real sets that are not in the repository, through `aforo replay`: a year of a shop's invoice lines, two CloudTrail
# captures. AFORO_DATA names their folder; expected totals are the published ones (fixtures/expect).
set -euo pipefail
[ -n "${AFORO_DATA:-}" ] || { echo "skipped: AFORO_DATA is not set"; exit 77; }
aforo=$AFORO_BIN/aforo
[ -x "$aforo" ] || { echo "skipped: $aforo is not built (./bootstrap build)"; exit 77; }
cd "$AFORO_SOURCE"
found=0
check() { # set, pipeline, objects, records, rows, duplicates
  local said
  [ -d "$AFORO_DATA/$1" ] || { echo "$1: not there"; return 0; }
  said=$("$aforo" replay "$AFORO_DATA/$1" --pipeline "fixtures/pipelines/$2.yaml" --expect "fixtures/expect/$1.json" 2>&1) ||
    { echo "$1: exit $?: $said"; exit 1; }
  for line in "objects +$3" "records +$4" "rows +$5" "duplicates +$6" "quarantined +0"; do
    grep -Eq "^  $line\$" <<<"$said" || { echo "$1: no line \"$line\" in: $said"; exit 1; }
  done
  echo "$1: $(tail -1 <<<"$said"), $(grep records/s <<<"$said" | tr -s ' ')"
  found=$((found + 1))
}
check retail-orders-2011 retail 305 541,909 541,909 0
check cloudtrail-stratus cloudtrail 55 2,900 2,900 0
check cloudtrail-ransomware cloudtrail 1,087 10,790 8,390 2,400
[ "$found" -gt 0 ] || { echo "skipped: none of the sets is in $AFORO_DATA"; exit 77; }

# Firehose's objects without any delimiter: only counted, by a pipeline that asks for nothing but a number.
if [ -d "$AFORO_DATA/bank-loans-2012/firehose" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cat >"$work/loans.yaml" <<'Y'
schema: 1
name: loans
bucket: loans-data
event: {id: seq, time: time}
columns:
  - {name: seq, type: integer, required: true}
  - {name: time, type: timestamp, required: true}
  - {name: amount_requested, type: integer, required: true}
warehouse: {table: loans}
Y
  python3 - "$AFORO_DATA/bank-loans-2012/expected.json" >"$work/expect.json" <<'P'
import json, sys
e = json.load(open(sys.argv[1]))
json.dump({"schema": 1, "objects": 167, "records": e["events"], "rows": e["events"], "quarantined": 0, "aggregates": [
    {"of": "sum(amount_requested)", "equals": str(e["sum_amount_requested_over_events"])},
    {"of": "min(time)", "equals": e["first_time"]}, {"of": "max(time)", "equals": e["last_time"]}]}, sys.stdout)
P
  "$aforo" replay "$AFORO_DATA/bank-loans-2012/firehose" --pipeline "$work/loans.yaml" --expect "$work/expect.json"
fi
