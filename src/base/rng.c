#include "base/rng.h"

#include "base/hash.h"

uint64_t rng_u64(uint64_t seed, uint64_t stream, uint64_t key, uint64_t n)
{
    return hash64_mix(hash64_mix(hash64_mix(seed, stream), key), n);
}

/* The upper half of the product: no division, and a bias of at most bound / 2^64. */
uint64_t rng_below(uint64_t random, uint64_t bound)
{
    ASSERT(bound > 0);
    return (uint64_t)((unsigned __int128)random * bound >> 64);
}

int64_t rng_between(uint64_t random, int64_t low, int64_t high)
{
    ASSERT(low <= high);
    uint64_t steps = (uint64_t)high - (uint64_t)low;
    uint64_t step = steps == UINT64_MAX ? random : rng_below(random, steps + 1);
    return (int64_t)((uint64_t)low + step);
}

bool rng_hits(uint64_t random, struct ratio probability)
{
    return rng_below(random, probability.den) < probability.num;
}
