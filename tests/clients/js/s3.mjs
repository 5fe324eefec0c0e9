// S3 as the AWS SDK for JavaScript sees it: bodies of every kind, its default checksums, uploads in parts, pages, conditions.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  S3Client, AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand,
  DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetBucketLocationCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand,
  ListBucketsCommand, ListMultipartUploadsCommand, ListPartsCommand, SelectObjectContentCommand, PutObjectCommand, UploadPartCommand,
  paginateListObjectsV2, waitUntilObjectExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

export default async function (options) {
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const ask = (command) => s3.send(command);
  const Bucket = "js-bucket";
  await ask(new CreateBucketCommand({ Bucket }));
  await ask(new HeadBucketCommand({ Bucket }));
  assert.equal((await ask(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined);
  assert.deepEqual((await ask(new ListBucketsCommand({}))).Buckets.map((b) => b.Name), [Bucket]);

  // Bodies: text, bytes, a stream of known length; with the checksum that the SDK adds by itself.
  const data = randomBytes(200_000);
  const etag = `"${createHash("md5").update(data).digest("hex")}"`;
  for (const [Key, Body, more] of [["text", "ü text", {}], ["bytes", data, {}], ["stream", Readable.from([data]), { ContentLength: data.length }]]) {
    const put = await ask(new PutObjectCommand({ Bucket, Key, Body, Metadata: { origin: "gauge 7" }, ContentType: "application/x-test", ...more }));
    assert.ok(put.ChecksumCRC32, "a checksum by default");
    if (Key !== "text") assert.equal(put.ETag, etag);
  }
  assert.equal(await (await ask(new GetObjectCommand({ Bucket, Key: "text" }))).Body.transformToString(), "ü text");
  for (const Key of ["bytes", "stream"]) {
    const got = await ask(new GetObjectCommand({ Bucket, Key }));
    assert.deepEqual(Buffer.from(await got.Body.transformToByteArray()), data); // the SDK verifies the checksum
    assert.deepEqual([got.Metadata, got.ContentType, got.ContentLength], [{ origin: "gauge 7" }, "application/x-test", data.length]);
  }
  const part = await ask(new GetObjectCommand({ Bucket, Key: "bytes", Range: "bytes=100-199" }));
  assert.deepEqual(Buffer.from(await part.Body.transformToByteArray()), data.subarray(100, 200));
  assert.equal(part.ContentRange, `bytes 100-199/${data.length}`);
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const put = await ask(new PutObjectCommand({ Bucket, Key: "sum", Body: "123456789", ChecksumAlgorithm: algorithm }));
    const head = await ask(new HeadObjectCommand({ Bucket, Key: "sum", ChecksumMode: "ENABLED" }));
    assert.equal(head[`Checksum${algorithm}`], put[`Checksum${algorithm}`]);
    assert.ok(put[`Checksum${algorithm}`]);
  }

  // Odd names, pages.
  const odd = ["a b", "a+b", "ü/é", "100%", "a//b", "a&b=c", "dt=2026-03-28/x", "~", "'q'", "(p)!*"];
  for (const Key of odd) await ask(new PutObjectCommand({ Bucket, Key: `odd/${Key}`, Body: Key }));
  for (const Key of odd) assert.equal(await (await ask(new GetObjectCommand({ Bucket, Key: `odd/${Key}` }))).Body.transformToString(), Key);
  const listed = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket, Prefix: "odd/" })) listed.push(...page.Contents.map((c) => c.Key));
  assert.deepEqual(listed, odd.map((k) => `odd/${k}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  const prefixes = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Delimiter: "/" })) prefixes.push(...(page.CommonPrefixes ?? []));
  assert.deepEqual(prefixes.map((p) => p.Prefix), ["odd/"]);

  // An upload of a stream of unknown length, in parts, through lib-storage.
  const large = randomBytes(12 * 1024 * 1024 + 7);
  const chunks = function* () { for (let at = 0; at < large.length; at += 1_000_000) yield large.subarray(at, at + 1_000_000); };
  const done = await new Upload({ client: s3, params: { Bucket, Key: "large", Body: Readable.from(chunks()) }, partSize: 5 << 20, queueSize: 3 }).done();
  assert.match(done.ETag, /-3"$/);
  assert.ok(done.Location.endsWith("/js-bucket/large"), done.Location);
  await waitUntilObjectExists({ client: s3, maxWaitTime: 20 }, { Bucket, Key: "large" });
  assert.deepEqual(Buffer.from(await (await ask(new GetObjectCommand({ Bucket, Key: "large" }))).Body.transformToByteArray()), large);
  const small = await new Upload({ client: s3, params: { Bucket, Key: "small", Body: "not in parts" } }).done();
  assert.ok(!small.ETag.includes("-"));

  // By hand.
  const { UploadId } = await ask(new CreateMultipartUploadCommand({ Bucket, Key: "parts", ChecksumAlgorithm: "SHA256" }));
  assert.deepEqual((await ask(new ListMultipartUploadsCommand({ Bucket }))).Uploads.map((u) => [u.Key, u.UploadId]), [["parts", UploadId]]);
  const up = await ask(new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: "part", ChecksumAlgorithm: "SHA256" }));
  assert.deepEqual((await ask(new ListPartsCommand({ Bucket, Key: "parts", UploadId }))).Parts.map((p) => p.ETag), [up.ETag]);
  const whole = { Bucket, Key: "parts", UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: up.ETag, ChecksumSHA256: up.ChecksumSHA256 }] } };
  for (let again = 0; again < 2; again++) assert.match((await ask(new CompleteMultipartUploadCommand(whole))).ChecksumSHA256, /-1$/);
  await assert.rejects(ask(new AbortMultipartUploadCommand({ Bucket, Key: "parts", UploadId: "none" })), { name: "NoSuchUpload" });
  await ask(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURI(`${Bucket}/odd/ü/é`) }));
  assert.equal(await (await ask(new GetObjectCommand({ Bucket, Key: "copy" }))).Body.transformToString(), "ü/é");

  // Refusals.
  const refused = (command, name, status) => assert.rejects(ask(command), (e) => e.name === name && e.$metadata.httpStatusCode === status);
  await refused(new GetObjectCommand({ Bucket, Key: "none" }), "NoSuchKey", 404);
  await refused(new HeadObjectCommand({ Bucket, Key: "none" }), "NotFound", 404);
  await refused(new HeadBucketCommand({ Bucket: "nowhere" }), "NotFound", 404);
  await refused(new PutObjectCommand({ Bucket: "nowhere", Key: "k", Body: "x" }), "NoSuchBucket", 404);
  await refused(new PutObjectCommand({ Bucket, Key: "text", Body: "x", IfNoneMatch: "*" }), "PreconditionFailed", 412);
  await refused(new PutObjectCommand({ Bucket, Key: "text", Body: "x", ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }), "BadDigest", 400);
  await refused(new GetObjectCommand({ Bucket, Key: "bytes", Range: "bytes=200000-" }), "InvalidRange", 416);
  await refused(new SelectObjectContentCommand({
    Bucket, Key: "text", Expression: "select 1", ExpressionType: "SQL", InputSerialization: { JSON: { Type: "LINES" } }, OutputSerialization: { JSON: {} },
  }), "NotImplemented", 501);
  await refused(new DeleteBucketCommand({ Bucket }), "BucketNotEmpty", 409);
  await assert.rejects(ask(new PutObjectCommand({ Bucket, Key: "unknown", Body: Readable.from([data]) })), undefined, "a length is needed");

  await ask(new DeleteObjectCommand({ Bucket, Key: "copy" }));
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    const gone = await ask(new DeleteObjectsCommand({ Bucket, Delete: { Objects: page.Contents.map(({ Key }) => ({ Key })) } }));
    assert.equal(gone.Errors, undefined);
  }
  await ask(new DeleteBucketCommand({ Bucket }));
  s3.destroy();
}
