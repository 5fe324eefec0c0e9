"""An `aforo serve` of one's own for a client test: started on a free port, stopped at the end, never shared."""
import collections
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

try:
    import boto3
    import botocore
    from botocore.config import Config
except ImportError:
    print("skipped: this Python has no boto3")
    sys.exit(77)


@contextlib.contextmanager
def serving_once(*options):
    program = os.path.join(os.environ["AFORO_BIN"], "aforo")
    process = subprocess.Popen([program, "serve", "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("aforo: listening on http://127.0.0.1:"), line
        yield line.split()[-1]
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, "the emulator did not stop well"


@contextlib.contextmanager
def serving(*options):
    """With AFORO_SERVE_AGAIN set it keeps all in a folder, with which it must start once more: starts_again.py."""
    if not os.environ.get("AFORO_SERVE_AGAIN"):
        with serving_once(*options) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="aforo-again-") as folder:
        kept = ("--data-dir", os.path.join(folder, "data"))
        with serving_once(*options, *kept) as url:
            yield url
        with serving_once(*kept):
            print("started again")


def client(url, service, region="us-east-1", secret="test", **config):
    settings = Config(retries={"max_attempts": 0}, **config)
    return boto3.client(service, endpoint_url=url, region_name=region, aws_access_key_id="test",
                        aws_secret_access_key=secret, config=settings)


def control(url, path, body=None):
    """POST /_aforo/<path> with a JSON body, or GET it."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/_aforo/{path}", data=data), timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


Answer = collections.namedtuple("Answer", "status headers body")


def raw(url, method, target, body=None, headers={}):
    """One unsigned request, its target as it is; headers of the answer by their names in lower case."""
    connection = http.client.HTTPConnection(url.split("//")[1], timeout=60)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def knows(service, operation, member):
    """Whether this boto3 can send the member."""
    return member in service.meta.service_model.operation_model(operation).input_shape.members


@contextlib.contextmanager
def refused(code, words="", status=None):
    """The block must end in this error of AWS."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code and words in told["Message"], told
        got = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status is None or got == status, (got, told)
    else:
        raise AssertionError(f"not refused: {code}")


def operations(url):
    """What the emulator's ledger has seen answered well, as the rows of docs/clients.md tell it."""
    with urllib.request.urlopen(f"{url}/_aforo/ledger", timeout=60) as answer:
        lines = [json.loads(line) for line in answer.read().splitlines()]
    seen = collections.defaultdict(set)
    for line in lines:
        if 200 <= line["status"] < 300:
            seen[line["service"]].add(line["operation"])
    return "; ".join(f"{service}: {', '.join(sorted(names))}" for service, names in sorted(seen.items()))


def keep_row(row):
    """Printed for table.sh; kept in the build for matrix.py."""
    if os.environ.get("AFORO_CLIENTS_TABLE"):
        print(row)
    if os.environ.get("AFORO_BUILD"):
        folder = os.path.join(os.environ["AFORO_BUILD"], "clients")
        os.makedirs(folder, exist_ok=True)
        name = f"{os.path.basename(sys.argv[0])}-{sys.version_info[0]}.{sys.version_info[1]}"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(row + "\n")


def run(tests, about, version=boto3.__version__, options=()):
    """Runs functions of the URL of an emulator that they share, in order; about and version: the client, for docs/clients.md."""
    with serving(*options) as url:
        for test in tests:
            test(url)
        keep_row(f"| {about} | {version} | {operations(url)} | {len(tests)} tests |")
    print(f"{len(tests)} passed, {about} {version}")
