"""Kinesis as boto3 sees it: what it sends is understood, what it gets it parses, and errors are its typed exceptions."""
import concurrent.futures
import datetime
import os
import random

import botocore.eventstream
import botocore.exceptions

from serving import client, control, refused, run, serving


def make_stream(kinesis, name, shards):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 9})


def read_shard(kinesis, iterator):
    records = []
    while True:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=300)
        records += answer["Records"]
        iterator = answer["NextShardIterator"]
        if answer["MillisBehindLatest"] == 0:
            return records


def every_record_comes_back_as_it_was_put(url):
    kinesis = client(url, "kinesis")
    control(url, "clock", {"freeze": True})
    kinesis.create_stream(StreamName="events", ShardCount=3)
    control(url, "clock", {"advance": "1s"})
    dice = random.Random(7)
    put = [(f"key-{dice.randrange(40)}", dice.randbytes(dice.randrange(1, 900))) for _ in range(1200)]
    where = []
    for at in range(0, len(put), 400):
        batch = [{"PartitionKey": key, "Data": data} for key, data in put[at:at + 400]]
        answer = kinesis.put_records(StreamName="events", Records=batch)
        assert answer["FailedRecordCount"] == 0, answer
        where += [(entry["ShardId"], entry["SequenceNumber"]) for entry in answer["Records"]]
        control(url, "clock", {"advance": "1s"})
    got = {}
    shards = kinesis.list_shards(StreamName="events")["Shards"]
    assert len(shards) == 3
    for shard in shards:
        iterator = kinesis.get_shard_iterator(StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        records = read_shard(kinesis, iterator["ShardIterator"])
        numbers = [int(record["SequenceNumber"]) for record in records]
        assert numbers == sorted(set(numbers)), "sequence numbers grow"
        for record in records:
            assert isinstance(record["ApproximateArrivalTimestamp"], datetime.datetime)
            got[shard["ShardId"], record["SequenceNumber"]] = record["PartitionKey"], record["Data"]
        control(url, "clock", {"advance": "1s"})
    assert got == dict(zip(where, put))


# boto3 sends whole seconds of a Timestamp.
def iterators_of_all_types_stand_where_they_should(url):
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="types", ShardCount=1)
    control(url, "clock", {"advance": "1s"})
    numbers = []
    for i in range(4):
        numbers.append(kinesis.put_record(StreamName="types", PartitionKey="k", Data=b"%d" % i)["SequenceNumber"])
        control(url, "clock", {"advance": "10s"})
    shard = {"StreamName": "types", "ShardId": "shardId-000000000000"}
    first = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **shard)["ShardIterator"])
    times = [record["ApproximateArrivalTimestamp"] for record in first["Records"]]
    latest = kinesis.get_shard_iterator(ShardIteratorType="LATEST", **shard)["ShardIterator"]
    for expected, iterator in [
            (b"0123", {"ShardIteratorType": "TRIM_HORIZON"}),
            (b"23", {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": numbers[2]}),
            (b"3", {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": numbers[2]}),
            (b"123", {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": times[1]}),
            (b"23", {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": times[1] + datetime.timedelta(seconds=1)}),
            (b"", {"ShardIteratorType": "LATEST"})]:
        control(url, "clock", {"advance": "1s"})
        answer = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**iterator, **shard)["ShardIterator"])
        assert b"".join(record["Data"] for record in answer["Records"]) == expected, iterator
    kinesis.put_record(StreamName="types", PartitionKey="k", Data=b"after")
    for _ in range(2):
        control(url, "clock", {"advance": "1s"})
        assert [r["Data"] for r in kinesis.get_records(ShardIterator=latest)["Records"]] == [b"after"]
    control(url, "clock", {"advance": "301s"})
    with refused("ExpiredIteratorException", "Iterator expired. The iterator was created at time "):
        kinesis.get_records(ShardIterator=latest)


def errors_are_typed(url):
    kinesis = client(url, "kinesis")
    try:
        kinesis.describe_stream_summary(StreamName="nowhere")
        raise AssertionError("found")
    except kinesis.exceptions.ResourceNotFoundException as error:
        assert error.response["Error"]["Message"] == "Stream nowhere under account 000000000000 not found."
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with refused("ResourceInUseException"):
        kinesis.create_stream(StreamName="events", ShardCount=1)
    with refused("InvalidArgumentException"):
        kinesis.get_records(ShardIterator="nonsense")
    with refused("ResourceNotFoundException", "Consumer arn:aws:kinesis:us-east-1:000000000000:stream/events/consumer/c:1"):
        kinesis.subscribe_to_shard(ConsumerARN="arn:aws:kinesis:us-east-1:000000000000:stream/events/consumer/c:1",
                                   ShardId="shardId-000000000000", StartingPosition={"Type": "LATEST"})
    batch = [{"PartitionKey": "k", "Data": b"x"}] * 500
    failed = sum(kinesis.put_records(StreamName="types", Records=batch)["FailedRecordCount"] for _ in range(3))
    assert failed == 500, failed
    with refused("ProvisionedThroughputExceededException", "Rate exceeded for shard shardId-000000000000"):
        kinesis.put_record(StreamName="types", PartitionKey="k", Data=b"x")


def subscriptions_are_read_as_event_streams(url):
    """The same records as by GetRecords; keep-alives while nothing comes; the shard's end; a call that takes over."""
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="pushed", ShardCount=1)
    control(url, "clock", {"advance": "1s"})
    arn = kinesis.describe_stream_summary(StreamName="pushed")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    control(url, "clock", {"advance": "1s"})
    put = [kinesis.put_record(StreamName="pushed", PartitionKey="k%d" % i, Data=b"data %d" % i)["SequenceNumber"] for i in range(9)]
    ask = {"ConsumerARN": consumer, "ShardId": "shardId-000000000000"}
    first = iter(kinesis.subscribe_to_shard(StartingPosition={"Type": "TRIM_HORIZON"}, **ask)["EventStream"])
    event = next(first)["SubscribeToShardEvent"]
    assert [record["SequenceNumber"] for record in event["Records"]] == put and event["MillisBehindLatest"] == 0, event
    assert event["Records"][3]["Data"] == b"data 3" and isinstance(event["Records"][0]["ApproximateArrivalTimestamp"], datetime.datetime)
    with refused("ResourceInUseException"):
        kinesis.subscribe_to_shard(StartingPosition={"Type": "LATEST"}, **ask)
    control(url, "clock", {"advance": "5s"})
    empty = next(first)["SubscribeToShardEvent"]
    assert empty["Records"] == [] and int(empty["ContinuationSequenceNumber"]) > int(put[-1]), empty
    position = {"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": empty["ContinuationSequenceNumber"]}
    second = iter(kinesis.subscribe_to_shard(StartingPosition=position, **ask)["EventStream"])
    assert next(second)["SubscribeToShardEvent"]["Records"] == []
    try:
        next(first)
        raise AssertionError("the first subscription lives on")
    except botocore.exceptions.EventStreamError as error:
        assert error.response["Error"]["Code"] == "ResourceInUseException", error.response
    kinesis.put_record(StreamName="pushed", PartitionKey="k", Data=b"later")
    assert [record["Data"] for record in next(second)["SubscribeToShardEvent"]["Records"]] == [b"later"]
    kinesis.split_shard(StreamName="pushed", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    control(url, "clock", {"advance": "1s"})
    last = next(second)["SubscribeToShardEvent"]
    assert len(last["ChildShards"]) == 2 and "ContinuationSequenceNumber" not in last, last
    assert list(second) == []
    kinesis.delete_stream(StreamName="pushed", EnforceConsumerDeletion=True)
    control(url, "clock", {"advance": "1s"})


def a_frame_with_a_wrong_checksum_is_told_from_an_event(url):
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="broken", ShardCount=1)
    control(url, "clock", {"advance": "1s"})
    arn = kinesis.describe_stream_summary(StreamName="broken")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
    control(url, "faults", [{"on": "kinesis:SubscribeToShard", "phase": "wire", "wire": "bad_crc", "nth": [1]}])
    control(url, "clock", {"advance": "1s"})
    stream = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition={"Type": "TRIM_HORIZON"})
    try:
        raise AssertionError(f"not broken: {list(stream['EventStream'])}")
    except botocore.eventstream.ChecksumMismatch:
        pass
    control(url, "faults", [])
    kinesis.delete_stream(StreamName="broken", EnforceConsumerDeletion=True)
    control(url, "clock", {"advance": "1s"})


def streams_are_listed_in_pages_and_by_region(url):
    kinesis = client(url, "kinesis")
    names = [name for page in kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 1}) for name in page["StreamNames"]]
    assert names == ["events", "types"], names
    described = kinesis.describe_stream(StreamName="events")["StreamDescription"]
    assert described["StreamStatus"] == "ACTIVE" and len(described["Shards"]) == 3
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]
    assert client(url, "kinesis", region="eu-west-1").list_streams()["StreamNames"] == []
    kinesis.delete_stream(StreamName="types")
    control(url, "clock", {"advance": "1s"})
    assert kinesis.list_streams()["StreamNames"] == ["events"]


def faults_reach_the_client(url):
    kinesis = client(url, "kinesis")
    control(url, "faults", [{"on": "kinesis:PutRecords", "phase": "partial", "entries": "1/4", "nth": [1]}])
    control(url, "clock", {"advance": "1s"})
    answer = kinesis.put_records(StreamName="events", Records=[{"PartitionKey": str(i), "Data": b"x"} for i in range(40)])
    codes = [entry.get("ErrorCode") for entry in answer["Records"]]
    assert 0 < answer["FailedRecordCount"] == codes.count("InternalFailure") < 40, answer


def signatures_are_verified_when_asked(_):
    with serving("--verify-signatures") as url:
        assert client(url, "kinesis").list_streams()["StreamNames"] == []
        with refused("InvalidSignatureException"):
            client(url, "kinesis", secret="wrong").list_streams()
        assert client(url, "sts").get_caller_identity()["Account"] == "000000000000"


def the_waiter_sees_it_become_active(_):
    with serving("--no-limits", "--account", "123456789012") as url:
        kinesis = client(url, "kinesis")
        make_stream(kinesis, "waited", 2)
        arn = kinesis.describe_stream_summary(StreamName="waited")["StreamDescriptionSummary"]["StreamARN"]
        assert arn == "arn:aws:kinesis:us-east-1:123456789012:stream/waited", arn
        if "StreamARN" in kinesis.meta.service_model.operation_model("ListShards").input_shape.members:  # not before 1.26.40
            assert kinesis.list_shards(StreamARN=arn, MaxResults=1)["NextToken"]


def many_clients_put_at_one_time(_):
    with serving("--no-limits") as url:
        kinesis = client(url, "kinesis")
        make_stream(kinesis, "busy", 4)
        control(url, "faults", [{"on": "kinesis:PutRecord", "phase": "delay", "delay": "20ms", "every": 25}])

        def put(number):
            mine = client(url, "kinesis")
            for i in range(25):
                mine.put_record(StreamName="busy", PartitionKey=f"{number}/{i}", Data=b"%d" % (25 * number + i))
                mine.put_records(StreamName="busy", Records=[{"PartitionKey": f"{i}", "Data": b"again"}] * 10)

        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            list(clients.map(put, range(8)))
        got = []
        for shard in kinesis.list_shards(StreamName="busy")["Shards"]:
            where = {"StreamName": "busy", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            got += [record["Data"] for record in read_shard(kinesis, kinesis.get_shard_iterator(**where)["ShardIterator"])]
        assert got.count(b"again") == 2000
        assert sorted(int(data) for data in got if data != b"again") == list(range(200))


os.environ.pop("AWS_PROFILE", None)
run([every_record_comes_back_as_it_was_put, iterators_of_all_types_stand_where_they_should, errors_are_typed,
     subscriptions_are_read_as_event_streams, a_frame_with_a_wrong_checksum_is_told_from_an_event, streams_are_listed_in_pages_and_by_region, faults_reach_the_client, signatures_are_verified_when_asked,
     the_waiter_sees_it_become_active, many_clients_put_at_one_time], "boto3: kinesis")
