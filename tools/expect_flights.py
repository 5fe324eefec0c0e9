#!/usr/bin/env python3
"""What a replay of fixtures/captures/flights-2001-q1 must come to, counted from the npm package alone.
usage: expect_flights.py PACKAGE_DIR > fixtures/expect/flights-2001-q1.json"""
import decimal
import json
import sys

import expect_format

flights = json.load(open(sys.argv[1] + "/data/flights-20k.json"), parse_int=decimal.Decimal)


def delay(f):
    return f["delay"]


def distance(f):
    return f["distance"]


def day(f):
    return f["date"][:10].replace("/", "-")


late = [f for f in flights if f["delay"] >= 60]
expect_format.write(
    sys.stdout,
    [("objects", len({day(f) for f in flights})), ("records", len(flights)), ("rows", len(flights)),
     ("duplicates", 0), ("quarantined", 0)],
    [("sum(delay)", None, str(sum(map(delay, flights)))),
     ("sum(distance)", None, str(sum(map(distance, flights)))),
     ("min(delay)", None, str(min(map(delay, flights)))),
     ("max(delay)", None, str(max(map(delay, flights)))),
     ("count", "late", len(late)),
     ("sum(delay)", "late", str(sum(map(delay, late)))),
     ("distinct(origin)", None, len({f["origin"] for f in flights})),
     ("distinct(destination)", None, len({f["destination"] for f in flights})),
     ("distinct(flight_id)", None, len(flights))],
    [("day", ["count", "sum(delay)", "sum(distance)"], expect_format.grouped(flights, day, [delay, distance])),
     ("origin", ["count", "sum(delay)"], expect_format.grouped(flights, lambda f: f["origin"], [delay]))])
