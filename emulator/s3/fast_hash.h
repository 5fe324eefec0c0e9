/* fast_hash.h -- xxHash in pieces, as S3 spells it: big-endian (xxHash's canonical form), seed 0.
 */
#ifndef AFORO_EMULATOR_S3_FAST_HASH_H
#define AFORO_EMULATOR_S3_FAST_HASH_H

#include <stdint.h>
#include "base/str.h"

enum fast_hash_kind { FAST_HASH_64, FAST_HASH_3, FAST_HASH_128 }; /* 8, 8, 16 bytes */
struct fast_hash;                                                 /* lives in the arena */
struct fast_hash *fast_hash_new(struct arena *a, enum fast_hash_kind kind);
void fast_hash_add(struct fast_hash *h, struct str bytes);
void fast_hash_end(const struct fast_hash *h, uint8_t *ret_digest);

#endif
