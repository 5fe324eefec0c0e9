/* shrink.c -- From all faults that fired to those that matter.
 *
 * A candidate is a smaller scenario; it is taken when it fails in the same way, and then what fired
 * in it is the plan from there on (what did not fire any more is gone by itself). Of several
 * candidates the first in order is taken, however many ran at a time: the result does not depend on
 * the number of processes.
 *
 * Order: no fault at all; one kind of fault, one actor; all but one of them; ddmin over what is
 * left (Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002); then what is
 * around it: fewer actors, an earlier end; then each fault at an earlier call, with a shorter
 * delay. A smaller world is taken only where the same world without faults passes: or shrinking
 * would find that a world without a loader loads nothing. */
#include <string.h>
#include <time.h>

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

/* Runs them in order until one fails in the same way, and takes that. */
static enum err first_failing(struct shrink *s, struct scenario *candidates, size_t count,
                              bool *ret_found, struct diag *d)
{
    struct trial trials[TRIALS_AT_A_TIME_MAX];
    *ret_found = false;
    for (size_t at = 0; at < count && may_run(s); at += s->jobs) {
        size_t n = count - at < s->jobs ? count - at : s->jobs;
        for (size_t i = 0; i < n; i++) {
            trials[i] = (struct trial){.scenario = &candidates[at + i]};
        }
        TRY(trials_run(s->scratch, trials, n, s->seed, d));
        s->runs += (unsigned)n;
        for (size_t i = 0; i < n; i++) {
            if (is_same_failure(s, &trials[i])) {
                s->now = candidates[at + i];
                s->story = str_copy(s->arena, trials[i].story);
                *ret_found = true;
                return faults_take(s, trials[i].faults, d);
            }
        }
    }
    return ERR_OK;
}

/* The plan's faults of which the bit is `kept`. */
static struct scenario subset(struct shrink *s, const bool *in, bool kept)
{
    const struct json **some = NEW_ARRAY(s->scratch, const struct json *, s->count);
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (in[i] == kept) {
            some[count++] = s->faults[i];
        }
    }
    struct scenario c = s->now;
    c.faults = plan_list(s->scratch, some, count);
    return c;
}

/* ---- by groups ---- */

typedef struct str group_fn(struct arena *a, const struct plan_fault *f);

static struct str group_of_kind(struct arena *a, const struct plan_fault *f)
{
    return str_printf(a, "%.*s %.*s:%.*s", STR_ARG(f->phase), STR_ARG(f->at.at_service),
                      STR_ARG(f->at.at_operation));
}

static struct str group_of_actor(struct arena *a, const struct plan_fault *f)
{
    (void)a;
    return f->at.at_actor;
}

static struct str *groups_of(struct shrink *s, group_fn *group, struct str *names,
                             size_t *ret_count)
{
    struct str *of = NEW_ARRAY(s->scratch, struct str, s->count);
    *ret_count = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct plan_fault f;
        struct diag d = DIAG_INIT;
        of[i] = plan_fault_read(s->faults[i], &f, &d) == ERR_OK ? group(s->scratch, &f) : STR_EMPTY;
        size_t at = 0;
        while (at < *ret_count && !str_eq(names[at], of[i])) {
            at++;
        }
        if (at == *ret_count) {
            names[(*ret_count)++] = of[i];
        }
    }
    return of;
}

/* One group alone (kept), or all but one; each time as often as it helps. */
static enum err groups_shrink(struct shrink *s, group_fn *group, bool kept, struct diag *d)
{
    for (bool found = true; found && s->count > 1;) {
        size_t count;
        arena_reset(s->scratch);
        struct str *names = NEW_ARRAY(s->scratch, struct str, s->count);
        struct str *of = groups_of(s, group, names, &count);
        struct scenario *candidates = NEW_ARRAY(s->scratch, struct scenario, count);
        bool *in = NEW_ARRAY(s->scratch, bool, s->count);
        for (size_t g = 0; g < count; g++) {
            for (size_t i = 0; i < s->count; i++) {
                in[i] = str_eq(of[i], names[g]);
            }
            candidates[g] = subset(s, in, kept);
        }
        found = false;
        if (count > 1) {
            TRY(first_failing(s, candidates, count, &found, d));
        }
    }
    return ERR_OK;
}

/* ---- ddmin ---- */

/* Parts i of n, then all but part i. */
static enum err parts_try(struct shrink *s, size_t n, bool kept, bool *ret_found, struct diag *d)
{
    arena_reset(s->scratch);
    struct scenario *candidates = NEW_ARRAY(s->scratch, struct scenario, n);
    bool *in = NEW_ARRAY(s->scratch, bool, s->count);
    for (size_t part = 0; part < n; part++) {
        for (size_t i = 0; i < s->count; i++) {
            in[i] = i >= s->count * part / n && i < s->count * (part + 1) / n;
        }
        candidates[part] = subset(s, in, kept);
    }
    return first_failing(s, candidates, n, ret_found, d);
}

static enum err ddmin(struct shrink *s, struct diag *d)
{
    size_t n = 2;
    while (s->count > 1 && !s->cut_short) {
        bool found = false;
        n = n > s->count ? s->count : n;
        TRY(parts_try(s, n, true, &found, d));
        if (found) {
            n = 2;
            continue;
        }
        if (n > 2) {
            TRY(parts_try(s, n, false, &found, d));
        }
        if (!found && n == s->count) {
            break;
        }
        n = found ? (n > 3 ? n - 1 : 2) : 2 * n;
    }
    return ERR_OK;
}

/* ---- the world around ---- */

/* Taken where it fails with the faults and passes without. */
static enum err world_try(struct shrink *s, struct scenario *smaller, bool *ret_found,
                          struct diag *d)
{
    struct scenario healthy = *smaller;
    healthy.faults = json_new(s->scratch, JSON_IS_ARRAY);
    struct trial t = {.scenario = &healthy};
    *ret_found = false;
    if (!may_run(s)) {
        return ERR_OK;
    }
    TRY(trials_run(s->scratch, &t, 1, s->seed, d));
    s->runs++;
    return t.verdict == VERDICT_PASS ? first_failing(s, smaller, 1, ret_found, d) : ERR_OK;
}

/* "producer/3" among so many of its role. */
static struct str actor_among(struct arena *a, struct str actor, const struct scenario_actors *n)
{
    struct str role, index;
    uint64_t number;
    struct diag d = DIAG_INIT;
    if (!str_split(actor, '/', &role, &index) || str_u64(index, &number, &d) != ERR_OK) {
        return actor;
    }
    unsigned count = str_eq(role, STR("producer")) ? n->producers
                     : str_eq(role, STR("lander")) ? n->landers
                     : str_eq(role, STR("loader")) ? n->loaders
                                                   : n->reporters;
    return str_printf(a, "%.*s/%llu", STR_ARG(role),
                      (unsigned long long)(count == 0 ? 0 : number % count));
}

static enum err actors_shrink(struct shrink *s, struct diag *d)
{
    for (int role = 0; role < 4; role++) {
        arena_reset(s->scratch);
        struct scenario c = s->now;
        unsigned *counts[] = {&c.actors.producers, &c.actors.landers, &c.actors.loaders,
                              &c.actors.reporters};
        bool found;
        if (*counts[role] < 2) {
            continue;
        }
        *counts[role] = 1;
        struct json *moved = json_new(s->scratch, JSON_IS_ARRAY);
        for (size_t i = 0; i < s->count; i++) {
            struct plan_fault f;
            TRY(plan_fault_read(s->faults[i], &f, d));
            struct str actor = actor_among(s->scratch, f.at.at_actor, &c.actors);
            json_add(moved, STR_EMPTY,
                     plan_fault_at(s->scratch, s->faults[i], actor, f.at.at_ordinal));
        }
        c.faults = moved;
        TRY(world_try(s, &c, &found, d));
    }
    return ERR_OK;
}

/* The end: half the time to the heal, and as much less after it. */
static enum err horizon_shrink(struct shrink *s, struct diag *d)
{
    for (bool found = true; found && s->now.heal_after_us >= 2 * US_PER_MINUTE;) {
        arena_reset(s->scratch);
        struct scenario c = s->now;
        c.heal_after_us /= 2;
        c.horizon_us -= c.heal_after_us;
        TRY(world_try(s, &c, &found, d));
    }
    return ERR_OK;
}

/* ---- each fault ---- */

static struct scenario replaced(struct shrink *s, size_t which, const struct json *fault)
{
    const struct json **all = NEW_ARRAY(s->scratch, const struct json *, s->count);
    memcpy(all, s->faults, s->count * sizeof(*all));
    all[which] = fault;
    struct scenario c = s->now;
    c.faults = plan_list(s->scratch, all, s->count);
    return c;
}

#define EARLIER_MAX 12
static enum err fault_simplify(struct shrink *s, size_t which, struct diag *d)
{
    static const int64_t shorter_us[] = {1, US_PER_S, 10 * US_PER_S, US_PER_MINUTE};
    struct scenario candidates[EARLIER_MAX];
    struct plan_fault f;
    size_t count = 0;
    bool found;
    arena_reset(s->scratch);
    TRY(plan_fault_read(s->faults[which], &f, d));
    for (uint64_t n = 1; n < f.at.at_ordinal && count < EARLIER_MAX; n += n < 4 ? 1 : n) {
        candidates[count++] =
            replaced(s, which, plan_fault_at(s->scratch, s->faults[which], f.at.at_actor, n));
    }
    TRY(first_failing(s, candidates, count, &found, d));
    if (f.delay_us == 0 || which >= s->count) {
        return ERR_OK;
    }
    arena_reset(s->scratch);
    count = 0;
    for (size_t i = 0; i < sizeof(shorter_us) / sizeof(shorter_us[0]); i++) {
        if (shorter_us[i] < f.delay_us) {
            candidates[count++] =
                replaced(s, which, plan_fault_after(s->scratch, s->faults[which], shorter_us[i]));
        }
    }
    return first_failing(s, candidates, count, &found, d);
}

/* ---- all of it ---- */

static enum err begin(struct shrink *s, struct diag *d)
{
    struct trial t = {.scenario = &s->now};
    bool found;
    TRY(trials_run(s->scratch, &t, 1, s->seed, d));
    s->runs++;
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
    TRY(first_failing(s, &full, 1, &found, d));
    return found ? ERR_OK
                 : fail(d, ERR_CONFLICT, "its %zu faults as coordinates do not fail as %.*s",
                        s->count, STR_ARG(s->cause));
}

static enum err passes(struct shrink *s, struct diag *d)
{
    bool found;
    struct scenario none = s->now;
    none.faults = json_new(s->arena, JSON_IS_ARRAY);
    TRY(first_failing(s, &none, 1, &found, d));
    if (found) {
        return ERR_OK; /* a world that fails without faults: nothing can be said of a smaller one */
    }
    TRY(groups_shrink(s, group_of_kind, true, d));
    TRY(groups_shrink(s, group_of_actor, true, d));
    TRY(groups_shrink(s, group_of_kind, false, d));
    TRY(groups_shrink(s, group_of_actor, false, d));
    TRY(ddmin(s, d));
    TRY(actors_shrink(s, d));
    TRY(horizon_shrink(s, d));
    for (size_t i = 0; i < s->count && !s->cut_short; i++) {
        TRY(fault_simplify(s, i, d));
    }
    return ERR_OK;
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
