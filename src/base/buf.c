#include "base/buf.h"

#include <stdarg.h>
#include <string.h>
#include "base/text_format.h"

#define BUF_BYTES_FIRST ((size_t)64)
#define FORMATTED_BYTES_FIRST 256 /* longer ones are formatted twice */

void buf_init(struct buf *b, struct arena *a, size_t max_bytes)
{
    *b = (struct buf){.arena = a, .max = max_bytes};
}

char *buf_reserve(struct buf *b, size_t len)
{
    if (len <= b->cap - b->len) {
        return b->ptr == NULL ? arena_alloc_raw(b->arena, 0) : b->ptr + b->len;
    }
    ASSERT(len <= b->max - b->len); /* the cap that the caller promised */
    size_t cap = b->cap == 0 ? BUF_BYTES_FIRST : b->cap * 2;
    cap = cap < b->len + len ? b->len + len : cap;
    cap = cap > b->max ? b->max : cap;
    b->ptr = arena_grow(b->arena, b->ptr, b->cap, cap);
    b->cap = cap;
    return b->ptr + b->len;
}

void buf_commit(struct buf *b, size_t len)
{
    ASSERT(len <= b->cap - b->len);
    b->len += len;
}

void buf_add_bytes(struct buf *b, const void *data, size_t len)
{
    if (len > 0) {
        memcpy(buf_reserve(b, len), data, len);
        b->len += len;
    }
}

void buf_add(struct buf *b, struct str s)
{
    buf_add_bytes(b, s.ptr, s.len);
}

void buf_add_z(struct buf *b, const char *z)
{
    buf_add_bytes(b, z, strlen(z));
}

void buf_add_char(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->len++;
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_add_bytes(b, digits + at, sizeof(digits) - at);
}

void buf_add_i64(struct buf *b, int64_t value)
{
    if (value < 0) {
        buf_add_char(b, '-');
    }
    buf_add_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    char small[FORMATTED_BYTES_FIRST];
    va_list args;
    va_start(args, format);
    size_t len = format_text(small, sizeof(small), format, args);
    va_end(args);
    if (len < sizeof(small)) {
        buf_add_bytes(b, small, len);
        return;
    }
    ASSERT(len <= b->max - b->len);
    char *large = arena_alloc_raw(b->arena, len + 1); /* room for the NUL, past the cap */
    va_start(args, format);
    (void)format_text(large, len + 1, format, args);
    va_end(args);
    buf_add_bytes(b, large, len);
    arena_drop(b->arena, large, len + 1);
}

void buf_truncate(struct buf *b, size_t len)
{
    ASSERT(len <= b->len);
    b->len = len;
}

struct str buf_str(const struct buf *b)
{
    return b->len == 0 ? STR_EMPTY : str_n(b->ptr, b->len);
}
