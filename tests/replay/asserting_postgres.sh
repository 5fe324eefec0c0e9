#!/usr/bin/env bash
# --against-source of a PostgreSQL that psql has filled with the same flights: windows by date_trunc, casts and to_char, numerics,
# booleans, moments, rows by their key agree, in a replay and in a tally; a row more and a row altered there are named, and no others.
# Run under tests/support/postgres.sh.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
command -v psql >/dev/null || { echo "skipped: no psql"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
host=$(sed -n 's/.*host=\([^ ]*\).*/\1/p' <<<"$AFORO_TEST_POSTGRES")
find fixtures/captures/flights-2001-q1 -name '*.zst' | sort | xargs zstd -dcq >"$work/all.ndjson"
python3 - "$work/all.ndjson" >"$work/rows.csv" <<'P'
import json, sys
for r in map(json.loads, open(sys.argv[1])):
    print(",".join([r["id"], r["date"].replace("/", "-"), str(r["delay"]), r["origin"]]))
P
sql() { psql -X -q "$AFORO_TEST_POSTGRES" "$@"; }
sql -c 'create table flight(id text, at timestamp, delay numeric(12,2), origin varchar(3))' -c "\\copy flight from $work/rows.csv csv"
against() { # command, expected exit code, query; further options
  local command=$1 code=$2 query=$3 got=0
  "$aforo" "$command" fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml --quiet \
    --against-source "postgresql://postgres@/postgres?host=$host" --query "$query" >"$work/out" 2>&1 || got=$?
  [ "$got" = "$code" ] || { echo "$command, $query: exit $got, not $code:"; head -20 "$work/out"; exit 1; }
}
says() { grep -Eq -- "$1" "$work/out" || { echo "no \"$1\" in:"; cat "$work/out"; exit 1; }; }
by_row='select id as flight_id, delay as "sum(delay)" from flight'
against tally 0 'select count(*) as "count", sum(delay) as "sum(delay)", min(delay) as "min(delay)", max(at) as "max(departed)", count(distinct origin) as "distinct(origin)" from flight'
against tally 0 'select at::date as day, origin, count(*) as "count", sum(delay) as "sum(delay)" from flight group by 1, 2'
for window in day month hour; do
  against tally 0 "select date_trunc('$window', at) as $window, count(*) as \"count\" from flight group by 1"
done
against tally 0 "select to_timestamp(floor(extract(epoch from at) / 600) * 600) at time zone 'UTC' as \"10m\", count(*) as \"count\" from flight group by 1"
against tally 0 "select to_char(at, 'YYYY-MM-DD') as day, delay >= 60 as late, sum(delay) as \"sum(delay)\" from flight group by 1, 2"
against replay 0 "$by_row"
sql -c "insert into flight values('x', '2001-02-11 10:00', 3, 'XYZ')" -c "update flight set delay = delay + 1 where id = 'f-09155'"
against replay 1 "$by_row"
says '^20,001 figures checked, 2 differ:$'
says '^  sum\(delay\) by flight_id +x +3.00 +- +-3$'
says '^  sum\(delay\) by flight_id +f-09155 +8.00 +7 +-1$'
against tally 1 'select at::date as day, origin, count(*) as "count", sum(delay) as "sum(delay)" from flight group by 1, 2'
says 'differ' && says '^  count by origin +2001-02-11/XYZ +1 +- +-1$' && says '^  sum\(delay\) by origin +2001-02-11/ATL '
echo "against a source in PostgreSQL: windows, groups, rows by key; a row more and one altered are named"
