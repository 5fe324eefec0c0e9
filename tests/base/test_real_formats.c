/* test_real_formats.c -- CSV, concatenated JSON, decimals and times over real files, against totals
 * that others counted. The files are not in the repository: AFORO_DATA names their folder, and
 * without it the tests skip. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/csv.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"

static struct arena *memory;
static const char *folder;

static void setup(void)
{
    memory = arena_new("test", GIB);
    folder = getenv("AFORO_DATA");
    if (folder == NULL) {
        cr_skip_test("AFORO_DATA is not set");
    }
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(real_formats, .init = setup, .fini = teardown);

/* What a shell command prints. */
static struct str output_of(struct str command)
{
    struct buf out;
    buf_init(&out, memory, 512 * MIB);
    FILE *f = popen(str_z(memory, command), "r");
    cr_assert(f != NULL);
    for (size_t got = 1; got > 0; buf_commit(&out, got)) {
        got = fread(buf_reserve(&out, MIB), 1, MIB, f);
    }
    cr_assert(pclose(f) == 0);
    return buf_str(&out);
}

static int64_t read_decimal(struct str text, int scale)
{
    struct diag d = DIAG_INIT;
    int64_t value = 0;
    cr_assert(decimal_parse(text, scale, &value, &d) == ERR_OK, "%s", d.msg);
    return value;
}

static struct json *expected(const char *name)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    struct str text = output_of(str_printf(memory, "cat '%s/%s/expected.json'", folder, name));
    cr_assert(json_parse(memory, text, &tree, &d) == ERR_OK, "%s", d.msg);
    return tree;
}

static int64_t expected_number(const struct json *totals, const char *key, int scale)
{
    struct json *node = json_get(totals, str_of(key));
    cr_assert(node != NULL, "%s", key);
    return read_decimal(json_str(node), scale);
}

/* Every invoice line of a year is read, and quantity times price adds up to the cent's fraction. */
Test(real_formats, retail_orders_add_up)
{
    struct json *totals = expected("retail-orders-2011");
    struct str paths = output_of(
        str_printf(memory, "find '%s/retail-orders-2011/by-day' -name '*.csv.gz' | sort", folder));
    struct diag d = DIAG_INIT;
    int64_t rows = 0, quantity = 0, amount = 0;
    for (struct str path; str_cut(&paths, '\n', &path) && path.len > 0;) {
        struct str fields[8];
        size_t count = 0;
        struct csv_reader r;
        struct arena_mark mark = arena_mark(memory);
        csv_reader_init(&r, output_of(str_printf(memory, "gzip -dc '%.*s'", STR_ARG(path))), ',');
        cr_assert(csv_read(&r, memory, fields, 8, &count, &d) == ERR_OK, "%s", d.msg);
        cr_assert(str_eq(fields[3], STR("Quantity")) && str_eq(fields[5], STR("UnitPrice")));
        while (csv_read(&r, memory, fields, 8, &count, &d) == ERR_OK) {
            int64_t line = 0, at = 0;
            int64_t pieces = read_decimal(fields[3], 0);
            int64_t price = read_decimal(fields[5], 3);
            cr_assert_eq(count, 8);
            cr_assert(decimal_mul(pieces, 0, price, 3, 6, &line, &d) == ERR_OK, "%s", d.msg);
            cr_assert(instant_parse(fields[4], &at, &d) == ERR_OK, "%s", d.msg);
            rows++;
            quantity += pieces;
            amount += line;
        }
        cr_assert(d.code == ERR_OK, "%.*s: %s", STR_ARG(path), d.msg);
        arena_rewind(memory, mark);
    }
    cr_expect_eq(rows, expected_number(totals, "rows", 0));
    cr_expect_eq(quantity, expected_number(totals, "sum_Quantity", 0));
    cr_expect_eq(amount, expected_number(totals, "sum_Quantity_times_UnitPrice", 6));
}

/* Objects of JSON without any delimiter, as Firehose delivers, are told apart; none is lost and all
 * is read. */
Test(real_formats, firehose_objects_are_split)
{
    struct json *totals = expected("bank-loans-2012");
    struct str text = output_of(str_printf(
        memory, "find '%s/bank-loans-2012/firehose' -name '*.gz' | sort | xargs gzip -dc", folder));
    struct diag d = DIAG_INIT;
    struct str value;
    size_t at = 0;
    int64_t events = 0, amount = 0, first = INT64_MAX, last = INT64_MIN;
    while (json_split(text, &at, &value, &d) == ERR_OK) {
        struct json *event = NULL;
        int64_t requested = 0, us = 0;
        struct arena_mark mark = arena_mark(memory);
        cr_assert(json_parse(memory, value, &event, &d) == ERR_OK, "%s", d.msg);
        cr_assert(json_i64(json_get(event, STR("amount_requested")), &requested, &d) == ERR_OK,
                  "%s", d.msg);
        cr_assert(instant_parse(json_str(json_get(event, STR("time"))), &us, &d) == ERR_OK, "%s",
                  d.msg);
        first = us < first ? us : first;
        last = us > last ? us : last;
        amount += requested;
        events++;
        arena_rewind(memory, mark);
    }
    cr_assert(d.code == ERR_OK, "%s", d.msg);
    cr_expect_eq(events, expected_number(totals, "events", 0));
    cr_expect_eq(amount, expected_number(totals, "sum_amount_requested_over_events", 0));
    int64_t want = 0;
    cr_expect(instant_parse(json_str(json_get(totals, STR("first_time"))), &want, &d) == ERR_OK &&
              first == want);
    cr_expect(instant_parse(json_str(json_get(totals, STR("last_time"))), &want, &d) == ERR_OK &&
              last == want);
}
