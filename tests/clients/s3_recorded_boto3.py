"""S3's answers as AWS itself gave them: code, message, every element of an error, and which members an answer has. The
facts are those of recordings of AWS that localstack keeps to compare itself with (tests/aws/services/s3/*.snapshot.json)."""
import base64
import datetime
import hashlib

from serving import client, knows, refused, run
from botocore.config import Config
from botocore.exceptions import ClientError

XML = "The XML you provided was not well-formed or did not validate against our published schema"
NO_KEY = "The specified key does not exist."
NO_METHOD = "The specified method is not allowed against this resource."
NOT_HELD = "At least one of the pre-conditions you specified did not hold"
NOT_BUILT = "A header you provided implies functionality that is not implemented"
CONFLICT = "The conditional request cannot succeed due to a conflicting operation against this resource."
ENABLED = {"Status": "Enabled"}
names = iter(f"recorded-{i:03}" for i in range(1000))


def s3_of(url, **config):
    """boto3 without its own checks, and without checksums of its own where it has any, so that the emulator's are asked."""
    if hasattr(Config(), "request_checksum_calculation"):
        config["request_checksum_calculation"] = "when_required"
    return client(url, "s3", s3={"addressing_style": "path"}, parameter_validation=False, **config)


def bucket_of(s3, versioned=False, **how):
    name = next(names)
    s3.create_bucket(Bucket=name, **how)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=ENABLED)
    return name


def told(error, status, call, **input):
    """The call is refused with this status and with an error of exactly these elements."""
    try:
        call(**input)
    except ClientError as refusal:
        got = refusal.response
        assert got["Error"] == error and got["ResponseMetadata"]["HTTPStatusCode"] == status, (call, input, got, error)
    else:
        raise AssertionError(f"not refused: {call} {input} {error}")


def error(code, message, **more):
    return {"Code": code, "Message": message, **more}


def answered(members, status, call, **input):
    """The answer has this status and exactly these members; gives it."""
    got = call(**input)
    has = set(got) - {"ResponseMetadata"}
    assert has == set(members.split()) and got["ResponseMetadata"]["HTTPStatusCode"] == status, (call, input, got)
    return got


def versions(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3, versioned=True)
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    tags = {"TagSet": []}
    for method, call, input in [("GET", s3.get_object, {}), ("GET", s3.get_object_tagging, {}), ("GET", s3.get_object_acl, {}),
                                ("PUT", s3.put_object_tagging, {"Tagging": tags}), ("DELETE", s3.delete_object_tagging, {})]:
        told(error("MethodNotAllowed", NO_METHOD, Method=method, ResourceType="DeleteMarker"), 405, call, Bucket=bucket, Key="k",
             VersionId=marker, **input)
    for method, call, input in [("GET", s3.get_object_tagging, {}), ("PUT", s3.put_object_tagging, {"Tagging": tags}),
                                ("DELETE", s3.delete_object_tagging, {}), ("PUT", s3.put_object_acl, {"ACL": "private"})]:
        told(error("MethodNotAllowed", NO_METHOD, Method=method, ResourceType="DeleteMarker"), 405, call, Bucket=bucket, Key="k", **input)
    for call in [s3.get_object, s3.get_object_acl]:
        told(error("NoSuchKey", NO_KEY, Key="k"), 404, call, Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    told(error("NoSuchVersion", "The specified version does not exist.", Key="k", VersionId=version), 404, s3.get_object,
         Bucket=bucket, Key="k", VersionId=version)
    forged = version[:-4] + ("abcd" if version[-4:] != "abcd" else "dcba")
    plain = bucket_of(s3)
    s3.put_object(Bucket=plain, Key="k", Body=b"1")
    wrong = error("InvalidArgument", "Invalid version id specified", ArgumentName="versionId", ArgumentValue=forged)
    for name in [bucket, plain]:
        for call in [s3.get_object, s3.delete_object]:
            told(wrong, 400, call, Bucket=name, Key="k", VersionId=forged)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    assert s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")["VersionId"] == "null"
    told(error("InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id."), 400,
         s3.copy_object, Bucket=bucket, Key="copy", CopySource=f"{bucket}/k?versionId={marker}")
    told(error("InvalidArgument", "Invalid copy source object key", ArgumentName="x-amz-copy-source", ArgumentValue="x-amz-copy-source"), 400,
         s3.copy_object, Bucket=bucket, Key="copy", CopySource=f"{bucket}/")
    told(error("IllegalVersioningConfigurationException", "The Versioning element must be specified"), 400, s3.put_bucket_versioning,
         Bucket=plain, VersioningConfiguration={})


def tags(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    none = error("NoSuchTagSet", "The TagSet does not exist", BucketName=bucket)
    answered("", 204, s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": ""}]})
    answered("", 204, s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": []})
    told(none, 404, s3.get_bucket_tagging, Bucket=bucket)
    told(error("NoSuchKey", NO_KEY, Key=f"{bucket}/gone"), 404, s3.get_object_tagging, Bucket=bucket, Key="gone")
    told(error("NoSuchKey", NO_KEY, Key="gone"), 404, s3.delete_object_tagging, Bucket=bucket, Key="gone")
    for header in ["key1=val1&key1=val2", "key1=val1,key2=val2"]:
        told(error("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
                   "tag name duplicates.", ArgumentName="x-amz-tagging", ArgumentValue=header), 400, s3.put_object, Bucket=bucket, Key="k",
             Tagging=header)
    s3.put_object(Bucket=bucket, Key="k", Tagging="&&key2&&&key1")
    assert [tag["Key"] for tag in s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]] == ["key1", "key2"]
    value = {"TagSet": [{"Key": "Key1", "Value": "Val1,Val2"}]}
    told(error("InvalidTag", "The TagValue you have provided is invalid", TagKey="Key1", TagValue="Val1,Val2"), 400, s3.put_bucket_tagging,
         Bucket=bucket, Tagging=value)
    own = {"TagSet": [{"Key": "aws:own", "Value": ""}]}
    told(error("InvalidTag", "System tags cannot be added/updated by requester", TagKey="aws:own"), 400, s3.put_bucket_tagging,
         Bucket=bucket, Tagging=own)
    told(error("InvalidTag", "Your TagKey cannot be prefixed with aws:", TagKey="aws:own"), 400, s3.put_object_tagging, Bucket=bucket,
         Key="k", Tagging=own)


def conditions(url):
    s3 = s3_of(url)
    if not knows(s3, "CompleteMultipartUpload", "IfMatch"):
        return  # a client of before
    bucket = bucket_of(s3)
    where = {"Bucket": bucket, "Key": "k"}
    told(error("NotImplemented", NOT_BUILT, Header="If-None-Match", additionalMessage="We don't accept the provided value of If-None-Match "
               "header for this API"), 501, s3.put_object, IfNoneMatch="word", **where)
    told(error("NotImplemented", NOT_BUILT, Header="If-Match", additionalMessage="We don't accept the provided value of If-Match header for "
               "this API"), 501, s3.put_object, IfMatch="*", **where)
    told(error("NotImplemented", NOT_BUILT, Header="If-Match,If-None-Match", additionalMessage="Multiple conditional request headers "
               "present in the request"), 501, s3.put_object, IfMatch="x", IfNoneMatch="*", **where)
    told(error("NoSuchKey", NO_KEY, Key="k"), 404, s3.put_object, IfMatch="x", **where)

    def begun():
        upload = s3.create_multipart_upload(**where)["UploadId"]
        part = s3.upload_part(UploadId=upload, PartNumber=1, Body=b"part", **where)["ETag"]
        return {"UploadId": upload, "MultipartUpload": {"Parts": [{"ETag": part, "PartNumber": 1}]}, **where}

    s3.put_object(**where)
    upload = begun()
    told(error("PreconditionFailed", NOT_HELD, Condition="If-None-Match"), 412, s3.complete_multipart_upload, IfNoneMatch="*", **upload)
    s3.delete_object(**where)
    told(error("ConditionalRequestConflict", CONFLICT, Condition="If-None-Match", Key="k"), 409, s3.complete_multipart_upload,
         IfNoneMatch="*", **upload)
    s3.complete_multipart_upload(IfNoneMatch="*", **begun())
    first = s3.put_object(Body=b"1", **where)["ETag"]
    upload = begun()
    second = s3.put_object(Body=b"2", **where)["ETag"]
    told(error("PreconditionFailed", NOT_HELD, Condition="If-Match"), 412, s3.complete_multipart_upload, IfMatch=first, **upload)
    conflict = error("ConditionalRequestConflict", CONFLICT, Condition="If-Match", Key="k")
    told(conflict, 409, s3.complete_multipart_upload, IfMatch=second, **upload)
    s3.delete_object(**where)
    told(error("NoSuchKey", NO_KEY, Key="k"), 404, s3.complete_multipart_upload, IfMatch=second, **upload)
    third = s3.put_object(Body=b"2", **where)["ETag"]
    told(conflict, 409, s3.complete_multipart_upload, IfMatch=third, **upload)
    s3.complete_multipart_upload(IfMatch=third, **begun())


def parts(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    where = {"Bucket": bucket, "Key": "k"}
    empty = answered("Bucket IsTruncated KeyMarker MaxUploads NextKeyMarker NextUploadIdMarker UploadIdMarker", 200, s3.list_multipart_uploads,
                     Bucket=bucket)
    assert empty["NextKeyMarker"] == empty["NextUploadIdMarker"] == ""
    upload = s3.create_multipart_upload(**where)["UploadId"]
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert (listed["NextKeyMarker"], listed["NextUploadIdMarker"]) == ("k", upload) and not listed["IsTruncated"]
    etags = [s3.upload_part(UploadId=upload, PartNumber=n, Body=b"data", **where)["ETag"] for n in (1, 2)]
    bare = etags[0].strip('"')
    told(error("InvalidRequest", "You must specify at least one part"), 400, s3.complete_multipart_upload, UploadId=upload, **where)

    def of(*listed):
        return {"UploadId": upload, "MultipartUpload": {"Parts": list(listed)}, **where}

    told(error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", ETag=bare, MinSizeAllowed="5242880",
               PartNumber="1", ProposedSize="4"), 400, s3.complete_multipart_upload,
         **of({"ETag": etags[0], "PartNumber": 1}, {"ETag": etags[1], "PartNumber": 2}))
    missing = error("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
                    "specified entity tag may not match the part's entity tag.", ETag=bare, UploadId=upload)
    told({**missing, "PartNumber": "3"}, 400, s3.complete_multipart_upload, **of({"ETag": etags[0], "PartNumber": 3}))
    sum_of_data = base64.b64encode(hashlib.sha256(b"data").digest()).decode()
    told({**missing, "PartNumber": "1"}, 400, s3.complete_multipart_upload,
         **of({"ETag": etags[0], "PartNumber": 1, "ChecksumSHA256": sum_of_data}))
    s3.complete_multipart_upload(**of({"ETag": etags[0], "PartNumber": 1}))
    upload = s3.create_multipart_upload(ChecksumAlgorithm="SHA256", **where)["UploadId"]
    part = s3.upload_part(UploadId=upload, PartNumber=1, Body=b"data", ChecksumAlgorithm="SHA256", **where)
    whole = s3.complete_multipart_upload(**of({"ETag": part["ETag"], "PartNumber": 1, "ChecksumSHA256": part["ChecksumSHA256"]}))
    asked = s3.get_object_attributes(ObjectAttributes=["Checksum"], **where)["Checksum"]
    assert whole["ChecksumSHA256"] == asked["ChecksumSHA256"] + "-1", (whole, asked)
    upload = s3.create_multipart_upload(**where)["UploadId"]
    told(error("InvalidRequest", "The specified copy range is invalid for the source object size"), 400, s3.upload_part_copy,
         UploadId=upload, PartNumber=1, CopySource=f"{bucket}/k", CopySourceRange="bytes=100-200", **where)


def ranges(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789", ChecksumAlgorithm="CRC32")
    for asked, whole in [("0-8", False), ("-15", True), ("0-100", True), ("0-9", True), ("1-", False)]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={asked}", ChecksumMode="ENABLED")
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206 and ("ChecksumCRC32" in got) == whole, (asked, got)


def locks(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    s3.put_object(Bucket=bucket, Key="k")
    header = "x-amz-bypass-governance-retention"
    wrong = error("InvalidArgument", f"{header} is only applicable to Object Lock enabled buckets.", ArgumentName=header)
    for bypass in [True, False]:
        told(wrong, 400, s3.delete_object, Bucket=bucket, Key="k", BypassGovernanceRetention=bypass)
    told(wrong, 400, s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "k"}]}, BypassGovernanceRetention=True)
    locked = bucket_of(s3, ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket=locked, Key="k", ChecksumAlgorithm="CRC32")
    told(error("MalformedXML", XML), 400, s3.put_object_legal_hold, Bucket=locked, Key="k", LegalHold={})


def lists(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=bucket)
    owner = {"ID": s3.list_buckets()["Owner"]["ID"]}
    group, fake = ("http://acs.amazonaws.com/groups/s3/" + name for name in ("LogDelivery", "FakeGroup"))

    def put(**how):
        return s3.put_bucket_acl(Bucket=bucket, **how)

    def of(grantee, permission="WRITE", who=owner):
        return {"AccessControlPolicy": {"Grants": [{"Grantee": grantee, "Permission": permission}], "Owner": who}}

    told(error("InvalidArgument", "Invalid group uri", ArgumentName="uri", ArgumentValue=fake), 400, put, GrantRead=f"uri={fake}")
    told(error("InvalidArgument", "Argument format not recognized", ArgumentName="x-amz-grant-write", ArgumentValue='fakekey="1234"'), 400,
         put, GrantWrite='fakekey="1234"')
    told(error("InvalidArgument", "Invalid group uri", ArgumentName="Group/URI", ArgumentValue=fake), 400, put,
         **of({"URI": fake, "Type": "Group"}))
    told(error("InvalidArgument", "Invalid id", ArgumentName="CanonicalUser/ID", ArgumentValue="wrong-id"), 400, put,
         **of({"URI": group, "Type": "Group"}, who={"ID": "wrong-id"}))
    told(error("MalformedACLError", XML), 400, put, **of({"URI": group, "Type": "Group"}, "FAKE"))
    told(error("UnexpectedContent", "This request does not support content"), 400, put, ACL="public-read",
         **of({"URI": group, "Type": "Group"}))
    put(**of({"URI": group, "Type": "Group"}))
    header = "x-amz-object-ownership"
    for value in ["RandomValue", ""]:
        told(error("InvalidArgument", f"Invalid {header} header: {value}", ArgumentName=header), 400, s3.create_bucket, Bucket="never-made",
             ObjectOwnership=value)
    rules = [{"ObjectOwnership": "ObjectWriter"}, {"ObjectOwnership": "BucketOwnerPreferred"}]
    told(error("MalformedXML", XML), 400, s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls={"Rules": rules})
    told(error("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'"), 400, s3.put_bucket_policy, Bucket=bucket,
         Policy="")


def websites(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    index = {"IndexDocument": {"Suffix": "index.html"}}

    def put(**configuration):
        return s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)

    told(error("InvalidArgument", "The IndexDocument Suffix is not well formed", ArgumentName="IndexDocument", ArgumentValue=None), 400, put,
         IndexDocument={"Suffix": ""})
    for change in [{"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "ftp"}},
                   {"RoutingRules": [{"Redirect": {"Protocol": "ftp", "HostName": "h"}}], **index}]:
        told(error("InvalidRequest", "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
                   "automatically."), 400, put, **change)
    told(error("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both."), 400, put,
         RoutingRules=[{"Redirect": {"ReplaceKeyPrefixWith": "a", "ReplaceKeyWith": "b"}}], **index)
    told(error("InvalidRequest", "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't "
               "be present."), 400, put, RoutingRules=[{"Condition": {}, "Redirect": {"ReplaceKeyWith": "b"}}], **index)
    put(RoutingRules=[{"Redirect": {"ReplaceKeyWith": "b"}}], **index)


def replication(url):
    s3 = s3_of(url)
    source, target = bucket_of(s3), bucket_of(s3)

    def put(to=target):
        rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": f"arn:aws:s3:::{to}"}}
        return s3.put_bucket_replication(Bucket=source, ReplicationConfiguration={"Role": "arn:aws:iam::000000000000:role/r", "Rules": [rule]})

    told(error("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration"), 400, put)
    s3.put_bucket_versioning(Bucket=source, VersioningConfiguration=ENABLED)
    for to in [target, "nowhere-at-all"]:
        told(error("InvalidRequest", "Destination bucket must have versioning enabled."), 400, put, to=to)
    s3.put_bucket_versioning(Bucket=target, VersioningConfiguration=ENABLED)
    put()
    assert s3.get_bucket_replication(Bucket=source)["ReplicationConfiguration"]["Rules"][0]["ID"]


def many_of_a_kind(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    inventory = {"Id": "i", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                 "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{bucket}", "Format": "CSV"}}}
    tiering = {"Id": "i", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    kinds = [("metrics", "MetricsConfiguration", {"Id": "i"}), ("inventory", "InventoryConfiguration", inventory),
             ("analytics", "AnalyticsConfiguration", {"Id": "i", "StorageClassAnalysis": {}}),
             ("intelligent_tiering", "IntelligentTieringConfiguration", tiering)]
    for kind, member, document in kinds:
        put, get, delete = (getattr(s3, f"{verb}_bucket_{kind}_configuration") for verb in ("put", "get", "delete"))
        answered("", 204, put, Bucket=bucket, Id="i", **{member: document})
        answered(member, 200, get, Bucket=bucket, Id="i")
        answered("", 204, delete, Bucket=bucket, Id="i")
        for call in [get, delete]:
            told(error("NoSuchConfiguration", "The specified configuration does not exist."), 404, call, Bucket=bucket, Id="i")
        mismatch = error("IdMismatch", "Document ID does not match the specified configuration ID.")
        told(mismatch if kind == "inventory" else error("MalformedXML", XML), 400, put, Bucket=bucket, Id="j", **{member: document})
    inventory["Destination"]["S3BucketDestination"]["Bucket"] = bucket
    told(error("InvalidS3DestinationBucket", "Invalid bucket ARN."), 400, s3.put_bucket_inventory_configuration, Bucket=bucket, Id="i",
         InventoryConfiguration=inventory)
    for i in range(102):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=f"m{i:03}", MetricsConfiguration={"Id": f"m{i:03}"})
    token = s3.list_bucket_metrics_configurations(Bucket=bucket)["NextContinuationToken"]
    page = answered("ContinuationToken IsTruncated MetricsConfigurationList", 200, s3.list_bucket_metrics_configurations, Bucket=bucket,
                    ContinuationToken=token)
    assert len(page["MetricsConfigurationList"]) == 2 and page["ContinuationToken"] == token


def other_documents(url):
    s3 = s3_of(url)
    bucket = bucket_of(s3)
    rule = {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 7}}

    def put(**change):
        rules = [{name: value for name, value in {**rule, **change}.items() if value is not None}]
        return s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    told(error("MalformedXML", XML), 400, put, Expiration=None, NoncurrentVersionExpiration={})
    told(error("InvalidArgument", "'Date' must be at midnight GMT", ArgumentName="Date", ArgumentValue="2030-01-01T12:10:00.000Z"), 400, put,
         Expiration={"Date": datetime.datetime(2030, 1, 1, 12, 10)})
    told(error("InvalidRequest", "Duplicate Tag Keys are not allowed."), 400, put,
         Filter={"And": {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}})
    s3.create_bucket(Bucket="recorded-west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    told(error("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", TargetBucketLocation="us-west-2"), 403,
         s3.put_bucket_logging, Bucket=bucket,
         BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "recorded-west", "TargetPrefix": "log"}})
    told(error("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", SourceBucketLocation="us-west-2",
               TargetBucketLocation="us-east-1"), 403, s3.put_bucket_logging, Bucket="recorded-west",
         BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "log"}})
    by_key = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}
    told(error("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
               ArgumentName="ApplyServerSideEncryptionByDefault"), 400, s3.put_bucket_encryption, Bucket=bucket,
         ServerSideEncryptionConfiguration={"Rules": [by_key]})
    head = s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    assert head["content-type"] == "application/xml" and head["x-amz-access-point-alias"] == "false", head
    assert s3.list_objects_v2(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    with refused("NoSuchBucket", status=404):
        s3.list_objects_v2(Bucket="recorded-nowhere")


TESTS = [versions, tags, conditions, parts, ranges, locks, lists, websites, replication, many_of_a_kind, other_documents]

if __name__ == "__main__":
    run(TESTS, "boto3 for S3, answers recorded from AWS")
