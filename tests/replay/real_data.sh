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
  "$aforo" tally "$AFORO_DATA/$1" --pipeline "fixtures/pipelines/$2.yaml" --expect "fixtures/expect/$1.json" --quiet ||
    { echo "$1: a tally says otherwise"; exit 1; }
  echo "$1: $(tail -1 <<<"$said"), $(grep records/s <<<"$said" | tr -s ' ')"
  found=$((found + 1))
}
check retail-orders-2011 retail 305 541,909 541,909 0
check cloudtrail-stratus cloudtrail 55 2,900 2,900 0
check cloudtrail-ransomware cloudtrail 1,087 10,790 8,390 2,400
[ "$found" -gt 0 ] || { echo "skipped: none of the sets is in $AFORO_DATA"; exit 77; }

# The incident in one command: how many, how many of them twice, when, and how much left the buckets.
incident() { # set, pipeline and options; then lines that the answer has
  local said where=$1 options=$2; shift 2
  [ -e "$AFORO_DATA/$where" ] || { echo "$where: not there"; return 0; }
  said=$("$aforo" tally "$AFORO_DATA/$where" $options) || { echo "$where: exit $?"; exit 1; }
  for line in "$@"; do
    grep -Eq "^  $line\$" <<<"$said" || { echo "$where: no line \"$line\" in: $said"; exit 1; }
  done
}
incident cloudtrail-ransomware "--pipeline fixtures/pipelines/cloudtrail.yaml --by 10m --once event_id --top 3" \
  "records +10,790" "distinct event_id +8,390" "repeats +2,400" "largest group +2,359  2021-07-30T16:30" \
  "all +10,790 +8,390 +2928070 +2928070 +0 +83065" "all +10,790 +8,390 +5111984 +4179148 +0 +333488"

# Firehose's objects without any delimiter: amounts by event, and each application's once.
incident bank-loans-2012/firehose "--pipeline fixtures/pipelines/loans.yaml --once application_id" \
  "records +262,200" "distinct application_id +13,087" "all +262,200 +13,087 +4086857749 +177634511 +0 +99999"
incident bank-loans-2012/events.csv.gz "--pipeline fixtures/pipelines/loans.yaml --once application_id" \
  "all +262,200 +13,087 +4086857749 +177634511 +0 +99999"
if [ -d "$AFORO_DATA/bank-loans-2012/firehose" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 - "$AFORO_DATA/bank-loans-2012/expected.json" >"$work/expect.json" <<'P'
import json, sys
e = json.load(open(sys.argv[1]))
json.dump({"schema": 1, "objects": 167, "records": e["events"], "rows": e["events"], "quarantined": 0, "aggregates": [
    {"of": "sum(amount_requested)", "equals": str(e["sum_amount_requested_over_events"])},
    {"of": "min(time)", "equals": e["first_time"]}, {"of": "max(time)", "equals": e["last_time"]}]}, sys.stdout)
P
  "$aforo" replay "$AFORO_DATA/bank-loans-2012/firehose" --pipeline fixtures/pipelines/loans.yaml --expect "$work/expect.json"
fi
