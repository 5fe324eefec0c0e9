#!/usr/bin/env node
// Orders from Kinesis to S3 and into a table: a pipeline as somebody would write it in an afternoon, with the AWS SDK for JavaScript v3.
//
// Each shard is read from its checkpoint, an object in S3. What was read is landed as one object of raw lines, loaded into the table where
// it is valid, and only then is the checkpoint moved: whatever happens in between, it is read again, and landing and loading it twice
// changes nothing.
//
//     cd examples/javascript && npm ci && cd ../..
//     aforo run examples/javascript/orders.yaml --real --postgres postgresql:///test --seeds 1..20
//     aforo run examples/javascript/orders.yaml --exec 'node examples/javascript/worker.mjs --checkpoint-first' --postgres postgresql:///test --seeds 1..50
//
// The last has the bug that aforo finds: a process that dies between the checkpoint and the work loses what it had read. Without --postgres
// the table is one of SQLite, which Node.js has from 22.5 on.
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { setTimeout as sleep } from "node:timers/promises";

const { AFORO_STREAM: STREAM, AFORO_BUCKET: BUCKET, AFORO_PIPELINE: PIPELINE, AFORO_TABLE: TABLE, AFORO_WAREHOUSE: WAREHOUSE } = process.env;
const COLUMNS = ["order_id", "placed", "shop", "amount", "quantity", "kind"];
const SHOPS = new Set(["porto", "lyon", "malmo", "turin", "ghent"]);
const POLL_MS = 20;
const checkpointFirst = process.argv.includes("--checkpoint-first");

const options = { maxAttempts: 5, requestHandler: { requestTimeout: 2000, connectionTimeout: 2000 } };
const kinesis = new KinesisClient({ maxAttempts: 5 }); // its own default: HTTP/2
const s3 = new S3Client({ ...options, forcePathStyle: true });

// "host=/run/pg user=me options='-csearch_path=mine'", as libpq takes it.
function keywords(text) {
  const found = Object.fromEntries([...text.matchAll(/(\w+)\s*=\s*(?:'([^']*)'|(\S+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]));
  const { dbname, ...others } = found;
  return { ...others, database: dbname };
}

// sqlite:PATH, or a connection string of PostgreSQL. Returns what inserts rows, all or none.
async function connect(url) {
  const names = COLUMNS.join(", ");
  if (url.startsWith("sqlite:")) {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(url.slice("sqlite:".length));
    database.exec("pragma busy_timeout = 10000");
    const insert = database.prepare(`insert into ${TABLE} (${names}) values (?, ?, ?, ?, ?, ?) on conflict (order_id) do nothing`);
    return async (rows) => {
      database.exec("begin");
      for (const row of rows) insert.run(...row);
      database.exec("commit");
    };
  }
  const { default: pg } = await import("pg");
  const client = new pg.Client(url.includes("://") ? { connectionString: url } : keywords(url));
  await client.connect();
  return async (rows) => {
    await client.query("begin");
    for (const row of rows) await client.query(`insert into ${TABLE} (${names}) values ($1, $2, $3, $4, $5, $6) on conflict (order_id) do nothing`, row);
    await client.query("commit");
  };
}

// The order in a line, or null: then it is not valid, and stays in raw alone. The amount is taken as it is written: a number of JavaScript
// would round it.
function rowOf(line) {
  let order;
  try {
    order = JSON.parse(line);
  } catch {
    return null;
  }
  const amount = String(order?.amount);
  const valid = typeof order?.order_id === "string" && !Number.isNaN(Date.parse(order.placed)) && SHOPS.has(order.shop) &&
    /^\d+(\.\d{1,2})?$/.test(amount) && Number.isInteger(order.quantity) && order.quantity >= 1 && order.quantity <= 100;
  return valid ? [order.order_id, order.placed, order.shop, amount, order.quantity, order.kind ?? null] : null;
}

class Shard {
  constructor(id, insert) {
    this.id = id;
    this.insert = insert;
  }

  get checkpointKey() {
    return `checkpoints/${PIPELINE}/${this.id}`;
  }

  async resume() {
    let from = { ShardIteratorType: "TRIM_HORIZON" };
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: this.checkpointKey }));
      from = { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: await Body.transformToString() };
    } catch (error) {
      if (!(error instanceof NoSuchKey)) throw error;
    }
    const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({ StreamName: STREAM, ShardId: this.id, ...from }));
    this.iterator = ShardIterator;
  }

  put(key, body) {
    return s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  }

  async land(records) {
    const body = Buffer.concat(records.flatMap((record) => [record.Data, Buffer.from("\n")]));
    await this.put(`raw/${PIPELINE}/${this.id}-${records[0].SequenceNumber}-${records.at(-1).SequenceNumber}.ndjson`, body);
    await this.insert(records.map((record) => rowOf(Buffer.from(record.Data).toString())).filter((row) => row !== null));
  }

  // One round; whether there was anything.
  async step() {
    const { Records, NextShardIterator } = await kinesis.send(new GetRecordsCommand({ ShardIterator: this.iterator, Limit: 10 }));
    if (Records.length > 0) {
      const checkpoint = () => this.put(this.checkpointKey, Records.at(-1).SequenceNumber);
      if (checkpointFirst) await checkpoint();
      await this.land(Records);
      if (!checkpointFirst) await checkpoint();
    }
    this.iterator = NextShardIterator; // none: the shard was split or merged, and this is its end
    return Records.length > 0;
  }
}

async function main() {
  const insert = await connect(WAREHOUSE);
  const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: STREAM }));
  const shards = Shards.map(({ ShardId }) => new Shard(ShardId, insert));
  for (const shard of shards) await shard.resume();
  for (;;) {
    let any = false;
    for (const shard of shards.filter(({ iterator }) => iterator !== undefined)) any = (await shard.step()) || any;
    if (!any) await sleep(POLL_MS);
  }
}

main().catch((error) => {
  console.error(`${process.env.AFORO_ACTOR}: ${error}`);
  process.exit(1);
});
