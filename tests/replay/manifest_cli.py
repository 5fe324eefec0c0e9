#!/usr/bin/env python3
"""`aforo inspect --write-manifest` of objects of other tools (Firehose's layout, gzip): counts, bytes and SHA-256 are
Python's; a replay and a tally hold the objects against it, beside them or elsewhere, and name what is missing, changed or
more than it says; a manifest of damaged objects is not written."""
import gzip, hashlib, json, os, shutil, subprocess, sys, tempfile

aforo = os.path.join(os.environ["AFORO_BIN"], "aforo")
DEFINITION = """schema: 1
name: loans
bucket: loans-data
event: {id: id, time: at}
columns:
  - {name: id, type: text, required: true}
  - {name: at, type: timestamp, required: true}
  - {name: amount, type: decimal, scale: 2}
warehouse: {table: loans}
reconcile: {sums: [amount]}
"""


def run(code, *args):
    done = subprocess.run([aforo, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


with tempfile.TemporaryDirectory() as work:
    root, pipeline, beside = f"{work}/objects-of-firehose", f"{work}/loans.yaml", f"{work}/elsewhere.tsv"
    open(pipeline, "w").write(DEFINITION)
    expected = {}
    for hour in range(4):
        raw = "".join(json.dumps({"id": f"e{hour}-{i}", "at": f"2026-03-28T{hour:02}:00:{i % 60:02}Z", "amount": i / 4}) for i in range(100 + hour)).encode()
        key = f"loans/2026/03/28/{hour:02}/loans-1-2026-03-28-{hour:02}-00-00-ff4506ba-b0e5-532d-a112-132d7adcd0e{hour}.gz"
        os.makedirs(os.path.dirname(f"{root}/{key}"))
        open(f"{root}/{key}", "wb").write(gzip.compress(raw, mtime=0))
        expected[key] = [str(100 + hour), str(len(raw)), hashlib.sha256(raw).hexdigest()]
    keys = sorted(expected)

    run(0, "inspect", root, "--write-manifest", beside)
    lines = [line.split("\t") for line in open(beside).read().splitlines()]
    assert lines[0] == ["key", "records", "raw_bytes", "sha256_of_raw"] and {l[0]: l[1:] for l in lines[1:]} == expected, lines
    manifest = ["--manifest", beside]
    assert "with a problem" in run(0, "inspect", root, *manifest)
    plain = run(0, "tally", root, "--pipeline", pipeline, "--json", "--quiet")
    assert run(0, "tally", root, "--pipeline", pipeline, "--json", "--quiet", *manifest) == plain
    run(0, "replay", root, "--pipeline", pipeline, *manifest)

    # beside the objects it is followed without being asked
    shutil.copy(beside, f"{root}/manifest.tsv")
    run(0, "replay", root, "--pipeline", pipeline)
    os.rename(f"{root}/{keys[0]}", f"{work}/gone")
    said = run(1, "replay", root, "--pipeline", pipeline)
    assert keys[0] in said and "No such file" in said, said
    os.remove(f"{root}/manifest.tsv")
    for command in ("replay", "tally"):
        said = run(1, command, root, "--pipeline", pipeline, *manifest)
        assert keys[0] in said and "No such file" in said, (command, said)
    os.rename(f"{work}/gone", f"{root}/{keys[0]}")

    # a tally sees what counts can tell: a record less
    whole = open(f"{root}/{keys[3]}", "rb").read()
    shorter = gzip.decompress(whole)
    open(f"{root}/{keys[3]}", "wb").write(gzip.compress(shorter[:shorter.rindex(b"{")], mtime=0))
    for command in ("tally", "replay"):
        said = run(1, command, root, "--pipeline", pipeline, *manifest)
        assert "102 records, the manifest says 103; " in said and "bytes after decompression" in said and "405" in said, (command, said)
    open(f"{root}/{keys[3]}", "wb").write(whole)

    # changed under the same size, and one object more than it says
    raw = gzip.decompress(open(f"{root}/{keys[1]}", "rb").read()).replace(b'"amount": 0.25', b'"amount": 0.75')
    open(f"{root}/{keys[1]}", "wb").write(gzip.compress(raw, mtime=0))
    said = run(1, "replay", root, "--pipeline", pipeline, *manifest)
    assert keys[1] in said and "its content is not what the manifest says" in said and said.count(".gz") == 1, said
    said = run(1, "inspect", root, *manifest)
    assert "another sha256 than the manifest says" in said, said
    shutil.copy(f"{root}/{keys[2]}", f"{root}/more.gz")
    said = run(1, "replay", root, "--pipeline", pipeline, "--json", *manifest)
    assert json.loads(said[:said.index("\n")])["counts"]["objects_not_asked_for"] == 1, said

    # none of damaged objects, none of other ones, no file
    open(f"{root}/more.gz", "wb").write(b"\x1f\x8b cut")
    said = run(1, "inspect", root, "--write-manifest", f"{work}/bad.tsv")
    assert "is not written: 1 objects have a problem" in said and not os.path.exists(f"{work}/bad.tsv"), said
    open(f"{work}/other.tsv", "w").write("key\nnowhere.gz\n")
    assert "it names none of the 5 objects" in run(2, "replay", root, "--pipeline", pipeline, "--manifest", f"{work}/other.tsv")
    run(2, "tally", root, "--pipeline", pipeline, "--manifest", f"{work}/nowhere.tsv")
print("manifests of foreign objects: written, held against, damaged objects refused")
