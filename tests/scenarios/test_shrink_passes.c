/* test_shrink_passes.c -- Each pass of shrinking by itself, over a failure that is made up: which
 * faults, actors, time and delays it needs is known, so what must be left is known too. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "plan.h"
#include "scenarios/runner/shrink.h"
#include "trial.h"

#define HEAL_US (40 * US_PER_MINUTE)
#define FAULTS_MAX 64

/* A world that fails by a rule: `fails` looks at the candidate and at its faults. */
struct made_up {
    bool (*fails)(const struct scenario *c, const struct plan_fault *faults, size_t count);
    bool (*healthy)(const struct scenario *c); /* NULL: always */
    int64_t ended_us;
    struct arena *arena;
    struct map *seen;
    unsigned twice; /* candidates with faults that ran more than once */
};

static size_t faults_read(const struct json *list, struct plan_fault *ret_faults)
{
    size_t count = 0;
    struct diag d = DIAG_INIT;
    for (const struct json *f = list->first; f != NULL; f = f->next) {
        cr_assert(count < FAULTS_MAX);
        cr_assert_eq(plan_fault_read(f, &ret_faults[count++], &d), ERR_OK, "%s", d.msg);
    }
    return count;
}

static void seen_note(struct made_up *m, const struct scenario *c, struct str faults)
{
    struct str key =
        str_printf(m->arena, "%u %u %zu %lld %.*s", c->actors.producers, c->actors.landers,
                   c->action_count, (long long)c->heal_after_us, STR_ARG(faults));
    m->twice += map_get(m->seen, key) != NULL;
    map_put(m->seen, key, m);
}

static enum err made_up_trials(void *ctx, struct arena *a, struct trial *trials, size_t count,
                               uint64_t seed, struct diag *d)
{
    struct made_up *m = ctx;
    struct plan_fault faults[FAULTS_MAX];
    (void)seed;
    (void)d;
    for (size_t i = 0; i < count; i++) {
        const struct scenario *c = trials[i].scenario;
        struct buf text;
        buf_init(&text, a, MIB);
        json_write(&text, c->faults);
        size_t n = faults_read(c->faults, faults);
        bool fails = n == 0 ? m->healthy != NULL && !m->healthy(c) : m->fails(c, faults, n);
        if (n > 0 && trials[i].trace_file == NULL) {
            seen_note(m, c, buf_str(&text));
        }
        trials[i].verdict = fails ? VERDICT_FAIL : VERDICT_PASS;
        trials[i].cause = fails ? STR("conservation lost") : STR_EMPTY;
        trials[i].story = STR("made up");
        trials[i].faults = buf_str(&text);
        trials[i].ended_us = m->ended_us;
    }
    return ERR_OK;
}

/* "lander/1/s3:PutObject#7 kill 30s": where, how and for how long. */
static struct json *plan_of(struct arena *a, const char *const *faults, size_t count)
{
    struct json *list = json_new(a, JSON_IS_ARRAY);
    for (size_t i = 0; i < count; i++) {
        struct str rest = str_of(faults[i]), at = rest, phase = STR_EMPTY, delay = STR_EMPTY;
        cr_assert(str_split(rest, ' ', &at, &phase));
        (void)str_split(phase, ' ', &phase, &delay);
        struct json *fault = json_new(a, JSON_IS_OBJECT);
        json_set_str(a, fault, "at", at);
        json_set_str(a, fault, "phase", phase);
        if (delay.len > 0) {
            const char *key = str_eq(phase, STR("kill")) ? "restart_after" : "delay";
            json_set_str(a, fault, key, delay);
        }
        json_add(list, STR_EMPTY, fault);
    }
    return list;
}

static struct scenario world_of(struct arena *a, const char *const *faults, size_t count)
{
    struct scenario s = {.name = STR("made_up"),
                         .file = STR("made_up.yaml"),
                         .horizon_us = 3 * US_PER_HOUR,
                         .heal_after_us = HEAL_US};
    s.actors = (struct scenario_actors){.producers = 2, .landers = 3, .loaders = 1, .reporters = 1};
    s.root = json_new(a, JSON_IS_OBJECT);
    s.faults = plan_of(a, faults, count);
    return s;
}

static struct shrink_result shrunk(struct arena *a, const struct scenario *s, struct made_up *m,
                                   unsigned jobs)
{
    struct shrink_options o = {.jobs = jobs, .trials = made_up_trials, .trials_ctx = m};
    struct shrink_result r;
    struct diag d = DIAG_INIT;
    m->arena = a;
    m->seen = map_new(a);
    cr_assert_eq(shrink_run(a, s, 1, &o, &r, &d), ERR_OK, "%s", d.msg);
    return r;
}

static bool has(const struct plan_fault *faults, size_t count, const char *actor, uint64_t ordinal)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(faults[i].at.at_actor, str_of(actor)) && faults[i].at.at_ordinal == ordinal) {
            return true;
        }
    }
    return false;
}

/* ---- faults ---- */

static const char *const MANY[] = {
    "lander/0/s3:PutObject#1 reject",         "lander/0/s3:PutObject#2 reject",
    "lander/1/s3:PutObject#1 lose_response",  "lander/1/kinesis:GetRecords#4 reject",
    "producer/0/kinesis:PutRecords#2 reject", "producer/0/kinesis:PutRecords#3 reject",
    "producer/1/kinesis:PutRecords#5 reject", "loader/0/s3:GetObject#1 reject",
    "loader/0/s3:GetObject#2 reject",         "loader/0/s3:GetObject#3 reject",
    "lander/0/s3:PutObject#5 reject",         "reporter/0/s3:PutObject#1 lose_response"};
#define MANY_COUNT (sizeof(MANY) / sizeof(MANY[0]))

static bool needs_two(const struct scenario *c, const struct plan_fault *f, size_t count)
{
    (void)c;
    return has(f, count, "producer/0", 3) && has(f, count, "loader/0", 2);
}

static bool needs_a_lost_put(const struct scenario *c, const struct plan_fault *f, size_t count)
{
    (void)c;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(f[i].phase, STR("lose_response")) && str_starts(f[i].at.at_actor, STR("lan"))) {
            return true;
        }
    }
    return false;
}

Test(shrink_passes, leaves_the_faults_that_are_needed)
{
    /* Two of unlike kind and actor, which ddmin alone finds; one, which its kind finds; no
     * candidate runs twice, and one process comes to the same as four. */
    static const struct {
        bool (*fails)(const struct scenario *, const struct plan_fault *, size_t);
        size_t left;
        unsigned runs_max;
    } rows[] = {{needs_two, 2, 60}, {needs_a_lost_put, 1, 25}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *a = arena_new("test", GIB);
        struct scenario s = world_of(a, MANY, MANY_COUNT);
        struct made_up one = {.fails = rows[i].fails, .ended_us = HEAL_US};
        struct made_up four = one;
        struct shrink_result r = shrunk(a, &s, &one, 1), other = shrunk(a, &s, &four, 4);
        struct plan_fault left[FAULTS_MAX];
        cr_assert_eq(r.faults_before, MANY_COUNT);
        cr_assert_eq(r.faults_after, rows[i].left, "%zu: %zu left", i, r.faults_after);
        cr_expect(rows[i].fails(&s, left, faults_read(r.scenario->faults, left)));
        cr_expect(r.runs <= rows[i].runs_max, "%zu: %u runs", i, r.runs);
        cr_expect(one.twice == 1 && four.twice == 1, "%zu: %u ran twice, not the first alone", i,
                  one.twice); /* the rules, and what fired of them, are the same here */
        cr_expect(str_eq(r.happened, other.happened), "%.*s", STR_ARG(other.happened));
        arena_free(a);
    }
}

static bool needs_a_long_absence(const struct scenario *c, const struct plan_fault *f, size_t count)
{
    int64_t away_us = 0;
    (void)c;
    for (size_t i = 0; i < count; i++) {
        away_us += f[i].delay_us;
    }
    return away_us >= 10 * US_PER_MINUTE;
}

Test(shrink_passes, takes_one_long_fault_for_many_short_ones)
{
    static const char *const deaths[] = {
        "lander/0/s3:PutObject#1 kill 3m", "lander/0/s3:PutObject#2 kill 3m",
        "lander/0/s3:PutObject#3 kill 3m", "lander/0/s3:PutObject#4 kill 3m"};
    struct arena *a = arena_new("test", GIB);
    struct scenario s = world_of(a, deaths, 4);
    struct made_up m = {.fails = needs_a_long_absence, .ended_us = HEAL_US};
    struct shrink_result r = shrunk(a, &s, &m, 2);
    struct plan_fault left[FAULTS_MAX];
    cr_assert_eq(faults_read(r.scenario->faults, left), 1);
    cr_expect_eq(left[0].delay_us, 15 * US_PER_MINUTE);
    arena_free(a);
}

/* ---- each fault ---- */

static bool needs_third_call_and_ten_seconds(const struct scenario *c, const struct plan_fault *f,
                                             size_t count)
{
    (void)c;
    return count == 1 && f[0].at.at_ordinal >= 3 && f[0].delay_us >= 10 * US_PER_S;
}

Test(shrink_passes, moves_a_fault_to_the_first_call_and_shortens_it)
{
    static const char *const late[] = {"lander/0/s3:PutObject#40 delay 20m"};
    struct arena *a = arena_new("test", GIB);
    struct scenario s = world_of(a, late, 1);
    struct made_up m = {.fails = needs_third_call_and_ten_seconds, .ended_us = HEAL_US};
    struct shrink_result r = shrunk(a, &s, &m, 2);
    struct plan_fault left[FAULTS_MAX];
    cr_assert_eq(faults_read(r.scenario->faults, left), 1);
    cr_expect_eq(left[0].at.at_ordinal, 3, "%llu", (unsigned long long)left[0].at.at_ordinal);
    cr_expect_eq(left[0].delay_us, 10 * US_PER_S);
    arena_free(a);
}

/* ---- the world ---- */

static bool needs_a_fault(const struct scenario *c, const struct plan_fault *f, size_t count)
{
    (void)f;
    return count > 0 && c->heal_after_us >= 7 * US_PER_MINUTE;
}

static bool needs_two_landers(const struct scenario *c)
{
    return c->actors.landers >= 2;
}

Test(shrink_passes, takes_actors_and_time_away_where_the_world_passes_without_faults)
{
    /* One producer is enough; one lander would fail by itself, so three are left. The end comes
     * right behind the failure, told in the ninth minute, and is not halved from there. */
    struct arena *a = arena_new("test", GIB);
    struct scenario s = world_of(a, MANY, 1);
    struct made_up m = {.fails = needs_a_fault,
                        .healthy = needs_two_landers,
                        .ended_us = 9 * US_PER_MINUTE - US_PER_S};
    struct shrink_result r = shrunk(a, &s, &m, 2);
    cr_expect_eq(r.scenario->actors.producers, 1);
    cr_expect_eq(r.scenario->actors.landers, 3);
    cr_expect_eq(r.scenario->heal_after_us, 10 * US_PER_MINUTE);
    cr_expect_eq(r.scenario->horizon_us, s.horizon_us - 30 * US_PER_MINUTE);
    arena_free(a);
}

static bool needs_one_action(const struct scenario *c, const struct plan_fault *f, size_t count)
{
    (void)f;
    return count > 0 && c->action_count >= 1;
}

Test(shrink_passes, leaves_out_the_last_actions_and_ends_behind_those_that_are_left)
{
    /* Of three actions the first is needed: the heal may not come before it, as in a file. */
    struct arena *a = arena_new("test", GIB);
    struct scenario s = world_of(a, MANY, 1);
    struct scenario_action actions[] = {
        {.least_us = US_PER_MINUTE, .most_us = 12 * US_PER_MINUTE, .shards = 4},
        {.least_us = 15 * US_PER_MINUTE, .most_us = 20 * US_PER_MINUTE, .shards = 3},
        {.least_us = 25 * US_PER_MINUTE, .most_us = 35 * US_PER_MINUTE, .shards = 2}};
    s.actions = actions;
    s.action_count = 3;
    struct made_up m = {.fails = needs_one_action, .ended_us = 2 * US_PER_MINUTE};
    struct shrink_result r = shrunk(a, &s, &m, 2);
    cr_expect_eq(r.scenario->action_count, 1);
    cr_expect_eq(r.scenario->heal_after_us, 20 * US_PER_MINUTE);
    arena_free(a);
}
