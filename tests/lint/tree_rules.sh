#!/usr/bin/env bash
# Rules about the tree that no compiler checks: file and function lengths, one name a file, folder READMEs, words that
# mark something unfinished, getenv in one place, nothing that leads outside of the repository.
set -euo pipefail
cd "${AFORO_SOURCE:-.}"
status=0
complain() { echo "$*"; status=1; }

mapfile -t sources < <(git ls-files 2>/dev/null '*.c' '*.h' || true)
[ "${#sources[@]}" -gt 0 ] || { echo "no sources (not a git checkout)"; exit 77; }

# One process for all files where it can be: on a busy machine a fork a file takes minutes.
while read -r lines file; do
  head -n 12 "$file" | grep -qi 'why.*long\|generated' ||
    complain "$file: $lines lines; past 600 the opening comment must say why it is long"
done < <(wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 600')

duplicates=$(printf '%s\n' "${sources[@]}" | grep -v '^tests/' | sed 's|.*/||' | sort | uniq -d)
for name in $duplicates; do
  case $name in main.c) continue ;; esac
  places=$(printf '%s\n' "${sources[@]}" | grep "/$name$" | grep -v '^tests/' | tr '\n' ' ')
  # A typed client and the service it calls may share their noun; nothing else may.
  complain "one name, several files: $places"
done

if command -v ctags >/dev/null && ctags --version 2>/dev/null | grep -q Universal; then
  long=$(printf '%s\n' "${sources[@]}" | grep -v '^tests/' | ctags -L - --fields=+ne --kinds-C=f -f - 2>/dev/null |
    awk -F'\t' '{l="";e="";for(i=4;i<=NF;i++){if($i ~ /^line:/)l=substr($i,6);if($i ~ /^end:/)e=substr($i,5)} if(l!=""&&e!=""&&e-l>=70)print $2 ":" l " " $1 " " e-l+1}')
  while read -r place name lines; do
    [ -n "$place" ] || continue
    at=${place##*:}
    sed -n "$((at > 12 ? at - 12 : 1)),${at}p" "${place%:*}" | grep -qi 'long because\|long:' ||
      complain "$place $name: $lines lines; past 70 the comment above must say 'Long because ...'"
  done <<<"$long"
fi

unfinished=$(grep -nE 'TODO|FIXME|\bXXX\b|HACK|for now|placeholder' "${sources[@]}" || true)
[ -z "$unfinished" ] || complain "unfinished: $unfinished"

environment=$(grep -ln 'getenv' "${sources[@]}" | grep -vE '^(src/app/config\.c|tests/|scenarios/cli/)' || true)
[ -z "$environment" ] || complain "getenv outside src/app/config.c: $environment"

asserts=$(grep -nE '(^|[^_[:alnum:]])assert\(' "${sources[@]}" || true)
[ -z "$asserts" ] || complain "assert() is off in release; ASSERT of base/err.h is not: $asserts"

for folder in $(printf '%s\n' "${sources[@]}" | grep -vE '^(tests|tools|fixtures)/' | sed 's|/[^/]*$||' | sort -u); do
  [ -f "$folder/README.md" ] || complain "$folder: no README.md"
  [ ! -f "$folder/README.md" ] || [ "$(wc -l <"$folder/README.md")" -le 15 ] || complain "$folder/README.md: over 15 lines"
done

outside=$(git grep -nE '\.\./shared|/work/' -- . ':!.ci/run' ':!tests/lint/tree_rules.sh' || true)
[ -z "$outside" ] || complain "leads outside of the repository: $outside"

exit $status
