/* test_tally.c -- Counts and aggregates by group: exact, mergeable, written and read; and the
 * shipped captures, whose figures were counted by other programs from the sources
 * (fixtures/expect). */
#include "fixture.h"

#include <string.h>

#include "base/csv.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/instant.h"
#include "pipeline/capture.h"
#include "pipeline/tally.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 2 * GIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(tally, .init = setup, .fini = teardown);

static struct definition *shop(void)
{
    return definition_of(
        memory, STR("schema: 1\nname: shop\nevent: {id: id, time: t}\ncolumns:\n"
                    "- {name: id, type: text}\n- {name: t, type: timestamp}\n"
                    "- {name: shop, type: text}\n"
                    "- {name: amount, type: decimal, scale: 2}\n- {name: n, type: integer}\n"
                    "reconcile: {sums: [amount, n], dimension: shop}\n"));
}

static struct row row_of(struct definition *def, const char *json)
{
    struct row row = record_decode(record_decoder_new(memory, def), str_of(json),
                                   (struct record_origin){STR("k"), 0}, memory);
    cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
    return row;
}

static void add(struct tally *t, struct definition *def, const char *json)
{
    struct diag d = DIAG_INIT;
    struct row row = row_of(def, json);
    cr_assert(tally_add(t, &row, &d) == ERR_OK, "%s", d.msg);
}

static struct str written(const struct tally *t)
{
    struct buf out;
    buf_init(&out, memory, MIB);
    tally_write(&out, t);
    return buf_str(&out);
}

static const char *const ORDERS[] = {
    "{\"id\":\"1\",\"t\":\"2001-01-02T00:00:00Z\",\"shop\":\"b\",\"amount\":0.10,\"n\":5}",
    "{\"id\":\"2\",\"t\":\"2001-01-02T23:59:59.999999Z\",\"shop\":\"b\",\"amount\":0.20}",
    "{\"id\":\"3\",\"t\":\"2001-01-03T00:30:00+01:00\",\"shop\":\"a\",\"amount\":-1,\"n\":7}",
    "{\"id\":\"4\",\"t\":\"2001-01-03\",\"amount\":3.05,\"n\":-2}",
};

/* Groups are the event's UTC day and the dimension; sums are exact; nulls count as rows only. */
Test(tally, groups_hold_counts_and_exact_sums)
{
    struct definition *def = shop();
    struct tally *t = tally_new(memory, def);
    struct tally_group g;
    for (size_t i = 0; i < 4; i++) {
        add(t, def, ORDERS[i]);
    }
    cr_assert(tally_next(t, STR_EMPTY, &g) && str_eq(g.name, STR("2001-01-02/a")));
    cr_expect(g.count == 1 && g.sums[0] == -100 && g.sums[1] == 7);
    cr_assert(tally_next(t, g.name, &g) && str_eq(g.name, STR("2001-01-02/b")));
    cr_expect(g.count == 2 && g.sums[0] == 30 && g.sums[1] == 5);
    cr_expect(g.mins[0] == 10 && g.maxs[0] == 20 && g.mins[1] == 5 && g.maxs[1] == 5);
    cr_assert(tally_next(t, g.name, &g) && str_eq(g.name, STR("2001-01-03/")));
    cr_expect(g.count == 1 && g.sums[0] == 305);
    cr_expect(!tally_next(t, g.name, &g));
}

/* Parts that are counted apart and merged in any order say the same as the whole. */
Test(tally, parts_merge_to_the_whole)
{
    struct definition *def = shop();
    struct diag d = DIAG_INIT;
    struct tally *whole = tally_new(memory, def), *left = tally_new(memory, def),
                 *right = tally_new(memory, def);
    for (size_t i = 0; i < 4; i++) {
        add(whole, def, ORDERS[i]);
        add(i % 2 == 0 ? left : right, def, ORDERS[i]);
    }
    cr_assert(tally_merge(right, left, &d) == ERR_OK);
    cr_expect(str_eq(written(right), written(whole)));
    cr_assert(tally_add_count(right, STR("2001-01-03/"), 4, &d) == ERR_OK);
    cr_expect(!str_eq(written(right), written(whole)));
}

/* Control totals are written in one way and read back; a group without numbers has no extremes. */
Test(tally, control_totals_are_written_and_read)
{
    struct definition *def = shop();
    struct diag d = DIAG_INIT;
    struct tally *t = tally_new(memory, def), *back = tally_new(memory, def);
    add(t, def, ORDERS[0]);
    add(t, def, "{\"id\":\"5\",\"t\":\"2001-01-05\",\"shop\":\"x\"}");
    struct str text = written(t);
    struct str expected = STR(
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"2001-01-02/b\":{\"count\":1,"
        "\"sum(amount)\":\"0.10\",\"min(amount)\":\"0.10\",\"max(amount)\":\"0.10\",\"sum(n)\":"
        "\"5\",\"min(n)\":\"5\",\"max(n)\":\"5\"},\"2001-01-05/x\":{\"count\":1,\"sum(amount)\":"
        "\"0.00\",\"sum(n)\":\"0\"}}}");
    cr_expect(str_eq(text, expected), "%.*s", STR_ARG(text));
    cr_assert(tally_read(back, text, &d) == ERR_OK, "%s", d.msg);
    cr_expect(str_eq(written(back), text));
    cr_assert(tally_read(back, text, &d) == ERR_OK, "%s", d.msg);
    struct tally_group g;
    cr_assert(tally_next(back, STR_EMPTY, &g));
    cr_expect(g.count == 2 && g.sums[0] == 20 && g.maxs[0] == 10, "read twice adds up");
}

/* What is no control total of this pipeline is refused whole: nothing of it is added. */
Test(tally, bad_control_totals_change_nothing)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{\"schema\":2,\"pipeline\":\"shop\",\"groups\":{}}",
        "{\"schema\":1,\"pipeline\":\"other\",\"groups\":{}}",
        "{\"schema\":1,\"pipeline\":\"shop\"}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"a\":{\"count\":1,\"sum(amount)\":\"1\"}}"
        "}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"a\":{\"sum(amount)\":\"1\",\"sum(n)\":1}"
        "}}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"g\":{\"count\":1,\"sum(amount)\":\"1\","
        "\"sum(n)\":\"1\"},\"a\":{\"count\":1,\"sum(amount)\":\"0.001\",\"sum(n)\":\"1\"}}}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"a\":{\"count\":-1,\"sum(amount)\":\"1\","
        "\"sum(n)\":\"1\"}}}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"a\":{\"count\":1,\"sum(x)\":\"1\"}}}",
        "{\"schema\":1,\"pipeline\":\"shop\",\"groups\":{\"a\":7}}",
    };
    struct definition *def = shop();
    struct tally *t = tally_new(memory, def);
    struct tally_group g;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct diag d = DIAG_INIT;
        cr_expect(tally_read(t, str_of(rows[i]), &d) == ERR_INVALID && d.msg[0] != '\0', "%s",
                  rows[i]);
        cr_expect(!tally_next(t, STR_EMPTY, &g), "%s", rows[i]);
    }
}

/* A sum that would leave 64 bits is an error that names it, and the group stays as it was. */
Test(tally, a_sum_never_wraps)
{
    struct definition *def = shop();
    struct tally *t = tally_new(memory, def);
    struct row row = row_of(def, "{\"id\":\"1\",\"t\":\"2001-01-02\",\"n\":9223372036854775807,"
                                 "\"amount\":1}");
    struct row one = row_of(def, "{\"id\":\"2\",\"t\":\"2001-01-02\",\"n\":1,\"amount\":1}");
    struct diag d = DIAG_INIT;
    struct tally_group g;
    cr_assert(tally_add(t, &row, &d) == ERR_OK);
    cr_expect(tally_add(t, &one, &d) == ERR_LIMIT);
    cr_expect(str_contains(str_of(d.msg), STR("sum of n")), "%s", d.msg);
    cr_assert(tally_next(t, STR_EMPTY, &g));
    cr_expect(g.count == 1 && g.sums[0] == 100 && g.sums[1] == INT64_MAX);
}

/* ---- the shipped captures ---- */

static struct str raw_of(const struct capture_record *records, size_t count)
{
    struct buf raw;
    buf_init(&raw, memory, 64 * MIB);
    for (size_t i = 0; i < count; i++) {
        buf_add(&raw, records[i].data);
        buf_add_char(&raw, '\n');
    }
    return buf_str(&raw);
}

/* One object of a manifest: read, compared with its line, decoded, tallied. */
static void play(struct tally *t, struct definition *def, const char *folder,
                 const struct str *line)
{
    struct diag d = DIAG_INIT;
    struct capture_record *records;
    size_t count;
    struct str path = str_printf(memory, "%s/%.*s", folder, STR_ARG(line[0]));
    struct str object = source_read(memory, str_z(memory, path));
    cr_assert(capture_read(memory, object, &records, &count, &d) == ERR_OK, "%s", d.msg);
    struct str raw = raw_of(records, count);
    cr_expect(str_eq(str_printf(memory, "%zu", object.len), line[1]));
    cr_expect(str_eq(str_printf(memory, "%zu", raw.len), line[2]));
    cr_expect(str_eq(str_printf(memory, "%zu", count), line[3]));
    cr_expect(str_eq(hash_sha256_hex(memory, raw), line[4]));
    struct record_decoder *r = record_decoder_new(memory, def);
    for (size_t i = 0; i < count; i++) {
        struct record_origin origin = {line[0], i};
        struct row row = record_decode(r, records[i].data, origin, memory);
        cr_assert_eq(row.fate, RECORD_ROW, "%.*s", STR_ARG(row.reason));
        cr_assert(tally_add(t, &row, &d) == ERR_OK, "%s", d.msg);
    }
}

static size_t play_all(struct tally *t, struct definition *def, const char *folder)
{
    struct csv_reader reader;
    struct str line[5];
    size_t fields, objects = 0;
    struct diag d = DIAG_INIT;
    struct str path = str_printf(memory, "%s/manifest.tsv", folder);
    csv_reader_init(&reader, source_read(memory, str_z(memory, path)), '\t');
    cr_assert(csv_read(&reader, memory, line, 5, &fields, &d) == ERR_OK);
    while (csv_read(&reader, memory, line, 5, &fields, &d) == ERR_OK) {
        play(t, def, folder, line);
        objects++;
    }
    return objects;
}

/* The tally's groups, dimension folded away, against the expectation's rows by day. */
static void expect_days(const struct tally *t, const struct definition *def, const char *path,
                        int64_t ret_totals[3])
{
    struct diag d = DIAG_INIT;
    struct json *tree;
    struct tally_group g;
    size_t seen = 0;
    cr_assert(json_parse(memory, source_read(memory, path), &tree, &d) == ERR_OK, "%s", d.msg);
    const struct json *days = json_at(tree, "groups.0.rows");
    bool more = tally_next(t, STR_EMPTY, &g);
    while (more) {
        struct str day = str_slice(g.name, 0, 10);
        int64_t count = 0, sum = 0, expected_sum;
        for (; more && str_starts(g.name, day); more = tally_next(t, g.name, &g)) {
            count += (int64_t)g.count;
            sum += g.sums[0];
            ret_totals[2] += g.sums[1];
        }
        const struct json *row = json_get(days, day);
        cr_assert(row != NULL, "%.*s", STR_ARG(day));
        cr_assert(decimal_parse(row->first->next->text, def->columns[def->sum_columns[0]].scale,
                                &expected_sum, &d) == ERR_OK);
        cr_expect(str_eq(row->first->text, str_printf(memory, "%lld", (long long)count)));
        cr_expect_eq(sum, expected_sum, "%.*s", STR_ARG(day));
        ret_totals[0] += count;
        ret_totals[1] += sum;
        seen++;
    }
    cr_expect_eq(seen, days->count);
}

/* The captures are what their manifests say, every record of them is a good row, and every day's
 * figures are those that were counted from the sources without this code. */
Test(tally, the_shipped_captures_add_up)
{
    int64_t totals[3] = {0};
    struct definition *def = definition_file(memory, "fixtures/pipelines/flights.yaml");
    struct tally *t = tally_new(memory, def);
    cr_expect_eq(play_all(t, def, "fixtures/captures/flights-2001-q1"), 90);
    expect_days(t, def, "fixtures/expect/flights-2001-q1.json", totals);
    cr_expect(totals[0] == 20000 && totals[1] == 154078 && totals[2] == 14476934);
    memset(totals, 0, sizeof totals);
    def = definition_file(memory, "fixtures/pipelines/birdstrikes.yaml");
    t = tally_new(memory, def);
    cr_expect_eq(play_all(t, def, "fixtures/captures/birdstrikes"), 13);
    expect_days(t, def, "fixtures/expect/birdstrikes.json", totals);
    cr_expect(totals[0] == 10000 && totals[1] == 40545276 && totals[2] == 36302865);
}
