/* test_expect.c -- Expectations: every figure and grouping against sums done by hand, and every
 * kind of difference. */
#include <criterion/criterion.h>

#include "player_bench.h"
#include "replay/expect.h"
#include "replay/expect_report.h"

TestSuite(expect, .init = bench_setup, .fini = bench_teardown);

/* Five sales; one has no shop, one is a gift, one is not read, two share an hour. */
static const char data[] =
    "{\"id\":\"a\",\"at\":\"2026-03-31T23:59:59.5Z\",\"shop\":\"porto\",\"amount\":10.25,"
    "\"pieces\":1}\n"
    "{\"id\":\"b\",\"at\":\"2026-04-01T00:00:00Z\",\"shop\":\"lyon\",\"amount\":-0.75,\"pieces\":2}"
    "\n"
    "{\"id\":\"c\",\"at\":\"2026-04-01T00:30:00Z\",\"shop\":\"porto\",\"amount\":0,\"pieces\":3}\n"
    "{\"id\":\"d\",\"at\":\"2026-04-01T13:00:00Z\",\"amount\":100000000.01,\"pieces\":40}\n"
    "{\"id\":\"e\",\"at\":\"2026-04-01T13:00:00Z\",\"amount\":\"many\",\"pieces\":40}\n";

static const char good[] =
    "{\"schema\":1,\"objects\":1,\"records\":5,\"rows\":4,\"duplicates\":0,\"quarantined\":1,"
    "\"filtered\":0,\n"
    "\"aggregates\":[{\"of\":\"count\",\"equals\":4},{\"of\":\"sum(amount)\",\"equals\":"
    "\"100000009.51\"},\n"
    "{\"of\":\"sum(pieces)\",\"equals\":46},{\"of\":\"min(amount)\",\"equals\":-0.75},\n"
    "{\"of\":\"max(amount)\",\"equals\":\"100000000.010\"},{\"of\":\"min(at)\",\"equals\":\"2026-"
    "03-31T23:59:59.500Z\"},\n"
    "{\"of\":\"max(shop)\",\"equals\":\"porto\"},{\"of\":\"min(shop)\",\"equals\":\"lyon\"},\n"
    "{\"of\":\"distinct(shop)\",\"equals\":2},{\"of\":\"distinct(id)\",\"equals\":\"4\"},\n"
    "{\"of\":\"sum(pieces)\",\"where\":\"gift\",\"equals\":3},{\"of\":\"count\",\"where\":\"gift\","
    "\"equals\":1}],\n"
    "\"groups\":[\n"
    "{\"by\":\"day\",\"of\":[\"count\",\"sum(amount)\"],\"rows\":{\"2026-03-31\":[1,\"10.25\"],"
    "\"2026-04-01\":[3,\"99999999.26\"]}},\n"
    "{\"by\":\"month\",\"of\":[\"count\"],\"rows\":{\"2026-03\":[1],\"2026-04\":[3]}},\n"
    "{\"by\":\"hour\",\"of\":[\"sum(pieces)\",\"max(id)\"],\"rows\":{\"2026-03-31T23\":[1,\"a\"],"
    "\"2026-04-01T00\":[5,\"c\"],"
    "\"2026-04-01T13\":[40,\"d\"]}},\n"
    "{\"by\":\"shop\",\"of\":[\"count\",\"min(at)\"],\"rows\":{\"porto\":[2,\"2026-03-31T23:59:59."
    "500Z\"],"
    "\"lyon\":[1,\"2026-04-01T00:00:00Z\"],\"-\":[1,\"2026-04-01T13:00:00Z\"]}},\n"
    "{\"by\":\"gift\",\"of\":[\"count\"],\"rows\":{\"true\":[1],\"false\":[3]}},\n"
    "{\"by\":\"amount\",\"of\":[\"count\"],\"rows\":{\"-0.75\":[1],\"0.00\":[1],\"10.25\":[1],"
    "\"100000000.01\":[1]}}]}\n";
#define GOOD_FIGURES (6 + 12 + 4 + 2 + 6 + 6 + 2 + 4)

struct scene {
    struct warehouse *warehouse;
    struct player_result played;
};

static struct scene scene_of(const char *text)
{
    struct scene s = {.warehouse = bench_warehouse()};
    bench_write("in/sales.json", str_of(text));
    s.played = bench_play(s.warehouse, "in");
    cr_assert_eq(s.played.problem_count, 0);
    return s;
}

static struct expect_result checked(struct scene *s, const char *text)
{
    struct expect_result r = {0};
    struct diag d = DIAG_INIT;
    enum err err = expect_check(bench_arena(), str_of(text), STR("e.json"), bench_definition(),
                                s->warehouse, &s->played, &r, &d);
    cr_assert(err == ERR_OK, "%s", d.msg);
    return r;
}

/* The file with the first `from` replaced. */
static const char *changed(const char *text, const char *from, const char *to)
{
    struct str t = str_of(text);
    size_t at = str_find_str(t, str_of(from));
    cr_assert(at != STR_NONE, "%s", from);
    return str_z(bench_arena(), str_printf(bench_arena(), "%.*s%s%s", (int)at, text, to,
                                           text + at + strlen(from)));
}

static void expect_line(const struct expect_line *l, const char *line)
{
    struct str found =
        str_printf(bench_arena(), "%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(l->what), STR_ARG(l->group),
                   STR_ARG(l->expected), STR_ARG(l->found), STR_ARG(l->difference));
    cr_expect(str_eq(found, str_of(line)), "%.*s, not %s", STR_ARG(found), line);
}

Test(expect, agrees_with_sums_done_by_hand)
{
    /* Every figure and every grouping of five sales, exact to the last digit, in both dialects. */
    struct scene s = scene_of(data);
    struct expect_result r = checked(&s, good);
    for (size_t i = 0; i < r.count; i++) {
        expect_line(&r.lines[i], "no difference");
    }
    cr_expect_eq(r.count, 0);
    cr_expect_eq(r.checked, GOOD_FIGURES);
    struct buf out;
    buf_init(&out, bench_arena(), 1 << 16);
    expect_table(&out, &r, 10);
    cr_expect(str_eq(buf_str(&out), STR("42 figures checked, all equal\n")), "%.*s",
              STR_ARG(buf_str(&out)));
}

Test(expect, names_each_difference)
{
    /* One figure of the file is wrong: it and no other differs, with expected, found and by how
     * much. */
    static const struct {
        const char *from, *to, *line;
    } rows[] = {
        {"\"records\":5", "\"records\":6", "records||6|5|-1"},
        {"\"quarantined\":1", "\"quarantined\":0", "quarantined||0|1|+1"},
        {"100000009.51", "100000009.50", "sum(amount)||100000009.50|100000009.51|+0.01"},
        {"100000000.010", "100000000.011", "max(amount)||100000000.011|100000000.01|"},
        {"\"equals\":-0.75", "\"equals\":\"x\"", "min(amount)||x|-0.75|"},
        {"\"equals\":3}", "\"equals\":13}", "sum(pieces) where gift||13|3|-10"},
        {"\"equals\":\"lyon\"", "\"equals\":\"ghent\"", "min(shop)||ghent|lyon|"},
        {"23:59:59.500Z\"}", "23:59:59.501Z\"}",
         "min(at)||2026-03-31T23:59:59.501Z|2026-03-31T23:59:59.500Z|"},
        {"[3,\"99999999.26\"]", "[3,\"99999990.26\"]",
         "sum(amount)|2026-04-01|99999990.26|99999999.26|+9"},
        {"\"2026-04\":[3]", "\"2026-04\":[4]", "count|2026-04|4|3|-1"},
        {"[5,\"c\"]", "[5,\"b\"]", "max(id)|2026-04-01T00|b|c|"},
        {"\"lyon\":[1", "\"lyon\":[2", "count by shop|lyon|2|1|-1"},
    };
    struct scene s = scene_of(data);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct expect_result r = checked(&s, changed(good, rows[i].from, rows[i].to));
        cr_expect_eq(r.checked, GOOD_FIGURES);
        cr_assert_eq(r.count, 1, "%s: %zu differ", rows[i].to, r.count);
        expect_line(&r.lines[0], rows[i].line);
    }
}

Test(expect, sees_groups_that_are_missing_or_not_expected_and_puts_the_heaviest_first)
{
    /* A group that only one side has differs in each of its figures; larger differences stand above
     * smaller ones. */
    struct scene s = scene_of(data);
    const char *other =
        changed(good, "\"2026-04-01\":[3,\"99999999.26\"]", "\"2026-04-02\":[3,\"99999999.27\"]");
    struct expect_result r = checked(&s, other);
    cr_assert_eq(r.count, 4);
    expect_line(&r.lines[0], "sum(amount)|2026-04-02|99999999.27|-|-99999999.27");
    expect_line(&r.lines[1], "sum(amount)|2026-04-01|-|99999999.26|+99999999.26");
    expect_line(&r.lines[2], "count|2026-04-02|3|-|-3");
    expect_line(&r.lines[3], "count|2026-04-01|-|3|+3");
    cr_expect_eq(r.checked, GOOD_FIGURES + 2);
    struct buf out;
    buf_init(&out, bench_arena(), 1 << 16);
    expect_table(&out, &r, 2);
    static const char table[] =
        "44 figures checked, 4 differ:\n"
        "  what         group          expected        found    difference\n"
        "  sum(amount)  2026-04-02  99999999.27            -  -99999999.27\n"
        "  sum(amount)  2026-04-01            -  99999999.26  +99999999.26\n"
        "  and 2 more\n";
    cr_expect(str_eq(buf_str(&out), str_of(table)), "%.*s", STR_ARG(buf_str(&out)));
}

Test(expect, takes_windows_several_names_tolerance_and_parts)
{
    /* Windows of any length; groups by several names; a tolerance lets pass what is within it, to
     * the last unit, and nothing more; partial groups look at the named ones only. */
    static const struct {
        const char *groups, *line;
        uint64_t checked;
    } rows[] = {
        {"{\"by\":\"30m\",\"of\":[\"count\"],\"rows\":{\"2026-03-31T23:30\":[1],\"2026-04-01T00:"
         "00\":"
         "[1],\"2026-04-01T00:30\":[1],\"2026-04-01T13:00\":[1]}}",
         NULL, 4},
        {"{\"by\":[\"day\",\"shop\"],\"of\":[\"count\",\"sum(pieces)\"],\"rows\":{\"2026-03-31/"
         "porto\":[1,1],\"2026-04-01/porto\":[1,3],\"2026-04-01/lyon\":[1,2],\"2026-04-01/"
         "-\":[1,41]"
         "}}",
         "sum(pieces) by shop|2026-04-01/-|41|40|-1", 8},
        {"{\"by\":[\"day\"],\"partial\":true,\"of\":[\"count\"],\"rows\":{\"2026-03-31\":[1]}}",
         NULL, 1},
        {"{\"by\":\"day\",\"tolerance\":\"1/"
         "10\",\"of\":[\"sum(amount)\"],\"rows\":{\"2026-03-31\":["
         "\"11.38\"],\"2026-04-01\":[\"90909090.91\"]}}",
         NULL, 2},
        {"{\"by\":\"day\",\"tolerance\":\"10%\",\"of\":[\"sum(amount)\"],\"rows\":{\"2026-03-31\":["
         "\"11.39\"],\"2026-04-01\":[\"99999999.26\"]}}",
         "sum(amount)|2026-03-31|11.39|10.25|-1.14", 2},
    };
    struct scene s = scene_of(data);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str text =
            str_printf(bench_arena(), "{\"schema\":1,\"groups\":[%s]}", rows[i].groups);
        struct expect_result r = checked(&s, str_z(bench_arena(), text));
        cr_expect_eq(r.checked, rows[i].checked, "row %zu", i);
        cr_assert_eq(r.count, rows[i].line != NULL, "row %zu: %zu differ", i, r.count);
        if (r.count > 0) {
            expect_line(&r.lines[0], rows[i].line);
        }
    }
    struct expect_result r = checked(&s, "{\"schema\":1,\"tolerance\":\"1/4\",\"records\":4}");
    cr_expect_eq(r.count, 0);
}

Test(expect, is_made_of_a_query_and_of_a_report)
{
    /* A query on the warehouse itself agrees with it, as a whole and by group; what it cannot be
     * read as is refused; a report's figures of its day are held against the warehouse. */
    static const struct {
        const char *sql;
        uint64_t checked;
    } good_sql[] = {
        {"select count(*) as \"count\", min(pieces) as \"min(pieces)\" from sales", 2},
        {"select shop, count(*) as \"count\", sum(pieces) as \"sum(pieces)\" from sales group by "
         "shop",
         6},
    };
    struct scene s = scene_of(data);
    struct diag d = DIAG_INIT;
    struct str text;
    for (size_t i = 0; i < 2; i++) {
        cr_assert(expect_of_query(bench_arena(), s.warehouse, str_of(good_sql[i].sql), &text, &d) ==
                      ERR_OK,
                  "%s", d.msg);
        struct expect_result r = checked(&s, str_z(bench_arena(), text));
        cr_expect_eq(r.count, 0, "%.*s", STR_ARG(text));
        cr_expect_eq(r.checked, good_sql[i].checked);
    }
    static const char *const bad_sql[] = {
        "select shop from sales", "select count(*) as \"count\", shop from sales group by shop",
        "select pieces as \"sum(pieces)\" from sales"};
    for (size_t i = 0; i < 3; i++) {
        diag_clear(&d);
        cr_expect_eq(expect_of_query(bench_arena(), s.warehouse, str_of(bad_sql[i]), &text, &d),
                     ERR_INVALID, "%s", bad_sql[i]);
    }
    const char *report =
        "{\"schema\":1,\"pipeline\":\"sales\",\"day\":\"2026-04-01\",\"reconciliation\":{\"lines\":"
        "["
        "{\"window\":\"2026-04-01\",\"measure\":\"count\",\"warehouse\":\"3\"},"
        "{\"window\":\"2026-04-01\",\"measure\":\"sum(amount)\",\"warehouse\":\"99999998.26\"},"
        "{\"window\":\"2026-04-01\",\"measure\":\"records\",\"warehouse\":\"4\"}]}}";
    diag_clear(&d);
    cr_assert(expect_of_report(bench_arena(), str_of(report), STR("report.json"),
                               bench_definition(), &text, &d) == ERR_OK,
              "%s", d.msg);
    struct expect_result r = checked(&s, str_z(bench_arena(), text));
    cr_expect_eq(r.checked, 2);
    cr_assert_eq(r.count, 1);
    expect_line(&r.lines[0], "sum(amount)|2026-04-01|99999998.26|99999999.26|+1");
    struct buf out;
    buf_init(&out, bench_arena(), 1 << 16);
    expect_junit(&out, STR("sales"), &r, &s.played);
    cr_expect(str_contains(buf_str(&out), STR("tests=\"2\" failures=\"1\"")) &&
                  str_contains(buf_str(&out), STR("expected 99999998.26, found 99999999.26")),
              "%.*s", STR_ARG(buf_str(&out)));
    diag_clear(&d);
    cr_expect_eq(expect_of_report(bench_arena(), STR("{\"pipeline\":\"other\"}"), STR("r"),
                                  bench_definition(), &text, &d),
                 ERR_INVALID);
}

Test(expect, compares_an_empty_warehouse)
{
    /* No rows at all: sums are 0, smallest values are null, every expected group is missing. */
    struct scene s = scene_of("");
    struct expect_result r = checked(
        &s, "{\"schema\":1,\"rows\":0,\"aggregates\":[{\"of\":\"sum(amount)\",\"equals\":0},{"
            "\"of\":\"min(pieces)\",\"equals\":5}],"
            "\"groups\":[{\"by\":\"day\",\"of\":[\"count\"],\"rows\":{\"2026-04-01\":[0]}}]}");
    cr_assert_eq(r.count, 2);
    expect_line(&r.lines[0], "min(pieces)||5|-|-5");
    expect_line(&r.lines[1], "count|2026-04-01|0|-|0");
}

Test(expect, says_where_a_file_is_wrong)
{
    /* Line and column of each mistake, and the nearest name where there is one. */
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"[]", "e.json:1:1: an object with \"schema\": 1"},
        {"{\"schema\":2}", "e.json:1:1: "},
        {"{\"schema\":1,\n \"recods\":5}", "e.json:2:11: there is no key \"recods\"; \"records\"?"},
        {"{\"schema\":1,\"rows\":\"many\"}", "rows: a count must stand here"},
        {"{\"schema\":1,\"aggregates\":[{\"of\":\"sum(amunt)\",\"equals\":1}]}",
         "no column \"amunt\"; \"amount\"?"},
        {"{\"schema\":1,\"aggregates\":[{\"of\":\"sum(shop)\",\"equals\":1}]}",
         "sum(shop): not of such a column"},
        {"{\"schema\":1,\"aggregates\":[{\"of\":\"avg(amount)\",\"equals\":1}]}",
         "\"avg(amount)\" is no figure"},
        {"{\"schema\":1,\"aggregates\":[{\"of\":\"count\"}]}",
         "equals: a number or text must stand here"},
        {"{\"schema\":1,\"aggregates\":[{\"of\":\"count\",\"equals\":1,\"where\":\"shop\"}]}",
         "shop is no boolean column"},
        {"{\"schema\":1,\"groups\":[{\"by\":\"week\",\"of\":[\"count\"],\"rows\":{}}]}",
         "no column \"week\""},
        {"{\"schema\":1,\"groups\":[{\"by\":\"day\",\"of\":[],\"rows\":{}}]}",
         "of: 1 to 64 figures"},
        {"{\"schema\":1,\"groups\":[{\"by\":\"day\",\"of\":[\"count\"],\"rows\":{\"x\":[1,2]}}]}",
         "x: a list of 1 values"},
        {"{\"schema\":1,\"groups\":[{\"by\":\"day\",\"of\":[\"count\"],\"rows\":{\"x\":[null]}}]}",
         "x: a number or text"},
        {"{\"schema\":1,", "e.json: "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        enum err err = expect_valid(bench_arena(), str_of(rows[i].text), STR("e.json"),
                                    bench_definition(), &d);
        cr_expect_eq(err, ERR_INVALID, "%s", rows[i].text);
        cr_expect(str_contains(str_of(d.msg), str_of(rows[i].says)), "%s", d.msg);
    }
}
