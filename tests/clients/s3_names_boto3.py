"""S3's names as boto3 sees them: odd keys come back as they went, and listings are what a naive model says."""
import email.utils
import hashlib
import random
import re

from serving import client, raw, refused, run

ODD_KEYS = [
    "a b", " begins and ends ", "a+b", "a%20b", "a%2Fb", "100%", "%", "a&b=c?d#e", "a;b:c@d", "quote'\"<>", "back\\slash", "~tilde", "a*b!(c)",
    "ü", "日本語/キー", "🚰", "é", "e\u0301",  # two spellings of one letter are two keys
    "/begins", "ends/", "a//b", "//", "/", ".", "..", "./a", "a/./b", "a/../b", "a/..", ".hidden", "a.", "dt=2026-03-28/hh=07/x.ndjson.zst",
    "new\nline", "tab\tstop", "\x01", "x" * 1024, "é" * 512, "[]{}|^`", "$HOME", "a,b",
]


def s3_of(url):
    return client(url, "s3", s3={"addressing_style": "path"})


def odd_keys_come_back(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="odd")
    for key in ODD_KEYS:
        s3.put_object(Bucket="odd", Key=key, Body=key.encode(), Metadata={"length": str(len(key))})
    for key in ODD_KEYS:
        got = s3.get_object(Bucket="odd", Key=key)
        assert got["Body"].read() == key.encode() and got["Metadata"] == {"length": str(len(key))}, key
        assert s3.head_object(Bucket="odd", Key=key)["ContentLength"] == len(key.encode()), key
    expected = sorted(ODD_KEYS, key=str.encode)
    for version in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(version).paginate(Bucket="odd", PaginationConfig={"PageSize": 3})
        assert [item["Key"] for page in pages for item in page.get("Contents", [])] == expected, version
        for key in ODD_KEYS:
            listed = getattr(s3, version)(Bucket="odd", Prefix=key)["Contents"]
            assert [item["Key"] for item in listed] == [other for other in expected if other.startswith(key)], key
    for key in ODD_KEYS:
        copy = "copy of " + key[:500]
        s3.copy_object(Bucket="odd", Key=copy, CopySource={"Bucket": "odd", "Key": key})
        assert s3.get_object(Bucket="odd", Key=copy)["Body"].read() == key.encode(), key
        if key == "\x01":
            continue  # an answer tells it as S3 does, which no parser of XML 1.0 takes
        upload = {"Bucket": "odd", "Key": key, "UploadId": s3.create_multipart_upload(Bucket="odd", Key=key)["UploadId"]}
        listed = s3.list_multipart_uploads(Bucket="odd")["Uploads"]
        assert [item["Key"] for item in listed] == [key], listed
        etag = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
        assert done["Key"] == key and done["Bucket"] == "odd", done
        assert s3.get_object(Bucket="odd", Key=key)["Body"].read() == b"part", key
    gone = s3.delete_objects(Bucket="odd", Delete={"Objects": [{"Key": key} for key in ODD_KEYS if key != "\x01"]})
    assert len(gone["Deleted"]) == len(ODD_KEYS) - 1 and "Errors" not in gone
    s3.delete_object(Bucket="odd", Key="\x01")
    left = s3.list_objects_v2(Bucket="odd")["Contents"]
    assert len(left) == len(ODD_KEYS) and all(item["Key"].startswith("copy of ") for item in left)


def model(keys, prefix, delimiter, after):
    """What a listing tells, by its definition: keys and common prefixes in the order of their bytes."""
    names = set()
    for key in keys:
        if key.startswith(prefix):
            at = key.find(delimiter, len(prefix)) if delimiter else -1
            names.add((key, False) if at < 0 else (key[:at + len(delimiter)], True))
    return [name for name in sorted(names, key=lambda n: n[0].encode()) if name[0].encode() > after.encode()]


def listings_are_what_a_model_says(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="listed")
    dice = random.Random(11)
    letters = ["a", "b", "/", "/", "-", " ", "+", "é", "%", "z", "0", "🚰"]
    keys = sorted({"".join(dice.choice(letters) for _ in range(dice.randrange(1, 7))) for _ in range(200)})
    for key in keys:
        s3.put_object(Bucket="listed", Key=key, Body=b"")
    for trial in range(60):
        prefix = dice.choice(["", "", "a", "/", "a/", "é", "-", "no such prefix"])
        delimiter = dice.choice(["", "/", "/", "a", "é", "//", "-", "%"])
        after = dice.choice(["", "", dice.choice(keys), "a", "é"])
        expected = model(keys, prefix, delimiter, after)
        size = dice.choice([1, 3, 7, 1000]) if len(expected) < 60 else dice.choice([7, 20, 1000])
        for version, start in [("list_objects", "Marker"), ("list_objects_v2", "StartAfter")]:
            ask = {"Bucket": "listed", "PaginationConfig": {"PageSize": size}}
            ask.update({name: value for name, value in [("Prefix", prefix), ("Delimiter", delimiter), (start, after)] if value})
            told = []
            for page in s3.get_paginator(version).paginate(**ask):
                names = [(item["Key"], False) for item in page.get("Contents", [])]
                names += [(item["Prefix"], True) for item in page.get("CommonPrefixes", [])]
                assert len(names) <= size and page["MaxKeys"] == size, page
                assert page.get("Delimiter", "") == delimiter, page
                assert version == "list_objects" or page.get("Prefix", "") == prefix, page  # boto3 leaves version 1's encoded
                assert version == "list_objects" or page["KeyCount"] == len(names), page
                told += sorted(names, key=lambda n: n[0].encode())
            assert told == expected, (version, prefix, delimiter, after, size)


def names_are_encoded_where_asked(url):
    body = raw(url, "GET", "/listed?list-type=2&encoding-type=url&prefix=%C3%A9&max-keys=3&delimiter=%2F&start-after=%C3%A9").body.decode()
    assert "<EncodingType>url</EncodingType>" in body and "<Prefix>%C3%A9</Prefix>" in body, body
    assert "<StartAfter>%C3%A9</StartAfter>" in body and "<Delimiter>/</Delimiter>" in body, body
    names = re.findall("<Key>([^<]*)</Key>", body)
    assert names and all(re.fullmatch(r"(%[0-9A-F]{2}|[A-Za-z0-9*_./+~-])+", name) for name in names), names
    body = raw(url, "GET", "/listed?list-type=2&prefix=%C3%A9").body.decode()
    assert "<Prefix>é</Prefix>" in body and "EncodingType" not in body, body


def answers_have_their_headers(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="headers")
    put = raw(url, "PUT", "/headers/k", b"0123456789")
    etag = f'"{hashlib.md5(b"0123456789").hexdigest()}"'
    assert put.status == 200 and put.headers["etag"] == etag and put.body == b"" and put.headers["content-length"] == "0", put
    ids = set()
    for method in ["GET", "HEAD"]:
        got = raw(url, method, "/headers/k")
        assert got.headers["etag"] == etag and got.headers["content-length"] == "10" and got.headers["accept-ranges"] == "bytes", got
        assert got.headers["content-type"] == "binary/octet-stream" and "content-encoding" not in got.headers, got
        modified = email.utils.parsedate_to_datetime(got.headers["last-modified"])
        assert got.headers["last-modified"] == email.utils.format_datetime(modified, usegmt=True), got
        assert got.headers["date"].endswith(" GMT"), got
        ids.add(got.headers["x-amz-request-id"])
    assert len(ids) == 2
    not_modified = raw(url, "GET", "/headers/k", headers={"If-None-Match": etag})
    assert not_modified.status == 304 and not_modified.body == b"" and not_modified.headers["etag"] == etag, not_modified
    part = raw(url, "GET", "/headers/k", headers={"Range": "bytes=2-5"})
    assert part.status == 206 and part.headers["content-range"] == "bytes 2-5/10" and part.headers["content-length"] == "4", part
    part = raw(url, "HEAD", "/headers/k", headers={"Range": "bytes=2-5"})
    assert part.status == 206 and part.headers["content-range"] == "bytes 2-5/10" and part.headers["content-length"] == "4", part
    for method, target, status in [("GET", "/headers/none", 404), ("HEAD", "/headers/none", 404), ("HEAD", "/nowhere", 404)]:
        missing = raw(url, method, target)
        assert missing.status == status and missing.headers["x-amz-request-id"], missing
        assert (method == "GET") == (missing.body != b"") == (missing.headers.get("content-type") == "application/xml"), missing
    gone = raw(url, "DELETE", "/headers/k")
    assert gone.status == 204 and gone.body == b"" and "content-type" not in gone.headers, gone
    head = raw(url, "HEAD", "/headers")
    assert head.status == 200 and head.headers["x-amz-bucket-region"] == "us-east-1", head


def overridden_and_kept_headers(url):
    s3 = s3_of(url)
    kept = {"ContentType": "text/csv; charset=utf-8", "CacheControl": "max-age=60", "ContentDisposition": 'attachment; filename="a.csv"',
            "ContentEncoding": "gzip", "ContentLanguage": "en, ca"}
    s3.put_object(Bucket="headers", Key="kept", Body=b"x", Metadata={"Mixed-Case": "Value", "empty": ""}, **kept)
    got = s3.head_object(Bucket="headers", Key="kept")
    assert {name: got[name] for name in kept} == kept and got["Metadata"] == {"mixed-case": "Value", "empty": ""}, got
    other = {name: "other/" + name.lower() for name in kept}
    got = s3.get_object(Bucket="headers", Key="kept", **{"Response" + name: value for name, value in other.items()})
    assert {name: got[name] for name in kept} == other, got
    with refused("404"):
        s3.head_object(Bucket="headers", Key="KEPT")


run([odd_keys_come_back, listings_are_what_a_model_says, names_are_encoded_where_asked, answers_have_their_headers,
     overridden_and_kept_headers], "boto3: s3 names")
