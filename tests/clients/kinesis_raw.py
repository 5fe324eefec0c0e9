"""Kinesis without a client: one unsigned request as it is."""
import http.client
import json


def post(url, operation, body, headers={}):
    """Status and what is told of a POST whose body is bytes, or a tree that becomes JSON."""
    connection = http.client.HTTPConnection(url.split("//")[1], timeout=60)
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", "/", body, {"X-Amz-Target": "Kinesis_20131202." + operation, "Content-Type": "application/x-amz-json-1.1", **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None
