"""Faults at the level of bytes, as real clients see them: curl, nghttp, boto3 and sockets, over HTTP/1.1 and HTTP/2, plain and TLS."""
import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import botocore.eventstream
import botocore.exceptions
import urllib3.exceptions
from serving import Config, boto3, client, control, raw, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from h2_by_hand import Http2  # noqa: E402

if not shutil.which("curl"):
    print("skipped: no curl")
    sys.exit(77)
folder = tempfile.TemporaryDirectory()
TLS, CA = os.path.join(folder.name, "tls"), os.path.join(folder.name, "ca.pem")
BODY = bytes(range(256)) * 400


def plan(url, *rules, seed=0):
    urllib.request.urlopen(urllib.request.Request(f"{url}/_aforo/faults", method="DELETE"), timeout=60).close()
    return control(url, "faults", {"seed": str(seed), "faults": list(rules)})


def wire(how, on="s3:GetObject", **more):
    return {"on": on, "phase": "wire", "wire": how, **more}


def fired(url):
    return control(url, "faults")["fired_count"]


def ways(url):
    port = url.rsplit(":", 1)[1]
    plain, secret = f"http://localhost:{port}", f"https://localhost:{port}"
    return [("1.1", ["--http1.1"], plain), ("2", ["--http2-prior-knowledge"], plain), ("1.1", ["--http1.1", "--cacert", CA], secret),
            ("2", ["--http2", "--cacert", CA], secret)]


def curl(options, target, *more):
    return subprocess.run(["curl", "-sS", "--max-time", "30", *options, *more, target], capture_output=True, timeout=60)


def begin(url):
    raw(url, "PUT", "/faulty", b"")
    assert raw(url, "PUT", "/faulty/k", BODY).status == 200


def drip(url):
    """Proves: the head comes at once and the body in pieces of the size and at the pace of the plan, whole in the end."""
    plan(url, wire("drip", bytes=10_000, each="60ms"))
    for version, options, base in ways(url):
        began = time.monotonic()
        got = curl(options, f"{base}/faulty/k", "-w", "%{stderr}%{time_starttransfer} %{time_total}")
        assert got.stdout == BODY, (version, len(got.stdout), got.stderr)
        first, last = map(float, got.stderr.split())
        assert time.monotonic() - began > 0.3 and last - first > 0.25, (version, got.stderr)
    assert fired(url) == 4
    plan(url, wire("drip", bytes=1, each="20ms", where={"key": "small"}), wire("drip", delay="600ms"))
    raw(url, "PUT", "/faulty/small", b"0123456789" * 4)
    pieces = []
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=60) as s:
        s.sendall(b"GET /faulty/small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while piece := s.recv(1 << 16):
            pieces.append(piece)
    assert b"".join(pieces).endswith(b"\r\n\r\n" + b"0123456789" * 4) and len(pieces) > 20, pieces
    began = time.monotonic()
    assert raw(url, "GET", "/faulty/k").body == BODY and 0.5 < time.monotonic() - began < 20


def cut(url):
    """Proves: Content-Length says the whole, so many bytes come, then the end; clients notice."""
    plan(url, wire("cut", bytes=1000))
    for version, options, base in ways(url):
        got = curl(options, f"{base}/faulty/k", "-D", "-", "-o", os.path.join(folder.name, "cut"))
        assert got.returncode == (18 if version == "1.1" else 92), (version, got)
        if version == "1.1":  # of HTTP/2 curl drops what came before the RST_STREAM
            assert b"content-length: 102400" in got.stdout.lower(), got
            assert os.path.getsize(os.path.join(folder.name, "cut")) == 1000
    try:
        client(url, "s3").get_object(Bucket="faulty", Key="k")["Body"].read()
    except (botocore.exceptions.IncompleteReadError, botocore.exceptions.ResponseStreamingError):
        pass
    else:
        raise AssertionError("boto3 did not notice")
    plan(url, wire("cut", on="s3:PutObject"))  # no body to be cut in: no answer
    got = curl(["--http1.1"], f"{url}/faulty/unanswered", "-T", "/proc/version")
    assert got.returncode == 52, got
    assert raw(url, "GET", "/faulty/unanswered").status == 200, "it was done"


def read_to_reset(s, ask):
    s.sendall(ask)
    count = 0
    try:
        while piece := s.recv(1 << 16):
            count += len(piece)
    except ConnectionResetError:
        return count
    raise AssertionError(f"no reset, {count} bytes")


def reset(url):
    """Proves: the client's socket sees RST, before the answer or within its body, inside TLS and in HTTP/2 too."""
    ask = b"GET /faulty/k HTTP/1.1\r\nHost: x\r\n\r\n"
    for rule in (wire("reset"), wire("reset", bytes=5000), {"on": "s3:GetObject", "phase": "lose_response"}):
        plan(url, rule)
        with socket.create_connection(("localhost", int(url.rsplit(":", 1)[1])), timeout=60) as s:
            read_to_reset(s, ask)
        _, options, base = ways(url)[2]  # Python's ssl does not tell a reset from an end
        got = curl(options, f"{base}/faulty/k")
        assert got.returncode == 56 and b"reset by peer" in got.stderr, got
    plan(url, wire("reset", bytes=5000, limit=2))
    for version, options, base in ways(url):
        if version == "2":
            got = curl(options, f"{base}/faulty/k")
            assert got.returncode in (35, 55, 56, 92), got
            assert curl(options, f"{base}/_aforo/health").returncode == 0
    try:
        plan(url, wire("reset"))
        client(url, "s3").get_object(Bucket="faulty", Key="k")
    except botocore.exceptions.ConnectionClosedError:
        pass
    else:
        raise AssertionError("boto3 did not notice")


async def by_hand(url, method, target, body=b"", secure=False):
    context = None
    if secure:
        context = ssl.create_default_context(cafile=CA)
        context.set_alpn_protocols(["h2"])
    h2 = Http2(*await asyncio.open_connection("localhost", int(url.rsplit(":", 1)[1]), ssl=context))
    await h2.begin()
    await h2.send("GET", "/_aforo/health", {})
    stream = await h2.send(method, target, {}, body)
    try:
        await asyncio.wait_for(h2.status(stream), 60)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    h2.close()
    return h2, stream


def streams_and_goaway(url):
    """Proves: RST_STREAM with the code of the plan, GOAWAY with its code and the last stream, mine or the one before."""
    for secure in (False, True):
        plan(url, wire("rst_stream", code="ENHANCE_YOUR_CALM", limit=1), wire("rst_stream", bytes=3000, code=8))
        h2, stream = asyncio.run(by_hand(url, "GET", "/faulty/k", secure=secure))
        assert h2.resets[stream] == 11 and stream not in h2.received and h2.goaway is None, (h2.resets, h2.goaway)
        h2, stream = asyncio.run(by_hand(url, "GET", "/faulty/k", secure=secure))
        assert h2.resets[stream] == 8 and h2.received[stream] == 3000, (h2.resets, h2.received)
        plan(url, wire("goaway", code="INADEQUATE_SECURITY", limit=1), wire("goaway", disowned=True))
        h2, stream = asyncio.run(by_hand(url, "GET", "/faulty/k", secure=secure))
        assert h2.goaway == (stream, 12), (stream, h2.goaway)
        h2, stream = asyncio.run(by_hand(url, "GET", "/faulty/k", secure=secure))
        assert h2.goaway == (stream - 2, 0), (stream, h2.goaway)
    plan(url, wire("rst_stream", on="s3:PutObject", code="REFUSED_STREAM", limit=1))
    got = curl(["--http2-prior-knowledge"], f"{url}/faulty/twice", "-X", "PUT", "-d", "x", "-w", "%{http_code}")
    lines = [json.loads(line) for line in raw(url, "GET", "/_aforo/ledger").body.splitlines()]
    times = [line for line in lines if line["resource"] == "faulty/twice"]
    assert got.stdout.endswith(b"200") and len(times) == 2 and all(line["applied"] for line in times), (got, times)
    if shutil.which("nghttp"):
        plan(url, wire("rst_stream", code="CANCEL"))
        told = subprocess.run(["nghttp", "-nv", f"{url}/faulty/k"], capture_output=True, text=True, timeout=60).stdout
        assert re.search(r"recv RST_STREAM.*\n.*CANCEL", told), told
    plan(url, wire("rst_stream", limit=1), wire("goaway", limit=2))  # where there are no streams: a reset
    for _ in range(2):
        with socket.create_connection(("localhost", int(url.rsplit(":", 1)[1])), timeout=60) as s:
            read_to_reset(s, b"GET /faulty/k HTTP/1.1\r\nHost: x\r\n\r\n")


def bytes_of_answers(url):
    """Proves: boto3 finds a bit that was turned and a body that is short by its checksum alone, an error in a 200, and a broken
    CRC in an event stream; over http and https."""
    for endpoint, verify in ((url, None), (f"https://localhost:{url.rsplit(':', 1)[1]}", CA)):
        s3 = boto3.client("s3", endpoint_url=endpoint, verify=verify, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                          config=Config(retries={"max_attempts": 0}, read_timeout=60))
        s3.put_object(Bucket="faulty", Key="summed", Body=BODY, ChecksumAlgorithm="CRC32")
        for how in ("corrupt", "short"):
            plan(url, wire(how))
            try:
                s3.get_object(Bucket="faulty", Key="summed", ChecksumMode="ENABLED")["Body"].read()
            except botocore.exceptions.FlexibleChecksumError:
                pass
            else:
                raise AssertionError(f"{how}: boto3 did not notice")
        plan(url, wire("error_in_200", on="s3:CopyObject"))
        try:
            s3.copy_object(Bucket="faulty", Key="copy", CopySource="faulty/k")
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InternalError", error
        else:
            raise AssertionError("error_in_200: boto3 did not notice")
        events(url, endpoint, verify)


def events(url, endpoint, verify):
    kinesis = boto3.client("kinesis", endpoint_url=endpoint, verify=verify, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                           config=Config(retries={"max_attempts": 0}, read_timeout=60))
    name = "faulty-tls" if verify else "faulty"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    control(url, "clock", {"advance": "1m"})
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    control(url, "clock", {"advance": "1m"})
    kinesis.put_record(StreamName=name, PartitionKey="p", Data=b"x" * 1000)
    shard = kinesis.list_shards(StreamName=name)["Shards"][0]["ShardId"]
    ask = dict(ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": "TRIM_HORIZON"})
    for rule, errors in ((wire("bad_crc", on="kinesis:SubscribeToShard"), botocore.eventstream.ChecksumMismatch),
                         (wire("cut", on="kinesis:SubscribeToShard", bytes=150), urllib3.exceptions.ProtocolError),
                         (wire("reset", on="kinesis:SubscribeToShard", bytes=150), (urllib3.exceptions.ProtocolError, urllib3.exceptions.SSLError))):
        plan(url, rule)
        control(url, "clock", {"advance": "10s"})
        try:
            stream = kinesis.subscribe_to_shard(**ask)["EventStream"]
            next(iter(stream))
        except StopIteration:
            raise AssertionError(f"{rule}: the stream ended well") from None
        except errors:
            pass
        else:
            raise AssertionError(f"{rule}: boto3 did not notice")
        assert fired(url) == 1, rule


def counted_and_seeded(url):
    """Proves: rules count, `after` and `limit` bound them, what fired is listed, and one seed fires at the same calls each time."""
    told = plan(url, wire("cut", bytes=1, after=2, limit=3))
    assert told["rules"][0]["bytes"] == 1
    got = [curl(["--http1.1"], f"{url}/faulty/k").returncode for _ in range(8)]
    assert got == [0, 0, 18, 18, 18, 0, 0, 0], got
    told = control(url, "faults")
    assert told["rules"][0]["matched"] == 8 and told["rules"][0]["fired"] == 3 and [f["wire"] for f in told["fired"]] == ["cut"] * 3, told
    runs = []
    for seed in (7, 7, 8):
        control(url, "reset", {})
        begin(url)
        plan(url, wire("reset", probability="1/2"), seed=seed)
        runs.append([curl(["--http1.1"], f"{url}/faulty/k").returncode for _ in range(16)])
    assert runs[0] == runs[1] != runs[2] and 0 in runs[0] and 56 in runs[0], runs


with open(CA, "wb") as out:
    program = os.path.join(os.environ["AFORO_BIN"], "aforo")
    out.write(subprocess.run([program, "ca", "--tls-dir", TLS], capture_output=True, check=True).stdout)
run([begin, drip, cut, reset, streams_and_goaway, bytes_of_answers, counted_and_seeded], "faults by bytes: curl, nghttp, boto3, sockets",
    boto3.__version__, ["--tls-dir", TLS])
folder.cleanup()
