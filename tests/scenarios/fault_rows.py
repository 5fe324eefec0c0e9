#!/usr/bin/env python3
"""docs/faults.md and the scenarios say the same: what a row names is there, and each rule of the soak belongs to a row."""
import os
import re
import sys

os.chdir(os.environ.get("AFORO_SOURCE", "."))
wrong = []


def scenario(name):
    for folder in ("soak", "catalog"):
        path = f"scenarios/{folder}/{name}.yaml"
        if os.path.exists(path):
            with open(path, encoding="utf-8") as text:
                return text.read()
    wrong.append(f"no scenario {name}")
    return ""


def rules_of(text):
    return set(re.findall(r"- \{name: ([\w.-]+),", text))


rows, cited = {}, set()
with open("docs/faults.md", encoding="utf-8") as text:
    for line in text:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and re.fullmatch(r"[a-z0-9_.]+", cells[0]) and cells[0] != "row":
            rows[cells[0]] = cells[2]
for row, where in rows.items():
    if where.startswith("not here: "):
        continue
    for part in where.split("; "):
        found = re.fullmatch(r"(\w+): (.+)", part)
        if not found:  # a remark
            continue
        text = scenario(found[1])
        for name in found[2].split(", "):
            cited.add((found[1], name))
            is_key = re.search(rf"\b{re.escape(name)}:\s", text) is not None  # an action, clocks, rates
            if name not in rules_of(text) and not is_key:
                wrong.append(f"{row}: {found[1]} has no {name}")
for soak in ("everything", "wire"):
    for rule in sorted(rules_of(scenario(soak))):
        if not any(rule == row or rule.startswith(row + ".") for row in rows) and (soak, rule) not in cited:
            wrong.append(f"{soak}: {rule} belongs to no row of docs/faults.md")
        if (soak, rule) not in cited:
            wrong.append(f"{soak}: {rule} is named in no row of docs/faults.md")
if len(rows) < 40 or len(cited) < 80:
    wrong.append(f"{len(rows)} rows with {len(cited)} names: the table was not read")
print("\n".join(wrong) if wrong else f"{len(rows)} rows, {len(cited)} rules and actions")
sys.exit(1 if wrong else 0)
