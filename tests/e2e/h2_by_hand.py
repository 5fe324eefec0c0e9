"""As much of an HTTP/2 client (RFC 9113) as a test needs that misbehaves: requests as literal headers, frames as they come. Of an
answer it knows whether its status is 200, which HPACK (RFC 7541) spells as one byte, and how long its body is."""
import asyncio
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUS_200 = 0x88


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header that nobody remembers; a length of 127 bytes or more takes more than one byte."""
    out = b"\x10"
    for text in (name.encode(), value.encode()):
        if len(text) < 127:
            out += bytes([len(text)]) + text
            continue
        left, out = len(text) - 127, out + b"\x7f"
        while left >= 128:
            left, out = left >> 7, out + bytes([left & 127 | 128])
        out += bytes([left]) + text
    return out


class Http2:
    def __init__(self, reader, writer, window_step=1 << 20):
        self.reader, self.writer, self.window_step = reader, writer, window_step
        self.next, self.credit, self.credits = 1, 65535, {}
        self.statuses, self.ended, self.received, self.resets = {}, set(), {}, {}
        self.goaway = None
        self.initial = 65535

    async def begin(self):
        initial = min(self.window_step, 65535)
        self.writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, initial)))
        await self.take()

    async def send(self, method, target, headers, body=b"", ends=True):
        stream, self.next = self.next, self.next + 2
        self.credits[stream] = self.initial
        block = literal(":method", method) + literal(":path", target) + literal(":scheme", "http") + literal(":authority", "localhost")
        for name, value in headers.items():
            block += literal(name, value)
        self.writer.write(frame(HEADERS, END_HEADERS | (0 if body or not ends else END_STREAM), stream, block))
        at = 0
        while at < len(body):
            while min(self.credit, self.credits[stream]) <= 0:
                await self.take()
            count = min(16384, len(body) - at, self.credit, self.credits[stream])
            self.credit -= count
            self.credits[stream] -= count
            at += count
            self.writer.write(frame(DATA, END_STREAM if ends and at == len(body) else 0, stream, body[at - count:at]))
        return stream

    def rst(self, stream, code=8):
        self.writer.write(frame(RST_STREAM, 0, stream, struct.pack(">I", code)))

    async def take(self):
        """One frame, and what it asks for."""
        head = await self.reader.readexactly(9)
        count, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = await self.reader.readexactly(count)
        if kind == SETTINGS and not flags & ACK:
            for at in range(0, count, 6):
                name, value = struct.unpack(">HI", payload[at:at + 6])
                if name == 4:
                    self.credits = {s: c + value - self.initial for s, c in self.credits.items()}
                    self.initial = value
            self.writer.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.writer.write(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            more = struct.unpack(">I", payload)[0]
            if stream == 0:
                self.credit += more
            else:
                self.credits[stream] = self.credits.get(stream, 0) + more
        elif kind == HEADERS:
            first = next((b for b in payload if b & 0xe0 != 0x20), 0)  # past changes of the table's size
            self.statuses.setdefault(stream, 200 if first == STATUS_200 else 0)
        elif kind == DATA and count > 0:
            self.received[stream] = self.received.get(stream, 0) + count
            more = struct.pack(">I", count)
            self.writer.write(frame(WINDOW_UPDATE, 0, 0, more) + (b"" if flags & END_STREAM else frame(WINDOW_UPDATE, 0, stream, more)))
        elif kind == RST_STREAM:
            self.resets[stream] = struct.unpack(">I", payload)[0]
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">II", payload[:8])
        if flags & END_STREAM and kind in (HEADERS, DATA):
            self.ended.add(stream)
        return kind

    async def status(self, stream, chew=None):
        while stream not in self.ended:
            if stream in self.resets:
                raise ConnectionError(f"RST_STREAM {self.resets[stream]}")
            if await self.take() == DATA and chew:
                await asyncio.sleep(chew)
        return self.statuses[stream]

    def close(self):
        self.writer.write(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0)))
        self.writer.close()
