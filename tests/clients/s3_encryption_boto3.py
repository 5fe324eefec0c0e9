"""S3's encryption as boto3 sees it: the bucket's default, keys of KMS, keys of the customer."""
import base64
import hashlib

from serving import client, knows, refused, run

KEY, OTHER = b"k" * 32, b"o" * 32
BY_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
BY_OTHER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
FROM_KEY = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": KEY}
ARN = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def s3_of(url):
    return client(url, "s3", s3={"addressing_style": "path"})


def etag_is_md5(answer, body):
    return answer["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()


def customers_bring_their_key(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="sealed")
    here = {"Bucket": "sealed", "Key": "k"}
    put = s3.put_object(**here, Body=b"secret", **BY_KEY)
    assert put["SSECustomerAlgorithm"] == "AES256" and "ServerSideEncryption" not in put and not etag_is_md5(put, b"secret")
    got = s3.get_object(**here, **BY_KEY)
    assert got["Body"].read() == b"secret" and got["SSECustomerKeyMD5"] == put["SSECustomerKeyMD5"] and got["ETag"] == put["ETag"]
    assert s3.get_object(**here, Range="bytes=2-3", **BY_KEY)["Body"].read() == b"cr"
    assert s3.head_object(**here, **BY_KEY)["ContentLength"] == 6
    with refused("InvalidRequest", status=400):
        s3.get_object(**here)
    with refused("400", status=400):
        s3.head_object(**here)
    with refused("AccessDenied", status=403):
        s3.get_object(**here, **BY_OTHER)
    with refused("InvalidRequest", status=400):
        s3.get_object_attributes(**here, ObjectAttributes=["ETag"])
    s3.put_object(Bucket="sealed", Key="plain", Body=b"x")
    with refused("InvalidRequest", status=400):
        s3.get_object(Bucket="sealed", Key="plain", **BY_KEY)


def customers_keys_are_checked(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="checked")
    here = {"Bucket": "checked", "Key": "k", "Body": b"x"}
    for asked, code in (({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"short"}, "InvalidArgument"),
                        ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument"),
                        ({"SSECustomerAlgorithm": "DES", "SSECustomerKey": KEY}, "InvalidEncryptionAlgorithmError"),
                        ({**BY_KEY, "SSECustomerKey": base64.b64encode(KEY).decode(), "SSECustomerKeyMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "InvalidArgument"),
                        ({**BY_KEY, "ServerSideEncryption": "AES256"}, "InvalidArgument")):
        with refused(code, status=400):
            s3.put_object(**here, **asked)


def customers_copy_and_upload(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="moved")
    s3.put_object(Bucket="moved", Key="from", Body=b"secret", **BY_KEY)
    with refused("InvalidRequest", status=400):
        s3.copy_object(Bucket="moved", Key="to", CopySource="moved/from")
    plain = s3.copy_object(Bucket="moved", Key="to", CopySource="moved/from", **FROM_KEY)
    assert plain["ServerSideEncryption"] == "AES256" and etag_is_md5(plain["CopyObjectResult"], b"secret")
    s3.copy_object(Bucket="moved", Key="from", CopySource="moved/from", **FROM_KEY, **BY_OTHER)
    assert s3.get_object(Bucket="moved", Key="from", **BY_OTHER)["Body"].read() == b"secret"
    upload = s3.create_multipart_upload(Bucket="moved", Key="parts", **BY_KEY)["UploadId"]
    part = {"Bucket": "moved", "Key": "parts", "UploadId": upload, "PartNumber": 1}
    for wrong in ({}, BY_OTHER):
        with refused("InvalidRequest", status=400):
            s3.upload_part(**part, Body=b"p", **wrong)
    tag = s3.upload_part(**part, Body=b"part", **BY_KEY)["ETag"]
    tag = s3.upload_part_copy(**part, CopySource="moved/to", **BY_KEY)["CopyPartResult"]["ETag"]
    s3.complete_multipart_upload(Bucket="moved", Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})
    assert s3.get_object(Bucket="moved", Key="parts", **BY_KEY)["Body"].read() == b"secret"
    with refused("InvalidRequest", status=400):
        s3.get_object(Bucket="moved", Key="parts")


def keys_of_kms_are_told(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="managed")
    here = {"Bucket": "managed", "Key": "k"}
    put = s3.put_object(**here, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="1234abcd-12ab-34cd-56ef-1234567890ab", BucketKeyEnabled=True)
    assert put["SSEKMSKeyId"] == ARN and put["BucketKeyEnabled"] is True and not etag_is_md5(put, b"x")
    head = s3.head_object(**here)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == ("aws:kms", ARN, True)
    own = s3.put_object(**here, Body=b"x", ServerSideEncryption="aws:kms:dsse")
    assert own["ServerSideEncryption"] == "aws:kms:dsse" and own["SSEKMSKeyId"].startswith("arn:aws:kms:us-east-1:000000000000:key/")
    with refused("InvalidArgument", status=400):
        s3.put_object(**here, Body=b"x", SSEKMSKeyId=ARN)
    with refused("InvalidArgument", status=400):
        s3.put_object(**here, Body=b"x", ServerSideEncryption="AES256", SSEKMSKeyId=ARN)
    with refused("InvalidArgument", status=400):
        s3.put_object(**here, Body=b"x", ServerSideEncryption="rot13")


def defaults_hold(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="usual")
    assert s3.put_object(Bucket="usual", Key="a", Body=b"x")["ServerSideEncryption"] == "AES256"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "testkey-1"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="usual", ServerSideEncryptionConfiguration={"Rules": [rule]})
    put = s3.put_object(Bucket="usual", Key="b", Body=b"x")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", "testkey-1", True)
    upload = s3.create_multipart_upload(Bucket="usual", Key="m")
    assert upload["ServerSideEncryption"] == "aws:kms"
    copy = s3.copy_object(Bucket="usual", Key="c", CopySource="usual/a")
    assert copy["ServerSideEncryption"] == "aws:kms" and not etag_is_md5(copy["CopyObjectResult"], b"x")
    assert s3.put_object(Bucket="usual", Key="d", Body=b"x", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    if "BlockedEncryptionTypes" in s3.meta.service_model.shape_for("ServerSideEncryptionRule").members:
        rule = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
        s3.put_bucket_encryption(Bucket="usual", ServerSideEncryptionConfiguration={"Rules": [rule]})
        with refused("AccessDenied", status=403):
            s3.put_object(Bucket="usual", Key="e", Body=b"x", **BY_KEY)
    for bad, code in (({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": ARN}}, "InvalidArgument"),
                      ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "rot13"}}, "MalformedXML")):
        with refused(code, status=400):
            s3.put_bucket_encryption(Bucket="usual", ServerSideEncryptionConfiguration={"Rules": [bad]})


def redirects_are_kept(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="k", Body=b"", WebsiteRedirectLocation="/other")
    assert s3.head_object(Bucket="site", Key="k")["WebsiteRedirectLocation"] == "/other"
    s3.copy_object(Bucket="site", Key="c", CopySource="site/k")
    assert "WebsiteRedirectLocation" not in s3.head_object(Bucket="site", Key="c")
    with refused("InvalidRedirectLocation", status=400):
        s3.put_object(Bucket="site", Key="k", Body=b"", WebsiteRedirectLocation="other")


def deletes_have_conditions(url):
    s3 = s3_of(url)
    if not knows(s3, "DeleteObject", "IfMatchSize"):
        return
    s3.create_bucket(Bucket="deleted")
    here = {"Bucket": "deleted", "Key": "k"}
    s3.put_object(**here, Body=b"four")
    at = s3.head_object(**here)["LastModified"]
    with refused("PreconditionFailed", status=412):
        s3.delete_object(**here, IfMatchSize=5)
    with refused("PreconditionFailed", status=412):
        s3.delete_object(**here, IfMatchLastModifiedTime=at.replace(year=2001))
    bad = s3.delete_objects(Bucket="deleted", Delete={"Objects": [{"Key": "k", "Size": 3}]})
    assert bad["Errors"][0]["Code"] == "PreconditionFailed"
    s3.delete_object(**here, IfMatchSize=4, IfMatchLastModifiedTime=at)
    with refused("404", status=404):
        s3.head_object(**here)


run([customers_bring_their_key, customers_keys_are_checked, customers_copy_and_upload, keys_of_kms_are_told, defaults_hold,
     redirects_are_kept, deletes_have_conditions], "boto3: S3 encryption")
