#!/usr/bin/env bash
# The demo of flights, as people meet it: every published total exact, all days match, and each report is there.
set -euo pipefail
[ -x "$AFORO_BIN/aforo" ] || { echo "no $AFORO_BIN/aforo: build the release preset first"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$AFORO_BIN/aforo" demo flights --output "$out" | tee "$out/page"
[ "$(grep -c '✓' "$out/page")" = 6 ] || { echo "not every figure is exact"; exit 1; }
grep -q '90 of 90 days match' "$out/page"
[ "$(ls "$out/flights" | wc -l)" = 90 ] || { echo "a report is missing"; exit 1; }
