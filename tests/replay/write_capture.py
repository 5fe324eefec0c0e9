#!/usr/bin/env python3
"""A second writer of raw objects, written from docs/capture-format.md alone: what it writes aforo inspects as whole, and
replays to the sums that Python adds up; the example of the page is its bytes; and a wrong value in each of its fields is
refused, though every sum over it is right."""
import json, os, re, struct, subprocess, sys, tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from read_capture import crc, read

FRAME_BYTES = 262144


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def zstd(data):
    with tempfile.NamedTemporaryFile() as f:  # of a file the size is known, and stands in the header
        f.write(data)
        f.flush()
        return subprocess.run(["zstd", "-q", "-c", "--check", f.name], stdout=subprocess.PIPE, check=True).stdout


def skippable(payload):
    return struct.pack("<II", 0x184D2A5A, len(payload)) + payload


def groups(records):
    group, size = [], 0
    for r in records:
        if group and size + len(r[3]) + 1 > FRAME_BYTES:
            yield group
            group, size = [], 0
        group.append(r)
        size += len(r[3]) + 1
    yield group


def write(records, bend=lambda name, value: value):
    """(sequence number, partition key, arrival in microseconds, bytes) each; `bend` changes a field before sums are made."""
    out, sums, table, count, total = b"", b"", b"", 0, 0
    for group in groups(records):
        content = b"".join(r[3] + b"\n" for r in group)
        entries = b"".join(struct.pack("<Iq", bend("length", len(r[3])), r[2]) + text(r[0]) + text(r[1]) for r in group)
        packed = zstd(entries)
        encoding, stored = (1, packed) if len(entries) >= 1024 and len(packed) < len(entries) else (0, entries)
        content_crc = struct.pack("<Q", bend("content_crc", crc(content)))
        head = b"AFI1" + struct.pack("<IQ", bend("records", len(group)), bend("size", len(content))) + content_crc
        index = head + struct.pack("<II", bend("encoding", encoding), bend("entries_size", len(entries))) + stored
        frame, index = zstd(content), skippable(index + struct.pack("<Q", crc(index)))
        out += frame + index
        sums += content_crc
        table += struct.pack("<IIII", len(group), bend("table_size", len(content)), bend("frame_size", len(frame)), len(index)) + content_crc
        count += len(group)
        total += len(content)
    seek = b"AFS1" + struct.pack("<IQQqq", len(table) // 24, bend("count", count), bend("total", total), bend("first_us", records[0][2]), records[-1][2])
    seek += struct.pack("<QQ", bend("over", crc(sums)), bend("stored", crc(out))) + text(bend("first", records[0][0])) + text(records[-1][0]) + table
    size = len(seek) + 16
    return out + struct.pack("<II", 0x184D2A5A, size) + seek + struct.pack("<QI", crc(seek), size) + b"AFO1"


if __name__ == "__main__":
    aforo, source = os.path.join(os.environ["AFORO_BIN"], "aforo"), os.environ["AFORO_SOURCE"]
    flights = [json.dumps({"id": f"g{i}", "date": f"2001/01/0{1 + i % 9} 12:{i % 60:02}", "delay": i % 100 - 20, "distance": i % 3000,
                           "origin": "LAX", "destination": "JFK", "note": "é" * (i % 50)}, ensure_ascii=False).encode() for i in range(9000)]
    records = [(str(10 ** 20 + i), f"k{i % 11}", 978307200000000 + i * 1000, flights[i]) for i in range(9000)]
    run = lambda *args: subprocess.run([aforo, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "shard-100000000000000000000.ndjson.zst")
        data = write(records)
        open(path, "wb").write(data)
        found = json.loads(run("inspect", path, "--json").stdout)["objects"][0]
        assert (found["format"], found["records"], found["problem"]) == ("capture", 9000, ""), found
        assert found["first_sequence_number"] == records[0][0] and found["last_arrival"].startswith("2001-01-01T00:00:08.999"), found
        assert sum(p["kind"] == "zstd frame" for p in found["parts"]) > 3, found["parts"]
        tally = json.loads(run("tally", path, "--pipeline", os.path.join(source, "fixtures/pipelines/flights.yaml"), "--json", "--quiet").stdout)
        assert tally["groups"][0]["sum"] == [str(sum(i % 100 - 20 for i in range(9000))), str(sum(i % 3000 for i in range(9000)))], tally
        assert read(data) == records
        key = run("tally", path, "--pipeline", os.path.join(source, "fixtures/pipelines/flights.yaml"), "--key", "k3", "--json", "--quiet")
        assert json.loads(key.stdout)["counts"]["rows"] == len([r for r in records if r[1] == "k3"]), key

        refused = ["length", "content_crc", "records", "size", "encoding", "entries_size", "table_size", "frame_size", "count", "total", "first_us",
                   "over", "stored", "first"]
        for name in refused:
            bent = lambda field, value: value if field != name else (value + "0" if isinstance(value, str) else value + 1)
            open(path, "wb").write(write(records[:20], bent))
            done = run("inspect", path)
            assert done.returncode == 1, (name, done.stdout, done.stderr)

    page = open(os.path.join(source, "docs/capture-format.md")).read()
    example = bytes.fromhex("".join(re.search(r"```hex\n(.*?)```", page, re.S).group(1).split()))
    two = [("100", "a", 1774656000000000, b'{"id":"1"}'), ("101", "b", 1774656000500000, b'{"id":"2"}')]
    assert read(example) == two, read(example)
    skip = example.index(struct.pack("<I", 0x184D2A5A))
    mine = write(two)
    assert mine[mine.index(struct.pack("<I", 0x184D2A5A)):][:60] == example[skip:skip + 60], "the index of the example is another one"
    print(f"second writer: {len(records)} records as inspect and tally have them, {len(refused)} bent fields refused, the page's example")
