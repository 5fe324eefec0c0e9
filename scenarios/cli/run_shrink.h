/* run_shrink.h -- Failures of `aforo run` made small, as people see it. */
#ifndef AFORO_SCENARIOS_CLI_RUN_SHRINK_H
#define AFORO_SCENARIOS_CLI_RUN_SHRINK_H

#include "scenarios/runner/shrink.h"
#include "scenarios/runner/sweep.h"

struct run_shrink_to {
    const char *keep; /* a folder for plan.min.yaml and story.txt; NULL: not kept */
    const char *file; /* for the scenario that the first failure shrinks to; NULL: none */
};
/* The first `count` failures that can be shrunk, printed and written. What cannot be is said, and
 * no error; nor is a file written then. */
MUST_USE enum err run_shrink(struct arena *a, const struct scenario *scenario,
                             const struct sweep_result *sweep, size_t count,
                             const struct shrink_options *options, const struct run_shrink_to *to,
                             struct diag *d);

#endif
