#!/usr/bin/env bash
# DuckDB, from the npm registry into a folder of this run, reads the captures that aforo writes: as many records as
# `zstd -dc` and our own reader find (tests/replay/inspect_cli.py, whose query it answers).
# Exit 77: no Node.js, no npm, or no registry.
set -euo pipefail
skip() { echo "skipped: $*"; exit 77; }
command -v node >/dev/null && command -v npm >/dev/null || skip "no node or npm"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && timeout 200 npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-retries=1 @duckdb/node-api@1.5.6-r.1 >npm.log 2>&1) ||
  skip "npm install @duckdb/node-api: $(tail -n 1 "$work/npm.log")"
DUCKDB_FROM=$work "$AFORO_SOURCE"/tests/replay/inspect_cli.py | tee "$work/said"
grep -q 'DuckDB has as many' "$work/said"
