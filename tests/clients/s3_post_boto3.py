"""Uploads by form as boto3 presigns them: its signature of the policy is the oracle for ours."""
import json
import uuid

from serving import client, raw, run


def form(fields, data, name="a.txt"):
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n')
    return "".join(parts).encode() + data + f"\r\n--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def presigned_forms_are_taken(url):
    s3 = client(url, "s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    s3.create_bucket(Bucket="forms")
    post = s3.generate_presigned_post("forms", "up/${filename}", Fields={"x-amz-meta-who": "me", "success_action_status": "201"},
                                      Conditions=[{"x-amz-meta-who": "me"}, {"success_action_status": "201"}, ["content-length-range", 1, 5_000_000]])
    data = bytes(range(256)) * 16_000
    assert post["url"] == f"{url}/forms", post["url"]
    answer = raw(url, "POST", "/forms", *form(post["fields"], data))
    assert answer.status == 201 and b"<Key>up/a.txt</Key>" in answer.body, answer
    got = s3.get_object(Bucket="forms", Key="up/a.txt")
    assert got["Body"].read() == data and got["Metadata"] == {"who": "me"} and got["ETag"] == answer.headers["etag"]
    for change, status, code in [({"x-amz-signature": "0" * 64}, 403, b"SignatureDoesNotMatch"),
                                 ({"x-amz-meta-who": "you"}, 403, b"AccessDenied"), ({"acl": "public-read"}, 403, b"AccessDenied")]:
        answer = raw(url, "POST", "/forms", *form(post["fields"] | change, b"x"))
        assert answer.status == status and code in answer.body, (change, answer)
    answer = raw(url, "POST", "/forms", *form(post["fields"], b""))
    assert answer.status == 400 and b"EntityTooSmall" in answer.body, answer
    answer = raw(url, "POST", "/forms", *form({"key": "k"}, b"nobody"))
    assert answer.status == 403 and b"AccessDenied" in answer.body, answer
    other = client(url, "s3", secret="other", s3={"addressing_style": "path"}, signature_version="s3v4")
    answer = raw(url, "POST", "/forms", *form(other.generate_presigned_post("forms", "k")["fields"], b"x"))
    assert answer.status == 403 and b"SignatureDoesNotMatch" in answer.body, answer


run([presigned_forms_are_taken], "boto3: s3 forms", options=["--verify-signatures"])
