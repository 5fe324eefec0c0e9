#!/usr/bin/env python3
"""`aforo bisect` finds what was planted: a record that is refused, under an expectation that none is; a record that makes
another program die; two records that fail only together; in captures, NDJSON, Firehose's objects, CSV and VPC flow logs."""
import gzip, json, os, subprocess, sys, tempfile

aforo, source = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.environ["AFORO_SOURCE"]
DEFINITION = """schema: 1
name: sales
event: {id: id, time: at}
columns:
- {name: id, type: text, required: true}
- {name: at, type: timestamp, required: true}
- {name: amount, type: integer, required: true}
"""


def bisect(code, *args):
    done = subprocess.run([aforo, "bisect", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done.stdout


def sale(i, amount=None):
    return {"id": f"e{i}", "at": "2026-03-01T00:00:00Z", "amount": i if amount is None else amount}


def says(out, *parts):
    for part in parts:
        assert part in out, (part, out)


with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    with open("sales.yaml", "w") as f:
        f.write(DEFINITION)
    with open("none_refused.json", "w") as f:
        json.dump({"schema": 1, "quarantined": 0, "duplicates": 0}, f)
    rows = [[sale(o * 50 + i) for i in range(50)] for o in range(20)]
    rows[13][31]["amount"] = "many"
    writers = {
        "ndjson": lambda r: gzip.compress("".join(json.dumps(x) + "\n" for x in r).encode()),
        "firehose": lambda r: gzip.compress("".join(json.dumps(x) for x in r).encode()),
        "csv": lambda r: ("id,at,amount\r\n" + "".join(f"{x['id']},{x['at']},{x['amount']}\r\n" for x in r)).encode(),
        "vpc": lambda r: ("interface-id bytes start\n" + "".join(f"{x['id']} {x['amount']} 1700000000\n" for x in r)).encode(),
    }
    with open("flow.yaml", "w") as f:
        f.write(DEFINITION.replace("name: id, type: text", "name: id, from: interface-id, type: text")
                .replace("name: at, type: timestamp", "name: at, from: start, format: epoch_s, type: timestamp").replace("name: amount", "name: amount, from: bytes"))
    for kind, write in writers.items():
        os.mkdir(kind)
        for o, r in enumerate(rows):
            with open(f"{kind}/part-{o:02}", "wb") as f:
                f.write(write(r))
        out = bisect(1, kind, "--pipeline", "flow.yaml" if kind == "vpc" else "sales.yaml", "--expect", "none_refused.json")
        says(out, "object 14 of 20: part-13", "record 31: ", "many", "It fails by itself.")
    # a capture: cut from flights, and a crash that another program has with one record of it
    flights = os.path.join(source, "fixtures/captures/flights-2001-q1/dt=2001-02-11")
    key = next(os.path.join(d, n) for d, _, names in os.walk(flights) for n in names)
    lines = subprocess.run(["zstd", "-qdc", key], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    planted = json.loads(lines[100])["id"]
    with open("old.sh", "w") as f:
        f.write('for o in "$1"/*; do if zstd -qdc "$o" | grep -qF -- "$2"; then kill -SEGV $$; fi; done\n')
    out = bisect(1, flights, "--run", f"sh {work}/old.sh {{}} '\"{planted}\"'")
    says(out, "record 100: ", planted, "It fails by itself.")
    # two of one id: only together
    rows[13][31] = sale(7)
    os.mkdir("twice")
    for o, r in enumerate(rows):
        with open(f"twice/part-{o:02}", "wb") as f:
            f.write(writers["ndjson"](r))
    out = bisect(1, "twice", "--pipeline", "sales.yaml", "--expect", "none_refused.json")
    says(out, "object 14 of 20: part-13", "It fails only behind the objects before it.", "record 31: ", '"e7"')
    says(bisect(0, "twice", "--run", "true {}"), "nothing fails over all 20 objects")
    bisect(2, "twice", "--run", "./is-not-there {}")
    bisect(2, "twice")
    bisect(2, "/nowhere", "--run", "true")
    assert not [n for n in os.listdir(os.environ.get("TMPDIR", "/tmp")) if n.startswith("aforo-bisect") and os.path.getmtime(os.path.join(os.environ.get("TMPDIR", "/tmp"), n)) > os.path.getmtime(work + "/sales.yaml")]
    print("bisect: object and record of six planted failures")
