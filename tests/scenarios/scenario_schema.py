#!/usr/bin/env python3
"""docs/scenario.schema.json is a valid schema, accepts every shipped scenario, knows the keys that the reader knows, and
refuses what the reader refuses.   Skipped (77) where python has no jsonschema or yaml."""
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


class Loader(yaml.SafeLoader):
    """As aforo reads YAML: moments stay texts, and so do on, off, yes and no."""


Loader.yaml_implicit_resolvers = {
    key: [(tag, regexp) for tag, regexp in rules if tag.rsplit(":", 1)[1] not in ("timestamp", "bool")]
    for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read(path):
    with open(os.path.join(source, path), encoding="utf-8") as file:
        return file.read()


schema = json.loads(read("docs/scenario.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
files = sorted(glob.glob(os.path.join(source, "scenarios/catalog/*.yaml")) + glob.glob(os.path.join(source, "scenarios/demo/*.yaml")) +
               glob.glob(os.path.join(source, "scenarios/soak/*.yaml")))
assert len(files) >= 8, files
for file in files:
    with open(file, encoding="utf-8") as text:
        validator.validate(yaml.load(text, Loader))

# The keys of the C readers are the keys of the schema.
code = read("scenarios/runner/scenario.c")
parts = schema["properties"]
for name, part in (("root", schema), ("run", parts["run"]), ("topology", parts["topology"]), ("source", parts["source"]),
                   ("rates", parts["source"]["properties"]["rates"]), ("actors", parts["topology"]["properties"]["actors"]),
                   ("stream", parts["topology"]["properties"]["stream"]), ("tuning", parts["topology"]["properties"]["tuning"])):
    call = re.search(rf"KEYS\(r, {name}, d,(.*?)\)\);", code, re.S)
    keys = re.findall(r'STR\("(\w+)"\)', call.group(1) + ")")
    assert sorted(keys) == sorted(part["properties"]), (name, keys)
rules = re.search(r"rule_keys\[\] = {(.*?)\n};", read("emulator/fault/fault_read.c"), re.S).group(1)
assert sorted(re.findall(r'{"(\w+)"', rules)) == sorted(schema["$defs"]["fault"]["properties"])
words = re.search(r"OCCURRENCES\[\] = {(.*?)};", read("scenarios/runner/scenario_expect.c"), re.S).group(1)
assert sorted(re.findall(r'"(\w+)"', words)) == sorted(schema["$defs"]["expectation"]["properties"]["sometimes"]["enum"])

good = yaml.load(read("scenarios/catalog/lost_ack.yaml"), Loader)
bad = 0
for path, value in ((("schema",), 2), (("runs",), {}), (("run", "horizon"), "soon"), (("run", "seeds"), "a..b"),
                    (("topology", "actors", "lander"), -1), (("source", "events_per_hour"), 0), (("source", "capture"), "x"),
                    (("source", "rates", "late"), "half"), (("faults", 0, "phase"), "rejct"), (("faults", 0, "on"), "s3"),
                    (("expect", 0), {"allways": "conservation"}), (("expect", 0), {"always": "conservatio"}),
                    (("expect", 0), {"sometimes": "crsh"}), (("expect",), [])):
    broken = copy.deepcopy(good)
    at = broken
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert not validator.is_valid(broken), path
    bad += 1
print(f"{len(files)} scenarios accepted, {bad} broken ones refused")
