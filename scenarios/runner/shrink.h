/* shrink.h -- A failing seed made small: the few faults without which it does not fail in the same
 * way (the same expectation, the same class of rows), as a scenario of coordinates. */
#ifndef AFORO_SCENARIOS_RUNNER_SHRINK_H
#define AFORO_SCENARIOS_RUNNER_SHRINK_H

#include "scenarios/runner/run.h"

struct trial;
/* Runs candidates; trial.h says what is asked of it. */
typedef enum err shrink_trials_fn(void *ctx, struct arena *a, struct trial *trials, size_t count,
                                  uint64_t seed, struct diag *d);
struct shrink_options {
    unsigned jobs;            /* processes at a time; 0: 1 */
    unsigned runs_max;        /* 0: SHRINK_RUNS_MAX */
    int64_t us_max;           /* of wall clock; 0: SHRINK_US_MAX */
    shrink_trials_fn *trials; /* NULL: in processes, simulated */
    void *trials_ctx;
};
#define SHRINK_RUNS_MAX 500
#define SHRINK_US_MAX INT64_C(60000000)
struct shrink_result {
    uint64_t seed;
    const struct scenario *scenario; /* the smallest that fails in the same way */
    size_t faults_before, faults_after;
    unsigned runs;
    int64_t elapsed_us;
    bool cut_short; /* by a limit: there may be a smaller one */
    struct str cause;
    struct str happened, followed; /* the two lines of the story */
    struct str difference; /* the first decision that differs from the same run without one fault,
                              with its surroundings; empty: every neighbour fails too */
};
/* Everything in the result lives in `a`, and borrows from `scenario`. ERR_NOT_FOUND: the seed does
 * not fail. ERR_UNSUPPORTED: it ends in a crash of the process, which tells nothing of its faults.
 * ERR_CONFLICT: the faults that fired, as coordinates, do not fail in the same way. */
MUST_USE enum err shrink_run(struct arena *a, const struct scenario *scenario, uint64_t seed,
                             const struct shrink_options *options, struct shrink_result *ret_result,
                             struct diag *d);

#endif
