#!/usr/bin/env bash
# The AWS SDK for JavaScript, from the npm registry into a folder of this run, by js/package-lock.json.
# Exit 77: no Node.js 20, no npm, or no registry.
skip() { echo "skipped: $*"; exit 77; }
command -v node >/dev/null && command -v npm >/dev/null || skip "no node or npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"
. "$(dirname "$0")/serving.sh"
cp "$AFORO_SOURCE"/tests/clients/js/* "$work"
(cd "$work" && timeout 120 npm ci --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-retries=1 >npm.log 2>&1) || skip "npm ci: $(tail -n 1 "$work/npm.log")"
serve "AWS SDK for JavaScript" "$(node -p "require('$work/node_modules/@aws-sdk/client-s3/package.json').version")"
for test in alerts kinesis presigned s3; do
  NODE_NO_WARNINGS=1 timeout 120 node "$work/run.mjs" "$test"
  checks=$((checks + $(grep -c assert "$work/$test.mjs") - 1))
done
passed
