/* sim_rt.c -- The runtime on fibers: virtual time, one thread. Which task is calling is the one
 * that runs, so a struct rt may be kept and passed on freely within its actor. */
#include "sim_parts.h"

#include "base/instant.h"
#include "base/rng.h"

static struct sim_actor *actor_of(struct rt *rt)
{
    return (struct sim_actor *)rt;
}

static struct rt_task *current(struct rt *rt)
{
    struct rt_task *task = task_running(actor_of(rt)->sim);
    ASSERT(task->actor == actor_of(rt)); /* actors share nothing */
    return task;
}

static int64_t now_us(struct rt *rt)
{
    return actor_of(rt)->sim->now_us;
}

static int64_t fibers_wall_us(struct rt *rt)
{
    const struct sim_actor *actor = actor_of(rt);
    const struct sim_clock *c = &actor->clock;
    int64_t now_us = actor->sim->now_us;
    int64_t drift_us = c->drift_den == 0 ? 0 : now_us / c->drift_den * c->drift_num;
    int64_t step_us = now_us >= c->step_at_us ? c->step_us : 0;
    return sim_wall_us(actor->sim) + c->offset_us + drift_us + step_us;
}

static enum err fibers_sleep_until(struct rt *rt, int64_t mono_us)
{
    struct rt_task *task = current(rt);
    if (task_is_cancelled(task)) {
        return ERR_CANCELLED;
    }
    task_wait(task, mono_us, true);
    return now_us(rt) < mono_us ? ERR_CANCELLED : ERR_OK;
}

static uint64_t fibers_rand(struct rt *rt, const char *stream, uint64_t key)
{
    struct sim_actor *actor = actor_of(rt);
    uint64_t name = hash64(actor->key, str_of(stream));
    return rng_u64(actor->sim->options.seed, SIM_STREAM_RT, name, key);
}

/* ---- tasks ---- */

static struct rt_task *fibers_spawn(struct rt *rt, const char *name, rt_task_fn *fn, void *arg)
{
    return task_new(actor_of(rt), name, fn, arg);
}

static void fibers_join(struct rt *rt, struct rt_task *task)
{
    struct rt_task *self = current(rt);
    ASSERT(task->actor == self->actor && task != self);
    while (!task->finished) {
        task->joiner = self;
        task_wait(self, INSTANT_NEVER, false);
    }
    task_free(task);
}

static void fibers_cancel(struct rt *rt, struct rt_task *task)
{
    (void)rt;
    task->cancelled = true;
    task_interrupt(task);
}

static bool fibers_cancelled(struct rt *rt)
{
    return task_is_cancelled(current(rt));
}

/* ---- events ---- */

static struct rt_event *fibers_event_new(struct rt *rt, struct arena *a)
{
    (void)rt;
    return NEW(a, struct rt_event);
}

static uint64_t fibers_event_count(struct rt *rt, struct rt_event *event)
{
    (void)rt;
    return event->count;
}

static void waiter_leave(struct rt_event *event, struct rt_task *task)
{
    struct rt_task **link = &event->waiters;
    while (*link != task) {
        link = &(*link)->next_waiter;
    }
    *link = task->next_waiter;
}

static enum err fibers_event_wait(struct rt *rt, struct rt_event *event, uint64_t seen,
                                  int64_t deadline_mono_us)
{
    struct rt_task *task = current(rt);
    for (;;) {
        if (task_is_cancelled(task)) {
            return ERR_CANCELLED;
        }
        if (event->count > seen) {
            return ERR_OK;
        }
        if (now_us(rt) >= deadline_mono_us) {
            return ERR_UNAVAILABLE;
        }
        task->next_waiter = event->waiters;
        event->waiters = task;
        task_wait(task, deadline_mono_us, true);
        waiter_leave(event, task);
    }
}

static void fibers_event_signal(struct rt *rt, struct rt_event *event)
{
    (void)rt;
    event->count++;
    for (struct rt_task *task = event->waiters; task != NULL; task = task->next_waiter) {
        task_wake(task);
    }
}

/* A task gives way only where it waits, so nothing needs a lock. */
static void fibers_lock(struct rt *rt)
{
    (void)rt;
}

static void fibers_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    trace_note(actor_of(rt)->sim, actor_of(rt)->name, what, text, value);
}

const struct rt_ops sim_rt_ops = {
    .wall_us = fibers_wall_us,
    .mono_us = now_us,
    .sleep_until = fibers_sleep_until,
    .rand = fibers_rand,
    .spawn = fibers_spawn,
    .join = fibers_join,
    .cancel = fibers_cancel,
    .cancelled = fibers_cancelled,
    .event_new = fibers_event_new,
    .event_wait = fibers_event_wait,
    .event_count = fibers_event_count,
    .event_signal = fibers_event_signal,
    .lock = fibers_lock,
    .unlock = fibers_lock,
    .trace = fibers_trace,
};
