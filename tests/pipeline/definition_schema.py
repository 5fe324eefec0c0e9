#!/usr/bin/env python3
"""docs/definition.schema.json is a valid schema, accepts every shipped definition, knows the keys that the reader knows,
and refuses what the reader refuses.   Skipped (77) where python has no jsonschema or yaml."""
import copy
import glob
import json
import os
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as why:
    print(f"skipped: {why}")
    sys.exit(77)

source = os.environ.get("AFORO_SOURCE", ".")


def read(path):
    return open(os.path.join(source, path), encoding="utf-8").read()


schema = json.loads(read("docs/definition.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
files = sorted(glob.glob(os.path.join(source, "fixtures/pipelines/*.yaml")))
assert len(files) >= 5, files
for file in files:
    validator.validate(yaml.safe_load(open(file, encoding="utf-8")))

# The keys of the C tables are the keys of the schema.
for table, part in (("DEFINITION_KEYS", schema), ("EVENT_KEYS", schema["properties"]["event"]),
                    ("RECONCILE_KEYS", schema["properties"]["reconcile"]), ("TUNING_KEYS", schema["properties"]["tuning"]),
                    ("REPORT_KEYS", schema["properties"]["report"]), ("QUERY_KEYS", schema["$defs"]["query"]),
                    ("COLUMN_KEYS", schema["$defs"]["column"]), ("TRANSFORM_KEYS", schema["$defs"]["transform"])):
    code = "".join(read(f"src/pipeline/definition{name}.c") for name in ("", "_columns", "_transforms", "_report"))
    body = re.search(rf"{table}\[\] = {{(.*?)}};", code, re.S).group(1)
    keys = re.findall(r'STR_INIT\("(\w+)"\)', body)
    assert sorted(keys) == sorted(part["properties"]), (table, keys)

good = yaml.safe_load(read("fixtures/pipelines/orders.yaml"))
bad = 0
for path, value in ((("nmae",), "x"), (("schema",), 2), (("event", "tim"), "t"), (("columns", 0, "type"), "txt"),
                    (("columns", 0, "name"), "aforo_x"), (("columns", 0, "min"), 1), (("columns", 3, "scale"), 10),
                    (("columns", 0, "required"), "yes"), (("columns", 0, "mask"), "hsh"), (("tuning", "land_records"), 0),
                    (("alerts", "medium"), "x"), (("report", "queries", 0, "sql"), "delete from x"),
                    (("report", "queries", 0, "chart"), "pie"), (("reconcile", "sums"), "amount"),
                    (("transforms",), [{"drop": "a"}])):
    broken = copy.deepcopy(good)
    at = broken
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not validator.is_valid(broken), path
    bad += 1
print(f"{len(files)} definitions accepted, {bad} broken ones refused")
