#!/usr/bin/env python3
"""What a replay of the retail set must come to: the totals that were published with it (its expected.json), in the
form that `aforo replay --expect` reads.   usage: expect_retail.py SET_DIR > fixtures/expect/retail-orders-2011.json"""
import decimal
import json
import sys

import expect_format

known = json.load(open(sys.argv[1] + "/expected.json"), parse_float=decimal.Decimal)


def money(text):
    return str(decimal.Decimal(text).quantize(decimal.Decimal("0.001")))


def rows(table):
    return {name: [count, str(quantity), money(value)] for name, count, quantity, value in known[table]}


countries = {name: [count, money(value)] for name, count, value in known["by_country"]}
of = ["count", "sum(quantity)", "sum(value)"]
expect_format.write(
    sys.stdout,
    [("objects", known["files"]), ("records", known["rows"]), ("rows", known["rows"]), ("duplicates", 0),
     ("quarantined", 0)],
    [("sum(quantity)", None, str(known["sum_Quantity"])),
     ("sum(value)", None, money(known["sum_Quantity_times_UnitPrice"])),
     ("sum(value)", "sold", money(known["sum_where_Quantity_and_UnitPrice_positive"])),
     ("sum(value)", "returned", money(known["sum_where_Quantity_negative"])),
     ("count", "returned", known["rows with Quantity < 0"]),
     ("distinct(invoice)", None, known["distinct_InvoiceNo"]),
     ("distinct(customer)", None, known["distinct_CustomerID"]),
     ("distinct(stock_code)", None, known["distinct_StockCode"])],
    [("day", of, rows("by_day")), ("month", of, rows("by_month")), ("country", ["count", "sum(value)"], countries)])
