#!/usr/bin/env python3
"""Writes captured objects by other people's tools (gzip, zstd, Python's json, csv and gzip) into a folder, and beside
them expected.tsv: name, format, records, bytes after decompression, their SHA-256, SHA-256 of the records, each
followed by a line feed (CSV: fields joined by 0x1f).    usage: make_objects.py FOLDER"""
import base64, bz2, csv, hashlib, io, json, lzma, os, struct, subprocess, sys, zipfile, zlib

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

# ---- logs of AWS: fields, of which "-" is none ----
def log(name, form, lines_of_fields, header="", end="\n"):
    """Each field is (text as it stands in the line, value)."""
    text = (header + "".join(" ".join(f[0] for f in line) + end for line in lines_of_fields)).encode()
    put(name, text, text, form, ["\x1f".join(f[1] for f in line) for line in lines_of_fields])
    return text


def word(value):
    return (value or "-", value)


def quoted(value):
    return ('"%s"' % (value or "-"), value)


flow_names = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
              "log-status").split()


def flow(i, version="2"):
    traffic = [f"10.0.{i % 7}.9", f"10.1.0.{i % 250}", str(20000 + i), "443", "6", str(i % 40), str(i * 100)] if i % 9 else [""] * 7
    return [version, "123456789012", f"eni-0{i % 5}", *traffic, str(1600000000 + i), str(1600000060 + i),
            ("ACCEPT" if i % 4 else "REJECT") if i % 9 else "", "OK" if i % 9 else "NODATA"]


log("flow_default.log", "vpc-flow", [[word(v) for v in flow(i)] for i in range(1, 200)])
log("flow_header.log", "vpc-flow", [[word(v) for v in flow(i)] for i in range(200)], " ".join(flow_names) + "\n")
five = ("version vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id flow-direction traffic-path "
        "bytes end").split()
flow_five = log("flow_five.log", "vpc-flow",
                [[word(v) for v in ("5", "vpc-1", f"subnet-{i % 3}", f"i-0{i}" if i % 2 else "", str(i % 8), "IPv4", f"10.0.0.{i % 250}", "10.0.1.1",
                                    "eu-west-1", "euw1-az1", "egress" if i % 2 else "ingress", "8" if i % 2 else "", str(i), str(1700000000 + i))]
                 for i in range(120)], " ".join(five) + "\n")
put("flow_five.log.gz", tool(["gzip", "-c"], flow_five), flow_five, "vpc-flow", [r.decode() for r in
    (b"\x1f".join(b"" if w == b"-" else w for w in line.split(b" ")) for line in flow_five.splitlines()[1:])])


def balancer(i, fields):
    agents = ["curl/7.88.1", 'Mozilla/5.0 (X11; Linux x86_64) \\"quoted\\" [x]', ""]
    return [word("https" if i % 3 else "h2"), word(f"2026-03-{1 + i % 28:02}T10:{i % 60:02}:07.{i % 1000:03}123Z"), word("app/shop/50dc6c495c0c9188"),
            word(f"192.0.2.{i % 250}:{2000 + i}"), word(f"10.0.0.{i % 250}:80" if i % 5 else ""), word("0.001"), word("0.042" if i % 5 else "-1"),
            word("0.000"), word(str((200, 301, 502)[i % 3])), word("200" if i % 5 else ""), word(str(30 + i)), word(str(60 * i)),
            quoted(f"GET https://shop.example:443/item?q={i}&n=a%20b HTTP/2.0"), quoted(agents[i % 3]), word("ECDHE-RSA-AES128-GCM-SHA256"),
            word("TLSv1.2"), word("arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/73e2d6bc24d8a067"),
            quoted("Root=1-58337262-36d228ad5d99923122bbe354"), quoted("shop.example"), quoted(""), word("0"),
            word("2026-03-01T10:00:07.000000Z"), quoted("forward"), quoted(""), quoted(""), quoted("10.0.0.1:80"), quoted("200"),
            quoted(""), quoted(""), word("TID_1234abcd5678ef90")][:fields]


log("balancer.log", "alb", [balancer(i, 30) for i in range(150)])
log("balancer_old.log", "alb", [balancer(i, 18) for i in range(60)])
owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


def access(i, fields):
    agent = ["aws-sdk-js/3.1 (x\"own\"y)", "S3Console/0.4", ""][i % 3]
    return [word(owner), word("example-bucket"), ("[%02d/Feb/2026:%02d:00:38 +0000]" % (1 + i % 28, i % 24), "%02d/Feb/2026:%02d:00:38 +0000" % (1 + i % 28, i % 24)),
            word("192.0.2.3"), word(owner if i % 4 else ""), word(f"3E57427F3EXAMPLE{i}"), word("REST.GET.OBJECT"), word(f"photos%2F2026%2F{i}.jpg"),
            quoted(f"GET /example-bucket/photos/2026/{i}.jpg?x-id=GetObject HTTP/1.1"), word("200"), word("" if i % 3 else "NoSuchKey"), word(str(i * 7)),
            word(str(i * 7)), word("70"), word("10"), quoted(""), quoted(agent), word(""), word("s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234="),
            word("SigV4"), word("ECDHE-RSA-AES128-GCM-SHA256"), word("AuthHeader"), word("example-bucket.s3.eu-west-1.amazonaws.com"), word("TLSv1.2"), word(""),
            word("Yes" if i % 2 else "")][:fields]


log("access.log", "s3-access", [access(i, 26) for i in range(150)])
log("access_old.log", "s3-access", [access(i, 18) for i in range(40)])

# ---- what Firehose could not process: the record in base64 inside ----
failed = [json.dumps({"attemptsMade": 1 + i % 4, "arrivalTimestamp": 1600000000000 + i, "errorCode": "Lambda.FunctionError", "errorMessage": "a \"b\"",
                      "attemptEndingTimestamp": 1600000001000 + i, "rawData": base64.b64encode(lines[i].encode()).decode(),
                      "lambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST"}) for i in range(90)]
put("processing-failed", joined(failed), joined(failed), "firehose-failed", lines[:90])
converted = "".join(json.dumps({"attemptsMade": "1", "arrivalTimestamp": str(1600000000000 + i), "lastErrorCode": "DataFormatConversion.ParseError",
                                "lastErrorMessage": "m", "attemptEndingTimestamp": "1600000001000", "sequenceNumber": "4959", "subSequenceNumber": None,
                                "rawData": base64.b64encode(lines[i].encode()).decode().replace("/", "\\/"), "dataCatalogTable": {"catalogId": None, "tableName": "t"}})
                    .replace("\\\\/", "\\/") for i in range(60)).encode()
put("format-conversion-failed.gz", tool(["gzip"], converted), converted, "firehose-failed", lines[:60])

# ---- what a producer library packed: by awslabs' own (npm aws-kinesis-agg), and written here from its specification ----
packed = base64.b64decode("84mawgoFa2V5LTAKBWtleS0xCgVrZXktMhIEMzAwMBoVCAAaEXsiaWQiOiJlMCIsIm4iOjB9GhUIARoReyJpZCI6ImUxIiwibiI6MX0aFQgCGhF7ImlkIjoiZTIiLCJuIjoyfRoXCAAQABoReyJpZCI6ImUzIiwibiI6M30aFQgBGhF7ImlkIjoiZTQiLCJuIjo0fRoVCAIaEXsiaWQiOiJlNSIsIm4iOjV9teTMrUT9u/Hh2T9KE/4FhA==")
put("packed_by_library", packed, packed, "kpl", ['{"id":"e%d","n":%d}' % (i, i) for i in range(6)])


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def member(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def aggregated(datas):
    message = b"".join(member(1, b"key-%d" % i) for i in range(300))
    message += b"".join(member(3, b"\x08" + varint(i % 300) + member(3, data) + member(4, member(1, b"tag"))) for i, data in enumerate(datas))
    return b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()


written = aggregated([s.encode() for s in lines])
put("packed", written, written, "kpl", lines)
put("packed_damaged", written[:-1] + bytes([written[-1] ^ 1]), b"", None, None)

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
