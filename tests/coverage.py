#!/usr/bin/env python3
"""What the tests of a coverage build ran: lines by folder, and the files with the most lines that nothing ran.

    cmake --workflow --preset coverage && tests/coverage.py [BUILD_DIR] [--all]

Reads the counters with gcov (part of gcc). A line counts as run when any program that was built from it ran it.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ("src", "emulator", "replay", "scenarios")
WORST_COUNT = 20


def counters_of(data_file):
    """Yields (source, line, count) of one object file."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", data_file], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True, cwd=data_file.parent)
    found = []
    for text in done.stdout.decode().splitlines():
        for file in json.loads(text)["files"]:
            path = pathlib.Path(os.path.normpath(data_file.parent / file["file"]))
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in LAYERS:
                source = str(path.relative_to(ROOT))
                found += [(source, line["line_number"], line["count"]) for line in file["lines"]]
    return found


def percent(ran, total):
    return f"{100 * ran // total:3d} %" if total else "  - %"


def main():
    words = [word for word in sys.argv[1:] if word != "--all"]
    build = pathlib.Path(words[0] if words else ROOT / "build" / "coverage").resolve()
    data_files = sorted(build.rglob("*.gcda"))
    if not data_files:
        sys.exit(f"no counters under {build}: cmake --workflow --preset coverage")
    lines = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(counters_of, data_files):
            for source, line, count in found:
                lines[source][line] = max(count, lines[source].get(line, 0))

    folders = collections.defaultdict(lambda: [0, 0])
    files = []
    for source, counts in sorted(lines.items()):
        ran = sum(1 for count in counts.values() if count > 0)
        files.append((len(counts) - ran, ran, len(counts), source))
        for name in (os.path.dirname(source), "all"):
            folders[name][0] += ran
            folders[name][1] += len(counts)

    print("folder                        lines     ran")
    for name, (ran, total) in sorted(folders.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{name:28s} {total:6d}   {percent(ran, total)}")
    shown = files if "--all" in sys.argv else [file for file in sorted(files, reverse=True)[:WORST_COUNT] if file[0] > 0]
    print("\nfile                                       not run     ran")
    for missed, ran, total, source in shown:
        print(f"{source:44s} {missed:5d}   {percent(ran, total)}")


main()
