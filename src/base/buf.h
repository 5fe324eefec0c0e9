/* buf.h -- A growing run of bytes in an arena: how every message, key and page is built.
 * The cap is a programmer's promise (limits.h): growing past it aborts, so check input
 * sizes first. */
#ifndef AFORO_BASE_BUF_H
#define AFORO_BASE_BUF_H

#include <stdint.h>
#include "base/str.h"

struct buf {
    struct arena *arena;
    char *ptr;
    size_t len, cap, max;
};

void buf_init(struct buf *b, struct arena *a, size_t max_bytes);
void buf_add(struct buf *b, struct str s);
void buf_add_z(struct buf *b, const char *z);
void buf_add_bytes(struct buf *b, const void *data, size_t len);
void buf_add_char(struct buf *b, char c);
void buf_add_i64(struct buf *b, int64_t value);
void buf_add_u64(struct buf *b, uint64_t value);
void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* room for len more bytes; write, then buf_commit */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);
void buf_truncate(struct buf *b, size_t len); /* len <= b->len */
struct str buf_str(const struct buf *b);      /* borrowed: valid until the next change */

#endif
