#!/usr/bin/env python3
"""Three processes and nothing in between but sockets: `aforo serve`, `aforo-pipeline run`, PostgreSQL.

100,000 orders are put by boto3; the pipeline is killed with SIGKILL five times on the way and started again. At the end
the counts and exact sums in PostgreSQL equal what was put, nothing is there twice, and `aforo-pipeline reconcile` agrees
against the producer's control totals. Run under tests/support/postgres.sh, which sets AFORO_TEST_POSTGRES.
"""
import collections
import datetime
import decimal
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

try:
    import boto3
    import botocore.config
except ImportError:
    print("skipped: no boto3")
    sys.exit(77)

EVENTS = 100_000
KILLS = 5
SHARDS = 10
SHOPS = ["porto", "lyon", "malmo", "turin", "ghent"]
ROOT = pathlib.Path(os.environ.get("AFORO_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ["AFORO_BIN"])
CONNINFO = os.environ["AFORO_TEST_POSTGRES"]


def sql(text):
    """One statement by psql; rows of fields. psql is the judge here: none of our code reads the result."""
    out = subprocess.run(["psql", "-X", "-A", "-t", "-F", "|", "-c", text, CONNINFO], check=True, capture_output=True, text=True)
    return [line.split("|") for line in out.stdout.splitlines()]


def definition(folder):
    text = (ROOT / "fixtures/pipelines/orders.yaml").read_text()
    text, count = re.subn(r"(?m)^tuning:.*$", "tuning: {land_records: 2000, land_age: 2s, poll: 200ms}", text)
    assert count == 1
    path = folder / "orders.yaml"
    path.write_text(text)
    return path


def orders():
    dice = random.Random(2026)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for n in range(EVENTS):
        yield {
            "order_id": f"o-{n:06d}",
            "placed": (now - datetime.timedelta(seconds=dice.randrange(172800))).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "shop": SHOPS[dice.randrange(5)],
            "amount": decimal.Decimal(dice.randrange(1, 1_000_000)) / 100,
            "quantity": dice.randrange(1, 101),
            "kind": "e2e",
        }


def encode(order):
    # json has no exact decimals: the amount is written by hand.
    fields = {name: value for name, value in order.items() if name != "amount"}
    return (json.dumps(fields)[:-1] + f', "amount": {order["amount"]}}}').encode()


def put_all(kinesis, batch):
    waiting = [{"PartitionKey": order["order_id"], "Data": encode(order)} for order in batch]
    while waiting:
        answer = kinesis.put_records(StreamName="orders", Records=waiting)
        waiting = [entry for entry, result in zip(waiting, answer["Records"]) if "ErrorCode" in result]
        if waiting:
            time.sleep(0.05)


class Pipeline:
    def __init__(self, path, environment, folder):
        self.path, self.environment, self.log = path, environment, open(folder / "pipeline.log", "ab")
        self.lives = 0
        self.start()

    def start(self):
        self.lives += 1
        self.process = subprocess.Popen(
            [BIN / "aforo-pipeline", "run", "--definition", self.path, "--warehouse", os.environ["AFORO_WAREHOUSE"]],
            env=self.environment, stdout=self.log, stderr=self.log)

    def kill(self):
        assert self.process.poll() is None, "the pipeline ended by itself"
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


def control_totals(placed):
    days = collections.defaultdict(lambda: [0, decimal.Decimal(0), 0])
    for order in placed:
        group = days[order["placed"][:10] + "/" + order["shop"]]
        group[0] += 1
        group[1] += order["amount"]
        group[2] += order["quantity"]
    return days


def write_control(s3, days):
    by_day = collections.defaultdict(dict)
    for name, (count, amount, quantity) in days.items():
        by_day[name[:10]][name] = {"count": count, "sum(amount)": str(amount), "sum(quantity)": str(quantity)}
    for day, groups in by_day.items():
        body = json.dumps({"schema": 1, "pipeline": "orders", "groups": groups}).encode()
        s3.put_object(Bucket="orders-data", Key=f"control/orders/dt={day}/e2e.json", Body=body)
    return sorted(by_day)


def wait_until_loaded(timeout):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        count = int(sql("select count(*) from orders")[0][0])
        if count >= EVENTS:
            return
        time.sleep(0.5)
    raise AssertionError(f"only {count} of {EVENTS} rows after {timeout} s")


def scenario(folder, url):
    environment = dict(os.environ, AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                       AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1")
    settings = dict(endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    kinesis = boto3.client("kinesis", config=botocore.config.Config(retries={"max_attempts": 10}), **settings)
    s3 = boto3.client("s3", **settings)
    kinesis.create_stream(StreamName="orders", ShardCount=SHARDS)
    s3.create_bucket(Bucket="orders-data")
    kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 20})

    path = definition(folder)
    pipeline = Pipeline(path, environment, folder)
    placed = list(orders())
    kill_at = {EVENTS * (n + 1) // (KILLS + 1) // 500 * 500 for n in range(KILLS)}
    killed = 0
    for at in range(0, EVENTS, 500):
        if at in kill_at:
            time.sleep(0.7)  # in the middle of work: something has been landed, something is on its way
            pipeline.kill()
            pipeline.start()
            killed += 1
        put_all(kinesis, placed[at:at + 500])
    assert killed == KILLS
    wait_until_loaded(180)
    assert pipeline.stop() == 0, "SIGTERM ends the pipeline well"

    days = write_control(s3, control_totals(placed))
    compare(placed)
    done = subprocess.run([BIN / "aforo-pipeline", "reconcile", "--definition", path, "--warehouse", os.environ["AFORO_WAREHOUSE"],
                           "--from", days[0], "--to", (datetime.date.fromisoformat(days[-1]) + datetime.timedelta(days=1)).isoformat()],
                          env=environment, capture_output=True, text=True)
    print(done.stdout[-600:], done.stderr[-600:])
    assert done.returncode == 0, "reconcile: source, raw and warehouse agree"
    print(f"{EVENTS} events, {pipeline.lives} lives of the pipeline, {killed} of them ended by SIGKILL: counts and sums are equal")


def compare(placed):
    count, distinct, amount, quantity = sql("select count(*), count(distinct order_id), sum(amount), sum(quantity) from orders")[0]
    expected = (EVENTS, EVENTS, sum(order["amount"] for order in placed), sum(order["quantity"] for order in placed))
    found = (int(count), int(distinct), decimal.Decimal(amount), int(quantity))
    assert found == expected, f"found {found}, expected {expected}"
    by_shop = {shop: (int(n), decimal.Decimal(total)) for shop, n, total in sql("select shop, count(*), sum(amount) from orders group by shop")}
    for shop in SHOPS:
        mine = [order["amount"] for order in placed if order["shop"] == shop]
        assert by_shop[shop] == (len(mine), sum(mine)), shop
    records, loaded, duplicates, quarantined, filtered = map(int, sql(
        "select sum(records), sum(loaded), sum(duplicates), sum(quarantined), sum(filtered) from aforo_loaded_object")[0])
    assert loaded == EVENTS and quarantined == 0 and filtered == 0, (loaded, quarantined, filtered)
    assert records == loaded + duplicates
    print(f"rows {count}, amount {amount}, quantity {quantity}; records {records}, duplicates {duplicates}")


def main():
    os.environ.setdefault("AFORO_WAREHOUSE", "postgresql://?" + "&".join(CONNINFO.split()))
    with tempfile.TemporaryDirectory(prefix="aforo-e2e-") as name:
        folder = pathlib.Path(name)
        serve = subprocess.Popen([BIN / "aforo", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            line = serve.stdout.readline()
            scenario(folder, re.search(r"http://\S+", line).group(0))
        except BaseException:
            log = folder / "pipeline.log"
            if log.exists():
                print(log.read_text(errors="replace")[-3000:])
            raise
        finally:
            serve.terminate()
            serve.wait()


main()
