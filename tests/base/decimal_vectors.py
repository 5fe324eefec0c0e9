#!/usr/bin/env python3
"""Makes decimal_vectors.h: what Python's decimal module, with 200 digits, says of the operations in base/decimal.h.

    python3 tests/base/decimal_vectors.py > tests/base/decimal_vectors.h

The rows are drawn with a fixed seed, so a second run gives the same file. The rules that are applied to Python's exact
result are the header's: digits that would be lost are "invalid", more than an int64 is "limit".
"""
import random
import re
from decimal import Decimal, getcontext

getcontext().prec = 200
getcontext().Emax = 10**9
getcontext().Emin = -(10**9)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
LOW, HIGH = -(2**63), 2**63 - 1
rng = random.Random(20260328)


def judge(exact):
    if exact != exact.to_integral_value():
        return "INVALID", 0
    if not LOW <= exact <= HIGH:
        return "LIMIT", 0
    return "OK", int(exact)


def parse(text, scale):
    if not NUMBER.fullmatch(text):
        return "INVALID", 0
    huge = re.fullmatch("([01])e(-?)9{20,}", text)  # more than the decimal module can hold
    if huge:
        return ("OK" if huge[1] == "0" else "INVALID" if huge[2] else "LIMIT"), 0
    return judge(Decimal(text).scaleb(scale))


def c(value):
    return "INT64_MIN" if value == LOW else f"INT64_C({value})"


def random_text():
    text = rng.choice(["", "", "-"]) + rng.choice(["", "0", "000"])
    text += "".join(rng.choice("0123456789" if rng.random() < 0.7 else "0") for _ in range(rng.randint(1, 21)))
    if rng.random() < 0.6:
        text += "." + "".join(rng.choice("0012345") for _ in range(rng.randint(1, 12)))
    if rng.random() < 0.4:
        text += rng.choice("eE") + rng.choice(["", "+", "-"]) + str(rng.randint(0, 22))
    return text


def random_value():
    return rng.choice([0, 1, -1, LOW, HIGH, rng.randint(LOW, HIGH), rng.randint(-10**6, 10**6),
                       rng.randint(-10**9, 10**9) * 10 ** rng.randint(0, 9)])


def spelled(value, scale):
    return f"{Decimal(value).scaleb(-scale):.{scale}f}"


fixed = ["", "-", "+1", " 1", "1 ", ".5", "5.", "1e", "1e+", "0x10", "1,000", "--1", "1.2.3", "NaN", "Infinity", "1_000",
         "0", "-0", "0e999999999999999999999", "-0.000", "1e3", "17850.0", "17850", "12.340", "12.345", "1.5", "007",
         "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
         "9223372036854775807.0", "92233720368547758.07", "1e18", "1e19", "10e-1", "1e-1", "1e-9", "1e-10",
         "100000000000000000000000000e-20", "0." + "0" * 30 + "1e31", "1" + "0" * 40 + "e-40", "1" * 40, "0." + "1" * 40,
         "1e99999999999999999999", "1e-99999999999999999999"]

print("/* decimal_vectors.h -- Made by decimal_vectors.py from Python's decimal module; do not edit. */")
print("#include <stdint.h>\n\n/* clang-format off */")
print("static const struct { const char *text; int scale; enum err code; int64_t value; } parse_rows[] = {")
for text in fixed:
    for scale in (0, 2, 6, 9):
        code, value = parse(text, scale)
        print(f'    {{"{text}", {scale}, ERR_{code}, {c(value)}}},')
for _ in range(300):
    text, scale = random_text(), rng.randint(0, 9)
    code, value = parse(text, scale)
    print(f'    {{"{text}", {scale}, ERR_{code}, {c(value)}}},')
print("};\n\nstatic const struct { int64_t value; int scale; const char *text, *brief; } text_rows[] = {")
for _ in range(100):
    value, scale = random_value(), rng.randint(0, 9)
    text = spelled(value, scale)
    brief = text.rstrip("0").rstrip(".") if "." in text else text
    print(f'    {{{c(value)}, {scale}, "{text}", "{brief}"}},')
print("};\n\nstatic const struct { int64_t a; int scale_a; int64_t b; int scale_b, scale; enum err code; int64_t value; } mul_rows[] = {")
for _ in range(200):
    a, sa, b, sb, scale = random_value(), rng.randint(0, 9), random_value(), rng.randint(0, 9), rng.randint(0, 9)
    code, value = judge((Decimal(a) * Decimal(b)).scaleb(scale - sa - sb))
    print(f"    {{{c(a)}, {sa}, {c(b)}, {sb}, {scale}, ERR_{code}, {c(value)}}},")
print("};\n\nstatic const struct { int64_t value; int from, to; enum err code; int64_t result; } rescale_rows[] = {")
for _ in range(100):
    value, start, end = random_value(), rng.randint(0, 9), rng.randint(0, 9)
    code, result = judge(Decimal(value).scaleb(end - start))
    print(f"    {{{c(value)}, {start}, {end}, ERR_{code}, {c(result)}}},")
print("};")
