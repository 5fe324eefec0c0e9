"""SNS as boto3 sees it: topics, an HTTP subscriber that confirms and is told, attributes, errors."""
import base64
import http.server
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import urllib.request

from serving import client, control, raw, refused, run

inbox = queue.Queue()


class Subscriber(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        inbox.put((self.headers["x-amz-sns-message-type"], body.decode() if self.headers["x-amz-sns-rawdelivery"] else json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def a_subscriber_confirms_and_is_told(url):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sns = client(url, "sns")
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    assert arn == "arn:aws:sns:us-east-1:000000000000:alerts" and sns.create_topic(Name="alerts")["TopicArn"] == arn
    endpoint = f"http://127.0.0.1:{server.server_port}/alert"
    assert sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)["SubscriptionArn"] == "pending confirmation"
    kind, asked = inbox.get(timeout=60)
    assert kind == asked["Type"] == "SubscriptionConfirmation" and asked["TopicArn"] == arn
    with urllib.request.urlopen(asked["SubscribeURL"], timeout=60) as answer:  # the URL leads back to this emulator
        assert answer.status == 200
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [s["Endpoint"] for s in listed] == [endpoint] and listed[0]["SubscriptionArn"].startswith(arn + ":")
    published = sns.publish(TopicArn=arn, Subject="late", Message="the report is läte", MessageAttributes={
        "criticality": {"DataType": "String", "StringValue": "high"}})
    kind, told = inbox.get(timeout=60)
    assert kind == told["Type"] == "Notification" and told["MessageId"] == published["MessageId"]
    assert told["Message"] == "the report is läte" and told["Subject"] == "late"
    assert told["MessageAttributes"] == {"criticality": {"Type": "String", "Value": "high"}}
    sns.set_subscription_attributes(SubscriptionArn=listed[0]["SubscriptionArn"], AttributeName="RawMessageDelivery",
                                    AttributeValue="true")
    with refused("InvalidParameter", "Invalid parameter: Subject"):
        sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[
            {"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two", "Subject": "x" * 101}])
    batch = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "a", "Message": "one"}, {"Id": "c", "Message": "three"}])
    assert [entry["Id"] for entry in batch["Successful"]] == ["a", "c"]
    assert sorted(inbox.get(timeout=60)[1] for _ in range(2)) == ["one", "three"]
    with urllib.request.urlopen(told["UnsubscribeURL"], timeout=60) as answer:
        assert answer.status == 200
    kind, told = inbox.get(timeout=60)
    assert kind == told["Type"] == "UnsubscribeConfirmation" and listed[0]["SubscriptionArn"] in told["Message"]
    sns.unsubscribe(SubscriptionArn=listed[0]["SubscriptionArn"])
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []
    server.shutdown()


class Inbox:
    """An HTTP subscriber of its own, confirmed, and what it is told in raw bodies."""

    def __init__(self, url, sns, arn, attributes):
        self.told = queue.Queue()
        told = self.told

        class Handler(Subscriber):
            def do_POST(self):
                told.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.arn = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"http://127.0.0.1:{self.server.server_port}/",
                                 Attributes={"RawMessageDelivery": "true", **attributes}, ReturnSubscriptionArn=True)["SubscriptionArn"]
        asked = json.loads(self.told.get(timeout=60))
        sns.confirm_subscription(TopicArn=arn, Token=asked["Token"])

    def next(self):
        return self.told.get(timeout=60)


def filters_choose_what_is_told(url):
    """Each policy with a message that passes and ones that do not; the end is a message that passes all."""
    sns = client(url, "sns")
    arn = sns.create_topic(Name="filtered")["TopicArn"]
    by_attributes = Inbox(url, sns, arn, {"FilterPolicy": json.dumps({"store": ["a", {"prefix": "b-"}], "price": [{"numeric": [">=", 100]}]})})
    by_body = Inbox(url, sns, arn, {"FilterPolicyScope": "MessageBody", "FilterPolicy": json.dumps(
        {"$or": [{"kind": ["x"]}, {"size": [{"exists": False}]}], "nested": {"list": {"n": [{"anything-but": ["no"]}]}}})})

    def publish(text, store, price):
        sns.publish(TopicArn=arn, Message=text, MessageAttributes={
            "store": {"DataType": "String", "StringValue": store}, "price": {"DataType": "Number", "StringValue": price}})

    publish("1", "a", "99.99")
    publish("2", "b-1", "1e2")
    publish("3", "c", "100")
    publish(json.dumps({"kind": "x", "size": 1, "nested": {"list": [{"n": "no"}, {"n": "yes"}]}}), "c", "0")
    publish(json.dumps({"kind": "y", "size": 1, "nested": {"list": [{"n": "yes"}]}}), "c", "0")
    publish(json.dumps({"end": True, "nested": {"list": {"n": 1}}}), "a", "100")
    assert by_attributes.next() == "2"
    assert json.loads(by_attributes.next())["end"] is True
    assert json.loads(by_body.next())["kind"] == "x"
    assert json.loads(by_body.next())["end"] is True
    told = sns.get_subscription_attributes(SubscriptionArn=by_body.arn)["Attributes"]
    assert told["FilterPolicyScope"] == "MessageBody" and "$or" in json.loads(told["FilterPolicy"])
    with refused("InvalidParameter", "Filter policy scope MessageAttributes does not support nested filter policy"):
        sns.set_subscription_attributes(SubscriptionArn=by_body.arn, AttributeName="FilterPolicyScope", AttributeValue="MessageAttributes")
    with refused("InvalidParameter", "FilterPolicy: Unrecognized match type like"):
        sns.set_subscription_attributes(SubscriptionArn=by_body.arn, AttributeName="FilterPolicy", AttributeValue='{"a":[{"like":"b"}]}')
    with refused("InvalidParameter", "Attributes Reason: FilterPolicyScope: Invalid value [x]"):
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://127.0.0.1:1/", Attributes={"FilterPolicyScope": "x"})
    sns.set_subscription_attributes(SubscriptionArn=by_body.arn, AttributeName="FilterPolicy", AttributeValue="")
    assert "FilterPolicy" not in sns.get_subscription_attributes(SubscriptionArn=by_body.arn)["Attributes"]
    publish("no JSON", "c", "0")
    assert by_body.next() == "no JSON" and by_attributes.told.empty()
    for inbox_of in (by_attributes, by_body):
        inbox_of.server.shutdown()
    sns.delete_topic(TopicArn=arn)


def topics_are_configured(url):
    """What Terraform sets and reads: attributes, the policy, permissions, tags."""
    sns = client(url, "sns")
    arn = sns.create_topic(Name="configured", Attributes={"KmsMasterKeyId": "alias/aws/sns", "TracingConfig": "Active"},
                           Tags=[{"Key": "team", "Value": "data"}])["TopicArn"]
    with refused("InvalidParameter", "Tags Reason: Topic already exists with different tags"):
        sns.create_topic(Name="configured", Tags=[{"Key": "team", "Value": "other"}])
    with refused("InvalidParameter", "Attributes Reason: Topic already exists with different attributes"):
        sns.create_topic(Name="configured", Attributes={"TracingConfig": "PassThrough"})
    assert sns.create_topic(Name="configured", Tags=[{"Key": "team", "Value": "data"}])["TopicArn"] == arn
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "env", "Value": "test"}, {"Key": "team", "Value": "new"}])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "new"}, {"Key": "env", "Value": "test"}]
    sns.untag_resource(ResourceArn=arn, TagKeys=["team", "none"])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "env", "Value": "test"}]
    with refused("InvalidParameter", "Duplicated keys are not allowed."):
        sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}])
    with refused("TagLimitExceeded", "tag quota"):
        sns.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])
    with refused("ResourceNotFound", "Resource does not exist", 404):
        sns.list_tags_for_resource(ResourceArn=arn + "x")
    told = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert told["KmsMasterKeyId"] == "alias/aws/sns" and told["TracingConfig"] == "Active" and "FifoTopic" not in told
    assert json.loads(told["Policy"])["Statement"][0]["Sid"] == "__default_statement_ID"
    sns.add_permission(TopicArn=arn, Label="other", AWSAccountId=["111122223333"], ActionName=["Publish", "Subscribe"])
    with refused("InvalidParameter", "Statement already exists"):
        sns.add_permission(TopicArn=arn, Label="other", AWSAccountId=["111122223333"], ActionName=["Publish"])
    with refused("InvalidParameter", "action out of service scope"):
        sns.add_permission(TopicArn=arn, Label="l", AWSAccountId=["111122223333"], ActionName=["Fly"])
    added = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"][1]
    assert added == {"Sid": "other", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                     "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": arn}
    sns.remove_permission(TopicArn=arn, Label="other")
    assert len(json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]) == 1
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue='{"Statement":{"Sid":"mine","Effect":"Deny"}}')
    sns.add_permission(TopicArn=arn, Label="l", AWSAccountId=["111122223333"], ActionName=["Publish"])
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["mine", "l"]
    for name, value, words in (("Policy", "none", "Policy Error"), ("FifoTopic", "true", "AttributeName"), ("SignatureVersion", "3", "SignatureVersion"),
                               ("ContentBasedDeduplication", "true", "can only be set for FIFO topics"), ("HTTPSuccessFeedbackSampleRate", "101", "HTTPSuccess")):
        with refused("InvalidParameter", words):
            sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="HTTPSuccessFeedbackSampleRate", AttributeValue="50")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="")
    told = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert "KmsMasterKeyId" not in told and told["HTTPSuccessFeedbackSampleRate"] == "50"
    with refused("InvalidParameter", "TopicArn Reason: An ARN must have at least 6 elements, not 1"):
        sns.get_topic_attributes(TopicArn="x")
    sns.delete_topic(TopicArn=arn)


def fifo_topics_say_it_once(url):
    """Deduplication within five minutes of the clock, by id and by content; numbers grow."""
    sns = client(url, "sns")
    for name, attributes in (("plain", {"FifoTopic": "true"}), ("plain.fifo", {}), (".fifo", {"FifoTopic": "true"})):
        with refused("InvalidParameter", "Topic Name"):
            sns.create_topic(Name=name, Attributes=attributes)
    arn = sns.create_topic(Name="once.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    told = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (told["FifoTopic"], told["ContentBasedDeduplication"]) == ("true", "false")
    with refused("InvalidParameter", "The MessageGroupId parameter is required for FIFO topics"):
        sns.publish(TopicArn=arn, Message="a")
    with refused("InvalidParameter", "ContentBasedDeduplication enabled or MessageDeduplicationId provided"):
        sns.publish(TopicArn=arn, Message="a", MessageGroupId="g")
    with refused("InvalidParameter", "Invalid protocol type: http"):
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://127.0.0.1:1/")

    def publish(text, **more):
        answer = sns.publish(TopicArn=arn, Message=text, MessageGroupId="g", **more)
        return answer["MessageId"], answer["SequenceNumber"]

    first = publish("a", MessageDeduplicationId="1")
    assert len(first[1]) == 20 and publish("other", MessageDeduplicationId="1") == first
    second = publish("a", MessageDeduplicationId="2")
    assert int(second[1]) > int(first[1])
    with refused("InvalidParameter", "ContentBasedDeduplication enabled or MessageDeduplicationId provided"):
        sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "b", "Message": "x", "MessageGroupId": "g"}])
    batch = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "x", "MessageGroupId": "g", "MessageDeduplicationId": "2"}])
    assert [entry["SequenceNumber"] for entry in batch["Successful"]] == [second[1]]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="ContentBasedDeduplication", AttributeValue="true")
    by_content = publish("c")
    assert publish("c") == by_content and publish("d") != by_content
    control(url, "clock", {"advance": "5m"})
    later = publish("c")
    assert later[0] != by_content[0] and int(later[1]) > int(by_content[1])
    sns.delete_topic(TopicArn=arn)
    assert sns.create_topic(Name="once.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})["TopicArn"] == arn
    assert publish("c") != later  # another topic, of the same name
    sns.delete_topic(TopicArn=arn)
    with refused("InvalidParameter", "not valid for this topic type"):
        standard = sns.create_topic(Name="standard")["TopicArn"]
        sns.publish(TopicArn=standard, Message="a", MessageDeduplicationId="1")
    sns.delete_topic(TopicArn=standard)


def text_to_sign(told):
    """The lines that AWS's developer guide names, by a message's type."""
    confirms = told["Type"] != "Notification"
    names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type") if confirms else (
        "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    return "".join(f"{name}\n{told[name]}\n" for name in names if name in told)


def verifies(told, text, folder):
    """Whether openssl finds the signature to be of the text, with the certificate that the message names."""
    with urllib.request.urlopen(told["SigningCertURL"], timeout=60) as answer:
        certificate = answer.read()
    paths = [os.path.join(folder, name) for name in ("certificate.pem", "key.pem", "signature", "text")]
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=certificate, stdout=subprocess.PIPE, check=True).stdout
    for path, content in zip(paths, (certificate, key, base64.b64decode(told["Signature"], validate=True), text.encode())):
        with open(path, "wb") as out:
            out.write(content)
    digest = {"1": "-sha1", "2": "-sha256"}[told["SignatureVersion"]]
    return subprocess.run(["openssl", "dgst", digest, "-verify", paths[1], "-signature", paths[2], paths[3]], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def signatures_are_those_of_the_certificate(url):
    """Each kind of message, with both versions, as openssl verifies it; and not when the text is another."""
    if shutil.which("openssl") is None:
        print("signatures are not verified: no openssl")
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sns = client(url, "sns")
    arn = sns.create_topic(Name="signed", Attributes={"SignatureVersion": "1"})["TopicArn"]
    own = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/", ReturnSubscriptionArn=True)["SubscriptionArn"]
    _, asked = inbox.get(timeout=60)
    sns.confirm_subscription(TopicArn=arn, Token=asked["Token"])
    sns.publish(TopicArn=arn, Subject="late \"q\"", Message="läte\n\t\"x\" \U0001f600")
    messages = [asked, inbox.get(timeout=60)[1]]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="2")
    sns.publish(TopicArn=arn, Message="m", MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}})
    messages.append(inbox.get(timeout=60)[1])
    sns.unsubscribe(SubscriptionArn=own)
    messages.append(inbox.get(timeout=60)[1])
    assert [(told["Type"], told["SignatureVersion"]) for told in messages] == [
        ("SubscriptionConfirmation", "1"), ("Notification", "1"), ("Notification", "2"), ("UnsubscribeConfirmation", "2")]
    assert len({told["SigningCertURL"] for told in messages}) == 1
    with tempfile.TemporaryDirectory() as folder:
        for told in messages:
            assert told["SigningCertURL"].startswith(f"{url}/SimpleNotificationService-") and told["SigningCertURL"].endswith(".pem")
            assert verifies(told, text_to_sign(told), folder), told
            assert not verifies(told, text_to_sign({**told, "Message": told["Message"] + " "}), folder)
    assert raw(url, "GET", "/SimpleNotificationService-0.pem").status == 404
    sns.delete_topic(TopicArn=arn)
    server.shutdown()


RETRY = {"minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
         "numMinDelayRetries": 0, "backoffFunction": "linear"}


def policies_of_deliveries_are_told_as_recorded(url):
    """DeliveryPolicy and EffectiveDeliveryPolicy of topics and subscriptions, as localstack's snapshot tests recorded them from SNS."""
    sns = client(url, "sns")
    arn = sns.create_topic(Name="delivered", Attributes={"DeliveryPolicy": json.dumps(
        {"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}})})["TopicArn"]

    def told():
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        return json.loads(attributes.get("DeliveryPolicy", "null")), json.loads(attributes["EffectiveDeliveryPolicy"])

    def wish(policy):
        sns.set_topic_attributes(TopicArn=arn, AttributeName="DeliveryPolicy", AttributeValue=policy)
        return told()

    as_json = {"disableSubscriptionOverrides": False, "defaultRequestPolicy": {"headerContentType": "application/json"}}
    as_text = {"disableSubscriptionOverrides": False, "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}}
    assert told() == ({"http": as_json}, {"http": {"defaultHealthyRetryPolicy": RETRY, **as_json}})
    again = sns.create_topic(Name="delivered", Attributes={"DeliveryPolicy": json.dumps({"http": as_json})})
    assert again["TopicArn"] == arn
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    own = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://127.0.0.1:1/", ReturnSubscriptionArn=True, Attributes={
        "DeliveryPolicy": json.dumps({"healthyRetryPolicy": {**RETRY, "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 0},
                                      "throttlePolicy": {"maxReceivesPerSecond": 1000}}),
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": queue})})["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]
    kept = {"healthyRetryPolicy": {**RETRY, "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 0}, "sicklyRetryPolicy": None,
            "throttlePolicy": {"maxReceivesPerSecond": 1000}, "requestPolicy": None, "guaranteed": False}
    assert json.loads(attributes["DeliveryPolicy"]) == kept
    assert json.loads(attributes["EffectiveDeliveryPolicy"]) == {**kept, "requestPolicy": {"headerContentType": "application/json"}}
    assert json.loads(attributes["RedrivePolicy"]) == {"deadLetterTargetArn": queue} and attributes["PendingConfirmation"] == "true"
    few = {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}
    assert wish(json.dumps({"http": {"defaultHealthyRetryPolicy": few}})) == (
        {"http": {"defaultHealthyRetryPolicy": few, "disableSubscriptionOverrides": False}},
        {"http": {"defaultHealthyRetryPolicy": {**RETRY, **few}, **as_text}})
    assert wish(json.dumps({"http": {"defaultHealthyRetryPolicy": None}})) == (
        {"http": {"disableSubscriptionOverrides": False}}, {"http": {"defaultHealthyRetryPolicy": RETRY, **as_text}})
    assert wish("") == (None, {"http": {"defaultHealthyRetryPolicy": RETRY, **as_text}})
    for policy, words in (("{", "failed to parse JSON"), ('{"http":{"x":1}}', "Unexpected JSON member: x"), ('{"http":1}', "http must be an object"),
                          ('{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}', "numRetries must be between"),
                          ('{"http":{"defaultHealthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}}', "sum of"),
                          ('{"http":{"defaultHealthyRetryPolicy":{"backoffFunction":"cubic"}}}', "backoffFunction"),
                          ('{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":0}}}', "maxReceivesPerSecond"),
                          ('{"http":{"defaultRequestPolicy":{"headerContentType":"a/b\\nX: y"}}}', "headerContentType")):
        with refused("InvalidParameter", words):
            sns.set_topic_attributes(TopicArn=arn, AttributeName="DeliveryPolicy", AttributeValue=policy)
    assert told()[0] is None
    sns.delete_topic(TopicArn=arn)


def subscriptions_of_every_protocol_are_kept(url):
    """What queues, functions, phones and mail addresses are told of themselves; texts as localstack's snapshot tests recorded them from SNS."""
    sns = client(url, "sns")
    arn = sns.create_topic(Name="kept")["TopicArn"]
    fifo = sns.create_topic(Name="kept.fifo", Attributes={"FifoTopic": "true", "ArchivePolicy": '{"MessageRetentionPeriod":"30"}'})["TopicArn"]
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    wish = {"TopicArn": arn, "Protocol": "sqs", "Endpoint": queue}
    own = sns.subscribe(**wish, Attributes={"RawMessageDelivery": "TrUe", "FilterPolicyScope": "MessageBody", "FilterPolicy": ""})["SubscriptionArn"]
    assert sns.subscribe(**wish)["SubscriptionArn"] == own
    assert sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"] == {
        "ConfirmationWasAuthenticated": "true", "Endpoint": queue, "Owner": "000000000000", "PendingConfirmation": "false", "Protocol": "sqs",
        "RawMessageDelivery": "true", "SubscriptionArn": own, "SubscriptionPrincipal": "arn:aws:iam::000000000000:root", "TopicArn": arn}
    with refused("InvalidParameter", "Attributes Reason: Subscription already exists with different attributes"):
        sns.subscribe(**wish, Attributes={"RawMessageDelivery": "false"})
    dead = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"})
    sns.set_subscription_attributes(SubscriptionArn=own, AttributeName="RedrivePolicy", AttributeValue=dead)
    assert sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]["RedrivePolicy"] == dead
    sns.set_subscription_attributes(SubscriptionArn=own, AttributeName="RedrivePolicy", AttributeValue="{}")
    assert "RedrivePolicy" not in sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]
    for protocol, endpoint, words in (
            ("sqs", "http://q", "Invalid parameter: SQS endpoint ARN"), ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
            ("sms", "+15--551234567", "Invalid SMS endpoint"), ("email", "nobody", "Email address"),
            ("sqs", queue + ".fifo", "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS")):
        with refused("InvalidParameter", words):
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    assert sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == "pending confirmation"
    assert {s["Endpoint"]: s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]} == {
        queue: own, "a@example.com": "PendingConfirmation"}
    told = sns.subscribe(TopicArn=fifo, Protocol="sqs", Endpoint=queue + ".fifo")["SubscriptionArn"]
    with refused("InvalidParameter", "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."):
        sns.set_subscription_attributes(SubscriptionArn=told, AttributeName="RedrivePolicy", AttributeValue=dead)
    assert sns.subscribe(TopicArn=fifo, Protocol="sqs", Endpoint=queue)["SubscriptionArn"].startswith(fifo)
    for name, value, words in (("ReplayPolicy", "{}", "ReplayPolicy"),):
        with refused("NotImplemented", words):
            sns.set_subscription_attributes(SubscriptionArn=told, AttributeName=name, AttributeValue=value)
    elsewhere = client(url, "sns", region="eu-west-1")
    for call in (lambda: elsewhere.publish(TopicArn=arn, Message="x"), lambda: elsewhere.get_topic_attributes(TopicArn=arn),
                 lambda: elsewhere.delete_topic(TopicArn=arn), lambda: elsewhere.list_subscriptions_by_topic(TopicArn=arn)):
        with refused("InvalidParameter", "Invalid parameter: TopicArn"):
            call()
    sns.unsubscribe(SubscriptionArn=own)
    sns.unsubscribe(SubscriptionArn=own)
    with refused("NotFound", "Subscription does not exist"):
        sns.get_subscription_attributes(SubscriptionArn=own)
    for topic in (arn, fifo):
        sns.delete_topic(TopicArn=topic)


def phones_and_devices_are_state(url):
    """Attributes of text messages, applications of push services, devices: kept, told, refused by rule; nothing is sent."""
    sns = client(url, "sns")
    assert sns.publish(PhoneNumber="+15551234567", Message="m")["MessageId"]
    with refused("InvalidParameter", "PhoneNumber Reason: NAA+15551234567 is not valid to publish to"):
        sns.publish(PhoneNumber="NAA+15551234567", Message="m")
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "ops"})
    assert sns.get_sms_attributes()["attributes"] == {"DefaultSMSType": "Transactional", "DefaultSenderID": "ops"}
    assert sns.get_sms_attributes(attributes=["DefaultSenderID"])["attributes"] == {"DefaultSenderID": "ops"}
    with refused("InvalidParameter", "test is not a valid attribute"):
        sns.set_sms_attributes(attributes={"test": "test"})
    assert sns.check_if_phone_number_is_opted_out(phoneNumber="+447428545375")["isOptedOut"] is False
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    with refused("InvalidParameter", "PhoneNumber Reason: input incorrectly formatted"):
        sns.opt_in_phone_number(phoneNumber="+44742LALALA")
    app = sns.create_platform_application(Name="app", Platform="GCM", Attributes={"PlatformCredential": "secret"})["PlatformApplicationArn"]
    assert app == "arn:aws:sns:us-east-1:000000000000:app/GCM/app"
    sns.set_platform_application_attributes(PlatformApplicationArn=app, Attributes={"EventEndpointCreated": "arn:aws:sns:us-east-1:000000000000:t"})
    told = {"Enabled": "true", "EventEndpointCreated": "arn:aws:sns:us-east-1:000000000000:t"}
    assert sns.get_platform_application_attributes(PlatformApplicationArn=app)["Attributes"] == told
    assert sns.list_platform_applications()["PlatformApplications"] == [{"PlatformApplicationArn": app, "Attributes": told}]
    device = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t", CustomUserData="u", Attributes={"Enabled": "false"})["EndpointArn"]
    assert device.startswith("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/")
    assert sns.get_endpoint_attributes(EndpointArn=device)["Attributes"] == {"Token": "t", "Enabled": "false", "CustomUserData": "u"}
    same = {"PlatformApplicationArn": app, "Token": "t"}
    assert sns.create_platform_endpoint(**same, CustomUserData="u", Attributes={"Enabled": "false"})["EndpointArn"] == device
    with refused("InvalidParameter", "already exists with the same Token, but different attributes."):
        sns.create_platform_endpoint(**same, CustomUserData="other")
    with refused("EndpointDisabled", "Endpoint is disabled"):
        sns.publish(TargetArn=device, Message="m")
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "true"})
    assert sns.publish(TargetArn=device, Message="m")["MessageId"]
    assert [e["EndpointArn"] for e in sns.list_endpoints_by_platform_application(PlatformApplicationArn=app)["Endpoints"]] == [device]
    topic = sns.create_topic(Name="pushed")["TopicArn"]
    assert sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)["SubscriptionArn"].startswith(topic)
    sns.delete_topic(TopicArn=topic)
    sns.delete_endpoint(EndpointArn=device)
    sns.delete_endpoint(EndpointArn=device)
    with refused("InvalidParameter", "TargetArn Reason: No endpoint found for the target arn specified"):
        sns.publish(TargetArn=device, Message="m")
    with refused("NotFound", "Endpoint does not exist"):
        sns.get_endpoint_attributes(EndpointArn=device)
    with refused("InvalidParameter", "Platform Reason"):
        sns.create_platform_application(Name="app", Platform="PIGEON", Attributes={"PlatformCredential": "x"})
    sns.delete_platform_application(PlatformApplicationArn=app)
    with refused("NotFound", "PlatformApplication does not exist"):
        sns.get_platform_application_attributes(PlatformApplicationArn=app)


def errors_are_typed(url):
    sns = client(url, "sns")
    with refused("NotFound", "Topic does not exist"):
        sns.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:nowhere", Message="x")
    with refused("NotImplemented", "GetDataProtectionPolicy"):
        sns.get_data_protection_policy(ResourceArn="arn:aws:sns:us-east-1:000000000000:nowhere")
    sns.delete_topic(TopicArn="arn:aws:sns:us-east-1:000000000000:alerts")
    assert sns.list_topics()["Topics"] == []


run([a_subscriber_confirms_and_is_told, filters_choose_what_is_told, topics_are_configured, fifo_topics_say_it_once, signatures_are_those_of_the_certificate,
     policies_of_deliveries_are_told_as_recorded, subscriptions_of_every_protocol_are_kept, phones_and_devices_are_state, errors_are_typed], "boto3: sns")
