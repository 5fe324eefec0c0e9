"""S3's versions, tags, attributes and locks as boto3 sees them."""
import datetime

from serving import client, knows, refused, run


def s3_of(url):
    return client(url, "s3", s3={"addressing_style": "path"})


def versions_stay(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="kept")
    assert "Status" not in s3.get_bucket_versioning(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    ids = [s3.put_object(Bucket="kept", Key="k", Body=str(i).encode())["VersionId"] for i in range(3)]
    gone = s3.delete_object(Bucket="kept", Key="k")
    assert gone["DeleteMarker"] is True
    told = s3.list_object_versions(Bucket="kept")
    assert [v["VersionId"] for v in told["Versions"]] == ids[::-1] and not any(v["IsLatest"] for v in told["Versions"])
    assert [(m["VersionId"], m["IsLatest"]) for m in told["DeleteMarkers"]] == [(gone["VersionId"], True)]
    assert s3.get_object(Bucket="kept", Key="k", VersionId=ids[0])["Body"].read() == b"0"
    with refused("NoSuchKey", status=404):
        s3.get_object(Bucket="kept", Key="k")
    with refused("405", status=405):
        s3.head_object(Bucket="kept", Key="k", VersionId=gone["VersionId"])
    copy = s3.copy_object(Bucket="kept", Key="k", CopySource={"Bucket": "kept", "Key": "k", "VersionId": ids[1]})
    assert copy["CopySourceVersionId"] == ids[1] and s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"1"
    upload = s3.create_multipart_upload(Bucket="kept", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="kept", Key="k", UploadId=upload, PartNumber=1, Body=b"parts")
    done = s3.complete_multipart_upload(Bucket="kept", Key="k", UploadId=upload,
                                        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.get_object(Bucket="kept", Key="k", VersionId=done["VersionId"])["Body"].read() == b"parts"
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket="kept", PaginationConfig={"PageSize": 2}))
    assert len(pages) == 3 and sum(len(p.get("Versions", [])) for p in pages) == 5
    everything = [{"Key": v["Key"], "VersionId": v["VersionId"]} for p in pages for v in p.get("Versions", []) + p.get("DeleteMarkers", [])]
    removed = s3.delete_objects(Bucket="kept", Delete={"Objects": everything})
    assert len(removed["Deleted"]) == 6 and "Errors" not in removed
    s3.delete_bucket(Bucket="kept")


def objects_have_tags(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="tagged")
    here = {"Bucket": "tagged", "Key": "k"}
    s3.put_object(**here, Body=b"x", Tagging="a=1&b=two%20words")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}]
    assert s3.get_object_tagging(**here)["TagSet"] == tags
    assert s3.get_object(**here)["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "2"
    s3.copy_object(Bucket="tagged", Key="copy", CopySource=here)
    assert s3.get_object_tagging(Bucket="tagged", Key="copy")["TagSet"] == tags
    s3.copy_object(Bucket="tagged", Key="other", CopySource=here, TaggingDirective="REPLACE", Tagging="c=3")
    assert s3.get_object_tagging(Bucket="tagged", Key="other")["TagSet"] == [{"Key": "c", "Value": "3"}]
    s3.put_object_tagging(**here, Tagging={"TagSet": tags[:1]})
    assert s3.get_object_tagging(**here)["TagSet"] == tags[:1]
    s3.delete_object_tagging(**here)
    assert s3.get_object_tagging(**here)["TagSet"] == []
    with refused("InvalidTag"):
        s3.put_object_tagging(**here, Tagging={"TagSet": tags[:1] * 2})
    with refused("BadRequest", "Object tags cannot be greater than 10"):
        s3.put_object_tagging(**here, Tagging={"TagSet": [{"Key": str(i), "Value": ""} for i in range(11)]})
    assert [g["Permission"] for g in s3.get_object_acl(**here)["Grants"]] == ["FULL_CONTROL"]
    with refused("AccessControlListNotSupported", status=400):
        s3.put_object_acl(**here, ACL="public-read")


def attributes_are_told_as_asked(url):
    s3 = s3_of(url)
    if not hasattr(s3, "get_object_attributes"):
        return
    s3.create_bucket(Bucket="attributes")
    etag = s3.put_object(Bucket="attributes", Key="k", Body=b"12345", ChecksumAlgorithm="SHA256")["ETag"]
    told = s3.get_object_attributes(Bucket="attributes", Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
    assert told["ETag"] == etag.strip('"') and told["ObjectSize"] == 5 and told["StorageClass"] == "STANDARD"
    assert told["Checksum"]["ChecksumSHA256"] == "WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U="
    only = s3.get_object_attributes(Bucket="attributes", Key="k", ObjectAttributes=["ObjectSize"])
    assert "ETag" not in only and only["ObjectSize"] == 5


def locks_hold(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="free")
    with refused("ObjectLockConfigurationNotFoundError", status=404):
        s3.get_object_lock_configuration(Bucket="free")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket="locked")["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    with refused("InvalidBucketState"):
        s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"})
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=rule)
    assert s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"] == rule
    body = {"Body": b"x"}
    if knows(s3, "PutObject", "ChecksumAlgorithm"):
        body["ChecksumAlgorithm"] = "CRC32"
    version = {"Bucket": "locked", "Key": "k", "VersionId": s3.put_object(Bucket="locked", Key="k", **body)["VersionId"]}
    kept = s3.get_object_retention(**version)["Retention"]
    assert kept["Mode"] == "GOVERNANCE"
    with refused("AccessDenied", status=403):
        s3.delete_object(**version)
    later = kept["RetainUntilDate"] + datetime.timedelta(days=1)
    s3.put_object_retention(**version, BypassGovernanceRetention=True, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": later})
    with refused("AccessDenied", status=403):
        s3.delete_object(**version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**version, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**version)["LegalHold"]["Status"] == "ON"
    assert s3.delete_object(Bucket="locked", Key="k")["DeleteMarker"] is True


run([versions_stay, objects_have_tags, attributes_are_told_as_asked, locks_hold], "boto3: S3 versions, tags and locks")
