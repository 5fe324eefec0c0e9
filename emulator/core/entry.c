#include "entry.h"

void entry_put_u8(struct buf *out, unsigned value)
{
    buf_add_char(out, (char)value);
}

void entry_put_u64(struct buf *out, uint64_t value)
{
    char bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(value >> (8 * i));
    }
    buf_add_bytes(out, bytes, sizeof(bytes));
}

void entry_put_str(struct buf *out, struct str text)
{
    entry_put_u64(out, text.len);
    buf_add(out, text);
}

struct str entry_take(struct entry_reader *r, uint64_t count)
{
    if (r->bad || count > r->rest.len) {
        r->bad = true;
        return STR_EMPTY;
    }
    struct str bytes = str_slice(r->rest, 0, (size_t)count);
    r->rest = str_from(r->rest, (size_t)count);
    return bytes;
}

unsigned entry_u8(struct entry_reader *r)
{
    struct str byte = entry_take(r, 1);
    return byte.len == 0 ? 0 : (unsigned char)byte.ptr[0];
}

uint64_t entry_u64(struct entry_reader *r)
{
    struct str bytes = entry_take(r, 8);
    uint64_t value = 0;
    for (size_t i = bytes.len; i > 0; i--) {
        value = value << 8 | (unsigned char)bytes.ptr[i - 1];
    }
    return value;
}

int64_t entry_i64(struct entry_reader *r)
{
    return (int64_t)entry_u64(r);
}

struct str entry_str(struct entry_reader *r)
{
    return entry_take(r, entry_u64(r));
}
