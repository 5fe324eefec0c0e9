// Kinesis, S3, SNS and STS as version 2 of the AWS SDK for JavaScript sees them: callbacks' promises, its own retries off, signed URLs.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import AWS from "aws-sdk";

const refused = async (promise, code, status) => {
  await assert.rejects(promise, (error) => error.code === code && error.statusCode === status);
};

async function kinesis(options, control) {
  const kinesis = new AWS.Kinesis(options);
  const StreamName = "v2";
  await kinesis.createStream({ StreamName, ShardCount: 2 }).promise();
  await control("clock", { advance: "PT1S" });
  await kinesis.waitFor("streamExists", { StreamName }).promise();
  const one = await kinesis.putRecord({ StreamName, PartitionKey: "a", Data: "ü text" }).promise();
  const many = await kinesis.putRecords({ StreamName, Records: [1, 2, 3].map((n) => ({ PartitionKey: "a", Data: Buffer.from([n, 255]) })) }).promise();
  assert.equal(many.FailedRecordCount, 0);
  const { ShardIterator } = await kinesis.getShardIterator({ StreamName, ShardId: one.ShardId, ShardIteratorType: "TRIM_HORIZON" }).promise();
  const { Records, MillisBehindLatest } = await kinesis.getRecords({ ShardIterator }).promise();
  assert.deepEqual(Records.map((r) => [...r.Data]), [[...Buffer.from("ü text")], [1, 255], [2, 255], [3, 255]]);
  assert.ok(Records[0].ApproximateArrivalTimestamp instanceof Date && MillisBehindLatest === 0);
  assert.equal((await kinesis.listShards({ StreamName }).promise()).Shards.length, 2);
  await kinesis.addTagsToStream({ StreamName, Tags: { team: "gauge" } }).promise();
  assert.deepEqual((await kinesis.listTagsForStream({ StreamName }).promise()).Tags, [{ Key: "team", Value: "gauge" }]);
  await refused(kinesis.describeStream({ StreamName: "none" }).promise(), "ResourceNotFoundException", 400);
  await kinesis.deleteStream({ StreamName }).promise();
  await control("clock", { advance: "PT1S" });
  await kinesis.waitFor("streamNotExists", { StreamName }).promise();
}

async function s3(options) {
  const s3 = new AWS.S3({ ...options, s3ForcePathStyle: true });
  const Bucket = "v2-bucket";
  const data = randomBytes(11 << 20);
  await s3.createBucket({ Bucket }).promise();
  await s3.putObject({ Bucket, Key: "a/ü +.txt", Body: "text", Metadata: { origin: "gauge" }, ContentType: "text/x-log" }).promise();
  const got = await s3.getObject({ Bucket, Key: "a/ü +.txt" }).promise();
  assert.deepEqual([got.Body.toString(), got.Metadata, got.ContentType], ["text", { origin: "gauge" }, "text/x-log"]);
  await s3.upload({ Bucket, Key: "large", Body: data }, { partSize: 5 << 20 }).promise(); // in parts
  assert.ok((await s3.headObject({ Bucket, Key: "large" }).promise()).ETag.endsWith('-3"'));
  const chunks = [];
  for await (const chunk of s3.getObject({ Bucket, Key: "large" }).createReadStream()) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(data));
  const listed = await s3.listObjectsV2({ Bucket, Delimiter: "/" }).promise();
  assert.deepEqual([listed.CommonPrefixes, listed.Contents.map((o) => o.Key)], [[{ Prefix: "a/" }], ["large"]]);
  const url = await s3.getSignedUrlPromise("getObject", { Bucket, Key: "a/ü +.txt", Expires: 60 });
  assert.equal(await (await fetch(url)).text(), "text");
  const put = await s3.getSignedUrlPromise("putObject", { Bucket, Key: "signed", Expires: 60, ContentType: "text/plain" });
  assert.equal((await fetch(put, { method: "PUT", body: "by URL", headers: { "Content-Type": "text/plain" } })).status, 200);
  const form = s3.createPresignedPost({ Bucket, Fields: { key: "posted" } });
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", new Blob(["by form"]));
  assert.equal((await fetch(form.url, { method: "POST", body })).status, 204);
  assert.equal((await s3.getObject({ Bucket, Key: "posted" }).promise()).Body.toString(), "by form");
  await refused(s3.getObject({ Bucket, Key: "none" }).promise(), "NoSuchKey", 404);
  await refused(s3.headObject({ Bucket, Key: "none" }).promise(), "NotFound", 404);
  await refused(s3.deleteBucket({ Bucket }).promise(), "BucketNotEmpty", 409);
  const Objects = (await s3.listObjectsV2({ Bucket }).promise()).Contents.map(({ Key }) => ({ Key }));
  assert.deepEqual((await s3.deleteObjects({ Bucket, Delete: { Objects } }).promise()).Errors, []);
  await s3.deleteBucket({ Bucket }).promise();
}

async function others(options) {
  const sns = new AWS.SNS(options);
  const { TopicArn } = await sns.createTopic({ Name: "v2" }).promise();
  assert.ok((await sns.publish({ TopicArn, Message: "a & b <c>" }).promise()).MessageId);
  await refused(sns.publish({ TopicArn: `${TopicArn}x`, Message: "x" }).promise(), "NotFound", 404);
  assert.equal((await new AWS.STS(options).getCallerIdentity().promise()).Account, "000000000000");
}

export default async function (options, control) {
  const common = { endpoint: options.endpoint, region: options.region, maxRetries: 0, ...options.credentials };
  await kinesis(common, control);
  await s3(common);
  await others(common);
}
