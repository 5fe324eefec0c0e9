/* hash.h -- Digests and checksums. SHA and MD5 by libcrypto, CRC-32 by zlib, the others here
 * (tables). hash64 and hash128 are ours, fixed for ever: they enter seeds, traces and maps. */
#ifndef AFORO_BASE_HASH_H
#define AFORO_BASE_HASH_H

#include <stdint.h>
#include "base/str.h"

void hash_md5(struct str bytes, uint8_t ret_digest[16]);
void hash_sha1(struct str bytes, uint8_t ret_digest[20]);
void hash_sha256(struct str bytes, uint8_t ret_digest[32]);
void hash_hmac_sha256(struct str key, struct str bytes, uint8_t ret_digest[32]);
struct str hash_md5_hex(struct arena *a, struct str bytes);
struct str hash_sha256_hex(struct arena *a, struct str bytes);

/* Running checksums: start with 0, feed in any pieces. */
uint32_t hash_crc32(uint32_t crc, struct str bytes);  /* ISO-HDLC, as in gzip and S3 CRC32 */
uint32_t hash_crc32c(uint32_t crc, struct str bytes); /* Castagnoli, RFC 3720 */
/* NVM Express; check("123456789") = ae8b14860a799888 */
uint64_t hash_crc64nvme(uint64_t crc, struct str bytes);

/* Not cryptographic, well mixed, the same on every machine. */
uint64_t hash64(uint64_t seed, struct str bytes);
/* The same in pieces, of so many bytes in all: begin, any number of pieces of a multiple of
 * HASH64_STEP bytes, and the last one, of any length. */
#define HASH64_STEP 16
uint64_t hash64_begin(uint64_t seed, uint64_t len);
uint64_t hash64_more(uint64_t h, struct str piece);
uint64_t hash64_end(uint64_t h, struct str last);
uint64_t hash64_mix(uint64_t a, uint64_t b); /* combines two values; order matters */

/* A rolling 128-bit hash: the trace of a simulation. */
struct hash128 {
    uint64_t a, b;
};
void hash128_init(struct hash128 *h, uint64_t seed);
void hash128_add(struct hash128 *h, struct str bytes); /* the length is part of it */
void hash128_add_u64(struct hash128 *h, uint64_t value);
struct str hash128_hex(struct arena *a, const struct hash128 *h); /* 32 digits */

#endif
