// S3 as minio's client for JavaScript sees it: its streams of parts, listings, conditions, signed URLs and forms.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import * as Minio from "minio";

const whole = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const items = async (stream) => {
  const out = [];
  for await (const item of stream) out.push(item);
  return out;
};

export default async function (options) {
  const { hostname, port } = new URL(options.endpoint);
  const minio = new Minio.Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey: "test", secretKey: "test", region: options.region });
  const bucket = "minio-bucket";
  const data = randomBytes(12 << 20);
  await minio.makeBucket(bucket, options.region);
  assert.equal(await minio.bucketExists(bucket), true);
  assert.equal(await minio.bucketExists("no-such-bucket"), false);
  assert.deepEqual((await minio.listBuckets()).map((b) => b.name), [bucket]);

  await minio.putObject(bucket, "a/b c+ü", "text", undefined, { "X-Amz-Meta-Origin": "gauge", "Content-Type": "text/x-log" });
  assert.equal((await whole(await minio.getObject(bucket, "a/b c+ü"))).toString(), "text");
  const told = await minio.statObject(bucket, "a/b c+ü");
  assert.deepEqual([told.size, told.metaData.origin, told.metaData["content-type"]], [4, "gauge", "text/x-log"]);
  await minio.putObject(bucket, "stream", Readable.from([data.subarray(0, 7 << 20), data.subarray(7 << 20)])); // of unknown length: parts
  assert.ok((await whole(await minio.getObject(bucket, "stream"))).equals(data));
  assert.ok((await whole(await minio.getPartialObject(bucket, "stream", 100, 50))).equals(data.subarray(100, 150)));
  await minio.copyObject(bucket, "copy", `/${bucket}/stream`);
  assert.equal((await minio.statObject(bucket, "copy")).size, data.length);

  assert.deepEqual((await items(minio.listObjectsV2(bucket, "", true))).map((o) => o.name), ["a/b c+ü", "copy", "stream"]);
  assert.deepEqual((await items(minio.listObjects(bucket, "", false))).map((o) => o.name ?? o.prefix), ["copy", "stream", "a/"]);
  assert.deepEqual(await items(minio.listIncompleteUploads(bucket, "", true)), []);

  await minio.setObjectTagging(bucket, "copy", { team: "gauge" });
  assert.deepEqual(await minio.getObjectTagging(bucket, "copy"), [{ Key: "team", Value: "gauge" }]);
  await minio.setBucketVersioning(bucket, { Status: "Enabled" });
  assert.equal((await minio.getBucketVersioning(bucket)).Status, "Enabled");

  const get = await minio.presignedGetObject(bucket, "a/b c+ü", 60, { "response-content-type": "text/plain" });
  const answer = await fetch(get);
  assert.deepEqual([await answer.text(), answer.headers.get("content-type")], ["text", "text/plain"]);
  assert.equal((await fetch(await minio.presignedPutObject(bucket, "put", 60), { method: "PUT", body: "by URL" })).status, 200);
  const policy = minio.newPostPolicy();
  policy.setBucket(bucket);
  policy.setKey("posted");
  policy.setExpires(new Date(Date.now() + 60_000));
  const { postURL, formData } = await minio.presignedPostPolicy(policy);
  const body = new FormData();
  for (const [name, value] of Object.entries(formData)) body.append(name, value);
  body.append("file", new Blob(["by form"]));
  assert.equal((await fetch(postURL, { method: "POST", body })).status, 204);
  assert.equal((await whole(await minio.getObject(bucket, "posted"))).toString(), "by form");

  await assert.rejects(minio.getObject(bucket, "none"), (error) => error.code === "NoSuchKey");
  await assert.rejects(minio.statObject(bucket, "none"), (error) => error.code === "NotFound");
  await assert.rejects(minio.removeBucket(bucket), (error) => error.code === "BucketNotEmpty");
  const versions = await items(minio.listObjects(bucket, "", true, { IncludeVersion: true }));
  await minio.removeObjects(bucket, versions.map((v) => ({ name: v.name, versionId: v.versionId })));
  await minio.removeBucket(bucket);
}
