#!/usr/bin/env bash
# Every `AWS <id>:` and `DIFFERS <id>:` in the code has its row in docs/fidelity.md, and every row its tag.
set -euo pipefail
cd "${AFORO_SOURCE:-.}"
git rev-parse --git-dir >/dev/null 2>&1 || { echo "skipped: not a git checkout"; exit 77; }
tags=$(git grep -hoE '(AWS|DIFFERS) [a-z0-9]+(-[a-z0-9]+)+:' -- 'src/*.[ch]' 'emulator/*.[ch]' 'replay/*.[ch]' 'scenarios/*.[ch]' |
  sed -E 's/^(AWS|DIFFERS) ([^:]+):$/\2/' | sort -u)
rows=$(sed -nE 's/^\| *([a-z0-9]+(-[a-z0-9]+)+) *\|.*/\1/p' docs/fidelity.md | sort -u)
[ -n "$tags" ] || { echo "no tags found"; exit 1; }
missing=$(comm -23 <(echo "$tags") <(echo "$rows"))
orphans=$(comm -13 <(echo "$tags") <(echo "$rows"))
[ -z "$missing" ] || { echo "tagged in code, no row in docs/fidelity.md:"; echo "$missing"; }
[ -z "$orphans" ] || { echo "row in docs/fidelity.md, no tag in code:"; echo "$orphans"; }
[ -z "$missing$orphans" ] || exit 1
echo "$(echo "$tags" | wc -l) facts, each in code and in docs/fidelity.md"
