#!/usr/bin/env python3
"""A real account's CloudTrail that may leave (AFORO_DATA): after `aforo anonymise`, no value that stood in a masked field is
anywhere in what was written, stored or unpacked, unless an unmasked field had it too; every field that is not masked is as it
was; and `aforo tally` finds the same counts, the same repeats, and groups of the same sizes, by masked fields as by others."""
import glob, gzip, json, os, subprocess, sys, tempfile

aforo, data = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.environ.get("AFORO_DATA", "")
os.chdir(os.environ["AFORO_SOURCE"])
sets = [s for s in ("cloudtrail-ransomware", "cloudtrail-stratus") if os.path.isdir(os.path.join(data, s))]
if not data or not sets:
    print("skipped: AFORO_DATA names no CloudTrail set")
    sys.exit(77)
MASKED = ["eventID", "sourceIPAddress", "userIdentity", "recipientAccountId", "userAgent"]


def run(*args):
    done = subprocess.run([aforo, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, (args, done.returncode, done.stderr)
    return done.stdout


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str) or isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def rest(record):
    return {k: v for k, v in record.items() if k not in MASKED}


def sizes(where, by):
    result = json.loads(run("tally", where, "--pipeline", "fixtures/pipelines/cloudtrail.yaml", "--by", by, "--once", "event_id", "--json", "--quiet"))
    groups = sorted((g["count"], g["distinct"], g["once"], str(g["sum"])) for g in result["groups"])
    return result["counts"], result["distinct_in_all"], groups


def opened(path):
    raw = open(path, "rb").read()
    if raw[:2] == b"\x1f\x8b":
        return gzip.decompress(raw)
    return subprocess.run(["zstd", "-qdc"], input=raw, stdout=subprocess.PIPE, check=True).stdout if raw[:4] == b"\x28\xb5\x2f\xfd" else raw


def found(work, everything):
    """Which of the values in the file secrets are in these bytes."""
    with open(os.path.join(work, "everything"), "wb") as f:
        f.write(everything)
    return set(subprocess.run(["grep", "-aoFf", "secrets", "everything"], cwd=work, stdout=subprocess.PIPE,
                              env={**os.environ, "LC_ALL": "C"}).stdout.splitlines())


for name in sets:
    where = os.path.join(data, name)
    keys = [o["key"] for o in json.loads(run("inspect", where, "--json"))["objects"]]
    root = where if os.path.exists(os.path.join(where, keys[0])) else os.path.join(where, "objects")
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "out")
        with open(os.path.join(work, "key"), "wb") as f:
            f.write(os.urandom(32))
        run("anonymise", where, out, "--key", os.path.join(work, "key"), *[a for m in MASKED for a in ("--mask", m)])
        before = {k: json.loads(opened(os.path.join(root, k)))["Records"] for k in keys}
        stored, unpacked, after = [], [], {}
        for path in glob.glob(out + "/**/*", recursive=True):
            if os.path.isfile(path):
                stored.append(open(path, "rb").read())
                unpacked.append(opened(path))
                after[os.path.relpath(path, out).removesuffix(".ndjson.zst")] = [json.loads(l) for l in unpacked[-1].splitlines()]
        assert sum(map(len, before.values())) == sum(map(len, after.values()))
        for key, records in before.items():
            if records:
                assert [rest(r) for r in records] == [rest(r) for r in after[key]], key
        open_text = json.dumps([rest(r) for records in before.values() for r in records], ensure_ascii=False)
        secrets = {t for records in before.values() for r in records for m in MASKED for t in texts(r.get(m)) if len(t) >= 7}
        with open(os.path.join(work, "secrets"), "w") as f:
            f.writelines(spelt + "\n" for t in secrets for spelt in {t, json.dumps(t)[1:-1]} if "\n" not in t)
        open_bytes = open_text.encode() + json.dumps(open_text).encode()
        left = {t for t in found(work, b"\n".join(stored + unpacked + [k.encode() for k in after])) if t not in open_bytes}
        known = found(work, b"".join(opened(os.path.join(root, k)) for k in keys))  # it finds what is there
        assert not left and len(known) > 1000, (len(known), sorted(left)[:5])
        for by in ("event_name", "source_ip", "user_type,event_source", "10m"):
            assert sizes(where, by) == sizes(out, by), (name, by)
        print(f"{name}: {sum(map(len, before.values())):,} records, {len(secrets):,} values of masked fields, none left")
