/* shrink_parts.h -- What the files of shrinking share. Private. */
#ifndef AFORO_SCENARIOS_RUNNER_SHRINK_PARTS_H
#define AFORO_SCENARIOS_RUNNER_SHRINK_PARTS_H

#include "base/map.h"
#include "scenarios/runner/shrink.h"
#include "trial.h"

struct shrink {
    struct arena *arena;
    struct arena *scratch; /* of one batch of candidates */
    uint64_t seed;
    unsigned jobs, runs, runs_max;
    int64_t until_us; /* of the monotonic clock */
    bool cut_short;
    struct str cause;
    struct scenario now; /* the smallest so far; its faults are `faults` */
    const struct json **faults;
    size_t count;
    struct str story;
    int64_t failed_us;   /* since the start: when its failure was told */
    struct map *in_vain; /* candidates that ran and did not fail in the same way */
    shrink_trials_fn *trials;
    void *trials_ctx;
};

/* ---- shrink.c ---- */
/* Runs them in order until one fails in the same way, and takes that; none runs twice. */
MUST_USE enum err shrink_try(struct shrink *s, const struct scenario *candidates, size_t count,
                             bool *ret_found, struct diag *d);
MUST_USE enum err shrink_passes(struct shrink *s, const struct scenario *healthy, bool *ret_passes,
                                struct diag *d);
MUST_USE enum err shrink_trials(struct shrink *s, struct trial *trials, size_t count,
                                struct diag *d);

/* ---- shrink_faults.c: passes ---- */
MUST_USE enum err shrink_faults(struct shrink *s, struct diag *d);
MUST_USE enum err shrink_each(struct shrink *s, struct diag *d);

/* ---- shrink_world.c: passes ---- */
MUST_USE enum err shrink_actors(struct shrink *s, struct diag *d);
MUST_USE enum err shrink_actions(struct shrink *s, struct diag *d);
MUST_USE enum err shrink_end(struct shrink *s, struct diag *d);

/* ---- shrink_tell.c ---- */
/* Fills happened, followed and difference. */
MUST_USE enum err shrink_tell(struct shrink *s, struct shrink_result *result, struct diag *d);

#endif
