#!/usr/bin/env python3
"""Writes the table of operations in docs/fidelity.md, from the models, the services' handlers and the rows of facts.

usage: fidelity_table.py [--check]

An operation is refused when no handler has its name, differs when a fact of its service that names it has status
"differs", else same. --check writes nothing: exit 1 when the table is not what would be written.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/fidelity.md"
SERVICES = ["kinesis", "s3", "s3control", "sns", "sts"]
BEGIN, END = "<!-- operations: written by tools/fidelity_table.py -->", "<!-- end of operations -->"


def sources(service):
    return {path: path.read_text() for path in sorted((ROOT / "emulator" / service).glob("*.c"))}


def operations(service):
    """Names by the tables of the models: generated ones, and those of what no SDK calls."""
    names = set()
    for path, text in sources(service).items():
        if path.name.endswith("_model.c"):
            names.update(re.findall(r'\{\s*\.name = "(\w+)",\s*\.method = ', text))
    return names


def handled(service):
    names = set()
    for text in sources(service).values():
        for table in re.findall(r"struct operation_handler handlers\[\] = \{(.*?)\n\};", text, re.S):
            names.update(re.findall(r'\.name = "(\w+)"', table))
    return names


def facts(page):
    """(id, operations, status) of each row; an operation's words are names apart from prose."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 6 and cells[4] in ("kept", "differs"):
            yield cells[0], set(re.findall(r"\w+", cells[1])), cells[4]


def table(page):
    rows, counts = [], {}
    known = list(facts(page))
    for service in SERVICES:
        every, built = operations(service), handled(service)
        unknown = built - every
        if unknown or not every:
            sys.exit(f"{service}: handlers of no operation in its model: {sorted(unknown)}")
        for name in sorted(every):
            differs = [fact for fact, names, status in known
                       if status == "differs" and name in names and fact.startswith(service + "-")]
            state = "refused" if name not in built else "differs" if differs else "same"
            counts[service, state] = counts.get((service, state), 0) + 1
            rows.append(f"| {service} | {name} | {state} | {', '.join(differs) if name in built else ''} |")
    summary = "; ".join(f"{service} " + ", ".join(f"{counts[service, s]} {s}" for s in ("same", "differs", "refused") if (service, s) in counts)
                        for service in SERVICES)
    return "\n".join([BEGIN, "", f"{summary}.", "", "| service | operation | state | in what |", "|---|---|---|---|", *rows, "", END])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    page = PAGE.read_text()
    if BEGIN not in page or END not in page:
        sys.exit(f"{PAGE}: the marks around the table are missing")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    written = before + table(before + after) + after
    if check and written != page:
        sys.exit("docs/fidelity.md: the table of operations is not current: run tools/fidelity_table.py")
    if not check:
        PAGE.write_text(written)


if __name__ == "__main__":
    main()
