/* plan.h -- Faults as coordinates: what fired in a run, each one a call of one actor with the same
 * delay and the same dice, so that a run of the plan is the same run. And a scenario file made of
 * such a plan. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_PLAN_H
#define AFORO_SCENARIOS_RUNNER_PLAN_H

#include "scenarios/runner/run.h"

/* What fired, as a list for `faults:`. rules: the list that the plan was read from, rule by rule;
 * FAULT_RULES_MAX at most. Lives in `a`, borrows from `rules`. */
struct json *plan_faults(struct arena *a, const struct json *rules, const struct fault_plan *plan);

/* One entry of such a list. ERR_INVALID: it is none. */
struct plan_fault {
    struct fault_rule at; /* at_actor, at_service, at_operation, at_ordinal */
    struct str phase, error;
    int64_t delay_us; /* of `delay` or `restart_after`; 0: neither */
    bool applied;     /* of a kill: whether the call went through */
};
MUST_USE enum err plan_fault_read(const struct json *fault, struct plan_fault *ret_fault,
                                  struct diag *d);
/* The same fault at another call, or with another delay (that it must have). */
struct json *plan_fault_at(struct arena *a, const struct json *fault, struct str actor,
                           uint64_t ordinal);
struct json *plan_fault_after(struct arena *a, const struct json *fault, int64_t delay_us);
/* A list of some of them. */
struct json *plan_list(struct arena *a, const struct json *const *faults, size_t count);

/* The scenario as a file of one seed: its root with its own faults, horizon and actors, paths as
 * they were found, and without `sometimes`, which is of many seeds. Borrows from it. */
struct json *plan_file(struct arena *a, const struct scenario *s, uint64_t seed);

/* ---- plan_words.c ---- */
/* "loader/0 died at its 3rd warehouse:commit, after it was applied, and was away for 2s"; of a long
 * plan the first few. */
struct str plan_words(struct arena *a, const struct json *faults);

#endif
