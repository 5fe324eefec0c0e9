#!/usr/bin/env bash
# Somebody's own programs as the pipeline: what they are told, that nobody is left behind, that the example's bug is found
# within 50 seeds, and that the example without it passes. Exit 77: no python3 with boto3.
set -uo pipefail
cd "${AFORO_SOURCE:-.}" || exit 1
aforo=${AFORO_BIN:-build/dev/bin}/aforo
[ -x "$aforo" ] || { echo "no $aforo: build it first"; exit 77; }
work=$(mktemp -d /tmp/aforo-exec-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "WRONG: $*"; failed=1; }
says() { grep -qF -- "$2" "$work/$1.txt" || { wrong "$1 does not say: $2"; tail -n 30 "$work/$1.txt"; }; }
scenario=examples/python/orders.yaml
left() { pgrep -f "sleep $1" >/dev/null && wrong "somebody is left behind: sleep $1"; }

# Of a program that makes no call nothing is known: it may have had no processor. What it said is shown, and it and its child are gone.
nap=86311.$$
AWS_PROFILE=production "$aforo" run $scenario --exec "env | grep ^A; sleep $nap & sleep $nap" --seed 1 --jsonl "$work/idle.jsonl" >"$work/idle.txt" 2>&1
[ $? -eq 6 ] || wrong "a program that makes no call has a verdict"
says idle 'worker/0 made 0 calls in the minute that it had (0 in all, life 1): it hangs, or this machine had no time for it'
says idle 'was acknowledged and is in no object'
says idle 'worker/0 | AWS_ACCESS_KEY_ID=worker/0'
says idle "repro: aforo run $scenario --seed 1 --exec 'env"
grep -q 'AWS_PROFILE' "$work/idle.txt" && wrong 'the caller'\''s credentials reach the program'
left "$nap"
"$aforo" run $scenario --exec 'nosuchprogram' --seed 1 --jsonl "$work/idle.jsonl" --resume >"$work/unstarted.txt" 2>&1
[ $? -eq 6 ] || wrong "a program that is not there has a verdict"
says unstarted 'times before its first call: exit status 127'
[ "$(grep -c '"verdict":"unknown"' "$work/idle.jsonl")" -eq 2 ] || wrong 'a seed of which nothing was said is not run again'

# One that calls and does nothing loses everything.
cat >"$work/looks.py" <<'END'
import os, time, urllib.error, urllib.request
sign = "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
while True:
    try:
        headers = {"Authorization": sign % os.environ["AWS_ACCESS_KEY_ID"]}
        urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/", headers=headers), timeout=2)
    except OSError:
        pass
    time.sleep(0.2)
END
"$aforo" run $scenario --exec "python3 $work/looks.py" --seeds 1..2 --jobs 2 >"$work/looks.txt" 2>&1
[ $? -eq 1 ] || wrong "a program that does nothing does not fail"
says looks 'was acknowledged and is in no object'
says looks 'fail          2      0      2'

# aforo is killed: its programs go with it.
nap=86322.$$
"$aforo" run $scenario --exec "exec sleep $nap" --seed 1 >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do pgrep -f "sleep $nap" >/dev/null && break; sleep 0.1; done
job=$(pgrep -P $pid | head -n 1)
kill -9 $pid ${job:+$job}
wait $pid 2>/dev/null
for _ in $(seq 50); do pgrep -f "sleep $nap" >/dev/null || break; sleep 0.1; done
left "$nap"

# What cannot be asked of a program, and a simulated run of one, are refused.
"$aforo" run scenarios/catalog/lost_ack.yaml --exec true --seed 1 >"$work/refused.txt" 2>&1
[ $? -eq 2 ] || wrong 'an expectation about our own pipeline is taken'
says refused 'cannot be asked of processes'
"$aforo" run $scenario --seed 1 --once >"$work/simulated.txt" 2>&1
[ $? -eq 2 ] || wrong 'processes are simulated'
says simulated 'processes need a real run'

python3 -c 'import boto3' 2>/dev/null || { [ "$failed" -eq 0 ] && echo 'skipped: no boto3' && exit 77; exit 1; }
"$aforo" run $scenario --exec 'python3 examples/python/worker.py --checkpoint-first' --seeds 1..50 --fail-fast >"$work/bug.txt" 2>&1
[ $? -eq 1 ] || wrong 'the checkpoint before the work is not found within 50 seeds'
says bug 'was acknowledged and is'
"$aforo" run $scenario --exec 'python3 examples/python/worker.py' --seeds 1..12 >"$work/fix.txt" 2>&1
[ $? -eq 0 ] || { wrong 'the example fails'; tail -n 30 "$work/fix.txt"; }
grep -h '^FAIL' "$work/bug.txt" | head -n 1
[ "$failed" -eq 0 ] && echo 'programs of one'\''s own: told, killed, judged'
exit "$failed"
