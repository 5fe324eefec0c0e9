#!/usr/bin/env python3
"""The 200 bad objects of make_bad_captures.py: inspect, tally and replay name each of them or put its records into quarantine,
count the good ones, stay within memory and never crash.    usage: bad_captures.py [SEED]"""
import json, os, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
aforo = os.path.join(os.environ["AFORO_BIN"], "aforo")
seed = sys.argv[1] if len(sys.argv) > 1 else "1"
MEMORY_MAX = int(os.environ.get("AFORO_BAD_MEMORY_MIB", "96"))  # 64, and 32 of SQLite's


peaks = [0]


def run(*args, code=None):
    """A child's peak is never less than what this process had when it forked: another one makes the objects."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen([aforo, *args], stdout=out, stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        peaks.append(used.ru_maxrss // 1024)
        texts = [(f.seek(0), f.read().decode(errors="replace"))[1] for f in (out, err)]
    done = subprocess.CompletedProcess(args, child.returncode, *texts)
    assert done.returncode in (0, 1) if code is None else done.returncode == code, (args, done.returncode, done.stderr[-2000:])
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr[-4000:]
    return done


def check_all(work):
    folder, pipeline = os.path.join(work, "objects"), os.path.join(work, "bad.yaml")
    with open(os.path.join(work, "verdicts.json")) as f:
        verdicts = json.load(f)
    found = {o["key"]: o for o in json.loads(run("inspect", folder, "--json", code=1).stdout)["objects"]}
    assert len(found) == 201 and found["good"]["problem"] == "", found["good"]
    tally = run("tally", folder, "--pipeline", pipeline, "--json", "--quiet", "--threads", "2", "--limit-lines", "1000", code=1)
    counts = json.loads(tally.stdout)["counts"]
    named = {line.split(": ")[0] for line in tally.stderr.splitlines()}
    assert counts["objects"] + counts["problems"] == 201 and counts["problems"] == len(named), (counts, len(named))
    replay = run("replay", folder, "--pipeline", pipeline, "--quiet", "--limit-lines", "1000", code=1).stdout
    alone = 0
    for name, verdict in verdicts.items():
        refused = found[name]["problem"] != ""
        assert (name in named) == refused, (name, found[name]["problem"], name in named)
        assert (name in replay) == refused, (name, refused)
        if verdict == "problem":
            assert refused, (name, found[name])
        if verdict == "noticed" and not refused:
            said = json.loads(run("tally", os.path.join(folder, name), "--pipeline", pipeline, "--json", "--quiet", code=0).stdout)
            assert said["counts"]["quarantined"] > 0, (name, said["counts"])
            alone += 1
    strict = run("tally", folder, "--pipeline", pipeline, "--quiet", "--strict", "--prefix", list(n for n in verdicts if "last_frame" in n)[0], code=1)
    assert "last_frame" in strict.stderr and strict.stdout == "", strict
    peak = max(peaks)
    assert peak <= MEMORY_MAX, f"{peak} MiB"
    print(f"200 bad objects (seed {seed}): {len(named)} named, {alone} to quarantine, the others read; peak {peak} MiB")


with tempfile.TemporaryDirectory() as work:
    subprocess.run([sys.executable, os.path.join(here, "make_bad_captures.py"), work, seed], check=True)
    check_all(work)
