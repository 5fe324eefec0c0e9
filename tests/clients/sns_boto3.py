"""SNS as boto3 sees it: topics, an HTTP subscriber that confirms and is told, attributes, errors."""
import http.server
import json
import queue
import threading
import urllib.request

from serving import client, refused, run

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
    kind, asked = inbox.get(timeout=20)
    assert kind == asked["Type"] == "SubscriptionConfirmation" and asked["TopicArn"] == arn
    with urllib.request.urlopen(asked["SubscribeURL"], timeout=20) as answer:  # the URL leads back to this emulator
        assert answer.status == 200
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [s["Endpoint"] for s in listed] == [endpoint] and listed[0]["SubscriptionArn"].startswith(arn + ":")
    published = sns.publish(TopicArn=arn, Subject="late", Message="the report is läte", MessageAttributes={
        "criticality": {"DataType": "String", "StringValue": "high"}})
    kind, told = inbox.get(timeout=20)
    assert kind == told["Type"] == "Notification" and told["MessageId"] == published["MessageId"]
    assert told["Message"] == "the report is läte" and told["Subject"] == "late"
    assert told["MessageAttributes"] == {"criticality": {"Type": "String", "Value": "high"}}
    sns.set_subscription_attributes(SubscriptionArn=listed[0]["SubscriptionArn"], AttributeName="RawMessageDelivery",
                                    AttributeValue="true")
    batch = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two", "Subject": "x" * 101}, {"Id": "c", "Message": "three"}])
    assert [entry["Id"] for entry in batch["Successful"]] == ["a", "c"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in batch["Failed"]] == [("b", "InvalidParameter", True)]
    assert sorted(inbox.get(timeout=20)[1] for _ in range(2)) == ["one", "three"]
    with urllib.request.urlopen(told["UnsubscribeURL"], timeout=20) as answer:
        assert answer.status == 200
    sns.unsubscribe(SubscriptionArn=listed[0]["SubscriptionArn"])
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []
    server.shutdown()


def errors_are_typed(url):
    sns = client(url, "sns")
    with refused("NotFound", "Topic does not exist"):
        sns.publish(TopicArn="arn:aws:sns:us-east-1:000000000000:nowhere", Message="x")
    with refused("NotImplemented", "CreatePlatformApplication"):
        sns.create_platform_application(Name="a", Platform="GCM", Attributes={})
    sns.delete_topic(TopicArn="arn:aws:sns:us-east-1:000000000000:alerts")
    assert sns.list_topics()["Topics"] == []


run([a_subscriber_confirms_and_is_told, errors_are_typed], "boto3: sns")
