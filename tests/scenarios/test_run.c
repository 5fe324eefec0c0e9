/* test_run.c -- Whole runs: a right pipeline passes under faults, one seed is one run, and each
 * verdict has its cause. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "scenarios/runner/sweep.h"

/* Half an hour around midnight, with room for more keys of `topology` and the rest of the file. */
#define SCENARIO(topology, faults, expect)                                                         \
    "schema: 1\nname: small\nrun: {start: 2026-03-28T23:50:00Z, horizon: 90m, heal_after: 15m}\n"  \
    "topology:\n  stream: {shards: 1}\n  pipeline: fixtures/pipelines/orders.yaml\n"               \
    "  tuning: {grace: 3m, land_age: 60s, poll: 20s}\n" topology                                   \
    "source: {events_per_hour: 120, batch: 5, rates: {malformed: 1/10, late: 1/10}, late_max: "    \
    "5m}\n"                                                                                        \
    "faults: [" faults "]\nexpect:\n  - always: conservation\n" expect
#define LOST_ACKS                                                                                  \
    "{on: \"kinesis:PutRecords\", phase: lose_response, probability: 1/2},"                        \
    "{on: \"s3:PutObject\", where: {key: \"raw/*\"}, phase: lose_response, probability: 1/2},"     \
    "{kill: \"lander/*\", probability: 1/20}"

static struct scenario *scenario_of(struct arena *a, const char *text)
{
    const char *source = getenv("AFORO_SOURCE");
    cr_assert(source == NULL || chdir(source) == 0);
    char path[] = "/tmp/aforo-run-XXXXXX";
    struct diag d = DIAG_INIT;
    struct scenario *s;
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    cr_assert_eq(scenario_read(a, path, &s, &d), ERR_OK, "%s", d.msg);
    unlink(path);
    return s;
}

static struct run_result run(struct arena *a, const struct scenario *s, uint64_t seed)
{
    struct diag d = DIAG_INIT;
    struct run_options options = {.keep_plan = false};
    struct run_result r;
    cr_assert_eq(run_simulated(a, s, seed, &options, &r, &d), ERR_OK, "%s", d.msg);
    return r;
}

Test(run, passes_under_faults_and_is_one_run_a_seed)
{
    /* Lost answers and crashes change nothing of what arrives; a seed's trace is its own, and the
     * same each time. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(
        a, SCENARIO("", LOST_ACKS,
                    "  - eventually: {row_count_match: {by: hour}}\n"
                    "  - eventually: {report_equals_recomputation: daily}\n"
                    "  - finally: {sql: \"select count(*) > 20 from orders\", equals: 1}\n"
                    "  - sometimes: crash\n"));
    struct run_result first = run(a, s, 1), again = run(a, s, 1), other = run(a, s, 2);
    cr_expect_eq(first.verdict, VERDICT_PASS, "%.*s", STR_ARG(first.story));
    cr_expect_eq(other.verdict, VERDICT_PASS, "%.*s", STR_ARG(other.story));
    cr_expect_str_eq(first.trace, again.trace);
    cr_expect_str_neq(first.trace, other.trace);
    cr_expect(first.counts.faults_by_phase[FAULT_LOSE_RESPONSE] > 0 && first.counts.crashes > 0);
    cr_expect(first.counts.produced == first.counts.acknowledged && first.counts.acknowledged > 30);
    cr_expect_eq(first.counts.rows + first.counts.duplicates + first.counts.quarantined,
                 first.counts.raw_records);
    arena_free(a);
}

Test(run, is_the_same_on_what_runs_before_have_left)
{
    /* Two loaders and two reporters, which die and meet each other's locks: on stacks and sessions
     * that other seeds have used a run is the very one that it is from nothing. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(
        a, SCENARIO("",
                    LOST_ACKS ", {kill: \"loader/*\", probability: 1/20},"
                              "{on: \"warehouse:commit\", phase: lose_response, probability: 1/4}",
                    "  - sometimes: crash\n"));
    s->actors.loaders = s->actors.reporters = 2;
    struct run_options options = {.reuse = run_reuse_new(a, s)};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct run_result alone = run(a, s, seed);
        cr_expect(alone.verdict == VERDICT_PASS && alone.counts.crashes > 0);
        for (int again = 0; again < 2; again++) {
            struct run_result r;
            struct diag d = DIAG_INIT;
            cr_assert_eq(run_simulated(a, s, seed, &options, &r, &d), ERR_OK, "%s", d.msg);
            cr_expect_str_eq(r.trace, alone.trace, "seed %llu", (unsigned long long)seed);
            cr_expect(r.counts.rows > 0 && r.counts.rows == alone.counts.rows);
        }
    }
    arena_free(a);
}

Test(run, a_spike_and_a_miscount_are_what_they_say)
{
    /* Ten times as many events for five of fifteen minutes are four times as many in sum; a source
     * that counts wrong is told by one critical alert a day, and by nothing else. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s =
        scenario_of(a, SCENARIO("", "", "  - eventually: {report_equals_recomputation: daily}\n"));
    uint64_t even = run(a, s, 1).counts.produced;
    s->source.spike =
        (struct scenario_spike){.from_us = 300000000, .for_us = 300000000, .times = 10};
    struct run_result spiked = run(a, s, 1);
    cr_expect_eq(spiked.verdict, VERDICT_PASS, "%.*s", STR_ARG(spiked.story));
    cr_expect(spiked.counts.produced > 3 * even && spiked.counts.produced < 5 * even, "%llu, %llu",
              (unsigned long long)spiked.counts.produced, (unsigned long long)even);
    s = scenario_of(a, SCENARIO("", "",
                                "  - eventually: {report_equals_recomputation: daily}\n"
                                "  - eventually: {row_count_match: {by: hour}}\n"
                                "  - always: {alert: {criticality: critical, at_least: 1, "
                                "at_most: 2}}\n"));
    struct run_result right = run(a, s, 1);
    cr_expect_eq(right.verdict, VERDICT_FAIL);
    s->source.miscount = 2;
    struct run_result miscounted = run(a, s, 1);
    cr_expect_eq(miscounted.verdict, VERDICT_PASS, "%.*s", STR_ARG(miscounted.story));
    arena_free(a);
}

Test(run, fails_what_does_not_hold)
{
    /* An expectation that is not true is a failure, in the words of its check. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(
        a, SCENARIO("", "", "  - finally: {sql: \"select count(*) from orders\", equals: 7}\n"));
    struct run_result r = run(a, s, 1);
    cr_expect_eq(r.verdict, VERDICT_FAIL);
    cr_expect(str_contains(r.story, STR("expected 7")), "%.*s", STR_ARG(r.story));
    s = scenario_of(a, SCENARIO("", "", "  - never: {alert: {criticality: low}}\n"));
    r = run(a, s, 1);
    cr_expect(r.verdict == VERDICT_FAIL && str_contains(r.story, STR("at most 0")), "%.*s",
              STR_ARG(r.story));
    arena_free(a);
}

Test(run, tells_liveness_from_failure)
{
    /* Nobody loads: nothing is wrong, and it never ends. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(a, SCENARIO("  actors: {loader: 0}\n", "", ""));
    struct run_result r = run(a, s, 1);
    cr_expect_eq(r.verdict, VERDICT_LIVENESS);
    cr_expect(str_contains(r.story, STR("objects not loaded")), "%.*s", STR_ARG(r.story));
    arena_free(a);
}

Test(run, knobs_are_the_seeds_and_never_the_scenarios)
{
    /* Over some seeds objects come in very different sizes; a seed draws the same each time, and
     * the scenario itself stays as it was read. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(
        a, "knobs: {land_records: [1, 1000], land_age: [1s, 20m], attempts: [1, 3]}\n" SCENARIO(
               "", "", "  - eventually: {row_count_match: {by: hour}}\n"));
    uint64_t fewest = UINT64_MAX, most = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct run_result r = run(a, s, seed);
        cr_expect_eq(r.verdict, VERDICT_PASS, "%.*s", STR_ARG(r.story));
        fewest = r.counts.raw_objects < fewest ? r.counts.raw_objects : fewest;
        most = r.counts.raw_objects > most ? r.counts.raw_objects : most;
    }
    cr_expect(fewest < 6 && most > 25, "%llu to %llu objects", (unsigned long long)fewest,
              (unsigned long long)most);
    cr_expect_eq(s->pipeline->land_age_us, 60 * INT64_C(1000000));
    cr_expect_eq(s->client.attempts, 0);
    struct run_result first = run(a, s, 3), again = run(a, s, 3);
    cr_expect_str_eq(first.trace, again.trace);
    arena_free(a);
}

Test(run, sweeps_over_processes)
{
    /* Both jobs' seeds count, a fault that never fires makes a sweep unknown, and a failure beats
     * that. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct diag d = DIAG_INIT;
    struct sweep_options options = {.seed_first = 1, .seed_last = 5, .jobs = 2};
    struct sweep_result r;
    struct scenario *s = scenario_of(a, SCENARIO("", LOST_ACKS, "  - sometimes: crash\n"));
    cr_assert_eq(sweep_run(a, s, &options, &r, &d), ERR_OK, "%s", d.msg);
    cr_expect(r.verdict == VERDICT_PASS && r.seeds == 5 && r.passed == 5 && r.rule_fired[0] > 0 &&
              r.occurred[1]);
    s = scenario_of(a, SCENARIO("", "{name: never, on: \"sns:PublishBatch\", phase: reject}",
                                "  - sometimes: throttle\n"));
    cr_assert_eq(sweep_run(a, s, &options, &r, &d), ERR_OK, "%s", d.msg);
    cr_expect_eq(r.verdict, VERDICT_UNKNOWN);
    cr_expect(str_contains(r.unknown, STR("fault never never fired; throttle never occurred")),
              "%.*s", STR_ARG(r.unknown));
    s = scenario_of(
        a,
        SCENARIO("", "", "  - sometimes: throttle\n  - finally: {sql: \"select 1\", equals: 2}\n"));
    cr_assert_eq(sweep_run(a, s, &options, &r, &d), ERR_OK, "%s", d.msg);
    cr_expect(r.verdict == VERDICT_FAIL && r.failed == 5 && r.failure_count == 5 &&
              r.failures[4].seed == 5);
    arena_free(a);
}

Test(run, a_warehouse_that_loses_power_keeps_what_it_committed_unless_its_disk_lies)
{
    /* With power losses and failing operations alone a run passes, the same each time; where every
     * sync lies, `durable` fails, and a real run is refused. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct diag d = DIAG_INIT;
    struct run_options options = {.keep_plan = false};
    struct run_result ignored;
#define DISK "  warehouse: {disk: true}\n"
#define POWER                                                                                      \
    "{kill: warehouse, probability: 1/60, restart_after: 5s},"                                     \
    "{on: \"disk:sync\", phase: apply_reject, probability: 1/10},"                                 \
    "{on: \"disk:write\", phase: partial, error: ENOSPC, probability: 1/60}"
    struct scenario *s =
        scenario_of(a, SCENARIO(DISK, POWER, "  - always: durable\n  - sometimes: power_loss\n"));
    struct run_result first = run(a, s, 1), again = run(a, s, 1);
    cr_expect_eq(first.verdict, VERDICT_PASS, "%.*s", STR_ARG(first.story));
    cr_expect(first.counts.faults_by_phase[FAULT_KILL] > 2 && first.occurred[2]);
    cr_expect_str_eq(first.trace, again.trace);
    cr_expect_eq(run_real(a, s, 1, &options, &ignored, &d), ERR_UNSUPPORTED);
    s = scenario_of(a, SCENARIO(DISK, POWER ",{on: \"disk:sync\", phase: lose_request}",
                                "  - always: durable\n"));
    unsigned found = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct run_result r = run(a, s, seed);
        found += r.verdict == VERDICT_FAIL && str_starts(r.story, STR("durable ")) ? 1 : 0;
    }
    cr_expect(found > 0);
    arena_free(a);
}
