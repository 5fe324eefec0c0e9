/* That a part of a capture is the part that was asked for, by what keys, indexes and records tell,
 * and that pacing waits for the right moments. */
#include "player_bench.h"

#include <criterion/criterion.h>
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "pipeline/capture.h"
#include "replay/selection.h"

TestSuite(selection, .init = bench_setup, .fini = bench_teardown);

#define DAY "2026-03-01T"

static int64_t at(const char *text)
{
    int64_t us;
    struct diag d = DIAG_INIT;
    cr_assert(instant_parse(str_of(text), &us, &d) == ERR_OK, "%s", d.msg);
    return us;
}

static const char uuid[] = "ff4506ba-b0e5-532d-a112-132d7adcd0e7";

Test(selection, knows_arrivals_by_keys)
{
    /* The moment in the key, and whether an hour of arrivals may have something of the object. */
    static const struct {
        const char *key, *oldest; /* oldest "": the key does not tell */
        bool at_one, at_three, at_nine;
    } rows[] = {
        {"a/2026/03/01/03/s-1-2026-03-01-03-04-05-%s.gz", DAY "03:04:05Z", false, true, false},
        {"b/custom=x/my-stream-12-2026-03-01-01-00-00-%s", DAY "01:00:00Z", true, false, false},
        {"c/processing-failed/s-1-2026-03-01-09-59-59-%s", DAY "09:59:59Z", false, false, true},
        {"d/s-1-2026-13-01-09-59-59-%s", "", true, true, true},
        {"e/s-1-2026-03-01-09-59-59-short%.0s", "", true, true, true},
        /* landing: shard x ends where its next object begins, y goes on to the end */
        {"f/dt=2026-03-01/hh=00/x-10.ndjson.zst%.0s", "", true, true, false},
        {"f/dt=2026-03-01/hh=02/x-20.ndjson.zst%.0s", "", true, true, true},
        {"f/dt=2026-03-01/hh=08/x-30.ndjson.zst%.0s", "", false, false, true},
        {"f/dt=2026-03-01/hh=08/y-11.ndjson.zst%.0s", "", false, false, true},
        {"f/dt=2026-03-01/x-10.ndjson.zst%.0s", "", true, true, true},
    };
    const size_t count = sizeof(rows) / sizeof(rows[0]);
    const char *names[] = {DAY "01:00:00Z", DAY "03:00:00Z", DAY "09:00:00Z"};
    for (size_t i = 0; i < count; i++) {
        struct str path = str_printf(bench_arena(), "in/");
        struct buf key;
        buf_init(&key, bench_arena(), 4096);
        buf_add(&key, path);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_addf(&key, rows[i].key, uuid);
#pragma GCC diagnostic pop
        bench_write(str_z(bench_arena(), buf_str(&key)), STR("{}\n"));
    }
    for (int hour = 0; hour < 3; hour++) {
        struct source source;
        struct selection s = SELECTION_ALL;
        struct diag d = DIAG_INIT;
        cr_assert(source_open(bench_arena(), bench_path("in"), NULL, &source, &d) == ERR_OK);
        cr_assert_eq(source.count, count);
        bool expected[3][sizeof(rows) / sizeof(rows[0])];
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            int64_t oldest = rows[i].oldest[0] == '\0' ? INSTANT_NEVER : at(rows[i].oldest);
            cr_expect_eq(source.objects[i].arrived_us, oldest, "%s", rows[i].key);
            expected[0][i] = rows[i].at_one;
            expected[1][i] = rows[i].at_three;
            expected[2][i] = rows[i].at_nine;
            kept += expected[hour][i];
        }
        s.arrived_from_us = at(names[hour]);
        s.arrived_to_us = s.arrived_from_us + US_PER_HOUR;
        cr_assert(selection_objects(&s, &source, &d) == ERR_OK);
        cr_expect_eq(source.count, kept, "hour %d: %zu", hour, source.count);
        cr_expect_eq(source.passed_over, count - kept);
        for (size_t i = 0; i < source.count; i++) {
            cr_expect(expected[hour][source.objects[i].place], "hour %d: %s", hour,
                      rows[source.objects[i].place].key);
        }
    }
}

/* ---- records ---- */

static struct str sale(int i)
{
    return str_printf(bench_arena(),
                      "{\"id\":\"s%03d\",\"at\":\"2026-03-01T%02d:00:00Z\",\"shop\":\"p%d\","
                      "\"amount\":1,\"pieces\":%d}",
                      i, i % 24, i % 3, i);
}

/* 240 records, key k0..k4, ten seconds apart, in frames of some; the 7th is not JSON. */
static void write_sales(const char *name)
{
    struct capture_record *records = NEW_ARRAY(bench_arena(), struct capture_record, 240);
    for (int i = 0; i < 240; i++) {
        records[i] =
            (struct capture_record){.sequence_number = str_printf(bench_arena(), "%d", 100 + i),
                                    .partition_key = str_printf(bench_arena(), "k%d", i % 5),
                                    .arrived_us = at("2026-03-02T00:00:00Z") + i * 10 * US_PER_S,
                                    .data = i == 7 ? STR("no record") : sale(i)};
    }
    bench_write(name, capture_write(bench_arena(), records, 240));
}

static enum err play(struct warehouse *w, struct selection *s, struct player_result *ret_result,
                     struct diag *d)
{
    struct player_options o = {.selection = s};
    return bench_play_as(w, "in", o, ret_result, d);
}

struct asked {
    const char *from, *to, *arrived_from, *arrived_to, *key, *where;
    uint64_t records, rows, quarantined; /* that are asked for */
};

static struct selection selection_of(const struct asked *asked)
{
    struct diag d = DIAG_INIT;
    struct selection s = SELECTION_ALL;
    s.from_us = asked->from == NULL ? s.from_us : at(asked->from);
    s.to_us = asked->to == NULL ? s.to_us : at(asked->to);
    s.arrived_from_us = asked->arrived_from == NULL ? s.arrived_from_us : at(asked->arrived_from);
    s.arrived_to_us = asked->arrived_to == NULL ? s.arrived_to_us : at(asked->arrived_to);
    s.key = str_of(asked->key == NULL ? "" : asked->key);
    cr_assert(asked->where == NULL || selection_where(&s, bench_arena(), bench_definition(),
                                                      str_of(asked->where), &d) == ERR_OK);
    return s;
}

Test(selection, loads_what_is_asked_for_and_counts_the_rest)
{
    static const struct asked rows[] = {
        {.records = 240, .rows = 239, .quarantined = 1},
        {.from = "2026-03-01T06:00:00Z",
         .to = "2026-03-01T07:00:00Z",
         .records = 11,
         .rows = 10,
         .quarantined = 1}, /* what is refused has no time, and is meant */
        {.arrived_from = "2026-03-02T00:01:00Z",
         .arrived_to = "2026-03-02T00:02:00Z",
         .records = 6,
         .rows = 5,
         .quarantined = 1},
        {.arrived_from = "2026-03-03", .records = 0},
        {.arrived_to = "2026-03-02T00:00:10Z", .records = 1, .rows = 1},
        {.key = "k3", .records = 48, .rows = 48},
        {.where = "pieces < 5 and shop = 'p1'", .records = 3, .rows = 2, .quarantined = 1},
        {.key = "k2", .where = "pieces < 20", .records = 4, .rows = 3, .quarantined = 1},
    };
    write_sales("in/a.zst");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct selection s = selection_of(&rows[i]);
        struct warehouse *w = bench_warehouse();
        struct player_result r;
        struct diag d = DIAG_INIT;
        cr_assert(play(w, &s, &r, &d) == ERR_OK, "%s", d.msg);
        cr_expect_eq(r.counts.records, rows[i].records, "%zu: %llu", i,
                     (unsigned long long)r.counts.records);
        cr_expect_eq(r.counts.rows, rows[i].rows, "%zu", i);
        cr_expect_eq(r.counts.quarantined, rows[i].quarantined, "%zu", i);
        cr_expect_eq(r.counts.records + r.records_passed, 240, "%zu", i);
        cr_expect_eq(r.objects + r.objects_passed, 1, "%zu", i);
        cr_expect_eq(r.problem_count, 0, "%zu", i);
        struct str ordinal = bench_rows(w, "select ordinal from aforo_quarantine");
        cr_expect(str_eq(ordinal, rows[i].quarantined == 1 ? STR("7\n") : STR_EMPTY),
                  "%zu: places do not shift: %.*s", i, STR_ARG(ordinal));
    }
}

Test(selection, does_not_take_a_part_for_the_whole)
{
    /* The same part again changes nothing; another one, or all of it, is a problem that says why.
     */
    const struct asked part = {.key = "k3"}, all = {0};
    struct selection of_part = selection_of(&part), of_all = selection_of(&all);
    struct warehouse *w = bench_warehouse();
    struct player_result r;
    struct diag d = DIAG_INIT;
    write_sales("in/a.zst");
    cr_assert(play(w, &of_part, &r, &d) == ERR_OK, "%s", d.msg);
    cr_assert(play(w, &of_part, &r, &d) == ERR_OK, "%s", d.msg);
    cr_expect(r.loaded_before == 1 && r.counts.rows == 48 && r.problem_count == 0);
    cr_assert(play(w, &of_all, &r, &d) == ERR_OK, "%s", d.msg);
    cr_expect_str_eq(bench_problem(&r, "a.zst"), "loaded before, and then key k3 was asked for");
    struct warehouse *whole = bench_warehouse();
    cr_assert(play(whole, &of_all, &r, &d) == ERR_OK, "%s", d.msg);
    cr_assert(play(whole, &of_part, &r, &d) == ERR_OK, "%s", d.msg);
    cr_expect_str_eq(bench_problem(&r, "a.zst"), "loaded before, and then all of it was asked for");
}

Test(selection, refuses_what_is_not_known)
{
    const struct asked by_key = {.key = "k3"}, by_arrival = {.arrived_from = "2026-03-01"};
    struct selection s = selection_of(&by_key);
    struct player_result r;
    struct diag d = DIAG_INIT;
    bench_write("in/a.json", sale(1));
    cr_assert(play(bench_warehouse(), &s, &r, &d) == ERR_OK, "%s", d.msg);
    cr_expect_str_eq(bench_problem(&r, "a.json"), "only captures of a stream know partition keys");
    s = selection_of(&by_arrival);
    cr_assert(play(bench_warehouse(), &s, &r, &d) == ERR_OK, "%s", d.msg);
    cr_expect_str_eq(bench_problem(&r, "a.json"),
                     "only captures of a stream and Firehose's objects know when a record arrived");
    struct source source;
    s = SELECTION_ALL;
    s.prefix = STR("b");
    cr_assert(source_open(bench_arena(), bench_path("in"), NULL, &source, &d) == ERR_OK);
    cr_expect_eq(selection_objects(&s, &source, &d), ERR_NOT_FOUND);
    cr_expect_str_eq(d.msg, "none of 1 objects has a key that begins 'b'");
}

/* ---- pace ---- */

struct clock { /* sleeping is what moves it */
    struct rt rt;
    int64_t mono_us, slept_us;
};

static int64_t clock_mono(struct rt *rt)
{
    return ((struct clock *)(void *)rt)->mono_us;
}

static enum err clock_sleep(struct rt *rt, int64_t mono_us)
{
    struct clock *c = (struct clock *)(void *)rt;
    c->slept_us += mono_us > c->mono_us ? mono_us - c->mono_us : 0;
    c->mono_us = mono_us > c->mono_us ? mono_us : c->mono_us;
    return ERR_OK;
}

Test(selection, waits_as_the_pace_says)
{
    static const struct rt_ops ops = {.mono_us = clock_mono, .sleep_until = clock_sleep};
    static const struct {
        const char *pace;
        int64_t slept_us; /* over moments 10 s, 40 s, 20 s, unknown, 100 s behind the first */
    } rows[] = {{"flat", 0},         {"virtual", 0},    {"original", 100000000}, {"10x", 10000000},
                {"0.5x", 200000000}, {"1x", 100000000}, {"1000000x", 100}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pace pace;
        struct pace_run run = {0};
        struct diag d = DIAG_INIT;
        struct clock clock = {.rt = {.ops = &ops}, .mono_us = 5};
        const int64_t moments[] = {10, 40, 20, 0, 100};
        cr_assert(pace_parse(str_of(rows[i].pace), &pace, &d) == ERR_OK, "%s", d.msg);
        for (size_t k = 0; k < sizeof(moments) / sizeof(moments[0]); k++) {
            int64_t moment =
                moments[k] == 0 ? INSTANT_NEVER : at(DAY "00:00:00Z") + moments[k] * US_PER_S;
            cr_assert(pace_wait(&pace, &run, &clock.rt, at(DAY "00:00:00Z"), moment, &d) == ERR_OK);
        }
        cr_expect_eq(clock.slept_us, rows[i].slept_us, "%s: %lld", rows[i].pace,
                     (long long)clock.slept_us);
    }
    const char *const bad[] = {"", "x", "0x", "-1x", "fast", "2", "2000000000x", "1.0000001x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pace pace;
        struct diag d = DIAG_INIT;
        cr_expect_eq(pace_parse(str_of(bad[i]), &pace, &d), ERR_INVALID, "%s", bad[i]);
    }
}

Test(selection, stamps_with_arrivals_when_virtual)
{
    struct warehouse *w = bench_warehouse();
    struct player_result r;
    struct diag d = DIAG_INIT;
    struct player_options o = {.pace = {.kind = PACE_VIRTUAL}};
    write_sales("in/a.zst");
    cr_assert(bench_play_as(w, "in", o, &r, &d) == ERR_OK, "%s", d.msg);
    struct str found = bench_rows(w, "select loaded_us from aforo_loaded_object");
    struct str expected = str_printf(bench_arena(), "%lld\n",
                                     (long long)(at("2026-03-02T00:00:00Z") + 2390 * US_PER_S));
    cr_expect(str_eq(found, expected), "%.*s", STR_ARG(found));
}

/* ---- shards take turns ---- */

/* A shard's object: two records, of `first` and `last` seconds after the day's begin. */
static void write_object(const char *name, int first, int last)
{
    struct capture_record records[2];
    const int seconds[] = {first, last};
    for (int i = 0; i < 2; i++) {
        records[i] =
            (struct capture_record){.sequence_number = str_printf(bench_arena(), "%d", seconds[i]),
                                    .partition_key = STR("k"),
                                    .arrived_us = at(DAY "00:00:00Z") + seconds[i] * US_PER_S,
                                    .data = sale(seconds[i])};
    }
    bench_write(name, capture_write(bench_arena(), records, 2));
}

static int64_t virtual_us; /* of the test's process alone */

static int64_t virtual_mono(struct rt *rt)
{
    (void)rt;
    return virtual_us;
}

static enum err virtual_sleep(struct rt *rt, int64_t mono_us)
{
    (void)rt;
    virtual_us = mono_us > virtual_us ? mono_us : virtual_us;
    return ERR_OK;
}

static int64_t virtual_now(void *ctx)
{
    (void)ctx;
    return virtual_us;
}

Test(selection, takes_shards_in_turn_by_arrival)
{
    /* Keys put all of shard a before shard b; paced, their objects are loaded when their last
     * records had arrived, at that time of a clock that only sleeping moves; what has no time stays
     * behind its neighbour, and a damaged object is a problem as ever. */
    static const struct {
        const char *pace;
        int64_t per_s; /* how long a second of the capture takes */
    } rows[] = {{"original", US_PER_S}, {"4x", US_PER_S / 4}, {"virtual", 0}};
    write_object("in/a/1.zst", 10, 20);
    write_object("in/a/2.zst", 30, 100);
    write_object("in/b/1.zst", 15, 40);
    write_object("in/b/2.zst", 50, 60);
    bench_write("in/b/3.zst", STR("damaged"));
    static const int loaded_s[] = {20, 40, 60, 100};
    static const char order[] = "a/1.zst\nb/1.zst\nb/2.zst\na/2.zst\n";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct player_result r;
        struct source source;
        struct warehouse *w = bench_warehouse();
        struct rt *rt = rt_threads_new(bench_arena(), 0);
        static struct rt_ops ops;
        ops = *rt->ops;
        ops.mono_us = virtual_mono;
        ops.sleep_until = virtual_sleep;
        rt->ops = &ops;
        virtual_us = 0;
        struct player_options o = {.rt = rt, .now_us = virtual_now};
        cr_assert(pace_parse(str_of(rows[i].pace), &o.pace, &d) == ERR_OK);
        cr_assert(source_open(bench_arena(), bench_path("in"), NULL, &source, &d) == ERR_OK);
        cr_assert(player_run(bench_arena(), bench_definition(), &source, w, &o, &r, &d) == ERR_OK,
                  "%s", d.msg);
        cr_expect_eq(r.problem_count, 1);
        struct str keys =
            bench_rows(w, "select object_key from aforo_loaded_object order by loaded_us");
        cr_expect(str_eq(keys, str_of(order)), "%s: %.*s", rows[i].pace, STR_ARG(keys));
        struct buf times;
        buf_init(&times, bench_arena(), 4096);
        for (size_t k = 0; k < 4; k++) {
            int64_t us = rows[i].per_s > 0 ? (loaded_s[k] - 10) * rows[i].per_s
                                           : at(DAY "00:00:00Z") + loaded_s[k] * US_PER_S;
            buf_addf(&times, "%lld\n", (long long)us);
        }
        struct str found =
            bench_rows(w, "select loaded_us from aforo_loaded_object order by loaded_us");
        cr_expect(str_eq(found, buf_str(&times)), "%s: %.*s", rows[i].pace, STR_ARG(found));
    }
}
