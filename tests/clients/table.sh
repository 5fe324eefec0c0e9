#!/usr/bin/env bash
# Prints docs/clients.md: what the client tests say of themselves, run now, one after another. Needs AFORO_BIN and AFORO_SOURCE.
# A client that is missing here has no row; a test that fails ends it.
set -euo pipefail
cd "$(dirname "$0")"
export AFORO_CLIENTS_TABLE=1 PYTHONDONTWRITEBYTECODE=1
row() { # its command
  local said code=0
  said=$("$@" 2>&1) || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 77 ] || { echo "$*: $said" >&2; exit 1; }
  grep '^| ' <<<"$said" || true
}
cat <<'HEAD'
# Clients that judge the emulator

Each row is one test of tests/clients: a client that nobody here wrote, unchanged, against `aforo serve`. The operations are
those that the emulator's ledger has seen answered well in that run; the refusals that the tests also ask for are not counted.
`tests/clients/table.sh >docs/clients.md` runs them all and writes this page.

| client | version | operations exercised | result |
| --- | --- | --- | --- |
HEAD
for script in s3_boto3 s3_errors_boto3 s3_recorded_boto3 s3_names_boto3 s3_config_boto3 s3_versions_boto3 s3_access_boto3 s3_encryption_boto3 s3_events_boto3 s3_post_boto3 s3control_boto3 kinesis_boto3 kinesis_limits_boto3 kinesis_words_boto3 kinesis_callers_boto3 sns_boto3 sts_boto3 http_abuse http_versions http_caps http_faults model_walk s3_model_walk; do
  row python3 "$script.py"
  [[ $script = http_* || $script = *_walk ]] || row /usr/bin/python3 "$script.py"
done
for aws in $(which -a aws); do # each that the PATH has
  for script in awscli_kinesis awscli_s3 awscli_s3api; do
    PATH=$(dirname "$aws"):$PATH row "./$script.sh"
  done
done
for script in js js_older rclone restic s3cmd s4cmd libs3 ruby; do
  row "./$script.sh"
done
cat <<'TAIL'

The JavaScript SDK speaks HTTP/2 by prior knowledge to Kinesis, its own default, and HTTP/1.1. What each operation leaves out is in [fidelity.md](fidelity.md).

## What a client may cost

| what | how much | what happens then |
| --- | --- | --- |
| a connection on which nothing moves | `--idle-timeout` (180 s; 30 s until it has told what it speaks) | closed. Not while an answer is still to come: a long poll, a delay of the fault plan, an event stream |
| a request that comes slowly | less than 64 bytes a second on average, once the idle timeout is over | HTTP/1.1: the connection is closed; HTTP/2: the stream ends with CANCEL |
| connections | `--max-connections` (4096, or what the limit of open files allows; HTTP/1.1 in TLS counts twice) | HTTP/1.1: 503 with Retry-After, and closed; HTTP/2 and TLS: closed |
| streams of one HTTP/2 connection | 256 | as RFC 9113 says: REFUSED_STREAM, or GOAWAY for one that had agreed |
| headers of a request | 200, together 32 KiB (HTTP/2: 64) | 431 |
| a body that is collected (all but S3's objects) | 128 MiB | 413 |
| all of those on their way together | `--max-body-memory` (1024 MiB) | 503: SlowDown from S3, ServiceUnavailable from the others |
| an object of S3 | 5 GiB | EntityTooLarge |
| stopping (SIGTERM) | 5 s for what is on its way | closed |
TAIL
