#!/usr/bin/env bash
# The example in JavaScript as the pipeline: its bug is found within 50 seeds, and without it a few pass. Under tests/support/postgres.sh.
# Exit 77: no Node.js 20, no npm, or no registry.
set -uo pipefail
cd "${AFORO_SOURCE:-.}" || exit 1
aforo=${AFORO_BIN:-build/dev/bin}/aforo
skip() { echo "skipped: $*"; exit 77; }
[ -x "$aforo" ] || skip "no $aforo: build it first"
[ -n "${AFORO_TEST_POSTGRES:-}" ] || skip "no PostgreSQL: run it by tests/support/postgres.sh"
command -v node >/dev/null && command -v npm >/dev/null || skip "no node or npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"
work=$(mktemp -d /tmp/aforo-exec-js.XXXXXX)
trap 'rm -rf "$work"' EXIT
cp examples/javascript/*.json examples/javascript/worker.mjs "$work"
(cd "$work" && timeout 120 npm ci --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-retries=1 >npm.log 2>&1) || skip "npm ci: $(tail -n 1 "$work/npm.log")"
export NODE_NO_WARNINGS=1
run() { "$aforo" run examples/javascript/orders.yaml --exec "node $work/worker.mjs$1" --postgres "$AFORO_TEST_POSTGRES" --jobs 3 "${@:2}" >"$work/out.txt" 2>&1; }
failed=0
wrong() { echo "WRONG: $*"; tail -n 20 "$work/out.txt"; failed=1; }
run ' --checkpoint-first' --seeds 1..50 --fail-fast
[ $? -eq 1 ] || wrong 'the checkpoint before the work is not found within 50 seeds'
grep -h '^FAIL' "$work/out.txt" | head -n 1
run '' --seeds 1..6
case $? in 0 | 6) ;; *) wrong 'the example fails' ;; esac
[ "$failed" -eq 0 ] && echo 'the example in JavaScript: its bug found, without it no failure'
exit "$failed"
