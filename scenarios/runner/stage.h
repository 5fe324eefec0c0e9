/* stage.h -- Where a run takes place, simulated or real, with one face: actors that can crash,
 * time, their seams. Simulated: everything on one thread, and the lock is nothing. Real: threads,
 * an emulator front on a free port, and the lock guards the emulator, the oracle and the run's
 * arena between actors and judge; it is never held across a call of a seam. Private to the runner.
 */
#ifndef AFORO_SCENARIOS_RUNNER_STAGE_H
#define AFORO_SCENARIOS_RUNNER_STAGE_H

#include "emulator/emulator.h"
#include "seam/rt.h"
#include "seam/transport.h"
#include "scenarios/real/process.h"
#include "scenarios/world/run_event.h"
#include "seam/warehouse.h"

struct sim;
struct fiber_pool;
struct stage;
struct stage_actor;
/* One life of an actor. */
typedef void stage_entry_fn(struct stage_actor *actor, struct rt *rt, struct arena *life,
                            void *arg);

struct stage_options {
    uint64_t seed;
    int64_t start_us; /* wall */
    struct emulator *emulator;
    struct fault_plan *faults;
    int64_t speed;             /* 0: simulated; else real, so many times as fast as the wall */
    struct fiber_pool *fibers; /* of a simulated one: sim_options */
};
/* ERR_INTERNAL, ERR_INVALID: the front does not start. */
MUST_USE enum err stage_open(struct arena *a, const struct stage_options *options,
                             struct stage **ret_stage, struct diag *d);
void stage_close(struct stage *s);      /* NULL is fine */
struct sim *stage_sim(struct stage *s); /* NULL: real */
/* Lives and deaths of a real stage; of a simulated one sim_event_sink tells, and calls as well. */
void stage_lives_sink(struct stage *s, run_event_fn *note, void *ctx);
struct str stage_endpoint(const struct stage *s); /* http://... */

struct stage_actor *stage_actor_add(struct stage *s, struct str name, stage_entry_fn *entry,
                                    void *arg);
struct sim_clock;
void stage_clock(struct stage_actor *actor, const struct sim_clock *clock); /* simulated only */
struct str stage_actor_name(const struct stage_actor *actor);
unsigned stage_actor_lives(const struct stage_actor *actor);
bool stage_actor_done(const struct stage_actor *actor);
/* Kills all of them for ever and waits until nobody is left. */
void stage_silence(struct stage *s);

typedef bool stage_check_fn(void *ctx, int64_t now_us);
void stage_on_tick(struct stage *s, int64_t every_us, stage_check_fn *check, void *ctx);
enum stage_end { STAGE_UNTIL, STAGE_ALL_DONE, STAGE_STOPPED, STAGE_DEADLOCK, STAGE_LIVELOCK };
enum stage_end stage_run(struct stage *s, int64_t until_us);
int64_t stage_now_us(const struct stage *s); /* since the start */
int64_t stage_wall_us(const struct stage *s);

void stage_lock(struct stage *s);
void stage_unlock(struct stage *s);

/* Real alone: process_run. */
MUST_USE enum err stage_process_run(struct stage_actor *actor, struct rt *rt, struct arena *life,
                                    const struct process_options *options, int *ret_status,
                                    struct diag *d);
MUST_USE enum err stage_transport_open(struct stage_actor *actor, struct arena *a,
                                       struct transport **ret_transport, struct diag *d);
struct warehouse *stage_warehouse_wrap(struct stage_actor *actor, struct arena *a,
                                       struct warehouse *inner);

#endif
