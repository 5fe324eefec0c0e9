#include "sequence_number.h"

#include <string.h>

/* The number as 192 bits, lowest word first; where its fields of version 2 begin. */
#define WORDS 3
struct wide {
    uint64_t word[WORDS];
};
enum {
    VERSION_BITS = 4,
    SHARD_AT = 4,
    ARRIVED_AT = 36,
    MARK_AT = 72,
    PLACE_AT = 80,
    DIGIT_AT = 144,
    CREATED_AT = 148,
    HEAD_AT = 184
};
enum { SHARD_BITS = 32, SECONDS_BITS = 36, MARK_BITS = 8, PLACE_BITS = 64 };
enum { OLD_CREATED_AT = 88, OLD_SHARD_BITS = 16 }; /* of version 0 */
enum { FIRST_ARRIVED_AT = 100 };                   /* of version 1 */
#define CREATED_S_END INT64_C(16025175000)         /* AWS takes no later one */
#define CHUNK 1000000000                           /* digits leave nine at a time */
enum { CHUNK_DIGITS = 9 };

static void field_put(struct wide *n, int at, uint64_t value)
{
    int low = at % 64;
    n->word[at / 64] |= value << low;
    if (low > 0 && at / 64 + 1 < WORDS) {
        n->word[at / 64 + 1] |= value >> (64 - low);
    }
}

static uint64_t field_take(const struct wide *n, int at, int bits)
{
    int low = at % 64;
    uint64_t value = n->word[at / 64] >> low;
    if (low > 0 && at / 64 + 1 < WORDS) {
        value |= n->word[at / 64 + 1] << (64 - low);
    }
    return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* ---- writing ---- */

/* n becomes n / CHUNK; the remainder. In halves of words, so that no division is wider than 64
 * bits. */
static uint32_t chunk_take(struct wide *n)
{
    uint64_t rest = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
        uint64_t high = rest << 32 | n->word[i] >> 32;
        uint64_t low = high % CHUNK << 32 | (uint32_t)n->word[i];
        n->word[i] = high / CHUNK << 32 | low / CHUNK;
        rest = low % CHUNK;
    }
    return (uint32_t)rest;
}

void sequence_number_write(const struct sequence_number *number, char *to)
{
    ASSERT(number->created_s >= 0 && number->created_s >> SECONDS_BITS == 0);
    ASSERT(number->arrived_s >= 0 && number->arrived_s >> SECONDS_BITS == 0);
    ASSERT(number->place <= SEQUENCE_NUMBER_PLACE_MAX);
    struct wide n = {{2}};
    field_put(&n, SHARD_AT, number->shard);
    field_put(&n, ARRIVED_AT, (uint64_t)number->arrived_s);
    field_put(&n, MARK_AT, number->mark);
    field_put(&n, PLACE_AT, number->place);
    field_put(&n, DIGIT_AT, number->shard % 16);
    field_put(&n, CREATED_AT, (uint64_t)number->created_s);
    field_put(&n, HEAD_AT, 2);
    for (int end = SEQUENCE_NUMBER_DIGITS; end > 0; end -= CHUNK_DIGITS) {
        uint32_t chunk = chunk_take(&n);
        for (int i = end - 1; i >= 0 && i >= end - CHUNK_DIGITS; i--) {
            to[i] = (char)('0' + chunk % 10);
            chunk /= 10;
        }
    }
}

/* ---- a place on: 2^80 more, added to the text eight digits at a time ---- */

/* The first digit is the highest byte. */
static uint64_t digits_load(const char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof(value));
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(value) : value;
}

static void digits_store(char *to, uint64_t value)
{
    value = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(value) : value;
    memcpy(to, &value, sizeof(value));
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Adds eight digits and a carry to eight digits of text; the carry. A digit of text and 0xc6 more
 * make 0xf6: a sum of ten and more leaves its byte and carries into the next one by itself. */
static uint64_t digits_add(char *text, uint64_t more, uint64_t carry)
{
    uint64_t begin = digits_load(text) + EACH(0xc6);
    uint64_t sum = begin + more + carry;
    uint64_t kept = sum >> 7 & EACH(1); /* 1 in each byte that did not carry */
    digits_store(text, (sum - kept * 0xf6) | EACH('0'));
    return sum < begin;
}

void sequence_number_advance(char *text)
{
    static const uint64_t step[] = {/* 2^80 = 1 20892581 96146291 74706176 */
                                    0x0704070006010706, 0x0906010406020901, 0x0200080902050801,
                                    0x0000000000000001};
    enum { GROUPS = SEQUENCE_NUMBER_DIGITS / 8, STEPS = sizeof(step) / sizeof(step[0]) };
    uint64_t carry = 0;
    for (int i = 0; i < GROUPS && (i < STEPS || carry > 0); i++) {
        carry = digits_add(text + 8 * (GROUPS - 1 - i), i < STEPS ? step[i] : 0, carry);
    }
}

/* ---- reading ---- */

/* n becomes 10 n + digit; false: it does not fit. */
static bool digit_add(struct wide *n, unsigned digit)
{
    uint64_t carry = digit;
    for (int i = 0; i < WORDS; i++) {
        unsigned __int128 product = (unsigned __int128)n->word[i] * 10 + carry;
        n->word[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    return carry == 0;
}

static bool wide_read(struct str text, struct wide *ret_n)
{
    *ret_n = (struct wide){{0}};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' ||
            !digit_add(ret_n, (unsigned)(text.ptr[i] - '0'))) {
            return false;
        }
    }
    return text.len > 0;
}

/* 32 digits: 1 | creation, s (9) | mark (2) | noise (16) | shard (4); without the 1 it is as good.
 */
static void version_0_read(const struct wide *n, struct sequence_number *ret_number)
{
    *ret_number =
        (struct sequence_number){.created_s = (int64_t)field_take(n, OLD_CREATED_AT, SECONDS_BITS),
                                 .shard = (uint32_t)field_take(n, 0, OLD_SHARD_BITS)};
}

bool sequence_number_parse(struct str text, struct sequence_number *ret_number)
{
    struct wide n;
    if (!wide_read(text, &n)) {
        return false;
    }
    struct sequence_number number;
    uint64_t version = field_take(&n, 0, VERSION_BITS);
    if (n.word[2] == 0) {
        version_0_read(&n, &number);
    } else if (field_take(&n, HEAD_AT, 8) == 2 && (version == 1 || version == 2)) {
        number = (struct sequence_number){
            .created_s = (int64_t)field_take(&n, CREATED_AT, SECONDS_BITS),
            .shard = (uint32_t)field_take(&n, SHARD_AT, SHARD_BITS),
            .version = (uint8_t)version,
            .arrived_s = (int64_t)field_take(&n, version == 2 ? ARRIVED_AT : FIRST_ARRIVED_AT,
                                             SECONDS_BITS)};
    } else {
        return false;
    }
    if (number.version == 2) {
        number.place = field_take(&n, PLACE_AT, PLACE_BITS);
        number.mark = (uint8_t)field_take(&n, MARK_AT, MARK_BITS);
    }
    *ret_number = number;
    return number.created_s < CREATED_S_END && number.shard <= INT32_MAX &&
           number.place <= SEQUENCE_NUMBER_PLACE_MAX;
}

struct str sequence_number_shown(struct str text, struct arena *a)
{
    struct wide n;
    char digits[40];
    size_t at = sizeof(digits);
    if (!wide_read(text, &n) || n.word[2] != 0) {
        return text;
    }
    uint64_t high = (n.word[1] & UINT64_MAX >> 4) | UINT64_C(1) << 60;
    unsigned __int128 value = (unsigned __int128)high << 64 | n.word[0];
    for (; value > 0; value /= 10) {
        digits[--at] = (char)('0' + (int)(value % 10));
    }
    return str_copy(a, str_n(digits + at, sizeof(digits) - at));
}
