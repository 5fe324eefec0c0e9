#!/usr/bin/env bash
# Whether every fault of the catalogue and of the soak has met every operation that it is about within 2,000 seeds: 1,920 are run here.
# landing_falls_behind and away_past_retention are left out: their lander goes away once a run, so it dies at the rare calls in no number of runs;
# the deaths of landers at each of their calls are cells of crash_between_put_and_checkpoint and of everything.
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
longer=(scenarios/catalog/crash_between_put_and_checkpoint.yaml scenarios/catalog/power_loss.yaml) # deaths at rare calls
once=(scenarios/catalog/landing_falls_behind.yaml scenarios/catalog/away_past_retention.yaml)
others=()
for file in scenarios/catalog/*.yaml; do
    [[ " ${longer[*]} ${once[*]} " == *" $file "* ]] || others+=("$file")
done
covers catalogue 60 "${others[@]}"
covers deaths 150 "${longer[@]}"
covers wire 560 scenarios/soak/wire.yaml
covers everything 400 scenarios/soak/everything.yaml
echo "pages: $pages"
exit "$failed"
