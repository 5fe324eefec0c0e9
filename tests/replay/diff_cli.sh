#!/usr/bin/env bash
# `aforo diff` as a person meets it: of two captures that Python wrote, one with an amount changed, a record removed and
# one added, exactly those three are named, with their columns, days and sums; the same against a warehouse, and for a
# definition that was changed. What was changed is Python's to know, never aforo's.
set -euo pipefail
aforo=$AFORO_BIN/aforo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >sales.yaml <<'Y'
schema: 1
name: sales
bucket: sales-data
event: {id: id, time: at}
columns:
  - {name: id, type: text, required: true}
  - {name: at, type: timestamp, required: true}
  - {name: shop, type: text}
  - {name: amount, type: decimal, scale: 2}
warehouse: {table: sales}
reconcile: {sums: [amount]}
Y
sed 's/type: decimal, scale: 2/type: decimal, scale: 2, min: 100/' sales.yaml >stricter.yaml
python3 - <<'P'
import gzip, json, os
def sale(i):
    return {"id": f"s{i}", "at": f"2024-03-{1 + i % 20:02}T10:00:00Z", "shop": f"shop {i % 7}", "amount": i % 900 + 0.25}
def write(folder, change):
    os.makedirs(folder)
    for part in range(10):
        rows = [change(r) for r in map(sale, range(part * 1000, part * 1000 + 1000))]
        text = "".join(json.dumps(r) + "\n" for r in rows if r)
        with open(f"{folder}/part-{part}.json.gz", "wb") as f:
            f.write(gzip.compress(text.encode(), mtime=0))
write("left", lambda r: r)
def change(r):
    if r["id"] == "s4711":
        r["amount"] += 0.5
    if r["id"] == "s42":
        return None
    if r["id"] == "s9000":
        r["id"] = "s90000"
    return r
write("right", change)
P

diff() { # expected exit code, arguments...; leaves what was said in ./said
  local code=$1 got=0; shift
  "$aforo" diff "$@" >said 2>&1 || got=$?
  [ "$got" = "$code" ] || { echo "aforo diff $*: exit $got, not $code:"; cat said; exit 1; }
}
said() {
  for pattern; do
    grep -Eq -- "$pattern" said || { echo "no line matches: $pattern"; cat said; exit 1; }
  done
}

diff 0 left left --pipeline sales.yaml
said '^10 objects, 10 with the same bytes' '^no record differs$'

diff 1 left right --pipeline sales.yaml
said '^10 objects, 7 with the same bytes; in the others 3,000 and 2,999 records$' \
  '^2 missing on the right, 1 extra, 1 altered$' '^  2024-03-12 +0 +0 +1 +\+0.5$' '^  2024-03-03 +1 +0 +0 +-42.25$' \
  '^  2024-03-01 +1 +1 +0 +0$' '^  part-4.json.gz +0 +0 +1$' '^  missing +s42 +part-0.json.gz +42$' \
  '^  altered +s4711 +part-4.json.gz +711 +amount +211.25 +211.75$' '^  extra +s90000 +part-9.json.gz +0$'
[ "$(grep -Ec '^  (missing|extra|altered) ' said)" = 4 ] || { echo "not four records:"; cat said; exit 1; }

# ---- for programs: the same, in full ----
diff 1 left right --pipeline sales.yaml --json
python3 - <<'P'
import json
r = json.load(open("said"))
assert (r["objects"], r["objects_equal"], r["missing"], r["extra"], r["altered"]) == (10, 7, 2, 1, 1), r
assert {w["day"]: w["sums"]["amount"] for w in r["windows"]}["2024-03-12"] == "0.50", r["windows"]
assert [x for x in r["records"] if x["kind"] == "altered"] == [
    {"kind": "altered", "id": "s4711", "object": "part-4.json.gz", "at": 711, "column": "amount", "left": "211.25", "right": "211.75"}], r["records"]
assert len(r["records"]) == 4
P
# ---- captures tell the frame, too: the one in which zstd itself has the record ----
flights=$AFORO_SOURCE/fixtures/captures/flights-2001-q1
head -c 32 /dev/urandom >secret
mkdir text captured captured2
find "$flights" -name '*.zst' | sort | xargs zstd -dcq >text/all.ndjson
"$aforo" anonymise text captured --key secret --mask origin >/dev/null
sed -i '8000s/"delay": *-*[0-9]*/"delay":77/' text/all.ndjson
"$aforo" anonymise text captured2 --key secret --mask origin >/dev/null
object=$(cd captured && find . -type f -name '*.zst')
diff 1 captured captured2 --pipeline "$AFORO_SOURCE/fixtures/pipelines/flights.yaml" --json
python3 - "captured/$object" <<'P'
import json, struct, subprocess, sys
found = [x for x in json.load(open("said"))["records"] if x["column"] == "delay"]
assert len(found) == 1 and found[0]["at"] == 7999, found
data, at, ends = open(sys.argv[1], "rb").read(), 0, []
while data[at:at + 4] == b"\x28\xb5\x2f\xfd":  # a frame ends where the next skippable one begins that is an index
    end = data.index(b"\x5a\x2a\x4d\x18", at + 4)
    while data[end + 8:end + 12] != b"AFI1":
        end = data.index(b"\x5a\x2a\x4d\x18", end + 4)
    lines = subprocess.run(["zstd", "-dcq"], input=data[at:end], stdout=subprocess.PIPE, check=True).stdout.count(b"\n")
    ends.append(lines + (ends[-1] if ends else 0))
    at = end + 8 + struct.unpack_from("<I", data, end + 4)[0]
assert len(ends) > 2 and ends[-1] == 20000, ends
assert found[0]["frame"] == next(i for i, n in enumerate(ends) if n > 7999), (found, ends)
P

# ---- the same records in other objects ----
mkdir whole
gzip -dc left/*.gz >whole/all.json
diff 0 left whole --pipeline sales.yaml
said '^no record differs$'

# ---- a capture and a warehouse; two warehouses, as two versions of the program would fill them ----
"$aforo" replay left --pipeline sales.yaml --warehouse sqlite:left.db --quiet
"$aforo" replay right --pipeline sales.yaml --warehouse sqlite:right.db --quiet
diff 0 left sqlite:left.db --pipeline sales.yaml
diff 1 sqlite:left.db sqlite:right.db --pipeline sales.yaml
said '^2 missing on the right, 1 extra, 1 altered$' '^  altered +s4711 +sales +[0-9]+ +amount +211.25 +211.75$'
diff 1 right sqlite:left.db --pipeline sales.yaml --limit-lines 1
said '^1 missing on the right, 2 extra, 1 altered$'

# ---- what a stricter definition would change: the fate of every amount under 100 ----
diff 1 left left --pipeline sales.yaml --pipeline-right stricter.yaml
refused=$(python3 -c 'print(f"{sum(i % 900 < 100 for i in range(10000)):,}")')
said "^0 missing on the right, 0 extra, $refused altered\$" '^  altered .* \(fate\) +row +amount'

# ---- what is wrong with a command line or an object ----
diff 2 left --pipeline sales.yaml && said 'two sides are compared'
diff 2 left right && said '--pipeline is missing'
diff 2 left nowhere --pipeline sales.yaml && said 'nowhere: no such file'
head -c 500 left/part-3.json.gz >right/part-3.json.gz
diff 1 left right --pipeline sales.yaml --limit-lines 2000
said '^1 object cannot be read:$' '^  right +part-3.json.gz +.*cut' '^1,002 missing on the right, 1 extra, 1 altered$' '^  altered +s4711 '
diff 1 right left --pipeline sales.yaml --json
python3 -c 'import json; r = json.load(open("said")); assert [(p["side"], p["object"]) for p in r["problems"]] == [("left", "part-3.json.gz")] and r["extra"] == 1002, r'
# ---- two programs: this one twice, and one that reads by another definition ----
"$aforo" diff left --with "$aforo" --with "$aforo" --pipeline sales.yaml >said
printf '#!/bin/sh\nshift 3; exec "%s" replay left --pipeline stricter.yaml "$@"\n' "$aforo" >other
sed -i 's/shift 3;/while [ "$1" != --quiet ]; do shift; done;/' other
chmod +x other
got=0; "$aforo" diff left --with "$aforo" --with ./other --pipeline sales.yaml >said || got=$?
[ "$got" = 1 ] && grep -q 'missing' said || { echo "two programs: exit $got"; cat said; exit 1; }
got=0; "$aforo" diff left --with "$aforo" --with ./none --pipeline sales.yaml >said 2>&1 || got=$?
[ "$got" = 2 ] && grep -q 'no such program' said || { echo "no program: exit $got"; cat said; exit 1; }
echo "diff: as they are, altered, other objects, warehouses, definitions"
