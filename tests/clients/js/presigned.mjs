// S3 by URLs that @aws-sdk/s3-request-presigner has signed, for those who have no SDK: checksums and conditions in the query.
import assert from "node:assert/strict";
import { S3Client, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand,
  CompleteMultipartUploadCommand, CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

export default async function (options, control) {
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const Bucket = "signed-bucket", Key = "a/ü +&=.txt";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const sign = (command, more = {}) => getSignedUrl(s3, command, { expiresIn: 60, ...more });
  const put = await sign(new PutObjectCommand({ Bucket, Key, ContentType: "text/x-log", Metadata: { origin: "gauge" } }));
  assert.equal((await fetch(put, { method: "PUT", body: "by URL", headers: { "Content-Type": "text/x-log" } })).status, 200);
  const told = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual([told.Metadata, told.ContentType], [{ origin: "gauge" }, "text/x-log"]);
  const got = await fetch(await sign(new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: 'attachment; filename="x"' })));
  assert.deepEqual([await got.text(), got.headers.get("content-disposition")], ["by URL", 'attachment; filename="x"']);
  const head = await fetch(await sign(new HeadObjectCommand({ Bucket, Key })), { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "6");
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
  const part = await fetch(await sign(new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1 })), { method: "PUT", body: "one part" });
  const Parts = [{ PartNumber: 1, ETag: part.headers.get("etag") }];
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }));
  for (const each of [Key, "parts"]) assert.equal((await fetch(await sign(new DeleteObjectCommand({ Bucket, Key: each })), { method: "DELETE" })).status, 204);
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
