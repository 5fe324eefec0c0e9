#!/usr/bin/env python3
"""200 bad objects from one seed: cut, flipped, bombs of 1000:1, nested 10,000 deep, not UTF-8, lines of 100 MB, captures whose
indexes and frames contradict each other under right checksums; and what must become of each.    usage: make_bad_captures.py FOLDER SEED"""
import gzip, json, os, random, struct, subprocess, sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
sys.dont_write_bytecode = True
from read_capture import crc, read

work, seed = sys.argv[1:]
draw = random.Random(int(seed))
objects = {}  # name: (bytes or a function that writes them, verdict)


def zstd(data, *options):
    return subprocess.run(["zstd", "-qc", f"--stream-size={len(data)}", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def record(i):
    return json.dumps({"id": f"e{i}", "at": f"2026-03-{1 + i % 28:02}T00:00:00Z", "amount": i % 1000, "note": "x" * (i % 40)}).encode()


# ---- a capture, by docs/capture-format.md, with something else in it where a test says so ----
def skippable(payload):
    return struct.pack("<II", 0x184D2A5A, len(payload)) + payload


def text(s):
    return struct.pack("<H", len(s)) + s


def capture(frames, index=None, seek=None, content=None):
    """index(n, fields), seek(fields) change what is written; content(n, bytes) what is packed. Sums are right for what is written."""
    out, table, sequence = b"", [], 1000
    seek_fields = {"records": sum(map(len, frames)), "first": b"1000", "arrived": 5}
    for n, records in enumerate(frames):
        raw = b"".join(r + b"\n" for r in records)
        raw = content(n, raw) if content else raw
        fields = {"count": len(records), "size": len(raw), "crc": crc(raw), "lengths": [len(r) for r in records], "tail": b"", "encoding": 0}
        if index:
            index(n, fields)
        entries = b"".join(struct.pack("<Iq", size, 5) + text(b"%d" % (sequence + i)) + text(b"k") for i, size in enumerate(fields["lengths"]))
        sequence += len(records)
        entries += fields["tail"]
        head = b"AFI1" + struct.pack("<IQQII", fields["count"], fields["size"], fields["crc"], fields["encoding"], len(entries)) + entries
        packed, behind = zstd(raw), skippable(head + struct.pack("<Q", crc(head)))
        out += packed + behind
        table.append([fields["count"], fields["size"], len(packed), len(behind), fields["crc"]])
    f = dict(seek_fields, last=b"%d" % (sequence - 1), bytes=sum(t[1] for t in table), table=table)
    if seek:
        seek(f)
    payload = b"AFS1" + struct.pack("<IQQqqQQ", len(f["table"]), f["records"], f["bytes"], f["arrived"], f["arrived"],
                                    crc(b"".join(struct.pack("<Q", t[4]) for t in f["table"])), crc(out))
    payload += text(f["first"]) + text(f["last"]) + b"".join(struct.pack("<IIIIQ", *t) for t in f["table"])
    payload += struct.pack("<Q", crc(payload))
    return out + skippable(payload + struct.pack("<I", len(payload) + 8) + b"AFO1")


def frames(first, count=3, each=12):
    return [[record(first + n * each + i) for i in range(each)] for n in range(count)]


def put(kind, verdict, *all_bytes):
    for data in all_bytes:
        objects[f"{len(objects):03}-{kind}"] = (data, verdict)


plain = b"".join(record(i) + b"\n" for i in range(400))
trail = b'{"Records":[' + b",".join(record(i) for i in range(200)) + b"]}"
table = b"id,at,amount\r\n" + b"".join(b"e%d,2026-03-01T00:00:00Z,%d\r\n" % (i, i) for i in range(300))
good = capture(frames(0))
assert len(read(good)) == 36  # the second reader takes what this one writes
packed = {"gz": gzip.compress(plain, mtime=0), "zst": zstd(plain), "capture": good, "trail.gz": gzip.compress(trail, mtime=0),
          "csv.zst": zstd(table)}
for name, data in packed.items():
    put(f"cut.{name}", "problem", *(data[:draw.randrange(12, len(data))] for _ in range(10)))
    for _ in range(10):
        at = draw.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1:]
        put(f"flipped.{name}", "problem" if name == "capture" else "any", changed)
for data in (plain, trail, table):
    for _ in range(8):
        changed = bytearray(data)
        for _ in range(draw.randrange(1, 30)):
            changed[draw.randrange(len(data))] = draw.randrange(256)
        put("noise", "any", bytes(changed))
deep = b'{"id":"d","at":"2026-03-01T00:00:00Z","amount":' + b"[" * 10000 + b"]" * 10000 + b"}"
put("deep", "noticed", deep + b"\n", plain + deep + b"\n", deep + deep, b'{"Records":[' + deep + b"]}", capture([[record(1), deep]]),
    b"[" * 10000, b'{"a":' * 10000, gzip.compress(deep))
for i in range(14):
    spoiled = record(i).replace(b'"note": "', b'"note": "' + [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80"][i % 5])
    spoiled = spoiled.replace(b'"id": "', b'"id": "\xfe')
    put("not_utf8", "noticed", [plain + spoiled + b"\n", capture([[record(1), spoiled]]), b"id,at,amount\ne\xff,2026-03-01T00:00:00Z,1\n"][i % 3])


def fields_set(**values):
    return lambda n, f: f.update(values) if n == 1 else None


def shift(n, f):  # one byte from a record to its neighbour: every sum is right, the newline is not where it should be
    if n == 1:
        f["lengths"][0] += 1
        f["lengths"][1] -= 1


indexes = [fields_set(count=11), fields_set(count=13), fields_set(count=0), fields_set(size=1), fields_set(crc=1), fields_set(tail=b"more"),
           fields_set(encoding=1), fields_set(encoding=7), fields_set(lengths=[]), fields_set(lengths=[0xFFFFFFFF] * 12), fields_set(size=0xFFFFFFFF), shift]
for edit in indexes:
    put("index", "problem", capture(frames(draw.randrange(1000)), index=lambda n, f, edit=edit: edit(n, f)))
seeks = [lambda f: f.update(records=35), lambda f: f.update(records=1 << 40), lambda f: f.update(bytes=1), lambda f: f.update(first=b"999"),
         lambda f: f.update(last=b"1"), lambda f: f.update(arrived=6), lambda f: f["table"].reverse(), lambda f: f["table"].pop(),
         lambda f: f["table"].append(f["table"][0]), lambda f: f["table"][1].__setitem__(0, 11), lambda f: f["table"][1].__setitem__(2, 3),
         lambda f: f.update(table=[])]
for edit in seeks:
    put("seek", "problem", capture([[record(draw.randrange(1000)) for _ in range(9 + n)] for n in range(3)], seek=edit))
for i in range(14):  # the last frame alone contradicts its index: what stands before it was read by then
    put("last_frame", "problem", capture(frames(i * 50), index=lambda n, f: f["lengths"].__setitem__(5, f["lengths"][5] + 1) if n == 2 else None))
line = b'{"id":"long","at":"2026-03-01T00:00:00Z","amount":1,"note":"' + b"x" * 100_000_000 + b'"}\n'
put("line_100MB", "noticed", gzip.compress(line, 1), zstd(plain + line + plain))
piece = b" " * (1 << 20)
bomb_line = b'{"id":"' + piece * 300 + b'"}\n'
put("bomb", "problem", gzip.compress(bomb_line, 1), b"".join(zstd(piece * 30) for _ in range(10)), gzip.compress(gzip.compress(bomb_line[:1 << 26])))
objects[list(objects)[-1]] = (objects[list(objects)[-1]][0], "noticed")  # a bomb in a bomb: its inside is not JSON
while len(objects) < 200:
    put("random", "any", bytes(draw.randrange(256) for _ in range(draw.randrange(1, 3000))))
assert len(objects) == 200, len(objects)

DEFINITION = """schema: 1
name: bad
event: {id: id, time: at}
columns:
- {name: id, type: text, required: true, max_length: 64}
- {name: at, type: timestamp, required: true}
- {name: amount, type: integer, required: true}
reconcile: {sums: [amount]}
"""
os.mkdir(os.path.join(work, "objects"))
with open(os.path.join(work, "bad.yaml"), "w") as f:
    f.write(DEFINITION)
for name, (data, _) in [*objects.items(), ("good", (capture(frames(900000)), ""))]:
    with open(os.path.join(work, "objects", name), "wb") as f:
        f.write(data)
with open(os.path.join(work, "verdicts.json"), "w") as f:
    json.dump({name: verdict for name, (_, verdict) in objects.items()}, f)
