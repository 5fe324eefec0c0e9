#!/usr/bin/env bash
# Proves that the layer rule is a compile error: for each layer, an include that DESIGN forbids must fail to compile
# with the very include roots that the build gives it.   usage: wrong_include.sh BUILD_DIR
set -euo pipefail
build=$(readlink -f "$1")
cd / # a quoted include is looked for beside the includer first: not in the source tree
roots=$build/include-roots
tries=0
refuses() { # layer, its roots..., -- header
  local layer=$1 flags=() header; shift
  while [ "$1" != -- ]; do flags+=("-I$roots/aforo_$1"); shift; done
  header=$2
  tries=$((tries + 1))
  if printf '#include "%s"\n' "$header" | gcc -std=c17 -D_GNU_SOURCE "${flags[@]}" -fsyntax-only -x c - 2>/dev/null; then
    echo "$layer can include $header"; exit 1
  fi
}
accepts() {
  local flags=() header; shift
  while [ "$1" != -- ]; do flags+=("-I$roots/aforo_$1"); shift; done
  header=$2
  tries=$((tries + 1))
  printf '#include "%s"\n' "$header" | gcc -std=c17 -D_GNU_SOURCE "${flags[@]}" -fsyntax-only -x c - || { echo "$header is not found where it should be"; exit 1; }
}
accepts base base -- base/err.h
refuses base base -- wire/http_msg.h
accepts wire base wire -- wire/http_msg.h
refuses wire base wire -- seam/rt.h
refuses pipeline base wire seam aws pipeline -- adapter/rt_threads.h
refuses pipeline base wire seam aws pipeline -- emulator/emulator.h
refuses emulator base wire emulator_fault -- seam/rt.h
refuses kinesis base wire emulator_fault emulator_core emulator_kinesis -- emulator/s3/s3_model.h
refuses front base wire emulator emulator_fault -- emulator/core/call.h
# What CMake itself says each layer may see: the compile commands hold no other layer's root.
python3 - "$build" <<'PY'
import json, os, re, sys
allowed = {
 'base': 'base', 'wire': 'base wire', 'seam': 'base wire seam', 'adapter': 'base wire seam adapter',
 'aws': 'base wire seam aws', 'pipeline': 'base wire seam aws pipeline',
 'app': 'base wire seam aws app',
 'emulator_fault': 'base emulator_fault', 'emulator_journal': 'base emulator_journal', 'emulator_store': 'base emulator_journal emulator_store',
 'emulator_core': 'base wire emulator_fault emulator_journal emulator_core',
 'emulator_front': 'base wire emulator emulator_fault emulator_journal emulator_front',
 'replay': 'base wire seam aws pipeline replay',
}
for service in ('kinesis', 's3', 's3control', 'sns', 'sts'):
    allowed['emulator_' + service] = 'base wire emulator_fault emulator_journal emulator_core emulator_' + service
seen, bad = set(), []
for entry in json.load(open(sys.argv[1] + '/compile_commands.json')):
    text = entry.get('command') or ' '.join(entry['arguments'])
    target = re.search(r'CMakeFiles/aforo_(\w+)\.dir', text)
    if not target or target.group(1) not in allowed:
        continue
    layer = target.group(1)
    seen.add(layer)
    for root in re.findall(r'include-roots/aforo_(\w+)', text):
        if root not in allowed[layer].split():
            bad.append(f'{layer} can include {root}')
for line in sorted(set(bad)):
    print(line)
# scenarios and the programs stand above everything; any other layer must have its line above.
for root in sorted(os.listdir(sys.argv[1] + '/include-roots')):
    layer = root.removeprefix('aforo_')
    if layer not in allowed and layer != 'emulator' and not layer.startswith('scenarios_'):
        bad.append(f'{layer}: which layers it may include is not said in this lint')
missing = sorted(set(allowed) - seen)
if missing:
    print('layers not built:', ' '.join(missing))
sys.exit(1 if bad or missing else 0)
PY
echo "$tries includes tried"
