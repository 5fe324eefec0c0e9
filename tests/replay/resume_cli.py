#!/usr/bin/env python3
"""The same table whatever happens on the way: flights are replayed undisturbed, killed three times, twice, and with
their objects in the opposite order; the hash over the table's own columns, ordered by id, is the same each time."""
import glob, hashlib, os, shutil, signal, sqlite3, subprocess, tempfile, time

aforo = os.path.join(os.environ["AFORO_BIN"], "aforo")
os.chdir(os.environ["AFORO_SOURCE"])
pipeline = "fixtures/pipelines/flights.yaml"
captures = "fixtures/captures/flights-2001-q1"
work = tempfile.mkdtemp()


def command(where, database):
    return [aforo, "replay", where, "--pipeline", pipeline, "--warehouse", f"sqlite:{database}", "--quiet"]


def replay(where, database):
    subprocess.run(command(where, database), check=True)


def loaded(database):
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5) as db:
            return db.execute("select count(*) from aforo_loaded_object").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def table_hash(database):
    with sqlite3.connect(database) as db:
        names = [row[1] for row in db.execute("pragma table_info(flights)")]
        own = ", ".join(name for name in names if not name.startswith("aforo_"))
        digest = hashlib.sha256()
        count = 0
        for row in db.execute(f"select {own} from flights order by {own}"):
            digest.update(repr(row).encode())
            count += 1
        assert count == 20000, count
        return digest.hexdigest()


def killed(database, at):
    """Starts a replay and kills it once `at` objects are in; says whether it was still at work."""
    child = subprocess.Popen(command(captures, database))
    while child.poll() is None and loaded(database) < at:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


try:
    plain = os.path.join(work, "plain.db")
    replay(captures, plain)
    expected = table_hash(plain)
    replay(captures, plain)
    assert table_hash(plain) == expected, "a second replay changed the table"

    often = os.path.join(work, "killed.db")
    kills = sum(killed(often, at) for at in (5, 30, 60))
    assert kills >= 1, "every replay was done before it was killed"
    replay(captures, often)
    assert table_hash(often) == expected, f"killed {kills} times, it is another table"

    opposite = os.path.join(work, "opposite")
    os.mkdir(opposite)
    objects = sorted(glob.glob(f"{captures}/**/*.zst", recursive=True))
    for i, path in enumerate(objects):
        shutil.copyfile(path, os.path.join(opposite, f"{len(objects) - i:04}.ndjson.zst"))
    turned = os.path.join(work, "turned.db")
    replay(opposite, turned)
    assert table_hash(turned) == expected, "another order of objects, another table"
finally:
    shutil.rmtree(work)
