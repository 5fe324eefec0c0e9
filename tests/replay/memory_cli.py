#!/usr/bin/env python3
"""Memory does not follow the capture: 256 MiB of JSON (seeded, 818,000 events in objects of 64 MiB) become a new SQLite
table within 104 MiB: 64 for the replay, 32 that SQLite is given for pages and for sorting, 8 for the pages of code and libraries
that are counted with them. Nor does it follow what one object has stored: of three of the objects as one of gzip, which has more
than STORED_MIN, a tally takes less than TALLY_MAX."""
import os, resource, shutil, sqlite3, subprocess, tempfile

bin = os.environ["AFORO_BIN"]
os.chdir(os.environ["AFORO_SOURCE"])
MIB, PEAK_MAX = 256, 104
STORED_MIN, TALLY_MAX = 40, 32
work = tempfile.mkdtemp()


def peak_mib(command):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0, command
    return used.ru_maxrss / 1024


try:
    subprocess.run([os.path.join(os.environ["AFORO_BUILD"], "bin", "make_sales"), work, str(MIB), "1"], check=True, stdout=subprocess.DEVNULL)
    totals = open(os.path.join(work, "totals.tsv")).readline().split("\t")
    database = os.path.join(work, "sales.db")
    peak = peak_mib([os.path.join(bin, "aforo"), "replay", os.path.join(work, "objects"), "--pipeline",
                     "tests/bench/replay/sales.yaml", "--warehouse", f"sqlite:{database}", "--quiet"])
    with sqlite3.connect(database) as db:
        rows, ids = db.execute("select count(*), count(distinct id) from sales").fetchone()
        moved = db.execute("select count(*) from aforo_duplicate").fetchone()[0]
    assert rows == ids == int(totals[3]) and rows + moved == int(totals[2]), (rows, ids, moved, totals)
    assert peak <= PEAK_MAX, f"{peak:.0f} MiB"
    foreign = os.path.join(work, "foreign")
    os.mkdir(foreign)
    subprocess.run(f"zstd -dc {work}/objects/00[0-2]* | gzip -1 > {foreign}/all.gz", shell=True, check=True)
    stored = os.path.getsize(os.path.join(foreign, "all.gz")) / 1048576
    tally = peak_mib([os.path.join(bin, "aforo"), "tally", foreign, "--pipeline", "tests/bench/replay/sales.yaml", "--threads", "1"])
    assert stored > STORED_MIN and tally < TALLY_MAX, f"{stored:.0f} MiB stored, {tally:.0f} MiB"
    print(f"{rows} rows, {peak:.0f} MiB; {stored:.0f} MiB stored, {tally:.0f} MiB")
finally:
    shutil.rmtree(work)
