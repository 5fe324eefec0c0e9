#!/usr/bin/env python3
"""One amount in half a million: of a year of a shop's invoice lines (AFORO_DATA) one unit price is changed by a cent, and one
`aforo diff` names the object, the record, and both values of the columns that it is in. Python chooses the line."""
import csv, glob, gzip, io, os, random, re, shutil, subprocess, sys, tempfile, time
from decimal import Decimal

aforo, data = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.path.join(os.environ.get("AFORO_DATA", ""), "retail-orders-2011")
os.chdir(os.environ["AFORO_SOURCE"])
if not os.environ.get("AFORO_DATA") or not os.path.isdir(data):
    print("skipped: AFORO_DATA names no retail-orders-2011")
    sys.exit(77)
with tempfile.TemporaryDirectory() as work:
    left, right = os.path.join(data, "by-day"), os.path.join(work, "by-day")
    shutil.copytree(left, right)
    draw = random.Random(20111209)
    path = draw.choice(sorted(glob.glob(right + "/**/*.csv.gz", recursive=True)))
    os.chmod(path, 0o600)
    rows = list(csv.reader(io.StringIO(gzip.open(path, "rt", newline="").read())))
    price, quantity = rows[0].index("UnitPrice"), rows[0].index("Quantity")
    at = draw.randrange(1, len(rows))
    old, cent, pieces = Decimal(rows[at][price]), Decimal("0.01"), int(rows[at][quantity])
    rows[at][price] = str(old + cent)
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    with gzip.open(path, "wt", newline="") as f:
        f.write(out.getvalue())
    begun = time.monotonic()
    done = subprocess.run([aforo, "diff", left, right, "--pipeline", "fixtures/pipelines/retail.yaml"], stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - begun
    assert done.returncode == 1, done.stdout
    key, short = os.path.relpath(path, right), lambda d: format(d.normalize(), "f")
    for line in ("305 objects, 304 with the same bytes", "0 missing on the right, 0 extra, 1 altered",
                 f"altered .* {re.escape(key)} +{at - 1} +unit_price +{short(old)} +{short(old + cent)}",
                 f"value +{short(old * pieces)} +{short((old + cent) * pieces)}"):
        assert re.search(line, done.stdout), (line, done.stdout)
    print(f"one of 541,909 lines: {key}, row {at - 1}, named in {seconds:.1f} s")
