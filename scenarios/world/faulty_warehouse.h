/* faulty_warehouse.h -- A warehouse session as seen over a network that fails, around a real one.
 * The phases and their meaning are the same in every world; how long the way takes and how an actor
 * dies is the world's. */
#ifndef AFORO_SCENARIOS_WORLD_FAULTY_WAREHOUSE_H
#define AFORO_SCENARIOS_WORLD_FAULTY_WAREHOUSE_H

#include "emulator/fault/fault_plan.h"
#include "seam/warehouse.h"

/* `ctx` is the actor whose session it is. */
struct warehouse_world {
    /* The way out; returns the call's number. `commits`: what is committed, or not, where the
     * caller dies on it; or NULL. */
    uint64_t (*depart)(void *ctx, struct warehouse *commits);
    struct fault_decision (*decide)(void *ctx, const char *operation, struct str table);
    void (*applied)(void *ctx); /* something was done for good, and nobody knows of it yet */
    void (*note)(void *ctx, const char *what, struct str text, int64_t value);
    /* the way back, and so much longer */
    void (*come_back)(void *ctx, uint64_t number, int64_t delay_us);
    void (*die)(void *ctx, int64_t restart_us) __attribute__((noreturn));
};
/* Faults of `on: warehouse:begin|exec|bulk|commit|query`. lose_response of a commit: committed,
 * ERR_UNKNOWN 08006; lose_request: rolled back, the same answer. Lives in `a`, as long
 * as `inner`. */
struct warehouse *faulty_warehouse_wrap(const struct warehouse_world *world, void *ctx,
                                        struct arena *a, struct warehouse *inner);

#endif
