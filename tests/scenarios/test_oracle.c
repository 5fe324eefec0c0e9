/* test_oracle.c -- Every checker of records sees the violation that was planted for it, and calls a
 * right pipeline well: raw, the warehouse, counts and sums, replay. What the pipeline tells people
 * is in test_oracle_tells.c. */
#include <stdio.h>
#include <string.h>

#include "adapter/warehouse_sqlite.h"
#include "base/limits.h"
#include "oracle_day.h"
#include "pipeline/capture.h"

/* ---- checks ---- */

static enum err check_complete(struct world *w, struct oracle *o, struct oracle_finding *f,
                               struct diag *d)
{
    (void)w;
    struct oracle_finding raw = {.story = STR_EMPTY}; /* what raw has to say is not asked here */
    TRY(oracle_check_raw(o, &raw, d));
    return oracle_check_complete(o, f, d);
}

static enum err check_counts(struct world *w, struct oracle *o, struct oracle_finding *f,
                             struct diag *d)
{
    TRY(check_raw(w, o, f, d));
    return oracle_check_counts(o, US_PER_HOUR, f, d);
}

static enum err check_aggregates(struct world *w, struct oracle *o, struct oracle_finding *f,
                                 struct diag *d)
{
    static const struct str columns[] = {STR_INIT("sum(amount)"), STR_INIT("min(placed)"),
                                         STR_INIT("max(quantity)"), STR_INIT("count")};
    static const struct str group[] = {STR_INIT("shop"), STR_INIT("day")};
    TRY(check_raw(w, o, f, d));
    return oracle_check_aggregates(o, columns, 4, group, 2, f, d);
}

static enum err check_unique(struct world *w, struct oracle *o, struct oracle_finding *f,
                             struct diag *d)
{
    (void)w;
    TRY(oracle_check_unique(o, STR("orders"), STR("order_id"), f, d));
    return oracle_check_unique(o, STR("aforo_duplicate"), STR("event_id"), f, d);
}

static enum err check_sql(struct world *w, struct oracle *o, struct oracle_finding *f,
                          struct diag *d)
{
    (void)w;
    return oracle_check_sql(o, STR("select count(*) from orders"), STR("40"), f, d);
}

static enum err empty_open(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                           struct diag *d)
{
    (void)ctx;
    struct warehouse_sqlite_options options = {.path = "file:/replayed?vfs=memdb"};
    return warehouse_sqlite_open(a, &options, ret_warehouse, d);
}

static enum err check_replay(struct world *w, struct oracle *o, struct oracle_finding *f,
                             struct diag *d)
{
    struct oracle_replay replay = {.seed = 3, .open = empty_open};
    struct oracle_finding raw = {.story = STR_EMPTY};
    struct warehouse *kept; /* the database ends with its last session */
    TRY(empty_open(NULL, w->arena, &kept, d));
    TRY(oracle_check_raw(o, &raw, d));
    enum err err = oracle_check_replay(o, &replay, f, d);
    warehouse_close(kept);
    return err;
}

/* ---- plants ---- */

static void acknowledged_and_not_stored(struct world *w, struct oracle *o)
{
    (void)w;
    struct order order = order_of(77);
    day_intend(o, order.json, false);
}

static void stored_and_not_sent(struct world *w, struct oracle *o)
{
    (void)o;
    world_put_orders(w, 90, 91);
}

static void altered(struct world *w, struct oracle *o)
{
    (void)o;
    struct str key;
    struct diag d = DIAG_INIT;
    struct capture_record *records;
    size_t count;
    struct str body = world_object(w, "raw/", 0, &key);
    OK(capture_read(w->arena, body, &records, &count, &d));
    records[5].data = str_printf(w->arena, "%.*s ", STR_ARG(records[5].data));
    world_replace(w, key, capture_write(w->arena, records, count));
}

static void rewritten_later(struct world *w, struct oracle *o)
{
    struct diag d = DIAG_INIT;
    struct oracle_finding before = {.story = STR_EMPTY};
    OK(oracle_check_raw(o, &before, &d));
    cr_assert(oracle_is_well(&before));
    altered(w, o);
}

/* The object again, from its second record on, under another key. */
static void landed_twice(struct world *w, struct oracle *o)
{
    (void)o;
    struct str key;
    struct diag d = DIAG_INIT;
    struct capture_record *records;
    size_t count;
    struct str body = world_object(w, "raw/", 0, &key);
    OK(capture_read(w->arena, body, &records, &count, &d));
    struct str folder = str_slice(key, 0, str_find_last(key, '/'));
    struct str second = str_printf(w->arena, "%.*s/shardId-000000000000-%.*s.ndjson.zst",
                                   STR_ARG(folder), STR_ARG(records[1].sequence_number));
    world_replace(w, second, capture_write(w->arena, records + 1, 3));
}

/* The object without its third record. */
static void passed_over(struct world *w, struct oracle *o)
{
    (void)o;
    struct str key;
    struct diag d = DIAG_INIT;
    struct capture_record *records;
    size_t count;
    struct str body = world_object(w, "raw/", 0, &key);
    OK(capture_read(w->arena, body, &records, &count, &d));
    memmove(&records[2], &records[3], (count - 3) * sizeof(*records));
    world_replace(w, key, capture_write(w->arena, records, count - 1));
}

/* A child's record has landed; one that came to its parent has not. */
static void overtaken(struct world *w, struct oracle *o)
{
    static const char *const words[] = {"{\"to\":\"the parent\"}", "{\"to\":\"a child\"}"};
    day_intend(o, words[0], true);
    day_intend(o, words[1], true);
    world_put(w, words[0]);
    world_reshard(w, 2);
    world_put(w, words[1]);
    struct emulator_record r;
    for (uint64_t at = 0; emulator_record_next(w->emulator, &at, &r);) {
        if (str_eq(r.data, str_of(words[1]))) {
            struct capture_record record = {.sequence_number = r.sequence_number,
                                            .partition_key = r.partition_key,
                                            .arrived_us = r.arrived_us,
                                            .data = r.data};
            struct str key =
                str_printf(w->arena, "raw/orders/dt=" WORLD_DAY "/hh=00/%.*s-%.*s.ndjson.zst",
                           STR_ARG(r.shard_id), STR_ARG(r.sequence_number));
            world_replace(w, key, capture_write(w->arena, &record, 1));
        }
    }
}

static void row_deleted(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from orders where order_id = 'o-000007'");
}

static void row_changed(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "update orders set amount = amount + 1 where order_id = 'o-000007'");
}

static void row_invented(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "insert into orders select 'x', placed, shop, amount, quantity, kind, "
                  "aforo_object, 999 from orders "
                  "where order_id = 'o-000007'");
}

static void row_doubled(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from aforo_duplicate where event_id = 'o-000001'");
    world_exec(w, "insert into orders select 'x', placed, shop, amount, quantity, kind, "
                  "aforo_object, 41 from orders "
                  "where order_id = 'o-000001'");
}

static void duplicate_forgotten(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from aforo_duplicate where event_id = 'o-000001'");
}

static void duplicate_twice(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(
        w,
        "insert into aforo_duplicate select pipeline, object_key, 5, event_id from aforo_duplicate "
        "where event_id = 'o-000001'");
}

static void quarantine_swallowed(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from aforo_quarantine");
}

static void quarantine_object_gone(struct world *w, struct oracle *o)
{
    (void)o;
    struct str key;
    (void)world_object(w, "quarantine/", 0, &key);
    world_delete(w, key);
}

static void object_unknown(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "update aforo_loaded_object set object_key = 'raw/orders/elsewhere'");
}

static void counts_noted_wrongly(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "update aforo_loaded_object set loaded = 0");
}

static void version_unknown(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "update aforo_loaded_object set schema_version = 'another'");
}

static void code_unknown(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "update aforo_loaded_object set code_version = null");
}

/* Nothing says any more that it was loaded. */
static void line_forgotten(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from aforo_loaded_object");
    world_exec(w, "delete from orders");
    world_exec(w, "delete from aforo_duplicate");
    world_exec(w, "delete from aforo_quarantine");
}

static void quarantine_forgotten(struct world *w, struct oracle *o)
{
    (void)o;
    world_exec(w, "delete from aforo_quarantine");
}

/* ---- the table ---- */

static const struct plant plants[] = {
    {"raw: well", nothing, check_raw, ROW_LOST, NULL},
    {"raw: not stored", acknowledged_and_not_stored, check_raw, ROW_LOST,
     "the stream does not have it"},
    {"raw: not sent", stored_and_not_sent, check_raw, ROW_UNEXPECTED, "nobody sent"},
    {"raw: altered", altered, check_raw, ROW_CORRUPTED, "other bytes"},
    {"raw: rewritten", rewritten_later, check_raw, ROW_CORRUPTED, "written again"},
    {"raw: twice", landed_twice, check_raw, ROW_DUPLICATED, "landed twice"},
    {"raw: passed over", passed_over, check_raw, ROW_LOST, "passed over"},
    {"raw: overtaken", overtaken, check_raw, ROW_OVERTAKEN, "before its parent"},
    {"warehouse: well", nothing, check_complete, ROW_LOST, NULL},
    {"warehouse: row deleted", row_deleted, check_complete, ROW_LOST, "o-000007"},
    {"warehouse: row changed", row_changed, check_complete, ROW_CORRUPTED, "another amount"},
    {"warehouse: row invented", row_invented, check_complete, ROW_UNEXPECTED, "record 999"},
    {"warehouse: row doubled", row_doubled, check_complete, ROW_DUPLICATED,
     "twice in the warehouse"},
    {"warehouse: duplicate forgotten", duplicate_forgotten, check_complete, ROW_LOST, "o-000001"},
    {"warehouse: accounted twice", duplicate_twice, check_complete, ROW_DUPLICATED,
     "accounted for twice"},
    {"warehouse: quarantine swallowed", quarantine_swallowed, check_complete, ROW_LOST, "nowhere"},
    {"warehouse: quarantine object gone", quarantine_object_gone, check_complete, ROW_LOST,
     "no object in S3"},
    {"warehouse: object unknown", object_unknown, check_complete, ROW_UNEXPECTED,
     "raw does not have"},
    {"warehouse: counts", counts_noted_wrongly, check_complete, ROW_STALE, "is noted with 0 rows"},
    {"warehouse: another definition", version_unknown, check_complete, ROW_CORRUPTED,
     "by which definition"},
    {"warehouse: no code", code_unknown, check_complete, ROW_CORRUPTED, "which code"},
    {"warehouse: not landed", acknowledged_and_not_stored, check_complete, ROW_LOST,
     "has not landed"},
    {"unique: well", nothing, check_unique, ROW_LOST, NULL},
    {"unique: twice", duplicate_twice, check_unique, ROW_DUPLICATED, "o-000001 twice"},
    {"counts: well", nothing, check_counts, ROW_LOST, NULL},
    {"counts: one less", row_deleted, check_counts, ROW_LOST, "the warehouse"},
    {"counts: one more", row_invented, check_counts, ROW_DUPLICATED, "the warehouse"},
    {"aggregates: well", nothing, check_aggregates, ROW_LOST, NULL},
    {"aggregates: one cent", row_changed, check_aggregates, ROW_CORRUPTED, "amount"},
    {"sql: well", nothing, check_sql, ROW_LOST, NULL},
    {"sql: another", row_deleted, check_sql, ROW_STALE, "expected 40, found 39"},
    {"replay: well", nothing, check_replay, ROW_LOST, NULL},
    {"replay: a row less", row_deleted, check_replay, ROW_STALE, "into an empty warehouse"},
    {"replay: another value", row_changed, check_replay, ROW_STALE, "into an empty warehouse"},
    {"replay: loaded again", line_forgotten, check_replay, ROW_DUPLICATED, "was loaded again"},
    {"replay: quarantine", quarantine_forgotten, check_replay, ROW_STALE, "in quarantine"},
};

Test(oracle, sees_what_was_planted_in_records)
{
    /* Each checker calls the day well as it is, and names the class of what was changed in it. */
    plants_check(plants, sizeof(plants) / sizeof(plants[0]));
}

Test(oracle, tells_how_far_the_pipeline_is)
{
    /* Nothing lags on a day that was landed and loaded; an event that is only stored lags by one
     * record. */
    struct oracle *o;
    struct diag d = DIAG_INIT;
    struct oracle_finding f = {.story = STR_EMPTY};
    struct oracle_lag lag;
    struct world *w = day_new(&o);
    world_exec(w, "update aforo_alert set sent_us = 1");
    OK(oracle_check_raw(o, &f, &d));
    OK(oracle_lag(o, &lag, &d));
    cr_expect(oracle_lag_is_zero(&lag), "%.*s", STR_ARG(oracle_lag_text(&lag, w->arena)));
    struct order order = order_of(50);
    struct oracle_event *event = oracle_intend(o, str_of(order.json), false, false);
    world_put_orders(w, 50, 51);
    OK(oracle_check_raw(o, &f, &d));
    OK(oracle_lag(o, &lag, &d));
    cr_expect(lag.unacknowledged == 1 && lag.unlanded == 1 && lag.unloaded == 0);
    oracle_acknowledge(o, event);
    world_settle(w);
    OK(oracle_check_raw(o, &f, &d));
    OK(oracle_lag(o, &lag, &d));
    cr_expect(oracle_lag_is_zero(&lag) && oracle_is_well(&f), "%.*s", STR_ARG(f.story));
    struct oracle_counts counts;
    OK(oracle_count(o, &counts, &d));
    cr_expect(counts.rows == ORDERS + 1 && counts.duplicates == 3 && counts.quarantined == 1 &&
              counts.deliveries_twice == 3);
    world_free(w);
}
