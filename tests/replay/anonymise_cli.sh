#!/usr/bin/env bash
# A capture that leaves production: after `aforo anonymise` no address, name or phone number of the customers is anywhere
# in the bytes, each keeps its form, and counts, sums and groups are what they were, as Python counts them.
set -euo pipefail
aforo=$AFORO_BIN/aforo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir raw
python3 - <<'P'
import gzip, json
people = [{"email": f"{n}.{s}{i}@mail-{i % 9}.example.org", "name": f"{n.title()} {s.title()}",
           "phone": f"+34 6{i:02}-{i * 7919 % 1000000:06}", "tags": [f"{n}-{s}-{i}", 7000000 + i]}
          for i, (n, s) in enumerate((n, s) for n in ("montserrat", "hermenegildo", "josé-maría") for s in ("valderrama", "etxeberria", "quintanilla"))]
for part in range(3):
    lines = [json.dumps({"id": f"o{part}-{i}", "amount": i % 50, "customer": people[i * 5 % 9], "note": None}, ensure_ascii=i % 2 == 0) for i in range(400)]
    lines[17] = lines[17][:-9]  # cut: no JSON
    with gzip.open(f"raw/orders-{part}.json.gz", "wt") as f:
        f.write("\n".join(lines) + "\n")
P
head -c 32 /dev/urandom >key
masks=(--mask customer.email --mask customer.name --mask customer.phone --mask customer.tags)
"$aforo" anonymise raw out --key key "${masks[@]}" >said
grep -qx '3 objects, 1200 records masked' said || { cat said; exit 1; }
"$aforo" anonymise raw again --key key "${masks[@]}" >/dev/null
diff -r out again
for f in out/*.zst; do zstd -qdc "$f" >"raw-${f##*/}.txt"; done
python3 - <<'P'
import collections, glob, gzip, json, re
before = [l for p in sorted(glob.glob("raw/*.gz")) for l in gzip.open(p, "rt").read().splitlines()]
stored = b"".join(open(p, "rb").read() for p in sorted(glob.glob("out/*.zst")))
text = b"".join(open(p, "rb").read() for p in sorted(glob.glob("raw-*.txt")))
after = text.decode().splitlines()
assert len(before) == len(after) == 1200
form = lambda s: re.sub("[0-9]", "9", re.sub("[a-z]", "a", re.sub("[A-Z]", "A", s)))
pairs, secrets = {}, set()
for i, (b, a) in enumerate(zip(before, after)):
    if i % 400 == 17:
        assert a != b and len(a.encode()) == len(b.encode()), a
        continue
    b, a = json.loads(b), json.loads(a)
    assert {**b, "customer": 0} == {**a, "customer": 0} and list(a) == list(b)
    for field in ("email", "name", "phone"):
        x, y = b["customer"][field], a["customer"][field]
        secrets.add(x)
        assert pairs.setdefault((field, x), y) == y and x != y, (x, y)
        assert len(x.encode()) == len(y), (x, y)
        if x.isascii():
            assert form(x) == form(y), (x, y)
    for x, y in zip(b["customer"]["tags"], a["customer"]["tags"]):
        secrets.add(str(x))
        assert type(x) is type(y) and len(str(x).encode()) == len(str(y))
    assert "@" in a["customer"]["email"]
assert len(set(pairs.values())) == len(pairs) == 27
for s in secrets:
    for spelt in (s.encode(), json.dumps(s)[1:-1].encode()):
        assert spelt not in stored and spelt not in text, s
P
# ---- groups of the captures as the pipeline sees them ----
expect_exit() { local code=$1 got=0; shift; "$@" >said 2>&1 || got=$?; [ "$got" = "$code" ] || { echo "$*: exit $got, not $code"; cat said; exit 1; }; }
expect_exit 2 "$aforo" anonymise raw wrong --key key --mask customer.mail && grep -q 'no record has a value at "customer.mail"' said
expect_exit 1 "$aforo" anonymise raw out --key key "${masks[@]}" && grep -q 'is there already' said
printf short >short
expect_exit 2 "$aforo" anonymise raw x --key short --mask id && grep -q 'too few for a key' said
printf 'a,b\n1,2\n' >x.csv
expect_exit 2 "$aforo" anonymise x.csv x --key key --mask a && grep -q 'csv is not anonymised' said
expect_exit 2 "$aforo" anonymise raw && grep -q 'which folder' said
echo "anonymise: no secret in the bytes, forms and groups kept, twice the same"
