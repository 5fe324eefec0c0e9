#!/usr/bin/env bash
# libaforo as somebody else uses it: installed, found by CMake, linked with a small pipeline that holds, and whose bug is found.
set -euo pipefail
work=$(mktemp -d /tmp/aforo-install.XXXXXX)
trap 'rm -rf "$work"' EXIT
cmake --install "$AFORO_BUILD" --component library --prefix "$work/prefix" >"$work/install.log"
[ -z "$(find "$work/prefix" -type l)" ] || { echo "links are installed"; exit 1; }
cmake -S "$AFORO_SOURCE/examples/c" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/cmake.log" || { cat "$work/cmake.log"; exit 1; }
cmake --build "$work/build" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/build/shop"
if "$work/build/shop" --checkpoint-first; then echo "the bug is not found"; exit 1; fi
