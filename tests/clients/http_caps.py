"""What a client may cost: idle, slow, too many, too large. Each cap is made small by an option, met by raw sockets, and must end
that client alone and in the way that docs/clients.md says."""
import asyncio
import os
import resource
import socket
import subprocess
import sys
import time

from serving import control, raw, run, serving

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from h2_by_hand import Http2  # noqa: E402

PUT_RECORDS = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.PutRecords\r\nContent-Type: application/x-amz-json-1.1\r\n"


def connect(url):
    return socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=60)


def wait_for_end(connection):
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        pass


def idle_connections_end(_):
    """Proves: whatever a connection spoke before it fell silent, it is closed after the idle time, and not before."""
    with serving("--idle-timeout", "2") as url:
        starts = [b"", b"GET /_aforo/health HTTP/1.1\r\nHost: x\r\n\r\n", b"PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", b"PRI * HT",
                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), b"\x16\x03\x01\x02\x00"]
        began = time.monotonic()
        connections = [connect(url) for _ in starts]
        for connection, start in zip(connections, starts):
            connection.sendall(start)
        for connection, start in zip(connections, starts):
            wait_for_end(connection)
            took = time.monotonic() - began
            assert 1.5 < took < 20, (start, took)
        assert raw(url, "GET", "/_aforo/health").status == 200


def slow_requests_end(_):
    """Proves: bytes that drip in keep a connection from being idle, and not from being cut."""
    with serving("--idle-timeout", "2") as url:
        connection = connect(url)
        connection.sendall(PUT_RECORDS.encode() + b"Content-Length: 100000\r\n\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 60:
                connection.sendall(b"x")
                time.sleep(0.1)
        except ConnectionError:
            pass
        assert 2 < time.monotonic() - began < 20, time.monotonic() - began

        async def over_http2():
            h2 = Http2(*await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1])))
            await h2.begin()
            stream = await h2.send("PUT", "/b/k", {}, b"begun", ends=False)

            async def drip():
                while stream not in h2.resets:
                    h2.writer.write(b"\0\0\1\0\0" + stream.to_bytes(4, "big") + b"x")
                    await asyncio.sleep(0.1)
            dripping = asyncio.create_task(drip())
            while stream not in h2.resets:
                await asyncio.wait_for(h2.take(), 60)
            await dripping
            assert await h2.status(await h2.send("GET", "/_aforo/health", {})) == 200, "the connection goes on"
            h2.close()
        asyncio.run(over_http2())


def those_who_wait_are_not_idle(_):
    """Proves: an answer that comes later than the idle time comes."""
    with serving("--idle-timeout", "1") as url:
        raw(url, "PUT", "/late", b"")
        control(url, "faults", [{"on": "s3:HeadBucket", "phase": "delay", "delay": "3s"}])
        assert raw(url, "HEAD", "/late").status == 200
        said = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "-I", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/late"], capture_output=True, timeout=60)
        assert said.stdout == b"200", said


def one_connection_too_many(_):
    """Proves: it is told 503 and when to come again; once others have gone, there is room."""
    with serving("--max-connections", "20") as url:
        open_ = []
        for _ in range(20):
            open_.append(connect(url))
            open_[-1].sendall(b"GET /_aforo/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert open_[-1].recv(1 << 16).startswith(b"HTTP/1.1 200")
        refused = raw(url, "GET", "/_aforo/health")
        assert refused.status == 503 and refused.headers["retry-after"] == "1", refused
        for connection in open_[:5]:
            connection.close()
        until = time.monotonic() + 60
        while raw(url, "GET", "/_aforo/health").status != 200:
            assert time.monotonic() < until
            time.sleep(0.05)


def no_descriptor_left(_):
    """Proves: out of descriptors, the emulator waits without burning a processor, and then serves those who waited."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    program = os.path.join(os.environ["AFORO_BIN"], "aforo")
    process = subprocess.Popen([program, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
    try:
        url = process.stdout.readline().split()[-1]
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (40, 40))  # fewer than it counts with
        open_ = [connect(url) for _ in range(60)]
        time.sleep(0.5)
        ticks = busy(process.pid)
        time.sleep(1)
        assert busy(process.pid) - ticks < 30, "of 100 in a second"
        for connection in open_[:40]:
            connection.close()
        open_[59].sendall(b"GET /_aforo/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert open_[59].recv(1 << 16).startswith(b"HTTP/1.1 200")
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


def busy(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def bodies_have_a_cap_together(_):
    """Proves: what is collected of all bodies is limited; who comes on top is told to try again, in its own protocol's words; whole
    objects, which are kept anyway, are not counted."""
    with serving("--max-body-memory", "1") as url:
        raw(url, "PUT", "/capped", b"")
        hog = connect(url)
        hog.sendall(PUT_RECORDS.encode() + b"Content-Length: 1000000\r\n\r\n" + bytes(900_000))
        until = time.monotonic() + 60
        headers = {"X-Amz-Target": "Kinesis_20131202.PutRecords", "Content-Type": "application/x-amz-json-1.1"}
        while (told := raw(url, "POST", "/", bytes(300_000), headers)).status != 503:
            assert time.monotonic() < until, told
        assert b'"__type":"ServiceUnavailable"' in told.body, told
        told = raw(url, "POST", "/capped?delete", bytes(300_000))
        assert told.status == 503 and b"<Code>SlowDown</Code>" in told.body, told
        assert raw(url, "PUT", "/capped/large", bytes(3_000_000)).status == 200
        hog.close()
        while raw(url, "POST", "/", bytes(300_000), headers).status == 503:
            assert time.monotonic() < until + 60
        assert raw(url, "POST", "/", bytes(1_200_000), headers).status == 503  # alone it is too large, too


def more_streams_than_may_be_open(url):
    """Proves: 256 streams of a connection may be open; a client that agreed to that and opens one more breaks the protocol, which
    ends its connection, with GOAWAY, and no other."""
    async def over_http2():
        h2 = Http2(*await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1])))
        await h2.begin()
        open_ = [await h2.send("PUT", "/b/k", {}, b"x", ends=False) for _ in range(255)]
        assert await h2.status(await h2.send("GET", "/_aforo/health", {})) == 200
        open_ += [await h2.send("PUT", "/b/k", {}, b"x", ends=False) for _ in range(2)]
        try:
            while True:
                await asyncio.wait_for(h2.take(), 60)
        except asyncio.IncompleteReadError:
            pass
        assert h2.goaway is not None and h2.goaway[1] == 1, (h2.goaway, len(open_))  # PROTOCOL_ERROR
    asyncio.run(over_http2())
    assert raw(url, "GET", "/_aforo/health").status == 200


def dates_are_of_its_own_clock(url):
    """Proves: the Date of an answer is the emulator's, in both versions."""
    raw(url, "PUT", "/dated", b"")
    control(url, "clock", {"freeze": True, "set": "2031-02-03T04:05:06Z"})
    want = "Mon, 03 Feb 2031 04:05:06 GMT"
    assert raw(url, "HEAD", "/dated").headers["date"] == want, raw(url, "HEAD", "/dated")
    said = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "-I", f"{url}/dated"], capture_output=True, text=True, timeout=60)
    assert f"date: {want}" in said.stdout, said
    control(url, "clock", {"resume": True})


run([idle_connections_end, slow_requests_end, those_who_wait_are_not_idle, one_connection_too_many, no_descriptor_left, bodies_have_a_cap_together,
     more_streams_than_may_be_open, dates_are_of_its_own_clock], "time-outs and caps: raw sockets", "-")
