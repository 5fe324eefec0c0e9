"""S3's configurations as boto3 sees them: what Terraform reads back after it has made a bucket."""
from serving import client, knows, refused, run


def s3_of(url):
    return client(url, "s3", s3={"addressing_style": "path"})


def a_new_bucket_tells_what_it_has_not(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="fresh")
    here = {"Bucket": "fresh"}
    for operation, code in [("get_bucket_policy", "NoSuchBucketPolicy"), ("get_bucket_cors", "NoSuchCORSConfiguration"),
                            ("get_bucket_policy_status", "NoSuchBucketPolicy"), ("get_bucket_website", "NoSuchWebsiteConfiguration"),
                            ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
                            ("get_bucket_replication", "ReplicationConfigurationNotFoundError"), ("get_bucket_tagging", "NoSuchTagSet")]:
        with refused(code, status=404):
            getattr(s3, operation)(**here)
    assert "LoggingEnabled" not in s3.get_bucket_logging(**here) and "Status" not in s3.get_bucket_accelerate_configuration(**here)
    assert s3.get_bucket_request_payment(**here)["Payer"] == "BucketOwner"
    rule = s3.get_bucket_encryption(**here)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"} and rule["BucketKeyEnabled"] is False
    assert all(s3.get_public_access_block(**here)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_ownership_controls(**here)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    acl = s3.get_bucket_acl(**here)
    assert [g["Permission"] for g in acl["Grants"]] == ["FULL_CONTROL"] and acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]


def configurations_come_back(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="made")
    here = {"Bucket": "made"}
    tags = [{"Key": "team", "Value": "water works"}]
    s3.put_bucket_tagging(**here, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(**here)["TagSet"] == tags
    cors = [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://a.example"], "MaxAgeSeconds": 60}]
    s3.put_bucket_cors(**here, CORSConfiguration={"CORSRules": cors})
    assert s3.get_bucket_cors(**here)["CORSRules"] == cors
    rules = [{"ID": "old", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 7},
              "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}]
    s3.put_bucket_lifecycle_configuration(**here, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(**here)["Rules"] == rules
    block = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    s3.put_public_access_block(**here, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(**here)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(**here)
    with refused("NoSuchPublicAccessBlockConfiguration", status=404):
        s3.get_public_access_block(**here)
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::made/*"}]}'
    s3.put_bucket_policy(**here, Policy=policy)
    assert s3.get_bucket_policy(**here)["Policy"] == policy and s3.get_bucket_policy_status(**here)["PolicyStatus"]["IsPublic"] is True
    for name in ("one", "two"):
        s3.put_bucket_metrics_configuration(**here, Id=name, MetricsConfiguration={"Id": name})
    assert [m["Id"] for m in s3.list_bucket_metrics_configurations(**here)["MetricsConfigurationList"]] == ["one", "two"]
    with refused("NoSuchConfiguration", status=404):
        s3.get_bucket_inventory_configuration(**here, Id="none")
    s3.delete_bucket(**here)


def lists_are_kept_where_they_are_on(url):
    s3 = s3_of(url)
    s3.create_bucket(Bucket="lists")
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs", 400):
        s3.put_bucket_acl(Bucket="lists", ACL="public-read")
    s3.put_bucket_acl(Bucket="lists", ACL="private")
    s3.put_bucket_ownership_controls(Bucket="lists", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_acl(Bucket="lists", ACL="public-read")
    acl = s3.get_bucket_acl(Bucket="lists")
    assert [g["Permission"] for g in acl["Grants"]] == ["FULL_CONTROL", "READ"]
    assert acl["Grants"][1]["Grantee"] == {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    s3.put_bucket_acl(Bucket="lists", AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]})
    assert s3.get_bucket_acl(Bucket="lists")["Grants"] == acl["Grants"]
    if knows(s3, "CreateBucket", "ObjectOwnership"):
        s3.create_bucket(Bucket="owned", ObjectOwnership="BucketOwnerPreferred", ACL="public-read-write")
        assert len(s3.get_bucket_acl(Bucket="owned")["Grants"]) == 3


run([a_new_bucket_tells_what_it_has_not, configurations_come_back, lists_are_kept_where_they_are_on], "boto3: S3 configurations")
