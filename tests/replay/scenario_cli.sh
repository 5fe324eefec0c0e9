#!/usr/bin/env bash
# `aforo replay --scenario`: a week of captured flights, each at its own time, under faults and crashes comes to what Python adds up
# from the same objects; with a sum that is one off the run fails by that expectation; the failover of docs/replay.md. --prefix and --shard of a plain replay.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/week"
cp -r fixtures/captures/flights-2001-q1/dt=2001-01-0[1-3] "$work/week"
find "$work/week" -name '*.zst' | sort | xargs zstd -dcq >"$work/all.ndjson"
read -r count sum < <(python3 -c 'import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
print(len(rows), sum(r["delay"] for r in rows))' "$work/all.ndjson")
scenario() { # name, sum
  cat >"$work/$1.yaml" <<Y
schema: 1
name: failover
run: {start: 2001-01-01T00:00:00Z, horizon: 6d, heal_after: 3d6h, seeds: 1..2}
topology:
  stream: {shards: 1}
  pipeline: $AFORO_SOURCE/fixtures/pipelines/flights.yaml
  tuning: {land_age: 2h, poll: 20m, grace: 4h}
  actors: {producer: 1, lander: 1, loader: 1, reporter: 1}
source: {events_per_hour: 100, rates: {late: 1/10}}
faults:
  - {name: land-ack-lost, on: "s3:PutObject", where: {key: "raw/*"}, phase: lose_response, probability: 1/4}
  - {name: failover, on: "warehouse:*", phase: reject, sqlstate: "57P01", from: 27h, until: 30h, probability: 1/2}
expect:
  - always: conservation
  - eventually: {row_count_match: {by: hour}, within: 2d}
  - finally: {sql: "select sum(delay) from flights", equals: $2}
  - finally: {sql: "select count(*) from flights", equals: $count}
Y
}
scenario good "$sum"
scenario wrong $((sum + 1))
replay() { # expected exit code, arguments
  local code=$1 got=0; shift
  "$aforo" replay "$@" >"$work/out" 2>&1 </dev/null || got=$?
  [ "$got" = "$code" ] || { echo "aforo replay $*: exit $got, not $code:"; cat "$work/out"; exit 1; }
}
replay 0 "$work/week" --scenario "$work/good.yaml"
replay 1 "$work/week" --scenario "$work/wrong.yaml" --seed 1 --once --no-shrink
grep -q 'sum(delay)' "$work/out" || { echo "the sum is not named:"; cat "$work/out"; exit 1; }
replay 2 --scenario "$work/good.yaml"
# "Would we have survived the failover at 03:10?": the file of docs/replay.md, of which two seeds are enough here
replay 0 fixtures/captures/flights-2001-q1/dt=2001-01-02 --scenario fixtures/scenarios/failover_0310.yaml --seeds 1..2
for held in conservation unique report_on_time row_count_match report_equals_recomputation; do
  grep -Eq "^  $held +held 2$" "$work/out" || { echo "$held was not put to the test:"; cat "$work/out"; exit 1; }
done
total=0
for i in 0 1 2; do
  replay 0 fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml --prefix dt=2001-01-0 --shard $i/3
  total=$((total + $(grep '^  records ' "$work/out" | tr -dc 0-9)))
done
[ "$total" = "$(find fixtures/captures/flights-2001-q1/dt=2001-01-0* -name '*.zst' | sort | xargs zstd -dcq | wc -l)" ] || { echo "shares: $total"; exit 1; }
echo "scenario: a capture of $count flights under faults, exact"
