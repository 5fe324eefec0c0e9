#include <criterion/criterion.h>

#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"

struct bench {
    struct arena *arena;
    struct rt *rt;
    struct rt_queue *queue;
};

static struct bench bench_new(size_t capacity)
{
    struct bench b = {.arena = arena_new("test", MIB)};
    b.rt = rt_threads_new(b.arena, 1);
    b.queue = rt_queue_new(b.rt, b.arena, capacity);
    return b;
}

static int64_t soon(struct rt *rt)
{
    return rt_mono_us(rt) + 30 * US_PER_S;
}

/* Items are small numbers in disguise. */
static void *item_of(uintptr_t number)
{
    return (void *)number;
}

#define ITEMS ((uintptr_t)500)

struct part {
    struct rt_queue *queue;
    uintptr_t first, sum, count;
    enum err last;
};

static void produce(struct rt *rt, void *arg)
{
    struct part *p = arg;
    for (uintptr_t i = 0; i < ITEMS && p->last == ERR_OK; i++) {
        p->last = rt_queue_put(rt, p->queue, item_of(p->first + i));
    }
}

static void consume(struct rt *rt, void *arg)
{
    struct part *p = arg;
    void *item = NULL;
    while (p->last == ERR_OK) {
        p->last = rt_queue_take(rt, p->queue, soon(rt), &item);
        if (p->last == ERR_OK) {
            p->sum += (uintptr_t)item;
            p->count++;
        }
    }
}

static void put_one(struct rt *rt, void *arg)
{
    struct part *p = arg;
    p->last = rt_queue_put(rt, p->queue, item_of(99));
}

Test(queue, keeps_the_order_and_closes_in_it)
{
    /* Proves first in, first out over the ring's seam, and that what was put before the close still
     * comes out. */
    struct bench b = bench_new(3);
    void *item = NULL;
    for (uintptr_t i = 1; i <= 3; i++) {
        cr_assert_eq(rt_queue_put(b.rt, b.queue, item_of(i)), ERR_OK);
    }
    cr_assert_eq(rt_queue_take(b.rt, b.queue, soon(b.rt), &item), ERR_OK);
    cr_assert_eq((uintptr_t)item, 1);
    cr_assert_eq(rt_queue_put(b.rt, b.queue, item_of(4)), ERR_OK);
    rt_queue_close(b.rt, b.queue);
    cr_assert_eq(rt_queue_put(b.rt, b.queue, item_of(5)), ERR_CONFLICT);
    for (uintptr_t i = 2; i <= 4; i++) {
        cr_assert_eq(rt_queue_take(b.rt, b.queue, soon(b.rt), &item), ERR_OK);
        cr_assert_eq((uintptr_t)item, i);
    }
    cr_assert_eq(rt_queue_take(b.rt, b.queue, soon(b.rt), &item), ERR_NOT_FOUND);
    arena_free(b.arena);
}

Test(queue, hands_every_item_to_one_taker)
{
    /* Proves that with several putters and takers on a full queue nothing is lost, doubled or left
     * waiting. */
    struct bench b = bench_new(2);
    struct part makers[3] = {{0}}, takers[2] = {{0}};
    struct rt_task *tasks[5];
    for (size_t i = 0; i < 3; i++) {
        makers[i] = (struct part){.queue = b.queue, .first = 1 + i * ITEMS};
        tasks[i] = rt_spawn(b.rt, "maker", produce, &makers[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        takers[i] = (struct part){.queue = b.queue};
        tasks[3 + i] = rt_spawn(b.rt, "taker", consume, &takers[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        rt_join(b.rt, tasks[i]);
        cr_expect_eq(makers[i].last, ERR_OK);
    }
    rt_queue_close(b.rt, b.queue);
    for (size_t i = 0; i < 2; i++) {
        rt_join(b.rt, tasks[3 + i]);
        cr_expect_eq(takers[i].last, ERR_NOT_FOUND);
    }
    uintptr_t all = 3 * ITEMS;
    cr_expect_eq(takers[0].count + takers[1].count, all);
    cr_expect_eq(takers[0].sum + takers[1].sum, all * (all + 1) / 2);
    arena_free(b.arena);
}

Test(queue, gives_up_at_the_deadline)
{
    /* Proves that an empty queue answers ERR_UNAVAILABLE, not before the deadline, and stays
     * usable. */
    struct bench b = bench_new(1);
    void *item = NULL;
    int64_t deadline = rt_mono_us(b.rt) + 5 * US_PER_MS;
    cr_expect_eq(rt_queue_take(b.rt, b.queue, deadline, &item), ERR_UNAVAILABLE);
    cr_expect_geq(rt_mono_us(b.rt), deadline);
    cr_expect_eq(rt_queue_take(b.rt, b.queue, 0, &item), ERR_UNAVAILABLE, "a deadline long past");
    cr_expect_eq(rt_queue_put(b.rt, b.queue, item_of(7)), ERR_OK);
    cr_expect_eq(rt_queue_take(b.rt, b.queue, 0, &item), ERR_OK, "what is there needs no time");
    arena_free(b.arena);
}

Test(queue, lets_cancelled_tasks_go)
{
    /* Proves that a putter blocked on a full queue and a taker blocked on an empty one end when
     * they are cancelled. */
    struct bench b = bench_new(1);
    struct part putter = {.queue = b.queue};
    cr_assert_eq(rt_queue_put(b.rt, b.queue, item_of(1)), ERR_OK);
    struct rt_task *task = rt_spawn(b.rt, "putter", put_one, &putter);
    rt_cancel(b.rt, task);
    rt_join(b.rt, task);
    cr_expect_eq(putter.last, ERR_CANCELLED);

    struct part taker = {.queue = rt_queue_new(b.rt, b.arena, 1)};
    task = rt_spawn(b.rt, "taker", consume, &taker);
    rt_cancel(b.rt, task);
    rt_join(b.rt, task);
    cr_expect_eq(taker.last, ERR_CANCELLED);
    cr_expect_eq(rt_cancelled(b.rt), false, "cancelling a task does not touch the one that did it");
    arena_free(b.arena);
}

Test(queue, wakes_a_blocked_putter_on_close)
{
    /* Proves that closing a full queue tells its putter instead of leaving it there. */
    struct bench b = bench_new(1);
    struct part putter = {.queue = b.queue};
    cr_assert_eq(rt_queue_put(b.rt, b.queue, item_of(1)), ERR_OK);
    struct rt_task *task = rt_spawn(b.rt, "putter", put_one, &putter);
    rt_queue_close(b.rt, b.queue);
    rt_join(b.rt, task);
    cr_expect_eq(putter.last, ERR_CONFLICT);
    arena_free(b.arena);
}
