#include "base64_wide.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __x86_64__
#include <immintrin.h>

/* ---- 16 characters at a time: SSSE3 ---- */

/* Bytes abc of each three become four six-bit numbers, one in each byte. */
__attribute__((target("ssse3"))) static __m128i sixes_of(__m128i bytes)
{
    const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    __m128i in = _mm_shuffle_epi8(bytes, spread);
    __m128i high =
        _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
    __m128i low =
        _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
    return _mm_or_si128(high, low);
}

/* Numbers 0..63 become digits: each range of them is a distance from its characters. */
__attribute__((target("ssse3"))) static __m128i digits_of(__m128i sixes)
{
    const __m128i distance =
        _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                      '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    __m128i range =
        _mm_subs_epu8(sixes, _mm_set1_epi8(51)); /* 0: a letter; 1..10: 0-9; 11: +; 12: / */
    __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), sixes), _mm_set1_epi8(13));
    return _mm_add_epi8(sixes, _mm_shuffle_epi8(distance, _mm_or_si128(range, upper)));
}

__attribute__((target("ssse3"))) static size_t encode_ssse3(const char *from, size_t len, char *to)
{
    size_t at = 0;
    for (; len - at >= 16; at += 12, to += 16) { /* reads 16 bytes, of which 12 count */
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + at));
        _mm_storeu_si128((__m128i *)(void *)to, digits_of(sixes_of(bytes)));
    }
    return at;
}

/* The numbers of 16 digits; false: one of them is none. A character is a digit when the sets that
 * its two halves may not be in have nothing in common. */
__attribute__((target("ssse3"))) static int numbers_of(__m128i digits, __m128i *ret_sixes)
{
    const __m128i bad_low = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                          0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
    const __m128i bad_high = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10,
                                           0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    const __m128i distance = _mm_setr_epi8(0, 63 - '/', 62 - '+', 52 - '0', 0 - 'A', 0 - 'A',
                                           26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
    __m128i half = _mm_set1_epi8(0x0f);
    __m128i high = _mm_and_si128(_mm_srli_epi32(digits, 4), half);
    __m128i low = _mm_and_si128(digits, half);
    __m128i bad = _mm_and_si128(_mm_shuffle_epi8(bad_low, low), _mm_shuffle_epi8(bad_high, high));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(bad, _mm_setzero_si128())) != 0xffff) {
        return 0;
    }
    /* '/' shares its upper half with '+': it takes the place before. */
    __m128i slash = _mm_cmpeq_epi8(digits, _mm_set1_epi8('/'));
    *ret_sixes = _mm_add_epi8(digits, _mm_shuffle_epi8(distance, _mm_add_epi8(high, slash)));
    return 1;
}

__attribute__((target("ssse3"))) static size_t decode_ssse3(const char *from, size_t len, char *to)
{
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    size_t at = 0;
    for (; len - at >= 24 + 16; at += 16, to += 12) { /* writes 16 bytes, of which 12 count */
        __m128i sixes;
        if (!numbers_of(_mm_loadu_si128((const __m128i *)(const void *)(from + at)), &sixes)) {
            break;
        }
        __m128i twelves = _mm_maddubs_epi16(sixes, _mm_set1_epi32(0x01400140));
        __m128i threes = _mm_madd_epi16(twelves, _mm_set1_epi32(0x00011000));
        _mm_storeu_si128((__m128i *)(void *)to, _mm_shuffle_epi8(threes, order));
    }
    return at;
}

/* ---- 64 characters at a time: AVX-512 with VBMI, whose permutations are the two tables ---- */

#define VBMI __attribute__((target("avx512f,avx512bw,avx512vbmi")))
#define BYTES_48 UINT64_C(0xffffffffffff) /* of a register's 64 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const uint8_t numbers[128] = {/* 0x80: not a digit */
                                     128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
                                     128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
                                     128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
                                     128, 128, 128, 128, 128, 128, 128, 62,  128, 128, 128, 63,
                                     52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  128, 128,
                                     128, 128, 128, 128, 128, 0,   1,   2,   3,   4,   5,   6,
                                     7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,
                                     19,  20,  21,  22,  23,  24,  25,  128, 128, 128, 128, 128,
                                     128, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,
                                     37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,
                                     49,  50,  51,  128, 128, 128, 128, 128};
/* Bytes abc of each three stand as bacb, so that each six bits lie in one byte's reach. */
static const uint8_t spread[64] = {1,  0,  2,  1,  4,  3,  5,  4,  7,  6,  8,  7,  10, 9,  11, 10,
                                   13, 12, 14, 13, 16, 15, 17, 16, 19, 18, 20, 19, 22, 21, 23, 22,
                                   25, 24, 26, 25, 28, 27, 29, 28, 31, 30, 32, 31, 34, 33, 35, 34,
                                   37, 36, 38, 37, 40, 39, 41, 40, 43, 42, 44, 43, 46, 45, 47, 46};
static const uint8_t gather[64] = {2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22,
                                   21, 20, 26, 25, 24, 30, 29, 28, 34, 33, 32, 38, 37, 36, 42, 41,
                                   40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60};

VBMI static size_t encode_vbmi(const char *from, size_t len, char *to)
{
    const __m512i table = _mm512_loadu_si512(alphabet), order = _mm512_loadu_si512(spread);
    const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
    size_t at = 0;
    for (; len - at >= 48; at += 48, to += 64) {
        __m512i in = _mm512_maskz_loadu_epi8(BYTES_48, from + at);
        __m512i sixes = _mm512_multishift_epi64_epi8(shifts, _mm512_permutexvar_epi8(order, in));
        _mm512_storeu_si512(to, _mm512_permutexvar_epi8(sixes, table));
    }
    return at;
}

VBMI static size_t decode_vbmi(const char *from, size_t len, char *to)
{
    const __m512i low = _mm512_loadu_si512(numbers), high = _mm512_loadu_si512(numbers + 64);
    const __m512i order = _mm512_loadu_si512(gather);
    size_t at = 0;
    for (; len - at >= 64 + 4; at += 64, to += 48) {
        __m512i in = _mm512_loadu_si512(from + at);
        __m512i sixes = _mm512_permutex2var_epi8(low, in, high); /* by seven bits of each */
        if (_mm512_movepi8_mask(_mm512_or_si512(sixes, in)) != 0) {
            break;
        }
        __m512i twelves = _mm512_maddubs_epi16(sixes, _mm512_set1_epi32(0x01400140));
        __m512i threes = _mm512_madd_epi16(twelves, _mm512_set1_epi32(0x00011000));
        _mm512_mask_storeu_epi8(to, BYTES_48, _mm512_permutexvar_epi8(order, threes));
    }
    return at;
}

/* ---- the widest there is, and what it leaves by the next ---- */

size_t base64_wide_encode(const char *from, size_t len, char *to)
{
    size_t at = __builtin_cpu_supports("avx512vbmi") ? encode_vbmi(from, len, to) : 0;
    bool more = len - at >= 16 && __builtin_cpu_supports("ssse3");
    return at + (more ? encode_ssse3(from + at, len - at, to + at / 3 * 4) : 0);
}

size_t base64_wide_decode(const char *from, size_t len, char *to)
{
    size_t at = __builtin_cpu_supports("avx512vbmi") && len >= 64 ? decode_vbmi(from, len, to) : 0;
    bool more = len - at >= 24 + 16 && __builtin_cpu_supports("ssse3");
    return at + (more ? decode_ssse3(from + at, len - at, to + at / 4 * 3) : 0);
}

#else

size_t base64_wide_encode(const char *from, size_t len, char *to)
{
    (void)from;
    (void)len;
    (void)to;
    return 0;
}

size_t base64_wide_decode(const char *from, size_t len, char *to)
{
    (void)from;
    (void)len;
    (void)to;
    return 0;
}

#endif
