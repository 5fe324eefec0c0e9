#!/usr/bin/env python3
"""Holds the codec against botocore, for every operation of the services that have tables, with values made from a
fixed seed: what our writer says must be parsed by botocore to the value, and what botocore serialises must be read
by us to the value.   usage: codec_oracle.py PATH-TO-codec_speak   Exit 77: botocore is missing."""
import datetime
import json
import random
import subprocess
import sys
import urllib.parse

try:
    import botocore.awsrequest
    import botocore.parsers
    import botocore.serialize
    import botocore.session
except ImportError:
    print("botocore is not installed")
    sys.exit(77)

SERVICES = ["kinesis", "s3", "sns", "sts"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TEXTS = ["plain", "a b", "<&>\"'", "caf\u00e9", "\U0001d11e clef", "x=1&y=2+3%20", "0", "true", " padded ", "{}", "a/b?c#d"]
# What is left out, and why.
UNSERIALIZED = {("s3", "PutBucketNotification"): "old: two members, Event and Events, share one element"}
UNPARSED = {("s3", "GetBucketLocation"): "the text stands in the root: botocore reads it in a handler",
            ("s3", "GetBucketNotification"): "old: two members, Event and Events, share one element",
            ("s3", "SelectObjectContent"): "an event stream", ("kinesis", "SubscribeToShard"): "an event stream"}


class Maker:
    """Random values of a shape; `place` keeps header and path values to what those can carry."""

    def __init__(self, seed, fraction_us):
        self.random = random.Random(seed)
        self.fraction_us = fraction_us

    def text(self, shape, place):
        if getattr(shape, "enum", None):
            return self.random.choice(shape.enum)
        if place in ("header", "headers"):
            return self.random.choice(["plain", "a b", "x=1;y", "W/\"tag\""])
        return self.random.choice(TEXTS)

    def moment(self, place):
        at = EPOCH + datetime.timedelta(seconds=self.random.randrange(0, 4_000_000_000))
        whole = place in ("header", "headers", "querystring", "uri")
        return at if whole else at + datetime.timedelta(microseconds=self.random.randrange(0, 1000) * self.fraction_us)

    def make(self, shape, depth=0, place=None):
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            return [self.make(shape.member, depth + 1, place) for _ in range(self.random.randrange(1, 3))]
        if kind == "map":
            keys = self.random.sample(["k1", "k2", "k3"], self.random.randrange(1, 3))
            if getattr(shape.key, "enum", None):
                keys = shape.key.enum[:2]
            return {key: self.make(shape.value, depth + 1, place) for key in keys}
        if kind == "timestamp":
            return self.moment(place)
        if kind == "blob":
            return self.random.choice(TEXTS).encode()
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "long"):
            return self.random.choice([0, 7, 2147483647] + ([9007199254740993] if kind == "long" else []))
        return self.random.choice([0.5, 1234.25]) if kind in ("float", "double") else self.text(shape, place)

    def structure(self, shape, depth):
        value = {}
        for name, member in shape.members.items():
            serial = member.serialization
            if serial.get("streaming") or serial.get("eventstream") or getattr(member, "is_event_stream", False):
                continue
            place = serial.get("location")
            if place == "statusCode" or (depth > 3 and name not in shape.required_members):
                continue
            must = place in ("uri", "headers") or name in shape.required_members
            must = must or name == shape.serialization.get("payload") or len(shape.members) == 1
            if not must and self.random.random() < 0.3:
                continue
            if depth > 8 or member.name == "Expires":  # a text on the wire, which botocore alone calls a moment
                continue
            value[name] = "route" if name == "RequestRoute" else self.make(member, depth + 1, place)
        if not value and 0 < depth < 8 and shape.members:  # an empty structure leaves no trace in a form
            name = next(iter(shape.members))
            value[name] = self.make(shape.members[name], depth + 1)
        return value


def to_tree(value):
    """The codec's conventions: moments as microseconds, blobs as their bytes (valid UTF-8 here)."""
    if isinstance(value, dict):
        return {key: to_tree(child) for key, child in value.items()}
    if isinstance(value, list):
        return [to_tree(child) for child in value]
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    return value.decode() if isinstance(value, bytes) else value


def ask(speaker, question):
    speaker.stdin.write(json.dumps(question) + "\n")
    speaker.stdin.flush()
    return json.loads(speaker.stdout.readline())


def check_output(speaker, service, op, value):
    reply = ask(speaker, {"service": service.service_name, "op": op.name, "write": to_tree(value)})
    if "error" in reply:
        return reply
    parser = botocore.parsers.create_parser(service.metadata["protocol"])
    answer = {"status_code": reply["status"], "body": reply["body"].encode(),
              "headers": botocore.awsrequest.HeadersDict(reply["headers"]), "context": {}}
    parsed = parser.parse(answer, op.output_shape)
    parsed.pop("ResponseMetadata", None)
    for name in getattr(op.output_shape, "members", {}):  # streams are the handlers' business
        if op.output_shape.members[name].serialization.get("streaming"):
            parsed.pop(name, None)
    return None if to_tree(parsed) == to_tree(value) else {"wrote": reply, "parsed": to_tree(parsed), "want": to_tree(value)}


def check_input(speaker, service, op, value):
    serializer = botocore.serialize.create_serializer(service.metadata["protocol"], False)
    request = serializer.serialize_to_request(dict(value), op)
    botocore.awsrequest.prepare_request_dict(request, "https://host")
    message = botocore.awsrequest.create_request_object(request).prepare()
    url = urllib.parse.urlsplit(message.url)
    body = message.body or b""
    headers = {k: v if isinstance(v, str) else v.decode() for k, v in message.headers.items()}
    reply = ask(speaker, {"service": service.service_name, "op": op.name, "method": message.method, "path": url.path,
                          "query": url.query, "headers": headers, "body": body if isinstance(body, str) else body.decode()})
    want = to_tree(value)
    if "input" in reply:  # botocore's own headers are members of some operations
        for name in set(reply["input"]) - set(want):
            if op.input_shape.members[name].serialization.get("location") == "header":
                del reply["input"][name]
    return None if reply.get("input") == want else {"sent": message.url, "body": str(body), "read": reply, "want": want}


def main():
    speaker = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    session = botocore.session.get_session()
    checks, failures = 0, []
    for name in SERVICES:
        service = session.get_service_model(name)
        for operation in service.operation_names:
            op = service.operation_model(operation)
            for seed in range(8):
                out_maker, in_maker = Maker(f"{operation}{seed}", 1000), Maker(f"{operation}{seed}", 0)
                out_value = out_maker.make(op.output_shape) if op.output_shape else {}
                in_value = in_maker.make(op.input_shape) if op.input_shape else {}
                results = []
                if (name, operation) not in UNSERIALIZED:
                    results.append(("read", check_input(speaker, service, op, in_value)))
                if (name, operation) not in UNPARSED:
                    results.append(("wrote", check_output(speaker, service, op, out_value)))
                checks += len(results)
                failures += [f"{name} {operation} {seed} {side}: {why}" for side, why in results if why]
    speaker.stdin.close()
    status = speaker.wait()
    for failure in failures[:5]:
        print(failure[:900])
    print(f"{checks} messages, {len(failures)} differ, codec_speak ended with {status}")
    return 1 if failures or status != 0 or checks == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
