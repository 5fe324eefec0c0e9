/* fuzz_scalars.c -- Any bytes as a moment, a duration, a decimal and a ratio: what is read, is
 * written and read as the same. The first line of the input is the text, the second the pattern of
 * a moment. */
#include "base/decimal.h"
#include "base/instant.h"
#include "base/limits.h"
#include "fuzz_check.h"

static void check_moment(struct arena *a, int64_t us)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    int64_t again;
    buf_init(&out, a, KIB);
    instant_iso(&out, us);
    CHECK(instant_parse(buf_str(&out), &again, &d) == ERR_OK);
    CHECK(again == us);
    buf_truncate(&out, 0);
    instant_http(&out, us);
    CHECK(instant_parse_http(buf_str(&out), &again, &d) == ERR_OK);
    CHECK(again == instant_floor(us, US_PER_S));
    struct civil c = instant_civil(us);
    CHECK(instant_of(c.year, c.month, c.day, c.hour, c.minute, c.second) + c.microsecond == us);
}

static void check_duration(struct arena *a, int64_t us)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    int64_t again;
    buf_init(&out, a, KIB);
    duration_text(&out, us);
    CHECK(duration_parse(buf_str(&out), &again, &d) == ERR_OK);
    CHECK(again == us);
}

static void check_decimal(struct arena *a, int64_t value, int scale)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    int64_t again;
    buf_init(&out, a, KIB);
    decimal_text(&out, value, scale);
    CHECK(decimal_parse(buf_str(&out), scale, &again, &d) == ERR_OK);
    CHECK(again == value);
    buf_truncate(&out, 0);
    decimal_text_short(&out, value, scale);
    CHECK(decimal_parse(buf_str(&out), scale, &again, &d) == ERR_OK);
    CHECK(again == value);
    int64_t half;
    if (scale > 0 && decimal_rescale(value, scale, scale - 1, &half, &d) == ERR_OK) {
        CHECK(half * 10 == value);
    }
}

static void check_all(struct arena *a, struct str text, struct str pattern)
{
    struct diag d = DIAG_INIT;
    int64_t value;
    struct ratio r;
    if (instant_parse(text, &value, &d) == ERR_OK) {
        check_moment(a, value);
    }
    if (instant_parse_as(text, pattern, &value, &d) == ERR_OK) {
        check_moment(a, value);
    }
    if (instant_parse_http(text, &value, &d) == ERR_OK) {
        check_moment(a, value);
    }
    if (duration_parse(text, &value, &d) == ERR_OK) {
        check_duration(a, value);
    }
    for (int scale = 0; scale <= DECIMAL_SCALE_MAX; scale++) {
        if (decimal_parse(text, scale, &value, &d) == ERR_OK) {
            check_decimal(a, value, scale);
        }
    }
    if (ratio_parse(text, &r, &d) == ERR_OK) {
        CHECK(r.den > 0);
    }
}

/* The first eight bytes as a number, so that the writers are tried outside what the readers give.
 */
static void check_any_value(struct arena *a, struct str bytes)
{
    struct buf out;
    int64_t value = 0;
    for (size_t i = 0; i < 8 && i < bytes.len; i++) {
        value = (int64_t)((uint64_t)value << 8 | (unsigned char)bytes.ptr[i]);
    }
    buf_init(&out, a, KIB);
    instant_iso(&out, value);
    instant_iso_ms(&out, value);
    instant_amz(&out, value);
    duration_text(&out, value);
    decimal_text(&out, value, 9);
    struct civil c = instant_civil(value);
    if (value > INT64_MIN + US_PER_S) { /* below, the whole second is no int64 any more */
        CHECK(instant_of(c.year, c.month, c.day, c.hour, c.minute, c.second) <= value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 64 * MIB);
    struct str input = str_n((const char *)data, size);
    struct str text = input;
    struct str pattern;
    str_split(input, '\n', &text, &pattern);
    check_all(a, text, pattern);
    check_any_value(a, input);
    arena_free(a);
    return 0;
}
