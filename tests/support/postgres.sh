#!/usr/bin/env bash
# A PostgreSQL of one's own in a temporary folder, reached by its Unix socket alone.
#   postgres.sh run COMMAND...   starts one, runs the command with AFORO_TEST_POSTGRES set to its conninfo, removes it
#   postgres.sh start DIR        DIR must not exist; prints the conninfo
#   postgres.sh stop DIR         stops it and removes DIR
# Exit 77 (skipped) where PostgreSQL is not installed. PostgreSQL refuses to run as root: there it runs as `postgres`.
set -euo pipefail

bin=${AFORO_POSTGRES_BIN:-}
if [ -z "$bin" ]; then
  for folder in /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && bin=$folder
  done
fi
[ -n "$bin" ] || { echo "skipped: no PostgreSQL server under /usr/lib/postgresql"; exit 77; }

as_server() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

start() {
  mkdir -p "$1"
  [ "$(id -u)" != 0 ] || chown postgres "$1"
  as_server "$bin/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions \
    >"$1.log" 2>&1 || { cat "$1.log" >&2; exit 1; }
  as_server "$bin/pg_ctl" -D "$1/data" -l "$1/server.log" -w -t 60 -o \
    "-k $1 -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c shared_buffers=16MB -c autovacuum=off" \
    start >>"$1.log" 2>&1 || { cat "$1.log" "$1/server.log" >&2; exit 1; }
  echo "host=$1 user=postgres dbname=postgres"
}

stop() {
  as_server "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$1" "$1.log"
}

case ${1:-} in
  run)
    shift
    home=$(mktemp -d /tmp/aforo-pg.XXXXXX)
    chmod 755 "$home"
    trap 'stop "$home/pg"; rm -rf "$home"' EXIT
    AFORO_TEST_POSTGRES=$(start "$home/pg")
    export AFORO_TEST_POSTGRES
    "$@"
    ;;
  start) start "$2" ;;
  stop) stop "$2" ;;
  *) sed -n '2,6p' "$0"; exit 2 ;;
esac
