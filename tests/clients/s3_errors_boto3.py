"""S3's refusals as boto3 sees them: each documented code of the operations that are built, its status and its words."""
import datetime
import hashlib
import base64
import urllib.error
import urllib.request

from serving import client, knows, raw, refused, run, serving

BUCKET = "raw-data"


def s3_of(url, region="us-east-1", **config):
    return client(url, "s3", region=region, s3={"addressing_style": "path"}, **config)


def unvalidated(url):
    """boto3 without its own checks, so that the emulator's are asked."""
    s3 = s3_of(url, parameter_validation=False)
    s3.meta.events.unregister("before-parameter-build.s3", __import__("botocore.handlers").handlers.validate_bucket_name)
    return s3


def buckets(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket=BUCKET)
    for name in ["ab", "a" * 64, "Upper", "under_score", "-begins", "ends-", "a..b", "192.168.1.1", "xn--name", "name-s3alias"]:
        with refused("InvalidBucketName", "The specified bucket is not valid.", 400):
            unvalidated(url).create_bucket(Bucket=name)
    elsewhere = s3_of(url, region="eu-west-1")
    with refused("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific "
                 "endpoint this request was sent to.", 400):
        elsewhere.create_bucket(Bucket="other")
    there = {"LocationConstraint": "eu-west-1"}
    elsewhere.create_bucket(Bucket="other", CreateBucketConfiguration=there)
    with refused("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", 409):
        elsewhere.create_bucket(Bucket="other", CreateBucketConfiguration=there)
    with refused("InvalidLocationConstraint", "The specified location-constraint is not valid", 400):
        unvalidated(url).create_bucket(Bucket="third", CreateBucketConfiguration={"LocationConstraint": "us-east-1"})
    s3.create_bucket(Bucket=BUCKET)  # us-east-1 lets its owner
    for ask in [s3.list_objects_v2, s3.list_objects, s3.delete_bucket, s3.get_bucket_location, s3.list_multipart_uploads]:
        with refused("NoSuchBucket", "The specified bucket does not exist", 404):
            ask(Bucket="nowhere")
    with refused("404", "Not Found", 404):
        s3.head_bucket(Bucket="nowhere")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")
    with refused("BucketNotEmpty", "The bucket you tried to delete is not empty", 409):
        s3.delete_bucket(Bucket=BUCKET)


def objects(url):
    s3 = s3_of(url)
    for ask in [s3.get_object, s3.delete_object]:
        with refused("NoSuchBucket", "The specified bucket does not exist", 404):
            ask(Bucket="nowhere", Key="k")
    with refused("NoSuchKey", "The specified key does not exist.", 404):
        s3.get_object(Bucket=BUCKET, Key="nothing")
    with refused("404", "Not Found", 404):
        s3.head_object(Bucket=BUCKET, Key="nothing")
    with refused("NoSuchKey", "The specified key does not exist.", 404):
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "nothing"})
    with refused("NoSuchBucket", "The specified bucket does not exist", 404):
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": "nowhere", "Key": "k"})
    with refused("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the "
                 "object's metadata, storage class, website redirect location or encryption attributes.", 400):
        s3.copy_object(Bucket=BUCKET, Key="k", CopySource={"Bucket": BUCKET, "Key": "k"})
    with refused("KeyTooLongError", "Your key is too long", 400):
        s3.put_object(Bucket=BUCKET, Key="k" * 1025, Body=b"")
    with refused("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", 400):
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"", Metadata={"m": "x" * 2048})
    with refused("InvalidArgument", "Invalid version id specified", 400):
        s3.get_object(Bucket=BUCKET, Key="k", VersionId="nonsense")


def ranges(url):
    s3 = s3_of(url)
    for outside in ["bytes=10-", "bytes=10-20", "bytes=100-", "bytes=-0"]:
        with refused("InvalidRange", "The requested range is not satisfiable", 416):
            s3.get_object(Bucket=BUCKET, Key="k", Range=outside)
        with refused("416", status=416):
            s3.head_object(Bucket=BUCKET, Key="k", Range=outside)
    for range_, data in [("bytes=0-0", b"0"), ("bytes=5-100", b"56789"), ("bytes=-100", b"0123456789"), ("bytes=0-", b"0123456789")]:
        got = s3.get_object(Bucket=BUCKET, Key="k", Range=range_)
        assert got["Body"].read() == data and got["ResponseMetadata"]["HTTPStatusCode"] == 206, range_
    for ignored in ["bytes=5-2", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4"]:
        got = s3.get_object(Bucket=BUCKET, Key="k", Range=ignored)
        assert got["Body"].read() == b"0123456789" and got["ResponseMetadata"]["HTTPStatusCode"] == 200, ignored
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    with refused("InvalidRange", status=416):
        s3.get_object(Bucket=BUCKET, Key="empty", Range="bytes=0-")


def conditions(url):
    s3 = s3_of(url)
    here = {"Bucket": BUCKET, "Key": "k"}
    head = s3.head_object(**here)
    etag, modified = head["ETag"], head["LastModified"]
    hour = datetime.timedelta(hours=1)
    words = "At least one of the pre-conditions you specified did not hold"
    for false in [{"IfMatch": '"0"'}, {"IfUnmodifiedSince": modified - hour}]:
        with refused("PreconditionFailed", words, 412):
            s3.get_object(**here, **false)
        with refused("412", status=412):
            s3.head_object(**here, **false)
    for same in [{"IfNoneMatch": etag}, {"IfNoneMatch": "*"}, {"IfModifiedSince": modified}]:
        with refused("304", "Not Modified", 304):
            s3.get_object(**here, **same)
        with refused("304", "Not Modified", 304):
            s3.head_object(**here, **same)
    # RFC 9110: an ETag decides over a time.
    s3.get_object(**here, IfMatch=etag, IfUnmodifiedSince=modified - hour)
    s3.get_object(**here, IfNoneMatch='"0"', IfModifiedSince=modified + hour)
    with refused("PreconditionFailed", words, 412):
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=here, CopySourceIfMatch='"0"')
    with refused("PreconditionFailed", words, 412):
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=here, CopySourceIfNoneMatch=etag)
    if knows(s3, "PutObject", "IfMatch"):
        with refused("PreconditionFailed", words, 412):
            s3.put_object(**here, Body=b"", IfNoneMatch="*")
        with refused("PreconditionFailed", words, 412):
            s3.put_object(**here, Body=b"", IfMatch='"0"')
        with refused("NoSuchKey", "The specified key does not exist.", 404):
            s3.put_object(Bucket=BUCKET, Key="nothing", Body=b"", IfMatch=etag)
        with refused("NotImplemented", "A header you provided implies functionality that is not implemented", 501):
            s3.put_object(**here, Body=b"", IfNoneMatch=etag)


def digests(url):
    s3 = s3_of(url)
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with refused("BadDigest", "The Content-MD5 you specified did not match what we received.", 400):
        s3.put_object(Bucket=BUCKET, Key="sum", Body=b"x", ContentMD5=wrong)
    for malformed in ["short", "====", wrong[:-4]]:
        with refused("InvalidDigest", "The Content-MD5 you specified was invalid.", 400):
            s3.put_object(Bucket=BUCKET, Key="sum", Body=b"x", ContentMD5=malformed)
    bodies = {"x-amz-checksum-crc32": ("CRC32", 4), "x-amz-checksum-sha256": ("SHA256", 32), "x-amz-checksum-sha1": ("SHA1", 20)}
    for header, (name, size) in bodies.items():
        said = {header: base64.b64encode(b"\1" * size).decode()}
        answer = raw(url, "PUT", f"/{BUCKET}/sum", b"x", said)
        assert answer.status == 400 and b"<Code>BadDigest</Code>" in answer.body, answer
        assert f"The {name} you specified did not match the calculated checksum.".encode() in answer.body, answer
        answer = raw(url, "PUT", f"/{BUCKET}/sum", b"x", {header: "AAAA"})
        assert answer.status == 400 and b"<Code>InvalidRequest</Code>" in answer.body, answer
        assert f"Value for {header} header is invalid.".encode() in answer.body, answer
    two = {name: base64.b64encode(b"\1" * size).decode() for name, (_, size) in bodies.items()}
    answer = raw(url, "PUT", f"/{BUCKET}/sum", b"x", two)
    assert b"<Code>InvalidRequest</Code><Message>Expecting a single x-amz-checksum- header" in answer.body, answer
    answer = raw(url, "PUT", f"/{BUCKET}/sum", b"x", {"x-amz-content-sha256": "0" * 64})
    assert answer.status == 400 and b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body, answer
    with refused("404"):
        s3.head_object(Bucket=BUCKET, Key="sum")


def parts(url):
    s3 = s3_of(url)
    here = {"Bucket": BUCKET, "Key": "parts"}
    gone = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    with refused("NoSuchUpload", gone, 404):
        s3.upload_part(**here, UploadId="nonsense", PartNumber=1, Body=b"x")
    with refused("NoSuchUpload", gone, 404):
        s3.abort_multipart_upload(**here, UploadId="nonsense")
    with refused("NoSuchUpload", gone, 404):
        s3.list_parts(**here, UploadId="nonsense")
    upload = {**here, "UploadId": s3.create_multipart_upload(**here)["UploadId"]}
    for number in [0, 10001]:
        with refused("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive", 400):
            s3.upload_part(**upload, PartNumber=number, Body=b"x")
    etags = [s3.upload_part(**upload, PartNumber=n, Body=b"small")["ETag"] for n in (1, 2)]

    def complete(*listed):
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in listed]
        return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": listed})

    with refused("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400):
        complete((1, etags[0]), (2, etags[1]))
    with refused("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", 400):
        complete((2, etags[1]), (1, etags[0]))
    with refused("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
                 "specified entity tag may not match the part's entity tag.", 400):
        complete((1, '"0123456789abcdef0123456789abcdef"'))
    with refused("InvalidPart", status=400):
        complete((3, etags[0]))
    with refused("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", 400):
        complete()
    for part in [{"PartNumber": 1}, {"ETag": etags[0]}]:
        with refused("MalformedXML", status=400):
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    with refused("InvalidArgument", "Range specified is not valid for source object of size: 10", 400):
        s3.upload_part_copy(**upload, PartNumber=3, CopySource={"Bucket": BUCKET, "Key": "k"}, CopySourceRange="bytes=5-10")
    with refused("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
                 "the zero-based offsets of the first and last bytes to copy", 400):
        s3.upload_part_copy(**upload, PartNumber=3, CopySource={"Bucket": BUCKET, "Key": "k"}, CopySourceRange="bytes=5-")
    complete((1, etags[0]))
    complete((1, etags[0]))
    with refused("InvalidPartNumber", "The requested partnumber is not satisfiable", 416):
        s3.get_object(**here, PartNumber=2)


def documents(url):
    s3 = s3_of(url)
    with refused("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", 400):
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": str(i)} for i in range(1001)]})
    with refused("MalformedXML", status=400):
        unvalidated(url).delete_objects(Bucket=BUCKET, Delete={"Objects": []})
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    answer = raw(url, "POST", f"/{BUCKET}?delete", body)
    assert answer.status == 400 and b"<Code>InvalidRequest</Code><Message>Missing required header for this request: Content-MD5" in answer.body, answer
    for broken in [b"<Delete><Object>", b"{}", b"<Delete/>"]:
        md5 = base64.b64encode(hashlib.md5(broken).digest()).decode()
        answer = raw(url, "POST", f"/{BUCKET}?delete", broken, {"Content-MD5": md5})
        assert answer.status == 400 and b"<Code>MalformedXML</Code>" in answer.body, (broken, answer)
    for query in ["max-keys=-1", "max-keys=x", "max-keys=2147483648", "list-type=2&max-keys=-1", "encoding-type=base64",
                  "list-type=2&continuation-token=nonsense"]:
        answer = raw(url, "GET", f"/{BUCKET}?{query}")
        assert answer.status == 400 and b"<Code>InvalidArgument</Code>" in answer.body, (query, answer)
    for method, target in [("PATCH", f"/{BUCKET}/k"), ("POST", f"/{BUCKET}/k"), ("PUT", "/"), ("DELETE", "/")]:
        answer = raw(url, method, target, b"")
        assert answer.status == 405 and b"<Code>MethodNotAllowed</Code>" in answer.body, (method, target, answer)


def signatures(_):
    with serving("--verify-signatures") as url:
        s3_of(url).create_bucket(Bucket=BUCKET)
        bad = client(url, "s3", secret="wrong", s3={"addressing_style": "path"})
        with refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your "
                     "key and signing method.", 403):
            bad.list_objects_v2(Bucket=BUCKET)
        with refused("403", "Forbidden", 403):
            bad.head_bucket(Bucket=BUCKET)
        answer = raw(url, "GET", f"/{BUCKET}")
        assert answer.status == 403 and b"<Code>AccessDenied</Code><Message>Access Denied</Message>" in answer.body, answer
        s3 = client(url, "s3", s3={"addressing_style": "path"}, signature_version="s3v4")
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
        link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "k"}, ExpiresIn=60)
        urllib.request.urlopen(urllib.request.Request(url + "/_aforo/clock", data=b'{"advance": "61s"}'), timeout=60)
        try:
            urllib.request.urlopen(link, timeout=60)
            raise AssertionError("answered")
        except urllib.error.HTTPError as error:
            body = error.read()
            assert error.code == 403 and b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in body, body
        urllib.request.urlopen(urllib.request.Request(url + "/_aforo/clock", data=b'{"advance": "20m"}'), timeout=60)
        with refused("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403):
            s3.list_objects_v2(Bucket=BUCKET)


def heads(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="heads")
    s3.create_bucket(Bucket="listed", ObjectOwnership="ObjectWriter")
    for method, target, headers, status, code in (
            ("PUT", "/heads/k", {}, 411, b"MissingContentLength"), ("PUT", "/heads/k?partNumber=1&uploadId=x", {}, 404, b"NoSuchUpload"),
            ("GET", "/heads/k", {"x-amz-y": "v" * 8192}, 400, b"RequestHeaderSectionTooLarge"),
            ("PUT", "/heads?versioning", {}, 400, b"MissingRequestBodyError"), ("PUT", "/heads?cors", {}, 400, b"MissingRequestBodyError")):
        answer = raw(url, method, target, headers=headers)
        assert answer.status == status and b"<Code>%s</Code>" % code in answer.body, (target, answer)
    with refused("UnresolvableGrantByEmailAddress", status=400):
        s3.put_bucket_acl(Bucket="listed", GrantRead="emailaddress=nobody@example.com")
    with refused("InvalidArgument", "Invalid id", 400):
        s3.put_bucket_acl(Bucket="listed", GrantRead="id=nobody")


def completed_twice(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="twice")
    here = {"Bucket": "twice", "Key": "k", "UploadId": s3.create_multipart_upload(Bucket="twice", Key="k")["UploadId"]}
    parts = {"Parts": [{"PartNumber": 1, "ETag": s3.upload_part(**here, PartNumber=1, Body=b"x")["ETag"]}]}
    first = s3.complete_multipart_upload(**here, MultipartUpload=parts)
    assert s3.complete_multipart_upload(**here, MultipartUpload=parts)["ETag"] == first["ETag"]
    with refused("NoSuchUpload", status=404):
        s3.upload_part(**here, PartNumber=2, Body=b"x")
    s3.put_object(Bucket="twice", Key="k", Body=b"y")
    with refused("NoSuchUpload", status=404):
        s3.complete_multipart_upload(**here, MultipartUpload=parts)


run([heads, completed_twice, buckets, objects, ranges, conditions, digests, parts, documents, signatures], "boto3: s3 errors")
