"""Kinesis's words as boto3 sees them: what each constraint of the model says when it is broken, and every documented refusal."""
import base64
import re

import botocore

from kinesis_raw import post
from serving import client, control, raw, refused, run

OPERATIONS = ["CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream", "DescribeLimits", "DescribeStream", "DescribeStreamSummary",
              "GetRecords", "GetShardIterator", "IncreaseStreamRetentionPeriod", "ListShards", "ListStreams", "PutRecord", "PutRecords",
              "AddTagsToStream", "DeleteResourcePolicy", "DeregisterStreamConsumer", "DescribeStreamConsumer", "DisableEnhancedMonitoring",
              "EnableEnhancedMonitoring", "GetResourcePolicy", "ListStreamConsumers", "ListTagsForResource", "ListTagsForStream", "MergeShards",
              "PutResourcePolicy", "RegisterStreamConsumer", "RemoveTagsFromStream", "SplitShard", "StartStreamEncryption",
              "StopStreamEncryption", "TagResource", "UntagResource", "UpdateMaxRecordSize", "UpdateShardCount", "UpdateStreamMode"]


def message_of(url, operation, body):
    status, told = post(url, operation, body)
    assert status == 400 and told["__type"] == "ValidationException", (operation, body, told)
    return told["message"]


def words_of(shape, value, path):
    """What AWS says of a simple value that breaks constraints of its shape: found in any order."""
    said, limits = [], shape.metadata
    shown = f"Value '{value}' at '{path}' failed to satisfy constraint: "
    number = shape.type_name in ("integer", "long")
    measure = value if number else len(value)
    what = "value" if number else "length"
    if "max" in limits and measure > limits["max"]:
        said.append(f"{shown}Member must have {what} less than or equal to {limits['max']}")
    if "min" in limits and measure < limits["min"]:
        said.append(f"{shown}Member must have {what} greater than or equal to {limits['min']}")
    if limits.get("enum") and value not in limits["enum"]:
        said.append(f"{shown}Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
    return said


def every_constraint_of_the_model_has_its_words(url):
    if tuple(int(n) for n in botocore.__version__.split(".")[:2]) < (1, 43):
        return  # an older model than the emulator's
    model = client(url, "kinesis").meta.service_model
    tried = 0
    for operation in OPERATIONS:
        shape = model.operation_model(operation).input_shape
        if shape is None:
            continue
        for name, member in shape.members.items():
            path = name[0].lower() + name[1:]
            limits, values = member.metadata, []
            if member.type_name in ("integer", "long"):
                values = [limits[side] + (1 if side == "max" else -1) for side in ("min", "max") if abs(limits.get(side, 1 << 40)) < 1 << 31]
            elif member.type_name == "string":
                values = ["a" * (limits["max"] + 1)] if limits.get("max", 1 << 20) < 1000 else []  # longer ones are shown cut
                values += ["NO_SUCH_VALUE"] if limits.get("enum") else []
                values += [""] if limits.get("min", 0) > 0 else []
            for value in values:
                said = message_of(url, operation, {name: value})
                expected = words_of(member, value, path)
                assert expected and all(words in said for words in expected), (operation, said, expected)
                tried += 1
            if "pattern" in limits and member.type_name == "string":
                said = message_of(url, operation, {name: "not\u00fc this"})
                words = f"Value 'not\u00fc this' at '{path}' failed to satisfy constraint: Member must satisfy regular expression pattern: {limits['pattern']}"
                assert words in said, (operation, said, words)
                tried += 1
        missing = shape.required_members
        if missing:
            said = message_of(url, operation, {})
            words = [f"Value null at '{name[0].lower() + name[1:]}' failed to satisfy constraint: Member must not be null" for name in missing]
            assert sorted(said.split(" detected: ")[1].split("; ")) == sorted(words), said
            assert said.startswith(f"{len(words)} validation error{'s' if len(words) > 1 else ''} detected: "), said
            tried += 1
    assert tried > 60, tried


# As kinesalite's authors recorded them from Kinesis.
def some_words_are_known_by_heart(url):
    for operation, body, words in [
            ("GetRecords", {"ShardIterator": "a", "Limit": 0},
             "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
            ("GetRecords", {"ShardIterator": "a", "Limit": 10001},
             "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
            ("GetRecords", {}, "1 validation error detected: Value null at 'shardIterator' failed to satisfy constraint: Member must not be null"),
            ("PutRecord", {"StreamName": "a", "PartitionKey": "", "Data": ""},
             "1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1"),
            ("PutRecord", {"StreamName": "a", "PartitionKey": "a", "Data": "", "ExplicitHashKey": ""},
             "1 validation error detected: Value '' at 'explicitHashKey' failed to satisfy constraint: "
             "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})"),
            ("PutRecords", {"StreamName": "a", "Records": []},
             "1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"),
            ("PutRecords", {"StreamName": "a", "Records": [{"PartitionKey": "k"}]},
             "1 validation error detected: Value null at 'records.1.member.data' failed to satisfy constraint: Member must not be null"),
            ("PutRecords", {"StreamName": "a", "Records": [{"PartitionKey": "k" * 257, "Data": ""}]},
             f"1 validation error detected: Value '{'k' * 257}' at 'records.1.member.partitionKey' failed to satisfy constraint: "
             "Member must have length less than or equal to 256"),
            ("GetShardIterator", {"StreamName": "a", "ShardId": "s", "ShardIteratorType": "Latest"},
             "1 validation error detected: Value 'Latest' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: "
             "[AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]")]:
        assert message_of(url, operation, body) == words, (message_of(url, operation, body), words)
    too_many = [{"PartitionKey": "k", "Data": ""}] * 501
    assert message_of(url, "PutRecords", {"StreamName": "a", "Records": too_many}).endswith(
        "' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500")


def bodies_that_are_not_what_they_should_be(url):
    for body in [b"", b"[]", b"nonsense", b"{", b'"text"', b"\xff", b'{"StreamName": 5}', b'{"StreamName": ["a"]}', b'{"StreamName": {}}', b'{"Limit": "x"}']:
        status, told = post(url, "DescribeStream", body)
        assert status == 400 and told["__type"] == "SerializationException", (body, told)
        assert ("Message" in told) == (b'{"' in body) and "message" not in told, (body, told)
    for operation in "NoSuchOperation", "describestream":
        assert post(url, operation, {}) == (400, {"__type": "UnknownOperationException"})
    number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to a Blob"
    for data, words in [(23, number), (True, "class java.lang.Boolean can not be converted to a Blob"), ([], "Start of list found where not expected"),
                        ("23456", "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
                        ("=+/=", "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
                        ("+/+=", "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected")]:
        for operation, body in [("PutRecord", {"Data": data}), ("PutRecords", {"Records": [{"Data": data}]})]:
            assert post(url, operation, body) == (400, {"__type": "SerializationException", "Message": words}), (operation, data)
    for header in ["application/x-amz-json-1.1; charset=utf-8", "application/x-amz-json-1.1;charset=UTF-8", "application/json", "application/x-amz-json-1.0"]:
        status, told = post(url, "ListStreams", {}, {"Content-Type": header})
        assert status == 200 and told["StreamNames"] == [], (header, told)
    status, told = post(url, "ListStreams", {}, {"X-AMZ-TARGET": "Kinesis_20131202.ListStreams"})
    assert status == 200, told


def every_answer_has_two_ids(url):
    kinesis = {"Content-Type": "application/x-amz-json-1.1"}
    for target, body in [("ListStreams", b"{}"), ("NoSuch", b"{}"), ("PutRecord", b"x"), ("PutRecords", b"{}"), ("DescribeStream", b'{"StreamName":"none"}')]:
        headers = raw(url, "POST", "/", body, {**kinesis, "X-Amz-Target": "Kinesis_20131202." + target}).headers
        assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-amzn-requestid"]), headers
        assert 72 <= len(base64.b64decode(headers["x-amz-id-2"])) <= 80 and int(headers["content-length"]) > 0, headers


def streams_shards_and_numbers(url):
    kinesis = client(url, "kinesis", parameter_validation=False)
    control(url, "clock", {"freeze": True})
    kinesis.create_stream(StreamName="words", ShardCount=2)
    missing = "Stream nowhere under account 000000000000 not found."
    for ask in [lambda: kinesis.describe_stream(StreamName="nowhere"), lambda: kinesis.describe_stream_summary(StreamName="nowhere"),
                lambda: kinesis.delete_stream(StreamName="nowhere"), lambda: kinesis.list_shards(StreamName="nowhere"),
                lambda: kinesis.put_record(StreamName="nowhere", PartitionKey="k", Data=b""),
                lambda: kinesis.put_records(StreamName="nowhere", Records=[{"PartitionKey": "k", "Data": b""}]),
                lambda: kinesis.increase_stream_retention_period(StreamName="nowhere", RetentionPeriodHours=48)]:
        with refused("ResourceNotFoundException", missing, 400):
            ask()
    with refused("ResourceInUseException", "Stream words under account 000000000000 already exists.", 400):
        kinesis.create_stream(StreamName="words", ShardCount=1)
    control(url, "clock", {"advance": "1s"})
    with refused("LimitExceededException", "This request would exceed the shard limit for the account 000000000000 in us-east-1. "
                 "Current shard count for the account: 2. Limit: ", 400):
        kinesis.create_stream(StreamName="large", ShardCount=30000)
    for shard, words in [("shardId-000000000002", "Shard shardId-000000000002 in stream words under account 000000000000 does not exist"),
                         ("shardId-5", "Shard shardId-000000000005 in stream words under account 000000000000 does not exist"),
                         ("nonsense", "Could not find shard nonsense in stream words under account 000000000000.")]:
        with refused("ResourceNotFoundException", words, 400):
            kinesis.get_shard_iterator(StreamName="words", ShardId=shard, ShardIteratorType="LATEST")
    with refused("ResourceNotFoundException", "Shard shardId-000000000000 in stream nowhere under account 000000000000 does not exist", 400):
        kinesis.get_shard_iterator(StreamName="nowhere", ShardId="shardId-000000000000", ShardIteratorType="LATEST")
    assert kinesis.get_shard_iterator(StreamName="words", ShardId="shardId-1", ShardIteratorType="LATEST")["ShardIterator"]
    shard = {"StreamName": "words", "ShardId": "shardId-000000000000"}
    with refused("InvalidArgumentException", "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                 "Current request has no timestamp parameter.", 400):
        kinesis.get_shard_iterator(ShardIteratorType="AT_TIMESTAMP", **shard)
    must = ("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST "
            "and no StartingSequenceNumber. Request specified ")
    for type_, number in [("AT_SEQUENCE_NUMBER", {}), ("AFTER_SEQUENCE_NUMBER", {}), ("LATEST", {"StartingSequenceNumber": "5"}),
                          ("TRIM_HORIZON", {"StartingSequenceNumber": "5"})]:
        with refused("InvalidArgumentException", f"{must}{type_} and {'also a' if number else 'no'} StartingSequenceNumber.", 400):
            kinesis.get_shard_iterator(ShardIteratorType=type_, **shard, **number)
    for number, words in [("5", "Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was used in a call to a shard with "
                                "shardId-000000000000"),
                          (str(0x13bb2cc3d80000000000000000000000), "StartingSequenceNumber 26227199374822427428162556223570313216 used in "
                           "GetShardIterator on shard shardId-000000000000 in stream words under account 000000000000 is invalid."),
                          (str(int(f"2{0:045x}2", 16)), "is invalid because it did not come from this stream.")]:
        with refused("InvalidArgumentException", words, 400):
            kinesis.get_shard_iterator(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=number, **shard)
    for operation, members in [("split_shard", {"ShardToSplit": "ABKLFD8", "NewStartingHashKey": "5"}),
                               ("merge_shards", {"ShardToMerge": "x-0", "AdjacentShardToMerge": "ABKLFD8"})]:
        with refused("ResourceNotFoundException", "Could not find shard ABKLFD8 in stream nowhere under account 000000000000.", 400):
            getattr(kinesis, operation)(StreamName="nowhere", **members)
    with refused("InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                 "Specified value was 340282366920938463463374607431768211456", 400):
        kinesis.put_record(StreamName="words", PartitionKey="k", Data=b"", ExplicitHashKey=str(1 << 128))
    for hours, words in [(23, "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."),
                         (8761, "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.")]:
        with refused("InvalidArgumentException", words, 400):
            kinesis.increase_stream_retention_period(StreamName="words", RetentionPeriodHours=hours)
    kinesis.increase_stream_retention_period(StreamName="words", RetentionPeriodHours=48)
    with refused("InvalidArgumentException", "Requested retention period (36 hours) for stream words can not be shorter than existing "
                 "retention period (48 hours). Use DecreaseRetentionPeriod API.", 400):
        kinesis.increase_stream_retention_period(StreamName="words", RetentionPeriodHours=36)
    with refused("InvalidArgumentException", "Requested retention period (72 hours) for stream words can not be longer than existing "
                 "retention period (48 hours). Use IncreaseRetentionPeriod API.", 400):
        kinesis.decrease_stream_retention_period(StreamName="words", RetentionPeriodHours=72)
    with refused("InvalidArgumentException", "Invalid ShardIterator.", 400):
        kinesis.get_records(ShardIterator="AAAA")
    kinesis.delete_stream(StreamName="words")
    with refused("ResourceInUseException", "Stream words under account 000000000000 not ACTIVE, instead in state DELETING", 400):
        kinesis.delete_stream(StreamName="words")


def iterators_have_the_form_that_was_recorded(url):
    """152 bytes and blocks of 16 for the stream's name, after the number 1; older numbers are told back with their leading 1."""
    for name in "i", "i" * 13, "i" * 14, "i" * 29, "i" * 30, "i" * 128:
        kinesis = client(url, "kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        control(url, "clock", {"advance": "1s"})
        first = kinesis.get_shard_iterator(StreamName=name, ShardId="shard-0", ShardIteratorType="LATEST")["ShardIterator"]
        for iterator in first, kinesis.get_records(ShardIterator=first)["NextShardIterator"]:
            held = base64.b64decode(iterator, validate=True)
            assert len(held) == 152 + (len(name) + 2) // 16 * 16 and held[:8] == bytes(7) + b"\x01" and len(iterator) <= 512, (name, len(held))
        with refused("InvalidArgumentException", "Invalid ShardIterator."):
            kinesis.get_records(ShardIterator=base64.b64encode(held[:-1] + bytes([held[-1] ^ 1])).decode())
        kinesis.delete_stream(StreamName=name)
    kinesis.create_stream(StreamName="older", ShardCount=3)
    control(url, "clock", {"advance": "1s"})
    for shard, number, shown in ((0, "0", "21267647932558653966460912964485513216"),
                                 (2, "425352958651173072921826052383309826", "21693000891209827039382739016868823042"),
                                 (0, str(0xf3bb2cc3d7ff7fffffffffffffff0000), "26227199374821822965252748908982894592")):
        with refused("InvalidArgumentException", f"StartingSequenceNumber {shown} used in GetShardIterator on shard shardId-00000000000{shard} in stream older"):
            kinesis.get_shard_iterator(StreamName="older", ShardId=f"shardId-{shard}", ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)
    with refused("LimitExceededException", "Target shard count or number of open shards cannot be greater than 10000. Current open shard count: 3, Target"):
        kinesis.update_shard_count(StreamName="older", TargetShardCount=10001, ScalingType="UNIFORM_SCALING")
    kinesis.delete_stream(StreamName="older")


def numbers_have_the_form_that_was_recorded(url):
    kinesis = client(url, "kinesis")
    kinesis.create_stream(StreamName="numbers", ShardCount=17)
    control(url, "clock", {"advance": "PT2S"})
    seen = []
    for shard in (0, 3, 16):
        key = str((1 << 128) // 17 * shard + 5)
        for entry in kinesis.put_records(StreamName="numbers", Records=[{"Data": b"", "PartitionKey": "k", "ExplicitHashKey": key}] * 200)["Records"]:
            assert entry["ShardId"] == f"shardId-{shard:012d}"
            number = f"{int(entry['SequenceNumber']):x}"
            form = re.fullmatch(r"20([0-9a-f]{8})(.)([0-9a-f]{16})000([0-9a-f]{8})([0-9a-f]{8})2", number)
            assert form and len(entry["SequenceNumber"]) == 56, number
            created, digit, place, arrived, of = (int(part, 16) for part in form.groups())
            assert digit == shard % 16 and of == shard and created <= arrived and place > 0, number
            seen.append((shard, place))
    assert len(set(seen)) == 600
    put = {"StreamName": "numbers", "PartitionKey": "a", "Data": b""}
    for form in ("2" + "0" * 46, "2" + "0" * 45 + "4", "3" + "0" * 45 + "1", "1" + "f" * 45 + "2", "2" + "0" * 9 + "08" + "0" * 34 + "2",
                 "2" + "0" * 37 + "8" + "0" * 7 + "2", "2" + "0" * 28 + "1" + "f" * 8 + "0" * 8 + "2", "13bb2cc3d8" + "0" * 22):
        with refused("InvalidArgumentException", f"ExclusiveMinimumSequenceNumber {int(form, 16)} used in PutRecord on stream numbers under account "
                     "000000000000 is invalid.", 400):
            kinesis.put_record(SequenceNumberForOrdering=str(int(form, 16)), **put)
    last = kinesis.put_record(SequenceNumberForOrdering=str(int("2" + "0" * 45 + "2", 16)), **put)["SequenceNumber"]
    assert int(kinesis.put_record(SequenceNumberForOrdering=last, **put)["SequenceNumber"]) > int(last)


run([every_constraint_of_the_model_has_its_words, some_words_are_known_by_heart, bodies_that_are_not_what_they_should_be, every_answer_has_two_ids,
     streams_shards_and_numbers, numbers_have_the_form_that_was_recorded,
     iterators_have_the_form_that_was_recorded], "boto3: kinesis words")
