/* record_scan.c -- Straight-line descent over the bytes, with no state between tokens: a key is
 * compared with the one that is expected here, strings are passed 16 bytes at a time, and what no
 * column reads is checked and passed over.
 *
 *  1. A function that passes something gives the place behind it, or NULL: not JSON.
 *  2. No byte at or past `end` is read. */
#include "record_scan.h"

#include <string.h>
#include "base/bytes16.h"

struct scan {
    const char *end;
    struct arena *arena;
    struct input *inputs;
    uint64_t seen; /* one bit a slot */
};

static const char *members(struct scan *c, const char *p, const struct path_node *parent,
                           int depth);

/* ---- tokens ---- */

static inline const char *space(const struct scan *c, const char *p)
{
    while (p < c->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* `p` on the backslash. */
static const char *escape(const struct scan *c, const char *p)
{
    if (c->end - p < 2) {
        return NULL;
    }
    if (p[1] != 'u') {
        return p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL ? p + 2 : NULL;
    }
    if (c->end - p < 6) {
        return NULL;
    }
    for (int i = 2; i < 6; i++) {
        char lower = (char)(p[i] | 0x20);
        if (!((p[i] >= '0' && p[i] <= '9') || (lower >= 'a' && lower <= 'f'))) {
            return NULL;
        }
    }
    return p + 6;
}

static inline const char *plain(const struct scan *c, const char *p, bool *high)
{
    while (c->end - p >= 16) {
        size_t at = bytes16_special(p, high);
        p += at;
        if (at < 16) {
            return p;
        }
    }
    while (p < c->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) {
        *high |= (unsigned char)*p > 0x7F;
        p++;
    }
    return p;
}

/* `p` behind the opening quote; gives the closing one. *ret_high: it has a byte over 0x7F. */
static inline const char *string(const struct scan *c, const char *p, bool *ret_escaped,
                                 bool *ret_high)
{
    *ret_escaped = false;
    *ret_high = false;
    p = plain(c, p, ret_high);
    while (p < c->end && *p == '\\') {
        *ret_escaped = true;
        p = escape(c, p);
        if (p == NULL) {
            return NULL;
        }
        p = plain(c, p, ret_high);
    }
    return p < c->end && *p == '"' ? p : NULL;
}

static struct str resolved(const struct scan *c, const char *from, const char *to, bool escaped)
{
    struct json_scan s = {.raw = {.ptr = from, .len = (size_t)(to - from)}, .escaped = escaped};
    return json_scan_text(&s, c->arena);
}

static inline const char *digits(const struct scan *c, const char *p)
{
    const char *from = p;
    while (c->end - p >= 8) { /* no branch on how many there are, which nobody can foretell */
        size_t count = bytes8_digits(p);
        p += count;
        if (count < 8) {
            return p > from ? p : NULL;
        }
    }
    while (p < c->end && (unsigned char)(*p - '0') < 10) {
        p++;
    }
    return p > from ? p : NULL;
}

/* What follows is looked at by the caller: a comma, a bracket, white space or nothing is good. */
static const char *number(const struct scan *c, const char *p)
{
    p += *p == '-';
    if (p < c->end && *p == '0') {
        p++; /* a zero in front stands alone */
    } else {
        p = digits(c, p);
    }
    if (p != NULL && p < c->end && *p == '.') {
        p = digits(c, p + 1);
    }
    if (p != NULL && p < c->end && (*p | 0x20) == 'e') {
        p++;
        p += p < c->end && (*p == '+' || *p == '-');
        p = digits(c, p);
    }
    return p;
}

static const char *word(const struct scan *c, const char *p, struct str text)
{
    bool is = (size_t)(c->end - p) >= text.len && memcmp(p, text.ptr, text.len) == 0;
    return is ? p + text.len : NULL;
}

/* ---- values ---- */

static const char *array(struct scan *c, const char *p, int depth);

/* A value that begins at `p`; its kind and text go to *input. `node`: what its members are read by,
 * or NULL. */
static inline const char *value(struct scan *c, const char *p, const struct path_node *node,
                                int depth, struct input *input)
{
    if (p >= c->end) {
        return NULL;
    }
    const char *from = p;
    input->kind = INPUT_OTHER;
    input->text = STR_EMPTY;
    input->flat = false;
    switch (*p) {
    case '"': {
        bool escaped, high;
        p = string(c, from + 1, &escaped, &high);
        if (p == NULL) {
            return NULL;
        }
        input->kind = INPUT_TEXT;
        input->ascii = !escaped && !high;
        if (node != NULL) {
            input->text = escaped ? resolved(c, from + 1, p, true)
                                  : (struct str){from + 1, (size_t)(p - from - 1)};
        }
        return p + 1;
    }
    case '{':
        return members(c, p + 1, node != NULL && node->child != NULL ? node : NULL, depth + 1);
    case '[':
        return array(c, p + 1, depth + 1);
    case 't':
        input->kind = INPUT_TRUE;
        return word(c, p, STR("true"));
    case 'f':
        input->kind = INPUT_FALSE;
        return word(c, p, STR("false"));
    case 'n':
        input->kind = INPUT_MISSING;
        return word(c, p, STR("null"));
    case '-':
    case '0' ... '9':
        p = number(c, from);
        input->kind = INPUT_NUMBER;
        input->text = (struct str){from, p == NULL ? 0 : (size_t)(p - from)};
        return p;
    default:
        return NULL;
    }
}

/* Behind '['. */
static const char *array(struct scan *c, const char *p, int depth)
{
    struct input unused;
    if (depth > JSON_DEPTH_MAX) {
        return NULL;
    }
    p = space(c, p);
    if (p < c->end && *p == ']') {
        return p + 1;
    }
    for (;;) {
        p = value(c, p, NULL, depth, &unused);
        if (p == NULL) {
            return NULL;
        }
        p = space(c, p);
        if (p >= c->end || (*p != ',' && *p != ']')) {
            return NULL;
        }
        if (*p == ']') {
            return p + 1;
        }
        p = space(c, p + 1);
    }
}

/* ---- members ---- */

struct path_node *path_find(const struct path_node *parent, const struct path_node *last,
                            struct str key)
{
    struct path_node *start = last == NULL || last->next == NULL ? parent->child : last->next;
    for (struct path_node *at = start; at != NULL; at = at->next) {
        if (str_eq(at->key, key)) {
            return at;
        }
    }
    for (struct path_node *at = parent->child; at != start; at = at->next) {
        if (str_eq(at->key, key)) {
            return at;
        }
    }
    return NULL;
}

/* memcmp of keys, most of which are shorter than a call is worth. */
static inline bool is_same(const char *a, const char *b, size_t len)
{
    if (len > 16) {
        return memcmp(a, b, len) == 0;
    }
    if (len >= 8) {
        uint64_t a1, b1, a2, b2;
        memcpy(&a1, a, 8);
        memcpy(&b1, b, 8);
        memcpy(&a2, a + len - 8, 8);
        memcpy(&b2, b + len - 8, 8);
        return ((a1 ^ b1) | (a2 ^ b2)) == 0;
    }
    if (len >= 4) {
        uint32_t a1, b1, a2, b2;
        memcpy(&a1, a, 4);
        memcpy(&b1, b, 4);
        memcpy(&a2, a + len - 4, 4);
        memcpy(&b2, b + len - 4, 4);
        return ((a1 ^ b1) | (a2 ^ b2)) == 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/* The key whose opening quote is at `p`; its node, where one reads it, goes to *ret_node. */
static inline const char *key(const struct scan *c, const char *p, const struct path_node *parent,
                              const struct path_node *last, struct path_node **ret_node)
{
    *ret_node = NULL;
    if (parent != NULL) { /* the expected one? */
        struct path_node *next = last == NULL || last->next == NULL ? parent->child : last->next;
        size_t len = next->key.len;
        if (next->bare && (size_t)(c->end - p) > len + 1 && p[len + 1] == '"' &&
            is_same(p + 1, next->key.ptr, len)) {
            *ret_node = next;
            return p + len + 2;
        }
    }
    bool escaped, high;
    const char *to = string(c, p + 1, &escaped, &high);
    if (to == NULL) {
        return NULL;
    }
    if (parent != NULL) {
        *ret_node = path_find(parent, last, resolved(c, p + 1, to, escaped));
    }
    return to + 1;
}

/* Where the value of a key goes: it is written there at once, since a copy of what was just written
 * in parts stalls the processor. */
static inline struct input *place_for(struct scan *c, const struct path_node *node,
                                      struct input *unused)
{
    if (node == NULL || node->slot == PATH_NO_SLOT || (c->seen >> node->slot & 1) != 0) {
        return unused;
    }
    c->seen |= UINT64_C(1) << node->slot;
    return &c->inputs[node->slot];
}

/* From the quote of a key to behind its value. */
static inline const char *member(struct scan *c, const char *p, const struct path_node *parent,
                                 const struct path_node **last, int depth)
{
    struct path_node *node;
    struct input unused;
    if (p >= c->end || *p != '"') {
        return NULL;
    }
    p = key(c, p, parent, *last, &node);
    if (p == NULL) {
        return NULL;
    }
    p = space(c, p);
    if (p >= c->end || *p != ':') {
        return NULL;
    }
    *last = node != NULL ? node : *last;
    return value(c, space(c, p + 1), node, depth, place_for(c, node, &unused));
}

/* Behind '{'; `parent` NULL: nothing in it is read. */
static const char *members(struct scan *c, const char *p, const struct path_node *parent, int depth)
{
    const struct path_node *last = NULL;
    if (depth > JSON_DEPTH_MAX) {
        return NULL;
    }
    p = space(c, p);
    if (p < c->end && *p == '}') {
        return p + 1;
    }
    for (;;) {
        p = member(c, p, parent, &last, depth);
        if (p == NULL) {
            return NULL;
        }
        p = space(c, p);
        if (p >= c->end || (*p != ',' && *p != '}')) {
            return NULL;
        }
        if (*p == '}') {
            return p + 1;
        }
        p = space(c, p + 1);
    }
}

bool record_scan(const struct path_node *root, struct str bytes, struct arena *a,
                 struct input *inputs)
{
    if (bytes.len == 0) {
        return false;
    }
    struct scan c = {.end = bytes.ptr + bytes.len, .arena = a, .inputs = inputs};
    const char *p = space(&c, bytes.ptr);
    if (p >= c.end || *p != '{') {
        return false;
    }
    p = members(&c, p + 1, root->child == NULL ? NULL : root, 1);
    return p != NULL && space(&c, p) == c.end;
}
