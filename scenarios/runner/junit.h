/* junit.h -- Verdicts as JUnit XML, as CI servers read it: a scenario is a suite, a seed that
 * failed is a case. */
#ifndef AFORO_SCENARIOS_RUNNER_JUNIT_H
#define AFORO_SCENARIOS_RUNNER_JUNIT_H

#include "scenarios/runner/sweep.h"

void junit_begin(struct buf *out);
void junit_suite(struct buf *out, const struct scenario *scenario,
                 const struct sweep_result *result);
void junit_end(struct buf *out);

#endif
