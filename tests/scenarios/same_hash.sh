#!/usr/bin/env bash
# One commit and one seed give one run, whoever compiled it: gcc and clang, -O0 and -O3, must write the same trace of every
# scenario of the catalogue, decision by decision, and end with the same hash, also in a process that has just begun with another environment.   usage: same_hash.sh [SEED...]
set -euo pipefail
cd "${AFORO_SOURCE:-$(dirname "$0")/../..}"
seeds=("$@")
[ "${#seeds[@]}" -gt 0 ] || seeds=(1 17 123)
command -v clang >/dev/null || { echo "skipped: no clang"; exit 77; }
work=$(mktemp -d /tmp/aforo-hash.XXXXXX)
trap 'rm -rf "$work"' EXIT
command -v ccache >/dev/null && export CMAKE_C_COMPILER_LAUNCHER=ccache

traces() { # program, folder
  local file seed status
  mkdir -p "$2"
  for file in scenarios/catalog/*.yaml; do
    for seed in "${seeds[@]}"; do
      status=0
      "$1" run "$file" --seed "$seed" --quiet --check fresh --trace "$2/$(basename "$file" .yaml)-$seed" >>"$2.log" 2>&1 || status=$?
      # One seed does not fire every fault, which is "unknown" (6).
      [ "$status" -eq 0 ] || [ "$status" -eq 6 ] || { tail -n 3 "$2.log"; echo "$2: $file seed $seed: exit $status"; exit 1; }
    done
  done
}

for compiler in gcc clang; do
  for level in O0 O3; do
    name=$compiler-$level
    cmake -S . -B "$work/build-$name" -G Ninja -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Debug \
      "-DCMAKE_C_FLAGS_DEBUG=-$level" -DAFORO_TESTS=OFF >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; exit 1; }
    cmake --build "$work/build-$name" --target aforo >"$work/cmake.log" 2>&1 || { tail -n 30 "$work/cmake.log"; exit 1; }
    traces "$work/build-$name/bin/aforo" "$work/$name"
    if [ "$name" != gcc-O0 ]; then
      for trace in "$work"/gcc-O0/*; do
        cmp -s "$trace" "$work/$name/$(basename "$trace")" ||
          { echo "gcc -O0 and $compiler -$level differ in $(basename "$trace"):"; diff "$trace" "$work/$name/$(basename "$trace")" | head -n 5; exit 1; }
      done
    fi
    echo "$compiler -$level: $(ls "$work/$name" | wc -l) runs, $(cat "$work/$name"/* | wc -l) decisions"
  done
done
count=$(ls "$work/gcc-O0" | wc -l)
decisions=$(cat "$work"/gcc-O0/* | wc -l)
[ "$count" -gt 0 ] && [ "$decisions" -gt 1000 ] || { echo "nothing was compared"; exit 1; }
echo "$count runs are the same in four builds"
