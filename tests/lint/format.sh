#!/usr/bin/env bash
# Every .c and .h is as clang-format 14 leaves it; generated models say `clang-format off` themselves.
set -euo pipefail
cd "${AFORO_SOURCE:-.}"
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
version=$(clang-format --version | sed -nE 's/.*version ([0-9]+).*/\1/p')
[ "$version" = 14 ] || { echo "skipped: clang-format $version, the tree is written with 14"; exit 77; }
mapfile -t sources < <(git ls-files '*.c' '*.h' || true)
[ "${#sources[@]}" -gt 0 ] || { echo "no sources (not a git checkout)"; exit 77; }
clang-format --dry-run -Werror "${sources[@]}" 2>&1 | grep -E 'error:' | cut -d: -f1 | sort | uniq -c >/tmp/aforo-format.$$ || true
trap 'rm -f /tmp/aforo-format.$$' EXIT
[ ! -s /tmp/aforo-format.$$ ] || { echo "lines that clang-format -i would change:"; cat /tmp/aforo-format.$$; exit 1; }
echo "${#sources[@]} files"
