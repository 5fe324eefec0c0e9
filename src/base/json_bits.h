/* json_bits.h -- Eight bytes of a JSON string at a time. Private to json_scan.c and json_write.c.
 */
#ifndef AFORO_BASE_JSON_BITS_H
#define AFORO_BASE_JSON_BITS_H

#include <stdint.h>
#include <string.h>

#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_HIGH UINT64_C(0x8080808080808080)

/* The first byte of a text is the lowest of the word, on every machine. */
static inline uint64_t json_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The high bit of each byte that is a quote, a backslash or below 0x20. Only the LOWEST set bit is
 * exact: a borrow can mark bytes above a true one, never below it. */
static inline uint64_t json_special8(uint64_t word)
{
    uint64_t quote = word ^ (JSON_ONES * '"');
    uint64_t slash = word ^ (JSON_ONES * '\\');
    uint64_t found = ((quote - JSON_ONES) & ~quote) | ((slash - JSON_ONES) & ~slash) |
                     ((word - JSON_ONES * 0x20) & ~word);
    return found & JSON_HIGH;
}

#endif
