#!/usr/bin/env bash
# `aforo replay` as a person meets it: three months of flights come to the published totals; an object that is removed,
# a byte that is flipped, an amount that is changed each end with 1 and name the object, the day and the difference.
# Expected numbers come from the expectation file (made by tools/expect_flights.py) and from Python, never from aforo.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pipeline=fixtures/pipelines/flights.yaml
expect=fixtures/expect/flights-2001-q1.json
day=2001-02-11

replay() { # expected exit code, arguments...; leaves what was said in $work/said
  local code=$1 got=0; shift
  "$aforo" replay "$@" >"$work/said" 2>&1 </dev/null || got=$?
  [ "$got" = "$code" ] || { echo "aforo replay $*: exit $got, not $code:"; cat "$work/said"; exit 1; }
}
said() { # extended regular expressions that must each match a line
  for pattern; do
    grep -Eq -- "$pattern" "$work/said" || { echo "no line matches: $pattern"; cat "$work/said"; exit 1; }
  done
}
fresh() { # a copy to tamper with; sets object, the path of the day's capture
  rm -rf "$work/flights"
  cp -r fixtures/captures/flights-2001-q1 "$work/flights"
  chmod -R u+w "$work/flights"
  object=$(cd "$work/flights" && find "dt=$day" -type f)
}
expected_day() { python3 -c "
import json, sys
groups = json.load(open('$expect'))['groups']
print(*next(g for g in groups if g['by'] == 'day')['rows']['$day'])"; }
read -r count delay distance < <(expected_day)

# ---- as it is ----
replay 0 fixtures/captures/flights-2001-q1 --pipeline $pipeline --expect $expect
said '^  objects +90$' '^  records +20,000$' '^  rows +20,000$' '^  duplicates +0$' '^  quarantined +0$' '^[0-9,]+ figures checked, all equal$'
replay 0 --quiet --expect=$expect --pipeline=$pipeline fixtures/captures/flights-2001-q1/manifest.tsv
[ ! -s "$work/said" ] || { echo "--quiet spoke:"; cat "$work/said"; exit 1; }

# ---- one object removed ----
fresh
rm "$work/flights/$object"
replay 1 "$work/flights" --pipeline $pipeline --expect $expect
said '^1 problem:$' "^  $object .*No such file" "^  count +$day +$count +- +-$count$" "^  sum\(delay\) +$day +$delay +- +-?[0-9]+$" \
  "^  sum\(distance\) +$day +$distance +- +-$distance$" '^  objects +90 +89 +-1$'

# ---- one byte flipped ----
fresh
python3 - "$work/flights/$object" <<'P'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 0x01
open(sys.argv[1], "wb").write(data)
P
replay 1 "$work/flights" --pipeline $pipeline --expect $expect
said '^1 problem:$' "^  $object +.*byte" "^  count +$day +$count +- +-$count$" "^  sum\(distance\) +$day +$distance +- +-$distance$"

# ---- one amount changed: the object is good, and not what it was ----
fresh
zstd -qdc "$work/flights/$object" | python3 -c "
import json, sys
lines = sys.stdin.read().splitlines()
flight = json.loads(lines[7])
flight['delay'] += 7
lines[7] = json.dumps(flight)
print('\n'.join(lines))" | zstd -qc >"$work/changed"
mv "$work/changed" "$work/flights/$object"
replay 1 "$work/flights" --pipeline $pipeline --expect $expect
said '^1 problem:$' "^  $object .*its content is not what the manifest says" "^  sum\(delay\) +$day +$delay +$((delay + 7)) +\+7$" \
  '^  sum\(delay\) +154078 +154085 +\+7$'
if grep -Eq "sum\(distance\)|^  count " "$work/said"; then echo "more differs than was changed:"; cat "$work/said"; exit 1; fi

# ---- a warehouse that stays: a second run finds everything loaded ----
for run in first second; do
  replay 0 fixtures/captures/flights-2001-q1 --pipeline $pipeline --expect $expect --warehouse "sqlite:$work/flights.db"
done
said '^  objects +90 +90 of them loaded before$' '^  rows +20,000$' 'all equal$'

# ---- what is wrong with a command line or a file ----
replay 2 && said 'where are the objects\?'
replay 2 fixtures/captures && said '--pipeline is missing'
replay 2 fixtures/captures --pipeline nowhere.yaml && said 'nowhere.yaml'
replay 2 nowhere --pipeline $pipeline && said 'nowhere: no such file or folder'
replay 2 a b --pipeline $pipeline && said 'what is "b" for\?'
replay 2 fixtures/captures/flights-2001-q1 --pipeline $pipeline --format cvs && said 'there is no format "cvs"; "csv"\?'
replay 2 fixtures/captures/flights-2001-q1 --pipeline $pipeline --warehouse oracle:x && said 'sqlite:PATH or postgresql://'
printf '{"schema":1,\n"recods":1}' >"$work/bad.json"
replay 2 fixtures/captures/flights-2001-q1 --pipeline $pipeline --expect "$work/bad.json" && said 'bad.json:2:[0-9]+: there is no key "recods"; "records"\?'
replay 0 --help && said '^usage: aforo replay'
echo "flights: as they are, removed, flipped, changed, twice"
