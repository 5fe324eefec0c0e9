#!/usr/bin/env bash
# What a sweep leaves for the next one, and what it says of each expectation: logs to go on from, seeds that failed once,
# what was put to no test; pages of real runs, and nothing left behind under /tmp.
set -uo pipefail
cd "${AFORO_SOURCE:-.}" || exit 1
aforo=${AFORO_BIN:-build/dev/bin}/aforo
[ -x "$aforo" ] || { echo "no $aforo: build it first"; exit 77; }
work=$(mktemp -d /tmp/aforo-sweeps.XXXXXX)
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
good=$work/good.yaml
sed '/sometimes:/d; s/swarm: true/swarm: false/' scenarios/catalog/lost_ack.yaml >"$good"
sed 's/^expect:/expect:\n  - finally: {sql: "select count(*) from orders", equals: 7}/' "$good" >"$work/failing.yaml"

# A sweep that was broken off goes on; a line that was cut off is run again.
expect 0 log "$good" --seeds 1..4 --once --jsonl "$work/log"
head -n 2 "$work/log" >"$work/broken"
tail -n 1 "$work/log" | head -c 40 >>"$work/broken"
expect 0 resumed "$good" --seeds 1..4 --once --jsonl "$work/broken" --resume
[ "$(grep -c '"verdict":"pass"' "$work/broken")" -eq 4 ] || wrong 'a resumed sweep ran other seeds than those that were missing'
for name in log resumed; do
    says $name 'pass          4      4      0'
    says $name 'conservation                       held 4'
    sed -n 's/^lost_ack .*  put-/put-/p' "$work/$name.txt" >"$work/$name.faults"
done
[ -s "$work/log.faults" ] && cmp -s "$work/log.faults" "$work/resumed.faults" || wrong 'a resumed sweep counts other faults'
expect 2 other "$work/failing.yaml" --seeds 1..4 --once --jsonl "$work/broken" --resume
says other 'ran with other faults or expectations'
expect 2 nolog "$good" --seeds 1..4 --resume

# Seeds that failed are kept, and run first from then on, once.
expect 1 kept "$work/failing.yaml" --seeds 2..3 --once --no-shrink --corpus "$work/corpus"
says kept 'sql select count(*) from orders    held 0, broken 2'
expect 1 again "$work/failing.yaml" --seeds 3..4 --once --no-shrink --corpus "$work/corpus"
says again '    3      0      3'
[ "$(sort "$work/corpus" | tr '\n' ';')" = 'lost_ack 2;lost_ack 3;lost_ack 4;' ] || wrong 'the corpus'
echo 'noseed' >"$work/nocorpus"
expect 2 nocorpus "$good" --seed 1 --corpus "$work/nocorpus"
says nocorpus 'nocorpus:1:'

# What was never put to the test.
sed 's/^expect:/expect:\n  - always: {retries: {at_most: 40, within: 10s}}/; /^  - {name:/d; s/^faults:/faults: []/' "$good" >"$work/untested.yaml"
expect 6 untested "$work/untested.yaml" --seed 1 --once
says untested 'retries was not put to the test: no fault fired'

# A page of a real run; a folder that a killed run has left is taken away by the next one, one that is in use is not.
mkdir -p /tmp/aforo-run-left$$ /tmp/aforo-run-used$$
touch /tmp/aforo-run-left$$/lock /tmp/aforo-run-left$$/warehouse.db /tmp/aforo-run-used$$/lock
exec 9</tmp/aforo-run-used$$/lock
flock 9
"$aforo" run "$good" --seed 1 --real --speed 900 --report "$work/pages" >"$work/realpage.txt" 2>&1
case $? in 0 | 6) ;; *) wrong 'a real run'; cat "$work/realpage.txt" ;; esac # one real run may miss a fault
[ ! -e /tmp/aforo-run-left$$ ] || wrong 'what a killed run has left is there still'
[ -e /tmp/aforo-run-used$$ ] || wrong 'the folder of a run that lives was taken away'
rm -rf /tmp/aforo-run-left$$ /tmp/aforo-run-used$$
grep -q '</html>' "$work/pages/lost_ack-1.html" && grep -qF 'PutRecords' "$work/pages/lost_ack-1.html" || wrong 'no page of a real run'
[ "$failed" -eq 0 ] && echo 'logs, corpus, standings and pages are right'
exit "$failed"
