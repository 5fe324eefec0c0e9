#include "wire/gzip.h"

#include <zlib.h>
#include "base/buf.h"
#include "base/limits.h"

#define GZIP_WINDOW (15 + 16) /* the largest window; a gzip head, no other */
#define PIECE_BYTES (64 * KIB)

static void *take(void *arena, unsigned count, unsigned size)
{
    return arena_alloc_array(arena, count, size);
}

static void give(void *arena, void *block)
{
    (void)arena; /* with the request */
    (void)block;
}

static enum err fail_stream(int code, struct diag *d)
{
    return fail(d, ERR_CORRUPT, "the body is not valid gzip: %s",
                code == Z_BUF_ERROR ? "it is cut off" : "its bytes or its checksum are wrong");
}

/* One member after the other into `out`. */
static enum err members(z_stream *z, struct buf *out, uint64_t bytes_max, struct diag *d)
{
    for (;;) {
        uint64_t left = bytes_max - out->len + 1; /* one past the cap tells that it is passed */
        size_t room = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        z->next_out = (Bytef *)buf_reserve(out, room);
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        buf_commit(out, room - z->avail_out);
        if (out->len > bytes_max) {
            return fail(d, ERR_LIMIT, "the body unpacks to over %llu bytes",
                        (unsigned long long)bytes_max);
        }
        if (code == Z_STREAM_END && z->avail_in == 0) {
            return ERR_OK;
        }
        if (code == Z_STREAM_END) {
            code = inflateReset(z);
        } else if (code == Z_OK && z->avail_in == 0 && z->avail_out > 0) {
            code = Z_BUF_ERROR;
        }
        if (code != Z_OK) {
            return fail_stream(code, d);
        }
    }
}

enum err gzip_undo(struct str packed, uint64_t bytes_max, struct arena *a, struct str *ret_bytes,
                   struct diag *d)
{
    struct buf out;
    z_stream z = {.zalloc = take, .zfree = give, .opaque = a};
    if (packed.len > UINT32_MAX) {
        return fail(d, ERR_LIMIT, "a packed body has at most 4 GiB");
    }
    z.next_in = (Bytef *)(uintptr_t)packed.ptr; /* zlib reads it only */
    z.avail_in = (uInt)packed.len;
    int started = inflateInit2(&z, GZIP_WINDOW);
    ASSERT(started == Z_OK);
    buf_init(&out, a, (size_t)bytes_max + 1);
    TRY(members(&z, &out, bytes_max, d));
    *ret_bytes = buf_str(&out);
    return ERR_OK;
}
