/* test_oracle_tells.c -- Every checker of what the pipeline tells people, and of what it promises
 * in time, sees the violation that was planted for it: alerts, reports, deadlines, retries, and
 * what was committed. */
#include <stdio.h>
#include <string.h>

#include "aws/sns.h"
#include "base/limits.h"
#include "oracle_day.h"
#include "pipeline/alert.h"
#include "pipeline/report.h"

#define CLOSED_US (WORLD_START_US + US_PER_DAY + US_PER_HOUR) /* the definition's grace */

/* ---- checks ---- */

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

/* The source's own count is wrong, as far as the oracle knows: a report that matches is not. */
static void report_of_a_miscount(struct world *w, struct oracle *o)
{
    oracle_miscounted(o);
    report(w, o);
}

static void report_blames_the_warehouse(struct world *w, struct oracle *o)
{
    oracle_miscounted(o);
    report_changed(w, o, "\"hop\":\"\"", "\"hop\":\"raw-warehouse\"");
}

/* ---- the table ---- */

static const struct plant plants[] = {
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
    {"reports: a miscount unseen", report_of_a_miscount, check_reports, ROW_STALE,
     "'match', and not 'differs'"},
    {"reports: the wrong side", report_blames_the_warehouse, check_reports, ROW_STALE,
     "parts at raw-warehouse"},
};

Test(oracle, sees_what_was_planted_in_what_is_told)
{
    /* As above: well as it is, and named by class where it was changed. */
    plants_check(plants, sizeof(plants) / sizeof(plants[0]));
}
