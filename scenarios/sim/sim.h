/* sim.h -- A world on one thread: virtual time, actors that can crash, a network of calls, one
 * trace hash. Events are ordered by (time, H(seed, actor, seq), seq) and time jumps from one to the
 * next. An actor is what would be one process: an arena, tasks (fibers), handles. A crash drops its
 * tasks where they stand, frees its arena (running the finalisers of foreign handles, no code of
 * the actor), and starts it again later. So whatever an actor allocates across a blocking call must
 * be of its arena or of a child of it (arena_child). */
#ifndef AFORO_SCENARIOS_SIM_SIM_H
#define AFORO_SCENARIOS_SIM_SIM_H

#include "base/hash.h"
#include "emulator/emulator.h"
#include "scenarios/world/run_event.h"
#include "scenarios/world/sim_disk.h"
#include "seam/rt.h"
#include "seam/transport.h"
#include "seam/warehouse.h"

struct sim;
struct sim_actor;
struct fiber_pool;
/* One life of an actor: gets its runtime and an arena that ends with that life. */
typedef void sim_entry_fn(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg);

struct sim_options {
    uint64_t seed;
    int64_t start_us; /* wall clock at the start */
    struct emulator *emulator;
    /* of warehouse calls and kills; the emulator has the same plan */
    struct fault_plan *faults;
    int64_t latency_min_us, latency_max_us; /* each way of each call; 0, 0: 200 us .. 5 ms */
    uint64_t events_max;                    /* livelock guard; 0: 50,000,000 */
    struct fiber_pool *fibers; /* stacks that outlive this world; NULL: it makes its own */
};
struct sim *sim_new(struct arena *a, const struct sim_options *options);
void sim_free(struct sim *s); /* kills every actor, frees the stacks that it made */

struct sim_actor *sim_actor_add(struct sim *s, struct str name, sim_entry_fn *entry, void *arg);
struct str sim_actor_name(const struct sim_actor *actor);
/* 1 + how often it was started again */
unsigned sim_actor_lives(const struct sim_actor *actor);
bool sim_actor_done(const struct sim_actor *actor); /* its entry returned by itself */
/* From outside or inside (of the actor itself: does not return; of another: dies once the running
 * task waits). INSTANT_NEVER or negative: for ever. What does not live is left as it is; for ever
 * also cancels a start to come. */
void sim_actor_kill(struct sim *s, struct sim_actor *actor, int64_t restart_after_us);
/* asks it to end: rt_cancelled becomes true */
void sim_actor_stop(struct sim *s, struct sim_actor *actor);

/* How an actor's wall clock is off; its monotonic one is not. Wall = true time + offset + elapsed *
 * drift_num / drift_den (0: no drift) + step, from step_at_us (since the start) on. */
struct sim_clock {
    int64_t offset_us;
    int64_t drift_num, drift_den;
    int64_t step_us, step_at_us;
};
void sim_actor_clock(struct sim *s, struct sim_actor *actor, const struct sim_clock *clock);
void sim_clocks_right(struct sim *s); /* every actor's clock shows the time again */

/* Calls `check` at most every `every_us` of virtual time while running (for expectations checked as
 * early as can be); false stops the run. */
typedef bool sim_check_fn(void *ctx, int64_t now_us);
void sim_on_tick(struct sim *s, int64_t every_us, sim_check_fn *check, void *ctx);

enum sim_end { SIM_UNTIL, SIM_ALL_DONE, SIM_STOPPED, SIM_DEADLOCK, SIM_LIVELOCK };
/* Runs until `until_us` (since the start), or until every actor is done or dead for ever. Can be
 * called again. SIM_DEADLOCK: all that live wait, and nothing will wake them. SIM_LIVELOCK: past
 * events_max, or a million at one time. */
enum sim_end sim_run(struct sim *s, int64_t until_us);
int64_t sim_now_us(const struct sim *s); /* since the start */
int64_t sim_wall_us(const struct sim *s);
struct str sim_trace(const struct sim *s, struct arena *a); /* 32 hex digits */
void sim_trace_add(struct sim *s, struct str what);
uint64_t sim_events(const struct sim *s);
uint64_t sim_decisions(const struct sim *s); /* that are in the trace */
/* What the trace was after every 4,096th decision: two runs that part do so behind the last one
 * that they share. Lives as long as the world. */
#define SIM_CHECKPOINT_EVERY 4096
const uint64_t *sim_checkpoints(const struct sim *s, size_t *ret_count);
/* Writes each traced decision as a line, for diffs of two runs; NULL: off. */
void sim_trace_sink(struct sim *s, void (*write)(void *ctx, struct str line), void *ctx);
/* The sink gets decisions first..last alone, counted from 1. */
void sim_trace_window(struct sim *s, uint64_t first, uint64_t last);

/* What happens, as it happens; NULL: off. The hash does not depend on it. */
void sim_event_sink(struct sim *s, run_event_fn *note, void *ctx);

/* The warehouse's machine: the actor "warehouse", which is no task of its own. Its disk asks the
 * world's plan from here on. */
void sim_disk_attach(struct sim *s, struct sim_disk *disk);
bool sim_machine_is_up(struct sim *s); /* not between a power loss and its restart */
uint64_t sim_machine_losses(const struct sim *s);

/* Seams of one task of an actor. */
MUST_USE enum err sim_transport_open(struct sim_actor *actor, struct arena *a,
                                     struct transport **ret_transport, struct diag *d);
/* Wraps a real session with latency, faults (`on: warehouse:begin|exec|bulk|commit|query`) and
 * kills. lose_response of a commit: committed, ERR_UNKNOWN 08006; lose_request: rolled back, the
 * same answer. */
struct warehouse *sim_warehouse_wrap(struct sim_actor *actor, struct arena *a,
                                     struct warehouse *inner);

#endif
