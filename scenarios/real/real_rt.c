/* real_rt.c -- The runtime as actors see it: the one on threads, on the world's clock, and deadly
 * to the tasks of an actor that was killed.
 *
 * Calls that block, and those with which loops ask whether to go on, check for death before and
 * after. Those that may come under a lock (event_count, event_signal, lock, unlock) and those of
 * foreign callbacks must not: leaving there would keep the lock, or libcurl's state, for ever. */
#include "real_parts.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/rng.h"

#define STREAM_RT UINT64_C(0x7265616c01)

static struct real_actor *actor_of(struct rt *rt)
{
    return (struct real_actor *)rt;
}

static struct real *world_of(struct rt *rt)
{
    return actor_of(rt)->world;
}

struct real_task *real_task_current(const struct real *w)
{
    struct real_task *task = pthread_getspecific(w->current);
    ASSERT(task != NULL);
    return task;
}

void real_task_check(const struct real *w)
{
    struct real_task *task = real_task_current(w);
    if (atomic_load(&task->actor->doomed)) {
        longjmp(task->out, 1);
    }
}

/* ---- time ---- */

static int64_t actors_wall_us(struct rt *rt)
{
    return real_wall_us(world_of(rt));
}

static int64_t actors_mono_us(struct rt *rt)
{
    return real_now_us(world_of(rt));
}

static enum err actors_sleep_until(struct rt *rt, int64_t mono_us)
{
    struct real *w = world_of(rt);
    real_task_check(w);
    enum err result = rt_sleep_until(w->threads, real_mono_of(w, mono_us));
    real_task_check(w);
    return result;
}

static uint64_t actors_rand(struct rt *rt, const char *stream, uint64_t key)
{
    struct real_actor *actor = actor_of(rt);
    uint64_t name = hash64(actor->key, str_of(stream));
    return rng_u64(actor->world->options.seed, STREAM_RT, name, key);
}

/* ---- tasks ---- */

/* Joins those that a killed parent did not. A parent that is within its own join ends it first. */
static void children_join(struct real *w, struct real_task *self)
{
    struct real_actor *actor = self->actor;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct real_task *task = actor->tasks;
        while (task != NULL && (task == self || task->joined)) {
            task = task->next;
        }
        if (task != NULL) {
            pthread_mutex_unlock(&w->lock);
            real_task_join(w, task);
            pthread_mutex_lock(&w->lock);
        } else if (actor->tasks != self || self->next != NULL) {
            pthread_cond_wait(&w->task_gone, &w->lock);
        } else {
            break;
        }
    }
    pthread_mutex_unlock(&w->lock);
}

static void entry_leave(struct real *w, struct real_task *self)
{
    struct real_actor *actor = self->actor;
    if (!atomic_load(&actor->doomed)) {
        ASSERT(actor->tasks == self && self->next == NULL); /* every task was joined */
    }
    children_join(w, self);
    pthread_mutex_lock(&w->lock);
    actor->life = REAL_ENDS;
    self->left = true;
    pthread_mutex_unlock(&w->lock);
    rt_event_signal(w->threads, w->news);
}

static void task_main(struct rt *threads, void *arg)
{
    struct real_task *task = arg;
    struct real_actor *actor = task->actor;
    struct real *w = actor->world;
    (void)threads;
    ASSERT(pthread_setspecific(w->current, task) == 0);
    if (setjmp(task->out) == 0) {
        real_task_check(w);
        if (task->fn != NULL) {
            task->fn(&actor->rt, task->arg);
        } else {
            actor->entry(actor, &actor->rt, actor->arena, actor->arg);
        }
    }
    if (task->fn == NULL) {
        entry_leave(w, task);
        return;
    }
    pthread_mutex_lock(&w->lock);
    task->left = true;
    pthread_mutex_unlock(&w->lock);
}

struct real_task *real_task_spawn(struct real_actor *actor, const char *name, rt_task_fn *fn,
                                  void *arg)
{
    struct real *w = actor->world;
    struct real_task *task = NEW(w->arena, struct real_task);
    task->actor = actor;
    task->name = name;
    task->fn = fn;
    task->arg = arg;
    task->next = actor->tasks;
    actor->tasks = task;
    task->thread = rt_spawn(w->threads, name, task_main, task);
    if (actor->stopping) {
        rt_cancel(w->threads, task->thread);
    }
    return task;
}

void real_task_join(struct real *w, struct real_task *task)
{
    pthread_mutex_lock(&w->lock);
    ASSERT(!task->joined);
    task->joined = true;
    pthread_mutex_unlock(&w->lock);
    rt_join(w->threads, task->thread);
    pthread_mutex_lock(&w->lock);
    struct real_task **link = &task->actor->tasks;
    while (*link != task) {
        link = &(*link)->next;
    }
    *link = task->next;
    pthread_cond_broadcast(&w->task_gone);
    arena_recycle(w->arena, task, sizeof(*task));
    pthread_mutex_unlock(&w->lock);
}

static struct rt_task *actors_spawn(struct rt *rt, const char *name, rt_task_fn *fn, void *arg)
{
    struct real *w = world_of(rt);
    ASSERT(fn != NULL);
    pthread_mutex_lock(&w->lock);
    if (atomic_load(&actor_of(rt)->doomed)) {
        pthread_mutex_unlock(&w->lock);
        real_task_check(w);
    }
    struct real_task *task = real_task_spawn(actor_of(rt), name, fn, arg);
    pthread_mutex_unlock(&w->lock);
    return (struct rt_task *)task;
}

static void actors_join(struct rt *rt, struct rt_task *task)
{
    struct real *w = world_of(rt);
    real_task_check(w);
    real_task_join(w, (struct real_task *)task);
    real_task_check(w);
}

static void actors_cancel(struct rt *rt, struct rt_task *task)
{
    struct real *w = world_of(rt);
    struct real_task *t = (struct real_task *)task;
    pthread_mutex_lock(&w->lock);
    if (!t->left) {
        rt_cancel(w->threads, t->thread);
    }
    pthread_mutex_unlock(&w->lock);
}

static bool actors_cancelled(struct rt *rt)
{
    real_task_check(world_of(rt));
    return rt_cancelled(world_of(rt)->threads);
}

/* ---- events ---- */

static struct rt_event *actors_event_new(struct rt *rt, struct arena *a)
{
    return rt_event_new(world_of(rt)->threads, a);
}

static enum err actors_event_wait(struct rt *rt, struct rt_event *event, uint64_t seen,
                                  int64_t deadline_mono_us)
{
    struct real *w = world_of(rt);
    real_task_check(w);
    enum err result = rt_event_wait(w->threads, event, seen, real_mono_of(w, deadline_mono_us));
    real_task_check(w);
    return result;
}

static uint64_t actors_event_count(struct rt *rt, struct rt_event *event)
{
    return rt_event_count(world_of(rt)->threads, event);
}

static void actors_event_signal(struct rt *rt, struct rt_event *event)
{
    rt_event_signal(world_of(rt)->threads, event);
}

static void actors_lock(struct rt *rt)
{
    struct rt *threads = world_of(rt)->threads;
    threads->ops->lock(threads);
}

static void actors_unlock(struct rt *rt)
{
    struct rt *threads = world_of(rt)->threads;
    threads->ops->unlock(threads);
}

static void actors_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    rt_trace(world_of(rt)->threads, what, text, value);
}

const struct rt_ops real_rt_ops = {
    .wall_us = actors_wall_us,
    .mono_us = actors_mono_us,
    .sleep_until = actors_sleep_until,
    .rand = actors_rand,
    .spawn = actors_spawn,
    .join = actors_join,
    .cancel = actors_cancel,
    .cancelled = actors_cancelled,
    .event_new = actors_event_new,
    .event_wait = actors_event_wait,
    .event_count = actors_event_count,
    .event_signal = actors_event_signal,
    .lock = actors_lock,
    .unlock = actors_unlock,
    .trace = actors_trace,
};
