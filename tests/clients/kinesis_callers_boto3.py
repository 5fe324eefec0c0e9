"""Kinesis as services and libraries call it that are in no registry at hand: their requests, byte for byte, by what their sources and documentation say.

KPL: PutRecords of aggregated records, ListShards by filter. Flink: ListShards by pages, enhanced fan-out. Lambda: from a moment
through closed shards to their children. Firehose: DescribeStream by pages, every shard from the beginning. Browsers: preflights.
"""
import base64
import hashlib
import json

from kinesis_raw import post
from serving import client, control, raw, run, serving

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/"
KPL = {"User-Agent": "KinesisProducerLibrary/1.0.4 | Linux | x86_64 aws-sdk-cpp/1.11.420 ua/2.1 api/Kinesis os/Linux#6.1 lang/c++#C++17", "Accept": "*/*"}
FLINK = {"User-Agent": "Apache Flink 1.20.0 (b1fe7b4) *Destroyer* Kinesis Connector aws-sdk-java/2.26.19"}


def make(url, name, shards):
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    control(url, "clock", {"advance": "1s"})
    return kinesis


def ask(url, operation, body, headers={}):
    status, told = post(url, operation, body, headers)
    assert status == 200, (operation, status, told)
    return told


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, value):
    """One field of a protocol buffer: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def aggregated(records):
    """What the library packs (aggregation-format.md of its repository): tables of keys, records, the MD5 of all that."""
    keys = [key.encode() for key, _ in records]
    body = b"".join(field(1, key) for key in keys)
    body += b"".join(field(3, field(1, i) + field(3, data)) for i, (_, data) in enumerate(records))
    return b"\xf3\x89\x9a\xc2" + body + hashlib.md5(body).digest()


def kpl_puts_aggregated_records(url):
    make(url, "kpl", 2)
    shards = ask(url, "ListShards", {"StreamName": "kpl", "MaxResults": 1000, "ShardFilter": {"Type": "AT_LATEST"}}, KPL)["Shards"]
    assert len(shards) == 2 and set(shards[0]) >= {"ShardId", "HashKeyRange", "SequenceNumberRange"}
    packed = [aggregated([(f"key-{i}-{k}", f"user record {i} {k}".encode()) for k in range(3)]) for i in range(2)]
    told = ask(url, "PutRecords", {"Records": [
        {"Data": base64.b64encode(data).decode(), "ExplicitHashKey": shard["HashKeyRange"]["StartingHashKey"], "PartitionKey": "a"}
        for data, shard in zip(packed, shards)], "StreamName": "kpl", "StreamARN": ARN + "kpl"}, KPL)
    assert told["FailedRecordCount"] == 0 and [r["ShardId"] for r in told["Records"]] == [s["ShardId"] for s in shards]
    assert all(set(r) == {"SequenceNumber", "ShardId"} for r in told["Records"])
    for data, shard in zip(packed, shards):  # the bytes are the records, also as one of them
        iterator = ask(url, "GetShardIterator", {"StreamName": "kpl", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        record, = ask(url, "GetRecords", {"ShardIterator": iterator})["Records"]
        assert base64.b64decode(record["Data"]) == data and record["PartitionKey"] == "a"
    who = raw(url, "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", {"Content-Type": "application/x-www-form-urlencoded", **KPL})
    assert who.status == 200 and b"<Account>000000000000</Account>" in who.body


def flink_lists_and_fans_out(url):
    kinesis = make(url, "flink", 5)
    stream = ARN + "flink"
    assert ask(url, "DescribeStreamSummary", {"StreamARN": stream}, FLINK)["StreamDescriptionSummary"]["OpenShardCount"] == 5
    seen, body = [], {"StreamARN": stream, "MaxResults": 2}
    while body is not None:  # the token alone, from the second page on
        told = ask(url, "ListShards", body, FLINK)
        seen += [shard["ShardId"] for shard in told["Shards"]]
        body = {"NextToken": told["NextToken"], "MaxResults": 2} if told.get("NextToken") else None
    assert seen == [f"shardId-{i:012}" for i in range(5)]
    for wish in {"ExclusiveStartShardId": seen[-1]}, {"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": seen[-1]}}:
        assert ask(url, "ListShards", {"StreamARN": stream, **wish}, FLINK)["Shards"] == []
    consumer = ask(url, "RegisterStreamConsumer", {"StreamARN": stream, "ConsumerName": "job"}, FLINK)["Consumer"]
    status, told = post(url, "RegisterStreamConsumer", {"StreamARN": stream, "ConsumerName": "job"}, FLINK)
    assert status == 400 and told["__type"] == "ResourceInUseException"  # then it describes what is there
    control(url, "clock", {"advance": "10s"})
    described = ask(url, "DescribeStreamConsumer", {"StreamARN": stream, "ConsumerName": "job"}, FLINK)["ConsumerDescription"]
    assert described["ConsumerStatus"] == "ACTIVE" and described["ConsumerARN"] == consumer["ConsumerARN"]
    put = [kinesis.put_record(StreamName="flink", Data=str(i).encode(), PartitionKey="k", ExplicitHashKey="0")["SequenceNumber"] for i in range(3)]
    for position, want in (({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": put[0]}, [b"1", b"2"]), ({"Type": "AT_TIMESTAMP", "Timestamp": 1.5}, [b"0", b"1", b"2"])):
        events = kinesis.subscribe_to_shard(ConsumerARN=consumer["ConsumerARN"], ShardId=seen[0], StartingPosition=position)["EventStream"]
        got = []
        for event in events:
            got += [record["Data"] for record in event["SubscribeToShardEvent"]["Records"]]
            if len(got) == len(want):
                break
        events.close()
        assert got == want, (position, got)
        control(url, "clock", {"advance": "6s"})
    ask(url, "DeregisterStreamConsumer", {"StreamARN": stream, "ConsumerName": "job"}, FLINK)


def lambda_follows_shards_to_their_children(url):
    """An event source that begins at a moment: what came before is not told, what is in a parent comes before its children."""
    kinesis = make(url, "lambda", 1)
    headers = {"User-Agent": "AWS Lambda ESM"}
    kinesis.put_record(StreamName="lambda", Data=b"before", PartitionKey="k")
    control(url, "clock", {"advance": "1m"})
    begin = kinesis.put_record(StreamName="lambda", Data=b"0", PartitionKey="k")
    shard, = ask(url, "ListShards", {"StreamName": "lambda"}, headers)["Shards"]
    iterator = ask(url, "GetShardIterator", {"StreamName": "lambda", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
    at = ask(url, "GetRecords", {"ShardIterator": iterator})["Records"][1]["ApproximateArrivalTimestamp"]
    kinesis.split_shard(StreamName="lambda", ShardToSplit=shard["ShardId"], NewStartingHashKey=str(1 << 127))
    control(url, "clock", {"advance": "1m"})
    for i, key in enumerate((0, 1 << 127)):
        kinesis.put_record(StreamName="lambda", Data=str(i + 1).encode(), PartitionKey="k", ExplicitHashKey=str(key))
    told, queue, parents = [], [shard["ShardId"]], {}
    while queue:
        name = queue.pop(0)
        iterator = ask(url, "GetShardIterator", {"StreamName": "lambda", "ShardId": name, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": at}, headers)["ShardIterator"]
        for _ in range(4):
            answer = ask(url, "GetRecords", {"ShardIterator": iterator, "Limit": 10000}, headers)
            told += [base64.b64decode(record["Data"]) for record in answer["Records"]]
            iterator = answer.get("NextShardIterator")
            if iterator is None:
                parents[name] = [child["ParentShards"] for child in answer["ChildShards"]]
                queue += [child["ShardId"] for child in answer["ChildShards"]]
                break
            assert "ChildShards" not in answer
            if answer["MillisBehindLatest"] == 0 and not answer["Records"]:
                break
    assert told == [b"0", b"1", b"2"] and parents == {begin["ShardId"]: [[shard["ShardId"]]] * 2}, (told, parents)
    control(url, "clock", {"advance": "5m"})
    fresh = ask(url, "GetShardIterator", {"StreamName": "lambda", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
    control(url, "clock", {"advance": "301s"})
    status, answer = post(url, "GetRecords", {"ShardIterator": fresh}, headers)
    assert status == 400 and answer["__type"] == "ExpiredIteratorException", answer


def firehose_reads_every_shard(url):
    kinesis = make(url, "firehose", 3)
    headers = {"User-Agent": "Amazon Kinesis Firehose"}
    for i in range(9):
        kinesis.put_record(StreamName="firehose", Data=str(i).encode(), PartitionKey="k", ExplicitHashKey=str(i % 3 * ((1 << 128) // 3 + 1)))
    shards, more, last = [], True, None
    while more:
        page = ask(url, "DescribeStream", {"StreamName": "firehose", "Limit": 2, **({"ExclusiveStartShardId": last} if last else {})}, headers)["StreamDescription"]
        assert page["StreamStatus"] == "ACTIVE" and page["RetentionPeriodHours"] == 24 and page["EncryptionType"] == "NONE"
        shards += [shard["ShardId"] for shard in page["Shards"]]
        more, last = page["HasMoreShards"], shards[-1]
    assert len(shards) == 3
    got = {}
    for shard in shards:
        iterator = ask(url, "GetShardIterator", {"StreamName": "firehose", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}, headers)["ShardIterator"]
        got[shard] = [int(base64.b64decode(r["Data"])) for r in ask(url, "GetRecords", {"ShardIterator": iterator}, headers)["Records"]]
    assert list(got.values()) == [[0, 3, 6], [1, 4, 7], [2, 5, 8]], got


def browsers_may_call(url):
    """A page of any origin: the preflight that nobody signs, then the call; as kinesalite's tests recorded them."""
    asks = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-amz-target,x-amz-date"}
    told = raw(url, "OPTIONS", "/", None, asks)
    assert told.status == 200 and told.body == b"" and "x-amz-id-2" not in told.headers, told
    assert told.headers["access-control-allow-origin"] == "*" and told.headers["access-control-max-age"] == "172800"
    assert told.headers["access-control-allow-headers"] == asks["Access-Control-Request-Headers"] and told.headers["access-control-allow-methods"] == "POST"
    call = {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-json-1.1"}
    for body, status in (b"{}", 200), (b"x", 400):
        told = raw(url, "POST", "/", body, {**call, "Origin": "https://page.example"})
        assert told.status == status and told.headers["access-control-allow-origin"] == "*", told
        assert told.headers["access-control-expose-headers"] == "x-amz-request-id, x-amz-id-2"
    assert "access-control-allow-origin" not in raw(url, "POST", "/", b"{}", call).headers


def who_asks_in_no_format_is_told(url):
    for headers in {"X-Amz-Target": "Kinesis_20131202.ListStream"}, {"X-Amz-Target": "Kinesis_20131202.ListStream", "Content-Type": "application/x-amz-json-1.0"}:
        told = raw(url, "POST", "/", b"", headers)
        assert told.status == 403 and "content-type" not in told.headers and told.headers["x-amz-id-2"], told
        assert told.body == (b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
                             b"</AccessDeniedException>\n")


def signatures_lack_what_they_lack(_):
    header, date = "Authorization header requires '{}' parameter. ", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    query = "AWS query-string parameters must include '{}'. "
    call = {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-json-1.1"}
    names = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date")
    with serving("--verify-signatures") as url:
        for path, more, kind, words in (
                ("/", {}, "MissingAuthenticationTokenException", "Missing Authentication Token"),
                ("/?X-Amz-Credential=a&X-Amz-Signature=b", {}, "MissingAuthenticationTokenException", "Missing Authentication Token"),
                ("/", {"Authorization": "X"}, "IncompleteSignatureException",
                 "".join(header.format(part) for part in ("Credential", "Signature", "SignedHeaders")) + date + "Authorization=X"),
                ("/", {"Authorization": "AWS4- Signature=b,Credential=a", "Date": "a"}, "IncompleteSignatureException",
                 header.format("SignedHeaders") + "Authorization=AWS4- Signature=b,Credential=a"),
                ("/?X-Amz-Algorithm", {"Authorization": "X"}, "InvalidSignatureException",
                 "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),
                ("/?X-Amz-Algorithm", {}, "IncompleteSignatureException",
                 "".join(query.format("X-Amz-" + name) for name in names) + "Re-examine the query-string parameters.")):
            told = raw(url, "POST", path, b"{}", {**call, **more})
            assert (told.status, json.loads(told.body)) == (400, {"__type": kind, "message": words}), (path, more, told.body)
        told = raw(url, "OPTIONS", "/", None, {"Origin": "o", "Access-Control-Request-Headers": "X-Amz-Target"})
        assert told.status == 200, told


run([kpl_puts_aggregated_records, flink_lists_and_fans_out, lambda_follows_shards_to_their_children, firehose_reads_every_shard, browsers_may_call,
     who_asks_in_no_format_is_told, signatures_lack_what_they_lack], "KPL, Flink, Lambda, Firehose, browsers: raw requests")
