/* test_record.c -- Raw bytes to a row, or to the reason why not. */
#include "fixture.h"

#include "base/instant.h"
#include "pipeline/record.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 256 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(record, .init = setup, .fini = teardown);

static const char DEFINITION[] =
    "schema: 1\nname: x\nevent: {id: id, time: t}\ncolumns:\n"
    "- {name: id, type: text, max_length: 8}\n"
    "- {name: t, type: timestamp}\n"
    "- {name: n, type: integer, min: -5, max: 100}\n"
    "- {name: price, type: decimal, scale: 2, min: 0, from: deep.price}\n"
    "- {name: word, type: text, values: [one, two], from: \"the word\"}\n"
    "- {name: code, type: text, pattern: \"A?-*\", from: 'dot\\.ted'}\n"
    "- {name: flag, type: boolean}\n"
    "- {name: loose, type: integer, lenient: true}\n"
    "- {name: when_ms, type: timestamp, format: epoch_ms}\n"
    "- {name: cost, type: decimal, scale: 2, derive: price * n}\n"
    "- {name: must, type: integer, derive: \"coalesce(n, 0)\", required: true, max: 50}\n"
    "transforms:\n- filter: n is null or n != 13\n";

static struct row decode(struct definition *def, const char *json)
{
    struct record_decoder *r = record_decoder_new(memory, def);
    return record_decode(r, str_of(json), (struct record_origin){STR("k"), 7}, memory);
}

/* A good record: each type, nested, spaced and dotted paths, what is absent, what is derived. */
Test(record, a_row_holds_the_typed_values)
{
    struct definition *def = definition_of(memory, str_of(DEFINITION));
    struct row row = decode(
        def, "{\"extra\":[1,{\"id\":\"no\"}],\"id\":\"e\\u0031\",\"id\":\"second\",\"n\":-0,"
             "\"deep\":{\"x\":{},\"price\":12.5},\"the word\":\"two\",\"dot.ted\":\"A1-\",\"flag\":"
             "true,\"loose\":\"17850.0\",\"when_ms\":1500,\"t\":\"2001-01-31T23:59:59.5+01:00\"}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(str_eq(row.event_id, STR("e1")));
    cr_expect_eq(row.event_us, instant_of(2001, 1, 31, 22, 59, 59) + 500000);
    cr_expect(row.values[2].type == WAREHOUSE_I64 && row.values[2].i64 == 0);
    cr_expect(row.values[3].type == WAREHOUSE_DECIMAL && row.values[3].i64 == 1250 &&
              row.values[3].scale == 2);
    cr_expect(str_eq(row.values[4].text, STR("two")) && str_eq(row.values[5].text, STR("A1-")));
    cr_expect(row.values[6].type == WAREHOUSE_BOOL && row.values[6].i64 == 1);
    cr_expect(row.values[7].i64 == 17850 && row.values[8].i64 == 1500000);
    cr_expect(row.values[9].type == WAREHOUSE_DECIMAL && row.values[9].i64 == 0);
    cr_expect(str_eq(row.values[11].text, STR("k")) && row.values[12].i64 == 7);
    row = decode(def, "{\"t\":\"2001-01-31\",\"id\":\"a\",\"n\":null,\"deep\":3}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    for (size_t i = 2; i < 10; i++) {
        cr_expect_eq(row.values[i].type, WAREHOUSE_NULL, "column %zu", i);
    }
    cr_expect(row.values[10].type == WAREHOUSE_I64 && row.values[10].i64 == 0);
}

#define GOOD "\"id\":\"a\",\"t\":\"2001-01-31\""

/* Bounds, lengths and the largest numbers are themselves allowed. */
Test(record, limits_are_included)
{
    static const char *const rows[] = {"{" GOOD ",\"n\":-5}",
                                       "{" GOOD ",\"n\":50}",
                                       "{" GOOD ",\"deep\":{\"price\":0}}",
                                       "{" GOOD ",\"loose\":-9223372036854775808}",
                                       "{" GOOD ",\"deep\":{\"price\":92233720368547758.07}}",
                                       "{\"id\":\"12345678\",\"t\":\"2001-01-31\"}"};
    struct definition *def = definition_of(memory, str_of(DEFINITION));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row row = decode(def, rows[i]);
        cr_expect_eq(row.fate, RECORD_ROW, "%s %.*s", rows[i], STR_ARG(row.reason));
    }
}

/* What a filter does not keep is neither a row nor refused. */
Test(record, a_filter_leaves_records_out)
{
    struct definition *def = definition_of(memory, str_of(DEFINITION));
    struct row row = decode(def, "{\"id\":\"a\",\"t\":\"2001-01-31\",\"n\":13}");
    cr_expect(row.fate == RECORD_FILTERED && row.values == NULL);
    cr_expect(str_eq(row.event_id, STR("a")) && row.event_us == instant_of(2001, 1, 31, 0, 0, 0));
}

/* Each way to be wrong has its own stable reason, which holds nothing of the payload; the id and
 * the time are told where they could be read. */
Test(record, a_bad_record_is_refused_with_its_reason)
{
    static const struct {
        const char *json, *reason;
        bool has_id, has_time;
    } rows[] = {
        {"", "not JSON", false, false},
        {"{" GOOD, "not JSON", true, true},
        {"{" GOOD "} x", "not JSON", true, true},
        {"{" GOOD ",\"z\":[1,}", "not JSON", true, true},
        {"[{" GOOD "}]", "not an object", false, false},
        {"[1,", "not JSON", false, false},
        {"1", "not an object", false, false},
        {"\"x\" 1", "not JSON", false, false},
        {"{\"t\":\"2001-01-31\"}", "id: missing", false, true},
        {"{\"id\":\"\",\"t\":\"2001-01-31\"}", "id: missing", false, true},
        {"{\"id\":null,\"t\":\"2001-01-31\"}", "id: missing", false, true},
        {"{\"id\":5,\"t\":\"2001-01-31\"}", "id: not text", false, true},
        {"{\"id\":\"123456789\",\"t\":\"2001-01-31\"}", "id: over 8 bytes", false, true},
        {"{\"id\":\"a\"}", "t: missing", true, false},
        {"{\"id\":\"a\",\"t\":\"soon\"}", "t: not a timestamp", true, false},
        {"{\"id\":\"a\",\"t\":5}", "t: not a timestamp", true, false},
        {"{" GOOD ",\"n\":\"1\"}", "n: not a whole number", true, true},
        {"{" GOOD ",\"n\":1.0}", "n: not a whole number", true, true},
        {"{" GOOD ",\"n\":{}}", "n: not a whole number", true, true},
        {"{" GOOD ",\"n\":true}", "n: not a whole number", true, true},
        {"{" GOOD ",\"n\":9223372036854775808}", "n: out of range", true, true},
        {"{" GOOD ",\"n\":-6}", "n: below the minimum", true, true},
        {"{" GOOD ",\"n\":101}", "n: above the maximum", true, true},
        {"{" GOOD ",\"n\":51}", "must: above the maximum", true, true},
        {"{" GOOD ",\"deep\":{\"price\":\"1\"}}", "price: not a number", true, true},
        {"{" GOOD ",\"deep\":{\"price\":0.001}}", "price: over 2 decimals", true, true},
        {"{" GOOD ",\"deep\":{\"price\":1e30}}", "price: out of range", true, true},
        {"{" GOOD ",\"deep\":{\"price\":-0.01}}", "price: below the minimum", true, true},
        {"{" GOOD ",\"deep\":{\"price\":92233720368547758.07},\"n\":2}", "cost: out of range", true,
         true},
        {"{" GOOD ",\"the word\":\"three\"}", "word: not one of the values", true, true},
        {"{" GOOD ",\"dot.ted\":\"B\"}", "code: not of the pattern", true, true},
        {"{" GOOD ",\"dot.ted\":\"A1-\xff\"}", "code: not UTF-8", true, true},
        {"{" GOOD ",\"dot.ted\":\"A1-\\u0000\"}", "code: a NUL in the text", true, true},
        {"{" GOOD ",\"flag\":1}", "flag: not true or false", true, true},
        {"{" GOOD ",\"loose\":\"x\"}", "loose: not a whole number", true, true},
        {"{" GOOD ",\"loose\":1.5}", "loose: not a whole number", true, true},
        {"{" GOOD ",\"when_ms\":\"5\"}", "when_ms: not a timestamp", true, true},
        {"{" GOOD ",\"when_ms\":1e18}", "when_ms: not a timestamp", true, true},
    };
    struct definition *def = definition_of(memory, str_of(DEFINITION));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row row = decode(def, rows[i].json);
        cr_expect(row.fate == RECORD_REJECTED && row.values == NULL, "%s", rows[i].json);
        cr_expect(str_eq(row.reason, str_of(rows[i].reason)), "<%s> %.*s", rows[i].json,
                  STR_ARG(row.reason));
        cr_expect_eq(row.event_id.len > 0, rows[i].has_id, "%s", rows[i].json);
        cr_expect_eq(row.event_us != INSTANT_NEVER, rows[i].has_time, "%s", rows[i].json);
    }
}

/* Lenient columns take what spells their type; the others would refuse each of these. */
Test(record, lenient_columns_take_what_spells_their_type)
{
    struct definition *def = definition_of(
        memory,
        STR("schema: 1\nname: x\nevent: {id: id, time: t}\ncolumns:\n- {name: id, type: text}\n"
            "- {name: t, type: timestamp}\n- {name: i, type: integer}\n"
            "- {name: d, type: decimal, scale: 3}\n- {name: b, type: boolean}\n"
            "- {name: s, type: text}\ntransforms:\n"
            "- cast: {id: text, i: integer, d: decimal, b: boolean, s: text}\n"));
    struct row row = decode(def, "{\"id\":17,\"t\":\"2001-01-31\",\"i\":123.0,\"d\":\"1.5\",\"b\":"
                                 "\"TRUE\",\"s\":true}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(str_eq(row.event_id, STR("17")) && row.values[2].i64 == 123);
    cr_expect(row.values[3].i64 == 1500 && row.values[4].i64 == 1);
    cr_expect(str_eq(row.values[5].text, STR("true")));
    row = decode(def, "{\"id\":\"x\",\"t\":\"2001-01-31\",\"i\":\"\",\"d\":\"\",\"b\":\"\",\"s\":"
                      "\"\"}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    for (size_t i = 2; i < 6; i++) {
        cr_expect_eq(row.values[i].type, WAREHOUSE_NULL);
    }
}

/* Masks act last: constraints, filters and expressions see the value itself. The hash is that of
 * the sha256sum program: printf %s 4242-1111 | sha256sum. */
Test(record, masks_hide_what_was_checked)
{
    struct definition *def = definition_of(
        memory,
        STR("schema: 1\nname: x\nevent: {id: id, time: t}\ncolumns:\n"
            "- {name: id, type: text, mask: hash, pattern: \"4???*\"}\n"
            "- {name: t, type: timestamp}\n"
            "- {name: card, type: text, mask: last4}\n- {name: who, type: text, mask: redact}\n"
            "- {name: n, type: integer, derive: length(who)}\n"));
    struct row row = decode(def, "{\"id\":\"4242-1111\",\"t\":\"2001-01-31\",\"card\":"
                                 "\"12345678\xc3\xa9\",\"who\":\"Ann\"}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(str_eq(row.event_id, STR("a187021ec26dbd19")), "%.*s", STR_ARG(row.event_id));
    cr_expect(str_eq(row.values[0].text, row.event_id));
    cr_expect(str_eq(row.values[2].text, STR("****678\xc3\xa9")));
    cr_expect(str_eq(row.values[3].text, STR("***")) && row.values[4].i64 == 3);
    row = decode(def, "{\"id\":\"4242-1111\",\"t\":\"2001-01-31\",\"card\":\"1234\"}");
    cr_expect(str_eq(row.values[2].text, STR("****")) && row.values[3].type == WAREHOUSE_NULL);
    row = decode(def, "{\"id\":\"4242-1111\",\"t\":\"x\"}");
    cr_expect(row.fate == RECORD_REJECTED && str_eq(row.event_id, STR("a187021ec26dbd19")));
}

/* Renames act on the input before columns read it, in their order, also for what lies below. */
Test(record, renames_lead_to_the_input)
{
    struct definition *def = definition_of(
        memory,
        STR("schema: 1\nname: x\nevent: {id: id, time: t}\ncolumns:\n- {name: id, type: text}\n"
            "- {name: t, type: timestamp, from: meta.at}\n- {name: a, type: integer}\n"
            "- {name: b, type: integer}\ntransforms:\n- rename: {m: head}\n"
            "- rename: {head: meta}\n- rename: {a: swap, b: a, swap: b}\n"));
    struct row row = decode(def, "{\"id\":\"x\",\"m\":{\"at\":\"2001-01-31\"},\"a\":1,\"b\":2}");
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(row.values[2].i64 == 2 && row.values[3].i64 == 1);
}

/* A flat file's texts are read as the types that they spell; empty is missing; the id is the place.
 */
Test(record, fields_of_a_flat_file_are_read_by_name)
{
    struct definition *def = definition_of(
        memory, STR("schema: 1\nname: x\nevent: {id: position, time: t}\ncolumns:\n"
                    "- {name: t, type: timestamp, from: Flight Date}\n"
                    "- {name: cost, type: decimal, scale: 2, from: Cost Total $, required: true}\n"
                    "- {name: n, type: integer, from: a.b}\n- {name: b, type: boolean}\n"
                    "- {name: s, type: text}\n"));
    struct record_decoder *r = record_decoder_new(memory, def);
    const struct str names[] = {
        STR("Cost Total $"), STR("Flight Date"), STR("a.b"), STR("b"), STR("s"), STR("other")};
    const struct str good[] = {STR("12.5"), STR("1990-01-08"), STR("7"),
                               STR("true"), STR(""),           STR("x")};
    struct record_origin origin = {STR("f.csv"), 3};
    struct row row = record_decode_fields(r, names, good, 6, origin, memory);
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(str_eq(row.event_id, STR("f.csv#3")) && row.values[2].i64 == 1250);
    cr_expect(row.values[3].i64 == 7 && row.values[4].i64 == 1);
    cr_expect_eq(row.values[5].type, WAREHOUSE_NULL);
    const struct str bad[] = {STR(""), STR("1990-01-08"), STR("7")};
    row = record_decode_fields(r, names, bad, 3, origin, memory);
    cr_expect(row.fate == RECORD_REJECTED && str_eq(row.reason, STR("cost: missing")));
    cr_expect(str_eq(row.event_id, STR("f.csv#3")) && row.event_us != INSTANT_NEVER);
    const struct str half[] = {STR("1"), STR("1990-01-08"), STR("7.0")};
    row = record_decode_fields(r, names, half, 3, origin, memory);
    cr_expect(str_eq(row.reason, STR("n: not a whole number")), "%.*s", STR_ARG(row.reason));
}

/* A record that was cut anywhere is no record. */
Test(record, every_truncation_of_a_record_is_refused)
{
    struct definition *def = definition_file(memory, "fixtures/pipelines/flights.yaml");
    struct record_decoder *r = record_decoder_new(memory, def);
    struct str json = STR("{\"id\":\"f-00001\",\"date\":\"2001/01/01 00:47\",\"delay\":66,"
                          "\"distance\":1750,\"origin\":\"DTW\",\"destination\":\"LAS\"}");
    struct record_origin origin = {STR("k"), 0};
    struct row row = record_decode(r, json, origin, memory);
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    cr_expect(row.values[6].i64 == 1 && row.values[2].i64 == 66);
    for (size_t len = 0; len < json.len; len++) {
        row = record_decode(r, str_slice(json, 0, len), origin, memory);
        cr_expect(row.fate == RECORD_REJECTED && str_eq(row.reason, STR("not JSON")), "%zu", len);
    }
}
