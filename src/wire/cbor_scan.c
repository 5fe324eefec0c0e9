/* cbor_scan.c -- Items out of bytes. Every length is checked against what is left before it is
 * used, so that a head that promises 2^64 bytes costs nothing; an error is kept and repeated. */
#include "wire/cbor.h"

#include <math.h>
#include <string.h>

#define INDEFINITE 31
#define BREAK 0xff

void cbor_scan_init(struct cbor_scan *s, struct str bytes)
{
    *s = (struct cbor_scan){.bytes = bytes};
}

static enum cbor_token error_at(struct cbor_scan *s, const char *why)
{
    if (s->error == NULL) {
        s->error = why;
        s->token_at = s->at;
    }
    return CBOR_ERROR;
}

/* A head's argument: in the initial byte's low bits, or in the 1, 2, 4 or 8 bytes behind it. */
static bool read_argument(struct cbor_scan *s, unsigned low, uint64_t *ret_value)
{
    if (low < 24) {
        *ret_value = low;
        return true;
    }
    size_t size = (size_t)1 << (low - 24);
    if (low > 27 || size > s->bytes.len - s->at) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | (uint8_t)s->bytes.ptr[s->at + i];
    }
    s->at += size;
    *ret_value = value;
    return true;
}

static double half_to_double(uint64_t bits)
{
    double fraction = (double)(bits & 0x3ff);
    int exponent = (int)(bits >> 10 & 0x1f);
    double size = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                  : exponent == 0 ? ldexp(fraction, -24)
                                  : ldexp(fraction + 1024, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

static double bits_to_double(uint64_t bits, unsigned low)
{
    if (low == 25) {
        return half_to_double(bits);
    }
    double number;
    if (low == 26) {
        uint32_t narrow = (uint32_t)bits;
        float single;
        memcpy(&single, &narrow, sizeof(single));
        return (double)single;
    }
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static enum cbor_token simple_next(struct cbor_scan *s, unsigned low)
{
    uint64_t value;
    if (low == INDEFINITE) {
        return error_at(s, "a break stands where an item was expected");
    }
    if (!read_argument(s, low, &value)) {
        return error_at(s, "the item is cut off");
    }
    if (low >= 25) {
        s->number = bits_to_double(value, low);
        return CBOR_FLOAT;
    }
    switch (value) {
    case 20:
        return CBOR_FALSE;
    case 21:
        return CBOR_TRUE;
    case 22:
    case 23:
        return CBOR_NULL;
    default:
        return error_at(s, "an unknown simple value");
    }
}

/* A text or bytes in one piece. */
static bool piece_next(struct cbor_scan *s, unsigned low)
{
    uint64_t len;
    if (!read_argument(s, low, &len) || len > s->bytes.len - s->at) {
        (void)error_at(s, "the text is cut off");
        return false;
    }
    s->raw = str_n(s->bytes.ptr + s->at, (size_t)len);
    s->at += (size_t)len;
    return true;
}

/* Pieces of the same kind up to a break. */
static bool chunks_next(struct cbor_scan *s, unsigned major)
{
    size_t begin = s->at;
    while (s->at < s->bytes.len && (uint8_t)s->bytes.ptr[s->at] != BREAK) {
        unsigned byte = (uint8_t)s->bytes.ptr[s->at++];
        if (byte >> 5 != major || (byte & 31) == INDEFINITE) {
            (void)error_at(s, "a chunk of another kind");
            return false;
        }
        if (!piece_next(s, byte & 31)) {
            return false;
        }
    }
    if (s->at == s->bytes.len) {
        (void)error_at(s, "the text does not end");
        return false;
    }
    s->raw = str_n(s->bytes.ptr + begin, s->at - begin);
    s->at++;
    return true;
}

static enum cbor_token text_next(struct cbor_scan *s, unsigned major, unsigned low)
{
    s->indefinite = low == INDEFINITE;
    bool taken = s->indefinite ? chunks_next(s, major) : piece_next(s, low);
    return !taken ? CBOR_ERROR : major == 2 ? CBOR_BYTES : CBOR_TEXT;
}

static enum cbor_token container_next(struct cbor_scan *s, unsigned major, unsigned low)
{
    s->indefinite = low == INDEFINITE;
    s->value = 0;
    if (!s->indefinite && !read_argument(s, low, &s->value)) {
        return error_at(s, "the item is cut off");
    }
    return major == 4 ? CBOR_ARRAY : CBOR_MAP;
}

enum cbor_token cbor_next(struct cbor_scan *s)
{
    static const enum cbor_token kinds[] = {[0] = CBOR_UINT, [1] = CBOR_NINT, [6] = CBOR_TAG};
    if (s->error != NULL) {
        return CBOR_ERROR;
    }
    s->token_at = s->at;
    if (s->at >= s->bytes.len) {
        return error_at(s, "an item was expected");
    }
    unsigned byte = (uint8_t)s->bytes.ptr[s->at++];
    unsigned major = byte >> 5, low = byte & 31;
    switch (major) {
    case 2:
    case 3:
        return text_next(s, major, low);
    case 4:
    case 5:
        return container_next(s, major, low);
    case 7:
        return simple_next(s, low);
    default:
        return read_argument(s, low, &s->value) ? kinds[major] : error_at(s, "the item is cut off");
    }
}

struct str cbor_text(const struct cbor_scan *s, struct arena *a)
{
    if (!s->indefinite) {
        return s->raw;
    }
    struct buf joined;
    struct cbor_scan chunks;
    buf_init(&joined, a, s->raw.len + 1);
    cbor_scan_init(&chunks, s->raw);
    while (!cbor_at_end(&chunks)) {
        enum cbor_token token = cbor_next(&chunks);
        ASSERT(token == CBOR_BYTES || token == CBOR_TEXT); /* chunks_next has looked */
        buf_add(&joined, chunks.raw);
    }
    return buf_str(&joined);
}

bool cbor_enter(struct cbor_scan *s, bool is_map, struct cbor_run *ret_run)
{
    if (s->depth == JSON_DEPTH_MAX) {
        (void)error_at(s, "nested too deeply");
        return false;
    }
    if (is_map && s->value > UINT64_MAX / 2) {
        (void)error_at(s, "the map is cut off");
        return false;
    }
    s->depth++;
    *ret_run = (struct cbor_run){.left = s->value, .indefinite = s->indefinite};
    return true;
}

bool cbor_more(struct cbor_scan *s, struct cbor_run *run)
{
    if (s->error != NULL) {
        return false;
    }
    if (run->indefinite && s->at < s->bytes.len && (uint8_t)s->bytes.ptr[s->at] == BREAK) {
        s->at++;
        s->depth--;
        return false;
    }
    if (!run->indefinite && run->left == 0) {
        s->depth--;
        return false;
    }
    run->left -= run->indefinite ? 0 : 1;
    return true;
}

/* Recursion is bounded by cbor_enter; tags are skipped in a loop. */
bool cbor_skip(struct cbor_scan *s, enum cbor_token token)
{
    while (token == CBOR_TAG) {
        token = cbor_next(s);
    }
    if (token == CBOR_ARRAY || token == CBOR_MAP) {
        struct cbor_run run;
        if (!cbor_enter(s, token == CBOR_MAP, &run)) {
            return false;
        }
        while (cbor_more(s, &run)) {
            if (!cbor_skip(s, cbor_next(s)) || (token == CBOR_MAP && !cbor_skip(s, cbor_next(s)))) {
                return false;
            }
        }
    }
    return s->error == NULL;
}

bool cbor_at_end(const struct cbor_scan *s)
{
    return s->error == NULL && s->at == s->bytes.len;
}

enum err cbor_fail(const struct cbor_scan *s, struct diag *d)
{
    return fail(d, ERR_INVALID, "byte %zu: %s", s->token_at,
                s->error != NULL ? s->error : "more follows the value");
}
