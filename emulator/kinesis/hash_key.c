#include "hash_key.h"

#include "base/hash.h"

#define HASH_KEY_DIGITS_MAX 39 /* of 2^128 - 1 */

static unsigned __int128 wide_of(struct hash_key key)
{
    return (unsigned __int128)key.high << 64 | key.low;
}

static struct hash_key key_of(unsigned __int128 wide)
{
    return (struct hash_key){.high = (uint64_t)(wide >> 64), .low = (uint64_t)wide};
}

struct hash_key hash_key_of(struct str partition_key)
{
    uint8_t digest[16];
    hash_md5(partition_key, digest);
    unsigned __int128 wide = 0;
    for (size_t i = 0; i < sizeof(digest); i++) {
        wide = wide << 8 | digest[i];
    }
    return key_of(wide);
}

int hash_key_cmp(struct hash_key a, struct hash_key b)
{
    if (a.high != b.high) {
        return a.high < b.high ? -1 : 1;
    }
    return a.low == b.low ? 0 : a.low < b.low ? -1 : 1;
}

struct hash_key hash_key_range_start(size_t index, size_t count)
{
    ASSERT(count > 0 && index < count);
    /* 2^128 itself does not fit: floor(2^128 / count) from the largest number and its remainder. */
    unsigned __int128 most = wide_of(HASH_KEY_MAX);
    unsigned __int128 width = most / count;
    if (most % count == count - 1) {
        width++; /* count divides 2^128; for count 1 it wraps to 0, and index is 0 */
    }
    return key_of(width * index);
}

struct hash_key hash_key_before(struct hash_key key)
{
    return key_of(wide_of(key) - 1);
}

struct hash_key hash_key_after(struct hash_key key)
{
    return key_of(wide_of(key) + 1);
}

enum hash_key_verdict hash_key_parse(struct str text, struct hash_key *ret_key)
{
    if (text.len == 0 || text.len > HASH_KEY_DIGITS_MAX || (text.len > 1 && text.ptr[0] == '0')) {
        return HASH_KEY_NOT_A_NUMBER;
    }
    unsigned __int128 wide = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return HASH_KEY_NOT_A_NUMBER;
        }
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        unsigned __int128 tenfold = wide * 10;
        if (wide > wide_of(HASH_KEY_MAX) / 10 || tenfold + digit < tenfold) {
            return HASH_KEY_TOO_LARGE;
        }
        wide = tenfold + digit;
    }
    *ret_key = key_of(wide);
    return HASH_KEY_OK;
}

struct str hash_key_text(struct arena *a, struct hash_key key)
{
    char digits[HASH_KEY_DIGITS_MAX];
    size_t at = sizeof(digits);
    unsigned __int128 wide = wide_of(key);
    do {
        digits[--at] = (char)('0' + (int)(wide % 10));
        wide /= 10;
    } while (wide > 0);
    return str_copy(a, str_n(digits + at, sizeof(digits) - at));
}
