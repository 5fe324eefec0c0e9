#include <criterion/criterion.h>

#include <fenv.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "scenarios/sim/fiber.h"

struct counter {
    struct fiber *fiber;
    unsigned count, until;
};

static void count_up(void *arg)
{
    struct counter *c = arg;
    while (++c->count < c->until) {
        fiber_yield(c->fiber);
    }
}

Test(fiber, runs_from_yield_to_yield)
{
    /* Proves that locals and arguments survive each switch, and that the end is told. */
    struct fiber_pool *pool = fiber_pool_new();
    struct counter a = {.until = 3};
    struct counter b = {.until = 2};
    a.fiber = fiber_get(pool, count_up, &a);
    b.fiber = fiber_get(pool, count_up, &b);
    cr_assert_eq(fiber_resume(a.fiber), 0);
    cr_assert_eq(fiber_resume(b.fiber), 0);
    cr_assert_eq(fiber_resume(a.fiber), 0);
    cr_assert_eq(fiber_resume(b.fiber), 1);
    cr_assert_eq(fiber_resume(a.fiber), 1);
    cr_assert_eq(a.count, 3);
    cr_assert_eq(b.count, 2);
    fiber_put(pool, a.fiber);
    fiber_put(pool, b.fiber);
    fiber_pool_free(pool);
}

/* Deep frames with an array each: what an abandoned stack looks like at its worst. */
static unsigned dig(struct counter *c, unsigned depth)
{
    volatile char frame[200];
    frame[0] = (char)depth;
    frame[sizeof(frame) - 1] = 1;
    if (depth == 0) {
        fiber_yield(c->fiber);
        return 0;
    }
    return dig(c, depth - 1) + (unsigned)frame[sizeof(frame) - 1];
}

static void dig_down(void *arg)
{
    struct counter *c = arg;
    c->count = dig(c, c->until);
}

Test(fiber, ten_thousand_abandoned_ones_leave_nothing)
{
    /* Proves that a stack that was left in the middle of things is as good as new: deep frames go
     * where shallow ones were poisoned, and the sanitizers find no leak and no bad access. */
    struct fiber_pool *pool = fiber_pool_new();
    for (unsigned i = 0; i < 10000; i++) {
        struct counter c = {.until = i % 97};
        c.fiber = fiber_get(pool, dig_down, &c);
        cr_assert_eq(fiber_resume(c.fiber), 0);
        fiber_put(pool, c.fiber);
    }
    struct counter whole = {.until = 96};
    whole.fiber = fiber_get(pool, dig_down, &whole);
    cr_assert_eq(fiber_resume(whole.fiber), 0);
    cr_assert_eq(fiber_resume(whole.fiber), 1);
    cr_assert_eq(whole.count, 96);
    fiber_put(pool, whole.fiber);
    fiber_pool_free(pool);
}

Test(fiber, a_pool_ends_with_fibers_still_waiting)
{
    /* Proves that a world can be dropped whole: fibers never put back, never started or waiting,
     * are unmapped. */
    struct fiber_pool *pool = fiber_pool_new();
    struct counter c[3];
    for (unsigned i = 0; i < 3; i++) {
        c[i] = (struct counter){.until = 5};
        c[i].fiber = fiber_get(pool, count_up, &c[i]);
    }
    cr_assert_eq(fiber_resume(c[1].fiber), 0);
    fiber_pool_free(pool);
    fiber_pool_free(NULL);
    cr_assert_eq(c[1].count, 1);
}

struct rounding {
    struct fiber *fiber;
    volatile double one, three, third;
};

static void round_up(void *arg)
{
    struct rounding *r = arg;
    fesetround(FE_UPWARD);
    fiber_yield(r->fiber);
    r->third = r->one / r->three;
}

Test(fiber, keeps_its_own_rounding)
{
    /* Proves that the control words of the floating point unit belong to each side of a switch.
     * (ucontext keeps them too.) */
    struct fiber_pool *pool = fiber_pool_new();
    struct rounding r = {.one = 1.0, .three = 3.0};
    r.fiber = fiber_get(pool, round_up, &r);
    (void)fiber_resume(r.fiber);
#if defined(__x86_64__)
    cr_assert_eq(fegetround(), FE_TONEAREST);
#endif
    fesetround(FE_TONEAREST);
    (void)fiber_resume(r.fiber);
    fesetround(FE_TONEAREST);
#if defined(__x86_64__)
    cr_assert_gt(r.third, r.one / r.three);
#endif
    fiber_put(pool, r.fiber);
    fiber_pool_free(pool);
}

Test(fiber, tells_what_a_switch_costs)
{
    /* Proves that a million switches come back in order; prints the cost, since a shared machine
     * cannot promise it. */
    enum { SWITCHES = 1000000 };
    struct fiber_pool *pool = fiber_pool_new();
    struct counter c = {.until = SWITCHES / 2};
    struct timespec from, to;
    c.fiber = fiber_get(pool, count_up, &c);
    clock_gettime(CLOCK_MONOTONIC, &from);
    while (fiber_resume(c.fiber) == 0) {
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    int64_t ns = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
    printf("fiber switch: %lld ns\n", (long long)(ns / SWITCHES));
    cr_assert_eq(c.count, SWITCHES / 2);
    fiber_put(pool, c.fiber);
    fiber_pool_free(pool);
}
