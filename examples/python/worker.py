#!/usr/bin/env python3
"""Orders from Kinesis to S3 and into a table: a pipeline as somebody would write it in an afternoon.

Each shard is read from its checkpoint, an object in S3. What was read is landed as one object of raw lines, loaded into
the table where it is valid, and only then is the checkpoint moved: whatever happens in between, it is read again, and
landing and loading it twice changes nothing.

    aforo run examples/python/orders.yaml --exec 'python3 examples/python/worker.py' --seeds 1..20
    aforo run examples/python/orders.yaml --exec 'python3 examples/python/worker.py --checkpoint-first' --seeds 1..50

The second has the bug that aforo finds: a process that dies between the checkpoint and the work loses what it had read.
"""
import datetime
import decimal
import json
import os
import sqlite3
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

STREAM, BUCKET = os.environ["AFORO_STREAM"], os.environ["AFORO_BUCKET"]
PIPELINE, TABLE = os.environ["AFORO_PIPELINE"], os.environ["AFORO_TABLE"]
COLUMNS = ("order_id", "placed", "shop", "amount", "quantity", "kind")
SHOPS = {"porto", "lyon", "malmo", "turin", "ghent"}
POLL_S = 0.02


def connect(url):
    """sqlite:PATH, or a connection string of PostgreSQL."""
    if url.startswith("sqlite:"):
        return sqlite3.connect(url.removeprefix("sqlite:"), timeout=10, isolation_level=None), "?"
    import psycopg  # only where it is asked for

    return psycopg.connect(url, autocommit=True), "%s"


def row_of(line):
    """The order in a line, or None: then it is not valid, and stays in raw alone."""
    try:
        order = json.loads(line, parse_float=str)
        datetime.datetime.fromisoformat(order["placed"].replace("Z", "+00:00"))
        amount, quantity, kind = decimal.Decimal(order["amount"]), order["quantity"], order.get("kind")
        if not isinstance(quantity, int) or not 1 <= quantity <= 100 or amount < 0 or order["shop"] not in SHOPS:
            return None
        return order["order_id"], order["placed"], order["shop"], str(amount), quantity, kind
    except (ValueError, KeyError, TypeError, AttributeError, decimal.InvalidOperation):
        return None


class Shard:
    def __init__(self, kinesis, s3, warehouse, shard_id):
        self.kinesis, self.s3, self.id = kinesis, s3, shard_id
        self.database, mark = warehouse
        self.insert = (f"insert into {TABLE} ({', '.join(COLUMNS)}) values ({', '.join([mark] * len(COLUMNS))})"
                       f" on conflict ({COLUMNS[0]}) do nothing")
        self.iterator = self.resume()

    def checkpoint_key(self):
        return f"checkpoints/{PIPELINE}/{self.id}"

    def resume(self):
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        try:
            found = self.s3.get_object(Bucket=BUCKET, Key=self.checkpoint_key())["Body"].read().decode()
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": found}
        except self.s3.exceptions.NoSuchKey:
            pass
        return self.kinesis.get_shard_iterator(StreamName=STREAM, ShardId=self.id, **start)["ShardIterator"]

    def checkpoint(self, records):
        self.s3.put_object(Bucket=BUCKET, Key=self.checkpoint_key(), Body=records[-1]["SequenceNumber"].encode())

    def land(self, records):
        body = b"".join(record["Data"] + b"\n" for record in records)
        key = f"raw/{PIPELINE}/{self.id}-{records[0]['SequenceNumber']}-{records[-1]['SequenceNumber']}.ndjson"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def load(self, records):
        rows = [row for row in (row_of(record["Data"]) for record in records) if row is not None]
        cursor = self.database.cursor()
        cursor.execute("begin")
        cursor.executemany(self.insert, rows)
        cursor.execute("commit")

    def step(self, checkpoint_first):
        """One round; whether there was anything."""
        answer = self.kinesis.get_records(ShardIterator=self.iterator, Limit=10)
        records = answer["Records"]
        if records and checkpoint_first:
            self.checkpoint(records)
        if records:
            self.land(records)
            self.load(records)
        if records and not checkpoint_first:
            self.checkpoint(records)
        self.iterator = answer["NextShardIterator"]
        return bool(records)


def main():
    checkpoint_first = "--checkpoint-first" in sys.argv[1:]
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=2, read_timeout=2)
    kinesis, s3 = boto3.client("kinesis", config=config), boto3.client("s3", config=config)
    warehouse = connect(os.environ["AFORO_WAREHOUSE"])
    listed = kinesis.list_shards(StreamName=STREAM)["Shards"]
    shards = [Shard(kinesis, s3, warehouse, shard["ShardId"]) for shard in listed]
    while True:
        if not any([shard.step(checkpoint_first) for shard in shards]):
            time.sleep(POLL_S)


if __name__ == "__main__":
    try:
        main()
    except ClientError as error:
        sys.exit(f"{os.environ['AFORO_ACTOR']}: {error}")
