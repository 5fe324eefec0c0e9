/* bytes16.h -- Sixteen bytes of a text at a time: SSE2 and NEON where they are (every x86-64
 * and aarch64 has them), two words elsewhere. The one file with instructions of a machine in it. */
#ifndef AFORO_BASE_BYTES16_H
#define AFORO_BASE_BYTES16_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Four bits a byte. */
static inline uint64_t bytes16_nibbles(uint8x16_t v)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);
}
#endif
#endif

/* How many of the 8 bytes at `p` are digits before the first that is none. */
static inline size_t bytes8_digits(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    v = le64toh(v) ^ UINT64_C(0x3030303030303030);
    /* a digit is 0 to 9 now: neither it nor it and 6 has a bit over its lowest four; a carry out of
     * a byte that is none spoils only what follows it */
    uint64_t others = (v | (v + UINT64_C(0x0606060606060606))) & UINT64_C(0xF0F0F0F0F0F0F0F0);
    return others == 0 ? 8 : (size_t)__builtin_ctzll(others) >> 3;
}

/* Where in the 16 bytes at `p` the first quote, backslash or byte below 0x20 stands; 16: nowhere.
 * *high is set where one of the bytes before it is over 0x7F, and else left as it is. */
static inline size_t bytes16_special(const char *p, bool *high)
{
#if defined(__SSE2__)
    __m128i v;
    memcpy(&v, p, sizeof(v));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
    __m128i marks =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, marks));
    unsigned at = (unsigned)__builtin_ctz(found | 0x10000u);
    *high |= ((unsigned)_mm_movemask_epi8(v) & ((1u << at) - 1)) != 0;
    return at;
#elif defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint8x16_t v = vld1q_u8((const uint8_t *)p);
    uint8x16_t found =
        vorrq_u8(vcltq_u8(v, vdupq_n_u8(0x20)),
                 vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\'))));
    uint64_t mask = bytes16_nibbles(found), over = bytes16_nibbles(vcgeq_u8(v, vdupq_n_u8(0x80)));
    size_t at = mask == 0 ? 16 : (size_t)__builtin_ctzll(mask) >> 2;
    *high |= (at == 16 ? over : over & ((UINT64_C(1) << 4 * at) - 1)) != 0;
    return at;
#else
    size_t at = 0;
    while (at < 16 && p[at] != '"' && p[at] != '\\' && (unsigned char)p[at] >= 0x20) {
        *high |= (unsigned char)p[at] > 0x7F;
        at++;
    }
    return at;
#endif
}

/* The same for what XML has an entity for (& < > and the quote) and for bytes below 0x20. */
static inline size_t bytes16_markup(const char *p)
{
#if defined(__SSE2__)
    __m128i v;
    memcpy(&v, p, sizeof(v));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
    __m128i angles =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('<')), _mm_cmpeq_epi8(v, _mm_set1_epi8('>')));
    __m128i marks =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(angles, marks)));
    return (size_t)__builtin_ctz(found | 0x10000u);
#else
    size_t at = 0;
    while (at < 16 && (unsigned char)p[at] >= 0x20 && p[at] != '"' && p[at] != '&' &&
           p[at] != '<' && p[at] != '>') {
        at++;
    }
    return at;
#endif
}

#endif
