"""Every operation of the services that have tables, called with the least input that its model allows and with each
constraint of the model violated once. What must hold: the least input is not refused as invalid; an operation that is
not built is refused by its name; a violated constraint is refused in AWS's words, which are made here from botocore's
own model and not from our tables; and botocore's client-side checks find the same fault where they look for it."""
import base64
import http.client
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.awsrequest
import botocore.loaders
import botocore.serialize
import botocore.session
import botocore.validate

from serving import run

DEPTH_MAX = 6
LARGEST = 1 << 16  # values longer than this are left to tests/emulator: they say nothing of another kind
# A text for each pattern that the general samples do not satisfy.
SAMPLES = ["a", "1", "0", "arn:aws:kinesis:us-east-1:123456789012:stream/s", "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1",
           "shardId-000000000000", "arn:aws:iam::123456789012:role/r", "aaaaaaaaaaaaaaaaaaaa-aaa", "000000000000", "aaaaaaaa",
           "arn:aws:sts::123456789012:assumed-role/r/s", "123456", "https://a", "a=b",
           "arn:aws:kms:us-east-1:123456789012:key/k", "arn:aws:sso:::instance/i",
           "arn:aws:s3:us-east-1:123456789012:accesspoint/a"]
# Shapes whose meaning is narrower than their constraints say.
KNOWN = {("sts", "arnType"): "arn:aws:iam::123456789012:role/r", ("s3control", "TagKeyList"): ["a"]}  # the last is in a query, or nowhere
# Sent to another host than S3's own, where the path would be a bucket's.
ELSEWHERE = {("s3", "WriteGetObjectResponse")}


class Model:
    def __init__(self, service):
        self.service = service
        self.raw = botocore.loaders.Loader().load_service_model(service, "service-2")
        self.shapes = self.raw["shapes"]
        self.session_model = botocore.session.get_session().get_service_model(service)
        self.protocol = self.session_model.metadata["protocol"]

    def operations(self):
        return sorted(self.raw["operations"])

    def input_of(self, operation):
        return self.raw["operations"][operation].get("input", {}).get("shape")


# ---- the least valid value ----

def pattern_holds(shape, text):
    """None: a pattern that Python does not read."""
    if "pattern" not in shape or shape["type"] != "string":
        return True
    try:
        return re.fullmatch(shape["pattern"], text) is not None
    except re.error:
        return None


def least_text(shape):
    if "enum" in shape:
        return shape["enum"][0]
    low = int(shape.get("min", 0))
    for sample in SAMPLES + ["a" * max(low, 1), "1" * max(low, 1), ""]:
        if low <= len(sample) <= shape.get("max", 1 << 60) and pattern_holds(shape, sample) in (True, None):
            return sample
    raise AssertionError(f"no sample for {shape}")


def least(model, name, depth=0):
    shape = model.shapes[name]
    kind = shape["type"]
    assert depth < 20, name
    if (model.service, name) in KNOWN:
        return KNOWN[model.service, name]
    if kind == "structure":
        chosen = list(shape["members"])[:1] if shape.get("union") else shape.get("required", [])
        return {m: least(model, shape["members"][m]["shape"], depth + 1) for m in chosen}
    if kind == "list":
        return [least(model, shape["member"]["shape"], depth + 1) for _ in range(int(shape.get("min", 0)))]
    if kind == "map":  # a form has no empty map
        filled = shape.get("min") or model.protocol == "query"
        return {least(model, shape["key"]["shape"]): least(model, shape["value"]["shape"], depth + 1)} if filled else {}
    if kind == "blob":
        return b"a" * int(shape.get("min", 0))
    if kind == "boolean":
        return False
    if kind == "timestamp":
        return 1700000000
    if kind in ("integer", "long"):
        return int(shape.get("min", 1))
    return 1.5 if kind in ("float", "double") else least_text(shape)


# ---- what AWS says of a value ----

def is_number(shape):
    return shape["type"] in ("integer", "long")


def bounded(shape):
    return shape["type"] in ("integer", "long", "string", "blob", "list", "map")


def measure(shape, value):
    return value if is_number(shape) else len(value)


def said(shape, which):
    what = "value" if is_number(shape) else "length"
    return {"pattern": lambda: f"Member must satisfy regular expression pattern: {shape['pattern']}",
            "max": lambda: f"Member must have {what} less than or equal to {int(shape['max'])}",
            "min": lambda: f"Member must have {what} greater than or equal to {int(shape['min'])}",
            "enum": lambda: f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"}[which]()


def broken(shape, value):
    """The constraints that a value breaks, in AWS's order."""
    out = []
    if pattern_holds(shape, value) is False:
        out.append("pattern")
    if bounded(shape) and "max" in shape and measure(shape, value) > shape["max"]:
        out.append("max")
    if bounded(shape) and "min" in shape and measure(shape, value) < shape["min"]:
        out.append("min")
    if "enum" in shape and value not in shape["enum"]:
        out.append("enum")
    return out


def shown(model, shape, value):
    if shape.get("sensitive"):
        return "***Sensitive Data Redacted***"
    if shape["type"] == "blob":
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if shape["type"] == "list":
        element = model.shapes[shape["member"]["shape"]]
        return "[" + ", ".join(shown(model, element, item) for item in value) + "]"
    if shape["type"] == "map":
        element = model.shapes[shape["value"]["shape"]]
        return "{" + ", ".join(f"{k}={shown(model, element, v)}" for k, v in value.items()) + "}"
    if shape["type"] == "structure":
        return next(name for name, s in model.shapes.items() if s is shape)
    return str(value)


def lower(name):
    return name[0].lower() + name[1:]


def walk(model, shape, value, path, out):
    """All violations of a tree, as the emulator's validator and Kinesis list them."""
    for which in broken(shape, value) if shape["type"] != "structure" else []:
        out.append(f"Value '{shown(model, shape, value)}' at '{path}' failed to satisfy constraint: {said(shape, which)}")
    if shape["type"] == "structure":
        for name, ref in shape["members"].items():
            at = f"{path}.{lower(name)}" if path else lower(name)
            if name in value:
                walk(model, model.shapes[ref["shape"]], value[name], at, out)
            elif name in shape.get("required", []):
                out.append(f"Value null at '{at}' failed to satisfy constraint: Member must not be null")
    elif shape["type"] == "list":
        element = model.shapes[shape["member"]["shape"]]
        if element["type"] in ("structure", "list", "map"):
            for i, item in enumerate(value):
                walk(model, element, item, f"{path}.{i + 1}.member", out)
        elif any(broken(element, item) for item in value):
            of_elements(model, shape, value, element, path, "Member", out)
    elif shape["type"] == "map":
        for part, lead, items in (("key", "Map keys", value.keys()), ("value", "Map value", value.values())):
            element = model.shapes[shape[part]["shape"]]
            if any(broken(element, item) for item in items):
                of_elements(model, shape, value, element, path, lead, out)


def of_elements(model, shape, value, element, path, lead, out):
    inner = [said(element, which) for which in ("max", "min", "pattern", "enum")
             if which in element and (which in ("pattern", "enum") or bounded(element))]
    out.append(f"Value '{shown(model, shape, value)}' at '{path}' failed to satisfy constraint: "
               f"{lead} must satisfy constraint: [{', '.join(inner)}]")


# ---- violated once each ----

def bad_values(shape):
    """(constraint, a value that breaks it)"""
    kind = shape["type"]
    if kind == "string" and "pattern" in shape:
        for text in ("\u00e9 \n", " ", "!", "a"):
            padded = text * max(1, -(-int(shape.get("min", 1)) // len(text)))
            if pattern_holds(shape, padded) is False:
                yield "pattern", padded
                break
    if "enum" in shape:
        yield "enum", "not-in-the-set"
    if is_number(shape):
        if "max" in shape and shape["max"] < 2 ** 31 - 1:
            yield "max", int(shape["max"]) + 1
        if "min" in shape:
            yield "min", int(shape["min"]) - 1
    elif kind in ("string", "blob") and bounded(shape):
        letter = "a" if kind == "string" else b"a"
        if "max" in shape and shape["max"] < LARGEST:
            yield "max", letter * (int(shape["max"]) + 1)
        if shape.get("min", 0) > 0:
            yield "min", letter * (int(shape["min"]) - 1)


NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
TEXT = "class java.lang.String can not be converted to "
WRONG = {"string": (5, NUMBER + "an String"), "integer": ("x", TEXT + "an Integer"), "long": ("x", TEXT + "an Long"),
         "boolean": ("x", "'x' can not be converted to an Boolean"), "structure": (5, "Expected null"),
         "list": (5, "Expected list or null"), "map": (5, "Expected map or null"), "blob": (5, NUMBER + "a Blob"),
         "timestamp": ("x", TEXT + "milliseconds since epoch")}


def wrong_kinds(model, name, depth=0):
    """(a value with one part of another JSON kind, what is said of it)"""
    shape = model.shapes[name]
    if depth > 0:
        yield WRONG[shape["type"]]
    if shape["type"] == "structure" and depth <= DEPTH_MAX:
        for member, ref in shape["members"].items():
            for value, words in wrong_kinds(model, ref["shape"], depth + 1):
                yield {**least(model, name), member: value}, words
    elif shape["type"] in ("list", "map") and depth <= DEPTH_MAX:
        for value, words in wrong_kinds(model, shape["member" if shape["type"] == "list" else "value"]["shape"], depth + 1):
            yield [value] if shape["type"] == "list" else {"k": value}, words


def many(model, shape, count):
    if shape["type"] == "list":
        element = shape["member"]["shape"]
        value, members = least(model, element), model.shapes[element].get("members", {})
        if value == {} and members:  # a query has no word for it
            first = next(iter(members))
            value = {first: least(model, members[first]["shape"])}
        return [value] * count
    value = least(model, shape["value"]["shape"])
    return {f"k{i}": value for i in range(count)}


def violations(model, name, depth=0):
    """(constraint, a value of the shape with one constraint broken somewhere inside)"""
    shape = model.shapes[name]
    if depth > DEPTH_MAX or shape.get("eventstream"):
        return
    if shape["type"] == "structure":
        for member, ref in shape["members"].items():
            if member in shape.get("required", []):
                whole = least(model, name)
                del whole[member]
                yield "required", whole
            for which, value in violations(model, ref["shape"], depth + 1):
                yield which, {**least(model, name), member: value}
    elif shape["type"] in ("list", "map"):
        if "max" in shape and shape["max"] <= 600:
            yield "max", many(model, shape, int(shape["max"]) + 1)
        if shape.get("min", 0) > 0:
            yield f"{shape['type']} min", many(model, shape, int(shape["min"]) - 1)
        inner = shape["member" if shape["type"] == "list" else "value"]["shape"]
        for which, value in violations(model, inner, depth + 1):
            yield which, [value] if shape["type"] == "list" else {"k": value}
    else:
        yield from bad_values(shape)


# ---- asking ----

def plain(value):
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def error_of(body):
    """(code, message) of an error in XML; HEAD has none."""
    if not body.startswith(b"<"):
        return None, ""
    root = ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", body, count=1))
    error = root if root.tag == "Error" else root.find("Error")
    return error.findtext("Code"), error.findtext("Message") or ""


class Asker:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def send(self, method, target, headers, body):
        self.connection.request(method, target, body, headers)
        response = self.connection.getresponse()
        return response.status, response.read(), response.headers

    def ask(self, model, operation, value):
        """(status, code, message)"""
        scope = {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{model.service}/aws4_request, "
                                  "SignedHeaders=host, Signature=0"}
        if model.protocol == "json":
            target = f"{model.raw['metadata']['targetPrefix']}.{operation}"
            status, body, _ = self.send("POST", "/", {**scope, "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"},
                                        json.dumps(plain(value)))
            answer = json.loads(body) if status >= 300 else {}
            return status, answer.get("__type"), answer.get("message", answer.get("Message", ""))
        serializer = botocore.serialize.create_serializer(model.protocol, False)
        request = serializer.serialize_to_request(value, model.session_model.operation_model(operation))
        botocore.awsrequest.prepare_request_dict(request, f"http://{self.host}")
        message = botocore.awsrequest.create_request_object(request).prepare()
        url = urllib.parse.urlsplit(message.url)
        target = url.path + ("?" + url.query if url.query else "")
        headers = {k: v if isinstance(v, str) else v.decode() for k, v in message.headers.items()}
        status, body, _ = self.send(message.method, target, {**headers, **scope}, message.body or b"")
        if status < 300 or not body.startswith(b"<"):
            return status, None, ""
        return status, *error_of(body)


REFUSED = {"json": "NotImplementedException", "query": "NotImplemented", "rest-xml": "NotImplemented"}
INVALID = {"json": "ValidationException", "query": "ValidationError"}


def same_words(got, want):
    """A value that is longer than a message shows is cut there."""
    return got == want or (len(want) > 1200 and got[:1000] == want[:1000] and got[-60:] == want[-60:])


def check_violations(asker, model, operation, shape, counts):
    validator = botocore.validate.ParamValidator()
    input_shape = model.session_model.operation_model(operation).input_shape
    for which, value in violations(model, shape):
        words = []
        walk(model, model.shapes[shape], value, "", words)
        if not words:
            continue
        want = f"{len(words)} validation error{'s' if len(words) > 1 else ''} detected: " + "; ".join(words)
        status, code, message = asker.ask(model, operation, value)
        assert status == 400 and code == INVALID[model.protocol], (operation, which, str(value)[:300], status, code, message)
        assert same_words(message, want), f"{operation} {which}\n  got  {message[:1500]}\n  want {want[:1500]}"
        if which in ("required", "min", "list min"):  # what botocore looks for
            assert validator.validate(value, input_shape).has_errors(), (operation, which, str(value)[:300])
        counts[which] = counts.get(which, 0) + 1


def check_kinds(asker, model, operation, shape, counts):
    for value, words in wrong_kinds(model, shape):
        status, code, message = asker.ask(model, operation, value)
        assert (status, code, message) == (400, "SerializationException", words), (operation, str(value)[:300], status, code, message)
        counts["kind"] = counts.get("kind", 0) + 1


def check_service(asker, service):
    model, counts = Model(service), {}
    for operation in model.operations():
        shape = model.input_of(operation)
        value = least(model, shape) if shape else {}
        if shape:
            found = botocore.validate.ParamValidator().validate(value, model.session_model.operation_model(operation).input_shape)
            assert not found.has_errors(), (operation, found.generate_report())
        status, code, message = asker.ask(model, operation, value)
        if (service, operation) in ELSEWHERE:
            assert status == 412, (operation, status)  # to S3 it is a form for a bucket of that name
            continue
        if code == REFUSED[model.protocol] and status == 501:
            assert model.protocol == "rest-xml" or operation in message, (operation, message)
            counts["refused"] = counts.get("refused", 0) + 1
            continue
        assert status < 500, (operation, status, code, message)
        assert code not in ("ValidationException", "ValidationError", "SerializationException", "MalformedXML",
                            "UnknownOperationException", "InvalidAction", "MethodNotAllowed"), (operation, code, message)
        counts["answered"] = counts.get("answered", 0) + 1
        if shape and model.protocol in INVALID:
            check_violations(asker, model, operation, shape, counts)
        if shape and model.protocol == "json":
            check_kinds(asker, model, operation, shape, counts)
    assert counts.get("answered", 0) > 0, service
    print(service, counts)


def models(service):
    def walk_model(url):
        check_service(Asker(url), service)
    return walk_model


if __name__ == "__main__":
    run([models(service) for service in ("kinesis", "sns", "sts", "s3", "s3control")], "botocore's models, each constraint violated")
