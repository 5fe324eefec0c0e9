#!/usr/bin/env python3
"""Many clients at one time, most of them bad: 200 connections over HTTP/1.1 and HTTP/2, plain and inside TLS, that are cut,
reset, half closed, slow to send, slow to read, idle, or gone in the middle of a body.

What must hold, in each of some rounds that begin with a reset: whatever was acknowledged is there and what was never sent whole
is not; the ledger agrees, client by client; once the clients have gone, so have their descriptors; and once a reset has thrown
away what they stored and nothing has come for a while, so has the memory. In the end the emulator is asked to stop while clients are in the middle of everything, and does in time.

    soak_connections.py [--seconds 20] [--connections 200] [--rounds 3] [--seed 1] [--program aforo]
"""
import argparse
import asyncio
import base64
import json
import logging
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings

from h2_by_hand import Http2
from soak_clients import BUCKET, GOOD, STREAM, WAYS, Client, head_of, reset

SHARDS = 4
LARGE = 2_000_000  # an object that does not fit into the buffers of a socket that nobody reads
PATIENCE_S = 60
QUIET_S = 15      # until the emulator gives memory back; it begins after 2 s, on busy cores later
GROWTH_KIB_MAX = 8192  # at rest, from the first round to the last
STOP_S = 30        # the emulator gives requests 5 s to end
options = argparse.ArgumentParser()
options.add_argument("--seconds", type=int, default=18)
options.add_argument("--connections", type=int, default=200)
options.add_argument("--rounds", type=int, default=3)
options.add_argument("--seed", type=int, default=1)
options.add_argument("--program", default=os.path.join(os.environ.get("AFORO_BIN", "build/dev/bin"), "aforo"))
options = options.parse_args()
done = {way.__name__: 0 for way, _ in WAYS}


# ---- the emulator, seen from outside ----

class Emulator:
    def __init__(self, folder):
        self.process = subprocess.Popen([options.program, "serve", "--port", "0", "--no-limits", "--tls-dir", folder], stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)
        self.port = int(self.url.rsplit(":", 1)[1])

    def ask(self, method, target, headers=None, body=None):
        request = urllib.request.Request(self.url + target, data=body, method=method, headers=headers or {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def kinesis(self, operation, **members):
        text = self.ask("POST", "/", {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-json-1.1"}, json.dumps(members).encode())
        return json.loads(text) if text else None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


# ---- a round ----

async def live(client, until):
    ways, weights = zip(*WAYS)
    while time.monotonic() < until:
        way, secure = client.dice.choices(ways, weights)[0], client.dice.random() < 0.3
        try:
            await asyncio.wait_for(way(client, secure), PATIENCE_S)
            done[way.__name__] += 1
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError) as error:
            if way in GOOD:
                client.trouble.append((way.__name__, secure, repr(error)))
        except asyncio.TimeoutError:
            client.trouble.append((way.__name__, secure, "no answer in time"))


async def watch(emulator, samples, until):
    while time.monotonic() < until:
        samples.append((emulator.resident_kib(), emulator.descriptors()))
        await asyncio.sleep(0.5)


async def one_round(emulator, ca, number, seconds):
    emulator.ask("POST", "/_aforo/reset")
    emulator.kinesis("CreateStream", StreamName=STREAM, ShardCount=SHARDS)
    emulator.ask("POST", "/_aforo/clock", body=b'{"advance": "1m"}')
    emulator.ask("PUT", f"/{BUCKET}")
    emulator.ask("PUT", f"/{BUCKET}/large", body=bytes(LARGE))
    before = emulator.descriptors()
    clients = [Client(number * 1000 + i, emulator.port, ca, options.seed) for i in range(options.connections)]
    samples, until = [], time.monotonic() + seconds
    await asyncio.gather(watch(emulator, samples, until), *(live(c, until) for c in clients))
    for client in clients:
        for writer in client.kept:
            reset(writer)
    await asyncio.sleep(0.1)
    return clients, samples, before


def settle(emulator, before):
    """Every descriptor that clients brought must be gone soon after them."""
    until = time.monotonic() + 60
    while (left := emulator.descriptors()) > before + 1 and time.monotonic() < until:
        time.sleep(0.1)
    assert left <= before + 1, f"{left} descriptors, {before} before the round: connections are stuck"


def at_rest(emulator):
    """What is resident when nothing is stored: least of what is seen for a while, since giving back takes its time."""
    emulator.ask("POST", "/_aforo/reset")
    least, until = emulator.resident_kib(), time.monotonic() + QUIET_S
    settled = time.monotonic()
    while time.monotonic() < until and time.monotonic() - settled < 6:
        time.sleep(0.5)
        now = emulator.resident_kib()
        if now < least - 64:
            least, settled = now, time.monotonic()
    return least


# ---- what is there, and what the ledger says ----

def records(emulator):
    found = []
    for shard in emulator.kinesis("ListShards", StreamName=STREAM)["Shards"]:
        at = emulator.kinesis("GetShardIterator", StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            answer = emulator.kinesis("GetRecords", ShardIterator=at)
            found += [base64.b64decode(r["Data"]).decode() for r in answer["Records"]]
            at = answer["NextShardIterator"]
            if answer["MillisBehindLatest"] == 0 and not answer["Records"]:
                break
    return found


def check_records(emulator, clients):
    found = records(emulator)
    acked = set().union(*(c.acked["PutRecord"] for c in clients))
    sent = set().union(*(c.sent["PutRecord"] for c in clients))
    assert len(found) == len(set(found)), "a record is there twice"
    assert acked <= set(found) <= sent, (sorted(acked - set(found))[:5], sorted(set(found) - sent)[:5])
    return len(acked), len(found)


def check_objects(emulator, clients):
    listed = emulator.ask("GET", f"/{BUCKET}?list-type=2&prefix=never").decode()
    assert "<Key>" not in listed, f"what was never sent whole is there: {listed[:500]}"
    for client in clients:
        if not client.acked["PutObject"]:
            continue
        body = emulator.ask("GET", f"/{BUCKET}/{client.name}")
        generation = int(body[:8])
        assert body == body[:8] * (len(body) // 8), f"{client.name}: a body of two requests"
        assert generation in client.sent["PutObject"], (client.name, generation)
        # Requests of one client come one after the other, but for a connection's own, so the newest acknowledged one may be
        # overwritten by those alone that nobody waited for.
        assert generation in client.acked["PutObject"] or generation in client.sent["PutObject"] - client.acked["PutObject"]


def check_ledger(emulator, clients):
    applied = {}
    after = 0
    while lines := emulator.ask("GET", f"/_aforo/ledger?after={after}").splitlines():
        for line in map(json.loads, lines):
            after = line["number"]
            if 200 <= line["status"] < 300:
                key = line["actor"], line["operation"]
                applied[key] = applied.get(key, 0) + 1
    for client in clients:
        for operation in ("PutRecord", "PutObject"):
            count = applied.get((client.name, operation), 0)
            assert len(client.acked[operation]) <= count <= len(client.sent[operation]), \
                (client.name, operation, len(client.acked[operation]), count, len(client.sent[operation]))


# ---- stopping ----

async def stop_in_the_middle(emulator, ca):
    """SIGTERM while clients idle, send, read slowly or not at all."""
    client = Client(999, emulator.port, ca)
    open_ = []
    for i in range(48):
        secure = i % 4 == 0
        if i % 3 == 2:
            h2 = Http2(*await client.connect(secure, "h2"))
            await h2.begin()
            await h2.send(*client.put_object("never/stop")[2:5], b"half", ends=False)
            open_.append(h2.writer)
            continue
        _, writer = await client.connect(secure)
        if i % 3 == 0:
            writer.write(head_of(client.put_object("never/stop", 100_000)) + b"half")
        elif i % 2 == 0:
            writer.write(head_of(client.get_large()) * 3)
            writer.transport.pause_reading()
        open_.append(writer)
    await asyncio.sleep(0.3)
    began = time.monotonic()
    emulator.process.send_signal(signal.SIGTERM)
    code = await asyncio.get_running_loop().run_in_executor(None, lambda: emulator.process.wait(timeout=STOP_S))
    for writer in open_:
        writer.transport.abort()
    assert code == 0, f"ended with {code}"
    return time.monotonic() - began


async def soak(folder):
    emulator = Emulator(folder)
    ca = os.path.join(folder, "ca.pem")
    with open(ca, "wb") as out:
        out.write(subprocess.run([options.program, "ca", "--tls-dir", folder], capture_output=True, check=True).stdout)
    peaks, rests = [], []
    try:
        await one_round(emulator, ca, 9, options.seconds / options.rounds)  # fills the pools that are kept
        for number in range(options.rounds):
            clients, samples, before = await one_round(emulator, ca, number, options.seconds / options.rounds)
            settle(emulator, before)
            trouble = [t for c in clients for t in c.trouble]
            assert not trouble, (len(trouble), trouble[:10])
            acked, found = check_records(emulator, clients)
            check_objects(emulator, clients)
            check_ledger(emulator, clients)
            peaks.append(max(kib for kib, _ in samples))
            rests.append(at_rest(emulator))
            print(f"round {number}: {acked} records acknowledged, {found} there; descriptors {before} before, at most {max(fd for _, fd in samples)}, "
                  f"{emulator.descriptors()} after; resident KiB {[kib for kib, _ in samples][::4]}, {rests[-1]} at rest")
        took = await stop_in_the_middle(emulator, ca)
    finally:
        if emulator.process.poll() is None:
            emulator.process.kill()
    print(f"stopped in {took:.1f} s; peaks {peaks} KiB, at rest {rests} KiB; {done}")
    assert max(peaks) <= peaks[0] * 1.25 + 8192, f"memory grows from round to round: {peaks} KiB"
    assert rests[-1] <= rests[0] + GROWTH_KIB_MAX, f"what is resident at rest grows from round to round: {rests} KiB"


warnings.simplefilter("ignore", ResourceWarning)
logging.disable()  # asyncio's words about connections that are cut on purpose
with tempfile.TemporaryDirectory(prefix="aforo-soak-") as name:
    sys.exit(asyncio.run(soak(name)))
