/* test_aggregate.c -- Aggregates in parts are one aggregate, byte for byte; distinct values are
 * counted exactly, in memory and past it. The oracle counts in plain arrays. */
#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "adapter/rt_threads.h"
#include "replay/aggregate_run.h"
#include "replay_bench.h"

TestSuite(aggregate, .init = bench_setup, .fini = bench_teardown);

#define RECORDS 30000
#define SHOPS 7
#define IDS 20000

struct expected {
    uint64_t counts[SHOPS], distinct[SHOPS], distinct_all;
    int64_t sums[SHOPS], mins[SHOPS], maxs[SHOPS];
    uint64_t once[SHOPS]; /* by the first record of each id */
    int64_t once_sums[SHOPS];
};

/* Record n as JSON, and into the oracle's arrays. Ids come back, also in other shops. */
static struct str record_make(struct arena *a, uint64_t n, struct expected *e, bool *seen)
{
    size_t id = (size_t)rng_below(rng_u64(3, 1, n, 0), IDS);
    size_t shop = (size_t)rng_below(rng_u64(3, 2, n, 0), SHOPS);
    int64_t amount = rng_between(rng_u64(3, 3, n, 0), -5000000, 5000000);
    e->mins[shop] = e->counts[shop] == 0 || amount < e->mins[shop] ? amount : e->mins[shop];
    e->maxs[shop] = e->counts[shop] == 0 || amount > e->maxs[shop] ? amount : e->maxs[shop];
    e->counts[shop]++;
    e->sums[shop] += amount;
    bool known = false;
    for (size_t i = 0; i < SHOPS; i++) {
        known = known || seen[i * IDS + id];
    }
    e->distinct_all += !known;
    e->once[shop] += !known;
    e->once_sums[shop] += known ? 0 : amount;
    e->distinct[shop] += !seen[shop * IDS + id];
    seen[shop * IDS + id] = true;
    return str_printf(a,
                      "{\"id\":\"i%zu\",\"at\":\"2026-03-0%uT00:00:00Z\",\"shop\":\"s%zu\","
                      "\"amount\":%s%lld.%02lld,\"pieces\":1}\n",
                      id, (unsigned)(n % 9) + 1, shop, amount < 0 ? "-" : "",
                      (long long)(amount < 0 ? -amount : amount) / 100,
                      (long long)(amount < 0 ? -amount : amount) % 100);
}

static void objects_make(struct expected *e)
{
    bool *seen = NEW_ARRAY(bench_arena(), bool, SHOPS *IDS);
    for (unsigned object = 0; object < 12; object++) {
        struct buf text;
        buf_init(&text, bench_arena(), 64 * MIB);
        for (uint64_t n = 0; n < RECORDS / 12; n++) {
            buf_add(&text, record_make(bench_arena(), object * (RECORDS / 12) + n, e, seen));
        }
        buf_add_z(&text, object == 3 ? "{\"id\":\"bad\"}\nnot JSON\n" : "");
        bench_write(str_z(bench_arena(), str_printf(bench_arena(), "in/%02u.ndjson", object)),
                    buf_str(&text));
    }
}

static const char DEFINITION[] =
    "schema: 1\nname: sales\nevent: {id: id, time: at}\ncolumns:\n"
    "- {name: id, type: text, required: true}\n- {name: at, type: timestamp, required: true}\n"
    "- {name: shop, type: text}\n- {name: amount, type: decimal, scale: 2, required: true}\n"
    "- {name: pieces, type: integer}\nreconcile: {sums: [amount]}\n";

struct asked {
    const char *by, *where;
    unsigned threads, shard, shards;
    size_t memory;
};

static struct aggregate_run_result count(struct rt *rt, const struct asked *asked,
                                         struct aggregate_plan *plan)
{
    struct diag d = DIAG_INIT;
    struct arena *a = bench_arena();
    struct definition *def;
    struct source source;
    struct aggregate_run_result result;
    struct selection selection = SELECTION_ALL;
    selection.shard_index = asked->shard;
    selection.shard_count = asked->shards;
    cr_assert(definition_read(a, str_of(DEFINITION), STR("sales.yaml"), &def, &d) == ERR_OK, "%s",
              d.msg);
    cr_assert(aggregate_plan_read(a, def, str_of(asked->by), STR("id"), true, plan, &d) == ERR_OK,
              "%s", d.msg);
    cr_assert(asked->where == NULL ||
                  selection_where(&selection, a, def, str_of(asked->where), &d) == ERR_OK,
              "%s", d.msg);
    cr_assert(source_open(a, bench_path("in"), NULL, &source, &d) == ERR_OK, "%s", d.msg);
    cr_assert(selection_objects(&selection, &source, &d) == ERR_OK, "%s", d.msg);
    struct aggregate_run_options o = {
        .threads = asked->threads,
        .rt = rt,
        .selection = &selection,
        .aggregate = {.distinct_bytes_max = asked->memory, .folder = STR("/tmp")}};
    cr_assert(aggregate_run(a, def, plan, &source, &o, &result, &d) == ERR_OK, "%s", d.msg);
    return result;
}

static struct str json_of(const struct aggregate_result *r)
{
    struct buf out;
    buf_init(&out, bench_arena(), 16 * MIB);
    aggregate_json(&out, bench_arena(), r);
    return buf_str(&out);
}

/* Count, sum, least, greatest and distinct of each shop are those of the oracle; one task or three,
 * all of it in memory or nearly nothing, give the same bytes. */
Test(aggregate, equals_the_oracle_however_it_is_counted)
{
    struct expected e = {0};
    struct aggregate_plan plan;
    objects_make(&e);
    struct rt *rt = rt_threads_new(bench_arena(), 0);
    struct aggregate_run_result one =
        count(rt, &(struct asked){"shop", NULL, 1, 0, 0, 64 * MIB}, &plan);
    const struct aggregate_result *r = &one.result;
    cr_assert_eq(r->group_count, SHOPS);
    cr_expect_eq(r->counts.records, RECORDS + 2);
    cr_expect_eq(r->counts.rows, RECORDS);
    cr_expect_eq(r->counts.quarantined, 2);
    cr_expect_eq(r->distinct, e.distinct_all);
    for (size_t i = 0; i < SHOPS; i++) {
        const struct aggregate_group *g = &r->groups[i];
        cr_expect(g->count == e.counts[i] && g->distinct == e.distinct[i] &&
                      g->sums[0] == e.sums[i] && g->mins[0] == e.mins[i] && g->maxs[0] == e.maxs[i],
                  "shop %zu: %llu distinct, not %llu", i, (unsigned long long)g->distinct,
                  (unsigned long long)e.distinct[i]);
        cr_expect(g->once == e.once[i] && g->once_sums[0] == e.once_sums[i],
                  "shop %zu: %llu first records, not %llu", i, (unsigned long long)g->once,
                  (unsigned long long)e.once[i]);
    }
    struct aggregate_run_result other =
        count(rt, &(struct asked){"shop", NULL, 3, 0, 0, 16 * KIB}, &plan);
    cr_expect(str_eq(json_of(r), json_of(&other.result)));
}

/* Shards cover every object once; their files joined in any order are the bytes of one run; a file
 * that is cut anywhere, or of another plan, is refused. */
Test(aggregate, shards_join_to_the_bytes_of_one_run)
{
    struct expected e = {0};
    struct diag d = DIAG_INIT;
    struct aggregate_plan plan, loaded = {.pipeline = STR_EMPTY};
    struct aggregate *parts[4];
    struct str saved[4];
    objects_make(&e);
    struct arena *a = bench_arena();
    struct rt *rt = rt_threads_new(a, 0);
    struct aggregate_options o = {.distinct_bytes_max = 64 * KIB, .folder = STR("/tmp")};
    for (unsigned i = 0; i < 4; i++) {
        struct buf out;
        struct aggregate_run_result shard =
            count(rt, &(struct asked){"day,shop", NULL, 2, i, 4, MIB}, &plan);
        buf_init(&out, a, 16 * MIB);
        cr_assert(aggregate_save(&out, a, &shard.result, &d) == ERR_OK, "%s", d.msg);
        saved[i] = buf_str(&out);
    }
    for (unsigned i = 0; i < 4; i++) {
        cr_assert(aggregate_load(a, saved[3 - i], STR("part"), &loaded, &o, &parts[i], &d) ==
                      ERR_OK,
                  "%s", d.msg);
    }
    struct aggregate_result joined;
    cr_assert(aggregate_end(a, parts, 4, &joined, &d) == ERR_OK, "%s", d.msg);
    struct aggregate_run_result whole =
        count(rt, &(struct asked){"day,shop", NULL, 1, 0, 0, MIB}, &plan);
    cr_expect(str_eq(json_of(&joined), json_of(&whole.result)));
    for (size_t cut = 0; cut < saved[0].len; cut += cut < 4000 ? 37 : 1601) {
        struct aggregate *bad;
        if ((saved[0].len - cut) % 16 == 0 && cut > 6000) {
            continue; /* between two values: told by the counts alone */
        }
        diag_clear(&d);
        cr_expect(aggregate_load(a, str_slice(saved[0], 0, cut), STR("part"), &loaded, &o, &bad,
                                 &d) != ERR_OK,
                  "cut at %zu", cut);
    }
}

/* A condition leaves in only the rows for which it is true; the refused records stay. */
Test(aggregate, a_condition_selects_rows)
{
    struct expected e = {0};
    struct aggregate_plan plan;
    objects_make(&e);
    struct rt *rt = rt_threads_new(bench_arena(), 0);
    struct aggregate_run_result r =
        count(rt, &(struct asked){"shop", "shop = 's3' or shop = 's5'", 2, 0, 0, MIB}, &plan);
    cr_assert_eq(r.result.group_count, 2);
    cr_expect_eq(r.result.counts.rows, e.counts[3] + e.counts[5]);
    cr_expect_eq(r.result.counts.quarantined, 2);
}

/* A window is named by its beginning, whatever its length; one that does not divide a day, and a
 * column that may be null where each value is to count once, are refused. */
Test(aggregate, windows_and_columns_are_asked_by_name)
{
    static const struct {
        const char *by, *first;
    } rows[] = {{"month", "2026-03"},         {"day", "2026-03-01"},
                {"hour", "2026-03-01T00"},    {"minute", "2026-03-01T00:00"},
                {"6h", "2026-03-01T00:00"},   {"PT15M", "2026-03-01T00:00"},
                {"2s", "2026-03-01T00:00:00"}};
    static const char *const bad[] = {"7m", "2d", "500ms", "days", "shop,", "10"};
    struct diag d = DIAG_INIT;
    struct expected e = {0};
    struct aggregate_plan plan;
    struct definition *def;
    objects_make(&e);
    struct rt *rt = rt_threads_new(bench_arena(), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct aggregate_run_result r =
            count(rt, &(struct asked){rows[i].by, NULL, 2, 0, 0, MIB}, &plan);
        cr_expect_eq(r.result.group_count, i == 0 ? 1 : 9);
        cr_expect(str_eq(r.result.groups[0].names[0], str_of(rows[i].first)), "%.*s",
                  STR_ARG(r.result.groups[0].names[0]));
    }
    cr_assert(definition_read(bench_arena(), str_of(DEFINITION), STR("sales.yaml"), &def, &d) ==
              ERR_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        diag_clear(&d);
        cr_expect_eq(
            aggregate_plan_read(bench_arena(), def, str_of(bad[i]), STR_EMPTY, false, &plan, &d),
            ERR_INVALID, "%s", bad[i]);
    }
    diag_clear(&d);
    cr_expect_eq(aggregate_plan_read(bench_arena(), def, STR_EMPTY, STR("shop"), true, &plan, &d),
                 ERR_INVALID);
}
