/* reuse.c -- Stacks and a shelf of sessions, made when a process begins with a scenario's seeds. */
#include "reuse.h"

#include "scenarios/sim/fiber.h"

static void fibers_end(void *handle)
{
    fiber_pool_free(handle);
}

struct run_reuse *run_reuse_new(struct arena *a, const struct scenario *scenario)
{
    struct run_reuse *reuse = NEW(a, struct run_reuse);
    *reuse = (struct run_reuse){.scenario = scenario, .fibers = fiber_pool_new()};
    arena_defer(a, fibers_end, reuse->fibers);
    reuse->shelf = session_shelf_new(a);
    return reuse;
}
