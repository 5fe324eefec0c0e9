/* zstd_arena.c -- The allocator that zstd is given takes from an arena of the context's own, in
 * blocks that know their size, so that a context that is kept gives back what it grows out of.
 * Level 3 sizes its tables by the input, so a small object costs a small context. */
#define ZSTD_STATIC_LINKING_ONLY /* for the _advanced constructors */
#include "zstd_arena.h"

#include <zstd.h>
#include "base/limits.h"

#define LEVEL 3

struct zstd_writer {
    ZSTD_CCtx *ctx;
};
struct zstd_reader {
    ZSTD_DCtx *ctx;
};

struct head {
    _Alignas(16) size_t bytes; /* of the block, head included */
};

static void *take(void *arena, size_t size)
{
    struct head *head = arena_alloc_raw(arena, sizeof(struct head) + size);
    head->bytes = sizeof(struct head) + size;
    return head + 1;
}

static void leave(void *arena, void *block)
{
    if (block != NULL) {
        struct head *head = (struct head *)block - 1;
        arena_recycle(arena, head, head->bytes);
    }
}

static ZSTD_customMem memory_new(struct arena *a)
{
    return (ZSTD_customMem){take, leave, arena_child(a, "zstd", ARENA_TASK_BYTES_MAX)};
}

struct zstd_writer *zstd_writer_new(struct arena *a)
{
    struct zstd_writer *w = NEW(a, struct zstd_writer);
    w->ctx = ZSTD_createCCtx_advanced(memory_new(a));
    ASSERT(w->ctx != NULL);
    size_t set = ZSTD_CCtx_setParameter(w->ctx, ZSTD_c_compressionLevel, LEVEL);
    ASSERT(!ZSTD_isError(set));
    set = ZSTD_CCtx_setParameter(w->ctx, ZSTD_c_checksumFlag, 1);
    ASSERT(!ZSTD_isError(set));
    return w;
}

void zstd_write(struct zstd_writer *w, struct str bytes, struct buf *out)
{
    size_t room = ZSTD_compressBound(bytes.len);
    char *to = buf_reserve(out, room);
    size_t size = ZSTD_compress2(w->ctx, to, room, bytes.ptr, bytes.len);
    ASSERT(!ZSTD_isError(size));
    buf_commit(out, size);
}

struct zstd_reader *zstd_reader_new(struct arena *a)
{
    struct zstd_reader *r = NEW(a, struct zstd_reader);
    r->ctx = ZSTD_createDCtx_advanced(memory_new(a));
    ASSERT(r->ctx != NULL);
    /* what is read has a checksum of ours, over the same bytes */
    size_t set = ZSTD_DCtx_setParameter(r->ctx, ZSTD_d_forceIgnoreChecksum, ZSTD_d_ignoreChecksum);
    ASSERT(!ZSTD_isError(set));
    return r;
}

enum err zstd_read(struct zstd_reader *r, struct str frame, char *ret_bytes, size_t size,
                   struct diag *d)
{
    size_t got = ZSTD_decompressDCtx(r->ctx, ret_bytes, size, frame.ptr, frame.len);
    if (ZSTD_isError(got)) {
        return fail(d, ERR_CORRUPT, "zstd: %s", ZSTD_getErrorName(got));
    }
    if (got != size) {
        return fail(d, ERR_CORRUPT, "zstd: %zu bytes instead of %zu", got, size);
    }
    return ERR_OK;
}
