#!/usr/bin/env bash
# Older clients for JavaScript, from the npm registry into a folder of this run, by js_older/package-lock.json: version 2 of the AWS SDK, and minio's.
# Exit 77: no Node.js 20, no npm, or no registry.
skip() { echo "skipped: $*"; exit 77; }
command -v node >/dev/null && command -v npm >/dev/null || skip "no node or npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"
. "$(dirname "$0")/serving.sh"
cp "$AFORO_SOURCE"/tests/clients/js/run.mjs "$AFORO_SOURCE"/tests/clients/js_older/* "$work"
(cd "$work" && timeout 240 npm ci --no-audit --no-fund --ignore-scripts --loglevel=error --prefer-offline --fetch-retries=1 >npm.log 2>&1) || skip "npm ci: $(tail -n 1 "$work/npm.log")"
version() { node -p "require('$work/node_modules/$1/package.json').version"; }
serve "AWS SDK for JavaScript, version 2; minio-js" "$(version aws-sdk); $(version minio)"
for test in sdk_v2 minio; do
  NODE_NO_WARNINGS=1 AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1 timeout 120 node "$work/run.mjs" "$test"
  checks=$((checks + $(grep -c 'assert\|refused(' "$work/$test.mjs") - 1))
done
passed
