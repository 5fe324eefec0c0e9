#!/usr/bin/env python3
"""The same table whatever happens on the way: flights are replayed undisturbed, killed three times, interrupted, twice, and with
their objects in the opposite order; the hash over the table's own columns, ordered, is the same each time. Into SQLite, or
into the PostgreSQL that AFORO_TEST_POSTGRES names (tests/support/postgres.sh run)."""
import glob, hashlib, os, shutil, signal, sqlite3, subprocess, tempfile, time

aforo = os.path.join(os.environ["AFORO_BIN"], "aforo")
os.chdir(os.environ["AFORO_SOURCE"])
pipeline = "fixtures/pipelines/flights.yaml"
captures = "fixtures/captures/flights-2001-q1"
server = os.environ.get("AFORO_TEST_POSTGRES", "")
work = tempfile.mkdtemp()


class Sqlite:
    def __init__(self, name):
        self.path = os.path.join(work, name + ".db")
        self.url = f"sqlite:{self.path}"

    def loaded(self):
        try:
            with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5) as db:
                return db.execute("select count(*) from aforo_loaded_object").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def columns(self):
        with sqlite3.connect(self.path) as db:
            return [row[1] for row in db.execute("pragma table_info(flights)")]

    def rows(self, sql):
        with sqlite3.connect(self.path) as db:
            return [repr(row) for row in db.execute(sql)]


class Postgres:
    def __init__(self, name):
        parts = dict(part.split("=", 1) for part in server.split())
        subprocess.run(["psql", server, "-qc", f"create database {name}"], check=True)
        parts["dbname"] = name
        self.psql = ["psql", " ".join(f"{key}={value}" for key, value in parts.items()), "-qAt"]
        self.url = "postgresql://?" + "&".join(f"{key}={value}" for key, value in parts.items())
        self.asks = None  # one session that is asked again and again

    def loaded(self):
        if self.asks is None:
            self.asks = subprocess.Popen(self.psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.asks.stdin.write("select count(*) from aforo_loaded_object;\n\\echo end\n")
        self.asks.stdin.flush()
        said = [line.strip() for line in iter(self.asks.stdout.readline, "end\n")]
        return int(said[0]) if said else 0  # no such table yet

    def columns(self):
        return self.rows("select attname from pg_attribute where attrelid = 'flights'::regclass and attnum > 0 order by attnum")

    def rows(self, sql):
        return subprocess.run([*self.psql, "-c", sql], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def command(where, database):
    return [aforo, "replay", where, "--pipeline", pipeline, "--warehouse", database.url, "--quiet"]


def replay(where, database):
    subprocess.run(command(where, database), check=True)


def table_hash(database):
    own = ", ".join(name for name in database.columns() if not name.startswith("aforo_"))
    rows = database.rows(f"select {own} from flights order by {own}")
    assert len(rows) == 20000, len(rows)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def interrupted(database, at):
    """The same with Ctrl-C: it ends by that signal, and says how to go on."""
    child = subprocess.Popen(command(captures, database)[:-1], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while child.poll() is None and database.loaded() < at:
        time.sleep(0.002)
    child.send_signal(signal.SIGINT)
    said = child.communicate()[1]
    if child.returncode == 0:
        return False
    assert child.returncode == -signal.SIGINT and "interrupted; the same command goes on" in said, (child.returncode, said)
    return True


def killed(database, at):
    """Starts a replay and kills it once `at` objects are in; says whether it was still at work."""
    child = subprocess.Popen(command(captures, database))
    while child.poll() is None and database.loaded() < at:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


make = Postgres if server else Sqlite
try:
    plain = make("plain")
    replay(captures, plain)
    expected = table_hash(plain)
    replay(captures, plain)
    assert table_hash(plain) == expected, "a second replay changed the table"

    often = make("killed")
    kills = sum(killed(often, at) for at in (5, 30, 60))
    assert kills >= 1, "every replay was done before it was killed"
    replay(captures, often)
    assert table_hash(often) == expected, f"killed {kills} times, it is another table"

    broken_off = make("broken")
    assert any(interrupted(broken_off, at) for at in (2, 40)), "every replay was done before it was interrupted"
    replay(captures, broken_off)
    assert table_hash(broken_off) == expected, "interrupted, it is another table"

    opposite = os.path.join(work, "opposite")
    os.mkdir(opposite)
    objects = sorted(glob.glob(f"{captures}/**/*.zst", recursive=True))
    for i, path in enumerate(objects):
        shutil.copyfile(path, os.path.join(opposite, f"{len(objects) - i:04}.ndjson.zst"))
    turned = make("turned")
    replay(opposite, turned)
    assert table_hash(turned) == expected, "another order of objects, another table"
    print(f"killed {kills} times; {make.__name__}: {expected[:16]}")
finally:
    shutil.rmtree(work)
