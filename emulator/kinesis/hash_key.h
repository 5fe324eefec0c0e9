/* hash_key.h -- Hash keys: 128-bit numbers that say which shard takes a record.
 * AWS kinesis-hash-key-1: a partition key is hashed by MD5, read as one big-endian number, 0 to
 * 2^128-1. */
#ifndef AFORO_EMULATOR_KINESIS_HASH_KEY_H
#define AFORO_EMULATOR_KINESIS_HASH_KEY_H

#include "base/buf.h"

struct hash_key {
    uint64_t high, low;
};
#define HASH_KEY_MAX ((struct hash_key){.high = UINT64_MAX, .low = UINT64_MAX})

struct hash_key hash_key_of(struct str partition_key);
int hash_key_cmp(struct hash_key a, struct hash_key b);
/* Where range `index` of `count` equal ones begins: index * floor(2^128 / count). Its predecessor
 * ends just before. */
struct hash_key hash_key_range_start(size_t index, size_t count);
struct hash_key hash_key_before(struct hash_key key); /* key - 1; key > 0 */
struct hash_key hash_key_after(struct hash_key key);  /* key + 1; key < HASH_KEY_MAX */

enum hash_key_verdict { HASH_KEY_OK, HASH_KEY_NOT_A_NUMBER, HASH_KEY_TOO_LARGE };
/* Decimal, without leading zeros, at most 39 digits. */
enum hash_key_verdict hash_key_parse(struct str text, struct hash_key *ret_key);
struct str hash_key_text(struct arena *a, struct hash_key key);

#endif
