"""S3 Control as Terraform's provider uses it: tags of buckets by ARN, the public access block of the account."""
import re

from serving import client, raw, refused, run

ACCOUNT = "000000000000"


def control_of(url):
    control = client(url, "s3control")

    def send(request, **_):  # botocore puts the account before the host name, which an address has no place for
        request.url = re.sub(r"//[0-9]{12}\.", "//", request.url)
    control.meta.events.register("before-send.s3-control", send)
    return control


def tags_by_arn(url):
    s3, control = client(url, "s3"), control_of(url)
    s3.create_bucket(Bucket="tagged")
    if not hasattr(control, "list_tags_for_resource"):
        return  # an older boto3
    of = {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::tagged"}
    assert control.list_tags_for_resource(**of)["Tags"] == []
    control.tag_resource(**of, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b c", "Value": "2"}])
    control.tag_resource(**of, Tags=[{"Key": "a", "Value": "3"}])
    told = {tag["Key"]: tag["Value"] for tag in control.list_tags_for_resource(**of)["Tags"]}
    assert told == {"a": "3", "b c": "2"}, told
    assert {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="tagged")["TagSet"]} == told
    control.untag_resource(**of, TagKeys=["a", "none"])
    assert control.list_tags_for_resource(**of)["Tags"] == [{"Key": "b c", "Value": "2"}]
    control.untag_resource(**of, TagKeys=["b c"])
    with refused("NoSuchTagSet", status=404):
        s3.get_bucket_tagging(Bucket="tagged")
    with refused("NoSuchBucket", status=404):
        control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn="arn:aws:s3:::missing")
    with refused("InvalidTag"):
        control.tag_resource(**of, Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("AccessDenied", status=403):
        control.list_tags_for_resource(AccountId="111111111111", ResourceArn="arn:aws:s3:::tagged")
    with refused("NotImplemented", "arn:aws:s3:us-east-1", status=501):
        control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/x")


def block_of_the_account(url):
    control = control_of(url)
    with refused("NoSuchPublicAccessBlockConfiguration", status=404):
        control.get_public_access_block(AccountId=ACCOUNT)
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=block)
    assert control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"] == block
    control.delete_public_access_block(AccountId=ACCOUNT)
    with refused("NoSuchPublicAccessBlockConfiguration", status=404):
        control.get_public_access_block(AccountId=ACCOUNT)
    with refused("NotImplemented", "ListAccessPoints", status=501):
        control.list_access_points(AccountId=ACCOUNT)


def hosts_and_envelopes(url):
    at = {"Host": f"{ACCOUNT}.localhost:4566", "x-amz-account-id": ACCOUNT}
    answer = raw(url, "GET", "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Atagged", headers=at)
    assert answer.status == 200 and b"ListTagsForResourceResult" in answer.body, answer
    answer = raw(url, "GET", "/v20180820/configuration/publicAccessBlock", headers=at)
    assert answer.status == 404 and b"<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code>" in answer.body, answer


run([tags_by_arn, block_of_the_account, hosts_and_envelopes], "boto3: s3control")
