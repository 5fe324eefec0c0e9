#!/usr/bin/env bash
# Everything builds without a warning under gcc and clang at -O0, -O2 and -O3 (other levels find other warnings).
#   tests/lint/compilers.sh [gcc|clang]...      in a temporary folder; some minutes a build
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
[ $# -gt 0 ] || set -- gcc clang
work=$(mktemp -d /tmp/aforo-compilers.XXXXXX)
trap 'rm -rf "$work"' EXIT
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
status=0
for compiler in "$@"; do
  for level in 0 2 3; do
    cmake -S "$root" -B "$work/build" -G Ninja --fresh -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Debug \
      -DCMAKE_C_FLAGS_DEBUG="-O$level" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    if cmake --build "$work/build" -- -k 0 >"$work/log" 2>&1; then
      echo "$compiler -O$level: builds"
    else
      echo "$compiler -O$level:"; grep -E '(error|warning):' "$work/log" | sort -u; status=1
    fi
  done
done
exit $status
