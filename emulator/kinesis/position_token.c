#include "position_token.h"

#include <string.h>
#include "base/encode.h"
#include "base/hash.h"

#define CHECK_SEED UINT64_C(0x6b696e6573697331) /* no other hash of the seed is this one */
enum { HEAD_BYTES = 8, FIXED_BYTES = 1 + 8 + 4 + 4 + 8 + 1 + 8, CHECK_BYTES = 8 };
/* AWS kinesis-get-shard-iterator-4: an iterator is as long as one that holds a block cipher's text
 * of its stream's name would be, and begins with the number 1. */
enum { ITERATOR_BYTES = 152, BLOCK_BYTES = 16, NAME_BYTES = 2 };
#define TOKEN_BYTES_MAX 384 /* 512 characters */

static void put_number(struct buf *out, uint64_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        buf_add_char(out, (char)(value >> shift));
    }
}

static uint64_t take_number(struct str *rest, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | (uint8_t)rest->ptr[i];
    }
    *rest = str_from(*rest, (size_t)bytes);
    return value;
}

static uint64_t check_of(struct str bytes, uint64_t seed)
{
    return hash64(hash64_mix(seed, CHECK_SEED), bytes);
}

/* "account/region/name" */
static size_t iterator_bytes(struct str key, size_t least)
{
    size_t name = key.len - (str_find_last(key, '/') + 1);
    size_t bytes = ITERATOR_BYTES + (name + NAME_BYTES) / BLOCK_BYTES * BLOCK_BYTES;
    while (bytes < least) {
        bytes += BLOCK_BYTES;
    }
    return bytes;
}

struct str token_text(const struct position_token *t, uint64_t seed, struct arena *a)
{
    ASSERT(t->key.len <= TOKEN_KEY_BYTES_MAX);
    struct buf bytes;
    buf_init(&bytes, a, TOKEN_BYTES_MAX);
    put_number(&bytes, 1, HEAD_BYTES);
    put_number(&bytes, (uint64_t)t->kind, 1);
    put_number(&bytes, (uint64_t)t->made_us, 8);
    put_number(&bytes, t->uid, 4);
    put_number(&bytes, t->shard, 4);
    put_number(&bytes, t->place, 8);
    put_number(&bytes, t->filter, 1);
    put_number(&bytes, (uint64_t)t->filter_us, 8);
    buf_add(&bytes, t->key);
    if (t->kind == TOKEN_ITERATOR) {
        size_t whole = iterator_bytes(t->key, bytes.len + CHECK_BYTES);
        while (bytes.len < whole - CHECK_BYTES) {
            buf_add_char(&bytes, '\0');
        }
    }
    put_number(&bytes, check_of(buf_str(&bytes), seed), CHECK_BYTES);
    struct buf text;
    buf_init(&text, a, 512);
    encode_base64(&text, buf_str(&bytes));
    return buf_str(&text);
}

bool token_parse(struct str text, enum token_kind kind, uint64_t seed, struct arena *a,
                 struct position_token *ret_token)
{
    struct buf bytes;
    struct diag d = DIAG_INIT;
    if (text.len > 512) {
        return false;
    }
    buf_init(&bytes, a, 512);
    if (decode_base64(&bytes, text, &d) != ERR_OK ||
        bytes.len < HEAD_BYTES + FIXED_BYTES + CHECK_BYTES) {
        return false;
    }
    struct str whole = buf_str(&bytes);
    struct str body = str_slice(whole, 0, whole.len - CHECK_BYTES);
    struct str check = str_from(whole, body.len);
    if (take_number(&check, CHECK_BYTES) != check_of(body, seed)) {
        return false;
    }
    if (take_number(&body, HEAD_BYTES) != 1) {
        return false;
    }
    struct position_token t = {.kind = (enum token_kind)take_number(&body, 1)};
    t.made_us = (int64_t)take_number(&body, 8);
    t.uid = (uint32_t)take_number(&body, 4);
    t.shard = (uint32_t)take_number(&body, 4);
    t.place = take_number(&body, 8);
    t.filter = (uint8_t)take_number(&body, 1);
    t.filter_us = (int64_t)take_number(&body, 8);
    while (body.len > 0 && body.ptr[body.len - 1] == '\0') { /* an iterator's length */
        body.len--;
    }
    t.key = body;
    *ret_token = t;
    return t.kind == kind;
}
