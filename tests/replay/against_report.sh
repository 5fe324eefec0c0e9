#!/usr/bin/env bash
# `aforo replay --against` a report that the pipeline itself has made: three days of flights in `aforo serve`, loaded and
# reported by `aforo-pipeline`, agree with a replay of their raw objects in every cell of every query; with a flight taken
# away the cells that it was in are named, and no others. The report's other files and other JSON are refused by name.
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
s3() { python3 - "$work" "$@" <<'P'
import datetime, os, sys
import boto3
s3 = boto3.client("s3")
work, command = sys.argv[1:3]
root = "fixtures/captures/flights-2001-q1"
if command == "put":
    s3.create_bucket(Bucket="flights-data")
    today = f"raw/flights/dt={datetime.datetime.utcnow():%Y-%m-%d}/hh=00/"  # a loader looks back as far as streams keep
    for day in ("2001-02-10", "2001-02-11", "2001-02-12"):
        for folder, _, names in os.walk(f"{root}/dt={day}"):
            for name in names:
                path = os.path.join(folder, name)
                s3.put_object(Bucket="flights-data", Key=today + name, Body=open(path, "rb").read())
else:
    for name in ("report.json", "report.csv", "report.html"):
        body = s3.get_object(Bucket="flights-data", Key=f"reports/daily/dt=2001-02-11/v=1/{name}")["Body"].read()
        open(f"{work}/{name}", "wb").write(body)
P
}
run() { # expected exit code, program and arguments
  local code=$1 got=0; shift
  "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  [ "$got" = "$code" ] || { echo "$*: exit $got, not $code:"; cat "$work/out" "$work/err"; exit 1; }
}
says() { grep -Eq -- "$1" "$work/$2" || { echo "no \"$1\" in:"; cat "$work/$2"; exit 1; }; }
flights="--pipeline fixtures/pipelines/flights.yaml"

s3 put
run 0 "$AFORO_BIN/aforo-pipeline" run --definition fixtures/pipelines/flights.yaml --warehouse "sqlite:$work/w.db" --create --role loader --drain 2s
run 0 "$AFORO_BIN/aforo-pipeline" report --definition fixtures/pipelines/flights.yaml --warehouse "sqlite:$work/w.db" --day 2001-02-11
s3 get

run 0 "$aforo" replay s3://flights-data/raw/flights/ $flights --against "$work/report.json" --json
python3 - "$work" <<'P'
import json, sys
report = json.load(open(sys.argv[1] + "/report.json"))
said = json.load(open(sys.argv[1] + "/out"))
cells = sum(len(q["rows"]) * (len(q["columns"]) - (len(q["rows"]) > 1)) for q in report["queries"])
assert cells > 50 and said["differences"] == [] and said["checked"] > cells, (cells, said)
P
run 0 "$aforo" tally s3://flights-data/raw/flights/ $flights --against "$work/report.json" --quiet

# ---- one flight less, the last of its day ----
mkdir "$work/less"
object=$(find fixtures/captures/flights-2001-q1/dt=2001-02-11 -name '*.zst')
zstd -dcq "$object" | sed '$d' >"$work/less/day.ndjson"
zstd -dcq "$object" | tail -1 >"$work/gone"
run 1 "$aforo" replay "$work/less" $flights --against "$work/report.json" --json
python3 - "$work" <<'P'
import json, sys
work = sys.argv[1]
gone = json.load(open(work + "/gone"))
report = json.load(open(work + "/report.json"))
hour = gone["date"][11:13]
found = {(d["what"], d["group"]): d["difference"] for d in json.load(open(work + "/out"))["differences"]}
assert found["totals.flights", ""] == "-1" and found["count", "2001-02-11"] == "-1", found
assert found["totals.delay_minutes", ""] == ("-" if gone["delay"] > 0 else "+") + str(abs(gone["delay"])), (gone, found)
hours = [k for k in found if k[0] == "by_hour.flights"]
assert len(hours) == 1 and hours[0][1].endswith(hour), (hour, found)
shown = [row[0] for q in report["queries"] if q["name"] == "by_origin" for row in q["rows"]]
assert all(k[1] == gone["origin"] or gone["origin"] not in shown for k in found if k[0] == "by_origin.flights"), found
P

# ---- what is no such report ----
run 2 "$aforo" replay "$work/less" $flights --against "$work/report.csv" && says 'a report as CSV says too little .* report.json' err
run 2 "$aforo" replay "$work/less" $flights --against "$work/report.html" && says 'a report as HTML says too little' err
printf '{"schema":1,"pipeline":"flights","groups":{}}' >"$work/control.json"
run 2 "$aforo" replay "$work/less" $flights --against "$work/control.json" && says 'control totals are no report' err
sed 's/"name":"by_hour"/"name":"by_week"/' "$work/report.json" >"$work/older.json"
run 1 "$aforo" replay "$work/less" $flights --against "$work/older.json" && says 'query by_week: the definition has no such query' err
echo "against a report: every cell of it, a flight less, other files refused"
