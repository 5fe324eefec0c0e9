/* keep.h -- What is kept of a failing seed, for people and for regression scenarios:
 *   DIR/<scenario>-<seed>/
 *     repro.sh        the command that fails again
 *     plan.full.yaml  the scenario with all faults that fired, each as one coordinate
 *     trace.txt       every decision of the run, a line each
 *     report.json     verdict, story and counts
 *     report.html     the same with a timeline, and where the records went
 */
#ifndef AFORO_SCENARIOS_RUNNER_KEEP_H
#define AFORO_SCENARIOS_RUNNER_KEEP_H

#include "scenarios/runner/shrink.h"

MUST_USE enum err keep_folder(const char *path, struct diag *d); /* makes it, where it is not */
/* Runs the seed once more, in a process of its own, since it may crash. Makes the folders. */
MUST_USE enum err keep_failure(struct arena *a, const struct scenario *scenario, uint64_t seed,
                               const char *dir, struct diag *d);
/* What shrinking left of it, beside the rest: plan.min.yaml and story.txt. ret_plan: its path. */
MUST_USE enum err keep_shrunk(struct arena *a, const struct shrink_result *shrunk, const char *dir,
                              struct str *ret_plan, struct diag *d);
/* The same as one file: the scenario, its story as comments in front. */
MUST_USE enum err keep_scenario(struct arena *a, const struct shrink_result *shrunk,
                                const char *path, struct diag *d);
/* The seed as a page, DIR/<scenario>-<seed>.html. Makes the folder. */
MUST_USE enum err keep_page(struct arena *a, const struct scenario *scenario, uint64_t seed,
                            const char *dir, struct diag *d);

#endif
