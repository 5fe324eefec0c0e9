/* test_oracle.c -- Every checker sees the violation that was planted for it, and calls a right
 * pipeline well. Why so long: all plants are of one day, and stand in one table. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "adapter/warehouse_sqlite.h"
#include "aws/sns.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/alert.h"
#include "pipeline/capture.h"
#include "pipeline/report.h"
#include "pipeline_world.h"
#include "scenarios/oracle/oracle.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define ORDERS 40
#define BAD "{\"order_id\":\"bad\",\"placed\":\"2026-03-28T01:00:00Z\",\"shop\":\"nowhere\"}"

/* ---- a day that went well, and its ledger ---- */

static void intend(struct oracle *o, const char *payload, bool malformed)
{
    oracle_acknowledge(o, oracle_intend(o, str_of(payload), malformed, false));
}

static struct world *day_new(struct oracle **ret_oracle)
{
    struct world *w = world_new(1);
    struct oracle_options options = {
        .emulator = w->emulator, .def = w->def, .warehouse = w->warehouse};
    struct oracle *o = oracle_new(w->arena, &options);
    for (size_t i = 0; i < ORDERS; i++) {
        struct order order = order_of(i);
        intend(o, order.json, false);
    }
    intend(o, BAD, true);
    world_put_orders(w, 0, ORDERS);
    world_put_orders(w, 0, 3); /* sent twice: duplicates of those that are there */
    world_put(w, BAD);
    world_settle(w);
    *ret_oracle = o;
    return w;
}

typedef enum err check_fn(struct world *w, struct oracle *o, struct oracle_finding *f,
                          struct diag *d);

static enum err check_raw(struct world *w, struct oracle *o, struct oracle_finding *f,
                          struct diag *d)
{
    (void)w;
    return oracle_check_raw(o, f, d);
}

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

static enum err check_alerts(struct world *w, struct oracle *o, struct oracle_finding *f,
                             struct diag *d)
{
    (void)w;
    enum criticality low = CRITICALITY_LOW;
    struct oracle_alerts asked = {
        .criticality = &low, .at_least = 1, .at_most = 1, .copies = -1, .complete = true};
    return oracle_check_alerts(o, &asked, f, d);
}

static enum err check_copies(struct world *w, struct oracle *o, struct oracle_finding *f,
                             struct diag *d)
{
    (void)w;
    struct oracle_alerts asked = {.at_least = -1, .at_most = -1, .copies = 2};
    return oracle_check_alerts(o, &asked, f, d);
}

static enum err check_durable(struct world *w, struct oracle *o, struct oracle_finding *f,
                              struct diag *d)
{
    (void)w;
    return oracle_check_durable(o, f, d);
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

#define CLOSED_US (WORLD_START_US + US_PER_DAY + US_PER_HOUR) /* the definition's grace */

/* A look an hour after the close, with an hour from the close or the heal on allowed. */
static enum err check_deadline(struct world *w, struct oracle *o, struct oracle_finding *f,
                               struct diag *d)
{
    TRY(check_raw(w, o, f, d));
    struct oracle_deadline deadline = {.now_us = CLOSED_US + US_PER_HOUR + US_PER_S,
                                       .healed_us = w->clock.start_us + w->clock.mono_us,
                                       .within_us = US_PER_HOUR};
    return oracle_check_deadline(o, &deadline, f, d);
}

/* Read on in two looks: the second goes on where the first ended. */
static enum err check_retries(struct world *w, struct oracle *o, struct oracle_finding *f,
                              struct diag *d)
{
    (void)w, (void)d;
    struct oracle_retries *r = oracle_retries_new(w->arena, 4, US_PER_S);
    oracle_check_retries(o, r, f);
    oracle_check_retries(o, r, f);
    return ERR_OK;
}

static enum err check_reports(struct world *w, struct oracle *o, struct oracle_finding *f,
                              struct diag *d)
{
    TRY(check_raw(w, o, f, d));
    return oracle_check_reports(o, WORLD_START_US + 2 * US_PER_DAY, f, d);
}

/* ---- plants ---- */

static void nothing(struct world *w, struct oracle *o)
{
    (void)w, (void)o;
}

static void acknowledged_and_not_stored(struct world *w, struct oracle *o)
{
    (void)w;
    struct order order = order_of(77);
    intend(o, order.json, false);
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
    intend(o, words[0], true);
    intend(o, words[1], true);
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

static void publish(struct world *w, const char *id)
{
    struct diag d = DIAG_INIT;
    struct str arn, message_id;
    OK(sns_create_topic(&w->client, STR("orders-low"), w->arena, &arn, &d));
    struct http_header attributes[] = {{STR("id"), str_of(id)}, {STR("criticality"), STR("low")}};
    struct sns_message m = {.topic_arn = arn,
                            .subject = STR("s"),
                            .text = STR("t"),
                            .attributes = attributes,
                            .attribute_count = 2};
    OK(sns_publish(&w->client, &m, w->arena, &message_id, &d));
}

static int64_t now_of(void *ctx)
{
    struct world *w = ctx;
    return w->clock.start_us + w->clock.mono_us;
}

/* Raised through a watched session, as the pipeline would. */
static void raise(struct world *w, struct oracle *o, const char *kind, const char *window)
{
    struct diag d = DIAG_INIT;
    struct warehouse *watched = oracle_watch(o, w->arena, w->warehouse, now_of, w);
    OK(warehouse_begin(watched, &d));
    OK(alert_raise(watched, w->def, CRITICALITY_LOW, str_of(kind), str_of(window), STR("text"),
                   now_of(w), w->arena, &d));
    OK(warehouse_commit(watched, &d));
}

static void told_well(struct world *w, struct oracle *o)
{
    world_exec(w, "delete from aforo_alert");
    raise(w, o, "quarantine", WORLD_DAY);
    test_clock_advance(&w->clock, US_PER_S);
    publish(w, "orders/quarantine/" WORLD_DAY);
    publish(w, "orders/quarantine/" WORLD_DAY); /* a second copy of one alert is one alert */
}

static void told_before_the_commit(struct world *w, struct oracle *o)
{
    world_exec(w, "delete from aforo_alert");
    publish(w, "orders/quarantine/" WORLD_DAY);
    test_clock_advance(&w->clock, US_PER_S);
    raise(w, o, "quarantine", WORLD_DAY);
}

static void told_and_never_committed(struct world *w, struct oracle *o)
{
    told_well(w, o);
    publish(w, "orders/nobody/" WORLD_DAY);
}

static void told_too_often(struct world *w, struct oracle *o)
{
    told_well(w, o);
    raise(w, o, "other", WORLD_DAY);
    test_clock_advance(&w->clock, US_PER_S);
    publish(w, "orders/other/" WORLD_DAY);
}

static void told_thrice(struct world *w, struct oracle *o)
{
    told_well(w, o);
    publish(w, "orders/quarantine/" WORLD_DAY);
}

/* An object is loaded before the oracle's eyes, as the loader does it. */
static void load(struct world *w, struct oracle *o, const char *key, bool commits)
{
    struct diag d = DIAG_INIT;
    struct warehouse *watched = oracle_watch(o, w->arena, w->warehouse, now_of, w);
    struct warehouse_value params[] = {warehouse_text(w->def->name), warehouse_text(str_of(key))};
    OK(warehouse_begin(watched, &d));
    OK(warehouse_exec(watched,
                      STR("insert into aforo_loaded_object (pipeline, object_key, etag, checksum, "
                          "records, loaded, duplicates, quarantined, filtered, loaded_us) values "
                          "($1, $2, '', '', 0, 0, 0, 0, 0, 0)"),
                      params, 2, NULL, &d));
    if (commits) {
        OK(warehouse_commit(watched, &d));
    } else {
        warehouse_rollback(watched);
    }
}

static void loaded_and_kept(struct world *w, struct oracle *o)
{
    load(w, o, "raw/kept", true);
    load(w, o, "raw/rolled-back", false);
    raise(w, o, "kept", WORLD_DAY);
}

static void loaded_and_gone(struct world *w, struct oracle *o)
{
    loaded_and_kept(w, o);
    world_exec(w, "delete from aforo_loaded_object where object_key = 'raw/kept'");
}

static void alerted_and_gone(struct world *w, struct oracle *o)
{
    loaded_and_kept(w, o);
    world_exec(w, "delete from aforo_alert where id like '%kept%'");
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

static void fail_calls(struct world *w, int count, int64_t apart_us)
{
    struct diag d = DIAG_INIT;
    struct json *rules;
    OK(json_parse(w->arena, STR("[{\"on\": \"sns:CreateTopic\", \"phase\": \"reject\"}]"), &rules,
                  &d));
    OK(fault_plan_read(emulator_faults(w->emulator), rules, &d));
    struct aws_config once = *w->client.config;
    once.max_attempts = 1;
    struct aws_client client = w->client;
    client.config = &once;
    for (int i = 0; i < count; i++) {
        struct diag refused = DIAG_INIT;
        struct str arn;
        cr_assert_neq(sns_create_topic(&client, STR("x"), w->arena, &arn, &refused), ERR_OK);
        test_clock_advance(&w->clock, apart_us);
    }
}

static void tried_patiently(struct world *w, struct oracle *o)
{
    (void)o;
    fail_calls(w, 12, US_PER_S / 3);
}

static void hammered(struct world *w, struct oracle *o)
{
    (void)o;
    fail_calls(w, 5, US_PER_S / 5);
}

static void report(struct world *w, struct oracle *o)
{
    (void)o;
    struct diag d = DIAG_INIT;
    struct report_result r;
    world_control(w, "p", 0, ORDERS, 0);
    struct pipeline *p = world_open(w, NULL);
    OK(report_run(p, WORLD_START_US, w->arena, &r, &d));
}

/* Version 2 says what version 1 says, but for one figure. */
static void report_changed(struct world *w, struct oracle *o, const char *from, const char *to)
{
    report(w, o);
    for (size_t i = 0; i < world_objects(w, "reports/"); i++) {
        struct str key, body = world_object(w, "reports/", i, &key);
        if (!str_ends(key, STR("v=1/report.json"))) {
            continue;
        }
        size_t at = str_find_str(body, str_of(from));
        cr_assert_neq(at, STR_NONE, "%s is not in the report", from);
        struct str changed = str_printf(w->arena, "%.*s%s%.*s", (int)at, body.ptr, to,
                                        STR_ARG(str_from(body, at + strlen(from))));
        world_replace(w, STR("reports/daily/dt=" WORLD_DAY "/v=2/report.json"), changed);
    }
}

static void report_after_the_close(struct world *w, struct oracle *o)
{
    test_clock_advance(&w->clock, CLOSED_US - now_of(w) + US_PER_MINUTE);
    report(w, o);
}

static void report_total_wrong(struct world *w, struct oracle *o)
{
    report_changed(w, o, "\"rows\":[[40,", "\"rows\":[[41,");
}

static void report_reconciliation_wrong(struct world *w, struct oracle *o)
{
    report_changed(w, o, "\"measure\":\"count\",\"source\":\"40\",\"raw\":\"40\"",
                   "\"measure\":\"count\",\"source\":\"40\",\"raw\":\"39\"");
}

static void report_does_not_match(struct world *w, struct oracle *o)
{
    report_changed(w, o, "\"verdict\":\"match\"", "\"verdict\":\"differs\"");
}

/* ---- the table ---- */

static const struct plant {
    const char *name;
    void (*plant)(struct world *w, struct oracle *o);
    check_fn *check;
    enum row_class class;
    const char *words; /* of the story; NULL: all is well */
} plants[] = {
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
    {"alerts: well", told_well, check_alerts, ROW_LOST, NULL},
    {"alerts: nobody was told", nothing, check_alerts, ROW_LOST, "at least 1"},
    {"alerts: before the commit", told_before_the_commit, check_alerts, ROW_UNEXPECTED,
     "1000 ms before it was committed"},
    {"alerts: never committed", told_and_never_committed, check_alerts, ROW_UNEXPECTED,
     "never committed"},
    {"alerts: too often", told_too_often, check_alerts, ROW_UNEXPECTED, "at most 1"},
    {"alerts: two copies are allowed", told_well, check_copies, ROW_LOST, NULL},
    {"alerts: three copies", told_thrice, check_copies, ROW_DUPLICATED, "published 3 times"},
    {"durable: kept", loaded_and_kept, check_durable, ROW_LOST, NULL},
    {"durable: an object", loaded_and_gone, check_durable, ROW_LOST,
     "object raw/kept was committed and is gone"},
    {"durable: an alert", alerted_and_gone, check_durable, ROW_LOST, "was committed and is gone"},
    {"replay: well", nothing, check_replay, ROW_LOST, NULL},
    {"replay: a row less", row_deleted, check_replay, ROW_STALE, "into an empty warehouse"},
    {"replay: another value", row_changed, check_replay, ROW_STALE, "into an empty warehouse"},
    {"replay: loaded again", line_forgotten, check_replay, ROW_DUPLICATED, "was loaded again"},
    {"replay: quarantine", quarantine_forgotten, check_replay, ROW_STALE, "in quarantine"},
    {"retries: patient", tried_patiently, check_retries, ROW_LOST, NULL},
    {"retries: a storm", hammered, check_retries, ROW_UNEXPECTED, "over 4 times within 1000 ms"},
    {"deadline: in time", report_after_the_close, check_deadline, ROW_LOST, NULL},
    {"deadline: too early", report, check_deadline, ROW_STALE, "before the day was closed"},
    {"deadline: never", nothing, check_deadline, ROW_LOST, "has not left"},
    {"reports: well", report, check_reports, ROW_LOST, NULL},
    {"reports: none", nothing, check_reports, ROW_LOST, "no report"},
    {"reports: a query's figure", report_total_wrong, check_reports, ROW_STALE, "totals.orders"},
    {"reports: a reconciled figure", report_reconciliation_wrong, check_reports, ROW_STALE,
     "count of raw"},
    {"reports: it says so itself", report_does_not_match, check_reports, ROW_STALE, "differs"},
};

static void plant_check(const struct plant *p)
{
    struct oracle *o;
    struct diag d = DIAG_INIT;
    struct oracle_finding f = {.story = STR_EMPTY};
    struct world *w = day_new(&o);
    p->plant(w, o);
    enum err err = p->check(w, o, &f, &d);
    cr_expect_eq(err, ERR_OK, "%s: %s", p->name, d.msg);
    if (p->words == NULL) {
        cr_expect(oracle_is_well(&f), "%s: %.*s", p->name, STR_ARG(f.story));
    } else {
        cr_expect(f.rows[p->class] > 0, "%s: none is %s: %.*s", p->name, row_class_name(p->class),
                  STR_ARG(f.story));
        cr_expect(str_contains(f.story, str_of(p->words)), "%s: %.*s", p->name, STR_ARG(f.story));
    }
    world_free(w);
}

Test(oracle, sees_what_was_planted)
{
    /* Each checker calls the day well as it is, and names the class of what was changed in it. */
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        plant_check(&plants[i]);
    }
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
