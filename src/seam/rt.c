/* rt.c -- The runtime's calls, passed on to whoever implements them, and the queue built on two of
 * them. The queue needs nothing but a lock and counted events, so it is the same code on threads
 * and on fibers.
 *
 * A waiter reads the event's count under the lock, lets the lock go and waits for a larger count: a
 * signal between the two is seen as a count that has passed, so no wake-up is lost. */
#include "seam/rt.h"

#include "base/instant.h"

int64_t rt_wall_us(struct rt *rt)
{
    return rt->ops->wall_us(rt);
}

int64_t rt_mono_us(struct rt *rt)
{
    return rt->ops->mono_us(rt);
}

enum err rt_sleep_until(struct rt *rt, int64_t mono_us)
{
    return rt->ops->sleep_until(rt, mono_us);
}

enum err rt_sleep(struct rt *rt, int64_t duration_us)
{
    int64_t now = rt_mono_us(rt);
    if (duration_us > 0 && now > INSTANT_NEVER - duration_us) {
        return rt_sleep_until(rt, INSTANT_NEVER);
    }
    return rt_sleep_until(rt, duration_us > 0 ? now + duration_us : now);
}

uint64_t rt_rand(struct rt *rt, const char *stream, uint64_t key)
{
    return rt->ops->rand(rt, stream, key);
}

struct rt_task *rt_spawn(struct rt *rt, const char *name, rt_task_fn *fn, void *arg)
{
    return rt->ops->spawn(rt, name, fn, arg);
}

void rt_join(struct rt *rt, struct rt_task *task)
{
    rt->ops->join(rt, task);
}

void rt_cancel(struct rt *rt, struct rt_task *task)
{
    rt->ops->cancel(rt, task);
}

bool rt_cancelled(struct rt *rt)
{
    return rt->ops->cancelled(rt);
}

struct rt_event *rt_event_new(struct rt *rt, struct arena *a)
{
    return rt->ops->event_new(rt, a);
}

uint64_t rt_event_count(struct rt *rt, struct rt_event *event)
{
    return rt->ops->event_count(rt, event);
}

enum err rt_event_wait(struct rt *rt, struct rt_event *event, uint64_t seen,
                       int64_t deadline_mono_us)
{
    return rt->ops->event_wait(rt, event, seen, deadline_mono_us);
}

void rt_event_signal(struct rt *rt, struct rt_event *event)
{
    rt->ops->event_signal(rt, event);
}

void rt_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    rt->ops->trace(rt, what, text, value);
}

/* ---- queue ---- */

struct rt_queue {
    void **items; /* a ring */
    size_t capacity, first, count;
    bool closed;
    struct rt_event *filled;  /* an item came, or the queue was closed */
    struct rt_event *drained; /* an item went, or the queue was closed */
};

struct rt_queue *rt_queue_new(struct rt *rt, struct arena *a, size_t capacity)
{
    ASSERT(capacity > 0);
    struct rt_queue *q = NEW(a, struct rt_queue);
    q->items = NEW_ARRAY(a, void *, capacity);
    q->capacity = capacity;
    q->filled = rt_event_new(rt, a);
    q->drained = rt_event_new(rt, a);
    return q;
}

/* Under the lock. ERR_UNAVAILABLE: full. */
static enum err queue_push(struct rt_queue *q, void *item)
{
    if (q->closed) {
        return ERR_CONFLICT;
    }
    if (q->count == q->capacity) {
        return ERR_UNAVAILABLE;
    }
    q->items[(q->first + q->count) % q->capacity] = item;
    q->count++;
    return ERR_OK;
}

/* Under the lock. ERR_UNAVAILABLE: empty, but more may come. */
static enum err queue_pop(struct rt_queue *q, void **ret_item)
{
    if (q->count == 0) {
        return q->closed ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    }
    *ret_item = q->items[q->first];
    q->first = (q->first + 1) % q->capacity;
    q->count--;
    return ERR_OK;
}

enum err rt_queue_put(struct rt *rt, struct rt_queue *q, void *item)
{
    for (;;) {
        if (rt_cancelled(rt)) {
            return ERR_CANCELLED;
        }
        rt->ops->lock(rt);
        uint64_t seen = rt_event_count(rt, q->drained);
        enum err result = queue_push(q, item);
        rt->ops->unlock(rt);
        if (result == ERR_OK) {
            rt_event_signal(rt, q->filled);
        }
        if (result != ERR_UNAVAILABLE) {
            return result;
        }
        TRY(rt_event_wait(rt, q->drained, seen, INSTANT_NEVER));
    }
}

enum err rt_queue_take(struct rt *rt, struct rt_queue *q, int64_t deadline_mono_us, void **ret_item)
{
    for (;;) {
        if (rt_cancelled(rt)) {
            return ERR_CANCELLED;
        }
        rt->ops->lock(rt);
        uint64_t seen = rt_event_count(rt, q->filled);
        enum err result = queue_pop(q, ret_item);
        rt->ops->unlock(rt);
        if (result == ERR_OK) {
            rt_event_signal(rt, q->drained);
        }
        if (result != ERR_UNAVAILABLE) {
            return result;
        }
        TRY(rt_event_wait(rt, q->filled, seen, deadline_mono_us));
    }
}

void rt_queue_close(struct rt *rt, struct rt_queue *q)
{
    rt->ops->lock(rt);
    q->closed = true;
    rt->ops->unlock(rt);
    rt_event_signal(rt, q->filled);
    rt_event_signal(rt, q->drained);
}
