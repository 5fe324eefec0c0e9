#include <criterion/criterion.h>
#include "base/rng.h"

Test(rng, never_changes)
{
    /* A seed must mean the same run for ever; the value is from a second implementation, in Python.
     */
    cr_assert_eq(rng_u64(1, 2, 3, 4), 0xcc65f06cf153d88e);
}

Test(rng, each_coordinate_counts)
{
    /* Neighbouring coordinates, and the same ones in another order, give unrelated numbers. */
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t base = rng_u64(i, 2 * i, 3 * i, 4 * i + 1);
        const uint64_t others[] = {
            rng_u64(i + 1, 2 * i, 3 * i, 4 * i + 1), rng_u64(i, 2 * i + 1, 3 * i, 4 * i + 1),
            rng_u64(i, 2 * i, 3 * i + 1, 4 * i + 1), rng_u64(i, 2 * i, 3 * i, 4 * i + 2),
            rng_u64(4 * i + 1, 3 * i, 2 * i, i)};
        for (int j = 0; j < 5; j++) {
            int turned = __builtin_popcountll(base ^ others[j]);
            cr_assert(turned > 8 && turned < 56, "%d", turned);
        }
    }
}

Test(rng, below_is_even)
{
    /* 60000 draws fall on 6 sides, each within five standard deviations (91 each) of 10000. */
    int sides[6] = {0};
    for (uint64_t i = 0; i < 60000; i++) {
        sides[rng_below(rng_u64(1, 1, 1, i), 6)]++;
    }
    for (int i = 0; i < 6; i++) {
        cr_assert(sides[i] > 10000 - 456 && sides[i] < 10000 + 456, "%d", sides[i]);
    }
    cr_assert_eq(rng_below(UINT64_MAX, 1), 0);
    cr_assert_eq(rng_below(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
    cr_assert_eq(rng_below(0, UINT64_MAX), 0);
}

Test(rng, between_reaches_both_ends)
{
    /* Both ends are included, for the whole of int64 too. */
    cr_assert_eq(rng_between(0, -3, 3), -3);
    cr_assert_eq(rng_between(UINT64_MAX, -3, 3), 3);
    cr_assert_eq(rng_between(12345, 5, 5), 5);
    cr_assert_eq(rng_between(0, INT64_MIN, INT64_MAX), INT64_MIN);
    cr_assert_eq(rng_between(UINT64_MAX, INT64_MIN, INT64_MAX), INT64_MAX);
    for (uint64_t i = 0; i < 1000; i++) {
        int64_t value = rng_between(rng_u64(1, 2, 3, i), -10, 10);
        cr_assert(value >= -10 && value <= 10);
    }
}

Test(rng, hits_as_often_as_it_says)
{
    /* 1/50 hits 2000 of 100000 draws, within five standard deviations (44 each); 0 never, 1 always.
     */
    int hits = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t random = rng_u64(3, 1, 4, i);
        hits += rng_hits(random, (struct ratio){1, 50});
        cr_assert(!rng_hits(random, (struct ratio){0, 1}));
        cr_assert(rng_hits(random, (struct ratio){1, 1}));
    }
    cr_assert(hits > 2000 - 221 && hits < 2000 + 221, "%d", hits);
}
