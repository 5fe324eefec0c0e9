#include <criterion/criterion.h>

#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/report.h"
#include "pipeline_world.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define ORDERS 130

/* The k-th failure: one run without trouble says how many calls there are; then the first, the
 * second, ... fails in every way, three times in a row so that the client's own retries do not hide
 * it, and the next life must come to the same end. */

static void send_day(struct world *w)
{
    world_put_orders(w, 0, ORDERS);
    world_put_orders(w, 10, 20);
    world_put(w, "no order");
    world_control(w, "a", 0, ORDERS, 0);
}

/* What there is to see from outside, without what may rightly differ: how records were cut into
 * objects. */
static struct str outcome(struct world *w)
{
    struct str rows = world_text(w, "select order_id, placed, shop, amount, quantity from orders "
                                    "order by order_id");
    struct str others = world_text(w, "select (select count(*) from aforo_duplicate), (select "
                                      "count(*) from aforo_quarantine), (select sum(records) from "
                                      "aforo_loaded_object)");
    return str_join(w->arena, rows, others);
}

static struct world *world_of_day(unsigned shards)
{
    struct world *w = world_new(shards);
    send_day(w);
    return w;
}

static void fail_from(struct world *w, size_t k, enum way way)
{
    w->pipes.fault_at = w->pipes.calls + k;
    w->pipes.fault_count = 3;
    w->pipes.way = way;
}

/* No fault of the network or the warehouse is one that needs a person. */
static void check_bearable(enum err err, const struct diag *d)
{
    cr_assert(err == ERR_OK || err == ERR_CANCELLED || err_is_transient(err), "%s", d->msg);
}

Test(faults, landing_and_loading_come_to_the_same_end)
{
    /* Every call of a day's landing and loading, in every way, on two shards. */
    struct world *calm = world_of_day(2);
    struct diag d = DIAG_INIT;
    OK(world_live(calm, &d));
    struct str want = outcome(calm);
    size_t calls = calm->pipes.calls;
    cr_assert_gt(calls, 20);
    for (int way = 0; way < WAY_COUNT; way++) {
        for (size_t k = 1; k <= calls; k += k > 60 ? 3 : 1) {
            struct world *w = world_of_day(2);
            fail_from(w, k, (enum way)way);
            diag_clear(&d);
            check_bearable(world_live(w, &d), &d);
            world_settle(w);
            cr_assert(str_eq(outcome(w), want), "%s at call %zu", way_name((enum way)way), k);
            world_free(w);
        }
    }
    world_free(calm);
}

Test(faults, every_statement_may_fail)
{
    /* The same for each call to the warehouse. */
    struct world *calm = world_of_day(1);
    struct diag d = DIAG_INIT;
    OK(world_live(calm, &d));
    struct str want = outcome(calm);
    size_t calls = calm->warehouse_calls;
    for (size_t k = 1; k <= calls; k++) {
        struct world *w = world_of_day(1);
        w->warehouse_fault_at = k;
        diag_clear(&d);
        check_bearable(world_live(w, &d), &d);
        world_settle(w);
        cr_assert(str_eq(outcome(w), want), "statement %zu", k);
        world_free(w);
    }
    world_free(calm);
}

/* ---- the report ---- */

static enum err report(struct world *w, struct report_result *ret_result, struct diag *d)
{
    struct arena *a = arena_child(w->arena, "report", 2 * GIB);
    struct pipeline *p;
    enum err err = pipeline_open(a, &w->env, w->def, true, &p, d);
    if (err == ERR_OK) {
        err = report_run(p, WORLD_START_US, a, ret_result, d);
    }
    arena_free(a);
    return err;
}

static struct world *loaded_day(bool differs)
{
    struct world *w = world_of_day(1);
    world_settle(w);
    if (differs) {
        world_exec(w, "delete from orders where order_id = 'o-000007'");
    }
    return w;
}

/* One version, whole, whose three files say the same; one row; an alert where one is due. */
static void check_report(struct world *w, bool differs, const char *what, size_t k)
{
    cr_assert_eq(world_objects(w, "reports/"), 3, "%s at %zu: %zu files", what, k,
                 world_objects(w, "reports/"));
    cr_assert_eq(world_objects(w, "reports/daily/dt=" WORLD_DAY "/v=1/"), 3);
    cr_assert_eq(world_number(w, "select version from aforo_report"), 1);
    cr_assert_eq(world_number(w, "select count(*) from aforo_alert where kind = 'reconciliation'"),
                 differs);
    struct str html = world_object(w, "reports/daily/dt=" WORLD_DAY "/v=1/report.html", 0, NULL);
    cr_assert(str_contains(html, differs ? STR("Does not reconcile")
                                         : STR("source, raw and warehouse agree")));
}

static void report_fails(bool differs)
{
    struct world *calm = loaded_day(differs);
    struct diag d = DIAG_INIT;
    struct report_result r;
    size_t before = calm->pipes.calls, before_sql = calm->warehouse_calls;
    OK(report(calm, &r, &d));
    size_t calls = calm->pipes.calls - before, sql = calm->warehouse_calls - before_sql;
    cr_assert_gt(calls, 8);
    for (int way = 0; way <= WAY_COUNT; way++) { /* the last: the warehouse's calls */
        bool warehouse = way == WAY_COUNT;
        for (size_t k = 1; k <= (warehouse ? sql : calls); k++) {
            struct world *w = loaded_day(differs);
            if (warehouse) {
                w->warehouse_fault_at = w->warehouse_calls + k;
            } else {
                fail_from(w, k, (enum way)way);
            }
            diag_clear(&d);
            check_bearable(report(w, &r, &d), &d);
            w->pipes.fault_at = w->warehouse_fault_at = 0;
            w->pipes.crashed = false;
            test_clock_advance(&w->clock, US_PER_HOUR);
            diag_clear(&d);
            OK(report(w, &r, &d));
            check_report(w, differs, warehouse ? "statement" : way_name((enum way)way), k);
            world_free(w);
        }
    }
    world_free(calm);
}

Test(faults, a_report_comes_to_the_same_end)
{
    /* Each call of a report: the version is made once and whole, whoever dies on the way. */
    report_fails(false);
}

Test(faults, a_report_of_a_day_that_differs_does_too)
{
    /* And its alert is raised once. */
    report_fails(true);
}

Test(faults, two_reporters_make_one_version)
{
    /* The second finds the first's version as its own, also when only half of it is there yet. */
    struct world *w = loaded_day(false);
    struct diag d = DIAG_INIT;
    struct report_result first, second;
    OK(report(w, &first, &d));
    struct str key;
    (void)world_object(w, "reports/daily/dt=" WORLD_DAY "/v=1/report.html", 0, &key);
    world_delete(w, key);
    world_exec(w, "delete from aforo_report");
    test_clock_advance(&w->clock, US_PER_HOUR);
    OK(report(w, &second, &d));
    cr_assert(first.is_new && !second.is_new && second.version == 1);
    check_report(w, false, "two", 0);
    struct str html = world_object(w, "reports/daily/dt=" WORLD_DAY "/v=1/report.html", 0, NULL);
    cr_assert(str_contains(html, STR("<dd>2026-03-28T00:")), "made when the claim was made");
    world_free(w);
}

/* The version that a report is noted with as finished; 0: none is. */
#define NOTED "select coalesce(max(version), 0) from aforo_report where changes >= 0"

Test(report, a_version_that_is_claimed_and_not_noted_is_pending)
{
    /* Whoever claims a version dies at the k-th call, for each k: from the claim on the row says
     * that the day is not finished, whatever it said before, until it says that it is. What another
     * reporter has noted meanwhile about an older version does not change that. */
    size_t unnoted = 0;
    for (size_t k = 1; k < 60; k++) {
        struct world *w = loaded_day(false);
        struct report_result result;
        struct diag d = DIAG_INIT;
        OK(report(w, &result, &d));
        world_put_orders(w, 1300, 1301);
        world_settle(w);
        w->pipes.fault_at = w->pipes.calls + k;
        w->pipes.way = WAY_CRASH_AFTER;
        bool died = report(w, &result, &d) == ERR_CANCELLED;
        bool claimed = world_objects(w, "reports/daily/dt=" WORLD_DAY "/v=2/report.json") > 0;
        bool noted = world_number(w, NOTED) == 2;
        if (claimed && !noted) {
            unnoted++;
            cr_expect_eq(world_number(w, "select changes from aforo_report"), -1, "at %zu", k);
        }
        w->pipes.crashed = false;
        w->pipes.fault_at = 0;
        diag_clear(&d);
        OK(report(w, &result, &d));
        cr_expect_eq(result.version, 2);
        cr_expect_eq(world_number(w, NOTED), 2);
        world_free(w);
        if (!died) {
            cr_expect_gt(unnoted, 0);
            return;
        }
    }
    cr_assert_fail("it died at 60 calls");
}

Test(report, a_version_that_was_named_and_never_claimed_is_taken)
{
    /* Somebody has named version 2 and may still claim it, with what he has counted long ago: the
     * next report takes it from him, though it says what version 1 says. */
    struct world *w = loaded_day(false);
    struct report_result result;
    struct diag d = DIAG_INIT;
    OK(report(w, &result, &d));
    world_exec(w, "update aforo_report set version = 2, content = '', changes = -1");
    OK(report(w, &result, &d));
    cr_expect_eq(result.version, 2);
    cr_expect_eq(world_number(w, NOTED), 2);
    OK(report(w, &result, &d));
    cr_expect_eq(result.version, 2);
    world_free(w);
}
