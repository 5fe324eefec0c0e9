/* keep.h -- What is kept of a failing seed, for people and for regression scenarios:
 *   DIR/<scenario>-<seed>/  repro.sh        the command that fails again
 *                           plan.full.yaml  the scenario with all faults that fired, each as one
 * coordinate trace.txt       every decision of the run, a line each report.json     verdict, story
 * and counts */
#ifndef AFORO_SCENARIOS_RUNNER_KEEP_H
#define AFORO_SCENARIOS_RUNNER_KEEP_H

#include "scenarios/runner/run.h"

/* Runs the seed once more, in a process of its own, since it may crash. Makes the folders. */
MUST_USE enum err keep_failure(struct arena *a, const struct scenario *scenario, uint64_t seed,
                               const char *dir, struct diag *d);
/* The faults that fired in a run, as the `faults:` of a scenario; lives in `a`. */
struct json *keep_plan(struct arena *a, const struct fault_plan *plan);

#endif
