/* twice.h -- One seed run a second time: it must be the very same run. Warm: in this process, on
 * whatever the run before has left behind. Fresh: in a new process, with its memory elsewhere and
 * another environment. Where two runs part, the checkpoints of their traces name the window of
 * 4,096 decisions, and one more pair of runs, traced there alone, the first that differs. Private
 * to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_TWICE_H
#define AFORO_SCENARIOS_RUNNER_TWICE_H

#include "scenarios/runner/run.h"

#define TWICE_ARGUMENTS_MAX 32
/* fresh: the program and the arguments that run this scenario, up to a NULL (TWICE_ARGUMENTS_MAX at
 * most); "--seed N --fingerprint FILE" is added. NULL: warm, on `reuse` (run.h). ret_parted: in
 * words where they part; empty: the same run. ERR_INTERNAL: the other process cannot be made, or
 * tells nothing. */
MUST_USE enum err twice_run(struct arena *a, const struct scenario *scenario,
                            const struct run_result *first, const char *const *fresh,
                            struct run_reuse *reuse, struct str *ret_parted, struct diag *d);

#endif
