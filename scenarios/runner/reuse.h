/* reuse.h -- What outlives a run (run.h says why). Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_REUSE_H
#define AFORO_SCENARIOS_RUNNER_REUSE_H

#include "scenarios/runner/run.h"
#include "session_shelf.h"

struct fiber_pool;
struct run_reuse {
    const struct scenario *scenario; /* whose tables the database has */
    struct fiber_pool *fibers;
    struct session_shelf *shelf;
};

#endif
