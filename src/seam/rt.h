/* rt.h -- The only way to time, sleep, randomness and concurrency. Real: pthreads
 * (adapter/rt_threads.h); simulated: fibers on one thread (scenarios/sim). Code above it is
 * straight-line and blocking in both.
 *
 * Tasks share nothing but queues and events. A task is cancelled by rt_cancel: every blocking call
 * below then returns ERR_CANCELLED, and the task is expected to return soon. */
#ifndef AFORO_SEAM_RT_H
#define AFORO_SEAM_RT_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

struct rt;
struct rt_task;
struct rt_event;
typedef void rt_task_fn(struct rt *rt, void *arg);

struct rt_ops {
    int64_t (*wall_us)(struct rt *rt);
    int64_t (*mono_us)(struct rt *rt);
    enum err (*sleep_until)(struct rt *rt, int64_t mono_us);
    uint64_t (*rand)(struct rt *rt, const char *stream, uint64_t key);
    struct rt_task *(*spawn)(struct rt *rt, const char *name, rt_task_fn *fn, void *arg);
    void (*join)(struct rt *rt, struct rt_task *task);
    void (*cancel)(struct rt *rt, struct rt_task *task);
    bool (*cancelled)(struct rt *rt);
    struct rt_event *(*event_new)(struct rt *rt, struct arena *a);
    enum err (*event_wait)(struct rt *rt, struct rt_event *event, uint64_t seen,
                           int64_t deadline_mono_us);
    uint64_t (*event_count)(struct rt *rt, struct rt_event *event);
    void (*event_signal)(struct rt *rt, struct rt_event *event);
    /* guards rt_queue's few fields; never held across a blocking call */
    void (*lock)(struct rt *rt);
    void (*unlock)(struct rt *rt);
    void (*trace)(struct rt *rt, const char *what, struct str text, int64_t value);
};
struct rt {
    const struct rt_ops *ops;
};

/* microseconds since the Unix epoch: for stamps only; may step */
int64_t rt_wall_us(struct rt *rt);
int64_t rt_mono_us(struct rt *rt); /* never goes back: for deadlines and waits */
/* ERR_OK at the time, ERR_CANCELLED when the task was cancelled first. */
MUST_USE enum err rt_sleep_until(struct rt *rt, int64_t mono_us);
MUST_USE enum err rt_sleep(struct rt *rt, int64_t duration_us);
/* A number that depends on (run's seed, actor, stream, key) alone: name the stream after its
 * purpose and give a key that names the occasion (an attempt's number), so that no draw shifts
 * another. */
uint64_t rt_rand(struct rt *rt, const char *stream, uint64_t key);

/* `name` and `arg` are borrowed until the join. Every spawned task is joined by its parent. */
struct rt_task *rt_spawn(struct rt *rt, const char *name, rt_task_fn *fn, void *arg);
void rt_join(struct rt *rt, struct rt_task *task);
void rt_cancel(struct rt *rt, struct rt_task *task);
bool rt_cancelled(struct rt *rt); /* the calling task was told to stop */

/* An event counts its signals; a wait returns once the count has passed `seen`. */
struct rt_event *rt_event_new(struct rt *rt, struct arena *a);
uint64_t rt_event_count(struct rt *rt, struct rt_event *event);
/* ERR_OK, ERR_UNAVAILABLE at the deadline (INSTANT_NEVER: none), ERR_CANCELLED. */
MUST_USE enum err rt_event_wait(struct rt *rt, struct rt_event *event, uint64_t seen,
                                int64_t deadline_mono_us);
void rt_event_signal(struct rt *rt, struct rt_event *event);

/* A bounded queue of pointers between tasks. */
struct rt_queue;
struct rt_queue *rt_queue_new(struct rt *rt, struct arena *a, size_t capacity);
/* Blocks while full. ERR_CANCELLED; ERR_CONFLICT: closed. */
MUST_USE enum err rt_queue_put(struct rt *rt, struct rt_queue *q, void *item);
/* Blocks while empty. ERR_NOT_FOUND: closed and drained; ERR_UNAVAILABLE at the deadline;
 * ERR_CANCELLED. */
MUST_USE enum err rt_queue_take(struct rt *rt, struct rt_queue *q, int64_t deadline_mono_us,
                                void **ret_item);
void rt_queue_close(struct rt *rt, struct rt_queue *q);

/* A line in the run's trace; costs nothing in production. */
void rt_trace(struct rt *rt, const char *what, struct str text, int64_t value);

#endif
