#!/usr/bin/env python3
"""Writes captured objects by other people's tools (gzip, zstd, Python's json, csv and gzip) into a folder, and beside
them expected.tsv: name, format, records, bytes after decompression, their SHA-256, SHA-256 of the records, each
followed by a line feed (CSV: fields joined by 0x1f).    usage: make_objects.py FOLDER"""
import bz2, csv, hashlib, io, json, lzma, os, struct, subprocess, sys, zipfile, zlib

folder = sys.argv[1]
rows = [{"id": f"e{i}", "date": f"2001/01/{1 + i % 28:02} 00:{i % 60:02}", "delay": i % 97 - 9, "note": "ä}{\"\\ " * (i % 5),
         "deep": {"list": [1, [2, {"x": None}]]}} for i in range(700)]
lines = [json.dumps(r, ensure_ascii=i % 2 == 0) for i, r in enumerate(rows)]
expected = []


def sha(b):
    return hashlib.sha256(b).hexdigest()


def joined(records):
    return b"".join(r.encode() + b"\n" for r in records)


def put(name, stored, raw, form, records):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(stored)
    if form:
        expected.append((name, form, len(records), len(raw), sha(raw), sha(joined(records))))


def tool(args, data):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE, check=True).stdout


def file_tool(args, name, data, result):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    subprocess.run(args + [path], check=True)
    with open(path + result, "rb") as f:
        out = f.read()
    for leftover in (path, path + result):
        if os.path.exists(leftover):
            os.remove(leftover)
    return out


# ---- texts, plain ----
ndjson = joined(lines)
pretty = "\n".join(json.dumps(r, indent=2, ensure_ascii=False) for r in rows[:50])
pretty_records = [json.dumps(r, indent=2, ensure_ascii=False) for r in rows[:50]]
firehose = "".join(lines).encode()
trail = ('{"Records":[' + ",".join(lines) + "]}").encode()
spaced = ('\ufeff{ "Records" : [ ' + " ,\n".join(lines) + ' ] , "more" : {} }\n').encode()
put("lines.json", ndjson, ndjson, "ndjson", lines)
put("crlf.json", ndjson.replace(b"\n", b"\r\n"), ndjson.replace(b"\n", b"\r\n"), "ndjson", lines)
put("open_end.json", ndjson[:-1], ndjson[:-1], "ndjson", lines)
gaps = b"\xef\xbb\xbf\n\n" + ndjson.replace(b"\n", b"\n \n") + b"\n"
put("gaps.json", gaps, gaps, "ndjson", lines)
put("firehose.json", firehose, firehose, "concatenated", lines)
put("pretty.json", pretty.encode(), pretty.encode(), "concatenated", pretty_records)
put("spaces.json", b" ".join(s.encode() for s in lines), b" ".join(s.encode() for s in lines), "concatenated", lines)
put("trail.json", trail, trail, "cloudtrail", lines)
put("trail_spaced.json", spaced, spaced, "cloudtrail", lines)
put("trail_empty.json", b'{"Records":[]}', b'{"Records":[]}', "cloudtrail", [])
put("empty.json", b"", b"", "ndjson", [])

# ---- CSV ----
table = [["id", "a name", "text"]] + [[f"e{i}", f"v{i % 7}", ["plain", "with, comma", 'with "quotes"', "two\nlines", "ä\r\nb", ""][i % 6]]
                                      for i in range(600)]
for name, end in (("rows_crlf.csv", "\r\n"), ("rows_lf.csv", "\n")):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(table)
    text = out.getvalue().encode()
    put(name, text, text, "csv", ["\x1f".join(r) for r in table[1:]])
    put(name + ".gz", tool(["gzip", "-c"], text), text, "csv", ["\x1f".join(r) for r in table[1:]])
put("header_only.csv", b"id,name\n", b"id,name\n", "csv", [])

# ---- compressions ----
half = len(joined(lines[:300]))
put("pipe.gz", tool(["gzip", "-9c"], ndjson), ndjson, "ndjson", lines)
put("named.gz", file_tool(["gzip", "-N"], "a_name.json", ndjson, ".gz"), ndjson, "ndjson", lines)
put("members.gz", tool(["gzip"], ndjson[:half]) + tool(["gzip"], b"") + tool(["gzip", "-1"], ndjson[half:]), ndjson, "ndjson", lines)
put("padded.gz", tool(["gzip"], ndjson) + b"\0" * 512, ndjson, "ndjson", lines)
raw_deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
body = raw_deflate.compress(ndjson) + raw_deflate.flush()
head = b"\x1f\x8b\x08\x1e" + struct.pack("<I", 1) + b"\0\x03" + struct.pack("<H", 4) + b"ex\0\0" + b"name\0" + b"comment\0"
put("all_flags.gz", head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + body + struct.pack("<II", zlib.crc32(ndjson), len(ndjson)),
    ndjson, "ndjson", lines)
put("trail.json.gz", tool(["gzip"], trail), trail, "cloudtrail", lines)
put("firehose.gz", tool(["gzip"], firehose), firehose, "concatenated", lines)
zst = file_tool(["zstd", "-q", "--rm"], "sized.json", ndjson, ".zst")
put("sized.zst", zst, ndjson, "ndjson", lines)
put("streamed.zst", tool(["zstd", "-qc", "-19"], ndjson), ndjson, "ndjson", lines)
put("unchecked.zst", tool(["zstd", "-qc", "--no-check"], ndjson), ndjson, "ndjson", lines)
put("wide.zst", tool(["zstd", "-qc", "--long=27"], ndjson), ndjson, "ndjson", lines)
skip = b"\x5f\x2a\x4d\x18" + struct.pack("<I", 7) + b"skipped"
put("frames.zst", skip + tool(["zstd", "-qc"], ndjson[:half]) + skip + tool(["zstd", "-qc"], b"") + tool(["zstd", "-qc"], ndjson[half:]) + skip,
    ndjson, "ndjson", lines)
put("rows.csv.zst", tool(["zstd", "-qc"], text), text, "csv", ["\x1f".join(r) for r in table[1:]])

# ---- what is refused; expected by the test itself ----
put("trailing.gz", tool(["gzip"], ndjson) + b"more", b"", None, None)
put("trailing.zst", tool(["zstd", "-qc"], ndjson) + b"more", b"", None, None)
put("array.json", b"[" + b",".join(s.encode() for s in lines) + b"]", b"", None, None)
put("words.txt", b"these are no records\n", b"", None, None)
put("lines.xz", lzma.compress(ndjson), b"", None, None)
put("lines.bz2", bz2.compress(ndjson), b"", None, None)
put("utf16.csv", "id,name\n1,x\n".encode("utf-16"), b"", None, None)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as z:
    z.writestr("lines.json", ndjson)
put("lines.zip", archive.getvalue(), b"", None, None)
samples = os.path.join(folder, "samples")
os.mkdir(samples)
for i in range(200):
    with open(os.path.join(samples, str(i)), "wb") as f:
        f.write(joined(lines[i * 3:i * 3 + 3]))
dictionary = os.path.join(folder, "dictionary")
subprocess.run(["zstd", "-q", "--train", "--maxdict=2048", "-o", dictionary] + [os.path.join(samples, str(i)) for i in range(200)],
               check=True, stderr=subprocess.DEVNULL)
put("dictionary.zst", tool(["zstd", "-qc", "-D", dictionary], ndjson), b"", None, None)

with open(os.path.join(folder, "expected.tsv"), "w") as f:
    for row in expected:
        f.write("\t".join(map(str, row)) + "\n")
