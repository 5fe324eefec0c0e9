"""S3's model, walked: each operation that has constraints is called with one input that is taken, and with every constraint
of that input's shape violated once: members left out, values outside of their sets, lengths and numbers past their bounds,
numbers, booleans and moments that are none. What must hold: the whole input is answered well, and each violation is refused
with the code that AWS has for it, and changes nothing. Constraints and their places are botocore's, not our tables'."""
import base64
import hashlib
import http.client

import botocore.serialize
import botocore.awsrequest
import botocore.exceptions

import model_walk
from model_walk import DEPTH_MAX, Asker, Model, bad_values, least, pattern_holds
from serving import client, run

BAD = "not-one"  # a number, a boolean, a moment
TYPED = ("integer", "long", "boolean", "timestamp")
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}}
OWNER = "{owner}"
GRANT = {"Grantee": {"Type": "CanonicalUser", "ID": OWNER}, "Permission": "READ"}
REPLICATION = {"Role": "arn:aws:iam::123456789012:role/r", "Rules": [{
    "ID": "r", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "a"}, "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": "arn:aws:s3:::walk"}}]}
INVENTORY = {"Id": "i", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"}, "OptionalFields": ["Size"],
             "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::walk", "Format": "CSV"}}}
ANALYTICS = {"Id": "i", "StorageClassAnalysis": {"DataExport": {"OutputSchemaVersion": "V_1", "Destination": {
    "S3BucketDestination": {"Bucket": "arn:aws:s3:::walk", "Format": "CSV"}}}}}
# What is asked besides Bucket, Key, UploadId and CopySource: an input that is answered well.
WHOLE = {
    "CompleteMultipartUpload": {"MultipartUpload": {"Parts": [{"ETag": "{etag}", "PartNumber": 1}]}},
    "CopyObject": {"Key": "copy"},
    "CreateBucket": {"Bucket": "another", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1", "Tags": [{"Key": "a", "Value": "b"}]}},
    "DeleteObjects": {"Delete": {"Objects": [{"Key": "none"}], "Quiet": False}},
    "GetObjectAttributes": {"ObjectAttributes": ["ETag"]},
    "PutBucketAcl": {"AccessControlPolicy": {"Owner": {"ID": OWNER}, "Grants": [GRANT]}},
    "PutBucketAnalyticsConfiguration": {"Id": "i", "AnalyticsConfiguration": ANALYTICS},
    "PutBucketCors": {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}},
    "PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
    "PutBucketIntelligentTieringConfiguration": {"Id": "i", "IntelligentTieringConfiguration": {
        "Id": "i", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}},
    "PutBucketInventoryConfiguration": {"Id": "i", "InventoryConfiguration": INVENTORY},
    "PutBucketLifecycle": {"LifecycleConfiguration": {"Rules": [{"ID": "r", "Prefix": "a", "Status": "Enabled", "Expiration": {"Days": 1}}]}},
    "PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [RULE]}},
    "PutBucketLogging": {"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "walk", "TargetPrefix": "log/"}}},
    "PutBucketMetricsConfiguration": {"Id": "i", "MetricsConfiguration": {"Id": "i"}},
    "PutBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}},
    "PutBucketPolicy": {"Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},'
                                  '"Action":"s3:GetObject","Resource":"arn:aws:s3:::walk/*"}]}'},
    "PutBucketReplication": {"ReplicationConfiguration": REPLICATION},
    "PutBucketRequestPayment": {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
    "PutBucketTagging": {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "PutBucketWebsite": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
    "PutObjectAcl": {"AccessControlPolicy": {"Owner": {"ID": OWNER}, "Grants": [GRANT]}},
    "PutObjectLegalHold": {"LegalHold": {"Status": "OFF"}},
    "PutObjectLockConfiguration": {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
        "DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}},
    "PutObjectRetention": {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": 4102444800}},
    "PutObjectTagging": {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "RestoreObject": {"Key": "cold", "RestoreRequest": {"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}},
}
# Headers that are valid only beside another.
BESIDE = {"ObjectLockMode": {"ObjectLockRetainUntilDate": 4102444800}, "ObjectLockRetainUntilDate": {"ObjectLockMode": "GOVERNANCE"},
          "ChecksumType": {"ChecksumAlgorithm": "CRC32"}}
# Without its upload's id a request is another one, which may be none.
WITHOUT_UPLOAD = {"CompleteMultipartUpload": "MethodNotAllowed", "UploadPart": "InvalidRequest", "UploadPartCopy": "InvalidRequest"}
# Codes that are not their place's usual one (MalformedXML in bodies, InvalidArgument elsewhere), by member, or by path in the body.
CODES = {
    "WebsiteConfiguration.RedirectAllRequestsTo.Protocol enum": "InvalidRequest",  # as AWS was recorded to
    "WebsiteConfiguration.RoutingRules.[].Redirect.Protocol enum": "InvalidRequest",
    "ChecksumAlgorithm": "InvalidRequest", "ChecksumType": "InvalidRequest", "StorageClass": "InvalidStorageClass",
    "CreateBucketConfiguration.LocationConstraint": "InvalidLocationConstraint",
    "CreateBucketConfiguration.Tags.[].Key min": "InvalidTag",
    "Policy required": "MalformedPolicy", "ObjectAttributes required": "InvalidRequest", "Id required": "MethodNotAllowed", "PartNumber required": "InvalidRequest",
    "CopySource required": None, 
    "BucketNamespace": "NotImplemented",  # refused by name
    "RequestPayer": None, "ChecksumMode": None, "OptionalObjectAttributes": None,  # not looked at where nothing follows from them
    "ContentLength": None, "Key min": None,  # another request
    "Expires": None, "IfModifiedSince": None, "IfUnmodifiedSince": None,  # see s3_errors_boto3.py
    "CopySourceIfModifiedSince": None, "CopySourceIfUnmodifiedSince": None, "IfMatchInitiatedTime": None,
}
ELSEWHERE = ("WriteGetObjectResponse", "ListDirectoryBuckets")  # have hosts of their own
NOT_BUILT = ("CreateBucketConfiguration.Bucket", "CreateBucketConfiguration.Location", "RestoreRequest.SelectParameters",
             "RestoreRequest.OutputLocation", "RestoreRequest.Type")


class Serializer(botocore.serialize.RestXMLSerializer):
    """botocore's, that writes BAD where a boolean or a moment should be."""

    def _serialize_type_boolean(self, xmlnode, params, shape, name):
        self._default_serialize(xmlnode, BAD if params == BAD else "true" if params else "false", shape, name)

    def _convert_timestamp_to_str(self, value, timestamp_format=None):
        return BAD if value == BAD else super()._convert_timestamp_to_str(value, timestamp_format)

    def _convert_header_value(self, shape, value):
        return BAD if value == BAD else super()._convert_header_value(shape, value)


def violations(model, name, whole, depth=0):
    """(path, constraint, a value of the shape with one constraint broken): `whole` is a valid value, None: there is none."""
    shape = model.shapes[name]
    kind = shape["type"]
    if depth > DEPTH_MAX or shape.get("eventstream") or shape.get("streaming"):
        return
    if kind == "structure":
        base = least(model, name) if whole is None else whole
        for member, ref in shape["members"].items():
            if member in shape.get("required", []) and member in base:
                yield (member,), "required", {key: value for key, value in base.items() if key != member}
            for path, which, value in violations(model, ref["shape"], base.get(member), depth + 1):
                yield (member, *path), which, {**base, member: value}
    elif kind == "list":
        first = whole[0] if whole else None
        for path, which, value in violations(model, shape["member"]["shape"], first, depth + 1):
            yield ("[]", *path), which, [value]
    elif kind != "map":
        for which, value in bad_values(shape):
            yield (), which, "!" if which == "pattern" and pattern_holds(shape, "!") is False else value
        if kind in TYPED:
            yield (), kind, BAD


class S3Asker(Asker):
    """Before each question the bucket, the object and an upload are there, as if nothing had been asked."""

    def __init__(self, url):
        super().__init__(url)
        self.s3 = client(url, "s3")
        self.owner = self.s3.list_buckets()["Owner"]["ID"]

    def fixture(self):
        self.s3.create_bucket(Bucket="walk", ObjectLockEnabledForBucket=True)
        self.s3.put_bucket_ownership_controls(Bucket="walk", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
        self.s3.delete_public_access_block(Bucket="walk")
        self.s3.put_object(Bucket="walk", Key="k", Body=b"x")
        self.s3.put_object(Bucket="walk", Key="cold", Body=b"x", StorageClass="GLACIER")
        try:
            self.s3.delete_bucket(Bucket="another")
        except botocore.exceptions.ClientError:
            pass
        upload = self.s3.create_multipart_upload(Bucket="walk", Key="k")["UploadId"]
        etag = self.s3.upload_part(Bucket="walk", Key="k", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]
        return {"{upload}": upload, "{etag}": etag, OWNER: self.owner}

    def ask_s3(self, model, operation, value):
        words = self.fixture()
        message = botocore_request(model, operation, with_words(value, words), self.host)
        body = message.body or b""
        headers = {k: v if isinstance(v, str) else v.decode() for k, v in message.headers.items()}
        if body:
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        scope = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"}
        target = message.url[len(f"http://{self.host}"):]
        status, answer, _ = self.send(message.method, target, {**headers, **scope}, body)
        return status, model_walk.error_of(answer) if status >= 300 else (None, "")


def with_words(value, words):
    if isinstance(value, dict):
        return {key: with_words(child, words) for key, child in value.items()}
    if isinstance(value, list):
        return [with_words(child, words) for child in value]
    return words.get(value, value) if isinstance(value, str) else value


def botocore_request(model, operation, value, host):
    request = Serializer().serialize_to_request(value, model.session_model.operation_model(operation))
    botocore.awsrequest.prepare_request_dict(request, f"http://{host}")
    return botocore.awsrequest.create_request_object(request).prepare()


def whole_input(model, operation):
    shape = model.shapes[model.input_of(operation)]
    fixed = {"Bucket": "walk", "Key": "k", "UploadId": "{upload}", "CopySource": "walk/k", "PartNumber": 1, "Id": "i"}
    needed = {name: fixed[name] for name in shape.get("required", []) if name in fixed}
    return {**least(model, model.input_of(operation)), **needed, **WHOLE.get(operation, {})}


def expected(model, operation, path, which):
    """The code of a violation; None: it is none, or leads to another operation."""
    member, dotted = path[0], ".".join(path)
    place = model.shapes[model.input_of(operation)]["members"][member].get("location", "body")
    if place == "uri":
        return None
    if member == "Id" and operation.startswith("Get"):
        return None  # the list of them
    if member == "UploadId":
        return WITHOUT_UPLOAD.get(operation)
    for name in (f"{dotted} {which}", dotted, f"{member} {which}", member) if place != "body" else (f"{dotted} {which}", dotted):
        if name in CODES:
            return CODES[name]
    if member == "AccessControlPolicy" and len(path) > 1:
        return "MalformedACLError"
    if place == "body" and path == (member,) and which == "required":
        return "MissingRequestBodyError"
    return "MalformedXML" if place == "body" else "InvalidArgument"


def check(asker, model, operation, counts):
    whole = whole_input(model, operation)
    status, (code, message) = asker.ask_s3(model, operation, whole)
    if status == 501:
        counts["refused"] = counts.get("refused", 0) + 1
        return
    if operation in WHOLE:
        assert status < 300, (operation, status, code, message)
    head = model.raw["operations"][operation]["http"]["method"] == "HEAD"
    for path, which, value in violations(model, model.input_of(operation), whole):
        want = expected(model, operation, path, which)
        if want is None or ".".join(path).startswith(NOT_BUILT):
            continue
        beside = {name: other for name, other in BESIDE.get(path[0], {}).items() if name in model.shapes[model.input_of(operation)]["members"]}
        status, (code, message) = asker.ask_s3(model, operation, {**value, **beside})
        assert 400 <= status < 500 or want == "NotImplemented", (operation, path, which, status)
        assert head or code == want, (operation, path, which, status, code, message, want)
        counts[which] = counts.get(which, 0) + 1


def walk_s3(url):
    model, asker, counts = Model("s3"), S3Asker(url), {}
    for operation in model.operations():
        if model.input_of(operation) and operation not in ELSEWHERE:
            check(asker, model, operation, counts)
    assert counts["required"] > 80 and counts["enum"] > 80, counts
    print("s3", counts)


run([walk_s3], "botocore's model of S3, each constraint violated", options=("--small-parts",))
