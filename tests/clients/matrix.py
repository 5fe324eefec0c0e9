"""docs/clients.md tells what the client tests told of themselves when they ran last in this build: no client is missing there, and
the rows of the same version are the same. Exit 77: none has run."""
import os
import pathlib
import sys

kept = sorted(pathlib.Path(os.environ["AFORO_BUILD"], "clients").glob("*"))
if not kept:
    print("skipped: no client test has run in this build")
    sys.exit(77)


def rows(path):
    """By client and version: operations, result."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(row[0], row[1]): tuple(row[2:]) for row in cells if len(row) == 4}


page = rows(pathlib.Path(os.environ["AFORO_SOURCE"], "docs/clients.md"))
wrong = []
for path in kept:
    for key, told in rows(path).items():
        if key[0] not in {client for client, _ in page}:
            wrong.append(f"{key[0]} is missing")
        elif page.get(key, told) != told:
            wrong.append(f"{' '.join(key)}:\n  the page: {page[key]}\n  it told:  {told}")
print("\n".join(wrong) or f"{len(kept)} rows are told as they were")
sys.exit(f"{len(wrong)} rows are stale: tests/clients/table.sh >docs/clients.md" if wrong else 0)
