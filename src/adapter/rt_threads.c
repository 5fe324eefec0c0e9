/* rt_threads.c -- The runtime on pthreads.
 *
 * One mutex, `state`, guards tasks, events and cancellation; each task and each event has a
 * condition variable on CLOCK_MONOTONIC. A blocked task notes the condition it waits on, so
 * cancelling is: set the flag, wake that condition. `queues` is the lock that rt.h hands to
 * rt_queue; it is taken before `state`, never after.
 *
 * Which task is calling is found by a pthread key that belongs to the runtime: the seam's calls
 * carry no task, since fibers need none, and a key is neither a global nor shared between two
 * runtimes. Threads of other libraries never call in here.
 *
 * Left out: a limit on tasks (configuration fixes their number at the start; a system that refuses
 * one of those threads is not worth starting on, so that aborts), and priorities. */
#include "adapter/rt_threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"

#define TASK_NAME_BYTES_MAX 16 /* Linux cuts thread names there */
#define RT_ARENA_BYTES_MAX (16 * MIB)

struct rt_task {
    struct rt_threads *owner;
    pthread_t thread;
    const char *name;
    rt_task_fn *fn;
    void *arg;
    atomic_bool cancelled;
    pthread_cond_t sleeping;
    pthread_cond_t *waits_on; /* guarded by state; NULL while running */
    struct rt_task *next;     /* all tasks that were not joined */
};

struct rt_event {
    struct rt_threads *owner;
    uint64_t count; /* guarded by state */
    pthread_cond_t signalled;
};

struct rt_threads {
    struct rt rt; /* first: a struct rt * is one of these */
    struct arena *arena;
    uint64_t seed;
    pthread_key_t current;
    pthread_mutex_t state, queues;
    atomic_bool all_cancelled;
    struct rt_task main;
    struct rt_task *tasks;
};

static struct rt_threads *rt_threads_of(struct rt *rt)
{
    return (struct rt_threads *)rt;
}

static struct rt_task *task_current(struct rt_threads *t)
{
    struct rt_task *task = pthread_getspecific(t->current);
    ASSERT(task != NULL);
    return task;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    ASSERT(clock_gettime(clock, &now) == 0);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static int64_t threads_wall_us(struct rt *rt)
{
    (void)rt;
    return clock_us(CLOCK_REALTIME);
}

static int64_t threads_mono_us(struct rt *rt)
{
    (void)rt;
    return clock_us(CLOCK_MONOTONIC);
}

static uint64_t threads_rand(struct rt *rt, const char *stream, uint64_t key)
{
    return rng_u64(rt_threads_of(rt)->seed, hash64(0, str_of(stream)), key, 0);
}

static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    ASSERT(pthread_condattr_init(&attributes) == 0);
    ASSERT(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(condition, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
}

static bool task_is_cancelled(struct rt_threads *t, struct rt_task *task)
{
    return atomic_load(&task->cancelled) || atomic_load(&t->all_cancelled);
}

/* Under `state`: one wait of the calling task. false once the deadline has passed. */
static bool task_wait(struct rt_threads *t, struct rt_task *task, pthread_cond_t *condition,
                      int64_t deadline_mono_us)
{
    int result;
    task->waits_on = condition;
    if (deadline_mono_us == INSTANT_NEVER) {
        result = pthread_cond_wait(condition, &t->state);
    } else {
        int64_t at_us = deadline_mono_us > 0 ? deadline_mono_us : 0;
        struct timespec at = {.tv_sec = (time_t)(at_us / US_PER_S),
                              .tv_nsec = (long)(at_us % US_PER_S) * 1000};
        result = pthread_cond_timedwait(condition, &t->state, &at);
    }
    task->waits_on = NULL;
    ASSERT(result == 0 || result == ETIMEDOUT);
    return result == 0;
}

static enum err threads_sleep_until(struct rt *rt, int64_t mono_us)
{
    struct rt_threads *t = rt_threads_of(rt);
    struct rt_task *task = task_current(t);
    enum err result = ERR_OK;
    pthread_mutex_lock(&t->state);
    for (;;) {
        if (task_is_cancelled(t, task)) {
            result = ERR_CANCELLED;
            break;
        }
        if (clock_us(CLOCK_MONOTONIC) >= mono_us) {
            break;
        }
        (void)task_wait(t, task, &task->sleeping, mono_us);
    }
    pthread_mutex_unlock(&t->state);
    return result;
}

/* ---- tasks ---- */

static void *task_main(void *arg)
{
    struct rt_task *task = arg;
    char name[TASK_NAME_BYTES_MAX] = {0};
    for (size_t i = 0; i + 1 < sizeof(name) && task->name[i] != '\0'; i++) {
        name[i] = task->name[i];
    }
    (void)pthread_setname_np(pthread_self(), name);
    ASSERT(pthread_setspecific(task->owner->current, task) == 0);
    task->fn(&task->owner->rt, task->arg);
    return NULL;
}

/* Under `state`. Signals stay with the main thread: tasks begin with all of them blocked. */
static void task_start(struct rt_task *task)
{
    sigset_t all, before;
    sigfillset(&all);
    ASSERT(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    int created = pthread_create(&task->thread, NULL, task_main, task);
    ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    ASSERT(created == 0);
}

static struct rt_task *threads_spawn(struct rt *rt, const char *name, rt_task_fn *fn, void *arg)
{
    struct rt_threads *t = rt_threads_of(rt);
    pthread_mutex_lock(&t->state);
    struct rt_task *task = NEW(t->arena, struct rt_task);
    task->owner = t;
    task->name = name;
    task->fn = fn;
    task->arg = arg;
    condition_init(&task->sleeping);
    task->next = t->tasks;
    t->tasks = task;
    task_start(task);
    pthread_mutex_unlock(&t->state);
    return task;
}

static void threads_join(struct rt *rt, struct rt_task *task)
{
    struct rt_threads *t = rt_threads_of(rt);
    ASSERT(pthread_join(task->thread, NULL) == 0);
    pthread_mutex_lock(&t->state);
    struct rt_task **link = &t->tasks;
    while (*link != task) {
        link = &(*link)->next;
    }
    *link = task->next;
    (void)pthread_cond_destroy(&task->sleeping);
    arena_recycle(t->arena, task, sizeof(*task));
    pthread_mutex_unlock(&t->state);
}

/* Under `state`. */
static void task_wake(struct rt_task *task)
{
    if (task->waits_on != NULL) {
        pthread_cond_broadcast(task->waits_on);
    }
}

static void threads_cancel(struct rt *rt, struct rt_task *task)
{
    struct rt_threads *t = rt_threads_of(rt);
    pthread_mutex_lock(&t->state);
    atomic_store(&task->cancelled, true);
    task_wake(task);
    pthread_mutex_unlock(&t->state);
}

void rt_threads_cancel_all(struct rt *rt)
{
    struct rt_threads *t = rt_threads_of(rt);
    pthread_mutex_lock(&t->state);
    atomic_store(&t->all_cancelled, true);
    task_wake(&t->main);
    for (struct rt_task *task = t->tasks; task != NULL; task = task->next) {
        task_wake(task);
    }
    pthread_mutex_unlock(&t->state);
}

static bool threads_cancelled(struct rt *rt)
{
    struct rt_threads *t = rt_threads_of(rt);
    return task_is_cancelled(t, task_current(t));
}

/* ---- events ---- */

static void event_done(void *handle)
{
    struct rt_event *event = handle;
    (void)pthread_cond_destroy(&event->signalled);
}

static struct rt_event *threads_event_new(struct rt *rt, struct arena *a)
{
    struct rt_event *event = NEW(a, struct rt_event);
    event->owner = rt_threads_of(rt);
    condition_init(&event->signalled);
    arena_defer(a, event_done, event);
    return event;
}

static uint64_t threads_event_count(struct rt *rt, struct rt_event *event)
{
    struct rt_threads *t = rt_threads_of(rt);
    pthread_mutex_lock(&t->state);
    uint64_t count = event->count;
    pthread_mutex_unlock(&t->state);
    return count;
}

static enum err threads_event_wait(struct rt *rt, struct rt_event *event, uint64_t seen,
                                   int64_t deadline_mono_us)
{
    struct rt_threads *t = rt_threads_of(rt);
    ASSERT(event->owner == t);
    struct rt_task *task = task_current(t);
    enum err result = ERR_OK;
    bool in_time = true;
    pthread_mutex_lock(&t->state);
    for (;;) {
        if (task_is_cancelled(t, task)) {
            result = ERR_CANCELLED;
            break;
        }
        if (event->count > seen) {
            break;
        }
        if (!in_time) {
            result = ERR_UNAVAILABLE;
            break;
        }
        in_time = task_wait(t, task, &event->signalled, deadline_mono_us);
    }
    pthread_mutex_unlock(&t->state);
    return result;
}

static void threads_event_signal(struct rt *rt, struct rt_event *event)
{
    struct rt_threads *t = rt_threads_of(rt);
    pthread_mutex_lock(&t->state);
    event->count++;
    pthread_cond_broadcast(&event->signalled);
    pthread_mutex_unlock(&t->state);
}

static void threads_lock(struct rt *rt)
{
    pthread_mutex_lock(&rt_threads_of(rt)->queues);
}

static void threads_unlock(struct rt *rt)
{
    pthread_mutex_unlock(&rt_threads_of(rt)->queues);
}

static void threads_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    (void)rt;
    (void)what;
    (void)text;
    (void)value;
}

/* ---- the runtime ---- */

static const struct rt_ops threads_ops = {
    .wall_us = threads_wall_us,
    .mono_us = threads_mono_us,
    .sleep_until = threads_sleep_until,
    .rand = threads_rand,
    .spawn = threads_spawn,
    .join = threads_join,
    .cancel = threads_cancel,
    .cancelled = threads_cancelled,
    .event_new = threads_event_new,
    .event_wait = threads_event_wait,
    .event_count = threads_event_count,
    .event_signal = threads_event_signal,
    .lock = threads_lock,
    .unlock = threads_unlock,
    .trace = threads_trace,
};

static uint64_t seed_from_system(void)
{
    uint64_t seed = 0;
    ASSERT(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
    return seed;
}

static void threads_done(void *handle)
{
    struct rt_threads *t = handle;
    ASSERT(t->tasks == NULL); /* every task was joined */
    (void)pthread_cond_destroy(&t->main.sleeping);
    (void)pthread_mutex_destroy(&t->queues);
    (void)pthread_mutex_destroy(&t->state);
    (void)pthread_key_delete(t->current);
}

struct rt *rt_threads_new(struct arena *a, uint64_t seed)
{
    struct rt_threads *t = NEW(a, struct rt_threads);
    t->rt.ops = &threads_ops;
    /* Tasks are spawned from any thread, so they cannot live in the caller's arena. */
    t->arena = arena_child(a, "rt", RT_ARENA_BYTES_MAX);
    t->seed = seed != 0 ? seed : seed_from_system();
    ASSERT(pthread_key_create(&t->current, NULL) == 0);
    ASSERT(pthread_mutex_init(&t->state, NULL) == 0);
    ASSERT(pthread_mutex_init(&t->queues, NULL) == 0);
    t->main.owner = t;
    t->main.name = "main";
    condition_init(&t->main.sleeping);
    ASSERT(pthread_setspecific(t->current, &t->main) == 0);
    /* A peer that goes away is an error to return, not a reason to die: OpenSSL writes without
     * MSG_NOSIGNAL. */
    (void)signal(SIGPIPE, SIG_IGN);
    arena_defer(a, threads_done, t);
    return &t->rt;
}
