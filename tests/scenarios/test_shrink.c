/* test_shrink.c -- What fired, as coordinates, is the same run; and a failure becomes the few
 * faults without which it does not happen, the same ones whatever the number of processes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "plan.h"
#include "scenarios/runner/shrink.h"
#include "trace_diff.h"

/* Too many retries are the failure: what is wrong with the pipeline is of no matter here. */
#define SCENARIO(faults, expect)                                                                   \
    "schema: 1\nname: small\nrun: {start: 2026-03-28T23:50:00Z, horizon: 90m, heal_after: 15m, "   \
    "swarm: true}\ntopology:\n  stream: {shards: 1}\n  pipeline: fixtures/pipelines/orders.yaml\n" \
    "  tuning: {grace: 3m, land_age: 60s, poll: 20s}\n  actors: {producer: 2}\n"                   \
    "source: {events_per_hour: 120, batch: 5}\n"                                                   \
    "faults: [" faults "]\nexpect:\n  - always: conservation\n  - sometimes: crash\n" expect
#define FAULTS                                                                                     \
    "{on: \"kinesis:PutRecords\", phase: partial, entries: 1/3, probability: 1/2},"                \
    "{on: \"kinesis:*\", phase: delay, delay: [1s, 5s], probability: 1/5},"                        \
    "{on: \"s3:PutObject\", phase: apply_reject, error: SlowDown, probability: 1/3},"              \
    "{on: \"kinesis:GetRecords\", phase: reject, probability: 1/3},"                               \
    "{kill: \"lander/*\", probability: 1/20, restart_after: [1s, 5s]}"
#define FEW_RETRIES "  - always: {retries: {at_most: 1, within: 60s}}\n"

static struct scenario *scenario_of(struct arena *a, const char *text)
{
    const char *source = getenv("AFORO_SOURCE");
    cr_assert(source == NULL || chdir(source) == 0);
    char path[] = "/tmp/aforo-shrink-XXXXXX";
    struct diag d = DIAG_INIT;
    struct scenario *s;
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    cr_assert_eq(scenario_read(a, path, &s, &d), ERR_OK, "%s", d.msg);
    unlink(path);
    return s;
}

static struct str text_of(struct arena *a, const struct json *tree)
{
    struct buf text;
    buf_init(&text, a, 4 * MIB);
    json_write(&text, tree);
    return buf_str(&text);
}

Test(shrink, a_plan_of_coordinates_is_the_same_run)
{
    /* Delays, refused entries and what a crash left applied are kept, so the trace is the same, by
     * way of a file too. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct run_options options = {.keep_plan = true};
    struct scenario *s = scenario_of(a, SCENARIO(FAULTS, ""));
    size_t fired = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct run_result first, again;
        struct diag d = DIAG_INIT;
        cr_assert_eq(run_simulated(a, s, seed, &options, &first, &d), ERR_OK, "%s", d.msg);
        struct scenario planned = *s;
        planned.faults = first.plan;
        struct str file = text_of(a, plan_file(a, &planned, seed));
        struct scenario *read = scenario_of(a, str_z(a, file));
        cr_assert(read->seed_first == seed && read->seed_last == seed);
        cr_assert_eq(run_simulated(a, read, seed, &options, &again, &d), ERR_OK, "%s", d.msg);
        cr_expect_str_eq(first.trace, again.trace);
        cr_expect(str_eq(text_of(a, first.plan), text_of(a, again.plan)));
        fired += first.plan->count;
    }
    cr_expect(fired > 20, "%zu", fired);
    arena_free(a);
}

static struct shrink_result shrunk(struct arena *a, const struct scenario *s, uint64_t seed,
                                   const struct shrink_options *options)
{
    struct shrink_result r;
    struct diag d = DIAG_INIT;
    cr_assert_eq(shrink_run(a, s, seed, options, &r, &d), ERR_OK, "%s", d.msg);
    return r;
}

Test(shrink, leaves_the_faults_that_matter)
{
    /* Two failed calls are needed, and two are left; the plan fails again in the same way, and
     * without one of its faults it does not. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(a, SCENARIO(FAULTS, FEW_RETRIES));
    struct shrink_options one = {.jobs = 1}, two = {.jobs = 2};
    struct shrink_result r = shrunk(a, s, 2, &one), other = shrunk(a, s, 2, &two);
    cr_expect(r.faults_before > 10 && r.faults_after == 2, "%zu to %zu", r.faults_before,
              r.faults_after);
    cr_expect(str_contains(r.cause, STR("retries")), "%.*s", STR_ARG(r.cause));
    cr_expect(str_eq(text_of(a, r.scenario->faults), text_of(a, other.scenario->faults)));
    cr_expect(!r.cut_short && r.scenario->actors.producers == 1);
    cr_expect(str_contains(r.happened, STR("; ")) && r.followed.len > 0);
    cr_expect(str_contains(r.difference, STR("  + ")) && str_contains(r.difference, STR("  - ")));
    struct run_options options = {.keep_plan = true};
    struct run_result again;
    struct diag d = DIAG_INIT;
    struct scenario *file = scenario_of(a, str_z(a, text_of(a, plan_file(a, r.scenario, r.seed))));
    cr_assert_eq(run_simulated(a, file, r.seed, &options, &again, &d), ERR_OK, "%s", d.msg);
    cr_expect(str_eq(again.cause, r.cause), "%.*s", STR_ARG(again.cause));
    struct json *first = NEW(a, struct json);
    *first = *r.scenario->faults->first;
    first->next = NULL;
    file->faults = plan_list(a, (const struct json *const[]){first}, 1);
    cr_assert_eq(run_simulated(a, file, r.seed, &options, &again, &d), ERR_OK, "%s", d.msg);
    cr_expect_eq(again.verdict, VERDICT_PASS, "%.*s", STR_ARG(again.story));
    arena_free(a);
}

Test(shrink, makes_the_world_around_smaller_too)
{
    /* A day's report is late because its writer was away for ten minutes: one death is left, sooner
     * or shorter than it was, in a world of one process a role that ends earlier. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct scenario *s = scenario_of(
        a, SCENARIO("{kill: \"reporter/*\", probability: 1/8, restart_after: 20m},"
                    "{on: \"kinesis:PutRecords\", phase: delay, delay: 2s, probability: 1/2}",
                    "  - always: {report_on_time: {within: 90s}}\n"));
    struct shrink_options options = {.jobs = 2};
    struct shrink_result r = shrunk(a, s, 4, &options);
    struct plan_fault f;
    struct diag d = DIAG_INIT;
    cr_assert_eq(r.faults_after, 1, "%zu to %zu: %.*s", r.faults_before, r.faults_after,
                 STR_ARG(r.happened));
    cr_assert_eq(plan_fault_read(r.scenario->faults->first, &f, &d), ERR_OK, "%s", d.msg);
    cr_expect(str_eq(f.phase, STR("kill")) && str_contains(r.cause, STR("report_on_time")));
    cr_expect(f.delay_us <= 20 * 60 * INT64_C(1000000));
    cr_expect(r.scenario->horizon_us <= s->horizon_us &&
              r.scenario->heal_after_us <= s->heal_after_us);
    cr_expect(r.scenario->actors.producers == 1 && r.scenario->actors.reporters == 1);
    cr_expect(r.faults_before > 1 && r.difference.len > 0);
    arena_free(a);
}

Test(shrink, knows_its_ends)
{
    /* A seed that passes, a failure that needs no fault, and a limit. */
    struct arena *a = arena_new("test", 4 * GIB);
    struct shrink_options options = {.jobs = 2}, few = {.jobs = 2, .runs_max = 4};
    struct shrink_result r;
    struct diag d = DIAG_INIT;
    struct scenario *s = scenario_of(a, SCENARIO(FAULTS, ""));
    cr_expect_eq(shrink_run(a, s, 1, &options, &r, &d), ERR_NOT_FOUND);
    s = scenario_of(a, SCENARIO(FAULTS, "  - finally: {sql: \"select 1\", equals: 2}\n"));
    r = shrunk(a, s, 1, &options);
    cr_expect(r.faults_after == 0 && r.difference.len == 0 &&
              str_contains(r.happened, STR("no fault")));
    s = scenario_of(a, SCENARIO(FAULTS, FEW_RETRIES));
    r = shrunk(a, s, 2, &few);
    cr_expect(r.cut_short && r.faults_after > 2, "%zu", r.faults_after);
    arena_free(a);
}

static const char *file_of(struct arena *a, const char *text)
{
    char *path = (char *)(uintptr_t)str_z(a, STR("/tmp/aforo-lines-XXXXXX"));
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(shrink, shows_where_two_traces_part)
{
    /* Three lines before, the one that differs, what follows; an end is a difference. */
    struct arena *a = arena_new("test", 64 * MIB);
    static const struct {
        const char *one, *other, *shown;
    } rows[] = {
        {"a\nb\n", "a\nb\n", ""},
        {"1\n2\n3\n4\nx\n", "1\n2\n3\n4\ny\nz\n", "    2\n    3\n    4\n  - x\n  + y\n  + z\n"},
        {"a\n", "a\nb\n", "    a\n  - (the run is over)\n  + b\n"},
        {"", "b\n", "  - (the run is over)\n  + b\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *one = file_of(a, rows[i].one), *other = file_of(a, rows[i].other);
        struct str shown = trace_diff(a, one, other);
        cr_expect(str_eq(shown, str_of(rows[i].shown)), "%zu: %.*s", i, STR_ARG(shown));
        unlink(one);
        unlink(other);
    }
    cr_expect_eq(trace_diff(a, "/nowhere/a", "/nowhere/b").len, 0);
    arena_free(a);
}
