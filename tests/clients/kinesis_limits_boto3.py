"""Kinesis's limits, positions and pages as boto3 sees them, on a clock that stands still until it is told to move."""
import datetime
import hashlib

from kinesis_raw import post
from serving import client, control, knows, refused, run

TOP = (1 << 128) - 1


def make(url, name, shards):
    kinesis = client(url, "kinesis")
    control(url, "clock", {"freeze": True})
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    control(url, "clock", {"advance": "1s"})
    return kinesis


def iterator_of(kinesis, name, shard=0, type_="TRIM_HORIZON", **more):
    return kinesis.get_shard_iterator(StreamName=name, ShardId=f"shardId-{shard:012}", ShardIteratorType=type_, **more)["ShardIterator"]


def hash_keys_choose_the_shard(url):
    kinesis = make(url, "hashed", 3)
    ranges = [(int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]), s["ShardId"])
              for s in kinesis.list_shards(StreamName="hashed")["Shards"]]
    assert ranges[0][0] == 0 and ranges[-1][1] == TOP
    assert all(before[1] + 1 == after[0] for before, after in zip(ranges, ranges[1:]))
    # As Kinesis divides three: kinesalite's tests.
    assert [r[1] for r in ranges[:2]] == [113427455640312821154458202477256070484, 226854911280625642308916404954512140969]
    for first, last, shard in ranges:
        for key in (first, last, (first + last) // 2):
            put = kinesis.put_record(StreamName="hashed", PartitionKey="any", ExplicitHashKey=str(key), Data=b"x")
            assert put["ShardId"] == shard, key
    for i in range(60):
        name = f"key {i} ü"
        key = int.from_bytes(hashlib.md5(name.encode()).digest(), "big")
        expected = next(shard for first, last, shard in ranges if first <= key <= last)
        assert kinesis.put_record(StreamName="hashed", PartitionKey=name, Data=b"x")["ShardId"] == expected, name


def throttled_entries_fail_alone(url):
    kinesis = make(url, "narrow", 2)
    half = 1 << 127

    def entries(*shards):
        return [{"PartitionKey": "k", "Data": b"x", "ExplicitHashKey": str(shard * half)} for shard in shards]

    for _ in range(2):
        assert kinesis.put_records(StreamName="narrow", Records=entries(*[0] * 490))["FailedRecordCount"] == 0
    answer = kinesis.put_records(StreamName="narrow", Records=entries(*[0, 1] * 50))
    assert answer["FailedRecordCount"] == 30, answer["FailedRecordCount"]
    words = "Rate exceeded for shard shardId-000000000000 in stream narrow under account 000000000000."
    for i, entry in enumerate(answer["Records"]):
        if i % 2 == 0 and i >= 40:
            assert entry == {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": words}, (i, entry)
        else:
            assert entry["ShardId"] == f"shardId-{i % 2:012}" and entry["SequenceNumber"].isdigit() and "ErrorCode" not in entry, (i, entry)
    with refused("ProvisionedThroughputExceededException", words, 400):
        kinesis.put_record(StreamName="narrow", PartitionKey="k", Data=b"x", ExplicitHashKey="0")
    control(url, "clock", {"advance": "10ms"})  # 1000 records a second: 10 more
    assert kinesis.put_records(StreamName="narrow", Records=entries(*[0] * 20))["FailedRecordCount"] == 10
    control(url, "clock", {"advance": "1s"})
    large = [{"PartitionKey": "k", "Data": b"x" * 300_000, "ExplicitHashKey": "0"}] * 4  # the fourth is past 1 MiB
    answer = kinesis.put_records(StreamName="narrow", Records=large)
    assert [entry.get("ErrorCode") for entry in answer["Records"]] == [None, None, None, "ProvisionedThroughputExceededException"], answer


def reads_are_limited_too(url):
    kinesis = make(url, "read", 1)
    iterator = iterator_of(kinesis, "read")
    for _ in range(5):
        kinesis.get_records(ShardIterator=iterator)
    with refused("ProvisionedThroughputExceededException", "Rate exceeded for shard shardId-000000000000 in stream read under account 000000000000.", 400):
        kinesis.get_records(ShardIterator=iterator)
    control(url, "clock", {"advance": "200ms"})
    assert kinesis.get_records(ShardIterator=iterator)["Records"] == []


def limits_cut_what_is_read(url):
    kinesis = make(url, "cut", 1)
    for at in range(0, 1000, 500):
        kinesis.put_records(StreamName="cut", Records=[{"PartitionKey": "k", "Data": b"%d" % (at + i)} for i in range(500)])
    control(url, "clock", {"advance": "1500ms"})
    iterator, read = iterator_of(kinesis, "cut"), []
    for limit, expected in [(1, 1), (7, 7), (900, 900), (10000, 92)]:
        control(url, "clock", {"advance": "1s"})
        answer = kinesis.get_records(ShardIterator=iterator, Limit=limit)
        assert len(answer["Records"]) == expected
        assert (answer["MillisBehindLatest"] == 0) == (limit == 10000), answer["MillisBehindLatest"]
        read += [int(record["Data"]) for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
    assert read == list(range(1000))


def positions_by_time_have_milliseconds(url):
    kinesis = make(url, "timed", 1)
    for i in range(4):
        kinesis.put_record(StreamName="timed", PartitionKey="k", Data=b"%d" % i)
        control(url, "clock", {"advance": "5ms"})
    control(url, "clock", {"advance": "1s"})
    times = [r["ApproximateArrivalTimestamp"].timestamp() for r in kinesis.get_records(ShardIterator=iterator_of(kinesis, "timed"))["Records"]]
    assert [round((b - a) * 1000) for a, b in zip(times, times[1:])] == [5, 5, 5], times

    def data_from(at):
        control(url, "clock", {"advance": "1s"})
        ask = {"StreamName": "timed", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": at}
        status, told = post(url, "GetShardIterator", ask)
        assert status == 200, told
        return b"".join(r["Data"] for r in kinesis.get_records(ShardIterator=told["ShardIterator"])["Records"])

    for i in range(4):
        assert data_from(round(times[i], 3)) == b"0123"[i:], i
        assert data_from(round(times[i] + 0.001, 3)) == b"0123"[i + 1:], i
    assert data_from(times[0] - 3600) == b"0123"
    status, told = post(url, "GetShardIterator", {"StreamName": "timed", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP",
                                                  "Timestamp": times[3] + 3600})
    assert status == 400 and told["__type"] == "InvalidArgumentException" and "timestampInMillis" in told["message"], told


def what_expires_is_named(url):
    kinesis = make(url, "old", 3)
    latest = iterator_of(kinesis, "old", type_="LATEST")
    page = kinesis.list_shards(StreamName="old", MaxResults=1)
    control(url, "clock", {"advance": "300s"})
    control(url, "clock", {"advance": "1ms"})
    with refused("ExpiredIteratorException", "Iterator expired. The iterator was created at time ", 400):
        kinesis.get_records(ShardIterator=latest)
    with refused("ExpiredNextTokenException", status=400):
        kinesis.list_shards(NextToken=page["NextToken"])
    kinesis.put_record(StreamName="old", PartitionKey="k", Data=b"first", ExplicitHashKey="0")
    control(url, "clock", {"advance": "23h"})
    kinesis.put_record(StreamName="old", PartitionKey="k", Data=b"second", ExplicitHashKey="0")
    control(url, "clock", {"advance": "1h"})
    control(url, "clock", {"advance": "1s"})
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=iterator_of(kinesis, "old"))["Records"]] == [b"second"]


def shards_are_listed_in_pages(url):
    kinesis = make(url, "paged", 5)
    every = [f"shardId-{i:012}" for i in range(5)]
    for size in (1, 2, 5, 100):
        pages = [kinesis.list_shards(StreamName="paged", MaxResults=size)]  # boto3's paginator is refused by Kinesis: it repeats StreamName
        while "NextToken" in pages[-1]:
            pages.append(kinesis.list_shards(NextToken=pages[-1]["NextToken"], MaxResults=size))
        assert [s["ShardId"] for page in pages for s in page["Shards"]] == every and len(pages) == -(-5 // size)
        pages = list(kinesis.get_paginator("describe_stream").paginate(StreamName="paged", PaginationConfig={"PageSize": size}))
        assert [s["ShardId"] for page in pages for s in page["StreamDescription"]["Shards"]] == every and len(pages) == -(-5 // size)
        assert [page["StreamDescription"]["HasMoreShards"] for page in pages] == [True] * (len(pages) - 1) + [False]
    after = kinesis.list_shards(StreamName="paged", ExclusiveStartShardId=every[2])["Shards"]
    assert [s["ShardId"] for s in after] == every[3:]
    after = kinesis.describe_stream(StreamName="paged", ExclusiveStartShardId=every[2], Limit=1)["StreamDescription"]
    assert [s["ShardId"] for s in after["Shards"]] == every[3:4] and after["HasMoreShards"] is True
    page = kinesis.list_shards(StreamName="paged", MaxResults=2)
    for _ in range(2):  # a token can be used again
        assert [s["ShardId"] for s in kinesis.list_shards(NextToken=page["NextToken"])["Shards"]] == every[2:]
    with refused("InvalidArgumentException", "NextToken and StreamName cannot be provided together.", 400):
        kinesis.list_shards(StreamName="paged", NextToken=page["NextToken"])
    with refused("InvalidArgumentException", status=400):
        kinesis.list_shards(NextToken="nonsense")
    now = kinesis.describe_stream_summary(StreamName="paged")["StreamDescriptionSummary"]["StreamCreationTimestamp"] + datetime.timedelta(seconds=1)
    for filter_, expected in [({"Type": "AT_LATEST"}, every), ({"Type": "AT_TRIM_HORIZON"}, every), ({"Type": "FROM_TRIM_HORIZON"}, every),
                              ({"Type": "AFTER_SHARD_ID", "ShardId": every[1]}, every[2:]), ({"Type": "AT_TIMESTAMP", "Timestamp": now}, every),
                              ({"Type": "FROM_TIMESTAMP", "Timestamp": now}, every)]:
        control(url, "clock", {"advance": "1s"})
        listed = kinesis.list_shards(StreamName="paged", ShardFilter=filter_)["Shards"]
        assert [s["ShardId"] for s in listed] == expected, (filter_, listed)
    for filter_ in [{"Type": "AFTER_SHARD_ID"}, {"Type": "AT_TIMESTAMP"}, {"Type": "AT_LATEST", "ShardId": every[0]}]:
        with refused("InvalidArgumentException", status=400):
            kinesis.list_shards(StreamName="paged", ShardFilter=filter_)
    old = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    with refused("ResourceNotFoundException", status=400):
        kinesis.list_shards(StreamName="paged", StreamCreationTimestamp=old)


def arns_name_streams_as_well(url):
    kinesis = make(url, "by-arn", 1)
    if not knows(kinesis, "PutRecord", "StreamARN"):
        return
    arn = {"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/by-arn"}
    put = kinesis.put_record(PartitionKey="k", Data=b"one", **arn)
    assert kinesis.put_records(Records=[{"PartitionKey": "k", "Data": b"two"}], **arn)["FailedRecordCount"] == 0
    assert kinesis.describe_stream(**arn)["StreamDescription"]["StreamName"] == "by-arn"
    assert kinesis.describe_stream_summary(**arn)["StreamDescriptionSummary"]["OpenShardCount"] == 1
    assert [s["ShardId"] for s in kinesis.list_shards(**arn)["Shards"]] == [put["ShardId"]]
    iterator = kinesis.get_shard_iterator(ShardId=put["ShardId"], ShardIteratorType="TRIM_HORIZON", **arn)["ShardIterator"]
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=iterator, **arn)["Records"]] == [b"one", b"two"]
    kinesis.increase_stream_retention_period(RetentionPeriodHours=100, **arn)
    kinesis.decrease_stream_retention_period(RetentionPeriodHours=50, **arn)
    assert kinesis.describe_stream_summary(StreamName="by-arn", **arn)["StreamDescriptionSummary"]["RetentionPeriodHours"] == 50
    for wrong in ["arn:aws:kinesis:us-east-1:000000000000:stream/other", "arn:aws:kinesis:eu-west-1:000000000000:stream/by-arn",
                  "arn:aws:kinesis:us-east-1:111111111111:stream/by-arn"]:
        with refused("ResourceNotFoundException", status=400):
            client(url, "kinesis", parameter_validation=False).put_record(StreamARN=wrong, PartitionKey="k", Data=b"x")
    kinesis.delete_stream(**arn)
    control(url, "clock", {"advance": "1s"})
    assert "by-arn" not in kinesis.list_streams()["StreamNames"]


run([hash_keys_choose_the_shard, throttled_entries_fail_alone, reads_are_limited_too, limits_cut_what_is_read,
     positions_by_time_have_milliseconds, what_expires_is_named, shards_are_listed_in_pages, arns_name_streams_as_well], "boto3: kinesis limits")
