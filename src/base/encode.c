#include "base/encode.h"

#include <string.h>
#include "base/bytes16.h"
#include "base64_wide.h"

static uint8_t byte_at(struct str s, size_t i)
{
    return (uint8_t)s.ptr[i];
}

/* ---- base64, RFC 4648 section 4 ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of each digit, plus one; 0 is no digit. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static char *base64_put(char *to, uint32_t bits)
{
    to[0] = base64_digits[bits >> 18];
    to[1] = base64_digits[bits >> 12 & 63];
    to[2] = base64_digits[bits >> 6 & 63];
    to[3] = base64_digits[bits & 63];
    return to + 4;
}

void encode_base64(struct buf *out, struct str bytes)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    char *to = buf_reserve(out, len);
    size_t i = base64_wide_encode(bytes.ptr, bytes.len, to);
    to += i / 3 * 4;
    for (; i + 3 <= bytes.len; i += 3) {
        to = base64_put(to, (uint32_t)byte_at(bytes, i) << 16 |
                                (uint32_t)byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2));
    }
    size_t left = bytes.len - i;
    if (left > 0) {
        uint32_t second = left == 2 ? (uint32_t)byte_at(bytes, i + 1) << 8 : 0;
        to = base64_put(to, (uint32_t)byte_at(bytes, i) << 16 | second);
        to[-1] = '=';
        if (left == 1) {
            to[-2] = '=';
        }
    }
    buf_commit(out, len);
}

size_t decode_base64_size(struct str text)
{
    return text.len / 4 * 3;
}

/* Reads `count` digits from `at`, or returns the index of the one that is none in *ret_bad. */
static bool base64_digits_read(struct str text, size_t at, size_t count, uint32_t *ret_bits,
                               size_t *ret_bad)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t value = base64_values[byte_at(text, at + i)];
        if (value == 0) {
            *ret_bad = at + i;
            return false;
        }
        bits = bits << 6 | (value - 1);
    }
    *ret_bits = bits;
    return true;
}

/* Four digits without padding, the hot case. */
static bool base64_quad(const char *at, char *to)
{
    uint32_t a = base64_values[(uint8_t)at[0]], b = base64_values[(uint8_t)at[1]];
    uint32_t c = base64_values[(uint8_t)at[2]], e = base64_values[(uint8_t)at[3]];
    if (a == 0 || b == 0 || c == 0 || e == 0) {
        return false;
    }
    uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (e - 1);
    to[0] = (char)(bits >> 16);
    to[1] = (char)(bits >> 8);
    to[2] = (char)bits;
    return true;
}

static enum err base64_fail_at(struct str text, size_t at, struct diag *d)
{
    return fail(d, ERR_INVALID, "byte 0x%02x at offset %zu is not base64", byte_at(text, at), at);
}

/* The last quad, which may be padded: 1, 2 or 3 bytes. */
static enum err base64_last(struct str text, size_t at, char *to, size_t *ret_len, struct diag *d)
{
    size_t digits = text.ptr[at + 3] != '=' ? 4 : text.ptr[at + 2] != '=' ? 3 : 2;
    uint32_t bits;
    size_t bad;
    if (!base64_digits_read(text, at, digits, &bits, &bad)) {
        return base64_fail_at(text, bad, d);
    }
    unsigned spare = digits == 4 ? 0 : digits == 3 ? 2 : 4;
    if ((bits & ((1u << spare) - 1)) != 0) {
        return fail(d, ERR_INVALID, "base64 digit at offset %zu has bits past the last byte",
                    at + digits - 1);
    }
    bits >>= spare;
    size_t len = digits - 1;
    for (size_t i = 0; i < len; i++) {
        to[i] = (char)(bits >> 8 * (len - 1 - i));
    }
    *ret_len = len;
    return ERR_OK;
}

enum err decode_base64(struct buf *out, struct str text, struct diag *d)
{
    if (text.len % 4 != 0) {
        return fail(d, ERR_INVALID, "base64 of %zu bytes: the length is not a multiple of 4",
                    text.len);
    }
    if (text.len == 0) {
        return ERR_OK;
    }
    char *to = buf_reserve(out, decode_base64_size(text));
    char *begin = to;
    size_t at = base64_wide_decode(text.ptr, text.len, to);
    to += at / 4 * 3;
    for (; at + 4 < text.len; at += 4, to += 3) {
        if (!base64_quad(text.ptr + at, to)) {
            uint32_t bits;
            size_t bad = at;
            (void)base64_digits_read(text, at, 4, &bits, &bad);
            return base64_fail_at(text, bad, d);
        }
    }
    size_t len = 0;
    TRY(base64_last(text, at, to, &len, d));
    buf_commit(out, (size_t)(to - begin) + len);
    return ERR_OK;
}

/* ---- hex ---- */

static const char hex_lower[] = "0123456789abcdef";
static const char hex_upper[] = "0123456789ABCDEF";

/* 0..15, or -1. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void encode_hex(struct buf *out, struct str bytes)
{
    char *to = buf_reserve(out, bytes.len * 2);
    for (size_t i = 0; i < bytes.len; i++) {
        to[2 * i] = hex_lower[byte_at(bytes, i) >> 4];
        to[2 * i + 1] = hex_lower[byte_at(bytes, i) & 15];
    }
    buf_commit(out, bytes.len * 2);
}

enum err decode_hex(struct buf *out, struct str text, struct diag *d)
{
    if (text.len % 2 != 0) {
        return fail(d, ERR_INVALID, "%zu hexadecimal digits: an odd number", text.len);
    }
    char *to = buf_reserve(out, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0) {
            size_t bad = high < 0 ? i : i + 1;
            return fail(d, ERR_INVALID, "byte 0x%02x at offset %zu is not a hexadecimal digit",
                        byte_at(text, bad), bad);
        }
        to[i / 2] = (char)(high << 4 | low);
    }
    buf_commit(out, text.len / 2);
    return ERR_OK;
}

/* ---- percent ---- */

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void encode_percent(struct buf *out, struct str text, bool keep_slash)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            continue;
        }
        char escape[3] = {'%', hex_upper[(uint8_t)c >> 4], hex_upper[(uint8_t)c & 15]};
        buf_add(out, str_slice(text, from, i));
        buf_add_bytes(out, escape, sizeof(escape));
        from = i + 1;
    }
    buf_add(out, str_from(text, from));
}

/* What stands for itself is copied run by run. */
void decode_percent(struct buf *out, struct str text, bool plus_is_space)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        size_t taken = 0;
        if (c == '%' && text.len - i >= 3) {
            int high = hex_value(text.ptr[i + 1]), low = hex_value(text.ptr[i + 2]);
            taken = high >= 0 && low >= 0 ? 3 : 0;
            c = (char)((unsigned)high << 4 | (unsigned)low);
        } else if (c == '+' && plus_is_space) {
            taken = 1;
            c = ' ';
        }
        if (taken > 0) {
            buf_add(out, str_slice(text, from, i));
            buf_add_char(out, c);
            from = i + taken;
            i = from - 1;
        }
    }
    buf_add(out, str_from(text, from));
}

/* ---- markup ---- */

/* The entity for `c`, or the empty string when it stands for itself. */
static struct str entity_of(char c)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return STR("&quot;");
    default:
        return STR_EMPTY;
    }
}

/* Controls and what has an entity. */
static bool is_escaped(uint8_t c)
{
    static const uint64_t set = 0xffffffff | UINT64_C(1) << '&' | UINT64_C(1) << '<' |
                                UINT64_C(1) << '>' | UINT64_C(1) << '"';
    return c < 64 && (set >> c & 1) != 0;
}

void encode_xml(struct buf *out, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        for (size_t plain = 16; plain == 16 && text.len - i >= 16; i += plain) {
            plain = bytes16_markup(text.ptr + i);
        }
        if (i == text.len || !is_escaped(byte_at(text, i))) {
            continue;
        }
        struct str entity = entity_of(text.ptr[i]);
        buf_add(out, str_slice(text, from, i));
        from = i + 1;
        if (entity.len == 0) {
            buf_addf(out, "&#x%X;", byte_at(text, i));
        } else {
            buf_add(out, entity);
        }
    }
    buf_add(out, str_from(text, from));
}

void encode_html(struct buf *out, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str entity = text.ptr[i] == '\'' ? STR("&#39;") : entity_of(text.ptr[i]);
        if (entity.len > 0) {
            buf_add(out, str_slice(text, from, i));
            buf_add(out, entity);
            from = i + 1;
        }
    }
    buf_add(out, str_from(text, from));
}

/* ---- UTF-8, RFC 3629 section 4 ---- */

/* The length of the character that begins with `lead`, and the range of its second byte; 0: no
 * character does. */
static size_t utf8_lead(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
    *ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

static bool utf8_char_is_valid(struct str text, size_t at, size_t *ret_len)
{
    uint8_t low, high;
    size_t len = utf8_lead(byte_at(text, at), &low, &high);
    if (len == 0 || len > text.len - at) {
        return false;
    }
    if (len > 1 && (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high)) {
        return false;
    }
    for (size_t i = 2; i < len; i++) {
        if ((byte_at(text, at + i) & 0xc0) != 0x80) {
            return false;
        }
    }
    *ret_len = len;
    return true;
}

bool utf8_is_valid(struct str text)
{
    size_t at = 0;
    while (at < text.len) {
        uint64_t word;
        if (text.len - at >= sizeof(word)) { /* eight ASCII characters at once */
            memcpy(&word, text.ptr + at, sizeof(word));
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        size_t len;
        if (!utf8_char_is_valid(text, at, &len)) {
            return false;
        }
        at += len;
    }
    return true;
}
