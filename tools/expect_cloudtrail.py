#!/usr/bin/env python3
"""What a replay of a CloudTrail set must come to: the figures that came with it (its expected.json), each event once.
usage: expect_cloudtrail.py SET_DIR > fixtures/expect/NAME.json"""
import collections
import json
import sys

import expect_format

known = json.load(open(sys.argv[1] + "/expected.json"))
days = collections.Counter()
for hour, count in known["by_hour_utc_unique"].items():
    days[hour[:10]] += count


def counts(table):
    return {name: [count] for name, count in table.items()}


expect_format.write(
    sys.stdout,
    [("objects", known["objects"]), ("records", known["records"]), ("rows", known["unique_event_ids"]),
     ("duplicates", known["duplicate_records"]), ("quarantined", 0)],
    [("sum(bytes_in)", None, str(known["sum_bytesTransferredIn_unique"])),
     ("sum(bytes_out)", None, str(known["sum_bytesTransferredOut_unique"])),
     ("count", "denied", known["by_errorCode_unique"].get("AccessDenied", 0)),
     ("distinct(event_id)", None, known["unique_event_ids"]),
     ("distinct(event_name)", None, len(known["by_eventName_unique"])),
     ("distinct(event_source)", None, len(known["by_eventSource"]))],
    [("day", ["count"], counts(days)), ("event_name", ["count"], counts(known["by_eventName_unique"]))])
