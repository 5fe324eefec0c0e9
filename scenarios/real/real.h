/* real.h -- A world of threads: actors over loopback HTTP, real databases, and a clock that may run
 * faster than the wall. The counterpart of scenarios/sim with the same idea of an actor: an arena,
 * tasks, handles. A crash is a flag: each task leaves at its next call of a seam, straight to where
 * it began (no code of the actor's runs any more), its arena is freed, and it begins again later.
 * Nothing here is reproducible: threads and sockets have an order of their own.
 *
 * All times are those of the world's clock, `speed` times as fast as the wall: sleeps, deadlines,
 * stamps and faults keep their proportions, so a scenario needs no other numbers here than in the
 * simulator. Threads: the functions of the world are for the thread that made it, but for
 * real_actor_kill and real_actor_stop. */
#ifndef AFORO_SCENARIOS_REAL_REAL_H
#define AFORO_SCENARIOS_REAL_REAL_H

#include "emulator/front/front.h"
#include "seam/rt.h"
#include "seam/transport.h"
#include "scenarios/world/run_event.h"
#include "seam/warehouse.h"

struct real;
struct real_actor;
/* One life of an actor: gets its runtime and an arena that ends with that life. */
typedef void real_entry_fn(struct real_actor *actor, struct rt *rt, struct arena *a, void *arg);

struct real_options {
    uint64_t seed;
    struct front *front;      /* serves; borrowed, stopped after the world was freed */
    struct front_clock clock; /* the front's */
    /* of warehouse calls; guarded by the front's lock. NULL: none */
    struct fault_plan *faults;
};
struct real *real_new(struct arena *a, const struct real_options *options);
void real_free(struct real *w); /* kills every actor and waits until all have left */

/* The name is also the access key that the actor signs with: so the emulator tells one from the
 * other. */
struct real_actor *real_actor_add(struct real *w, struct str name, real_entry_fn *entry, void *arg);
struct str real_actor_name(const struct real_actor *actor);
unsigned real_actor_lives(const struct real_actor *actor); /* 1 + how often it was started again */
bool real_actor_done(const struct real_actor *actor);      /* its entry returned by itself */
/* From any thread. INSTANT_NEVER or negative: for ever. What does not live is left as it is; for
 * ever also cancels a start to come. An actor that kills itself leaves at its next call of
 * a seam. */
void real_actor_kill(struct real *w, struct real_actor *actor, int64_t restart_after_us);
/* asks it to end: rt_cancelled becomes true */
void real_actor_stop(struct real *w, struct real_actor *actor);

/* Lives and deaths, as they happen, from any thread, one at a time; calls are in the emulator's
 * ledger. NULL: off. Before the first actor is added. */
void real_event_sink(struct real *w, run_event_fn *note, void *ctx);

/* Calls `check` about every `every_us`, in the thread of real_run; false stops the run. */
typedef bool real_check_fn(void *ctx, int64_t now_us);
void real_on_tick(struct real *w, int64_t every_us, real_check_fn *check, void *ctx);

enum real_end { REAL_UNTIL, REAL_ALL_DONE, REAL_STOPPED };
/* Until `until_us` (since the start), or until every actor is done or dead for ever. Can be called
 * again. */
enum real_end real_run(struct real *w, int64_t until_us);
int64_t real_now_us(const struct real *w); /* since the start */
int64_t real_wall_us(const struct real *w);

/* Seams of one task of an actor; for the calling task, which may open several. */
MUST_USE enum err real_transport_open(struct real_actor *actor, struct arena *a,
                                      struct transport **ret_transport, struct diag *d);
/* Faults (`on: warehouse:begin|exec|bulk|commit|query`) and kills around a real session. */
struct warehouse *real_warehouse_wrap(struct real_actor *actor, struct arena *a,
                                      struct warehouse *inner);

#endif
