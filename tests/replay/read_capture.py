#!/usr/bin/env python3
"""A second reader of raw objects, written from docs/capture-format.md alone: checks every sum and size, and prints a
record a line as JSON: sequence number, partition key, arrival time, the bytes in hex.    usage: read_capture.py FILE..."""
import json, struct, subprocess, sys

TABLE = []
for i in range(256):
    c = i
    for _ in range(8):
        c = c >> 1 ^ (0x9A6C9329AC4BC9B5 if c & 1 else 0)  # 0xad93d23594c93659 with its bits turned round
    TABLE.append(c)
ONES = (1 << 64) - 1


def crc(data):
    c = ONES
    for byte in data:
        c = TABLE[(c ^ byte) & 255] ^ c >> 8
    return c ^ ONES


def need(holds, what):
    if not holds:
        raise ValueError(what)


def unpack(layout, data, at):
    return struct.unpack_from("<" + layout, data, at)


def text(data, at):
    size, = unpack("H", data, at)
    need(at + 2 + size <= len(data), "a text past the end")
    return data[at + 2:at + 2 + size].decode(), at + 2 + size


def unzstd(data):
    return subprocess.run(["zstd", "-qdc"], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def skippable(data, at, size):
    magic, length = unpack("II", data, at)
    need(magic == 0x184D2A5A and length == size - 8, "not the skippable frame that was promised")
    return data[at + 8:at + size]


def entries_of(payload, count):
    encoding, size = unpack("II", payload, 24)
    stored = payload[32:-8]
    entries = unzstd(stored) if encoding == 1 else stored
    need(encoding in (0, 1) and len(entries) == size, "entries of another size")
    at = 0
    for _ in range(count):
        length, arrived = unpack("Iq", entries, at)
        sequence, at = text(entries, at + 12)
        key, at = text(entries, at)
        yield length, arrived, sequence, key
    need(at == len(entries), "more entries than records")


def frame(data, at, records, size, data_size, index_size, content_crc):
    content = unzstd(data[at:at + data_size])
    payload = skippable(data, at + data_size, index_size)
    need(payload[:4] == b"AFI1" and unpack("Q", payload, len(payload) - 8)[0] == crc(payload[:-8]), "index: mark or sum")
    need(unpack("IQQ", payload, 4) == (records, size, content_crc), "index and seek table differ")
    need(len(content) == size and crc(content) == content_crc, "content: size or sum")
    from_ = 0
    for length, arrived, sequence, key in entries_of(payload, records):
        need(content[from_ + length:from_ + length + 1] == b"\n", "no line feed behind a record")
        yield sequence, key, arrived, content[from_:from_ + length]
        from_ += length + 1
    need(from_ == size, "content behind the last record")


def read(data):
    size, mark = unpack("I4s", data, len(data) - 8)
    need(mark == b"AFO1" and size + 8 <= len(data), "no seek table at the end")
    begin = len(data) - size - 8
    seek = skippable(data, begin, size + 8)
    need(seek[:4] == b"AFS1" and unpack("Q", seek, size - 16)[0] == crc(seek[:-16]), "seek table: mark or sum")
    frames, records, total, first_us, last_us, over, stored = unpack("IQQqqQQ", seek, 4)
    need(crc(data[:begin]) == stored, "bytes before the seek table")
    first, at = text(seek, 56)
    last, at = text(seek, at)
    need(len(seek) - 16 - at == 24 * frames, "seek table: entries")
    sizes = [unpack("IIIIQ", seek, at + 24 * i) for i in range(frames)]
    need(crc(b"".join(struct.pack("<Q", s[4]) for s in sizes)) == over, "sum over the frames' sums")
    found, place = [], 0
    for s in sizes:
        found += frame(data, place, *s)
        place += s[2] + s[3]
    need(place == begin and sum(s[1] for s in sizes) == total and len(found) == records, "parts do not add up")
    need((found[0][0], found[0][2], found[-1][0], found[-1][2]) == (first, first_us, last, last_us), "other first or last record")
    return found


if __name__ == "__main__":
    assert crc(b"123456789") == 0xAE8B14860A799888
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            for sequence, key, arrived, record in read(f.read()):
                print(json.dumps([sequence, key, arrived, record.hex()]))
