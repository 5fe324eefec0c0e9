"""HTTP/1.1, HTTP/2 and TLS on one port: curl, nghttp2's h2load and boto3 over https; and what sniffing must not mistake."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

from serving import boto3, Config, run

AFORO = os.path.join(os.environ["AFORO_BIN"], "aforo")
folder = tempfile.TemporaryDirectory()
TLS = os.path.join(folder.name, "tls")
CA = os.path.join(folder.name, "ca.pem")


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ways(url):
    """How curl is told each of the four ways in, and the version that it must report."""
    port = url.rsplit(":", 1)[1]
    plain, secret = f"http://localhost:{port}", f"https://localhost:{port}"
    return [(["--http1.1"], plain, b"1.1"), (["--http2-prior-knowledge"], plain, b"2"),
            (["--http1.1", "--cacert", CA], secret, b"1.1"), (["--http2", "--cacert", CA], secret, b"2")]


def every_way_in_carries_large_bodies_both_ways(url):
    """Proves: 20 MB up and down are the same bytes by HTTP/1.1 and HTTP/2, plain and inside TLS; an object assembled from
    parts, which lies in pieces, too."""
    body = os.urandom(20_000_000)
    path = os.path.join(folder.name, "body")
    with open(path, "wb") as out:
        out.write(body)
    for number, (options, base, version) in enumerate(ways(url)):
        said = curl(*options, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{base}/_aforo/health")
        assert said == version + b" 200", said
        curl(*options, "--fail", "-X", "PUT", f"{base}/b{number}xx")
        curl(*options, "--fail", "-T", path, f"{base}/b{number}xx/k")
        assert curl(*options, "--fail", f"{base}/b{number}xx/k") == body
        assert curl(*options, "--fail", "-r", "1000000-1000009", f"{base}/b{number}xx/k") == body[1000000:1000010]
        head = curl(*options, "--fail", "-I", f"{base}/b{number}xx/k").lower()
        assert b"content-length: 20000000" in head and b"date: " in head, head


def refusals_come_before_the_body(url):
    """Proves: a body that is only to be refused is not waited for, in either version."""
    path = os.path.join(folder.name, "refused")
    with open(path, "wb") as out:
        out.write(bytes(8_000_000))
    for options, base, _ in ways(url):
        said = curl(*options, "-H", "Expect: 100-continue", "-T", path, "-o", "/dev/null",
                    "-w", "%{http_code} %{size_upload}", "-H", "x-amz-target: Nothing.AtAll", f"{base}/nowhere/k")
        status, sent = said.split()
        assert status != b"200" and int(sent) < 8_000_000, said


def boto3_over_https(url):
    """Proves: boto3 verifies the certificate by `aforo ca`, and its https dialect (aws-chunked with a trailer inside chunks
    of HTTP, Expect: 100-continue) is stored plain."""
    port = url.rsplit(":", 1)[1]
    s3 = boto3.client("s3", endpoint_url=f"https://localhost:{port}", region_name="us-east-1", verify=CA,
                      aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))
    s3.create_bucket(Bucket="secure")
    body = os.urandom(3_000_000)
    s3.put_object(Bucket="secure", Key="k", Body=body)
    answer = s3.get_object(Bucket="secure", Key="k")
    assert answer["Body"].read() == body and "aws-chunked" not in answer.get("ContentEncoding", "")


def wrong_authority_is_noticed(url):
    """Proves: the certificate is not one that anybody trusts by chance."""
    port = url.rsplit(":", 1)[1]
    try:
        ssl.create_default_context().wrap_socket(socket.create_connection(("localhost", int(port))), server_hostname="localhost")
    except ssl.SSLCertVerificationError:
        return
    raise AssertionError("verified without our authority")


def sniffing_takes_its_time(url):
    """Proves: a preface that comes byte by byte is HTTP/2, "PRIVATE" is a method of HTTP/1.1, garbage inside TLS ends that
    connection alone."""
    address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
    with socket.create_connection(address, timeout=60) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]):
            s.sendall(bytes([byte]))
        assert s.recv(9)[3] == 4, "the first frame is SETTINGS"
    with socket.create_connection(address, timeout=60) as s:
        s.sendall(b"PRIVATE /x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert s.recv(9) == b"HTTP/1.1 "
    with socket.create_connection(address, timeout=60) as s:
        s.sendall(b"\x16\x03\x01\x00\x05hello" + bytes(100))
        try:
            while s.recv(1000):
                pass
        except ConnectionResetError:
            pass  # ended too
    curl("--fail", f"{url}/_aforo/health")


def many_streams_at_once(url):
    """Proves: 64 streams on each of four connections are all answered (h2load, where it is)."""
    if shutil.which("h2load") is None:
        return
    done = subprocess.run(["h2load", "-n", "4000", "-c", "4", "-m", "64", f"{url}/_aforo/health"], capture_output=True,
                          text=True, timeout=60)
    assert "4000 succeeded, 0 failed" in done.stdout, done.stdout


def damaged_answers(url):
    """Proves: a cut answer says its whole length and ends in the middle, in each version; a connection that is given up says
    GOAWAY and serves no further request; the emulator serves on."""
    port = url.rsplit(":", 1)[1]
    body = bytes(300_000)
    path = os.path.join(folder.name, "cut")
    with open(path, "wb") as out:
        out.write(body)
    curl("--fail", "-X", "PUT", f"{url}/cuts")
    curl("--fail", "-T", path, f"{url}/cuts/k")
    for options, base, version in ways(url)[:2]:
        curl("--fail", "-X", "DELETE", f"{url}/_aforo/faults")
        curl("--fail", "-d", '[{"on": "s3:GetObject", "phase": "wire", "wire": "cut", "nth": [1]}]', f"{url}/_aforo/faults")
        cut = subprocess.run(["curl", "-sS", *options, f"{base}/cuts/k"], capture_output=True, timeout=60)
        assert cut.returncode == (18 if version == b"1.1" else 92), (cut.returncode, cut.stderr)
        # A client may drop what came before the RST_STREAM.
        assert len(cut.stdout) == 150_000 if version == b"1.1" else len(cut.stdout) <= 150_000, len(cut.stdout)
        assert curl(*options, f"{base}/cuts/k") == body
    curl("--fail", "-X", "DELETE", f"{url}/_aforo/faults")
    curl("--fail", "-d", '[{"on": "s3:GetObject", "phase": "wire", "wire": "goaway", "nth": [1]}]', f"{url}/_aforo/faults")
    if shutil.which("nghttp"):
        told = subprocess.run(["nghttp", "-nv", f"http://localhost:{port}/cuts/k"], capture_output=True, text=True, timeout=60)
        assert "recv GOAWAY" in told.stdout and "recv RST_STREAM" in told.stdout, told.stdout
        assert curl("--http2-prior-knowledge", f"http://localhost:{port}/cuts/k") == body
    curl("--fail", "-X", "DELETE", f"{url}/_aforo/faults")


def late_and_lost_answers(url):
    """Proves: a delayed answer comes late and alone; a lost one ends its stream and not its connection."""
    port = url.rsplit(":", 1)[1]
    rules = ('[{"on": "s3:PutObject", "phase": "lose_response", "nth": [1]},'
             ' {"on": "s3:ListBuckets", "phase": "delay", "delay": "1s", "nth": [1]}]')
    curl("--fail", "-X", "PUT", f"{url}/faulty")
    curl("--fail", "-d", rules, f"{url}/_aforo/faults")
    base = f"http://localhost:{port}"
    lost = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "-d", "x", "-X", "PUT", f"{base}/faulty/k"],
                          capture_output=True, timeout=60)
    assert b"INTERNAL_ERROR" in lost.stderr, lost
    assert curl("--http2-prior-knowledge", f"{base}/faulty/k") == b"x"
    if shutil.which("h2load"):
        curl("--fail", "-d", '[{"on": "s3:GetObject", "phase": "lose_response", "nth": [1]}]', f"{url}/_aforo/faults")
        done = subprocess.run(["h2load", "-n", "5", "-c", "1", "-m", "1", f"{base}/faulty/k"], capture_output=True, text=True,
                              timeout=60)
        assert "5 done, 4 succeeded, 1 failed" in done.stdout, done.stdout
    took = curl("--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{time_total}", f"{base}/")
    assert float(took) >= 1, took


if shutil.which("curl") is None or b"HTTP2" not in subprocess.run(["curl", "--version"], capture_output=True).stdout:
    print("skipped: no curl with HTTP/2")
    sys.exit(77)
with open(CA, "wb") as out:
    out.write(subprocess.run([AFORO, "ca", "--tls-dir", TLS], capture_output=True, check=True).stdout)
run([every_way_in_carries_large_bodies_both_ways, refusals_come_before_the_body, boto3_over_https, wrong_authority_is_noticed,
     sniffing_takes_its_time, many_streams_at_once, damaged_answers, late_and_lost_answers],
    "HTTP/1.1 and HTTP/2, plain and TLS: curl, h2load, boto3 over https",
    subprocess.run(["curl", "--version"], capture_output=True, text=True, timeout=60).stdout.split()[1],
    ["--tls-dir", TLS])
folder.cleanup()
