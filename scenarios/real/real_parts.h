/* real_parts.h -- What the files of the real world share. Private.
 * Each calls those in front of it: real_clock.c; real_rt.c: the runtime as actors see it;
 * real_actor.c: lives and deaths; real_seams.c: transport and warehouse; process.c; real.c: the
 * world and its loop. `lock` guards all lists and lives. It is taken after the front's lock, before
 * the threads' own, and never held across a call that blocks.
 */
#ifndef AFORO_SCENARIOS_REAL_REAL_PARTS_H
#define AFORO_SCENARIOS_REAL_REAL_PARTS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "real.h"

struct real_task {
    struct real_actor *actor;
    struct rt_task *thread; /* of the runtime on threads */
    const char *name;
    rt_task_fn *fn; /* NULL: the actor's entry */
    void *arg;
    jmp_buf out;            /* where a task of a dead actor goes */
    bool joined;            /* somebody waits for its end, or did */
    bool left;              /* its thread touches nothing any more */
    struct real_task *next; /* of the actor */
};

enum real_life { REAL_WAITS_TO_START, REAL_LIVES, REAL_ENDS, REAL_DONE, REAL_DEAD };

struct real_actor {
    struct rt
        rt; /* first: a struct rt * is one of these; the same for all of its tasks and lives */
    struct real *world;
    struct str name;
    uint64_t key; /* a hash of the name */
    real_entry_fn *entry;
    void *arg;
    enum real_life life;
    unsigned lives;
    bool stopping;
    atomic_bool doomed; /* tasks leave at their next call of a seam */
    int64_t restart_after_us, start_at_us;
    struct arena *arena; /* of this life */
    struct real_task *main, *tasks;
    void (*on_doom)(void *ctx); /* at once, under `lock`: what cannot leave by a flag; or NULL */
    void *doom_ctx;
    struct real_actor *next;
};

struct real {
    struct real_options options;
    struct arena *arena; /* under `lock` */
    struct rt *threads;
    struct rt_event *news; /* an actor's life has ended, or is to */
    int64_t mono_origin_us, since_origin_us;
    pthread_key_t current;
    pthread_mutex_t lock;
    pthread_cond_t task_gone;
    struct real_actor *actors, **actors_end;
    size_t unfinished_count;
    run_event_fn *event_note; /* under `lock`; NULL: nobody asks */
    void *event_ctx;
    struct fault_ordinals *ordinals; /* under the front's lock, with an arena of its own */
    struct arena *ordinals_arena;
    real_check_fn *check;
    void *check_ctx;
    int64_t check_every_us, check_at_us;
};

/* ---- real_clock.c ---- */
int64_t real_mono_of(const struct real *w,
                     int64_t since_us); /* on the threads' clock; INSTANT_NEVER stays */

/* ---- real_actor.c ---- */
void real_life_start(struct real_actor *actor);
/* Its life has ended: what is left of it is freed, and what comes next is planned. */
void real_life_settle(struct real_actor *actor);
void real_life_kill(struct real_actor *actor, int64_t restart_after_us); /* under `lock` */

/* ---- real_rt.c ---- */
extern const struct rt_ops real_rt_ops;
struct real_task *real_task_current(const struct real *w);
void real_task_check(const struct real *w); /* of a dead actor: does not return */
/* Under `lock`. */
struct real_task *real_task_spawn(struct real_actor *actor, const char *name, rt_task_fn *fn,
                                  void *arg);
void real_task_join(struct real *w, struct real_task *task);

#endif
