/* run_shrink.h -- Failures of `aforo run` made small, as people see it. */
#ifndef AFORO_SCENARIOS_CLI_RUN_SHRINK_H
#define AFORO_SCENARIOS_CLI_RUN_SHRINK_H

#include "scenarios/runner/shrink.h"
#include "scenarios/runner/sweep.h"

/* The first `count` failures that can be shrunk, printed; with a folder also kept. What cannot be
 * is said, and no error. */
MUST_USE enum err run_shrink(struct arena *a, const struct scenario *scenario,
                             const struct sweep_result *sweep, size_t count,
                             const struct shrink_options *options, const char *keep,
                             struct diag *d);

#endif
