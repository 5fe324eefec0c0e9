"""What was acknowledged is there after kill -9, by every service and durability; a copy of the folder is a snapshot; a full
disk and a second server are told. Each server is killed, never stopped, until the last."""
import contextlib
import http.server
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from serving import boto3, client, control, refused

PROGRAM = os.path.join(os.environ["AFORO_BIN"], "aforo")


class Server:
    def __init__(self, folder, *options, expect_stderr=""):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--data-dir", folder, *options],
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("aforo: listening on "), (line, self.told())
        assert expect_stderr in self.told(), self.told()
        self.url = line.split()[-1]
        self.kinesis, self.s3, self.sns = (client(self.url, name) for name in ("kinesis", "s3", "sns"))

    def told(self):
        self.errors.seek(0)
        return self.errors.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0, self.told()


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="aforo-data-") as path:
        yield os.path.join(path, "data")


def records(server):
    found = []
    for shard in server.kinesis.list_shards(StreamName="clicks")["Shards"]:
        at = server.kinesis.get_shard_iterator(StreamName="clicks", ShardId=shard["ShardId"],
                                               ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found += [(r["SequenceNumber"], r["Data"]) for r in server.kinesis.get_records(ShardIterator=at)["Records"]]
    return sorted(found)


def life(server, round_):
    """Changes of every kind; gives what must be there afterwards."""
    put = []
    if round_ == 0:
        server.kinesis.create_stream(StreamName="clicks", ShardCount=2)
        server.s3.create_bucket(Bucket="photos")
        server.sns.create_topic(Name="news")
        control(server.url, "clock", {"advance": "PT10S"})
    answer = server.kinesis.put_records(StreamName="clicks", Records=[
        {"Data": b"%d/%d" % (round_, i), "PartitionKey": str(i)} for i in range(50)])
    put += [(r["SequenceNumber"], b"%d/%d" % (round_, i)) for i, r in enumerate(answer["Records"])]
    bodies = {f"small{round_}": os.urandom(900), f"large{round_}": os.urandom(400_000), "same": os.urandom(50_000)}
    for key, body in bodies.items():
        server.s3.put_object(Bucket="photos", Key=key, Body=body, Metadata={"round": str(round_)})
    upload = server.s3.create_multipart_upload(Bucket="photos", Key=f"joined{round_}")["UploadId"]
    parts = [os.urandom(5 << 20), os.urandom(1000)]
    done = [{"PartNumber": n, "ETag": server.s3.upload_part(
        Bucket="photos", Key=f"joined{round_}", UploadId=upload, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, 1)]
    server.s3.complete_multipart_upload(Bucket="photos", Key=f"joined{round_}", UploadId=upload,
                                        MultipartUpload={"Parts": done})
    bodies[f"joined{round_}"] = b"".join(parts)
    server.s3.put_object(Bucket="photos", Key="deleted", Body=b"x" * 100_000)
    server.s3.delete_object(Bucket="photos", Key="deleted")
    server.sns.subscribe(TopicArn="arn:aws:sns:us-east-1:000000000000:news", Protocol="http",
                         Endpoint=f"http://127.0.0.1:9/{round_}", Attributes={"FilterPolicy": '{"round":["%d"]}' % round_})
    server.sns.tag_resource(ResourceArn="arn:aws:sns:us-east-1:000000000000:news", Tags=[{"Key": f"round{round_}", "Value": "x"}])
    return put, bodies


def all_is_there(server, put, bodies, rounds):
    assert records(server) == sorted(put), (len(records(server)), len(put))
    for key, body in bodies.items():
        assert server.s3.get_object(Bucket="photos", Key=key)["Body"].read() == body, key
    with refused("404"):
        server.s3.head_object(Bucket="photos", Key="deleted")
    listed = server.s3.list_objects_v2(Bucket="photos")["Contents"]
    assert [o["Key"] for o in listed] == sorted(bodies), listed
    assert len(server.sns.list_subscriptions()["Subscriptions"]) == rounds
    tags = server.sns.list_tags_for_resource(ResourceArn="arn:aws:sns:us-east-1:000000000000:news")["Tags"]
    assert [tag["Key"] for tag in tags] == [f"round{n}" for n in range(rounds)], tags


def acknowledged_outlives_kills():
    for durability in ("os", "fsync"):
        with folder() as data:
            put, bodies = [], {}
            for round_ in range(3):
                server = Server(data, "--durability", durability)
                more, new = life(server, round_)
                put += more
                bodies |= new
                server.kill()
            server = Server(data)
            all_is_there(server, put, bodies, 3)
            server.stop()
            server = Server(data)
            all_is_there(server, put, bodies, 3)
            server.stop()


@contextlib.contextmanager
def subscriber():
    """Its URL, and the queue of what it is told: what was not acknowledged before a kill is told again."""
    told = queue.Queue()

    class Subscriber(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/", told
    listener.shutdown()


def subscribers_are_told():
    """Where deliveries wait for the disk they still come; a server that is killed at one has what it tells of."""
    for durability in ("none", "os", "fsync"):
        with folder() as data, subscriber() as (endpoint, told):
            server = Server(data, "--durability", durability)
            arn = server.sns.create_topic(Name="news")["TopicArn"]
            server.sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=endpoint)
            server.sns.confirm_subscription(TopicArn=arn, Token=told.get(timeout=60)["Token"])
            for n in range(20):
                server.sns.publish(TopicArn=arn, Message=str(n))
            assert sorted(int(told.get(timeout=60)["Message"]) for _ in range(20)) == list(range(20))
            server.s3.create_bucket(Bucket="told")
            server.s3.put_bucket_notification_configuration(Bucket="told", NotificationConfiguration={
                "TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
            assert "s3:TestEvent" in told.get(timeout=60)["Message"]
            server.s3.put_object(Bucket="told", Key="k", Body=b"x")
            assert "ObjectCreated:Put" in told.get(timeout=60)["Message"]
            if durability == "none":
                server.stop()
            else:
                server.kill()
            server = Server(data, "--durability", durability)
            assert server.s3.get_object(Bucket="told", Key="k")["Body"].read() == b"x"
            server.stop()


def written_behind_is_written_by_a_stop():
    with folder() as data:
        server = Server(data, "--durability", "none")
        put, bodies = life(server, 0)
        server.stop()
        server = Server(data, "--durability", "none")
        all_is_there(server, put, bodies, 1)
        server.stop()


def a_copy_is_a_snapshot():
    """Taken while the server runs, and before its changes: it starts, and has what was there then."""
    with folder() as data:
        server = Server(data)
        put, bodies = life(server, 0)
        copy = data + "-copy"
        subprocess.run(["cp", "-r", data, copy], check=True)
        server.s3.delete_object(Bucket="photos", Key="large0")
        snapshot = Server(copy)
        all_is_there(snapshot, put, bodies, 1)
        snapshot.stop()
        server.kill()
        shutil.rmtree(copy)


def one_server_at_a_time():
    with folder() as data:
        server = Server(data)
        second = subprocess.run([PROGRAM, "serve", "--port", "0", "--data-dir", data], capture_output=True, text=True,
                                timeout=60)
        assert second.returncode != 0 and "another" in second.stderr, second
        server.kill()


def a_half_written_end_is_told():
    with folder() as data:
        server = Server(data)
        server.s3.create_bucket(Bucket="photos")
        server.kill()
        newest = max(name for name in os.listdir(data) if name.endswith(".journal"))
        with open(os.path.join(data, newest), "ab") as file:
            file.write(b"ETRY half")
        server = Server(data, expect_stderr="the last 9 bytes of the journal were half written")
        server.s3.head_bucket(Bucket="photos")
        server.kill()


def a_full_disk_is_no_acknowledgement():
    """A limit on the size of files stands for the disk: what is refused is refused from then on, and reads go on."""
    with folder() as data:
        process = subprocess.Popen(["bash", "-c", f"trap '' XFSZ; ulimit -f 4000; exec {PROGRAM} serve --port 0 --data-dir {data}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        url = process.stdout.readline().split()[-1]
        s3 = client(url, "s3")
        s3.create_bucket(Bucket="photos")
        kept = []
        with refused("InternalError", status=500):
            for i in range(100):
                s3.put_object(Bucket="photos", Key=str(i), Body=b"y" * 300_000)
                kept.append(str(i))
        with refused("InternalError", status=500):
            s3.put_object(Bucket="photos", Key="small", Body=b"")
        assert s3.get_object(Bucket="photos", Key=kept[-1])["Body"].read() == b"y" * 300_000
        process.kill()
        assert "nothing is changed any more" in process.communicate()[1]
        server = Server(data)
        listed = {o["Key"] for o in server.s3.list_objects_v2(Bucket="photos")["Contents"]}
        assert set(kept) <= listed and len(listed) <= len(kept) + 1, (kept, listed)
        server.stop()


TESTS = (acknowledged_outlives_kills, subscribers_are_told, written_behind_is_written_by_a_stop, a_copy_is_a_snapshot, one_server_at_a_time,
         a_half_written_end_is_told, a_full_disk_is_no_acknowledgement)
for test in TESTS:
    test()
print(f"{len(TESTS)} passed, boto3 {boto3.__version__}")
