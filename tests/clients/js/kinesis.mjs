// Kinesis as the AWS SDK for JavaScript sees it: over HTTP/2 by prior knowledge, its own default, and over HTTP/1.1.
import assert from "node:assert/strict";
import {
  KinesisClient, CreateStreamCommand, DeleteStreamCommand, DescribeStreamSummaryCommand, GetRecordsCommand, GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand, RegisterStreamConsumerCommand, SubscribeToShardCommand, ListShardsCommand, ListStreamsCommand, PutRecordCommand, PutRecordsCommand, SplitShardCommand,
  paginateListStreams, waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

export default async function (options, control) {
  await use(new KinesisClient(options), "js2", control);
  await use(new KinesisClient({ ...options, requestHandler: new NodeHttpHandler() }), "js1", control);
}

async function use(kinesis, name, control) {
  await control("reset", {});
  const ask = (command) => kinesis.send(command);
  await ask(new CreateStreamCommand({ StreamName: name, ShardCount: 2 }));
  await control("clock", { advance: "1s" });
  await waitUntilStreamExists({ client: kinesis, maxWaitTime: 20 }, { StreamName: name });
  const put = await ask(new PutRecordCommand({ StreamName: name, PartitionKey: "a", Data: Buffer.from([0, 1, 254, 255]) }));
  assert.equal(put.ShardId, "shardId-000000000000");
  const batch = await ask(new PutRecordsCommand({
    StreamName: name, Records: [..."bcdef"].map((key) => ({ PartitionKey: key, Data: Buffer.from(key) })),
  }));
  assert.equal(batch.FailedRecordCount, 0);
  const shards = (await ask(new ListShardsCommand({ StreamName: name }))).Shards;
  const read = [];
  for (const { ShardId } of shards) {
    const { ShardIterator } = await ask(new GetShardIteratorCommand({ StreamName: name, ShardId, ShardIteratorType: "TRIM_HORIZON" }));
    const { Records, MillisBehindLatest, NextShardIterator, ChildShards } = await ask(new GetRecordsCommand({ ShardIterator }));
    assert.equal(MillisBehindLatest, 0);
    assert.ok(NextShardIterator && ChildShards === undefined);
    read.push(...Records);
  }
  assert.deepEqual(read.map((r) => r.PartitionKey).sort(), [..."abcdef"]);
  const first = read.find((r) => r.PartitionKey === "a");
  assert.deepEqual([...first.Data], [0, 1, 254, 255]);
  assert.ok(first.ApproximateArrivalTimestamp instanceof Date && Math.abs(first.ApproximateArrivalTimestamp - Date.now()) < 60_000);
  // The SDK sends milliseconds of a Timestamp.
  const { ShardIterator } = await ask(new GetShardIteratorCommand({
    StreamName: name, ShardId: put.ShardId, ShardIteratorType: "AT_TIMESTAMP", Timestamp: first.ApproximateArrivalTimestamp,
  }));
  assert.equal((await ask(new GetRecordsCommand({ ShardIterator, Limit: 1 }))).Records[0].SequenceNumber, put.SequenceNumber);
  await ask(new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: 48 }));
  const summary = (await ask(new DescribeStreamSummaryCommand({ StreamName: name }))).StreamDescriptionSummary;
  assert.equal(summary.RetentionPeriodHours, 48);
  assert.ok(summary.StreamCreationTimestamp instanceof Date);
  await subscribe(ask, name, put.ShardId, first, summary.StreamARN, control);
  await ask(new CreateStreamCommand({ StreamName: `${name}-2`, StreamModeDetails: { StreamMode: "ON_DEMAND" } }));
  const names = [];
  for await (const page of paginateListStreams({ client: kinesis, pageSize: 1 }, {})) names.push(...page.StreamNames);
  assert.deepEqual(names, [name, `${name}-2`]);

  await assert.rejects(ask(new PutRecordCommand({ StreamName: "none", PartitionKey: "a", Data: Buffer.from("x") })),
    (e) => e.name === "ResourceNotFoundException" && e.$metadata.httpStatusCode === 400 && e.message.includes("none"));
  await assert.rejects(ask(new GetRecordsCommand({ ShardIterator: "nonsense" })), { name: "InvalidArgumentException", message: "Invalid ShardIterator." });
  await assert.rejects(ask(new GetRecordsCommand({ ShardIterator, Limit: 10001 })), { name: "ValidationException" });
  await assert.rejects(ask(new SplitShardCommand({ StreamName: name, ShardToSplit: put.ShardId, NewStartingHashKey: "1" })),
    (e) => e.name === "InvalidArgumentException" && e.message.includes("SplitShard"));
  await control("clock", { advance: "301s" });
  await assert.rejects(ask(new GetRecordsCommand({ ShardIterator })), { name: "ExpiredIteratorException" });
  await ask(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }));
  await control("clock", { advance: "1s" });
  assert.deepEqual((await ask(new ListStreamsCommand({}))).StreamNames, [`${name}-2`]);
  await ask(new DeleteStreamCommand({ StreamName: `${name}-2` }));
  await control("clock", { advance: "1s" });
  kinesis.destroy();
}

// Enhanced fan-out: what is there, what comes, an empty event after 5 seconds, and the end after 5 minutes.
async function subscribe(ask, name, ShardId, first, StreamARN, control) {
  const { Consumer } = await ask(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "js" }));
  await control("clock", { advance: "1s" });
  const { EventStream } = await ask(new SubscribeToShardCommand({
    ConsumerARN: Consumer.ConsumerARN, ShardId, StartingPosition: { Type: "AT_SEQUENCE_NUMBER", SequenceNumber: first.SequenceNumber },
  }));
  const events = EventStream[Symbol.asyncIterator]();
  const next = async () => (await events.next()).value.SubscribeToShardEvent;
  const before = await next();
  assert.deepEqual([...before.Records[0].Data], [0, 1, 254, 255]);
  assert.ok(before.Records[0].ApproximateArrivalTimestamp instanceof Date && before.MillisBehindLatest === 0);
  await ask(new PutRecordCommand({ StreamName: name, PartitionKey: "a", Data: Buffer.from("pushed"), ExplicitHashKey: "0" }));
  assert.equal(Buffer.from((await next()).Records[0].Data).toString(), "pushed");
  await control("clock", { advance: "5s" });
  const empty = await next();
  assert.ok(empty.Records.length === 0 && empty.ContinuationSequenceNumber > before.ContinuationSequenceNumber);
  await control("clock", { advance: "300s" });
  assert.equal((await events.next()).done, true);
}
