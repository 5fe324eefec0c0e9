"""An `aforo serve` of one's own for a client test: started on a free port, stopped at the end, never shared."""
import contextlib
import json
import os
import subprocess
import sys
import urllib.request

try:
    import boto3
    import botocore
    from botocore.config import Config
except ImportError:
    print("skipped: this Python has no boto3")
    sys.exit(77)


@contextlib.contextmanager
def serving(*options):
    program = os.path.join(os.environ["AFORO_BIN"], "aforo")
    process = subprocess.Popen([program, "serve", "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert line.startswith("aforo: listening on http://127.0.0.1:"), line
        yield line.split()[-1]
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0, "the emulator did not stop well"


def client(url, service, region="us-east-1", secret="test", **config):
    settings = Config(retries={"max_attempts": 0}, **config)
    return boto3.client(service, endpoint_url=url, region_name=region, aws_access_key_id="test",
                        aws_secret_access_key=secret, config=settings)


def control(url, path, body=None):
    """POST /_aforo/<path> with a JSON body, or GET it."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/_aforo/{path}", data=data), timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


@contextlib.contextmanager
def refused(code, words=""):
    """The block must end in this error of AWS."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code and words in told["Message"], told
    else:
        raise AssertionError(f"not refused: {code}")


def run(tests):
    """Runs functions of the URL of an emulator that they share, in order."""
    with serving() as url:
        for test in tests:
            test(url)
    print(f"{len(tests)} passed, boto3 {boto3.__version__}")
