"""S3's access as boto3 sees it: policies, lists, blocks; for the owner, another account, and nobody."""
import json
import urllib.error
import urllib.request

import boto3
import botocore
from botocore.config import Config
from serving import refused, run, serving

OTHER = "111122223333"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
OPEN = {name: False for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}


def s3_of(url, key="test"):
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key="test",
                        config=Config(signature_version="s3v4", retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


def nobody_of(url):
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=Config(
        signature_version=botocore.UNSIGNED, retries={"max_attempts": 0}, s3={"addressing_style": "path"}))


def policy(bucket, *statements):
    arn = f"arn:aws:s3:::{bucket}"
    whole = [{"Effect": "Allow", "Principal": "*", "Resource": [arn, arn + "/*"], **s} for s in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def denied(status=403):
    return refused("AccessDenied" if status == 403 else str(status), status=status)


def policies_let_in(url):
    s3, other, nobody = s3_of(url), s3_of(url, OTHER), nobody_of(url)
    s3.create_bucket(Bucket="let-in")
    s3.put_object(Bucket="let-in", Key="pub/a", Body=b"a")
    s3.put_object(Bucket="let-in", Key="b", Body=b"b", Tagging="open=yes")
    with denied():
        other.get_object(Bucket="let-in", Key="b")
    with denied():
        other.list_objects_v2(Bucket="let-in")
    s3.put_bucket_policy(Bucket="let-in", Policy=policy(
        "let-in", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::let-in/pub/*"},
        {"Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": "pub/*"}}},
        {"Action": ["s3:GetObject"], "Condition": {"StringEquals": {"s3:ExistingObjectTag/open": "yes"}}, "Principal": {"AWS": OTHER}},
        {"Action": "s3:PutObject", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
         "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}))
    assert nobody.get_object(Bucket="let-in", Key="pub/a")["Body"].read() == b"a"
    with denied():
        nobody.get_object(Bucket="let-in", Key="b")
    assert other.get_object(Bucket="let-in", Key="b")["Body"].read() == b"b"
    assert nobody.list_objects_v2(Bucket="let-in", Prefix="pub/")["KeyCount"] == 1
    with denied():
        nobody.list_objects_v2(Bucket="let-in")
    with denied():
        other.put_object(Bucket="let-in", Key="c", Body=b"c")
    other.put_object(Bucket="let-in", Key="c", Body=b"c", ACL="bucket-owner-full-control")
    with denied():
        nobody.put_object(Bucket="let-in", Key="d", Body=b"d")
    with denied():
        nobody.get_object(Bucket="let-in", Key="missing")  # nobody may not list, so not learn either
    assert s3.get_bucket_policy_status(Bucket="let-in")["PolicyStatus"]["IsPublic"] is True


def denials_hold_for_the_owner(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="closed")
    s3.put_bucket_policy(Bucket="closed", Policy=policy(
        "closed", {"Effect": "Deny", "Action": "s3:PutObject", "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::closed/kept*"},
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::000000000000:user/admin"}, "Action": "s3:GetObject"},
        {"Effect": "Deny", "Action": "s3:ListBucket", "Condition": {"NumericGreaterThan": {"s3:max-keys": "10"}}}))
    with denied():
        s3.put_object(Bucket="closed", Key="kept", Body=b"x")
    for key in ("kept", "free"):
        s3.put_object(Bucket="closed", Key=key, Body=b"x", ServerSideEncryption="aws:kms")
    assert s3.get_object(Bucket="closed", Key="kept")["Body"].read() == b"x"
    with denied():
        s3.delete_object(Bucket="closed", Key="kept")
    told = s3.delete_objects(Bucket="closed", Delete={"Objects": [{"Key": "kept"}, {"Key": "free"}]})
    assert [d["Key"] for d in told["Deleted"]] == ["free"] and [(e["Key"], e["Code"]) for e in told["Errors"]] == [("kept", "AccessDenied")]
    assert s3.list_objects_v2(Bucket="closed", MaxKeys=10)["KeyCount"] == 1
    with denied():
        s3.list_objects_v2(Bucket="closed", MaxKeys=11)
    s3.put_bucket_policy(Bucket="closed", Policy=policy("closed", {"Effect": "Deny", "Action": "s3:*"}))
    with denied():
        s3.list_objects_v2(Bucket="closed")
    with denied():
        s3.copy_object(Bucket="closed", Key="c", CopySource="closed/kept")
    s3.delete_bucket_policy(Bucket="closed")
    s3.delete_object(Bucket="closed", Key="kept")
    with refused("MalformedPolicy", status=400):
        s3.put_bucket_policy(Bucket="closed", Policy=policy("another", {"Action": "s3:*"}))
    with refused("MalformedPolicy", status=400):
        s3.put_bucket_policy(Bucket="closed", Policy=policy("closed", {"Action": "sns:Publish"}))


def lists_let_in(url):
    s3, other, nobody = s3_of(url), s3_of(url, OTHER), nobody_of(url)
    s3.create_bucket(Bucket="lists", ObjectOwnership="ObjectWriter")
    s3.put_public_access_block(Bucket="lists", PublicAccessBlockConfiguration=OPEN)
    s3.put_object(Bucket="lists", Key="mine", Body=b"x")
    s3.put_object(Bucket="lists", Key="ours", Body=b"x", ACL="authenticated-read")
    s3.put_object(Bucket="lists", Key="all", Body=b"x", ACL="public-read")
    for who, key, may in ((other, "mine", False), (nobody, "mine", False), (other, "ours", True), (nobody, "ours", False),
                          (other, "all", True), (nobody, "all", True)):
        if may:
            assert who.get_object(Bucket="lists", Key=key)["Body"].read() == b"x"
        else:
            with denied():
                who.get_object(Bucket="lists", Key=key)
    with denied():
        nobody.list_objects(Bucket="lists")
    with denied(status=403):
        nobody.get_object(Bucket="lists", Key="missing")
    s3.put_bucket_acl(Bucket="lists", ACL="public-read-write")
    assert len(nobody.list_objects(Bucket="lists")["Contents"]) == 3
    with refused("NoSuchKey", status=404):
        nobody.get_object(Bucket="lists", Key="missing")
    nobody.put_object(Bucket="lists", Key="theirs", Body=b"y")
    with denied():
        nobody.get_bucket_acl(Bucket="lists")
    s3.put_public_access_block(Bucket="lists", PublicAccessBlockConfiguration={**OPEN, "IgnorePublicAcls": True})
    with denied():
        nobody.list_objects(Bucket="lists")
    s3.put_public_access_block(Bucket="lists", PublicAccessBlockConfiguration={**OPEN, "BlockPublicAcls": True, "BlockPublicPolicy": True})
    with denied():
        s3.put_bucket_acl(Bucket="lists", ACL="public-read")
    with denied():
        s3.put_object(Bucket="lists", Key="k", Body=b"", ACL="public-read")
    with denied():
        s3.put_bucket_policy(Bucket="lists", Policy=policy("lists", {"Action": "s3:GetObject"}))


def blocks_restrict(url):
    s3, nobody = s3_of(url), nobody_of(url)
    s3.create_bucket(Bucket="blocked")
    s3.put_object(Bucket="blocked", Key="k", Body=b"x")
    assert nobody.get_object(Bucket="blocked", Key="k")["Body"].read() == b"x"  # until something is said of access
    s3.put_bucket_policy(Bucket="blocked", Policy=policy("blocked", {"Action": "s3:GetObject"}))
    assert nobody.get_object(Bucket="blocked", Key="k")["Body"].read() == b"x"
    s3.put_public_access_block(Bucket="blocked", PublicAccessBlockConfiguration={**OPEN, "RestrictPublicBuckets": True})
    with denied():
        nobody.get_object(Bucket="blocked", Key="k")
    assert s3.get_object(Bucket="blocked", Key="k")["Body"].read() == b"x"


def nobody_is_nobody_where_signatures_count(_):
    with serving("--verify-signatures") as url:
        s3, nobody = s3_of(url), nobody_of(url)
        s3.create_bucket(Bucket="strict", ObjectOwnership="BucketOwnerPreferred")
        s3.put_object(Bucket="strict", Key="k", Body=b"x")
        for ask in (nobody.list_buckets, lambda: nobody.get_object(Bucket="strict", Key="k"), lambda: nobody.create_bucket(Bucket="mine"),
                    lambda: nobody.list_objects_v2(Bucket="strict"), lambda: nobody.put_object(Bucket="strict", Key="k", Body=b"")):
            with denied():
                ask()
        with denied():
            s3.put_bucket_policy(Bucket="strict", Policy=policy("strict", {"Action": "s3:GetObject"}))
        s3.delete_public_access_block(Bucket="strict")
        s3.put_object(Bucket="strict", Key="k", Body=b"x", ACL="public-read")
        assert nobody.get_object(Bucket="strict", Key="k")["Body"].read() == b"x"
        link = s3.generate_presigned_url("get_object", Params={"Bucket": "strict", "Key": "k"})
        assert urllib.request.urlopen(link, timeout=60).read() == b"x"
        try:
            urllib.request.urlopen(link.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601"), timeout=60)
        except urllib.error.HTTPError as error:
            assert error.code == 403
        else:
            raise AssertionError("a link that was changed is taken")


run([policies_let_in, denials_hold_for_the_owner, lists_let_in, blocks_restrict, nobody_is_nobody_where_signatures_count],
    "boto3: S3 policies, lists and blocks")
