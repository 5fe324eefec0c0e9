/* json_write.c -- JSON out: the streaming writer, and trees through it.
 * What is written is always JSON and always UTF-8: a byte run that is not UTF-8 becomes one U+FFFD
 * per broken sequence, as browsers and Python do it. */
#include "base/json.h"
#include "base/encode.h"
#include "json_bits.h"

#define LEVELS_MAX 127 /* has_item has one bit for each, and one for the top */

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Looks at the sequence that begins at p, a byte from 0x80. Gives its length, and whether it is
 * valid; when it is not, the length of the longest piece that could have begun a valid one (at
 * least 1). */
static size_t utf8_look(const unsigned char *p, size_t left, bool *ret_valid)
{
    size_t want = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    *ret_valid = false;
    if (p[0] < 0xC2 || p[0] > 0xF4) {
        return 1;
    }
    /* overlong forms, surrogates and what is past U+10FFFF show in the second byte */
    low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : low;
    high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : high;
    if (left < 2 || p[1] < low || p[1] > high) {
        return 1;
    }
    size_t have = 2;
    while (have < want && have < left && is_tail(p[have])) {
        have++;
    }
    *ret_valid = have == want;
    return have;
}

/* The letter behind a backslash that stands for `c`; 0: it has none. */
static char escape_letter(unsigned char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = names; *name != '\0'; name += 2) {
        if ((unsigned char)name[0] == c) {
            return name[1];
        }
    }
    return 0;
}

static void write_escape(struct buf *out, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char letter = escape_letter(c);
    if (letter != 0) {
        buf_add_bytes(out, (const char[]){'\\', letter}, 2);
        return;
    }
    buf_add_bytes(out, (const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
}

/* How many bytes from `at` can be copied as they are: ASCII without quote, backslash and controls.
 */
static size_t plain_run(struct str text, size_t at)
{
    size_t from = at;
    while (at + 8 <= text.len) {
        uint64_t word = json_load8(text.ptr + at);
        uint64_t special = json_special8(word) | (word & JSON_HIGH);
        if (special != 0) {
            return at + ((size_t)__builtin_ctzll(special) >> 3) - from;
        }
        at += 8;
    }
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) {
            break;
        }
        at++;
    }
    return at - from;
}

static void write_string(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0; at < text.len;) {
        size_t run = plain_run(text, at);
        if (run > 0) {
            buf_add_bytes(out, text.ptr + at, run);
            at += run;
            continue;
        }
        const unsigned char *p = (const unsigned char *)text.ptr + at;
        if (*p < 0x80) {
            write_escape(out, *p);
            at++;
            continue;
        }
        bool valid;
        size_t len = utf8_look(p, text.len - at, &valid);
        if (valid) {
            buf_add_bytes(out, p, len);
        } else {
            buf_add_bytes(out, "\xEF\xBF\xBD", 3);
        }
        at += len;
    }
    buf_add_char(out, '"');
}

size_t json_str_bytes(struct str text)
{
    size_t bytes = 2; /* the quotes */
    for (size_t at = 0; at < text.len;) {
        size_t run = plain_run(text, at);
        const unsigned char *p = (const unsigned char *)text.ptr + at;
        if (run > 0) {
            bytes += run;
            at += run;
        } else if (*p < 0x80) {
            bytes += escape_letter(*p) != 0 ? 2 : 6;
            at++;
        } else {
            bool valid;
            size_t len = utf8_look(p, text.len - at, &valid);
            bytes += valid ? len : 3;
            at += len;
        }
    }
    return bytes;
}

/* ---- streaming ---- */

void json_out_init(struct json_out *w, struct buf *out)
{
    *w = (struct json_out){.out = out};
}

/* What stands between the last thing and the next: nothing, or a comma. */
static void out_begin(struct json_out *w)
{
    if (w->after_key || w->depth == 0) {
        w->after_key = false;
        return;
    }
    uint64_t bit = UINT64_C(1) << (w->depth & 63);
    uint64_t *word = &w->has_item[w->depth >> 6];
    if (*word & bit) {
        buf_add_char(w->out, ',');
    }
    *word |= bit;
}

static void out_open(struct json_out *w, char bracket)
{
    ASSERT(w->depth < LEVELS_MAX);
    out_begin(w);
    buf_add_char(w->out, bracket);
    w->depth++;
    w->has_item[w->depth >> 6] &= ~(UINT64_C(1) << (w->depth & 63));
}

static void out_close(struct json_out *w, char bracket)
{
    ASSERT(w->depth > 0);
    ASSERT(!w->after_key);
    w->depth--;
    buf_add_char(w->out, bracket);
}

void json_out_object(struct json_out *w)
{
    out_open(w, '{');
}

void json_out_object_end(struct json_out *w)
{
    out_close(w, '}');
}

void json_out_array(struct json_out *w)
{
    out_open(w, '[');
}

void json_out_array_end(struct json_out *w)
{
    out_close(w, ']');
}

void json_out_key(struct json_out *w, const char *key)
{
    json_out_key_str(w, str_of(key));
}

void json_out_key_str(struct json_out *w, struct str key)
{
    ASSERT(w->depth > 0);
    ASSERT(!w->after_key);
    out_begin(w);
    write_string(w->out, key);
    buf_add_char(w->out, ':');
    w->after_key = true;
}

void json_out_str(struct json_out *w, struct str text)
{
    out_begin(w);
    write_string(w->out, text);
}

void json_out_i64(struct json_out *w, int64_t value)
{
    out_begin(w);
    buf_add_i64(w->out, value);
}

void json_out_u64(struct json_out *w, uint64_t value)
{
    out_begin(w);
    buf_add_u64(w->out, value);
}

void json_out_bool(struct json_out *w, bool value)
{
    json_out_raw(w, value ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *w)
{
    json_out_raw(w, STR("null"));
}

void json_out_raw(struct json_out *w, struct str json)
{
    out_begin(w);
    buf_add(w->out, json);
}

void json_out_base64(struct json_out *w, struct str bytes)
{
    out_begin(w);
    buf_add_char(w->out, '"');
    encode_base64(w->out, bytes);
    buf_add_char(w->out, '"');
}

void json_out_kstr(struct json_out *w, const char *key, struct str text)
{
    json_out_key(w, key);
    json_out_str(w, text);
}

void json_out_ki64(struct json_out *w, const char *key, int64_t value)
{
    json_out_key(w, key);
    json_out_i64(w, value);
}

void json_out_kbool(struct json_out *w, const char *key, bool value)
{
    json_out_key(w, key);
    json_out_bool(w, value);
}

/* ---- trees ---- */

static void write_leaf(struct buf *out, const struct json *node)
{
    switch (node->kind) {
    case JSON_IS_NULL:
        buf_add(out, STR("null"));
        break;
    case JSON_IS_FALSE:
        buf_add(out, STR("false"));
        break;
    case JSON_IS_TRUE:
        buf_add(out, STR("true"));
        break;
    case JSON_IS_NUMBER:
        buf_add(out, node->text);
        break;
    case JSON_IS_STRING:
        write_string(out, node->text);
        break;
    case JSON_IS_ARRAY:
    case JSON_IS_OBJECT:
        ASSERT(false);
        break;
    }
}

/* indent < 0: compact. */
static void write_line(struct buf *out, int indent)
{
    if (indent >= 0) {
        buf_add_char(out, '\n');
        for (int i = 0; i < indent; i++) {
            buf_add(out, STR("  "));
        }
    }
}

static void write_node(struct buf *out, const struct json *node, int indent, int level)
{
    bool object = node->kind == JSON_IS_OBJECT;
    if (!object && node->kind != JSON_IS_ARRAY) {
        write_leaf(out, node);
        return;
    }
    ASSERT(level < LEVELS_MAX);
    int inner = indent < 0 ? indent : indent + 1;
    buf_add_char(out, object ? '{' : '[');
    for (const struct json *child = node->first; child != NULL; child = child->next) {
        if (child != node->first) {
            buf_add_char(out, ',');
        }
        write_line(out, inner);
        if (object) {
            write_string(out, child->key);
            buf_add(out, indent < 0 ? STR(":") : STR(": "));
        }
        write_node(out, child, inner, level + 1);
    }
    if (node->first != NULL) {
        write_line(out, indent);
    }
    buf_add_char(out, object ? '}' : ']');
}

void json_write(struct buf *out, const struct json *tree)
{
    write_node(out, tree, -1, 0);
}

void json_write_indented(struct buf *out, const struct json *tree)
{
    write_node(out, tree, 0, 0);
}
