#!/usr/bin/env bash
# One seed is one run, in whatever process and wherever its memory lies; another seed is another run.
set -euo pipefail
world=$1
first=$("$world" 7)
[ "$first" = "$("$world" 7)" ] || { echo "two processes, two runs"; exit 1; }
[ "$first" = "$(env -i "$world" 7)" ] || { echo "the environment got in"; exit 1; }
[ "$first" != "$("$world" 8)" ] || { echo "two seeds, one run"; exit 1; }
echo "$first"
