#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "pipeline/report.h"
#include "pipeline_world.h"
#include "wire/xml.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define DAY_PREFIX "reports/daily/dt=" WORLD_DAY "/"

static struct report_result report(struct world *w)
{
    struct diag d = DIAG_INIT;
    struct report_result r;
    struct pipeline *p = world_open(w, NULL);
    OK(report_run(p, WORLD_START_US, w->arena, &r, &d));
    return r;
}

static struct json *report_json_of(struct world *w, unsigned version)
{
    struct diag d = DIAG_INIT;
    struct json *root;
    char prefix[96];
    snprintf(prefix, sizeof(prefix), DAY_PREFIX "v=%u/report.json", version);
    OK(json_parse(w->arena, world_object(w, prefix, 0, NULL), &root, &d));
    return root;
}

static void check_cell(const struct json *root, const char *path, const char *want)
{
    cr_assert(str_eq(json_str(json_at(root, path)), str_of(want)), "%s: %.*s, not %s", path,
              STR_ARG(json_str(json_at(root, path))), want);
}

static void check_totals(const struct json *root, size_t orders)
{
    struct totals t = totals_of(0, orders, -1);
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, t.count);
    check_cell(root, "queries.0.rows.0.0", text);
    snprintf(text, sizeof(text), "%" PRId64 ".%02" PRId64, t.cents / 100, t.cents % 100);
    check_cell(root, "queries.0.rows.0.1", text);
    snprintf(text, sizeof(text), "%" PRId64, t.pieces);
    check_cell(root, "queries.0.rows.0.2", text);
}

Test(report, says_what_was_sent)
{
    /* Totals and shops as plain arithmetic has them, amounts as text, provenance beside them. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 400);
    world_settle(w);
    world_control(w, "a", 0, 400, 0);
    struct report_result r = report(w);
    cr_assert(r.is_new && r.version == 1 && r.verdict == RECONCILE_MATCH && r.html.len > 0);
    cr_assert(str_eq(r.key_prefix, STR(DAY_PREFIX "v=1/")));
    struct json *root = report_json_of(w, 1);
    check_totals(root, 400);
    check_cell(root, "version", "1");
    check_cell(root, "day", WORLD_DAY);
    check_cell(root, "pipeline", "orders");
    check_cell(root, "reconciliation.verdict", "match");
    check_cell(root, "reconciliation.differing", "0");
    check_cell(root, "provenance.path", "warehouse");
    check_cell(root, "provenance.raw_objects", "4");
    cr_assert_eq(json_str(json_at(root, "provenance.raw_manifest_sha256")).len, 64);
    const struct json *amount = json_at(root, "queries.0.rows.0.1");
    cr_assert(json_is(amount, JSON_IS_STRING), "an amount is no float");
    const struct json *shops = json_at(root, "queries.1.rows");
    cr_assert_eq(shops->count, SHOP_COUNT);
    struct totals ghent = totals_of(0, 400, 4);
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64 ".%02" PRId64, ghent.cents / 100, ghent.cents % 100);
    check_cell(root, "queries.1.rows.0.0", "ghent");
    check_cell(root, "queries.1.rows.0.1", text);
    world_free(w);
}

Test(report, makes_a_version_only_of_what_is_new)
{
    /* The same content again is the same version; late data, and a changed verdict, are new ones.
     */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 100);
    world_settle(w);
    cr_assert_eq(report(w).version, 1);
    for (int i = 0; i < 3; i++) {
        test_clock_advance(&w->clock, US_PER_HOUR);
        struct report_result again = report(w);
        cr_assert(!again.is_new && again.version == 1 && again.html.len == 0);
    }
    world_put_orders(w, 100, 101);
    world_settle(w);
    struct report_result late = report(w);
    cr_assert(late.is_new && late.version == 2);
    check_totals(report_json_of(w, 1), 100);
    check_totals(report_json_of(w, 2), 101);
    world_control(w, "a", 0, 101, 0);
    cr_assert_eq(report(w).version, 3);
    check_cell(report_json_of(w, 2), "reconciliation.verdict", "no_source");
    check_cell(report_json_of(w, 3), "reconciliation.verdict", "match");
    cr_assert_eq(world_objects(w, DAY_PREFIX), 9);
    cr_assert_eq(world_number(w, "select version from aforo_report"), 3);
    world_free(w);
}

Test(report, finds_its_version_without_the_row)
{
    /* The row of aforo_report is a note, not the truth: S3 says which versions there are. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 100);
    world_settle(w);
    (void)report(w);
    world_exec(w, "delete from aforo_report");
    struct report_result again = report(w);
    cr_assert(!again.is_new && again.version == 1);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    cr_assert_eq(world_number(w, "select version from aforo_report"), 1);
    world_free(w);
}

/* A page that nests as XML does, once its doctype is off. */
static struct xml *page_parse(struct world *w, struct str page)
{
    struct diag d = DIAG_INIT;
    struct xml *root;
    struct str doctype;
    cr_assert(str_cut(&page, '\n', &doctype) && str_eq(doctype, STR("<!DOCTYPE html>")));
    OK(xml_parse(w->arena, page, &root, &d));
    return root;
}

static size_t count_elements(const struct xml *node, const char *name)
{
    size_t count = str_eq(node->name, str_of(name));
    for (const struct xml *child = node->first; child != NULL; child = child->next) {
        count += count_elements(child, name);
    }
    return count;
}

Test(report, page_is_well_formed_and_needs_nothing_else)
{
    /* Balanced elements, a bar a shop, no script, and no address of anything to fetch. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 300);
    world_settle(w);
    struct report_result r = report(w);
    struct xml *root = page_parse(w, r.html);
    cr_assert_eq(count_elements(root, "svg"), 1);
    cr_assert_eq(count_elements(root, "rect"), SHOP_COUNT);
    cr_assert_eq(count_elements(root, "script"), 0);
    static const char *const fetched[] = {"http:", "https:", "src=", "@import", "url("};
    for (size_t i = 0; i < sizeof(fetched) / sizeof(fetched[0]); i++) {
        cr_assert(!str_contains(r.html, str_of(fetched[i])), "%s", fetched[i]);
    }
    cr_assert(str_contains(r.html, STR("prefers-color-scheme:dark")));
    cr_assert(str_contains(r.html, STR("@media print")));
    struct totals t = totals_of(0, 300, -1);
    cr_assert_gt(t.cents, 1000000);
    char amount[48];
    snprintf(amount, sizeof(amount), "%" PRId64 ",%03" PRId64 ".%02" PRId64,
             t.cents / 100 / 1000 % 1000, t.cents / 100 % 1000, t.cents % 100);
    cr_assert(str_contains(r.html, str_of(amount)), "thousands are set off: %s", amount);
    world_free(w);
}

Test(report, page_holds_what_data_may_contain)
{
    /* A text that looks like markup is shown, not obeyed; no rows and null values have their words.
     */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 3);
    world_settle(w);
    world_exec(w, "update orders set shop = '<b>&\"' where order_id = 'o-000000'");
    struct report_result r = report(w);
    (void)page_parse(w, r.html);
    cr_assert(str_contains(r.html, STR("&lt;b&gt;&amp;")));
    cr_assert(!str_contains(r.html, STR("<b>&")));
    cr_assert_eq(r.verdict, RECONCILE_DIFFERS);
    cr_assert(str_contains(r.html, STR("Does not reconcile")));
    struct world *empty = world_new(1);
    struct report_result none = report(empty);
    (void)page_parse(empty, none.html);
    cr_assert(str_contains(none.html, STR("No rows.")));
    world_free(empty);
    world_free(w);
}

Test(report, csv_has_a_block_a_query)
{
    /* The first column names the query; numbers are plain. */
    struct world *w = world_new(1);
    world_put_orders(w, 0, 2);
    world_settle(w);
    (void)report(w);
    struct str csv = world_object(w, DAY_PREFIX "v=1/report.csv", 0, NULL);
    cr_assert(str_eq(csv, STR("query,orders,amount,pieces\r\ntotals,2,37.01,3\r\n\r\n"
                              "query,shop,amount,orders,pieces\r\nby_shop,malmo,37.01,1,2\r\n"
                              "by_shop,porto,0.00,1,1\r\n")),
              "%.*s", STR_ARG(csv));
    world_free(w);
}

/* ---- the daily worker ---- */

static int64_t turn(struct world *w, struct reporting *r)
{
    struct diag d = DIAG_INIT;
    int64_t idle_us = -1;
    OK(reporting_turn(r, &idle_us, &d));
    (void)w;
    return idle_us;
}

static void turns(struct world *w, struct reporting *r, int64_t span_us)
{
    for (int64_t end = w->clock.mono_us + span_us; w->clock.mono_us < end;) {
        test_clock_advance(&w->clock, turn(w, r));
    }
}

Test(reporting, waits_for_the_day_to_close)
{
    /* Not a report before midnight and the grace; one soon after; the next only for late data. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    struct reporting *r = reporting_new(p->arena, p);
    world_put_orders(w, 0, 1400);
    world_settle(w);
    world_control(w, "a", 0, 1400, 0);
    w->clock.mono_us = US_PER_DAY + US_PER_HOUR - US_PER_MINUTE;
    turns(w, r, US_PER_MINUTE / 2);
    cr_assert_eq(world_objects(w, "reports/"), 0);
    turns(w, r, US_PER_MINUTE);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    check_cell(report_json_of(w, 1), "reconciliation.verdict", "match");
    turns(w, r, 2 * US_PER_HOUR);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    world_put_orders(w, 1400, 1410);
    world_settle(w);
    world_control(w, "b", 1400, 1410, 0);
    turns(w, r, US_PER_HOUR);
    check_totals(report_json_of(w, 2), 1410);
    check_cell(report_json_of(w, 2), "reconciliation.verdict", "match");
    /* nobody had read the stream for a day, which is told (test_landing.c); the report is well */
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert where kind <> 'lost-records'"),
                 0);
    world_free(w);
}

Test(reporting, tells_people_of_a_day_that_differs_once)
{
    /* Held while what is missing may be on its way, then one critical alert and a report that says
     * so. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    struct reporting *r = reporting_new(p->arena, p);
    world_put_orders(w, 0, 100);
    world_settle(w);
    w->clock.mono_us = US_PER_DAY + 2 * US_PER_HOUR;
    world_control(w, "a", 0, 100, 5);
    turns(w, r, US_PER_HOUR / 2);
    cr_assert_eq(world_objects(w, "reports/"), 0);
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert"), 0);
    turns(w, r, US_PER_HOUR);
    check_cell(report_json_of(w, 1), "reconciliation.verdict", "differs");
    turns(w, r, 3 * US_PER_HOUR);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    struct emulator_message message;
    uint64_t cursor = 0;
    cr_assert(emulator_message_next(w->emulator, &cursor, &message));
    cr_assert(str_ends(message.topic_arn, STR(":orders-critical")));
    cr_assert(str_contains(message.message, STR("source-raw")), "%.*s", STR_ARG(message.message));
    cr_assert(!emulator_message_next(w->emulator, &cursor, &message), "told twice");
    world_control(w, "a", 0, 100, 0);
    turns(w, r, US_PER_HOUR);
    check_cell(report_json_of(w, 2), "reconciliation.verdict", "match");
    world_free(w);
}

Test(reporting, looks_again_at_what_could_not_be_read)
{
    /* Reported as it looks, without a version for each look, and anew when it can be read. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    struct reporting *r = reporting_new(p->arena, p);
    world_put_orders(w, 0, 100);
    world_settle(w);
    world_control(w, "a", 0, 100, 0);
    struct str key, body = world_object(w, "raw/orders/", 0, &key);
    body = str_copy(w->arena, body);
    world_replace(w, key, str_slice(body, 0, body.len / 2));
    w->clock.mono_us = US_PER_DAY + 2 * US_PER_HOUR;
    turns(w, r, 3 * US_PER_HOUR);
    check_cell(report_json_of(w, 1), "reconciliation.verdict", "differs");
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    world_replace(w, key, body);
    turns(w, r, US_PER_HOUR);
    check_cell(report_json_of(w, 2), "reconciliation.verdict", "match");
    turns(w, r, 3 * US_PER_HOUR);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 6);
    world_free(w);
}

Test(reporting, sees_a_day_of_which_nothing_came)
{
    /* Control totals of a day without a single row: no row asks for its report, and it comes all
     * the same. */
    struct world *w = world_new(1);
    struct pipeline *p = world_open(w, NULL);
    struct reporting *r = reporting_new(p->arena, p);
    world_control(w, "a", 0, 100, 0);
    w->clock.mono_us = US_PER_DAY + 2 * US_PER_HOUR;
    turns(w, r, US_PER_HOUR);
    check_cell(report_json_of(w, 1), "reconciliation.verdict", "differs");
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert where criticality = 'critical' "
                                 "and sent_us is not null"),
                 1);
    world_free(w);
}

Test(reporting, reports_while_alerts_cannot_leave)
{
    /* The topic's service refuses for an hour: the report is there, and the alert leaves later. */
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    struct pipeline *p = world_open(w, NULL);
    struct reporting *r = reporting_new(p->arena, p);
    struct json *rules;
    world_control(w, "a", 0, 10, 0);
    w->clock.mono_us = US_PER_DAY + 2 * US_PER_HOUR;
    OK(json_parse(w->arena, STR("[{\"on\":\"sns:Publish\",\"phase\":\"reject\",\"every\":1}]"),
                  &rules, &d));
    OK(fault_plan_read(emulator_faults(w->emulator), rules, &d));
    turns(w, r, US_PER_HOUR);
    cr_assert_eq(world_objects(w, DAY_PREFIX), 3);
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert where sent_us is null"), 1);
    fault_plan_heal(emulator_faults(w->emulator));
    turns(w, r, US_PER_HOUR);
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert where sent_us is null"), 0);
    world_free(w);
}
