#!/usr/bin/env bash
# `aforo run` as people and CI servers meet it: exit codes, the files that it writes, and its words.
set -uo pipefail
cd "${AFORO_SOURCE:-.}" || exit 1
aforo=${AFORO_BIN:-build/dev/bin}/aforo
[ -x "$aforo" ] || { echo "no $aforo: build it first"; exit 77; }
work=$(mktemp -d /tmp/aforo-run-cli.XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "WRONG: $*"; failed=1; }
# expect CODE NAME ARGS...: runs it into $work/NAME.txt
expect() {
    local code=$1 name=$2; shift 2
    "$aforo" run "$@" >"$work/$name.txt" 2>&1
    local got=$?
    [ "$got" -eq "$code" ] || { wrong "$name: exit $got, not $code"; cat "$work/$name.txt"; }
}
says() { grep -qF -- "$2" "$work/$1.txt" || { wrong "$1 does not say: $2"; cat "$work/$1.txt"; }; }

# All faults in every seed, and nothing that takes many seeds to occur.
good=$work/good.yaml
sed '/sometimes:/d; s/swarm: true/swarm: false/' scenarios/catalog/lost_ack.yaml >"$good"
sed 's/^expect:/expect:\n  - finally: {sql: "select count(*) from orders", equals: 7}/' "$good" >"$work/failing.yaml"
sed 's/loader: 1/loader: 0/; s/horizon: 3h/horizon: 1h/; /never:/d' "$good" >"$work/stuck.yaml"
sed 's/^faults:/faults:\n  - {name: nobody, on: "sns:PublishBatch", phase: reject}/' "$good" >"$work/unknown.yaml"
sed 's/probability: 1\/6/probabilty: 1\/6/' "$good" >"$work/typo.yaml"

expect 0 passes "$good" --seeds 3..4 --jobs 2 --junit "$work/good.xml"
says passes 'pass          2      2      0'
expect 1 fails "$work/failing.yaml" --seeds 1..2 --keep "$work/failures" --junit "$work/bad.xml"
says fails 'FAIL lost_ack seed=1 fail: sql'
says fails 'expected 7'
expect 1 stops "$work/failing.yaml" "$good" --seeds 1..9 --jobs 1 --fail-fast
says stops 'fail          1      0      1'
expect 3 stuck "$work/stuck.yaml" --seed 1 --once
says stuck 'objects not loaded'
expect 6 unknown "$work/unknown.yaml" --seed 1 --once
says unknown 'fault nobody never fired'
expect 2 typo "$work/typo.yaml"
says typo "typo.yaml:27:"
says typo 'the nearest is probability'
expect 2 dry "$good" "$work/typo.yaml" "$work/failing.yaml" --dry-run
says dry "good.yaml: lost_ack: 5 faults, "
says dry "typo.yaml:27:"
says dry "failing.yaml: lost_ack: 5 faults, " # what is behind a mistake is read too
expect 2 nofile "$work/nowhere.yaml"
expect 2 noseeds "$good" --seeds nine
expect 2 nooption "$good" --sedes 1..2

# What is kept of a failure: the command, the faults one by one, and they fail again.
kept=$work/failures/lost_ack-1
for file in repro.sh plan.full.yaml trace.txt report.json report.html; do [ -s "$kept/$file" ] || wrong "$kept/$file is missing"; done
grep -qF -- "--seed 1 --once" "$kept/repro.sh" || wrong 'repro.sh does not name the seed'
grep -q '"at": "producer/[01]/kinesis:PutRecords#[0-9]*"' "$kept/plan.full.yaml" || wrong 'no coordinate in plan.full.yaml'
[ -s "$kept/plan.min.yaml" ] && [ -s "$kept/story.txt" ] || wrong 'no shrunk plan'
says fails 'SHRUNK lost_ack seed=1:'
says fails ' to 0 in '
expect 1 shrunk "$kept/plan.min.yaml"
expect 1 unshrunk "$work/failing.yaml" --seed 1 --once --no-shrink
grep -q SHRUNK "$work/unshrunk.txt" && wrong '--no-shrink shrinks'
expect 1 replanned "$kept/plan.full.yaml"
expect 1 planned "$work/failing.yaml" --seed 1 --plan "$kept/plan.full.yaml"

grep -q '</html>' "$kept/report.html" && grep -qF 'expected 7' "$kept/report.html" || wrong 'report.html is not whole, or does not tell the failure'

# A page of what fails; of the first seed where nothing does.
expect 1 paged "$work/failing.yaml" --seeds 1..2 --once --report "$work/pages"
expect 0 shown "$good" --seeds 3..4 --once --report "$work/pages"
for seed in 1 2 3; do grep -q '</html>' "$work/pages/lost_ack-$seed.html" || wrong "no page of seed $seed"; done
grep -qF 'Everything held' "$work/pages/lost_ack-3.html" || wrong 'the page of a seed that passes'

# Coverage: a fault that hits nothing of what it is about, and one that is about nothing, keep the verdict open.
expect 0 covered "$good" --seeds 1..8 --once --coverage "$work/coverage.json" --require-coverage
says covered '5 of 5 cells hit'
sed 's/^faults:/faults:\n  - {name: rare, on: "s3:ListObjectsV2", phase: reject, nth: 1000000}/' "$good" >"$work/rare.yaml"
expect 6 rare "$work/rare.yaml" --seeds 1..8 --once --coverage "$work/coverage.html" --require-coverage
says rare '5 of 6 cells hit'
expect 6 uncovered "$work/unknown.yaml" --seeds 1..8 --once --require-coverage --quiet
says uncovered 'nobody'
python3 - "$work" <<'EOF' || wrong 'the coverage is not what was declared'
import html.parser, json, sys
cells = json.load(open(sys.argv[1] + "/coverage.json"))
assert cells["cells"] == cells["hit"] == len(cells["coverage"]) == 5, cells
assert {(c["operation"], c["phase"], c["error"]) for c in cells["coverage"]} >= {("sns:Publish", "lose_response", ""), ("s3:PutObject", "apply_reject", "")}
assert all(0 < c["hits"] < c["calls"] for c in cells["coverage"]), cells
page = open(sys.argv[1] + "/coverage.html").read()
html.parser.HTMLParser().feed(page)
assert page.count("<td class=never>never</td>") == 1 and page.count("<td class=hit>") == 5
EOF

# For machines: a line a seed, annotations, and a budget that leaves seeds out.
expect 1 machines "$work/failing.yaml" --seeds 1..3 --once --no-shrink --collect --annotate --jsonl "$work/seeds.jsonl"
says machines "::error file=$work/failing.yaml,title=lost_ack seed 1 fail::sql"
expect 0 budget "$good" --seeds 1..100000 --once --budget 3s
"$aforo" run "$good" --seeds 1..100000 --once --budget 1us --jsonl "$work/one.jsonl" >/dev/null
[ "$(wc -l <"$work/one.jsonl")" -ge 1 ] || wrong 'a budget shorter than the start runs no seed'

# --write leaves a scenario that fails by itself, with its story in front.
expect 1 write "$work/failing.yaml" --seed 2 --once --quiet --write "$work/small.yaml"
grep -q '^# ' "$work/small.yaml" || wrong 'no story in front of the scenario'
expect 1 written "$work/small.yaml" --no-shrink
expect 2 write-nothing "$work/failing.yaml" --seed 2 --no-shrink --write "$work/other.yaml"
python3 - "$work/seeds.jsonl" <<'END' || wrong 'JSONL'
import json
import sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert sorted(row["seed"] for row in rows) == [1, 2, 3] and {row["verdict"] for row in rows} == {"fail"}, rows
assert all("expected 7" in row["story"] and row["faults"] > 0 and row["cpu_us"] > 0 for row in rows), rows
END
unset_github=$(env -u GITHUB_ACTIONS "$aforo" run "$work/failing.yaml" --seed 1 --once --quiet)
grep -q '^::error' <<<"$unset_github" && wrong 'annotations without being asked'

# Two processes, two environments: one fingerprint. A window of a trace is that part of it.
expect 0 fresh "$good" --seeds 5..6 --check fresh
expect 2 stale "$good" --seed 5 --check stale
for name in a b; do TZ=Asia/Tokyo HOME=/$name "$aforo" run "$good" --seeds 5..6 --fingerprint "$work/$name.print" || wrong 'no fingerprint'; done
[ "$(wc -l <"$work/a.print")" -eq 2 ] && cmp -s "$work/a.print" "$work/b.print" || wrong 'two fingerprints of one seed'
"$aforo" run "$good" --seed 5 --fingerprint - --trace "$work/window" --trace-window 100..120 >/dev/null
"$aforo" run "$good" --seed 5 --fingerprint - --trace "$work/whole" >/dev/null
[ "$(wc -l <"$work/window")" -eq 21 ] && cmp -s "$work/window" <(sed -n 100,120p "$work/whole") || wrong 'the window of a trace'

# One seed is one trace; another seed is another.
for name in a b; do "$aforo" run "$good" --seed 5 --once --quiet --trace "$work/$name.trace" >/dev/null 2>&1; done
"$aforo" run "$good" --seed 6 --once --quiet --trace "$work/c.trace" >/dev/null 2>&1
[ -s "$work/a.trace" ] && cmp -s "$work/a.trace" "$work/b.trace" || wrong 'two traces of one seed differ'
cmp -s "$work/a.trace" "$work/c.trace" && wrong 'two seeds have one trace'

# The XML is read by somebody else's parser.
python3 - "$work/good.xml" "$work/bad.xml" <<'END' || wrong 'JUnit'
import sys
import xml.etree.ElementTree as tree
good, bad = (tree.parse(path).getroot() for path in sys.argv[1:])
assert good.find("testsuite").get("failures") == "0" and good.find("testsuite").get("name") == "lost_ack"
suite = bad.find("testsuite")
failures = suite.findall("testcase/failure")
assert suite.get("tests") == str(len(suite.findall("testcase"))) and suite.get("failures") == str(len(failures)) == "2", suite.attrib
assert "expected 7" in failures[0].get("message")
END
[ "$failed" -eq 0 ] && echo 'aforo run: exit codes, files and words are right'
exit "$failed"
