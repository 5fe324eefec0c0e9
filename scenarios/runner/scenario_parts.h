/* scenario_parts.h -- What the files that read a scenario share. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_SCENARIO_PARTS_H
#define AFORO_SCENARIOS_RUNNER_SCENARIO_PARTS_H

#include "base/reading.h"
#include "scenarios/runner/scenario.h"

/* The `clocks:` of the file. */
MUST_USE enum err scenario_clocks_read(const struct reading *r, const struct json *root,
                                       struct scenario *s, struct diag *d);
/* The `actions:` of the file; after the topology. */
MUST_USE enum err scenario_actions_read(const struct reading *r, const struct json *root,
                                        struct scenario *s, struct diag *d);
/* The `knobs:` of the file. */
MUST_USE enum err scenario_knobs_read(const struct reading *r, const struct json *root,
                                      struct scenario *s, struct diag *d);
MUST_USE enum err scenario_expectations_read(const struct reading *r, const struct json *root,
                                             struct scenario *s, struct diag *d);
/* topology.processes */
MUST_USE enum err scenario_processes_read(const struct reading *r, const struct json *topology,
                                          struct scenario *s, struct diag *d);
/* ERR_UNSUPPORTED: an expectation that cannot be asked of processes. */
MUST_USE enum err scenario_processes_check(const struct scenario *s, struct diag *d);

#endif
