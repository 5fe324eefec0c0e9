/* programs.h -- Another version of this program, run for what it loads. */
#ifndef AFORO_SCENARIOS_CLI_PROGRAMS_H
#define AFORO_SCENARIOS_CLI_PROGRAMS_H

#include "seam/warehouse.h"

/* Runs `program replay WHERE --pipeline FILE --warehouse sqlite:...` into a temporary file, and
 * opens that, to be read; the file ends with `a`. Exit code 1, an object with a problem, is an
 * outcome. ERR_INVALID: it could not be run; ERR_INTERNAL: it ended otherwise. */
MUST_USE enum err programs_replay(struct arena *a, const char *program, const char *where,
                                  const char *pipeline, struct warehouse **ret_warehouse,
                                  struct diag *d);

#endif
