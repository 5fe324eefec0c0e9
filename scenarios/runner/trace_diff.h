/* trace_diff.h -- Where two traces part. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_TRACE_DIFF_H
#define AFORO_SCENARIOS_RUNNER_TRACE_DIFF_H

#include "base/str.h"

/* The first line in which two trace files differ, with a few before it and after it: "-" of the
 * one, "+" of the other. Empty: they are equal, or one cannot be opened. Lives in `a`. */
struct str trace_diff(struct arena *a, const char *one, const char *other);

#endif
