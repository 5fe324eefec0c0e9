"""SNS as boto3 sees it: topics, an HTTP subscriber that confirms and is told, attributes, errors."""
import http.server
import json
import queue
import threading
import urllib.request

from serving import client, control, refused, run

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
    batch = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two", "Subject": "x" * 101}, {"Id": "c", "Message": "three"}])
    assert [entry["Id"] for entry in batch["Successful"]] == ["a", "c"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in batch["Failed"]] == [("b", "InvalidParameter", True)]
    assert sorted(inbox.get(timeout=60)[1] for _ in range(2)) == ["one", "three"]
    with urllib.request.urlopen(told["UnsubscribeURL"], timeout=60) as answer:
        assert answer.status == 200
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
    batch = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "x", "MessageGroupId": "g", "MessageDeduplicationId": "2"}, {"Id": "b", "Message": "x", "MessageGroupId": "g"}])
    assert [entry["SequenceNumber"] for entry in batch["Successful"]] == [second[1]] and batch["Failed"][0]["Id"] == "b"
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


def errors_are_typed(url):
    sns = client(url, "sns")
    with refused("NotFound", "Topic does not exist"):
        sns.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:nowhere", Message="x")
    with refused("NotImplemented", "CreatePlatformApplication"):
        sns.create_platform_application(Name="a", Platform="GCM", Attributes={})
    sns.delete_topic(TopicArn="arn:aws:sns:us-east-1:000000000000:alerts")
    assert sns.list_topics()["Topics"] == []


run([a_subscriber_confirms_and_is_told, filters_choose_what_is_told, topics_are_configured, fifo_topics_say_it_once, errors_are_typed], "boto3: sns")
