/* sim_parts.h -- What the files of the simulator share. Private.
 * sim.c: the world and its loop. sim_actor.c: lives and deaths. sim_task.c: tasks and their waits.
 * sim_rt.c: the runtime. sim_transport.c, sim_warehouse.c: the other two seams. sim_trace.c: the
 * hash. sim_event.c: what is shown. */
#ifndef AFORO_SCENARIOS_SIM_SIM_PARTS_H
#define AFORO_SCENARIOS_SIM_SIM_PARTS_H

#include "fence.h"
#include "fiber.h"
#include "sim.h"
#include "base/heap.h"

#define EXPOSED_KILL_FACTOR 10 /* how much likelier a crash is where it hurts most */

/* Streams of randomness: one draw per occasion, each with a place of its own. */
enum sim_stream {
    SIM_STREAM_TIE = 0x73696d01,
    SIM_STREAM_RT,
    SIM_STREAM_WAY_OUT,
    SIM_STREAM_WAY_BACK,
    SIM_STREAM_ARRIVES, /* whether a call whose caller went away was applied */
    SIM_STREAM_LOST,    /* how a lost answer shows: a reset, or silence */
};

/* A call that was sent and has not arrived. Lives on its task's stack. */
struct sim_flight {
    void (*arrive)(struct sim_flight *flight);
    uint64_t number; /* of the actor's calls */
};

struct rt_task { /* seam/rt.h's opaque task */
    struct sim_actor *actor;
    struct fiber *fiber;
    const char *name;
    rt_task_fn *fn;
    void *arg;
    uint64_t number; /* among the actor's tasks */
    uint64_t ticket; /* of the event that wakes it; 0: none. Other events for it are stale */
    bool cancelled, finished;
    bool woken;         /* and has not run since */
    bool interruptible; /* a cancel ends the wait that it is in */
    struct rt_task *next_waiter;
    struct rt_task *joiner;
    struct sim_flight *flight;
    struct rt_task *next; /* of the actor, in the order of spawning; or of the free list */
};

struct rt_event {
    uint64_t count;
    struct rt_task *waiters;
};

enum sim_life { SIM_WAITS_TO_START, SIM_LIVES, SIM_DONE, SIM_DEAD };

struct sim_actor {
    struct rt
        rt; /* first: a struct rt * is one of these; the same for all of its tasks and lives */
    struct sim *sim;
    struct str name;
    uint64_t key; /* a hash of the name */
    sim_entry_fn *entry;
    void *arg;
    enum sim_life life;
    unsigned lives;
    uint64_t ticket; /* of the event that starts it; 0: none */
    struct sim_clock clock;
    bool stopping;
    bool doomed; /* to be crashed once the running task has given way */
    int64_t restart_after_us;
    struct arena *arena; /* of this life */
    struct rt_task *tasks;
    /* over all lives */
    uint64_t event_count, task_count, call_count;
    bool exposed; /* something was applied of which nothing else knows yet */
    struct sim_actor *next;
};

/* A request that is still on its way when its sender has given up. */
struct sim_mail {
    struct arena *arena; /* its own */
    struct sim_actor *sender;
    struct http_request request;
    uint64_t ticket;
};

struct sim_event {
    struct sim_actor *actor;
    struct rt_task *task;  /* NULL: the actor starts, or mail arrives */
    struct sim_mail *mail; /* NULL: none */
    uint64_t ticket;
};

struct sim {
    struct sim_options options;
    struct arena *arena;   /* of the world */
    struct arena *scratch; /* of one dispatch */
    struct fiber_pool *fibers;
    struct heap queue;
    size_t due_count; /* events in the queue that are not stale */
    uint64_t ticket_last;
    int64_t now_us;
    struct sim_actor *actors, **actors_end;
    struct rt_task *free_tasks, *running;
    bool ending; /* the world is being freed: what is on its way arrives nowhere */
    size_t doomed_count, unfinished_count;
    struct fault_ordinals *ordinals;
    /* the warehouse's machine; disk NULL: there is none */
    struct sim_disk *disk;
    bool machine_is_up, machine_exposed;
    int64_t machine_up_us;
    uint64_t machine_losses;
    /* the loop */
    uint64_t event_count, instant_count;
    sim_check_fn *check;
    void *check_ctx;
    int64_t check_every_us, check_at_us;
    /* the trace */
    struct hash128 trace;
    uint64_t decision_count;
    uint64_t *checkpoints; /* the hash after every SIM_CHECKPOINT_EVERY of them */
    size_t checkpoint_count, checkpoint_cap;
    void (*sink)(void *ctx, struct str line);
    void *sink_ctx;
    uint64_t sink_first, sink_last; /* decisions that are written, from 1 */
    /* what is shown */
    run_event_fn *event_note;
    void *event_ctx;
    uint64_t ledger_seen; /* lines of the emulator's ledger that were told */
};

/* ---- sim.c ---- */
/* Puts an event into the queue; returns its ticket. task NULL: the actor's start. */
uint64_t sim_schedule(struct sim *s, struct sim_actor *actor, struct rt_task *task, int64_t at_us);
void sim_post(struct sim *s, struct sim_mail *mail, int64_t at_us);
uint64_t sim_draw(const struct sim_actor *actor, enum sim_stream stream, uint64_t key);
bool sim_coin(const struct sim_actor *actor, enum sim_stream stream, uint64_t key);
/* What the emulator sends by itself is taken and answered. */
void sim_outbound(struct sim *s);

/* ---- sim_trace.c ---- */
void trace_note(struct sim *s, struct str who, const char *what, struct str text, int64_t value);
void trace_call(struct sim_actor *actor, const struct http_request *request);
void trace_answer(struct sim_actor *actor, const struct http_response *response);

/* ---- sim_machine.c ---- */
void machine_shown(const struct sim *s); /* to an event sink that begins to listen */

/* ---- sim_sqlite.c ---- */
void sqlite_seed(uint64_t seed); /* of the process */

/* ---- sim_mail.c ---- */
/* A copy of the request arrives `after_us` from now, whatever has become of its sender. */
void mail_send(struct sim_actor *sender, const struct http_request *request, int64_t after_us);
void mail_arrive(struct sim_mail *mail);

/* ---- sim_event.c ---- */
void event_lived(const struct sim_actor *actor, enum run_event_kind kind, int64_t restart_after_us);
/* The emulator has just dispatched, and answers so much later. */
void event_called(struct sim *s, int64_t delay_us);
void event_stated(const struct sim_actor *actor, const struct fault_call *call,
                  const struct fault_decision *decision); /* to a warehouse */

/* ---- sim_task.c ---- */
struct rt_task *task_new(struct sim_actor *actor, const char *name, rt_task_fn *fn, void *arg);
void task_free(struct rt_task *task);   /* and its fiber, wherever it stands */
void task_resume(struct rt_task *task); /* from outside of any fiber */
struct rt_task *task_running(struct sim *s);
/* Only the running task waits. INSTANT_NEVER: until somebody wakes it. */
void task_wait(struct rt_task *task, int64_t until_us, bool interruptible);
void task_wake(struct rt_task *task);
void task_interrupt(
    struct rt_task *task); /* it was cancelled: ends its wait if that can be ended */
bool task_is_cancelled(const struct rt_task *task);
/* Latency: cannot be interrupted. */
void task_delay(struct rt_task *task, int64_t duration_us);

/* ---- sim_actor.c ---- */
void actor_start(struct sim_actor *actor);
void actor_main_returned(struct sim_actor *actor);
void actor_crash_doomed(struct sim *s);
/* The running task's actor dies at this call; does not return. */
void actor_die(struct rt_task *task, int64_t restart_after_us) __attribute__((noreturn));
/* Around a fault decision: a crash is likelier right after something was applied. */
void actor_expose(struct sim_actor *actor);
void actor_decision_begin(struct sim_actor *actor);
void actor_decision_end(struct sim_actor *actor);

/* ---- sim_rt.c ---- */
extern const struct rt_ops sim_rt_ops;

#endif
