"""S3's notifications as a subscriber to the topic receives them."""
import http.server
import json
import queue
import threading
import urllib.parse
import urllib.request

from serving import client, refused, run

inbox = queue.Queue()


class Subscriber(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        inbox.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def topic_with_subscriber(url):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sns = client(url, "sns")
    arn = sns.create_topic(Name="landed")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/")
    with urllib.request.urlopen(inbox.get(timeout=60)["SubscribeURL"], timeout=60) as answer:
        assert answer.status == 200
    return arn


def told():
    return json.loads(inbox.get(timeout=60)["Message"])["Records"][0]


def a_topic_is_told_what_it_asked_for(url):
    s3 = client(url, "s3", s3={"addressing_style": "path"})
    arn = topic_with_subscriber(url)
    s3.create_bucket(Bucket="raw")
    empty = s3.get_bucket_notification_configuration(Bucket="raw")
    assert "TopicConfigurations" not in empty
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]
    wanted = {"TopicConfigurations": [{"Id": "new", "TopicArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
                                       "Filter": {"Key": {"FilterRules": rules}}}]}
    s3.put_bucket_notification_configuration(Bucket="raw", NotificationConfiguration=wanted)
    test = json.loads(inbox.get(timeout=60)["Message"])
    assert test["Event"] == "s3:TestEvent" and test["Bucket"] == "raw"
    got = s3.get_bucket_notification_configuration(Bucket="raw")["TopicConfigurations"]
    assert got[0]["Id"] == "new" and got[0]["TopicArn"] == arn and got[0]["Events"] == wanted["TopicConfigurations"][0]["Events"]
    s3.put_object(Bucket="raw", Key="out/a.csv", Body=b"not asked for")
    s3.put_object(Bucket="raw", Key="in/a.json", Body=b"not asked for")
    etag = s3.put_object(Bucket="raw", Key="in/a b.csv", Body=b"12345")["ETag"].strip('"')
    first = told()
    assert first["eventVersion"] == "2.1" and first["eventSource"] == "aws:s3" and first["eventName"] == "ObjectCreated:Put"
    thing = first["s3"]["object"]
    assert urllib.parse.unquote_plus(thing["key"]) == "in/a b.csv" and thing["size"] == 5 and thing["eTag"] == etag
    assert first["s3"]["configurationId"] == "new" and first["s3"]["bucket"]["arn"] == "arn:aws:s3:::raw"
    s3.copy_object(Bucket="raw", Key="in/b.csv", CopySource="raw/in/a b.csv")
    assert told()["eventName"] == "ObjectCreated:Copy"
    s3.delete_object(Bucket="raw", Key="in/a b.csv")
    gone = told()
    assert gone["eventName"] == "ObjectRemoved:Delete" and gone["s3"]["object"]["sequencer"] > thing["sequencer"]
    s3.put_bucket_notification_configuration(Bucket="raw", NotificationConfiguration={})
    s3.put_object(Bucket="raw", Key="in/c.csv", Body=b"")
    assert inbox.empty()


def a_destination_that_is_not_there_is_refused(url):
    s3 = client(url, "s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="lost")
    for kind, member, arn in [("Topic", "TopicArn", "arn:aws:sns:us-east-1:000000000000:none"),
                              ("Queue", "QueueArn", "arn:aws:sqs:us-east-1:000000000000:none"),
                              ("LambdaFunction", "LambdaFunctionArn", "arn:aws:lambda:us-east-1:000000000000:function:none")]:
        with refused("InvalidArgument", "Unable to validate the following destination configurations", 400):
            s3.put_bucket_notification_configuration(Bucket="lost", NotificationConfiguration={
                f"{kind}Configurations": [{member: arn, "Events": ["s3:ObjectCreated:*"]}]})
    assert "TopicConfigurations" not in s3.get_bucket_notification_configuration(Bucket="lost")


run([a_topic_is_told_what_it_asked_for, a_destination_that_is_not_there_is_refused], "boto3: S3 notifications")
