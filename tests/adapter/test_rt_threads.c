#include <criterion/criterion.h>
#include <pthread.h>
#include <time.h>

#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"

struct sleeper {
    int64_t until_us;
    struct rt_event *event, *ready;
    enum err result;
};

static void sleep_long(struct rt *rt, void *arg)
{
    struct sleeper *s = arg;
    rt_event_signal(rt, s->ready);
    s->result = rt_sleep_until(rt, s->until_us);
}

static void wait_long(struct rt *rt, void *arg)
{
    struct sleeper *s = arg;
    rt_event_signal(rt, s->ready);
    s->result = rt_event_wait(rt, s->event, 0, INSTANT_NEVER);
}

static struct sleeper sleeper_new(struct rt *rt, struct arena *a)
{
    return (struct sleeper){.until_us = INSTANT_NEVER,
                            .event = rt_event_new(rt, a),
                            .ready = rt_event_new(rt, a),
                            .result = ERR_COUNT};
}

Test(rt_threads, clocks_tell_the_time)
{
    /* Proves units and epochs: wall time against time(), and that a sleep ends no earlier than
     * asked. */
    struct arena *a = arena_new("test", MIB);
    struct rt *rt = rt_threads_new(a, 1);
    int64_t before = (int64_t)time(NULL);
    int64_t wall = rt_wall_us(rt);
    int64_t after = (int64_t)time(NULL);
    cr_expect_geq(wall, before * US_PER_S);
    cr_expect_lt(wall, (after + 2) * US_PER_S);
    int64_t start = rt_mono_us(rt);
    cr_expect_eq(rt_sleep(rt, 3 * US_PER_MS), ERR_OK);
    cr_expect_geq(rt_mono_us(rt), start + 3 * US_PER_MS);
    cr_expect_eq(rt_sleep(rt, -5), ERR_OK, "no time at all");
    cr_expect_eq(rt_sleep_until(rt, 0), ERR_OK, "a moment long past");
    arena_free(a);
}

Test(rt_threads, cancelling_wakes_sleepers_and_waiters)
{
    /* Proves that a task that would sleep or wait for ever ends when it is cancelled, alone or with
     * all others. */
    struct arena *a = arena_new("test", MIB);
    struct rt *rt = rt_threads_new(a, 1);
    rt_task_fn *const fns[] = {sleep_long, wait_long};
    for (size_t i = 0; i < 2; i++) {
        struct sleeper s = sleeper_new(rt, a);
        struct rt_task *task = rt_spawn(rt, "one", fns[i], &s);
        cr_assert_eq(rt_event_wait(rt, s.ready, 0, INSTANT_NEVER), ERR_OK);
        rt_cancel(rt, task);
        rt_join(rt, task);
        cr_expect_eq(s.result, ERR_CANCELLED, "function %zu", i);
        cr_expect_eq(rt_cancelled(rt), false);
    }
    struct sleeper s[2] = {sleeper_new(rt, a), sleeper_new(rt, a)};
    struct rt_task *tasks[2] = {rt_spawn(rt, "a", fns[0], &s[0]), rt_spawn(rt, "b", fns[1], &s[1])};
    rt_threads_cancel_all(rt);
    for (size_t i = 0; i < 2; i++) {
        rt_join(rt, tasks[i]);
        cr_expect_eq(s[i].result, ERR_CANCELLED, "function %zu", i);
    }
    cr_expect(rt_cancelled(rt), "the main task too");
    cr_expect_eq(rt_sleep(rt, US_PER_HOUR), ERR_CANCELLED);
    arena_free(a);
}

struct cancelling {
    struct rt *rt;
};

static void *cancel_from_elsewhere(void *arg)
{
    struct cancelling *c = arg;
    rt_threads_cancel_all(c->rt);
    return NULL;
}

Test(rt_threads, any_thread_may_cancel_all)
{
    /* Proves that a thread that is no task, such as one that waits for signals, ends the main
     * task's sleep. */
    struct arena *a = arena_new("test", MIB);
    struct cancelling c = {rt_threads_new(a, 1)};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, cancel_from_elsewhere, &c), 0);
    cr_expect_eq(rt_sleep_until(c.rt, INSTANT_NEVER), ERR_CANCELLED);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    arena_free(a);
}

Test(rt_threads, events_count_their_signals)
{
    /* Proves that a signal before the wait is not lost, and that a wait ends at its deadline. */
    struct arena *a = arena_new("test", MIB);
    struct rt *rt = rt_threads_new(a, 1);
    struct rt_event *event = rt_event_new(rt, a);
    cr_expect_eq(rt_event_count(rt, event), 0);
    rt_event_signal(rt, event);
    rt_event_signal(rt, event);
    cr_expect_eq(rt_event_count(rt, event), 2);
    cr_expect_eq(rt_event_wait(rt, event, 1, INSTANT_NEVER), ERR_OK);
    int64_t deadline = rt_mono_us(rt) + 2 * US_PER_MS;
    cr_expect_eq(rt_event_wait(rt, event, 2, deadline), ERR_UNAVAILABLE);
    cr_expect_geq(rt_mono_us(rt), deadline);
    arena_free(a);
}

Test(rt_threads, randomness_is_keyed)
{
    /* Proves that a draw depends on seed, stream and key alone, and that seed 0 takes one from the
     * system. */
    struct arena *a = arena_new("test", MIB);
    struct rt *one = rt_threads_new(a, 7);
    struct rt *same = rt_threads_new(a, 7);
    struct rt *other = rt_threads_new(a, 8);
    struct rt *free_a = rt_threads_new(a, 0);
    struct rt *free_b = rt_threads_new(a, 0);
    uint64_t draw = rt_rand(one, "retry", 1);
    cr_expect_neq(rt_rand(one, "retry", 2), draw);
    cr_expect_neq(rt_rand(one, "jitter", 1), draw);
    cr_expect_eq(rt_rand(one, "retry", 1), draw);
    cr_expect_eq(rt_rand(same, "retry", 1), draw);
    cr_expect_neq(rt_rand(other, "retry", 1), draw);
    cr_expect_neq(rt_rand(free_a, "retry", 1), rt_rand(free_b, "retry", 1));
    arena_free(a);
}
