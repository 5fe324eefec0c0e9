#include <criterion/criterion.h>
#include "base/heap.h"
#include "base/limits.h"
#include "base/rng.h"

enum { COUNT = 500 };

/* The model: a bag, of which the least by (at_us, tie, order of arrival) is taken. */
static size_t bag_least(const struct heap_item *bag, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        const struct heap_item *x = &bag[i], *y = &bag[best];
        bool earlier = x->at_us != y->at_us ? x->at_us < y->at_us
                       : x->tie != y->tie   ? x->tie < y->tie
                                            : x->seq < y->seq;
        best = earlier ? i : best;
    }
    return best;
}

Test(heap, agrees_with_a_bag)
{
    /* Random pushes and pops with many equal times and ties leave in the same order as from the
     * bag. */
    struct arena *a = arena_new("test", 8 * MIB);
    struct heap h;
    heap_init(&h, a);
    struct heap_item bag[COUNT], got;
    static char things[20000];
    size_t count = 0;
    uint64_t arrivals = 0;
    cr_assert(!heap_peek(&h, &got) && !heap_pop(&h, &got));
    for (uint64_t step = 0; step < 20000; step++) {
        bool push = count == 0 || (count < COUNT && rng_below(rng_u64(8, 0, step, 0), 100) < 55);
        if (push) {
            int64_t at_us = rng_between(rng_u64(8, 0, step, 1), -5, 20);
            uint64_t tie = rng_below(rng_u64(8, 0, step, 2), 3);
            heap_push(&h, at_us, tie, &things[step]);
            bag[count++] = (struct heap_item){at_us, tie, arrivals++, &things[step]};
        } else {
            size_t least = bag_least(bag, count);
            cr_assert(heap_peek(&h, &got));
            cr_assert_eq(got.what, bag[least].what);
            cr_assert(heap_pop(&h, &got));
            cr_assert_eq(got.what, bag[least].what);
            cr_assert_eq(got.at_us, bag[least].at_us);
            cr_assert_eq(got.tie, bag[least].tie);
            bag[least] = bag[--count];
        }
        cr_assert_eq(h.count, count);
        heap_check(&h);
    }
    arena_free(a);
}
