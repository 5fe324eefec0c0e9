/* shrink.c -- From all faults that fired to those that matter.
 *
 * A candidate is a smaller scenario; it is taken when it fails in the same way, and then what fired
 * in it is the plan from there on (what did not fire any more is gone by itself). Of several
 * candidates the first in order is taken, however many ran at a time: the result does not depend on
 * the number of processes.
 *
 * Order: no fault at all; the world, whose earlier end makes every later run shorter; the faults
 * (shrink_faults.c); what the few that are left allow of the world (shrink_world.c); each fault. */
#include <time.h>

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "plan.h"
#include "shrink_parts.h"

static int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static bool may_run(struct shrink *s)
{
    s->cut_short = s->cut_short || s->runs >= s->runs_max || clock_us() >= s->until_us;
    return !s->cut_short;
}

static bool is_same_failure(const struct shrink *s, const struct trial *t)
{
    return (t->verdict == VERDICT_FAIL || t->verdict == VERDICT_LIVENESS) &&
           str_eq(t->cause, s->cause);
}

/* ---- candidates ---- */

static enum err faults_take(struct shrink *s, struct str text, struct diag *d)
{
    struct json *list;
    TRY(json_parse(s->arena, str_copy(s->arena, text), &list, d));
    s->faults = NEW_ARRAY(s->arena, const struct json *, list->count);
    s->count = 0;
    for (const struct json *fault = list->first; fault != NULL; fault = fault->next) {
        s->faults[s->count++] = fault;
    }
    s->now.faults = list;
    return ERR_OK;
}

/* What a candidate is told from others by. */
static struct str key_of(struct arena *a, const struct scenario *c)
{
    struct buf text;
    buf_init(&text, a, 8 * MIB);
    buf_addf(&text, "%u %u %u %u %zu %lld %lld ", c->actors.producers, c->actors.landers,
             c->actors.loaders, c->actors.reporters, c->action_count, (long long)c->heal_after_us,
             (long long)c->horizon_us);
    json_write(&text, c->faults);
    return str_printf(a, "%016llx%016llx", (unsigned long long)hash64(1, buf_str(&text)),
                      (unsigned long long)hash64(2, buf_str(&text)));
}

/* false: it ran before, and did not fail in the same way. */
static bool is_new(const struct shrink *s, const struct scenario *c)
{
    return map_get(s->in_vain, key_of(s->scratch, c)) == NULL;
}

static void in_vain_note(struct shrink *s, const struct scenario *c)
{
    map_put(s->in_vain, str_copy(s->arena, key_of(s->scratch, c)), s);
}

static enum err candidate_take(struct shrink *s, const struct trial *t, struct diag *d)
{
    s->now = *t->scenario;
    s->story = str_copy(s->arena, t->story);
    s->failed_us = t->ended_us;
    return faults_take(s, t->faults, d);
}

/* The next of the candidates that did not run yet, as many as run at a time. */
static size_t trials_pick(const struct shrink *s, const struct scenario *candidates, size_t count,
                          size_t *at, struct trial *ret_trials)
{
    size_t n = 0;
    for (; *at < count && n < s->jobs; (*at)++) {
        if (is_new(s, &candidates[*at])) {
            ret_trials[n++] = (struct trial){.scenario = &candidates[*at]};
        }
    }
    return n;
}

enum err shrink_trials(struct shrink *s, struct trial *trials, size_t count, struct diag *d)
{
    s->runs += (unsigned)count;
    return s->trials(s->trials_ctx, s->scratch, trials, count, s->seed, d);
}

enum err shrink_try(struct shrink *s, const struct scenario *candidates, size_t count,
                    bool *ret_found, struct diag *d)
{
    struct trial trials[TRIALS_AT_A_TIME_MAX];
    *ret_found = false;
    for (size_t at = 0, n = 1; n > 0 && may_run(s);) {
        n = trials_pick(s, candidates, count, &at, trials);
        TRY(n > 0 ? shrink_trials(s, trials, n, d) : ERR_OK);
        for (size_t i = 0; i < n; i++) {
            if (is_same_failure(s, &trials[i])) {
                *ret_found = true;
                return candidate_take(s, &trials[i], d);
            }
            in_vain_note(s, trials[i].scenario);
        }
    }
    return ERR_OK;
}

enum err shrink_passes(struct shrink *s, const struct scenario *healthy, bool *ret_passes,
                       struct diag *d)
{
    struct trial t = {.scenario = healthy};
    *ret_passes = false;
    if (!may_run(s)) {
        return ERR_OK;
    }
    TRY(shrink_trials(s, &t, 1, d));
    *ret_passes = t.verdict == VERDICT_PASS;
    return ERR_OK;
}

/* ---- all of it ---- */

static enum err begin(struct shrink *s, struct diag *d)
{
    struct trial t = {.scenario = &s->now};
    bool found;
    TRY(shrink_trials(s, &t, 1, d));
    if (t.verdict == VERDICT_CRASH) {
        return fail(d, ERR_UNSUPPORTED, "the run ends its process: its faults are not known");
    }
    if (t.verdict != VERDICT_FAIL && t.verdict != VERDICT_LIVENESS) {
        return fail(d, ERR_NOT_FOUND, "seed %llu does not fail: %s %.*s",
                    (unsigned long long)s->seed, verdict_name(t.verdict), STR_ARG(t.story));
    }
    s->cause = str_copy(s->arena, t.cause);
    struct scenario full = s->now;
    TRY(faults_take(s, t.faults, d));
    full.faults = s->now.faults;
    TRY(shrink_try(s, &full, 1, &found, d));
    return found ? ERR_OK
                 : fail(d, ERR_CONFLICT, "its %zu faults as coordinates do not fail as %.*s",
                        s->count, STR_ARG(s->cause));
}

static enum err passes(struct shrink *s, struct diag *d)
{
    bool found;
    struct scenario none = s->now;
    none.faults = json_new(s->arena, JSON_IS_ARRAY);
    TRY(shrink_try(s, &none, 1, &found, d));
    if (found) {
        return ERR_OK; /* a world that fails without faults: nothing can be said of a smaller one */
    }
    TRY(shrink_actions(s, d));
    TRY(shrink_end(s, d));
    TRY(shrink_faults(s, d));
    TRY(shrink_actors(s, d));
    TRY(shrink_actions(s, d));
    TRY(shrink_end(s, d));
    return shrink_each(s, d);
}

static enum err trials_by_processes(void *ctx, struct arena *a, struct trial *trials, size_t count,
                                    uint64_t seed, struct diag *d)
{
    (void)ctx;
    return trials_run(a, trials, count, seed, d);
}

enum err shrink_run(struct arena *a, const struct scenario *scenario, uint64_t seed,
                    const struct shrink_options *options, struct shrink_result *ret_result,
                    struct diag *d)
{
    unsigned jobs = options->jobs == 0 ? 1 : options->jobs;
    int64_t began_us = clock_us();
    struct shrink s = {
        .arena = a,
        .scratch = arena_child(a, "candidates", ARENA_PROCESS_BYTES_MAX),
        .seed = seed,
        .jobs = jobs > TRIALS_AT_A_TIME_MAX ? TRIALS_AT_A_TIME_MAX : jobs,
        .runs_max = options->runs_max == 0 ? SHRINK_RUNS_MAX : options->runs_max,
        .until_us = began_us + (options->us_max == 0 ? SHRINK_US_MAX : options->us_max),
        .in_vain = map_new(a),
        .trials = options->trials == NULL ? trials_by_processes : options->trials,
        .trials_ctx = options->trials_ctx,
        .now = *scenario,
        .story = STR_EMPTY,
    };
    TRY(begin(&s, d));
    struct shrink_result result = {.seed = seed, .faults_before = s.count, .cause = s.cause};
    TRY(passes(&s, d));
    struct scenario *smallest = NEW(a, struct scenario);
    *smallest = s.now;
    result.scenario = smallest;
    result.faults_after = s.count;
    result.cut_short = s.cut_short;
    TRY(shrink_tell(&s, &result, d));
    result.runs = s.runs;
    result.elapsed_us = clock_us() - began_us;
    arena_free(s.scratch);
    *ret_result = result;
    return ERR_OK;
}
