#!/usr/bin/env python3
"""What a replay of fixtures/captures/birdstrikes must come to, counted from the npm package alone.
usage: expect_birdstrikes.py PACKAGE_DIR > fixtures/expect/birdstrikes.json"""
import csv
import decimal
import sys

import expect_format

reports = list(csv.DictReader(open(sys.argv[1] + "/data/birdstrikes.csv", encoding="utf-8", newline="")))


def number(column):
    return lambda r: decimal.Decimal(r[column])


total, repair, other = number("Cost Total $"), number("Cost Repair"), number("Cost Other")
damaged = [r for r in reports if r["Effect Amount of damage"] != "None"]
speeds = [decimal.Decimal(r["Speed IAS in knots"]) for r in reports if r["Speed IAS in knots"]]
expect_format.write(
    sys.stdout,
    [("objects", len({r["Flight Date"][:4] for r in reports})), ("records", len(reports)), ("rows", len(reports)),
     ("duplicates", 0), ("quarantined", 0)],
    [("sum(cost_total)", None, str(sum(map(total, reports)))),
     ("sum(cost_repair)", None, str(sum(map(repair, reports)))),
     ("sum(cost_other)", None, str(sum(map(other, reports)))),
     ("max(cost_total)", None, str(max(map(total, reports)))),
     ("sum(speed_knots)", None, str(sum(speeds))),
     ("count", "damaged", len(damaged)),
     ("sum(cost_total)", "damaged", str(sum(map(total, damaged)))),
     ("distinct(species)", None, len({r["Wildlife Species"] for r in reports})),
     ("distinct(airport)", None, len({r["Airport Name"] for r in reports}))],
    [("day", ["count", "sum(cost_total)"], expect_format.grouped(reports, lambda r: r["Flight Date"], [total])),
     ("month", ["count", "sum(cost_total)"], expect_format.grouped(reports, lambda r: r["Flight Date"][:7], [total])),
     ("state", ["count", "sum(cost_total)", "sum(cost_repair)"],
      expect_format.grouped(reports, lambda r: r["Origin State"], [total, repair]))])
