#!/usr/bin/env python3
"""A second reader of raw objects, written from docs/capture-format.md, with the zstd program for the compression: reads
the shipped captures and compares them with their manifests. It shares nothing with src/pipeline/capture_read.c."""
import csv
import hashlib
import os
import struct
import subprocess
import sys

SKIPPABLE = 0x184D2A5A
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = (byte >> 1) ^ (0x9A6C9329AC4BC9B5 if byte & 1 else 0)  # the polynomial, reflected
    TABLE.append(byte)


def crc(data):
    value = 0xFFFFFFFFFFFFFFFF
    for b in data:
        value = TABLE[(value ^ b) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFFFFFFFFFF


def unzstd(frame):
    return subprocess.run(["zstd", "-dc"], input=frame, stdout=subprocess.PIPE, check=True).stdout


def text(payload, at):
    (length,) = struct.unpack_from("<H", payload, at)
    return payload[at + 2:at + 2 + length].decode(), at + 2 + length


def seek_of(data):
    size, mark = struct.unpack_from("<I4s", data, len(data) - 8)
    payload = data[len(data) - size:]
    assert mark == b"AFO1" and payload[:4] == b"AFS1"
    assert struct.unpack_from("<II", data, len(data) - size - 8) == (SKIPPABLE, size)
    assert struct.unpack_from("<Q", payload, size - 16) == (crc(payload[:-16]),)
    return payload, len(data) - size - 8


def entries_of(index, frame):
    magic, size = struct.unpack_from("<II", index)
    payload = index[8:]
    assert magic == SKIPPABLE and size == len(payload)
    assert payload[:4] == b"AFI1" and struct.unpack_from("<Q", payload, size - 8) == (crc(payload[:-8]),)
    count, length, checksum, encoding, plain = struct.unpack_from("<IQQII", payload, 4)
    assert (count, length, checksum) == frame
    entries = payload[32:-8] if encoding == 0 else unzstd(payload[32:-8])
    assert encoding in (0, 1) and len(entries) == plain
    return entries


def records_of(data):
    """[(record, arrival, sequence number, partition key)]"""
    payload, end = seek_of(data)
    frames, count, total, first_us, last_us, over, stored = struct.unpack_from("<IQQqqQQ", payload, 4)
    assert stored == crc(data[:end])
    first, at = text(payload, 56)
    last, at = text(payload, at)
    records, position, checksums = [], 0, b""
    for _ in range(frames):
        n, length, size, index_size, checksum = struct.unpack_from("<IIIIQ", payload, at)
        at += 24
        content = unzstd(data[position:position + size])
        assert len(content) == length and crc(content) == checksum
        entries = entries_of(data[position + size:position + size + index_size], (n, length, checksum))
        position += size + index_size
        checksums += struct.pack("<Q", checksum)
        entry = where = 0
        for _ in range(n):
            record_length, arrived = struct.unpack_from("<Iq", entries, entry)
            sequence, entry = text(entries, entry + 12)
            key, entry = text(entries, entry)
            assert content[where + record_length:where + record_length + 1] == b"\n"
            records.append((content[where:where + record_length], arrived, sequence, key))
            where += record_length + 1
        assert entry == len(entries) and where == length
    assert at == len(payload) - 16 and position == end and over == crc(checksums) and len(records) == count
    assert total == sum(len(r[0]) + 1 for r in records)
    assert (records[0][2], records[-1][2], records[0][1], records[-1][1]) == (first, last, first_us, last_us)
    return records


def main():
    source = os.environ.get("AFORO_SOURCE", ".")
    assert crc(b"123456789") == 0xAE8B14860A799888
    seen = 0
    for name, every in (("flights-2001-q1", 9), ("birdstrikes", 4)):
        folder = os.path.join(source, "fixtures/captures", name)
        lines = list(csv.DictReader(open(os.path.join(folder, "manifest.tsv"), newline=""), delimiter="\t"))
        for line in lines[::every]:
            data = open(os.path.join(folder, line["key"]), "rb").read()
            records = records_of(data)
            raw = b"".join(r[0] + b"\n" for r in records)
            assert (len(data), len(raw), len(records)) == tuple(int(line[k]) for k in ("bytes", "raw_bytes", "records"))
            assert hashlib.sha256(raw).hexdigest() == line["sha256_of_raw"], line["key"]
            assert line["key"].endswith(f"-{records[0][2]}.ndjson.zst")
            seen += len(records)
    print(f"{seen} records read by the second reader")


if __name__ == "__main__":
    sys.exit(main())
