#!/usr/bin/env python3
"""Parts of a capture as a person asks for them: `aforo replay` and `aforo tally` take the same records, and those that
Python takes from what the second reader (read_capture.py) prints of the same objects; what is not asked for is counted;
paces come to the same rows; a bank's Firehose objects are told apart by the moments in their keys, where they are there."""
import glob, json, os, sqlite3, subprocess, sys, tempfile, time
from datetime import datetime, timezone

aforo = os.path.join(os.environ["AFORO_BIN"], "aforo")
os.chdir(os.environ["AFORO_SOURCE"])
work = tempfile.mkdtemp()
captures, pipeline = "fixtures/captures/flights-2001-q1", "fixtures/pipelines/flights.yaml"


def run(command, *options, where=captures, definition=pipeline, code=0):
    done = subprocess.run([aforo, command, where, "--pipeline", definition, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, (command, options, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def replayed(*options):
    database = os.path.join(work, f"{len(os.listdir(work))}.db")
    text = run("replay", "--warehouse", f"sqlite:{database}", *options)
    with sqlite3.connect(database) as db:
        return text, db.execute("select count(*), coalesce(sum(delay), 0) from flights").fetchone()


def tallied(*options):
    result = json.loads(run("tally", "--json", "--quiet", *options))
    at = [m["column"] for m in result["measures"]].index("delay")
    groups = result["groups"]
    return (groups[0]["count"], int(groups[0]["sum"][at])) if groups else (0, 0)


prefix = "dt=2001-01-0"  # nine days: enough for a slow reader
files = sorted(glob.glob(f"{captures}/{prefix}*/**/*.zst", recursive=True))
records = []
for line in subprocess.run([sys.executable, "tests/replay/read_capture.py", *files], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.splitlines():
    sequence, key, arrived, data = json.loads(line)
    flight = json.loads(bytes.fromhex(data))
    flight["key"], flight["arrived"] = key, arrived / 1e6
    flight["time"] = datetime.strptime(flight["date"], "%Y/%m/%d %H:%M").replace(tzinfo=timezone.utc).timestamp()
    records.append(flight)
nine = ["--prefix", prefix]


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


within = lambda field, a, b: lambda r: moment(a) <= r[field] < moment(b)
asked = [
    ([], lambda r: True),
    (["--from", "2001-01-04", "--to", "2001-01-06T06:00:00Z"], within("time", "2001-01-04", "2001-01-06T06:00:00")),
    (["--arrived-from", "2001-01-05T07:00:00Z", "--arrived-to", "2001-01-05T09:30:00Z"],
     within("arrived", "2001-01-05T07:00:00", "2001-01-05T09:30:00")),
    (["--key", "LAX"], lambda r: r["key"] == "LAX"),
    (["--where", "delay > 60 and origin != 'ORD'"], lambda r: r["delay"] > 60 and r["origin"] != "ORD"),
    (["--key", "LAX", "--where", "late", "--from", "2001-01-02"],
     lambda r: r["key"] == "LAX" and r["delay"] >= 60 and r["time"] >= moment("2001-01-02")),
]
for options, wanted in asked:
    rows = [r for r in records if wanted(r)]
    expected = (len(rows), sum(r["delay"] for r in rows))
    text, found = replayed(*nine, *options)
    assert found == expected == tallied(*nine, *options), (options, found, expected)
    assert expected[0] > 0
    assert ("not asked for" in text) and (not options or f"{len(rows):,}" in text), text

# by shard: all of it here, and no such shard
assert replayed(*nine, "--stream-shard", "shardId-000000000000")[1] == (len(records), sum(r["delay"] for r in records))
assert "was landed from shard 'shardId-7'" in run("replay", "--stream-shard", "shardId-7", code=2)
assert "key that begins 'nosuch'" in run("tally", "--prefix", "nosuch", code=2)

# paces: the same rows, and no faster than asked: nine days in half a second at least
whole = (len(records), sum(r["delay"] for r in records))
span = max(r["arrived"] for r in records) - min(r["arrived"] for r in records)
for pace, least in (("flat", 0), ("virtual", 0), (f"{int(span * 2)}x", 0.5)):
    begun = time.monotonic()
    assert replayed(*nine, "--pace", pace)[1] == whole
    assert time.monotonic() - begun >= least, pace

for options, why in ((["--pace", "fast"], "--pace 'fast'"), (["--from", "2001-02-01", "--to", "2001-01-01"], "--to is not after --from"),
                     (["--where", "delay +"], "--where"), (["--where", "delay"], "neither true nor false"), (["--from", "soon"], "soon"),
                     (["--key", ""], "--key is empty"), (["--shard", "auto/4"], "")):
    assert why in run("replay", *options, code=2), options

# parts of different records are not joined
for name, options in (("p0", ["--shard", "0/2", "--key", "LAX"]), ("p1", ["--shard", "1/2"])):
    run("tally", *options, "--part", os.path.join(work, name), "--quiet")
done = subprocess.run([aforo, "merge", os.path.join(work, "p0"), os.path.join(work, "p1")], stderr=subprocess.PIPE, text=True)
assert done.returncode != 0 and "other records" in done.stderr, done.stderr

bank = os.path.join(os.environ.get("AFORO_DATA", "/nowhere"), "bank-loans-2012", "firehose")
if os.path.isdir(bank):
    keys = sorted(os.path.relpath(f, bank) for f in glob.glob(bank + "/**/*.gz", recursive=True))
    stamps = {k: datetime.strptime("-".join(os.path.basename(k).split("-")[3:9]), "%Y-%m-%d-%H-%M-%S").replace(tzinfo=timezone.utc) for k in keys}
    window = ("2011-11-01T00:00:00", "2011-12-01T00:00:00")
    meant = [k for k in keys if moment(window[0]) <= stamps[k].timestamp() < moment(window[1])]
    lines = sum(int(line.split("\t")[3]) for line in open(os.path.join(os.path.dirname(bank), "firehose-manifest.tsv"))
                if line.split("\t")[0] in meant)
    result = json.loads(run("tally", "--json", "--quiet", "--arrived-from", window[0] + "Z", "--arrived-to", window[1] + "Z", where=bank,
                            definition="fixtures/pipelines/loans.yaml"))
    assert 0 < len(meant) < len(keys) and result["counts"]["records"] == lines, (result["counts"], lines)
