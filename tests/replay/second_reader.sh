#!/usr/bin/env bash
# docs/capture-format.md is enough for a second implementation: read_capture.py, written from it alone, reads what aforo
# wrote, finds the bytes that `zstd -dc` gives and the sizes of the manifest, and refuses an object with any byte changed.
set -euo pipefail
cd "$AFORO_SOURCE"
command -v zstd >/dev/null || { echo "skipped: there is no zstd"; exit 77; }
exec python3 - <<'P'
import csv, os, random, subprocess, sys
sys.path.insert(0, "tests/replay")
sys.dont_write_bytecode = True
from read_capture import read
root = "fixtures/captures/flights-2001-q1"
rows = {r["key"]: r for r in csv.DictReader(open(f"{root}/manifest.tsv"), delimiter="\t")}
keys = sorted(rows)[::18]
for key in keys:
    data = open(f"{root}/{key}", "rb").read()
    records = read(data)
    plain = subprocess.run(["zstd", "-qdc", f"{root}/{key}"], stdout=subprocess.PIPE, check=True).stdout
    assert b"".join(r[3] + b"\n" for r in records) == plain, key
    assert len(records) == int(rows[key]["records"]), key
refused, draw = 0, random.Random(1)
for _ in range(60):
    at = draw.randrange(len(data))
    changed = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1:]
    try:
        read(changed)
    except Exception:  # by its own checks, or by zstd's
        refused += 1
assert refused == 60, refused
print(f"second reader: {len(keys)} objects as zstd -dc and the manifest have them, {refused} changed ones refused")
P
