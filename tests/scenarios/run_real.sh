#!/usr/bin/env bash
# Catalogue scenarios on threads, loopback HTTP and a real database hold what they hold in the simulator.
#   run_real.sh sqlite | postgres
# One seed cannot fire every fault, so "unknown" (6) is as good as a pass here: what is looked for is a failure.
set -euo pipefail
catalog=$AFORO_SOURCE/scenarios/catalog
kind=${1:-sqlite}
if [ "$kind" = postgres ] && [ -z "${AFORO_TEST_POSTGRES:-}" ]; then
  exec "$AFORO_SOURCE/tests/support/postgres.sh" run "$0" postgres
fi
case $kind in
  sqlite) world=(--real) names="crash_between_put_and_checkpoint" ;;
  postgres) world=(--postgres "$AFORO_TEST_POSTGRES") names="crash_between_put_and_checkpoint warehouse_commit_unknown lost_ack" ;;
esac
for name in $names; do
  code=0
  "$AFORO_BIN/aforo" run "$catalog/$name.yaml" --seed 2 "${world[@]}" --speed 400 || code=$?
  [ $code = 0 ] || [ $code = 6 ] || { echo "$name: exit $code"; exit 1; }
done
if [ "$kind" = postgres ]; then
  left=$(psql -d "$AFORO_TEST_POSTGRES" -Atc "select count(*) from pg_namespace where nspname like 'aforo%'")
  [ "$left" = 0 ] || { echo "$left schemas are left behind"; exit 1; }
fi
