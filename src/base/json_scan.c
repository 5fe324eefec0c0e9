/* json_scan.c -- The pull scanner: one call, one token, no allocation.
 *
 * It sits on the path of every record, so a token costs one switch on the state and one on the
 * byte, and strings are passed 16 bytes at a time. The grammar is RFC 8259, strictly, with one
 * thing left to the reader: bytes from 0x80 in strings are passed as they are, valid UTF-8 or not,
 * since records are kept byte for byte (utf8_is_valid tells; json_out_str repairs).
 *
 *  1. `at` never moves back, and on JSON_ERROR it stands on the byte that is wrong.
 *  2. JSON_END and JSON_ERROR stay: further calls give the same.
 *  3. `nesting` has bit i set when level i+1 is an object; depth <= JSON_DEPTH_MAX. */
#include "base/bytes16.h"
#include "base/json.h"
#include "json_bits.h"

enum {
    STATE_VALUE,        /* a value must come */
    STATE_COLON,        /* a key was given: ':' and a value must come */
    STATE_OBJECT_FIRST, /* '{' was given: a key or '}' */
    STATE_ARRAY_FIRST,  /* '[' was given: a value or ']' */
    STATE_AFTER,        /* a value was given: ',' or the end of what holds it */
    STATE_FAILED
};

void json_scan_init(struct json_scan *s, struct str text)
{
    *s = (struct json_scan){.text = text, .state = STATE_VALUE};
}

static enum json_token scan_error(struct json_scan *s, const char *why)
{
    s->error = s->at >= s->text.len ? "the text ends too early" : why;
    s->state = STATE_FAILED;
    return JSON_ERROR;
}

static inline void scan_space(struct json_scan *s)
{
    const char *p = s->text.ptr;
    size_t at = s->at;
    while (at < s->text.len && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t')) {
        at++;
    }
    s->at = at;
}

static inline bool scan_in_object(const struct json_scan *s)
{
    int level = s->depth - 1;
    return (s->nesting[level >> 6] >> (level & 63)) & 1;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Passes one escape; `at` stands on the backslash. false: not one, and `at` on the byte that is
 * wrong. */
static bool scan_escape(struct json_scan *s)
{
    const char *p = s->text.ptr;
    s->at++;
    if (s->at >= s->text.len) {
        return false;
    }
    char c = p[s->at];
    if (c == 'u') {
        for (int i = 0; i < 4; i++) {
            s->at++;
            if (s->at >= s->text.len || !is_hex(p[s->at])) {
                return false;
            }
        }
    } else if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL) {
        return false;
    }
    s->at++;
    return true;
}

/* Moves to the next quote, backslash or control character, or to the end. */
static inline size_t scan_plain(struct str text, size_t at)
{
    while (at + 16 <= text.len) {
        bool high = false; /* of no interest here */
        size_t plain = bytes16_special(text.ptr + at, &high);
        if (plain < 16) {
            return at + plain;
        }
        at += 16;
    }
    if (at + 8 <= text.len) {
        uint64_t special = json_special8(json_load8(text.ptr + at));
        if (special != 0) {
            return at + ((size_t)__builtin_ctzll(special) >> 3);
        }
        at += 8;
    }
    while (at < text.len && text.ptr[at] != '"' && text.ptr[at] != '\\' &&
           (unsigned char)text.ptr[at] >= 0x20) {
        at++;
    }
    return at;
}

static inline enum json_token scan_string(struct json_scan *s, enum json_token token,
                                          unsigned char next)
{
    size_t from = s->at + 1;
    s->escaped = false;
    s->at = scan_plain(s->text, from);
    while (s->at < s->text.len && s->text.ptr[s->at] == '\\') {
        s->escaped = true;
        if (!scan_escape(s)) {
            return scan_error(s, "not an escape of JSON");
        }
        s->at = scan_plain(s->text, s->at);
    }
    if (s->at >= s->text.len || s->text.ptr[s->at] != '"') {
        return scan_error(s, "a control character in a string");
    }
    s->raw = (struct str){.ptr = s->text.ptr + from, .len = s->at - from};
    s->at++;
    s->state = next;
    return token;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Passes the digits at `at`; false when there is none. */
static inline bool scan_digits(struct json_scan *s)
{
    size_t at = s->at;
    while (at < s->text.len && is_digit(s->text.ptr[at])) {
        at++;
    }
    bool some = at > s->at;
    s->at = at;
    return some;
}

/* Whether a number or a word may not be followed by this byte: `12x`, `1.2.3` and `truefalse` are
 * one bad token. */
static inline bool scan_in_word(const struct json_scan *s)
{
    if (s->at >= s->text.len) {
        return false;
    }
    char c = s->text.ptr[s->at];
    char lower = (char)(c | 0x20);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '.' || c == '+' || c == '-' ||
           c == '_';
}

static enum json_token scan_number(struct json_scan *s)
{
    const char *p = s->text.ptr;
    size_t from = s->at;
    s->at += p[from] == '-';
    if (s->at < s->text.len && p[s->at] == '0') {
        s->at++; /* a zero in front stands alone */
    } else if (!scan_digits(s)) {
        return scan_error(s, "a digit must come here");
    }
    if (s->at < s->text.len && p[s->at] == '.') {
        s->at++;
        if (!scan_digits(s)) {
            return scan_error(s, "a digit must come here");
        }
    }
    if (s->at < s->text.len && (p[s->at] | 0x20) == 'e') {
        s->at++;
        s->at += s->at < s->text.len && (p[s->at] == '+' || p[s->at] == '-');
        if (!scan_digits(s)) {
            return scan_error(s, "a digit must come here");
        }
    }
    if (scan_in_word(s)) {
        return scan_error(s, "not a number of JSON");
    }
    s->raw = (struct str){.ptr = p + from, .len = s->at - from};
    s->state = STATE_AFTER;
    return JSON_NUMBER;
}

static enum json_token scan_word(struct json_scan *s, const char *word, size_t len,
                                 enum json_token token)
{
    size_t from = s->at;
    for (size_t i = 0; i < len; i++, s->at++) {
        if (s->at >= s->text.len || s->text.ptr[s->at] != word[i]) {
            return scan_error(s, "not a value of JSON");
        }
    }
    if (scan_in_word(s)) {
        return scan_error(s, "not a value of JSON");
    }
    s->raw = (struct str){.ptr = s->text.ptr + from, .len = len};
    s->state = STATE_AFTER;
    return token;
}

static inline enum json_token scan_open(struct json_scan *s, bool object)
{
    if (s->depth >= JSON_DEPTH_MAX) {
        return scan_error(s, "nested too deeply");
    }
    uint64_t bit = UINT64_C(1) << (s->depth & 63);
    uint64_t *word = &s->nesting[s->depth >> 6];
    *word = object ? *word | bit : *word & ~bit;
    s->depth++;
    s->at++;
    s->state = object ? STATE_OBJECT_FIRST : STATE_ARRAY_FIRST;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static inline enum json_token scan_close(struct json_scan *s)
{
    bool object = scan_in_object(s);
    s->token_at = s->at++;
    s->depth--;
    s->state = STATE_AFTER;
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static inline enum json_token scan_value(struct json_scan *s)
{
    if (s->at >= s->text.len) {
        return scan_error(s, "");
    }
    s->token_at = s->at;
    switch (s->text.ptr[s->at]) {
    case '"':
        return scan_string(s, JSON_STRING, STATE_AFTER);
    case '{':
        return scan_open(s, true);
    case '[':
        return scan_open(s, false);
    case 't':
        return scan_word(s, "true", 4, JSON_TRUE);
    case 'f':
        return scan_word(s, "false", 5, JSON_FALSE);
    case 'n':
        return scan_word(s, "null", 4, JSON_NULL);
    case '-':
    case '0' ... '9':
        return scan_number(s);
    default:
        return scan_error(s, "a value must come here");
    }
}

static inline enum json_token scan_key(struct json_scan *s)
{
    if (s->at >= s->text.len || s->text.ptr[s->at] != '"') {
        return scan_error(s, "a name in quotes must come here");
    }
    s->token_at = s->at;
    return scan_string(s, JSON_KEY, STATE_COLON);
}

static inline enum json_token scan_after(struct json_scan *s)
{
    if (s->depth == 0) {
        if (s->at >= s->text.len) {
            s->token_at = s->at;
            return JSON_END;
        }
        return scan_error(s, "more text after the value");
    }
    char c = s->at < s->text.len ? s->text.ptr[s->at] : '\0';
    bool object = scan_in_object(s);
    if (c == ',') {
        s->at++;
        scan_space(s);
        return object ? scan_key(s) : scan_value(s);
    }
    if (c == (object ? '}' : ']')) {
        return scan_close(s);
    }
    return scan_error(s, object ? "',' or '}' must come here" : "',' or ']' must come here");
}

enum json_token json_scan_next(struct json_scan *s)
{
    if (s->state == STATE_FAILED) {
        return JSON_ERROR;
    }
    scan_space(s);
    char c = s->at < s->text.len ? s->text.ptr[s->at] : '\0';
    switch (s->state) {
    case STATE_AFTER:
        return scan_after(s);
    case STATE_COLON:
        if (c != ':') {
            return scan_error(s, "':' must come here");
        }
        s->at++;
        scan_space(s);
        return scan_value(s);
    case STATE_OBJECT_FIRST:
        return c == '}' ? scan_close(s) : scan_key(s);
    case STATE_ARRAY_FIRST:
        return c == ']' ? scan_close(s) : scan_value(s);
    default:
        return scan_value(s);
    }
}

enum json_token json_scan_skip(struct json_scan *s, struct str *ret_raw)
{
    enum json_token first;
    ASSERT(s->state != STATE_AFTER);
    if (s->state == STATE_OBJECT_FIRST || s->state == STATE_ARRAY_FIRST) {
        first = s->state == STATE_OBJECT_FIRST ? JSON_OBJECT : JSON_ARRAY;
    } else {
        first = json_scan_next(s);
    }
    size_t from = s->token_at;
    int depth = s->depth - (first == JSON_OBJECT || first == JSON_ARRAY);
    while (first != JSON_ERROR && s->depth > depth) {
        if (json_scan_next(s) == JSON_ERROR) {
            return JSON_ERROR;
        }
    }
    if (first != JSON_ERROR && ret_raw != NULL) {
        *ret_raw = (struct str){.ptr = s->text.ptr + from, .len = s->at - from};
    }
    return first;
}

static unsigned hex4(const char *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)p[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* One \u escape, or two that make a pair; p stands on the 'u'. A surrogate alone becomes U+FFFD.
 * Returns how many bytes after the backslash were read. */
static size_t unescape_unicode(const char *p, size_t left, char **out)
{
    unsigned c = hex4(p + 1);
    size_t used = 5;
    if (c >= 0xD800 && c < 0xDC00 && left >= 11 && p[5] == '\\' && p[6] == 'u') {
        unsigned low = hex4(p + 7);
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            used = 11;
        }
    }
    *out = put_utf8(*out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
    return used;
}

static char unescape_char(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c; /* " \ and / stand for themselves */
    }
}

struct str json_scan_text(const struct json_scan *s, struct arena *a)
{
    if (!s->escaped) {
        return s->raw;
    }
    char *text =
        arena_alloc_raw(a, s->raw.len); /* an escape is never shorter than what it stands for */
    char *out = text;
    const char *p = s->raw.ptr;
    const char *end = p + s->raw.len;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (p[1] == 'u') {
            p += 1 + unescape_unicode(p + 1, (size_t)(end - p - 1), &out);
        } else {
            *out++ = unescape_char(p[1]);
            p += 2;
        }
    }
    return (struct str){.ptr = text, .len = (size_t)(out - text)};
}

enum err json_scan_fail(const struct json_scan *s, struct diag *d)
{
    ASSERT(s->state == STATE_FAILED);
    return fail(d, ERR_INVALID, "byte %zu: %s", s->origin + s->at, s->error);
}

enum err json_split(struct str text, size_t *at, struct str *ret_value, struct diag *d)
{
    struct json_scan s;
    json_scan_init(&s, text);
    s.at = *at;
    scan_space(&s);
    if (s.at >= text.len) {
        return ERR_NOT_FOUND;
    }
    struct str value;
    if (json_scan_skip(&s, &value) == JSON_ERROR) {
        return json_scan_fail(&s, d);
    }
    *at = s.at;
    *ret_value = value;
    return ERR_OK;
}
