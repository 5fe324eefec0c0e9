/* The digests use libcrypto's low-level functions: the one-shot ones of OpenSSL 3 look the
 * algorithm up by name at each call, which costs more than hashing a small record, and remembering
 * the lookup would need a global.
 *
 * hash64 folds 16 bytes at a time with a 64 x 64 -> 128 bit product, and keeps both factors in the
 * sum so that a zero factor loses nothing. Bytes are read in little-endian order everywhere. Its
 * values are pinned by test_hash. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "base/hash.h"

#include <endian.h>
#include <string.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <zlib.h>
#include "base/encode.h"
#include "crc_tables.h"

/* ---- digests ---- */

void hash_md5(struct str bytes, uint8_t ret_digest[16])
{
    MD5_CTX c;
    MD5_Init(&c);
    MD5_Update(&c, bytes.ptr, bytes.len);
    MD5_Final(ret_digest, &c);
}

void hash_sha1(struct str bytes, uint8_t ret_digest[20])
{
    SHA_CTX c;
    SHA1_Init(&c);
    SHA1_Update(&c, bytes.ptr, bytes.len);
    SHA1_Final(ret_digest, &c);
}

void hash_sha256(struct str bytes, uint8_t ret_digest[32])
{
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, bytes.ptr, bytes.len);
    SHA256_Final(ret_digest, &c);
}

/* One of HMAC's two hashes: the padded key, then the message (RFC 2104). */
static void hmac_half(const uint8_t key[64], uint8_t pad, struct str message, uint8_t digest[32])
{
    uint8_t block[64];
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = key[i] ^ pad;
    }
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, block, sizeof(block));
    SHA256_Update(&c, message.ptr, message.len);
    SHA256_Final(digest, &c);
}

void hash_hmac_sha256(struct str key, struct str bytes, uint8_t ret_digest[32])
{
    uint8_t padded[64] = {0};
    if (key.len > sizeof(padded)) {
        hash_sha256(key, padded);
    } else if (key.len > 0) {
        memcpy(padded, key.ptr, key.len);
    }
    uint8_t inner[32];
    hmac_half(padded, 0x36, bytes, inner);
    hmac_half(padded, 0x5c, str_n((const char *)inner, sizeof(inner)), ret_digest);
}

static struct str hex_of(struct arena *a, const uint8_t *digest, size_t len)
{
    struct buf b;
    buf_init(&b, a, len * 2);
    encode_hex(&b, str_n((const char *)digest, len));
    return buf_str(&b);
}

struct str hash_md5_hex(struct arena *a, struct str bytes)
{
    uint8_t digest[16];
    hash_md5(bytes, digest);
    return hex_of(a, digest, sizeof(digest));
}

struct str hash_sha256_hex(struct arena *a, struct str bytes)
{
    uint8_t digest[32];
    hash_sha256(bytes, digest);
    return hex_of(a, digest, sizeof(digest));
}

/* ---- checksums ---- */

static uint64_t load64(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return le64toh(word);
}

static uint32_t load32(const char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof(word));
    return le32toh(word);
}

uint32_t hash_crc32(uint32_t crc, struct str bytes)
{
    /* zlib takes a NULL pointer for "begin again". */
    return bytes.len == 0 ? crc : (uint32_t)crc32_z(crc, (const Bytef *)bytes.ptr, bytes.len);
}

uint32_t hash_crc32c(uint32_t crc, struct str bytes)
{
    const uint32_t(*const t)[256] = crc32c_tables;
    const char *at = bytes.ptr;
    size_t left = bytes.len;
    crc = ~crc;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t w = load64(at) ^ crc;
        crc = t[7][w & 255] ^ t[6][w >> 8 & 255] ^ t[5][w >> 16 & 255] ^ t[4][w >> 24 & 255] ^
              t[3][w >> 32 & 255] ^ t[2][w >> 40 & 255] ^ t[1][w >> 48 & 255] ^ t[0][w >> 56];
    }
    for (; left > 0; left--, at++) {
        crc = crc >> 8 ^ t[0][(crc ^ (uint8_t)*at) & 255];
    }
    return ~crc;
}

/* ---- our own ---- */

/* Odd constants without structure: the first digits of pi, e and the square roots of 2 and 3, in
 * hexadecimal. */
#define K_PI 0x243f6a8885a308d3u
#define K_E 0xb7e151628aed2a6bu
#define K_SQRT2 0x6a09e667f3bcc909u
#define K_SQRT3 0xbb67ae8584caa73bu

static uint64_t fold(uint64_t x, uint64_t y)
{
    unsigned __int128 product = (unsigned __int128)x * y;
    return x ^ y ^ (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A bijection in which each bit of the input turns about half of the output. */
static uint64_t spread(uint64_t x)
{
    x ^= x >> 32;
    x *= K_PI;
    x ^= x >> 29;
    x *= K_SQRT3;
    x ^= x >> 32;
    return x;
}

/* The up to 15 bytes after the last whole 16. */
static uint64_t fold_tail(uint64_t h, const char *at, size_t left)
{
    uint64_t low = 0, high = 0;
    if (left >= 8) {
        low = load64(at);
        high = load64(at + left - 8);
    } else if (left >= 4) {
        low = load32(at);
        high = load32(at + left - 4);
    } else if (left > 0) {
        low = (uint8_t)at[0];
        high = (uint64_t)(uint8_t)at[left / 2] << 8 | (uint8_t)at[left - 1];
    }
    return fold(low ^ K_SQRT2, high ^ h);
}

uint64_t hash64_begin(uint64_t seed, uint64_t len)
{
    return spread(seed ^ K_E) ^ len * K_SQRT3;
}

uint64_t hash64_more(uint64_t h, struct str piece)
{
    const char *at = piece.ptr;
    for (size_t left = piece.len; left >= HASH64_STEP; left -= HASH64_STEP, at += HASH64_STEP) {
        h = fold(load64(at) ^ K_PI, load64(at + 8) ^ h);
    }
    return h;
}

uint64_t hash64_end(uint64_t h, struct str last)
{
    size_t whole = last.len / HASH64_STEP * HASH64_STEP;
    h = hash64_more(h, last);
    return spread(fold_tail(h, last.ptr + whole, last.len - whole));
}

uint64_t hash64(uint64_t seed, struct str bytes)
{
    return hash64_end(hash64_begin(seed, bytes.len), bytes);
}

uint64_t hash64_mix(uint64_t a, uint64_t b)
{
    return spread(spread(a + K_E) * K_SQRT2 + b);
}

void hash128_init(struct hash128 *h, uint64_t seed)
{
    h->a = hash64_mix(seed, K_PI);
    h->b = hash64_mix(seed, K_SQRT3);
}

/* Each half takes the other's old value along, so the two never run as separate 64-bit hashes. */
static void hash128_step(struct hash128 *h, uint64_t x, uint64_t y)
{
    uint64_t a = hash64_mix(h->a ^ h->b >> 7, x);
    uint64_t b = hash64_mix(h->b + h->a, y);
    h->a = a;
    h->b = b;
}

void hash128_add(struct hash128 *h, struct str bytes)
{
    hash128_step(h, hash64(K_SQRT2, bytes), hash64(K_PI, bytes));
}

void hash128_add_u64(struct hash128 *h, uint64_t value)
{
    hash128_step(h, value, spread(value + K_SQRT2));
}

struct str hash128_hex(struct arena *a, const struct hash128 *h)
{
    return str_printf(a, "%016llx%016llx", (unsigned long long)h->a, (unsigned long long)h->b);
}
