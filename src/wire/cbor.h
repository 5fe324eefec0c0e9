/* cbor.h -- CBOR (RFC 8949) one item at a time: a pull scanner over bytes, and writers into a
 * buffer. What a value means by its shape is in codec_cbor.c. Definite and indefinite lengths;
 * nesting is capped at JSON_DEPTH_MAX, as the tree's other spellings are. Nothing is allocated but
 * by cbor_text. */
#ifndef AFORO_WIRE_CBOR_H
#define AFORO_WIRE_CBOR_H

#include "base/json.h"

enum cbor_token {
    CBOR_ERROR, /* cbor_fail tells where and why; stays */
    CBOR_UINT,  /* value */
    CBOR_NINT,  /* -1 - value */
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY, /* cbor_enter, then items while cbor_more */
    CBOR_MAP,   /* the same; items are keys and values in turn */
    CBOR_TAG,   /* value; the item that it is about comes next */
    CBOR_FALSE,
    CBOR_TRUE,
    CBOR_NULL, /* undefined too */
    CBOR_FLOAT
};
struct cbor_scan {
    struct str bytes;
    size_t at;       /* next byte to read */
    size_t token_at; /* where the current item began */
    uint64_t value;  /* UINT, NINT, TAG; ARRAY, MAP: how many, unless indefinite */
    double number;   /* FLOAT: half, single and double alike */
    struct str raw;  /* BYTES, TEXT: as they are; of several chunks: heads included */
    bool indefinite; /* BYTES, TEXT: raw is chunks; ARRAY, MAP: ends with a break */
    int depth;
    const char *error; /* static text, set with ERROR */
};
void cbor_scan_init(struct cbor_scan *s, struct str bytes);
enum cbor_token cbor_next(struct cbor_scan *s);
/* BYTES and TEXT: borrowed, or joined in the arena when they came in chunks. */
struct str cbor_text(const struct cbor_scan *s, struct arena *a);
/* After an ARRAY or a MAP: how many items are left of it. */
struct cbor_run {
    uint64_t left;
    bool indefinite;
};
/* false: nested too deeply, which makes it an ERROR */
bool cbor_enter(struct cbor_scan *s, bool is_map, struct cbor_run *ret_run);
/* Whether another item (of a map: another key) comes; false also at an ERROR, which the next
 * cbor_next repeats. */
bool cbor_more(struct cbor_scan *s, struct cbor_run *run);
/* Passes over the rest of the item that `token` began; false: an ERROR. */
bool cbor_skip(struct cbor_scan *s, enum cbor_token token);
bool cbor_at_end(const struct cbor_scan *s);
/* ERR_INVALID "byte 17: ...", counted from 0 */
enum err cbor_fail(const struct cbor_scan *s, struct diag *d);

/* ---- writing: heads as short as they can be ---- */
void cbor_out_map(struct buf *out, uint64_t count);
void cbor_out_array(struct buf *out, uint64_t count);
void cbor_out_text(struct buf *out, struct str text);
void cbor_out_bytes(struct buf *out, struct str bytes);
void cbor_out_bytes_head(struct buf *out, uint64_t len); /* `len` bytes are to follow */
size_t cbor_head_bytes(uint64_t value); /* of a head that says a length, a count or a number */
void cbor_out_i64(struct buf *out, int64_t value);
void cbor_out_tag(struct buf *out, uint64_t tag);
void cbor_out_bool(struct buf *out, bool value);
void cbor_out_null(struct buf *out);
void cbor_out_double(struct buf *out, double value); /* always 8 bytes */
void cbor_out_float(struct buf *out, float value);   /* always 4 */

/* ---- numbers as the tree's text ---- */
/* The shortest decimal that reads back to the same double; "NaN", "Infinity", "-Infinity". */
struct str cbor_double_text(struct arena *a, double value);
/* A JSON number or one of the three words. */
double cbor_text_double(struct arena *a, struct str text);

#endif
