"""The file that `aforo replay --expect` reads, written the same way by every expect_*.py: one group a line."""
import json


def write(out, counts, aggregates, groups):
    """counts: objects, records, rows, duplicates, quarantined. aggregates: (of, where or None, value).
    groups: (by, [of...], {name: [value...]}). Counts are numbers, everything else is text with all its decimals."""
    lines = ['{"schema": 1,']
    lines.append(" " + ", ".join(f"{json.dumps(k)}: {v}" for k, v in counts) + ",")
    lines.append(' "aggregates": [')
    items = []
    for of, where, value in aggregates:
        item = {"of": of} | ({"where": where} if where else {}) | {"equals": value}
        items.append("  " + json.dumps(item))
    lines.append(",\n".join(items) + "],")
    lines.append(' "groups": [')
    parts = []
    for by, of, rows in groups:
        body = ",\n".join(f"   {json.dumps(name)}: {json.dumps(rows[name])}" for name in sorted(rows))
        parts.append(f'  {{"by": {json.dumps(by)}, "of": {json.dumps(of)}, "rows": {{\n{body}}}}}')
    lines.append(",\n".join(parts) + "]}")
    out.write("\n".join(lines) + "\n")


def grouped(events, name, values):
    """{name(event): [count, exact sums...]}"""
    rows = {}
    for event in events:
        row = rows.setdefault(name(event), [0] + [0] * len(values))
        row[0] += 1
        for i, value in enumerate(values):
            row[i + 1] += value(event)
    return {key: [row[0]] + [str(total) for total in row[1:]] for key, row in rows.items()}
