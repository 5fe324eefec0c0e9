"""Signs requests with botocore: the judge of test_sigv4.c.

Reads one request a line: service, method, path, query, header name, header value, body; tab between, all as on the
wire. Writes one line each: timestamp, Authorization header, presigned query; tab between. Exit 3: no botocore.
"""
import sys
from urllib.parse import urlsplit

try:
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(3)

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def signed(fields, in_query):
    service, method, path, query, name, value, body = fields
    url = "http://example.amazonaws.com:8080" + path + ("?" + query if query else "")
    headers = {name: value} if name else {}
    request = AWSRequest(method=method, url=url, headers=headers, data=body.encode())
    s3 = service == "s3"
    if in_query:
        request.data = b""
        signer = (S3SigV4QueryAuth if s3 else SigV4QueryAuth)(KEY, service, "eu-west-3", expires=900)
    else:
        signer = (S3SigV4Auth if s3 else SigV4Auth)(KEY, service, "eu-west-3")
    signer.add_auth(request)
    return request


for line in sys.stdin:
    fields = line.rstrip("\n").split("\t")
    in_header = signed(fields, False)
    in_query = signed(fields, True)
    print(in_header.context["timestamp"], in_header.headers["Authorization"], urlsplit(in_query.url).query, sep="\t")
