#!/usr/bin/env python3
"""Kills `aforo serve --data-dir` with SIGKILL at a random moment under load, again and again: whatever a client was told is
done is there at the next start, byte for byte, and nothing that it was told is gone comes back. What was on its way when the
server died may be done or not, but not by half. A copy of the folder that is taken under load starts too, and has all that
was told before it began.   usage: kill_loop.py [ROUNDS (200)] [SEED (1)] [DURABILITY (os)]"""
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.join(os.environ["AFORO_BIN"], "aforo")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
DURABILITY = sys.argv[3] if len(sys.argv) > 3 else "os"
ROUNDS_A_FOLDER = 20  # then all of it is looked at, and the next folder begins
LOAD_S = (0.02, 0.25)  # how long a server lives under load


def bytes_of(name, most):
    dice = random.Random(name)
    return dice.randbytes(int(most * dice.random() ** 3))


class Server:
    def __init__(self, folder):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", "--no-limits", "--data-dir", folder, "--durability", DURABILITY],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("aforo: listening on "), self.process.stderr.read()
        self.port = int(line.rsplit(":", 1)[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


class Client:
    """One connection; unsigned requests. A call gives (status, headers, body), or None when the server died first."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def call(self, method, target, body=b"", headers={}):
        try:
            self.connection.request(method, target, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            return None

    def kinesis(self, operation, **members):
        answer = self.call("POST", "/", json.dumps(members).encode(),
                           {"X-Amz-Target": "Kinesis_20131202." + operation, "Content-Type": "application/x-amz-json-1.1"})
        if answer is None:
            return None
        assert answer[0] == 200, answer
        return json.loads(answer[2] or b"{}")


class Truth:
    """What was told. An object's state is the name of its bytes, or None for gone; `maybe` has what else it may be since
    a call on it was not answered."""

    def __init__(self):
        self.records = {}     # sequence number: data
        self.objects = {}     # key: what was told last
        self.maybe = {}       # key: other states it may be in
        self.versions = {}    # (key, version): state
        self.lock = threading.Lock()
        self.touched = set()  # keys and versions of this round
        self.calls = 0

    def told(self, key, state):
        with self.lock:
            self.objects[key] = state
            self.maybe.pop(key, None)
            self.touched.add(key)
            self.calls += 1

    def untold(self, key, state):
        with self.lock:
            self.maybe.setdefault(key, set()).add(state)
            self.touched.add(key)


def put_records(client, truth, dice, name):
    from base64 import b64encode
    data = [f"{name}/{i}" for i in range(dice.randint(1, 40))]
    answer = client.kinesis("PutRecords", StreamName="clicks", Records=[
        {"Data": b64encode(d.encode()).decode(), "PartitionKey": d} for d in data])
    if answer is None:
        return False
    assert answer["FailedRecordCount"] == 0, answer
    with truth.lock:
        truth.records.update({r["SequenceNumber"]: d for r, d in zip(answer["Records"], data)})
        truth.calls += 1
    return True


def put_object(client, truth, dice, name):
    """Half of them overwrite what other calls of this worker wrote."""
    worker = name.split("-")[0]
    key = f"{worker}-{dice.randint(0, 20)}" if dice.random() < 0.5 else name
    if truth.objects.get(key) and dice.random() < 0.3:
        answer, state = client.call("DELETE", f"/plain/{key}"), None
    else:
        answer, state = client.call("PUT", f"/plain/{key}", bytes_of(name, 300_000)), name
    if answer is None:
        truth.untold(key, state)
        return False
    assert answer[0] in (200, 204), answer
    truth.told(key, state)
    return True


def put_version(client, truth, dice, name):
    """Each is one more version of one of a few keys; some are deleted for good."""
    key = f"v{dice.randint(0, 3)}"
    with truth.lock:
        mine = [k for k, state in truth.versions.items() if state and state.startswith(name.split("-")[0] + "-")]
    if mine and dice.random() < 0.2:
        victim = dice.choice(mine)
        answer = client.call("DELETE", f"/versioned/{victim[0]}?versionId={victim[1]}")
        if answer is None:
            del truth.versions[victim]  # may be either
            return False
        assert answer[0] == 204, answer
        version, state = victim, None
    else:
        answer = client.call("PUT", f"/versioned/{key}", bytes_of(name, 60_000))
        if answer is None:
            return False
        assert answer[0] == 200, answer
        version, state = (key, answer[1]["x-amz-version-id"]), name
    with truth.lock:
        truth.versions[version] = state
        truth.touched.add(version)
        truth.calls += 1
    return True


def put_parts(client, truth, dice, name):
    answer = client.call("POST", f"/plain/{name}?uploads")
    if answer is None:
        return False
    upload = answer[2].decode().split("<UploadId>")[1].split("<")[0]
    answer = client.call("PUT", f"/plain/{name}?partNumber=1&uploadId={upload}", bytes_of(name, 2_000_000))
    if answer is None:
        return False
    body = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{answer[1]['ETag']}</ETag></Part>"
            "</CompleteMultipartUpload>").encode()
    answer = client.call("POST", f"/plain/{name}?uploadId={upload}", body)
    if answer is None:
        truth.untold(name, name)
        return False
    assert answer[0] == 200, answer
    truth.told(name, name)
    return True


def work(server, truth, action, worker, round_, failures):
    client = Client(server)
    dice = random.Random(f"{SEED}/{worker}/{round_}")
    n = 0
    try:
        while action(client, truth, dice, f"{worker}-{round_}-{n}"):
            n += 1
    except BaseException as error:  # told by the main thread
        failures.append(error)


WORKERS = (put_records, put_records, put_object, put_object, put_version, put_parts)


def prepare(server):
    client = Client(server)
    client.kinesis("CreateStream", StreamName="clicks", ShardCount=3)
    client.call("POST", "/_aforo/clock", b'{"advance": "PT10S"}')
    for bucket in ("plain", "versioned"):
        assert client.call("PUT", f"/{bucket}")[0] == 200
    assert client.call("PUT", "/versioned?versioning", b"<VersioningConfiguration><Status>Enabled</Status>"
                       b"</VersioningConfiguration>")[0] == 200


def records_of(client):
    found = {}
    from base64 import b64decode
    for shard in client.kinesis("ListShards", StreamName="clicks")["Shards"]:
        at = client.kinesis("GetShardIterator", StreamName="clicks", ShardId=shard["ShardId"],
                            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            answer = client.kinesis("GetRecords", ShardIterator=at)
            for r in answer["Records"]:
                assert r["SequenceNumber"] not in found
                found[r["SequenceNumber"]] = b64decode(r["Data"]).decode()
            at = answer["NextShardIterator"]
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
    return found


def check_records(client, truth):
    found = records_of(client)
    lost = [(n, d) for n, d in truth.records.items() if found.get(n) != d]
    assert not lost, f"{len(lost)} of {len(truth.records)} records lost: {lost[:3]}"
    assert len(set(found.values())) == len(found), "a record is there twice"
    truth.records = found  # what was not answered and is there stays


def is_state(answer, state, most):
    if state is None:
        return answer[0] == 404
    return answer[0] == 200 and answer[2] == bytes_of(state, most)


def check_object(client, truth, key):
    answer = client.call("GET", f"/plain/{key}")
    states = [truth.objects.get(key), *truth.maybe.get(key, ())]
    most = 2_000_000 if key.startswith("put_parts") else 300_000
    fits = [s for s in states if is_state(answer, s, most)]
    assert fits, f"{key}: told {states[0]}, or perhaps {states[1:]}; there is {answer[0]} of {len(answer[2])} bytes"
    truth.objects[key] = fits[0]  # from here on it is known
    truth.maybe.pop(key, None)


def check_version(client, version, state):
    answer = client.call("GET", f"/versioned/{version[0]}?versionId={version[1]}")
    assert is_state(answer, state, 60_000), f"{version}: told {state}; there is {answer[0]} of {len(answer[2])} bytes"


def check(server, truth, names):
    client = Client(server)
    check_records(client, truth)
    for name in names:
        if isinstance(name, str):
            check_object(client, truth, name)
        elif name in truth.versions:
            check_version(client, name, truth.versions[name])


def snapshot(folder, truth):
    """Under load: the copy has what was told before it began."""
    with truth.lock:
        records, versions = dict(truth.records), dict(truth.versions)
    copy = folder + "-copy"
    subprocess.run(["cp", "-r", folder, copy], check=True)
    return copy, records, versions


def check_snapshot(copy, records, versions, later):
    server = Server(copy)
    client = Client(server)
    found = records_of(client)
    lost = [n for n, d in records.items() if found.get(n) != d]
    assert not lost, f"a copy lost {len(lost)} of {len(records)} records"
    for version, state in versions.items():
        if state and later.get(version) == state:
            check_version(client, version, state)
    server.kill()
    shutil.rmtree(copy)


def load(folder, truth, round_):
    """One life of a server, from its start to its death; gives how long the start took."""
    began = time.monotonic()
    server = Server(folder)
    took = time.monotonic() - began
    check(server, truth, list(truth.touched))
    truth.touched = set()
    failures = []
    threads = [threading.Thread(target=work, args=(server, truth, action, f"{action.__name__}{i}", round_, failures))
               for i, action in enumerate(WORKERS)]
    for t in threads:
        t.start()
    taken = None
    time.sleep(random.Random(f"{SEED}/{round_}").uniform(*LOAD_S))
    if round_ % ROUNDS_A_FOLDER == ROUNDS_A_FOLDER // 2:
        taken = snapshot(folder, truth)
        time.sleep(0.05)
    server.kill()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]
    if taken:
        check_snapshot(*taken, truth.versions)
    return took


def main():
    calls, starts, root = 0, [], tempfile.mkdtemp(prefix="aforo-kill-")
    for first in range(0, ROUNDS, ROUNDS_A_FOLDER):
        folder, truth = os.path.join(root, f"data{first}"), Truth()
        server = Server(folder)
        prepare(server)
        server.kill()
        for round_ in range(first, min(ROUNDS, first + ROUNDS_A_FOLDER)):
            starts.append(load(folder, truth, round_))
        server = Server(folder)
        check(server, truth, [*truth.objects, *truth.maybe, *truth.versions])
        server.kill()
        calls += truth.calls
        shutil.rmtree(folder)
    shutil.rmtree(root)
    assert calls > 2 * ROUNDS, f"only {calls} calls were answered: there was no load"
    starts.sort()
    print(f"{ROUNDS} kills, {calls} answered calls, durability {DURABILITY}: nothing lost, nothing back; "
          f"a start took {1000 * starts[len(starts) // 2]:.0f} ms (median), {1000 * starts[-1]:.0f} ms (most)")


main()
