/* test_expect_tally.c -- Expectations of a tally beside the same ones of a replay into a warehouse:
 * every kind of figure and grouping says the same, right or wrong, with repeats in the objects. */
#include <criterion/criterion.h>

#include "adapter/rt_threads.h"
#include "base/limits.h"
#include "player_bench.h"
#include "replay/expect_tally.h"

TestSuite(expect_tally, .init = bench_setup, .fini = bench_teardown);

/* Two objects; `a` comes three times, one of them in a group of its own; one is refused. */
static const char first[] =
    "{\"id\":\"a\",\"at\":\"2026-03-31T23:59:59.5Z\",\"shop\":\"porto\",\"amount\":10.25,"
    "\"pieces\":1}\n"
    "{\"id\":\"b\",\"at\":\"2026-04-01T00:00:00Z\",\"shop\":\"lyon\",\"amount\":-0.75,\"pieces\":2}"
    "\n"
    "{\"id\":\"a\",\"at\":\"2026-03-31T23:59:59.5Z\",\"shop\":\"porto\",\"amount\":10.25,"
    "\"pieces\":1}\n";
static const char second[] =
    "{\"id\":\"c\",\"at\":\"2026-04-01T00:30:00Z\",\"shop\":\"porto\",\"amount\":0,\"pieces\":3}\n"
    "{\"id\":\"a\",\"at\":\"2026-03-31T23:59:59.5Z\",\"shop\":\"ghent\",\"amount\":10.25,"
    "\"pieces\":1}\n"
    "{\"id\":\"d\",\"at\":\"2026-04-01T13:00:00Z\",\"amount\":100000000.01,\"pieces\":40}\n"
    "{\"id\":\"e\",\"at\":\"2026-04-01T13:00:00Z\",\"amount\":\"many\",\"pieces\":40}\n";

/* Every figure is wrong, so that each has a line that says what was found. */
static const char all_wrong[] =
    "{\"schema\":1,\"objects\":7,\"records\":70,\"rows\":9,\"duplicates\":9,\"quarantined\":9,"
    "\"filtered\":9,\n"
    "\"aggregates\":[{\"of\":\"count\",\"equals\":9},{\"of\":\"sum(amount)\",\"equals\":\"1.5\"},\n"
    "{\"of\":\"sum(pieces)\",\"equals\":1},{\"of\":\"min(amount)\",\"equals\":77},\n"
    "{\"of\":\"max(amount)\",\"equals\":1},{\"of\":\"min(at)\",\"equals\":\"then\"},\n"
    "{\"of\":\"distinct(pieces)\",\"equals\":20},{\"of\":\"distinct(id)\",\"equals\":\"40\"},\n"
    "{\"of\":\"sum(pieces)\",\"where\":\"gift\",\"equals\":30},"
    "{\"of\":\"distinct(amount)\",\"where\":\"gift\",\"equals\":30},"
    "{\"of\":\"count\",\"where\":\"gift\",\"equals\":10}],\n\"groups\":[\n"
    "{\"by\":\"day\",\"of\":[\"count\",\"sum(amount)\",\"max(at)\"],\"rows\":{}},\n"
    "{\"by\":\"month\",\"of\":[\"count\",\"distinct(pieces)\",\"distinct(amount)\"],\"rows\":{"
    "\"2026-03\":[10,20,30],\"2026-05\":[1,1,1]}},\n"
    "{\"by\":\"hour\",\"of\":[\"sum(pieces)\",\"distinct(id)\"],\"rows\":{}},\n"
    "{\"by\":\"30m\",\"of\":[\"min(pieces)\"],\"rows\":{}},\n"
    "{\"by\":\"shop\",\"of\":[\"count\",\"sum(amount)\"],\"rows\":{}},\n"
    "{\"by\":[\"gift\",\"day\",\"shop\"],\"of\":[\"count\",\"distinct(id)\"],\"rows\":{}},\n"
    "{\"by\":\"amount\",\"of\":[\"count\"],\"rows\":{}}]}\n";

static struct expect_result tallied(struct rt *rt, const char *text, unsigned threads,
                                    size_t memory)
{
    struct diag d = DIAG_INIT;
    struct arena *a = bench_arena();
    struct definition *def = bench_definition();
    struct expect_tally *t = expect_tally_new(a, def);
    struct aggregate_plan plan;
    struct aggregate_run_result run;
    struct expect_result result = {0};
    struct source source;
    struct selection selection = SELECTION_ALL;
    cr_assert(expect_tally_add(t, str_of(text), STR("e.json"), &d) == ERR_OK, "%s", d.msg);
    cr_assert(aggregate_plan_read(a, def, STR_EMPTY, STR_EMPTY, false, &plan, &d) == ERR_OK);
    cr_assert(source_open(a, bench_path("in"), NULL, &source, &d) == ERR_OK, "%s", d.msg);
    struct aggregate_run_options o = {
        .threads = threads,
        .rt = rt,
        .selection = &selection,
        .aggregate = {.distinct_bytes_max = memory, .folder = STR("/tmp")}};
    o.more = expect_tally_plans(t, &o.more_count);
    cr_assert(aggregate_run(a, def, &plan, &source, &o, &run, &d) == ERR_OK, "%s", d.msg);
    cr_assert(expect_tally_check(a, t, 0, &run, &result, &d) == ERR_OK, "%s", d.msg);
    return result;
}

static struct str line_text(const struct expect_line *l)
{
    return str_printf(bench_arena(), "%.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(l->what),
                      STR_ARG(l->group), STR_ARG(l->expected), STR_ARG(l->found),
                      STR_ARG(l->difference));
}

static void same(const struct expect_result *x, const struct expect_result *y)
{
    cr_assert_eq(x->checked, y->checked);
    cr_assert_eq(x->count, y->count, "%zu and %zu differ", x->count, y->count);
    for (size_t i = 0; i < x->count; i++) {
        struct str left = line_text(&x->lines[i]), right = line_text(&y->lines[i]);
        cr_expect(str_eq(left, right), "%.*s, not %.*s", STR_ARG(right), STR_ARG(left));
    }
}

Test(expect_tally, says_what_a_replay_says)
{
    /* Each line of what differs is the same from a warehouse (whose SQL is another's) and from
     * aggregates, by one task or three, in memory or out of it; and so is "all equal". */
    struct diag d = DIAG_INIT;
    struct warehouse *w = bench_warehouse();
    struct rt *rt = rt_threads_new(bench_arena(), 0);
    bench_write("in/1.json", str_of(first));
    bench_write("in/2.json", str_of(second));
    struct player_result played = bench_play(w, "in");
    cr_assert_eq(played.counts.duplicates, 2);
    static const char *const texts[] = {
        all_wrong,
        "{\"schema\":1,\"records\":7,\"rows\":4,\"duplicates\":2,\"quarantined\":1,"
        "\"aggregates\":[{\"of\":\"sum(pieces)\",\"equals\":46}],\"groups\":[{\"by\":"
        "\"shop\",\"of\":[\"count\"],\"rows\":{\"porto\":[2],\"lyon\":[1],\"-\":[1]}}]}"};
    for (size_t i = 0; i < 2; i++) {
        struct expect_result of_table = {0};
        cr_assert(expect_check(bench_arena(), str_of(texts[i]), STR("e.json"), bench_definition(),
                               w, &played, &of_table, &d) == ERR_OK,
                  "%s", d.msg);
        cr_assert(i == 0 ? of_table.count > 50 : of_table.count == 0);
        struct expect_result one = tallied(rt, texts[i], 1, 16 * MIB);
        struct expect_result three = tallied(rt, texts[i], 3, 1);
        same(&of_table, &one);
        same(&of_table, &three);
    }
}

Test(expect_tally, refuses_by_name_what_it_does_not_keep)
{
    /* Least of a text, more groupings than there may be, and what is no expectation at all. */
    struct diag d = DIAG_INIT;
    struct arena *a = bench_arena();
    struct expect_tally *t = expect_tally_new(a, bench_definition());
    const char *text = "{\"schema\":1,\"aggregates\":[{\"of\":\"min(shop)\",\"equals\":\"x\"}]}";
    cr_expect_eq(expect_tally_add(t, str_of(text), STR("e.json"), &d), ERR_UNSUPPORTED);
    cr_expect(str_contains(str_of(d.msg), STR("e.json: min(shop): a tally keeps")), "%s", d.msg);
    diag_clear(&d);
    cr_expect_eq(expect_tally_add(t, STR("[]"), STR("e.json"), &d), ERR_INVALID);
    struct buf many;
    buf_init(&many, a, MIB);
    buf_add_z(&many, "{\"schema\":1,\"groups\":[");
    for (int i = 1; i <= 48; i++) { /* windows that divide a day, and two plans each */
        static const int seconds[] = {1,   2,   3,   4,   5,   6,   8,   9,   10,  12,  15,  16,
                                      18,  20,  24,  25,  27,  30,  32,  36,  40,  45,  48,  50,
                                      54,  60,  64,  72,  75,  80,  90,  96,  100, 108, 120, 128,
                                      135, 144, 150, 160, 180, 192, 200, 216, 225, 240, 270, 288};
        buf_addf(&many, "%s{\"by\":\"%ds\",\"of\":[\"distinct(shop)\"],\"rows\":{}}",
                 i == 1 ? "" : ",", seconds[i - 1]);
    }
    buf_add_z(&many, "]}");
    diag_clear(&d);
    t = expect_tally_new(a, bench_definition());
    cr_expect_eq(expect_tally_add(t, buf_str(&many), STR("e.json"), &d), ERR_LIMIT);
    cr_expect(str_contains(str_of(d.msg), STR("more than 64 groupings")), "%s", d.msg);
}
