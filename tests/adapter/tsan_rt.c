/* tsan_rt.c -- Tasks, queues, events and cancellation under the thread sanitizer: a plain program,
 * since Criterion cannot start there. Exit 0: the sums are right and the sanitizer saw no race. */
#include <stdio.h>

#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"

#define WORKERS 4
#define ROUNDS ((uintptr_t)300)

struct stage {
    struct rt_queue *in, *out;
    struct rt_event *progress;
    uintptr_t sum;
};

static void stage_run(struct rt *rt, void *arg)
{
    struct stage *s = arg;
    void *item = NULL;
    while (rt_queue_take(rt, s->in, INSTANT_NEVER, &item) == ERR_OK) {
        s->sum += (uintptr_t)item + (rt_rand(rt, "stage", (uintptr_t)item) & 0);
        rt_event_signal(rt, s->progress);
        if (s->out != NULL && rt_queue_put(rt, s->out, item) != ERR_OK) {
            return;
        }
    }
}

static void child_run(struct rt *rt, void *arg)
{
    struct rt_event *event = arg;
    while (rt_event_wait(rt, event, UINT64_MAX, INSTANT_NEVER) != ERR_CANCELLED) {
    }
}

/* Tasks may spawn tasks: the runtime's own memory is touched from several threads. */
static void parent_run(struct rt *rt, void *arg)
{
    for (int i = 0; i < 20; i++) {
        struct rt_task *child = rt_spawn(rt, "child", child_run, arg);
        rt_cancel(rt, child);
        rt_join(rt, child);
    }
}

int main(void)
{
    struct arena *a = arena_new("main", MIB);
    struct rt *rt = rt_threads_new(a, 1);
    struct rt_event *progress = rt_event_new(rt, a);
    struct rt_queue *first = rt_queue_new(rt, a, 3), *second = rt_queue_new(rt, a, 2);
    struct stage stages[2 * WORKERS] = {{0}};
    struct rt_task *tasks[2 * WORKERS], *parents[2];
    for (size_t i = 0; i < (size_t)2 * WORKERS; i++) {
        stages[i] = i < WORKERS ? (struct stage){first, second, progress, 0}
                                : (struct stage){second, NULL, progress, 0};
        tasks[i] = rt_spawn(rt, "stage", stage_run, &stages[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        parents[i] = rt_spawn(rt, "parent", parent_run, progress);
    }
    for (uintptr_t i = 1; i <= ROUNDS; i++) {
        if (rt_queue_put(rt, first, (void *)i) != ERR_OK) {
            return 1;
        }
    }
    if (rt_event_wait(rt, progress, 2 * ROUNDS - 1, INSTANT_NEVER) != ERR_OK) {
        return 1;
    }
    rt_queue_close(rt, first);
    rt_threads_cancel_all(rt);
    uintptr_t sums[2] = {0};
    for (size_t i = 0; i < (size_t)2 * WORKERS; i++) {
        rt_join(rt, tasks[i]);
        sums[i / WORKERS] += stages[i].sum;
    }
    rt_join(rt, parents[0]);
    rt_join(rt, parents[1]);
    arena_free(a);
    uintptr_t expected = ROUNDS * (ROUNDS + 1) / 2;
    printf("sums %zu %zu, expected %zu\n", (size_t)sums[0], (size_t)sums[1], (size_t)expected);
    return sums[0] == expected && sums[1] == expected ? 0 : 1;
}
