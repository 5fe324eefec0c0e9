#!/usr/bin/env bash
# `aforo replay` and `aforo tally` against a source database and a report: flights as sqlite3 (Python's) holds them agree to the last figure;
# one flight more there is a difference, named in the table and in JUnit; a report of a day, and one that says otherwise.
set -euo pipefail
aforo=$AFORO_BIN/aforo
cd "$AFORO_SOURCE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find fixtures/captures/flights-2001-q1 -name '*.zst' | sort | xargs zstd -dcq >"$work/all.ndjson"
python3 - "$work" <<'P'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/source.db")
db.execute("create table flight(day text, origin text, delay integer)")
db.executemany("insert into flight values(?, ?, ?)", [(r["date"][:10].replace("/", "-"), r["origin"], r["delay"])
                                                      for r in map(json.loads, open(sys.argv[1] + "/all.ndjson"))])
db.commit()
day = [r for r in db.execute("select count(*), sum(delay) from flight where day = '2001-02-11'")][0]
line = lambda measure, value: {"window": "2001-02-11", "measure": measure, "source": "-", "raw": str(value), "warehouse": str(value), "hop": ""}
for name, more in (("report", 0), ("other", 1)):
    json.dump({"schema": 1, "pipeline": "flights", "day": "2001-02-11", "reconciliation": {"verdict": "no_source", "lines": [
        line("count", day[0] + more), line("sum(delay)", day[1])]}}, open(f"{sys.argv[1]}/{name}.json", "w"))
P
command=replay
replay() { # expected exit code, arguments
  local code=$1 got=0; shift
  "$aforo" $command fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml --quiet "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" = "$code" ] || { echo "aforo replay $*: exit $got, not $code:"; cat "$work/out" "$work/err"; exit 1; }
}
says() { grep -Eq "$1" "$2" || { echo "no \"$1\" in $2:"; cat "$2"; exit 1; }; }
query='select day, origin, count(*) as "count", sum(delay) as "sum(delay)", max(delay) as "max(delay)" from flight group by day, origin'
for command in replay tally; do
python3 -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(\"delete from flight where origin = 'XYZ'\"); db.commit()" "$work/source.db"
before=$(sha256sum <"$work/source.db")
replay 0 --against-source "sqlite:$work/source.db" --query "$query" --against "$work/report.json" --junit "$work/junit.xml"
[ ! -s "$work/out" ] || { echo "--quiet said:"; cat "$work/out"; exit 1; }
says 'failures="0"' "$work/junit.xml"
[ "$before" = "$(sha256sum <"$work/source.db")" ] || { echo "the source was written to"; exit 1; }
python3 - "$work" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/source.db")
db.execute("insert into flight values('2001-03-01', 'XYZ', 7)")
db.commit()
P
replay 1 --against-source "sqlite:$work/source.db" --query "$query" --junit "$work/junit.xml"
says 'sum\(delay\) by origin +2001-03-01/XYZ +7 +- +-7' "$work/out"
python3 - "$work/junit.xml" <<'P'
import sys, xml.etree.ElementTree as E
suite = E.parse(sys.argv[1]).getroot()[0]
assert suite.get("failures") == "3" == str(len(suite.findall("testcase/failure"))), suite.attrib
P
replay 1 --against "$work/other.json"
says 'count +2001-02-11 .* -1$' "$work/out"
replay 1 --against "$work/other.json" --json
python3 - "$work" <<'P'
import json, sys
said = json.load(open(sys.argv[1] + "/out"))
assert said["counts"]["records"] == said["counts"]["rows"] == 20000 and said["problems"] == [], said
assert said["checked"] == 2 and [d["difference"] for d in said["differences"]] == ["-1"], said
P
replay 2 --query 'select 1'
replay 2 --against-source "sqlite:$work/source.db" --query 'select day from flight'
replay 2 --against "$work/all.ndjson"
done
replay 2 --expect fixtures/expect/flights-2001-q1.json --part "$work/part"
says 'no expectation with --part' "$work/err"
[ ! -e "$work/part" ]
sed 's/"sum(delay)", "equals": "154078"/"sum(delay)", "equals": "154079"/' fixtures/expect/flights-2001-q1.json >"$work/wrong.json"
replay 1 --expect "$work/wrong.json"
says '^724 figures checked, 1 differs:' "$work/out"
says '^  sum\(delay\) +154079 +154078 +-1$' "$work/out"
echo "asserting: a source and a report agree, and what differs is named"
