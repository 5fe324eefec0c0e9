# For shell clients: an `aforo serve` of one's own, and how to say what is expected. Source it, call `serve NAME VERSION`,
# use $url and $work, and end with `passed`, which prints a row of docs/clients.md.
# shellcheck shell=bash
set -euo pipefail
command -v curl >/dev/null && command -v jq >/dev/null || { echo "skipped: no curl or no jq"; exit 77; }
[ -x "$AFORO_BIN/aforo" ] || { echo "no $AFORO_BIN/aforo: build it first"; exit 1; }
work=$(mktemp -d)
emulator=
checks=0
finish() {
  [ -z "$emulator" ] || { kill "$emulator"; wait "$emulator" || true; }
  rm -rf "$work"
}
trap finish EXIT

serve() { # client's name, its version, options of aforo serve
  client=$1 version=$2; shift 2
  mkfifo "$work/.listening"
  "$AFORO_BIN/aforo" serve --port 0 "$@" >"$work/.listening" &
  emulator=$!
  read -r line <"$work/.listening"; rm "$work/.listening"
  url=${line##* }
  case $url in http://127.0.0.1:*) ;; *) echo "said: $line"; exit 1 ;; esac
  # Nothing of this machine's own settings.
  export AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
  export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_PAGER= AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
  export PYTHONDONTWRITEBYTECODE=1 no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
  unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE
}

is() { # what, expected, got
  checks=$((checks + 1))
  [ "$2" = "$3" ] || { printf '%s\nexpected: %s\ngot:      %s\n' "$1" "$2" "$3"; exit 1; }
}
has() { # what, a part, got
  checks=$((checks + 1))
  case $3 in *"$2"*) ;; *) printf '%s\nexpected: ...%s...\ngot:      %s\n' "$1" "$2" "$3"; exit 1 ;; esac
}
same() { # what, two files or folders
  checks=$((checks + 1))
  diff -r "$2" "$3" >"$work/diff" || { printf '%s\n' "$1"; head -5 "$work/diff"; exit 1; }
}
refused() { # words, then the command
  local words=$1 said; shift
  if said=$("$@" 2>&1); then echo "not refused: $*"; exit 1; fi
  has "$*" "$words" "${said// (reached max retries: 0)/}"
}
control() { # path, body
  curl -fsS -d "$2" "$url/_aforo/$1" >/dev/null
}

passed() { # also: the emulator has to end well
  if [ -n "${AFORO_CLIENTS_TABLE:-}${AFORO_BUILD:-}" ]; then # printed for table.sh, kept in the build for matrix.py
    # The operations are what the emulator's ledger has seen answered well.
    local operations
    operations=$(curl -fsS "$url/_aforo/ledger" | jq -r 'select(.status >= 200 and .status < 300) | .service + " " + .operation' |
      sort -u | awk '{ by[$1] = by[$1] (by[$1] == "" ? "" : ", ") $2 } END { for (s in by) print s ": " by[s] }' | sort | paste -sd ';' | sed 's/;/; /g')
    local row="| $client | $version | $operations | $checks checks |"
    [ -z "${AFORO_CLIENTS_TABLE:-}" ] || echo "$row"
    [ -z "${AFORO_BUILD:-}" ] || { mkdir -p "$AFORO_BUILD/clients"; echo "$row" >"$AFORO_BUILD/clients/$(basename "$0")"; }
  fi
  kill "$emulator"
  wait "$emulator" || { echo "the emulator did not stop well"; exit 1; }
  emulator=
  echo "passed: $checks checks, $client $version"
}
