#!/usr/bin/env python3
"""`aforo inspect` against the tools that wrote the objects: formats, records and bytes as make_objects.py counted them; every
part of a capture where the format's second reader and `zstd -dc` find it; DuckDB (npm, where DUCKDB_FROM has it) reads the
same records; what is cut or changed is named, with the parts that are whole."""
import csv, json, os, subprocess, sys, tempfile

aforo, source = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.environ["AFORO_SOURCE"]
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
sys.dont_write_bytecode = True
from read_capture import read

REFUSED = {"trailing.gz", "trailing.zst", "array.json", "words.txt", "lines.xz", "lines.bz2", "utf16.csv", "lines.zip", "dictionary.zst",
           "packed_damaged", "dictionary"}


def inspect(code, *args):
    done = subprocess.run([aforo, "inspect", "--json", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, (args, done.returncode, done.stderr)
    return json.loads(done.stdout)


with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, os.path.join(here, "make_objects.py"), work], check=True)
    expected = {r[0]: r for r in csv.reader(open(os.path.join(work, "expected.tsv")), delimiter="\t", quoting=csv.QUOTE_NONE)}
    seen = 0
    for o in inspect(1, work)["objects"]:
        if o["key"] in expected:
            _, form, records, size, *_ = expected[o["key"]]
            assert (o["format"], o["records"], o["raw_bytes"], o["problem"]) == (form, int(records), int(size), ""), (o, form, records, size)
            assert sum(p.get("raw_bytes", 0) for p in o["parts"]) == (o["raw_bytes"] if o["packing"] != "plain" else 0), o
            assert sum(p["size"] for p in o["parts"]) == (o["stored_bytes"] if o["packing"] != "plain" else 0), o
            seen += 1
        elif o["key"] in REFUSED:
            assert o["problem"] != "", o
            seen += 1
    assert seen == len(expected) + len(REFUSED), seen
    named = next(o for o in inspect(0, os.path.join(work, "named.gz"))["objects"])
    assert named["parts"][0]["name"] == "a_name.json", named

    # captures: the parts add up to what two other readers find
    root = os.path.join(source, "fixtures/captures/flights-2001-q1")
    whole = inspect(0, root)
    paths = [os.path.join(root, o["key"]) for o in whole["objects"]]
    lines = subprocess.run(["zstd", "-qdc", *paths], stdout=subprocess.PIPE, check=True).stdout
    assert whole["total"]["records"] == lines.count(b"\n") and whole["total"]["raw_bytes"] == len(lines), whole["total"]
    for o, path in list(zip(whole["objects"], paths))[::30]:
        records = read(open(path, "rb").read())
        assert o["records"] == len(records) and o["first_sequence_number"] == records[0][0] and o["last_sequence_number"] == records[-1][0]
        kinds = [p["kind"] for p in o["parts"]]
        assert kinds == ["zstd frame", "index"] * ((len(kinds) - 1) // 2) + ["seek table"], kinds
        assert sum(p["records"] for p in o["parts"] if p["kind"] == "index") == o["records"], o
    duckdb = "no DuckDB"
    if os.environ.get("DUCKDB_FROM"):
        script = """const { createRequire } = require('node:module');
const { DuckDBInstance } = createRequire(process.env.DUCKDB_FROM + '/')('@duckdb/node-api');
DuckDBInstance.create(':memory:').then(async db => { const c = await db.connect();
  const r = await (await c.runAndReadAll(`select count(*) from read_json('${process.argv[1]}/*/*/*.zst', format='newline_delimited', compression='zstd')`)).getRows();
  console.log(String(r[0][0])); });"""
        found = subprocess.run(["node", "-e", script, root], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert int(found) == whole["total"]["records"], found
        duckdb = "DuckDB has as many"

    # cut in the middle, and one byte changed: named, and the parts before it are well
    data = open(paths[0], "rb").read()
    for name, bad in (("cut.zst", data[:len(data) - 40]), ("changed.zst", data[:60] + bytes([data[60] ^ 4]) + data[61:])):
        with open(os.path.join(work, name), "wb") as f:
            f.write(bad)
        o = inspect(1, os.path.join(work, name))["objects"][0]
        assert o["problem"] and any(p.get("problem") for p in o["parts"]), o
        text = subprocess.run([aforo, "inspect", os.path.join(work, name)], stdout=subprocess.PIPE, text=True)
        assert text.returncode == 1 and name in text.stdout and o["problem"] in text.stdout, text.stdout
    for args in (["/nowhere"], [], [root, "--format", "ndjsn"]):
        assert subprocess.run([aforo, "inspect", *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 2, args
    print(f"inspect: {seen} objects as their writers have them, {len(paths)} captures, {duckdb}")
