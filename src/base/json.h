/* json.h -- JSON in three shapes: a pull scanner for hot paths, a tree for the rest, a compact
 * writer. Numbers stay text, as written: no double ever touches an amount (a reader takes int64 or
 * a decimal). RFC 8259; duplicate keys: the first wins in json_get; depth is capped at
 * JSON_DEPTH_MAX. yaml.h reads YAML into the same tree. */
#ifndef AFORO_BASE_JSON_H
#define AFORO_BASE_JSON_H

#include "base/buf.h"
#include "base/str.h"

/* ---- pull scanner: no allocation, one pass, text must outlive it ---- */
enum json_token {
    JSON_END,   /* the value is complete (only at depth 0) */
    JSON_ERROR, /* not JSON: json_scan_fail tells where and why */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};
struct json_scan {
    struct str text;
    size_t at;       /* next byte to read */
    size_t origin;   /* of the text in what it is a part of, for messages: 0 */
    size_t token_at; /* where the current token began */
    struct str raw;  /* KEY, STRING: between the quotes, still escaped; NUMBER: as written */
    bool escaped;    /* raw has a backslash */
    int depth;
    unsigned char state;
    const char *error;   /* static text, set with JSON_ERROR */
    uint64_t nesting[2]; /* one bit a level: object or array */
};
#define JSON_DEPTH_MAX 100
void json_scan_init(struct json_scan *s, struct str text);
enum json_token json_scan_next(struct json_scan *s);
/* After KEY: skips its value. After OBJECT or ARRAY: skips to its end. ret_raw: the value's text,
 * or NULL. Gives the token with which the value began, or JSON_ERROR. Not to be called after any
 * other token. */
enum json_token json_scan_skip(struct json_scan *s, struct str *ret_raw);
/* The current KEY's or STRING's text with escapes resolved: borrowed when none, else in
 * the arena. */
struct str json_scan_text(const struct json_scan *s, struct arena *a);
/* ERR_INVALID "byte 17: ...", counted from 0 */
enum err json_scan_fail(const struct json_scan *s, struct diag *d);

/* Reads the one value that begins at *at in a text that may hold several (concatenated JSON),
 * skipping white space before it; moves *at past it. ERR_NOT_FOUND: only white space is left (d
 * untouched). ERR_INVALID: not JSON, *at unmoved. */
MUST_USE enum err json_split(struct str text, size_t *at, struct str *ret_value, struct diag *d);

/* ---- tree ---- */
enum json_kind {
    JSON_IS_NULL,
    JSON_IS_FALSE,
    JSON_IS_TRUE,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT
};
struct json {
    enum json_kind kind;
    uint32_t line, column;     /* from 1, columns in bytes; 0 when made by code */
    struct str key;            /* in an object: its name */
    struct str text;           /* STRING: resolved; NUMBER: as written */
    struct json *first, *last; /* ARRAY, OBJECT */
    struct json *next;
    size_t count;
};
/* The whole text is one value, else ERR_INVALID "line:column: ...". Lives in `a`; strings without
 * escapes borrow `text`. */
MUST_USE enum err json_parse(struct arena *a, struct str text, struct json **ret_tree,
                             struct diag *d);
/* NULL: not an object, or no such key */
struct json *json_get(const struct json *object, struct str key);
/* "a.b.c", "list.0.name"; NULL when missing */
struct json *json_at(const struct json *tree, const char *path);
bool json_is(const struct json *node, enum json_kind kind); /* NULL is no kind */
/* STRING's or NUMBER's text, else empty */
struct str json_str(const struct json *node);
bool json_bool(const struct json *node, bool otherwise);
/* ERR_INVALID when not a whole number in range; names line:column and what stood there. */
MUST_USE enum err json_i64(const struct json *node, int64_t *ret_value, struct diag *d);
const char *json_kind_name(enum json_kind kind);

/* Building trees by code: children are appended. Keys and texts are borrowed. */
struct json *json_new(struct arena *a, enum json_kind kind);
struct json *json_new_str(struct arena *a, struct str text);
struct json *json_new_i64(struct arena *a, int64_t value);
struct json *json_new_number(struct arena *a, struct str text); /* text is a JSON number */
struct json *json_new_bool(struct arena *a, bool value);
/* returns child; key empty in arrays */
struct json *json_add(struct json *parent, struct str key, struct json *child);
struct json *json_set_str(struct arena *a, struct json *object, const char *key, struct str text);
struct json *json_set_i64(struct arena *a, struct json *object, const char *key, int64_t value);
struct json *json_set_bool(struct arena *a, struct json *object, const char *key, bool value);
struct json *json_set(struct arena *a, struct json *object, const char *key, enum json_kind kind);

void json_write(struct buf *out, const struct json *tree); /* compact */
/* for people: two spaces */
void json_write_indented(struct buf *out, const struct json *tree);

/* ---- writer: compact JSON straight into a buffer, commas by itself ---- */
struct json_out {
    struct buf *out;
    uint64_t has_item[2]; /* one bit a level */
    int depth;
    bool after_key;
};
void json_out_init(struct json_out *w, struct buf *out);
void json_out_object(struct json_out *w);
void json_out_object_end(struct json_out *w);
void json_out_array(struct json_out *w);
void json_out_array_end(struct json_out *w);
void json_out_key(struct json_out *w, const char *key);
void json_out_key_str(struct json_out *w, struct str key);
/* escapes; invalid UTF-8 becomes U+FFFD */
void json_out_str(struct json_out *w, struct str text);
size_t json_str_bytes(struct str text); /* what that takes, its quotes included */
void json_out_i64(struct json_out *w, int64_t value);
void json_out_u64(struct json_out *w, uint64_t value);
void json_out_bool(struct json_out *w, bool value);
void json_out_null(struct json_out *w);
void json_out_raw(struct json_out *w, struct str json); /* a value that is JSON already */
void json_out_base64(struct json_out *w, struct str bytes);
/* key and value at once */
void json_out_kstr(struct json_out *w, const char *key, struct str text);
void json_out_ki64(struct json_out *w, const char *key, int64_t value);
void json_out_kbool(struct json_out *w, const char *key, bool value);

#endif
