"""HTTP as nobody should send it, and as few do: sensible answers, nothing half done, and the emulator serves on."""
import json
import shutil
import socket
import subprocess
import sys

from kinesis_raw import post
from serving import raw, run, serving


def say(url, text):
    """All that is answered to these bytes on one connection until the emulator closes it."""
    host, port = url.split("//")[1].split(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        try:
            connection.sendall(text if isinstance(text, bytes) else text.encode())
            while part := connection.recv(1 << 16):
                said += part
        except ConnectionError:
            pass  # reset: what came before it counts
    return said


def leave(url, text):
    """Sends these bytes and is gone."""
    host, port = url.split("//")[1].split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(text.encode())


def status_of(said):
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/1.") else 0


def is_well(url):
    assert raw(url, "GET", "/_aforo/health").status == 200


if not shutil.which("curl"):
    print("skipped: no curl")
    sys.exit(77)
CURL = subprocess.run(["curl", "--version"], capture_output=True, text=True, timeout=60).stdout.split()[1]
CLOSING = "GET /_aforo/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def connections_are_kept_and_closed(url):
    ask = "GET /_aforo/health HTTP/1.1\r\nHost: x\r\n\r\n"
    assert say(url, ask * 4 + CLOSING).count(b"HTTP/1.1 200 OK") == 5  # pipelined
    said = say(url, CLOSING + ask)
    assert said.count(b"HTTP/1.1 200 OK") == 1 and b"connection: close" in said.lower(), said
    said = say(url, "GET /_aforo/health HTTP/1.0\r\n\r\n")
    assert status_of(said) == 200 and said.endswith(b"}\n"), said
    said = say(url, "GET /_aforo/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /_aforo/health HTTP/1.0\r\n\r\n")
    assert said.count(b" 200 OK") == 2, said
    said = say(url, "GET http://some.host/_aforo/health HTTP/1.1\r\nHost: some.host\r\nConnection: close\r\n\r\n")
    assert status_of(said) == 200, said


def bodies_come_in_every_way(url):
    raw(url, "PUT", "/abuse", b"")
    put = "PUT /abuse/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    # AWS: a body of unknown length is refused, unless aws-chunked says its length.
    said = say(url, put + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    assert status_of(said) == 501 and b"<Code>NotImplemented</Code>" in said and b"<Header>Transfer-Encoding</Header>" in said, said
    framed = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    said = say(url, put + "Transfer-Encoding: chunked\r\nContent-Encoding: aws-chunked\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
               "x-amz-decoded-content-length: 5\r\nx-amz-trailer: x-amz-checksum-crc32\r\n\r\n"
               f"{len(framed):x}\r\n{framed}\r\n0\r\n\r\n")
    assert status_of(said) == 200 and raw(url, "GET", "/abuse/k").body == b"hello", said
    said = say(url, put + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), said
    target = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Type: application/x-amz-json-1.1\r\n"
    said = say(url, target + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    assert status_of(said) == 200 and b'"StreamNames":[]' in said, said
    sent = subprocess.run(["curl", "-sS", "-T", "-", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/abuse/curl"], input=b"x" * 100_000,
                          capture_output=True, timeout=60)
    assert sent.stdout == b"501", sent
    sent = subprocess.run(["curl", "-sS", "-T", "/proc/version", "-H", "Expect: 100-continue", "-o", "/dev/null", "-w", "%{http_code}",
                           f"{url}/abuse/curl"], capture_output=True, timeout=60)
    assert sent.stdout == b"200", sent


def curl_signs_as_we_verify(_):
    with serving("--verify-signatures") as url:
        signed = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--aws-sigv4", "aws:amz:us-east-1:s3"]
        empty = ["-H", "Content-Length: 0"]  # which curl leaves out of a PUT without a body
        for secret, method, target, more, code in [
                ("test", "PUT", "/signed", [], "200"), ("test", "PUT", "/signed/a-key", [], "411"), ("test", "PUT", "/signed/a-key", empty, "200"),
                ("test", "GET", "/signed/a-key", [], "200"), ("wrong", "GET", "/signed/a-key", [], "403"), ("test", "DELETE", "/signed/a-key", [], "204")]:
            said = subprocess.run([*signed, "--user", f"test:{secret}", "-X", method, *more, url + target], capture_output=True, text=True, timeout=60)
            assert said.stdout == code, (secret, method, target, said)


def broken_requests_change_nothing(url):
    raw(url, "PUT", "/abuse/kept", b"kept")
    put = "PUT /abuse/kept HTTP/1.1\r\nHost: x\r\n"
    for text in [put + "Content-Length: 10\r\n\r\nhalf", put + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", put[:20], "\r\n\r\n\r\n", "",
                 "\0\1\2\3\xff" * 100 + "\r\n\r\n"]:
        leave(url, text)
        is_well(url)
    for text in [put + "Content-Length: -1\r\n\r\nx", put + "Content-Length: x\r\n\r\nx", put + "Content-Length: 99999999999999999999\r\n\r\nx",
                 put + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", put + "Content-Length: 99999999999\r\n\r\nx",
                 "PUT\r\n\r\n", "nonsense\r\n\r\n", "PUT /abuse/kept\r\n\r\n", "PUT /abuse/kept HTTP/9.9\r\n\r\n"]:
        said = say(url, text)
        assert status_of(said) == 0 or 400 <= status_of(said) < 600, (text, said)
        is_well(url)
    assert raw(url, "GET", "/abuse/kept").body == b"kept"


def large_heads_are_refused(url):
    many = "".join(f"X-Header-{i}: {i}\r\n" for i in range(10_000))
    said = say(url, f"GET /_aforo/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{many}\r\n")
    assert status_of(said) in (0, 400, 413, 431), said[:200]
    few = "".join(f"X-Header-{i}: {i}\r\n" for i in range(150))
    assert status_of(say(url, f"GET /_aforo/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{few}\r\n")) == 200
    more = "".join(f"X-Header-{i}: {i}\r\n" for i in range(250))
    assert status_of(say(url, f"GET /_aforo/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n")) == 431
    assert raw(url, "GET", "/abuse/" + "k" * 10_000).status == 400  # KeyTooLongError
    assert raw(url, "GET", "/abuse?prefix=" + "p" * 7000).status == 200
    assert raw(url, "GET", "/abuse?prefix=" + "p" * 9000).status == 400  # RequestHeaderSectionTooLarge: with the query
    said = say(url, f"GET /{'k' * 200_000} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status_of(said) in (0, 414, 431), said[:200]
    said = say(url, "GET /_aforo/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + "v" * 30_000 + "\r\n\r\n")
    assert status_of(said) == 200, said[:200]
    is_well(url)


def odd_methods_and_targets(url):
    for method in ["OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW", "get"]:
        for target in ["/", "/abuse", "/abuse/kept"]:
            said = say(url, f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            assert status_of(said) == 0 or 400 <= status_of(said) < 600, (method, target, said)
    assert status_of(say(url, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) in (400, 403, 405)
    for target in ["/abuse/%zz", "/abuse/%", "/abuse/%f", "/abuse/%ff%fe", "/abuse/%00", "/%00", "//", "//abuse", "/abuse//", "/abuse/..", "/abuse/../..",
                   "/?", "/??", "/abuse?&&=&=x", "/abuse?list-type=2&prefix=%zz", "/abuse?uploads&uploads", "/abuse/kept?partNumber=x", "/_aforo", "/_aforo/../abuse"]:
        for method in ["GET", "HEAD", "DELETE"]:
            said = say(url, f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert 200 <= status_of(said) < 500 or status_of(said) == 501, (method, target, said)
    assert status_of(say(url, "HEAD /abuse/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == 404
    said = say(url, "HEAD /abuse/none HTTP/1.1\r\nHost: x\r\n\r\n" + CLOSING)
    assert said.count(b"HTTP/1.1 ") == 2 and b"\r\n\r\nHTTP/1.1 200" in said, said  # no body after a HEAD
    is_well(url)


def json_of_every_depth(url):
    for body in [b"[" * 100_000, b'{"a":' * 100_000, b'{"StreamName":"' + b"a" * 1_000_000 + b'"}', b"{" + b'"a":1,' * 100_000 + b'"b":2}',
                 b'{"StreamName":"\\ud800"}', b'{"StreamName":"\\u0000"}', b'{"StreamName":"' + b"\xc0\xaf" + b'"}', b"1e999999", b'{"Limit":1e400}',
                 b'{"Limit":99999999999999999999}', b'{"Limit":1.5}', b'{"StreamName":"a","StreamName":"b"}', b"\xef\xbb\xbf{}", b"nul", b"{}x"]:
        for operation in ["DescribeStream", "PutRecords", "PutRecord", "GetRecords", "ListStreams"]:
            status, told = post(url, operation, body)
            assert status == 400 and told["__type"] or operation == "ListStreams" and status == 200, (operation, body[:60], status, told)
    is_well(url)


def the_ledger_tells_of_it(url):
    lines = [json.loads(line) for line in raw(url, "GET", "/_aforo/ledger").body.splitlines()]
    assert lines and all(line["status"] != 500 for line in lines), [line for line in lines if line["status"] == 500]


run([connections_are_kept_and_closed, bodies_come_in_every_way, curl_signs_as_we_verify, broken_requests_change_nothing, large_heads_are_refused, odd_methods_and_targets,
     json_of_every_depth, the_ledger_tells_of_it], "HTTP/1.1 by hand, and curl", CURL)
