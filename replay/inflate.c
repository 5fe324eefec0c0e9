/* inflate.c -- gzip and zstd to bytes, within CAPTURE_BYTES_MAX.
 *
 * Everything is verified: gzip's CRC and length a member, zstd's checksum a frame where it has one;
 * an object that ends inside a member or frame is cut, and none of it is used. The libraries
 * allocate from an arena of their own that recycles, since zstd takes a new window for each frame
 * that asks for a larger one. */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_createDCtx_advanced */
#include "replay/reader.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "base/buf.h"
#include "base/limits.h"

#define STEP_BYTES (256 * KIB)
#define GZIP_WINDOW (15 + 16) /* the largest window, gzip's header */
#define ZSTD_MAGIC STR("\x28\xB5\x2F\xFD")

/* ---- memory for the libraries ---- */

#define HEAD_BYTES ((size_t)16) /* before each block: its size */

static void *block_take(void *arena, size_t size)
{
    size_t *block = arena_alloc_raw(arena, size + HEAD_BYTES);
    *block = size + HEAD_BYTES;
    return (char *)block + HEAD_BYTES;
}

static void block_give(void *arena, void *block)
{
    if (block != NULL) {
        size_t *head = (size_t *)(void *)((char *)block - HEAD_BYTES);
        arena_recycle(arena, head, *head);
    }
}

static voidpf gzip_take(voidpf arena, uInt items, uInt size)
{
    return block_take(arena, (size_t)items * size);
}

static void gzip_give(voidpf arena, voidpf block)
{
    block_give(arena, block);
}

/* ---- the output ---- */

/* Room for the next piece: doubling, and one byte past the cap, so that reaching it can be told
 * from passing it. */
static char *next_room(struct buf *out, size_t *ret_size)
{
    size_t want = out->len < STEP_BYTES ? STEP_BYTES : out->len;
    size_t left = CAPTURE_BYTES_MAX + 1 - out->len;
    *ret_size = want < left ? want : left;
    return buf_reserve(out, *ret_size);
}

static enum err check_cap(const struct buf *out, struct diag *d)
{
    return out->len <= CAPTURE_BYTES_MAX
               ? ERR_OK
               : fail(d, ERR_LIMIT, "more than %zu bytes after decompression", CAPTURE_BYTES_MAX);
}

/* ---- gzip ---- */

static bool is_gzip(struct str bytes)
{
    return str_starts(bytes, STR("\x1f\x8b"));
}

/* One member; *at moves behind it. */
static enum err gzip_member(z_stream *z, struct str object, size_t *at, struct buf *out,
                            struct diag *d)
{
    z->next_in = (Bytef *)(uintptr_t)(object.ptr + *at);
    z->avail_in = (uInt)(object.len - *at);
    for (;;) {
        size_t room;
        z->next_out = (Bytef *)next_room(out, &room);
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        buf_commit(out, room - z->avail_out);
        TRY(check_cap(out, d));
        if (code == Z_STREAM_END) {
            *at = object.len - z->avail_in;
            return ERR_OK;
        }
        if (code != Z_OK && code != Z_BUF_ERROR) {
            return fail(d, ERR_CORRUPT, "gzip member at byte %zu, near byte %zu: %s", *at,
                        object.len - z->avail_in, z->msg == NULL ? "not gzip" : z->msg);
        }
        if (z->avail_in == 0 && z->avail_out > 0) {
            return fail(d, ERR_CORRUPT, "gzip member at byte %zu: cut, the %zu bytes end inside it",
                        *at, object.len);
        }
    }
}

static bool is_padding(struct str rest)
{
    size_t zeros = 0;
    while (zeros < rest.len && rest.ptr[zeros] == 0) {
        zeros++;
    }
    return zeros == rest.len;
}

static enum err gzip_all(z_stream *z, struct str object, struct buf *out, struct diag *d)
{
    size_t at = 0;
    while (at < object.len) {
        struct str rest = str_from(object, at);
        if (!is_gzip(rest)) {
            return is_padding(rest)
                       ? ERR_OK
                       : fail(d, ERR_CORRUPT, "byte %zu: what follows the gzip member is none", at);
        }
        inflateReset(z);
        TRY(gzip_member(z, object, &at, out, d));
    }
    return ERR_OK;
}

static enum err gzip_inflate(struct arena *scratch, struct str object, struct buf *out,
                             struct diag *d)
{
    z_stream z = {.zalloc = gzip_take, .zfree = gzip_give, .opaque = scratch};
    int started = inflateInit2(&z, GZIP_WINDOW);
    ASSERT(started == Z_OK);
    enum err err = gzip_all(&z, object, out, d);
    inflateEnd(&z);
    return err;
}

/* ---- zstd ---- */

static bool is_skippable(struct str bytes)
{
    return bytes.len >= 4 && ((unsigned char)bytes.ptr[0] & 0xF0) == 0x50 &&
           str_starts(str_from(bytes, 1), STR("\x2A\x4D\x18"));
}

static bool is_zstd(struct str bytes)
{
    return str_starts(bytes, ZSTD_MAGIC) || is_skippable(bytes);
}

static enum err zstd_check_head(struct str frame, size_t at, struct diag *d)
{
    if (!is_zstd(frame)) {
        return frame.len < 4
                   ? fail(d, ERR_CORRUPT, "byte %zu: cut, a zstd frame has a longer head", at)
                   : fail(d, ERR_CORRUPT, "byte %zu: no zstd frame begins here", at);
    }
    unsigned dictionary = ZSTD_getDictID_fromFrame(frame.ptr, frame.len);
    if (dictionary != 0) {
        return fail(d, ERR_UNSUPPORTED,
                    "zstd frame at byte %zu: dictionaries are not read, and it needs %u", at,
                    dictionary);
    }
    return ERR_OK;
}

static enum err zstd_failed(size_t code, size_t at, struct diag *d)
{
    bool window = ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge;
    return fail(d, window ? ERR_LIMIT : ERR_CORRUPT, "zstd frame at byte %zu: %s", at,
                ZSTD_getErrorName(code));
}

/* One frame; in->pos moves behind it. */
static enum err zstd_frame(ZSTD_DCtx *ctx, ZSTD_inBuffer *in, struct buf *out, struct diag *d)
{
    size_t at = in->pos;
    TRY(zstd_check_head(str_n((const char *)in->src + at, in->size - at), at, d));
    for (;;) {
        ZSTD_outBuffer piece = {0};
        piece.dst = next_room(out, &piece.size);
        size_t left = ZSTD_decompressStream(ctx, &piece, in);
        if (ZSTD_isError(left)) {
            return zstd_failed(left, at, d);
        }
        buf_commit(out, piece.pos);
        TRY(check_cap(out, d));
        if (left == 0) {
            return ERR_OK;
        }
        if (in->pos == in->size && piece.pos < piece.size) {
            return fail(d, ERR_CORRUPT, "zstd frame at byte %zu: cut, the %zu bytes end inside it",
                        at, in->size);
        }
    }
}

static enum err zstd_inflate(struct arena *scratch, struct str object, struct buf *out,
                             struct diag *d)
{
    ZSTD_DCtx *ctx = ZSTD_createDCtx_advanced((ZSTD_customMem){block_take, block_give, scratch});
    ASSERT(ctx != NULL);
    ZSTD_inBuffer in = {.src = object.ptr, .size = object.len};
    enum err err = ERR_OK;
    while (err == ERR_OK && in.pos < in.size) {
        err = zstd_frame(ctx, &in, out, d);
    }
    ZSTD_freeDCtx(ctx);
    return err;
}

/* ---- what is refused by name ---- */

static const struct {
    struct str magic;
    const char *name;
} refused[] = {
    {STR_INIT("\xFD"
              "7zXZ"),
     "xz"},
    {STR_INIT("\x04\x22\x4D\x18"), "lz4"},
    {STR_INIT("\xFF\x06\x00\x00sNaPpY"), "snappy"},
    {STR_INIT("PK\x03\x04"), "zip"},
    {STR_INIT("Obj\x01"), "Avro"},
    {STR_INIT("\xFF\xFE"), "UTF-16"},
    {STR_INIT("\xFE\xFF"), "UTF-16"},
};

static enum err check_refused(struct str object, struct diag *d)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (str_starts(object, refused[i].magic)) {
            return fail(d, ERR_UNSUPPORTED, "%s is not read: gzip, zstd or plain", refused[i].name);
        }
    }
    bool bzip2 = str_starts(object, STR("BZh")) && str_starts(str_from(object, 4), STR("1AY&SY"));
    bool parquet = str_starts(object, STR("PAR1")) && str_ends(object, STR("PAR1"));
    if (bzip2 || parquet) {
        return fail(d, ERR_UNSUPPORTED, "%s is not read: gzip, zstd or plain",
                    bzip2 ? "bzip2" : "Parquet");
    }
    return ERR_OK;
}

enum err reader_inflate(struct arena *a, struct str object, struct str *ret_bytes, struct diag *d)
{
    if (object.len > CAPTURE_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%zu bytes: an object has at most %zu", object.len,
                    CAPTURE_BYTES_MAX);
    }
    if (!is_gzip(object) && !is_zstd(object)) {
        TRY(check_refused(object, d));
        *ret_bytes = object;
        return ERR_OK;
    }
    struct buf out;
    buf_init(&out, a, CAPTURE_BYTES_MAX + 1);
    struct arena *scratch = arena_new("inflate", ARENA_TASK_BYTES_MAX);
    enum err err = is_gzip(object) ? gzip_inflate(scratch, object, &out, d)
                                   : zstd_inflate(scratch, object, &out, d);
    arena_free(scratch);
    TRY(err);
    *ret_bytes = buf_str(&out);
    return ERR_OK;
}
