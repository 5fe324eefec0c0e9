/* trial.h -- Runs of candidate scenarios, each in a process of its own, several at a time. What
 * comes of one depends on nothing but the scenario and the seed. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_TRIAL_H
#define AFORO_SCENARIOS_RUNNER_TRIAL_H

#include "scenarios/runner/run.h"

#define TRIAL_CAUSE_BYTES_MAX 160
#define TRIAL_STORY_BYTES_MAX 1500
struct trial {
    const struct scenario *scenario;
    const char *trace_file; /* NULL: none */
    /* set by trials_run */
    enum verdict verdict; /* VERDICT_CRASH: the process died; nothing else is known then */
    struct str cause, story;
    struct str faults; /* what fired, as a JSON list of coordinates */
    int64_t ended_us;  /* since the start */
};
#define TRIALS_AT_A_TIME_MAX 64
/* count: TRIALS_AT_A_TIME_MAX at most. Texts live in `a`. ERR_INTERNAL: no process can be made. */
MUST_USE enum err trials_run(struct arena *a, struct trial *trials, size_t count, uint64_t seed,
                             struct diag *d);

#endif
