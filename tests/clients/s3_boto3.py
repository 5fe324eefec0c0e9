"""S3 as boto3 sees it: objects, metadata, conditions, ranges, pages, checksums."""
import hashlib
import io
import random
import urllib.error
import urllib.request

from boto3.s3.transfer import TransferConfig

from serving import client, control, refused, run, serving


def s3_of(url):
    return client(url, "s3", s3={"addressing_style": "path"})


def an_object_comes_back_with_its_metadata(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="raw")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["raw"]
    data = random.Random(3).randbytes(100_000)
    put = s3.put_object(Bucket="raw", Key="a b/+ü%41.bin", Body=data, ContentType="application/x-test", Metadata={"origin": "gauge 7"})
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket="raw", Key="a b/+ü%41.bin")
    assert got["Body"].read() == data and got["Metadata"] == {"origin": "gauge 7"} and got["ContentType"] == "application/x-test"
    head = s3.head_object(Bucket="raw", Key="a b/+ü%41.bin")
    assert head["ContentLength"] == 100_000 and head["ETag"] == put["ETag"]
    part = s3.get_object(Bucket="raw", Key="a b/+ü%41.bin", Range="bytes=10-19")
    assert part["Body"].read() == data[10:20] and part["ContentRange"] == "bytes 10-19/100000"
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206


def missing_things_have_their_own_errors(url):
    s3 = s3_of(url)
    with refused("NoSuchKey"):
        s3.get_object(Bucket="raw", Key="nothing")
    with refused("404"):
        s3.head_object(Bucket="raw", Key="nothing")
    with refused("NoSuchBucket"):
        s3.list_objects_v2(Bucket="nowhere")


def only_the_first_conditional_write_wins(url):
    s3 = s3_of(url)
    if "IfNoneMatch" not in s3.meta.service_model.operation_model("PutObject").input_shape.members:
        return  # this boto3 cannot ask for it
    s3.put_object(Bucket="raw", Key="once", Body=b"1", IfNoneMatch="*")
    with refused("PreconditionFailed"):
        s3.put_object(Bucket="raw", Key="once", Body=b"2", IfNoneMatch="*")
    assert s3.get_object(Bucket="raw", Key="once")["Body"].read() == b"1"


def listings_page_in_byte_order(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="many")
    names = [f"dt={day:02}/{hour:02}" for day in range(5) for hour in range(11)] + ["Z", "a", "é"]
    for name in names:
        s3.put_object(Bucket="many", Key=name, Body=name.encode())
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="many", PaginationConfig={"PageSize": 7}))
    listed = [item["Key"] for page in pages for item in page.get("Contents", [])]
    assert listed == sorted(names, key=str.encode) and len(pages) == 9
    top = s3.list_objects_v2(Bucket="many", Delimiter="/")
    assert [p["Prefix"] for p in top["CommonPrefixes"]] == [f"dt={day:02}/" for day in range(5)]
    assert [item["Key"] for item in top["Contents"]] == ["Z", "a", "é"]
    inside = s3.list_objects_v2(Bucket="many", Prefix="dt=03/", StartAfter="dt=03/08")
    assert [item["Key"] for item in inside["Contents"]] == ["dt=03/09", "dt=03/10"]


def large_files_go_up_and_down(url):
    s3 = s3_of(url)
    data = random.Random(4).randbytes(20 * 1024 * 1024)
    s3.upload_fileobj(io.BytesIO(data), "raw", "large")
    back = io.BytesIO()
    s3.download_fileobj("raw", "large", back)
    assert back.getvalue() == data


def conditions_follow_the_etag(url):
    s3 = s3_of(url)
    first = s3.put_object(Bucket="raw", Key="state", Body=b"1")["ETag"]
    second = s3.put_object(Bucket="raw", Key="state", Body=b"2")["ETag"]
    assert s3.get_object(Bucket="raw", Key="state", IfMatch=second)["Body"].read() == b"2"
    with refused("PreconditionFailed"):
        s3.get_object(Bucket="raw", Key="state", IfMatch=first)
    with refused("304"):
        s3.get_object(Bucket="raw", Key="state", IfNoneMatch=second)
    if "IfMatch" not in s3.meta.service_model.operation_model("PutObject").input_shape.members:
        return
    with refused("PreconditionFailed"):
        s3.put_object(Bucket="raw", Key="state", Body=b"3", IfMatch=first)
    with refused("NoSuchKey"):
        s3.put_object(Bucket="raw", Key="never", Body=b"3", IfMatch=first)
    s3.put_object(Bucket="raw", Key="state", Body=b"3", IfMatch=second)


def checksums_are_kept_and_verified(url):
    s3 = s3_of(url)
    if "ChecksumAlgorithm" not in s3.meta.service_model.operation_model("PutObject").input_shape.members:
        return
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put = s3.put_object(Bucket="raw", Key="sum", Body=b"123456789", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket="raw", Key="sum", ChecksumMode="ENABLED")  # boto3 verifies what it reads
        assert got["Body"].read() == b"123456789" and got["Checksum" + algorithm] == put["Checksum" + algorithm]
    with refused("BadDigest", "The SHA256 you specified did not match"):
        s3.put_object(Bucket="raw", Key="sum", Body=b"x", ChecksumSHA256="A" * 43 + "=")


def copies_go_between_buckets(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="copies")
    s3.copy_object(Bucket="copies", Key="one", CopySource={"Bucket": "raw", "Key": "a b/+ü%41.bin"})
    assert s3.head_object(Bucket="copies", Key="one")["Metadata"] == {"origin": "gauge 7"}
    in_parts = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20)
    s3.copy({"Bucket": "raw", "Key": "large"}, "copies", "large", Config=in_parts)
    data = random.Random(4).randbytes(20 * 1024 * 1024)
    assert s3.get_object(Bucket="copies", Key="large")["Body"].read() == data
    digests = b"".join(hashlib.md5(data[at:at + (8 << 20)]).digest() for at in range(0, len(data), 8 << 20))
    assert s3.head_object(Bucket="copies", Key="large")["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    upload = s3.create_multipart_upload(Bucket="copies", Key="gone")["UploadId"]
    s3.upload_part(Bucket="copies", Key="gone", UploadId=upload, PartNumber=1, Body=b"x")
    assert len(s3.list_parts(Bucket="copies", Key="gone", UploadId=upload)["Parts"]) == 1
    s3.abort_multipart_upload(Bucket="copies", Key="gone", UploadId=upload)
    with refused("NoSuchUpload"):
        s3.list_parts(Bucket="copies", Key="gone", UploadId=upload)
    s3.delete_objects(Bucket="copies", Delete={"Objects": [{"Key": "one"}, {"Key": "large"}]})
    s3.delete_bucket(Bucket="copies")


def presigned_urls_work_and_are_verified(_):
    with serving("--verify-signatures") as url:
        s3 = client(url, "s3", s3={"addressing_style": "path"}, signature_version="s3v4")
        s3.create_bucket(Bucket="signed")
        there = {"Bucket": "signed", "Key": "a é"}
        up = s3.generate_presigned_url("put_object", Params=there, ExpiresIn=60)
        urllib.request.urlopen(urllib.request.Request(up, data=b"hello", method="PUT"), timeout=60)
        down = s3.generate_presigned_url("get_object", Params=there, ExpiresIn=60)
        assert urllib.request.urlopen(down, timeout=60).read() == b"hello"
        try:
            urllib.request.urlopen(down.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), timeout=60)
            raise AssertionError("a broken signature was taken")
        except urllib.error.HTTPError as error:
            assert error.code == 403, error


def deleted_is_gone(url):
    s3 = s3_of(url)
    s3.delete_object(Bucket="raw", Key="once")
    s3.delete_object(Bucket="raw", Key="once")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket="many")
    keys = [{"Key": item["Key"]} for item in s3.list_objects_v2(Bucket="many")["Contents"]]
    assert len(s3.delete_objects(Bucket="many", Delete={"Objects": keys})["Deleted"]) == 58
    s3.delete_bucket(Bucket="many")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["raw"]


def a_lost_answer_was_still_applied(url):
    s3 = s3_of(url)
    control(url, "faults", [{"on": "s3:PutObject", "phase": "lose_response", "nth": [1]}])
    try:
        s3.put_object(Bucket="raw", Key="lost", Body=b"kept")
        raise AssertionError("answered")
    except Exception as error:
        assert "ConnectionClosed" in type(error).__name__ or "Connection" in str(error), repr(error)
    assert s3.get_object(Bucket="raw", Key="lost")["Body"].read() == b"kept"


run([an_object_comes_back_with_its_metadata, missing_things_have_their_own_errors, only_the_first_conditional_write_wins,
     listings_page_in_byte_order, large_files_go_up_and_down, conditions_follow_the_etag, checksums_are_kept_and_verified,
     copies_go_between_buckets, presigned_urls_work_and_are_verified, deleted_is_gone, a_lost_answer_was_still_applied], "boto3: s3")
