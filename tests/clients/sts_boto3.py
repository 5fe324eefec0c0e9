"""STS as boto3 sees it: who asks, a role's session and its credentials in use, sessions, keys, errors."""
import datetime

import boto3

from serving import client, refused, run


def with_credentials(url, service, given):
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", aws_access_key_id=given["AccessKeyId"],
                        aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])


def a_role_is_assumed(url):
    sts = client(url, "sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    role = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/path/loader", RoleSessionName="nightly", DurationSeconds=900)
    given, user = role["Credentials"], role["AssumedRoleUser"]
    assert user["Arn"] == "arn:aws:sts::123456789012:assumed-role/loader/nightly" and user["AssumedRoleId"].endswith(":nightly")
    left = given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=14) < left <= datetime.timedelta(minutes=15), left
    assert given["AccessKeyId"].startswith("ASIA") and len(given["AccessKeyId"]) >= 16
    told = with_credentials(url, "sts", given).get_caller_identity()
    assert (told["Account"], told["Arn"], told["UserId"]) == ("123456789012", user["Arn"], user["AssumedRoleId"])
    with_credentials(url, "kinesis", given).create_stream(StreamName="theirs", ShardCount=1)  # signed with them, and verified
    assert client(url, "kinesis").list_streams()["StreamNames"] == []
    again = sts.assume_role_with_web_identity(RoleArn="arn:aws:iam::123456789012:role/loader", RoleSessionName="nightly", WebIdentityToken="token")
    assert again["AssumedRoleUser"] == user


def sessions_and_keys(url):
    sts = client(url, "sts")
    given = sts.get_session_token()["Credentials"]
    told = with_credentials(url, "sts", given).get_caller_identity()
    assert (told["Account"], told["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
    assert sts.get_access_key_info(AccessKeyId="ASIA123456789012")["Account"] == "123456789012"
    assert sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")["Account"] == "000000000000"


def errors_are_typed(url):
    sts = client(url, "sts", parameter_validation=False)
    with refused("ValidationError", "arn:aws:iam::1:user/a-user-it-is is invalid", 400):
        sts.assume_role(RoleArn="arn:aws:iam::1:user/a-user-it-is", RoleSessionName="nightly")
    with refused("ValidationError", "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: "
                 "Member must have value greater than or equal to 900", 400):
        sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/loader", RoleSessionName="nightly", DurationSeconds=899)
    with refused("NotImplemented", "GetFederationToken", 501):
        sts.get_federation_token(Name="someone")


run([a_role_is_assumed, sessions_and_keys, errors_are_typed], "boto3: sts", options=("--verify-signatures",))
