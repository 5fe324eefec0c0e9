#!/usr/bin/env bash
# Every fault of the catalogue and of the soak has met every operation that it is about, within 2,000 seeds: 1,560 of them here.
#   tests/scenarios/coverage.sh [FOLDER]     needs a release build; FOLDER gets the matrices as pages
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
aforo=${AFORO_BIN:-build/release/bin}/aforo
[ -x "$aforo" ] || { echo "no $aforo: cmake --workflow --preset release"; exit 2; }
pages=${1:-$(mktemp -d /tmp/aforo-coverage.XXXXXX)}
mkdir -p "$pages"
failed=0
covers() { # NAME SEEDS FILES...
    local name=$1 seeds=$2; shift 2
    "$aforo" run "$@" --seeds "1..$seeds" --once --no-shrink --require-coverage --coverage "$pages/$name.html" >"$pages/$name.txt" 2>&1
    local code=$?
    printf '%-12s %5s seeds  exit %d  %s\n' "$name" $((seeds * $#)) "$code" "$(grep '^coverage:' "$pages/$name.txt")"
    [ "$code" -eq 0 ] || { failed=1; sed -n '/^never hit:/,/^$/p; /^FAIL/p' "$pages/$name.txt"; }
}
covers catalogue 60 scenarios/catalog/*.yaml
covers wire 380 scenarios/soak/wire.yaml
covers everything 400 scenarios/soak/everything.yaml
echo "pages: $pages"
exit "$failed"
