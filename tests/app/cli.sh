#!/usr/bin/env bash
# aforo-pipeline as people meet it. First what is wrong (exit codes and words), then a day from producer to report against
# `aforo serve`: run --drain, reconcile, report, status; SIGTERM ends a worker well.
set -euo pipefail
cd "${AFORO_SOURCE:?}"
pipeline=${AFORO_BIN:?}/aforo-pipeline
folder=$(mktemp -d /tmp/aforo-cli-XXXXXX)
serve=
worker=
finish() {
  for pid in $serve $worker; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL AFORO_WAREHOUSE AFORO_LOG_LEVEL
export HOME=$folder AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

# expect CODE WORDS COMMAND...: the exit code, and words somewhere in what it said
expect() {
  local code=$1 words=$2 status=0
  shift 2
  "$@" >"$folder/said" 2>&1 || status=$?
  if [ "$status" -ne "$code" ] || ! grep -qF -- "$words" "$folder/said"; then
    echo "$* gave $status, not $code with '$words':"; cat "$folder/said"; exit 1
  fi
}

expect 2 "usage: aforo-pipeline COMMAND" "$pipeline"
expect 2 'there is no command "walk"' "$pipeline" walk
expect 0 "examples:" "$pipeline" --help
expect 0 "--worker I/N" "$pipeline" run --help
expect 0 "aforo-pipeline 0." "$pipeline" --version
expect 2 "--definition is missing" "$pipeline" run
expect 2 "No such file" "$pipeline" run --definition "$folder/none.yaml"
sed 's/^bucket:/bukcet:/' fixtures/pipelines/orders.yaml >"$folder/bad.yaml"
expect 2 "$folder/bad.yaml:5:" "$pipeline" status --definition "$folder/bad.yaml" --warehouse "sqlite:$folder/w.db"
expect 2 "no warehouse" "$pipeline" status --definition fixtures/pipelines/orders.yaml
expect 2 "expected sqlite:PATH or postgresql" "$pipeline" status --definition fixtures/pipelines/orders.yaml --warehouse oracle:x

export AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_MAX_ATTEMPTS=1
expect 3 "" "$pipeline" status --definition fixtures/pipelines/orders.yaml --warehouse "sqlite:$folder/w.db" --log-level off

"$AFORO_BIN/aforo" serve --port 0 --no-limits >"$folder/serve" &
serve=$!
for _ in $(seq 100); do grep -q listening "$folder/serve" && break; sleep 0.1; done
AWS_ENDPOINT_URL=$(grep -o 'http://[^ ]*' "$folder/serve")
export AWS_ENDPOINT_URL AFORO_WAREHOUSE=sqlite:$folder/w.db AFORO_LOG_LEVEL=warn AWS_MAX_ATTEMPTS=3
sed 's/^tuning:.*/tuning: {land_records: 100, land_age: 300ms, poll: 100ms}/' fixtures/pipelines/orders.yaml >"$folder/orders.yaml"
run() { "$pipeline" "$@" --definition "$folder/orders.yaml"; }
run run --create --shards 1 --drain 300ms

# One record by the same door that every client uses: a PutRecord without an SDK.
order='{"order_id":"o-1","placed":"2026-03-28T10:00:00Z","shop":"lyon","amount":12.50,"quantity":2}'
curl -sS -f "$AWS_ENDPOINT_URL/" -H 'X-Amz-Target: Kinesis_20131202.PutRecord' -H 'Content-Type: application/x-amz-json-1.1' \
  -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20260328/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0' \
  -d "{\"StreamName\":\"orders\",\"PartitionKey\":\"k\",\"Data\":\"$(printf %s "$order" | base64 -w0)\"}" >"$folder/put"
run run --drain 300ms
expect 0 "no source: raw and warehouse agree" run reconcile
expect 0 "12.50" run reconcile --day 2026-03-28
expect 0 "version 1 (unchanged), reconciliation: no_source" run report --day 2026-03-28 --html "$folder/page.html"
grep -q '<svg' "$folder/page.html"
expect 0 "reported days                     1  the last: 2026-03-28" run status
[ "$(awk '$1 == "rows" {print $2}' "$folder/said")" = 1 ]

# A worker that is told to stop stops well.
"$pipeline" run --definition "$folder/orders.yaml" &
worker=$!
for _ in $(seq 600); do # until it waits for signals
  mask=$(awk '$1 == "SigBlk:" || $1 == "SigCgt:" {print "0x" $2}' "/proc/$worker/status" | paste -sd'|')
  (( (${mask:-0}) & 0x4000 )) && break
  sleep 0.1
done
kill -TERM "$worker"
status=0; wait "$worker" || status=$?
worker=
[ "$status" -eq 0 ] || { echo "SIGTERM: exit $status"; exit 1; }

# What was lost in the warehouse is a difference, with its place.
if command -v sqlite3 >/dev/null; then
  [ "$(sqlite3 "$folder/w.db" 'select amount from orders')" = 1250 ]
  sqlite3 "$folder/w.db" 'delete from orders'
  expect 1 "raw-warehouse" run reconcile --day 2026-03-28
  expect 1 "reconciliation: differs" run report --day 2026-03-28
fi
echo "aforo-pipeline answers as it should"
