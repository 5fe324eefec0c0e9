/* shrink_parts.h -- What the two files of shrinking share. Private. */
#ifndef AFORO_SCENARIOS_RUNNER_SHRINK_PARTS_H
#define AFORO_SCENARIOS_RUNNER_SHRINK_PARTS_H

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
};

/* ---- shrink_tell.c ---- */
/* Fills happened, followed and difference. */
MUST_USE enum err shrink_tell(struct shrink *s, struct shrink_result *result, struct diag *d);

#endif
