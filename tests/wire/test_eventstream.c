#include <criterion/criterion.h>

#include "base/encode.h"
#include "base/limits.h"
#include "wire/eventstream.h"

static struct str bytes_of(struct arena *a, const char *hex)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    buf_init(&out, a, MIB);
    cr_assert_eq(decode_hex(&out, str_of(hex), &d), ERR_OK, "%s", d.msg);
    return buf_str(&out);
}

/* The published examples of the encoding: nothing at all; a payload; a payload under one header. */
#define EMPTY "000000100000000005c248eb7d98c8ff"
#define PAYLOAD "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936"
#define ONE_HEADER                                                                                 \
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27" \
    "6"                                                                                            \
    "66f6f273a27626172277d8d9c08b1"

Test(eventstream, writes_and_reads_the_published_messages)
{
    /* Bytes equal to the published ones, read back to what they say. */
    const struct eventstream_header type = {
        .name = STR("content-type"), .kind = EVENTSTREAM_TEXT, .value = STR("application/json")};
    const struct {
        const char *hex;
        struct eventstream_message message;
    } rows[] = {
        {EMPTY, {.payload = STR_EMPTY}},
        {PAYLOAD, {.payload = STR("{'foo':'bar'}")}},
        {ONE_HEADER, {.headers = &type, .header_count = 1, .payload = STR("{'foo':'bar'}")}},
    };
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct str want = bytes_of(a, rows[i].hex);
        struct buf out;
        struct eventstream_message got;
        struct diag d = DIAG_INIT;
        size_t at = 0;
        buf_init(&out, a, 4096);
        eventstream_write(&out, &rows[i].message);
        cr_assert(str_eq(buf_str(&out), want), "row %zu", i);
        cr_assert_eq(eventstream_read(want, &at, a, &got, &d), ERR_OK, "%s", d.msg);
        cr_assert_eq(at, want.len);
        cr_assert(str_eq(got.payload, rows[i].message.payload));
        cr_assert_eq(got.header_count, rows[i].message.header_count);
    }
    arena_free(a);
}

static const struct eventstream_header every_kind[] = {
    {.name = STR_INIT("yes"), .kind = EVENTSTREAM_TRUE},
    {.name = STR_INIT("no"), .kind = EVENTSTREAM_FALSE},
    {.name = STR_INIT("byte"), .kind = EVENTSTREAM_BYTE, .number = -128},
    {.name = STR_INIT("short"), .kind = EVENTSTREAM_SHORT, .number = -2},
    {.name = STR_INIT("int"), .kind = EVENTSTREAM_INT, .number = INT32_MIN},
    {.name = STR_INIT("long"), .kind = EVENTSTREAM_LONG, .number = INT64_MAX},
    {.name = STR_INIT("bytes"), .kind = EVENTSTREAM_BYTES, .value = STR_INIT("\0\xff")},
    {.name = STR_INIT("text"), .kind = EVENTSTREAM_TEXT, .value = STR_INIT("")},
    {.name = STR_INIT("moment"), .kind = EVENTSTREAM_MOMENT, .number = 1700000000002},
    {.name = STR_INIT("uuid"), .kind = EVENTSTREAM_UUID, .value = STR_INIT("0123456789abcdef")},
};
#define EVERY_KIND_COUNT (sizeof(every_kind) / sizeof(*every_kind))

static struct str message_of_every_kind(struct arena *a)
{
    struct eventstream_message message = {
        .headers = every_kind, .header_count = EVERY_KIND_COUNT, .payload = STR("body")};
    struct buf out;
    buf_init(&out, a, 4096);
    eventstream_write(&out, &message);
    return buf_str(&out);
}

Test(eventstream, headers_of_every_kind_come_back)
{
    /* Kind, number with its sign, and value. */
    struct arena *a = arena_new("test", MIB);
    struct eventstream_message got;
    struct diag d = DIAG_INIT;
    size_t at = 0;
    cr_assert_eq(eventstream_read(message_of_every_kind(a), &at, a, &got, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(got.header_count, EVERY_KIND_COUNT);
    for (size_t i = 0; i < EVERY_KIND_COUNT; i++) {
        cr_assert(str_eq(got.headers[i].name, every_kind[i].name));
        cr_assert_eq(got.headers[i].kind, every_kind[i].kind);
        cr_assert_eq(got.headers[i].number, every_kind[i].number);
        cr_assert(str_eq(got.headers[i].value, every_kind[i].value));
    }
    arena_free(a);
}

Test(eventstream, a_prefix_waits_and_a_flipped_bit_is_found)
{
    /* Every cut asks for more, every single bit that turns over is told as corrupt or too large,
     * and moves nothing. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct str whole = message_of_every_kind(a);
    struct eventstream_message got;
    for (size_t cut = 0; cut < whole.len; cut++) {
        struct diag d = DIAG_INIT;
        size_t at = 0;
        cr_assert_eq(eventstream_read(str_slice(whole, 0, cut), &at, a, &got, &d), ERR_NOT_FOUND);
        cr_assert_eq(d.code, ERR_OK);
    }
    char *bytes = arena_copy(a, whole.ptr, whole.len);
    for (size_t bit = 0; bit < whole.len * 8; bit++) {
        struct diag d = DIAG_INIT;
        size_t at = 0;
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        cr_assert_eq(eventstream_read(str_n(bytes, whole.len), &at, a, &got, &d), ERR_CORRUPT,
                     "bit %zu", bit);
        cr_assert_eq(at, 0);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    arena_free(a);
}

Test(eventstream, events_and_exceptions_name_themselves)
{
    /* Two messages one after the other; each says its kind, its type and how its payload is spelt.
     */
    struct arena *a = arena_new("test", MIB);
    struct buf out;
    struct diag d = DIAG_INIT;
    struct eventstream_message got;
    size_t at = 0;
    buf_init(&out, a, 4096);
    eventstream_event(&out, STR("initial-response"), STR("application/json"), STR("{}"));
    eventstream_exception(&out, STR("InternalFailureException"), STR("application/json"),
                          STR("{}"));
    cr_assert_eq(eventstream_read(buf_str(&out), &at, a, &got, &d), ERR_OK);
    cr_assert(str_eq(eventstream_text(&got, ":message-type"), STR("event")));
    cr_assert(str_eq(eventstream_text(&got, ":event-type"), STR("initial-response")));
    cr_assert(str_eq(eventstream_text(&got, ":content-type"), STR("application/json")));
    cr_assert_eq(eventstream_read(buf_str(&out), &at, a, &got, &d), ERR_OK);
    cr_assert(str_eq(eventstream_text(&got, ":message-type"), STR("exception")));
    cr_assert(str_eq(eventstream_text(&got, ":exception-type"), STR("InternalFailureException")));
    cr_assert_eq(eventstream_read(buf_str(&out), &at, a, &got, &d), ERR_NOT_FOUND);
    arena_free(a);
}
