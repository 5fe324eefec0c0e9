/* test_parity.c -- Invariant 17: one script of events and faults ends the same in the simulator and
 * on threads, sockets and a database file: the same rows, the same events in raw, the same records
 * refused for the same reasons, the same alerts. What may differ is how often an event lies in raw,
 * since nothing orders the calls of a real run. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "scenarios/runner/run.h"

#define EVENTS 60
#define SPEED 120

static const char script[] =
    "schema: 1\nname: parity\nrun: {start: 2026-03-28T23:50:00Z, horizon: 2h, heal_after: 16m}\n"
    "topology:\n  stream: {shards: 2}\n  pipeline: fixtures/pipelines/orders.yaml\n"
    "  tuning: {grace: 3m, land_age: 60s, poll: 20s}\n"
    "  actors: {producer: 2, lander: 2, loader: 1, reporter: 1}\n"
    "source: {capture: \"%s\", key: order_id, batch: 5}\n"
    "faults:\n"
    "  - {name: put-lost, on: \"kinesis:PutRecords\", phase: lose_response, nth: [1, 4]}\n"
    "  - {name: put-part, on: \"kinesis:PutRecords\", phase: partial, error: InternalFailure,"
    " entries: 1/2, nth: [2, 5]}\n"
    "  - {name: land-lost, on: \"s3:PutObject\", where: {key: \"raw/*\"}, phase: lose_response,"
    " nth: [1, 3]}\n"
    "  - {name: commit-lost, on: \"warehouse:commit\", phase: lose_response, sqlstate: \"08006\","
    " first: 1}\n"
    "  - {name: alert-lost, on: \"sns:Publish\", phase: lose_response, first: 1}\n"
    "  - {name: dies, kill: \"lander/*\", nth: [9], restart_after: 20s}\n"
    "expect:\n"
    "  - always: conservation\n"
    "  - eventually: {row_count_match: {by: hour}, within: 1h}\n"
    "  - eventually: {report_equals_recomputation: daily, within: 1h}\n"
    "  - eventually: {alert: {criticality: low, at_least: 1}, within: 1h}\n";

/* One order each six seconds of six minutes; each tenth is refused, each seventh comes twice. */
static void capture_write(const char *path)
{
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    for (int i = 0; i < EVENTS; i++) {
        int times = i % 7 == 3 ? 2 : 1;
        for (int k = 0; k < times; k++) {
            fprintf(f,
                    "{\"order_id\":\"o-%03d\",\"placed\":\"2026-03-28T23:5%d:%02dZ\","
                    "\"shop\":\"porto\",\"amount\":%s%d.25,\"quantity\":%d}\n",
                    i, 1 + i / 10, i % 10 * 6, i % 10 == 4 ? "-" : "", i + 1, i % 9 + 1);
        }
    }
    cr_assert_eq(fclose(f), 0);
}

/* Raw's events by way of the tables: `conservation` holds each record of raw against one of them.
 */
static const char *const questions[] = {
    "select order_id, placed, shop, amount, quantity from orders order by order_id",
    "select order_id from orders union select event_id from aforo_duplicate"
    " union select event_id from aforo_quarantine order by 1",
    "select event_day, reason, count(distinct event_id) from aforo_quarantine"
    " group by event_day, reason order by event_day, reason",
    "select criticality, kind, count(*) from aforo_alert where sent_us is not null"
    " group by criticality, kind order by criticality, kind",
    "select report, day from aforo_report order by report, day",
};

struct ending {
    struct arena *arena;
    struct buf text;
};

static enum err ending_read(void *ending, const struct run_view *view, struct diag *d)
{
    struct ending *e = ending;
    for (size_t q = 0; q < sizeof questions / sizeof questions[0]; q++) {
        struct warehouse_result rows;
        TRY(warehouse_query(view->warehouse, str_of(questions[q]), NULL, 0, e->arena, &rows, d));
        buf_addf(&e->text, "%zu rows:\n", rows.row_count);
        for (size_t i = 0; i < rows.row_count * rows.column_count; i++) {
            const struct warehouse_value *v =
                warehouse_at(&rows, i / rows.column_count, i % rows.column_count);
            buf_addf(&e->text, "%lld/%.*s%s", (long long)v->i64, STR_ARG(v->text),
                     (i + 1) % rows.column_count == 0 ? "\n" : " | ");
        }
    }
    return ERR_OK;
}

static struct str ending_of(struct arena *a, const struct scenario *s, bool real)
{
    struct ending e = {.arena = a};
    struct diag d = DIAG_INIT;
    struct run_options options = {.inspect = ending_read, .ctx = &e, .speed = SPEED};
    struct run_result r;
    buf_init(&e.text, a, 1 * MIB);
    enum err err =
        real ? run_real(a, s, 1, &options, &r, &d) : run_simulated(a, s, 1, &options, &r, &d);
    cr_assert_eq(err, ERR_OK, "%s", d.msg);
    cr_expect_eq(r.verdict, VERDICT_PASS, "real %d: %s: %.*s", real, verdict_name(r.verdict),
                 STR_ARG(r.story));
    cr_expect_gt(r.counts.faults_fired, 8, "real %d: %llu faults", real,
                 (unsigned long long)r.counts.faults_fired);
    return buf_str(&e.text);
}

Test(parity, a_script_ends_the_same_in_both_worlds)
{
    struct arena *a = arena_new("test", 4 * GIB);
    const char *source = getenv("AFORO_SOURCE");
    char folder[] = "/tmp/aforo-parity-XXXXXX", capture[64], path[64], text[4096];
    struct diag d = DIAG_INIT;
    struct scenario *s;
    cr_assert(source == NULL || chdir(source) == 0);
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(capture, sizeof capture, "%s/orders.ndjson", folder);
    (void)snprintf(path, sizeof path, "%s/parity.yaml", folder);
    capture_write(capture);
    (void)snprintf(text, sizeof text, script, capture);
    FILE *f = fopen(path, "wb");
    cr_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
    cr_assert_eq(scenario_read(a, path, &s, &d), ERR_OK, "%s", d.msg);
    struct str simulated = ending_of(a, s, false), real = ending_of(a, s, true);
    cr_expect(str_eq(simulated, real), "simulated:\n%.*s\nreal:\n%.*s", STR_ARG(simulated),
              STR_ARG(real));
    cr_expect(str_contains(simulated, STR("o-059")) && str_contains(simulated, STR("below the")) &&
              str_contains(simulated, STR("daily")));
    unlink(capture);
    unlink(path);
    rmdir(folder);
    arena_free(a);
}
