/* rng.h -- Randomness as a function: the same (seed, stream, key, n) always gives the same number,
 * and one more draw here never shifts another. No state, no sequence. One draw per statement. */
#ifndef AFORO_BASE_RNG_H
#define AFORO_BASE_RNG_H

#include <stdint.h>
#include "base/decimal.h"

uint64_t rng_u64(uint64_t seed, uint64_t stream, uint64_t key, uint64_t n);
/* The helpers below turn one such number into what is needed. */
uint64_t rng_below(uint64_t random, uint64_t bound);             /* 0..bound-1; bound > 0 */
int64_t rng_between(uint64_t random, int64_t low, int64_t high); /* both included */
bool rng_hits(uint64_t random, struct ratio probability);

#endif
