#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "pipeline/capture.h"
#include "pipeline/landing.h"
#include "pipeline/loading.h"
#include "pipeline_world.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)

/* Every record that the emulator ever took is in exactly one raw object, with the same bytes, and
 * in the order of its shard; objects of a shard do not overlap. */
static void check_landed(struct world *w, const char *what)
{
    struct diag d = DIAG_INIT;
    struct map *landed = map_new(w->arena);
    size_t objects = world_objects(w, "raw/orders/");
    for (size_t i = 0; i < objects; i++) {
        struct str key, body = world_object(w, "raw/orders/", i, &key);
        struct capture_record *records;
        size_t count;
        OK(capture_read(w->arena, body, &records, &count, &d));
        for (size_t r = 0; r < count; r++) {
            struct str name = records[r].sequence_number;
            cr_assert(map_get(landed, name) == NULL, "%s: %.*s is in two objects", what,
                      STR_ARG(name));
            cr_assert(r == 0 || sequence_cmp(records[r - 1].sequence_number, name) < 0);
            map_put(landed, name, &records[r]);
        }
    }
    struct emulator_record put;
    size_t sent = 0;
    for (uint64_t at = 0; emulator_record_next(w->emulator, &at, &put); sent++) {
        const struct capture_record *record = map_get(landed, put.sequence_number);
        cr_assert(record != NULL, "%s: %.*s was lost", what, STR_ARG(put.data));
        cr_assert(str_eq(record->data, put.data) &&
                  str_eq(record->partition_key, put.partition_key));
        cr_assert_eq(record->arrived_us, put.arrived_us);
    }
    cr_assert_eq(map_count(landed), sent, "%s", what);
}

Test(landing, lands_every_record_once)
{
    /* Two shards, batches that are cut by count and by age. */
    struct world *w = world_new(2);
    world_put_orders(w, 0, 450);
    world_settle(w);
    check_landed(w, "450 orders");
    cr_assert_geq(world_objects(w, "raw/orders/dt=" WORLD_DAY "/hh=00/"), 5);
    world_put_orders(w, 450, 500);
    world_put(w, "not\njson\n"); /* boundaries are kept whatever the bytes */
    world_settle(w);
    check_landed(w, "and 51 more");
    world_free(w);
}

static void turn(struct landing *l)
{
    struct diag d = DIAG_INIT;
    int64_t idle_us;
    OK(landing_turn(l, &idle_us, &d));
}

Test(landing, twins_on_one_shard_write_each_record_once)
{
    /* Two landers, unevenly fast, whose batches begin and end at different records. */
    struct world *w = world_new(1);
    struct landing *twins[2];
    for (int i = 0; i < 2; i++) {
        struct pipeline *p = world_open(w, NULL);
        twins[i] = landing_new(p->arena, p, STR("shardId-000000000000"));
    }
    for (size_t step = 0; step < 60; step++) {
        size_t n = step * 13 % 37;
        world_put_orders(w, step * 40, step * 40 + n);
        turn(twins[step * 5 % 7 < 3]);
        if (step % 3 == 0) {
            turn(twins[step % 2]);
        }
        test_clock_advance(&w->clock, 7 * US_PER_S);
    }
    world_settle(w);
    check_landed(w, "twins");
    cr_assert_gt(world_objects(w, "raw/orders/"), 10);
    world_free(w);
}

Test(landing, a_shard_that_ends_in_another_landers_object_is_read_to_its_end)
{
    /* One lander has all of a closed shard in its batch, and finds that the other has landed the
     * first half and no more: it is not done before the second half has landed too. */
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    struct landing *twins[2];
    for (int i = 0; i < 2; i++) {
        struct pipeline *p = world_open(w, NULL);
        twins[i] = landing_new(p->arena, p, STR("shardId-000000000000"));
        world_put_orders(w, (size_t)i * 20, (size_t)i * 20 + 5);
        turn(twins[i]); /* positioned, before anything has landed */
    }
    test_clock_advance(&w->clock, 2 * w->def->land_age_us);
    turn(twins[0]);
    cr_assert_eq(world_objects(w, "raw/orders/"), 1);
    world_put_orders(w, 50, 60);
    world_reshard(w, 2);
    int64_t idle_us;
    for (int i = 0; i < 20 && !landing_is_drained(twins[1]); i++) {
        enum err err = landing_turn(twins[1], &idle_us, &d);
        cr_assert(err == ERR_OK || err == ERR_NOT_FOUND, "%s", d.msg);
        diag_clear(&d);
    }
    check_landed(w, "the end of the shard");
    world_free(w);
}

static size_t calls_of(struct world *w, const char *operation)
{
    struct ledger_entry entry;
    size_t count = 0;
    for (uint64_t after = 0; emulator_ledger_next(w->emulator, after, &entry);
         after = entry.number) {
        count += str_eq(entry.operation, str_of(operation));
    }
    return count;
}

Test(landing, a_new_shard_is_not_looked_for_in_years_of_raw)
{
    /* 40 days of raw, of which the shard has nothing: the walk ends at the stream's retention. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    for (int day = 1; day <= 40; day++) {
        struct str key = str_printf(w->arena,
                                    "raw/orders/dt=2026-0%d-%02d/hh=05/shardId-000000000009-1"
                                    ".ndjson.zst",
                                    day <= 20 ? 2 : 3, day <= 20 ? day + 8 : day - 20);
        world_replace(w, key, STR("another shard's"));
    }
    struct landing *l = landing_new(p->arena, p, STR("shardId-000000000000"));
    world_put_orders(w, 0, 3);
    turn(l);
    cr_assert_eq(calls_of(w, "DescribeStreamSummary"), 2); /* one is world_new's */
    cr_assert_leq(calls_of(w, "ListObjectsV2"), 8);
    test_clock_advance(&w->clock, 2 * w->def->land_age_us);
    turn(l);
    cr_assert_eq(world_objects(w, "raw/orders/dt=" WORLD_DAY "/"), 1);
    world_free(w);
}

/* The first life dies with the k-th call applied and unheard of. */
static struct world *crashed_after(size_t k)
{
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    world_put_orders(w, 0, 100);
    w->pipes.fault_at = k;
    w->pipes.way = WAY_CRASH_AFTER;
    cr_assert_eq(world_live(w, &d), ERR_CANCELLED);
    return w;
}

Test(landing, takes_over_after_a_crash_between_put_and_next_read)
{
    /* The object is written and its lander dies before it hears of it: the next life finds it. */
    struct world *w = crashed_after(1);
    for (size_t k = 2; k < 20 && world_objects(w, "raw/orders/") == 0; k++) {
        world_free(w);
        w = crashed_after(k);
    }
    cr_assert_eq(world_objects(w, "raw/orders/"), 1, "the put was the call that was not heard of");
    cr_assert_eq(world_number(w, "select count(*) from aforo_loaded_object"), 0);
    w->pipes.crashed = false;
    world_put_orders(w, 100, 130);
    world_settle(w);
    check_landed(w, "after the crash");
    cr_assert_eq(world_objects(w, "raw/orders/"), 2);
    cr_assert_eq(world_number(w, "select count(*) from orders"), 130);
    world_free(w);
}

static struct landing *lander_of(struct world *w)
{
    struct pipeline *p = world_open(w, NULL);
    return landing_new(p->arena, p, STR("shardId-000000000000"));
}

/* Long enough for a batch to land, in turns that keep an iterator in force. */
static void turns(struct world *w, struct landing *l, int64_t for_us)
{
    for (int64_t passed_us = 0; passed_us <= for_us; passed_us += US_PER_MINUTE) {
        turn(l);
        test_clock_advance(&w->clock, US_PER_MINUTE);
    }
}

#define LOST "select count(*) from aforo_alert where kind = 'lost-records'"

Test(landing, what_the_stream_did_not_keep_is_told)
{
    /* Five orders pass the stream's 24 hours while nobody reads: what comes behind them lands, and
     * people are told once, whether the lander lives on (its iterator has expired) or another
     * begins; and also when the call that asks for the retention fails the first time. */
    for (int lives_on = 0; lives_on < 2; lives_on++) {
        struct world *w = world_new(1);
        struct landing *l = lander_of(w);
        world_put_orders(w, 0, 10);
        turns(w, l, 2 * w->def->land_age_us);
        cr_assert_eq(world_objects(w, "raw/orders/"), 1);
        world_put_orders(w, 10, 15);
        test_clock_advance(&w->clock, 26 * US_PER_HOUR);
        world_put_orders(w, 15, 20);
        turns(w, lives_on != 0 ? l : lander_of(w), 2 * w->def->land_age_us);
        world_settle(w);
        cr_expect_eq(world_number(w, "select count(*) from orders"), 15);
        cr_expect_eq(world_number(w, LOST), 1, "life %d", lives_on);
        cr_expect_eq(world_number(w, LOST " and criticality = 'critical' and message like "
                                          "'%shardId-000000000000%' and message like "
                                          "'%2026-03-28T00:%' and message like "
                                          "'%2026-03-28T02:%'"),
                     1, "%.*s", STR_ARG(world_text(w, "select message from aforo_alert")));
        world_free(w);
    }
}

Test(landing, nothing_is_told_where_somebody_read_in_time)
{
    /* A shard that was idle for three days under a lander that polled it; and a twin that was away
     * while the other landed all: it goes on behind that, and lands nothing of it again. */
    struct world *w = world_new(1);
    struct landing *twins[2] = {lander_of(w), lander_of(w)};
    world_put_orders(w, 0, 10);
    turns(w, twins[1], 2 * w->def->land_age_us);
    for (size_t hour = 0; hour < 72; hour++) {
        if (hour == 20 || hour == 50) {
            world_put_orders(w, 10 * hour, 10 * hour + 7);
        }
        turns(w, twins[0], 2 * w->def->land_age_us);
        test_clock_advance(&w->clock, US_PER_HOUR);
    }
    world_put_orders(w, 1000, 1010);
    turns(w, twins[1], 2 * w->def->land_age_us);
    world_settle(w);
    check_landed(w, "three days");
    cr_expect_eq(world_number(w, "select count(*) from orders"), 34);
    cr_expect_eq(world_number(w, LOST), 0);
    world_free(w);
}

/* Ten orders, a shard on which nothing comes for two days while a lander polls it, and after that
 * nobody for `away_us`, with five orders in front of it that then are lost if `losing`; what comes
 * later finds a lander that begins anew. */
static int64_t told_after_idling(int64_t away_us, bool losing)
{
    struct world *w = world_new(1);
    struct landing *l = lander_of(w);
    world_put_orders(w, 0, 10);
    turns(w, l, 2 * w->def->land_age_us);
    for (size_t hour = 0; hour < 48; hour++) {
        turns(w, l, 2 * US_PER_MINUTE);
        test_clock_advance(&w->clock, US_PER_HOUR);
    }
    cr_assert_eq(world_objects(w, "raw/"), 1);
    cr_assert_eq(world_objects(w, "landing/orders/shardId-000000000000"), 1);
    if (losing) {
        world_put_orders(w, 10, 15);
    }
    test_clock_advance(&w->clock, away_us);
    for (int life = 0; life < 2; life++) { /* nothing has come yet when the first one begins */
        turns(w, lander_of(w), 2 * US_PER_MINUTE);
    }
    world_put_orders(w, 20, 25);
    turns(w, lander_of(w), 2 * w->def->land_age_us);
    world_settle(w);
    int64_t told = world_number(w, LOST);
    cr_expect_eq(world_number(w, "select count(*) from orders"), 15);
    world_free(w);
    return told;
}

Test(landing, an_idle_shard_is_not_told_as_lost)
{
    /* A lander that begins anew on a shard where nothing came for longer than the stream keeps its
     * records goes by what the one before it noted; where nobody read for that long, records that
     * have gone are told, and so is what may have gone: lives in between change nothing of it. */
    cr_expect_eq(told_after_idling(10 * US_PER_HOUR, false), 0);
    cr_expect_eq(told_after_idling(32 * US_PER_HOUR, true), 1);
    cr_expect_eq(told_after_idling(32 * US_PER_HOUR, false), 1);
}

Test(landing, a_key_that_holds_other_bytes_needs_a_person)
{
    /* Same first and last record, other content: neither is overwritten. */
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    world_put_orders(w, 0, 10);
    world_settle(w);
    struct str key, body = world_object(w, "raw/orders/", 0, &key);
    struct world *other = world_new(1);
    world_put_orders(other, 0, 10);
    world_replace(other, key, body); /* by hand: it has none of our metadata */
    enum err err = world_live(other, &d);
    cr_assert_eq(err, ERR_CORRUPT);
    cr_assert(str_contains(str_of(d.msg), STR("was not landed by this pipeline")), "%s", d.msg);
    world_free(other);
    world_free(w);
}
