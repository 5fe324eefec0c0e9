#!/usr/bin/env bash
# The `aforo` program as a person meets it: help, version, wrong command lines, a port that is taken, both signals.
set -euo pipefail
aforo=$AFORO_BIN/aforo
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
says() { # exit code, words, arguments...
  local code=$1 words=$2 said got=0; shift 2
  said=$("$aforo" "$@" 2>&1 </dev/null) || got=$?
  [ "$got" = "$code" ] || { echo "aforo $*: exit $got, not $code: $said"; exit 1; }
  case $said in *"$words"*) ;; *) echo "aforo $*: no \"$words\" in: $said"; exit 1 ;; esac
}
says 0 "examples:" --help
says 0 "aforo serve" help
says 0 "aforo 0." --version
says 0 "--no-limits" serve --help
says 0 "examples:" serve --port 1 -h
says 2 "usage: aforo"
says 2 'there is no command "sevre"' sevre
says 2 "there is no option --prot" serve --prot 1
says 2 "--port needs a value" serve --port
says 2 "--port takes a whole number from 0 to 65535" serve --port 65536
says 2 "--account takes 12 digits" serve --account 12
says 2 'what is "now" for?' serve now
says 1 "is not an IP address" serve --address nowhere --port 0

serve() { # starts one; sets pid and url
  rm -f "$work/said"; mkfifo "$work/said"
  "$aforo" serve "$@" >"$work/said" &
  pid=$!; pids+=("$pid")
  read -r line <"$work/said"
  url=${line##* }
  case $line in "aforo: listening on http://127.0.0.1:"[1-9]*) ;; *) echo "said: $line"; exit 1 ;; esac
}
serve --port 0 --seed 7
says 1 "port ${url##*:} is taken" serve --port "${url##*:}"
case $(curl -fsS "$url/_aforo/health") in *'"status":"ok"'*) ;; *) echo "not healthy"; exit 1 ;; esac
kill -TERM "$pid"; wait "$pid" || { echo "SIGTERM: exit $?"; exit 1; }
serve --port 0 --address localhost
kill -INT "$pid"; wait "$pid" || { echo "SIGINT: exit $?"; exit 1; }
echo passed
