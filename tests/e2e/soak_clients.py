"""How the clients of soak_connections.py behave: well, or as clients do that are broken, slow, or gone. Each way is a function of
the client and of whether it speaks inside TLS; what was sent whole and what was acknowledged is noted in the client."""
import asyncio
import base64
import json
import random
import re
import socket
import ssl
import struct

from h2_by_hand import Http2

STREAM, BUCKET = "soak", "soak-bucket"


# ---- one client: what it sends, and what it was told ----

class Client:
    """An actor of the ledger, by its access key."""
    def __init__(self, number, port, ca, seed=1):
        self.name, self.port, self.ca = f"SOAK{number:04d}", port, ca
        self.dice = random.Random(seed * 1_000_003 + number)
        self.counter = 0
        self.sent, self.acked = {"PutRecord": set(), "PutObject": set()}, {"PutRecord": set(), "PutObject": set()}
        self.never = set()  # keys of objects whose bodies were never sent whole
        self.kept = []      # connections that nobody closes before the round is over
        self.trouble = []

    def credentials(self, service):
        return f"AWS4-HMAC-SHA256 Credential={self.name}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"

    def put_record(self):
        self.counter += 1
        data = f"{self.name}/{self.counter}"
        body = json.dumps({"StreamName": STREAM, "PartitionKey": data, "Data": base64.b64encode(data.encode()).decode()}).encode()
        return ("PutRecord", data, "POST", "/", {"authorization": self.credentials("kinesis"), "x-amz-target": "Kinesis_20131202.PutRecord",
                                                 "content-type": "application/x-amz-json-1.1"}, body)

    def put_object(self, key=None, size=None):
        self.counter += 1
        size = size or self.dice.choice([20, 1000, 70_000, 300_000])
        body = f"{self.counter:08d}".encode() * (size // 8 + 1)
        return ("PutObject", self.counter, "PUT", f"/{BUCKET}/{key or self.name}", {"authorization": self.credentials("s3")}, body)

    def get_large(self):
        return ("GetObject", 0, "GET", f"/{BUCKET}/large", {"authorization": self.credentials("s3")}, b"")

    def any_put(self):
        return self.put_record() if self.dice.random() < 0.6 else self.put_object()

    async def connect(self, secure, alpn=None):
        context = None
        if secure:
            context = ssl.create_default_context(cafile=self.ca)
            context.set_alpn_protocols([alpn] if alpn else ["http/1.1"])
        return await asyncio.open_connection("localhost", self.port, ssl=context, limit=1 << 16)

    def note_sent(self, request):
        if request[0] in self.sent:
            self.sent[request[0]].add(request[1])

    def note_status(self, request, status):
        if status != 200:
            self.trouble.append((request[0], status))
        elif request[0] in self.acked:
            self.acked[request[0]].add(request[1])


def head_of(request, extra=""):
    _, _, method, target, headers, body = request
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: {len(body)}\r\n{extra}\r\n".encode()


async def answer_of(reader, chew=None):
    """The status; the body is read, with a pause between its bites where the reader is slow."""
    head = await reader.readuntil(b"\r\n\r\n")
    left = int(re.search(rb"(?i)content-length: (\d+)", head).group(1)) if re.search(rb"(?i)content-length", head) else 0
    while left > 0:
        bite = await reader.read(min(left, 1 << 16))
        if not bite:
            raise ConnectionError("the body ends early")
        left -= len(bite)
        if chew:
            await asyncio.sleep(chew)
    return int(head.split(b" ", 2)[1])


def reset(writer):
    """Ends a connection by RST."""
    inner = writer.get_extra_info("socket")
    if inner is not None and not writer.transport.is_closing():
        inner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# ---- how clients behave over HTTP/1.1; `secure`: inside TLS ----

async def well(client, secure):
    reader, writer = await client.connect(secure)
    for _ in range(client.dice.randrange(1, 12)):
        request = client.any_put()
        client.note_sent(request)
        writer.write(head_of(request) + request[5])
        client.note_status(request, await answer_of(reader))
    writer.close()


async def pipelined(client, secure):
    reader, writer = await client.connect(secure)
    requests = [client.put_record() for _ in range(5)]
    for request in requests:
        client.note_sent(request)
    writer.write(b"".join(head_of(r) + r[5] for r in requests))
    for request in requests:
        client.note_status(request, await answer_of(reader))
    writer.close()


async def half_closed(client, secure):
    """All is sent, the end of stream with it; the answer must still come, and then the end."""
    reader, writer = await client.connect(secure)
    request = client.any_put()
    client.note_sent(request)
    writer.write(head_of(request) + request[5])
    if not secure:
        writer.write_eof()
    client.note_status(request, await answer_of(reader))
    if not secure and await asyncio.wait_for(reader.read(1), 10) != b"":
        raise AssertionError("more than an answer")
    writer.close()


async def cut_in_body(client, secure):
    reader, writer = await client.connect(secure)
    client.counter += 1
    key = f"never/{client.name}/{client.counter}"
    client.never.add(key)
    request = client.put_object(key, 100_000)
    writer.write(head_of(request) + request[5][:client.dice.randrange(0, 99_000)])
    await writer.drain()
    await asyncio.sleep(client.dice.choice([0, 0, 0.05]))
    how = client.dice.randrange(3)
    if how == 0 or (how == 1 and secure):
        reset(writer)
    elif how == 1:
        writer.write_eof()  # and waits for the emulator to give up
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
    else:
        writer.close()


async def cut_in_head(client, secure):
    _, writer = await client.connect(secure)
    head = head_of(client.put_object("never/head"))
    client.never.add("never/head")
    writer.write(head[:client.dice.randrange(1, len(head) - 2)])
    await writer.drain()
    (reset if client.dice.random() < 0.5 else lambda w: w.close())(writer)


async def reset_before_answer(client, secure):
    _, writer = await client.connect(secure)
    request = client.any_put()
    client.note_sent(request)
    writer.write(head_of(request) + request[5])
    await writer.drain()
    await asyncio.sleep(client.dice.choice([0, 0.001, 0.01]))
    reset(writer)


async def slow_sender(client, secure):
    reader, writer = await client.connect(secure)
    request = client.put_record()
    client.note_sent(request)
    bytes_ = head_of(request) + request[5]
    step = client.dice.choice([7, 31])
    for at in range(0, len(bytes_), step):
        writer.write(bytes_[at:at + step])
        await asyncio.sleep(0.02)
    client.note_status(request, await answer_of(reader))
    writer.close()


async def slow_reader(client, secure):
    reader, writer = await client.connect(secure)
    writer.write(head_of(client.get_large()))
    client.note_status(client.get_large(), await answer_of(reader, chew=0.05))
    writer.close()


async def never_reads(client, secure):
    """Asks for much, reads nothing, and is there until the round is over."""
    _, writer = await client.connect(secure)
    writer.transport.pause_reading()
    writer.write(head_of(client.get_large()) * 3)
    client.kept.append(writer)
    await asyncio.sleep(1)


async def idle(client, secure):
    _, writer = await client.connect(secure)
    await asyncio.sleep(client.dice.random() * 2)
    if client.dice.random() < 0.3:
        client.kept.append(writer)
    else:
        writer.close()


async def garbage(client, secure):
    reader, writer = await client.connect(secure)
    writer.write(bytes(client.dice.randrange(256) for _ in range(300)) + b"\r\n\r\n")
    try:
        await asyncio.wait_for(reader.read(), 5)
    except asyncio.TimeoutError:
        pass  # it may look like the beginning of something
    writer.close()


async def half_a_handshake(client, _):
    _, writer = await client.connect(False)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(client.dice.randrange(100)))
    await asyncio.sleep(client.dice.random())
    (reset if client.dice.random() < 0.5 else lambda w: w.close())(writer)


# ---- and over HTTP/2 ----

async def h2_well(client, secure):
    h2 = Http2(*await client.connect(secure, "h2"))
    await h2.begin()
    requests = [client.any_put() for _ in range(client.dice.randrange(1, 8))]
    streams = []
    for request in requests:
        client.note_sent(request)
        streams.append(await h2.send(*request[2:]))
    for request, stream in zip(requests, streams):
        client.note_status(request, await h2.status(stream))
    h2.close()


async def h2_cut(client, secure):
    h2 = Http2(*await client.connect(secure, "h2"))
    await h2.begin()
    client.counter += 1
    key = f"never/{client.name}/{client.counter}"
    client.never.add(key)
    request = client.put_object(key, 50_000)
    stream = await h2.send(*request[2:5], request[5][:client.dice.randrange(1, 40_000)], ends=False)
    how = client.dice.randrange(3)
    if how == 0:
        h2.rst(stream)
        other = client.put_record()  # the connection goes on
        client.note_sent(other)
        client.note_status(other, await asyncio.wait_for(h2.status(await h2.send(*other[2:])), 30))
        h2.close()
    elif how == 1:
        reset(h2.writer)
    else:
        h2.close()


async def h2_never_reads(client, secure):
    h2 = Http2(*await client.connect(secure, "h2"))
    await h2.begin()
    for _ in range(4):
        await h2.send(*client.get_large()[2:])
    h2.writer.transport.pause_reading()
    client.kept.append(h2.writer)
    await asyncio.sleep(1)


async def h2_slow_reader(client, secure):
    h2 = Http2(*await client.connect(secure, "h2"), window_step=16_000)
    await h2.begin()
    request = client.get_large()
    client.note_status(request, await asyncio.wait_for(h2.status(await h2.send(*request[2:]), chew=0.01), 60))
    h2.close()


WAYS = [(well, 6), (pipelined, 2), (half_closed, 3), (cut_in_body, 4), (cut_in_head, 2), (reset_before_answer, 3), (slow_sender, 2), (slow_reader, 1),
        (never_reads, 1), (idle, 2), (garbage, 1), (half_a_handshake, 1), (h2_well, 6), (h2_cut, 3), (h2_never_reads, 1), (h2_slow_reader, 1)]
# Whose clients do nothing wrong: they must be served.
GOOD = {well, pipelined, half_closed, slow_sender, slow_reader, h2_well, h2_slow_reader}
