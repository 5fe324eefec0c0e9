/* inflate.c -- gzip and zstd to bytes, a piece a call, within CAPTURE_BYTES_MAX.
 *
 * Everything is verified; an object that ends inside a member or frame is cut, and so is the last
 * piece of it an error, not an end. The libraries allocate from an arena of their own that
 * recycles, since zstd takes a new window for each frame that asks for a larger one; it ends with
 * the caller's, and with it all that they hold. */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_createDCtx_advanced */
#include "inflate.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "base/buf.h"
#include "base/limits.h"
#include "inflate_input.h"
#include "pipeline/capture.h"

#define STEP_BYTES (256 * KIB)
#define GZIP_WINDOW (15 + 16) /* the largest window, gzip's header */
#define HEAD_BYTES_MAX 18     /* of a zstd frame; of all that is known by its first bytes */
#define ZSTD_MAGIC STR("\x28\xB5\x2F\xFD")

struct inflate {
    enum { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD } packing;
    struct inflate_input in;
    bool inside;        /* a member or frame */
    uint64_t begins_at; /* it */
    uint64_t made;
    bool refuses_captures;
    z_stream z;
    ZSTD_DCtx *zstd;
};

/* ---- the input ---- */

enum err inflate_need(struct inflate_input *in, size_t count, struct diag *d)
{
    while (in->rest.len < count && !in->ended) {
        struct str piece;
        bool some = in->rest.len > 0;
        if (some) { /* the next piece may take its memory */
            buf_truncate(&in->kept, 0);
            memmove(buf_reserve(&in->kept, in->rest.len), in->rest.ptr, in->rest.len);
            buf_commit(&in->kept, in->rest.len);
            in->rest = buf_str(&in->kept);
        }
        TRY(in->from.more(in->from.ctx, &piece, d));
        in->ended = piece.len == 0;
        if (some) {
            buf_add(&in->kept, piece);
        }
        in->rest = some ? buf_str(&in->kept) : piece;
    }
    return ERR_OK;
}

void inflate_take(struct inflate_input *in, size_t count)
{
    in->rest = str_from(in->rest, count);
    in->at += count;
}

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

/* ---- gzip ---- */

static bool is_gzip(struct str bytes)
{
    return str_starts(bytes, STR("\x1f\x8b"));
}

static enum err fail_cut(const struct inflate *f, const char *what, struct diag *d)
{
    return fail(d, ERR_CORRUPT, "%s at byte %llu: cut, the %llu bytes end inside it", what,
                (unsigned long long)f->begins_at, (unsigned long long)f->in.at);
}

/* Zeros behind the last member are padding. */
static enum err gzip_padding(struct inflate *f, struct diag *d)
{
    uint64_t from = f->in.at;
    while (f->in.rest.len > 0) {
        for (size_t i = 0; i < f->in.rest.len; i++) {
            if (f->in.rest.ptr[i] != 0) {
                return fail(d, ERR_CORRUPT, "byte %llu: what follows the gzip member is none",
                            (unsigned long long)from);
            }
        }
        inflate_take(&f->in, f->in.rest.len);
        TRY(inflate_need(&f->in, 1, d));
    }
    return ERR_OK;
}

/* The head of the next member, unless this is the end. */
static enum err gzip_enter(struct inflate *f, struct diag *d)
{
    TRY(inflate_need(&f->in, 2, d));
    if (!is_gzip(f->in.rest)) {
        return gzip_padding(f, d);
    }
    inflateReset(&f->z);
    f->inside = true;
    f->begins_at = f->in.at;
    return ERR_OK;
}

/* Some of a member. */
static enum err gzip_step(struct inflate *f, char *room, size_t size, size_t *ret_got,
                          struct diag *d)
{
    z_stream *z = &f->z;
    TRY(inflate_need(&f->in, 1, d));
    z->next_in = (Bytef *)(uintptr_t)f->in.rest.ptr;
    z->avail_in = (uInt)f->in.rest.len;
    z->next_out = (Bytef *)room;
    z->avail_out = (uInt)size;
    int code = inflate(z, Z_NO_FLUSH);
    bool starved = f->in.rest.len == 0;
    inflate_take(&f->in, f->in.rest.len - z->avail_in);
    *ret_got = size - z->avail_out;
    f->inside = code != Z_STREAM_END;
    if (f->inside && code != Z_OK && code != Z_BUF_ERROR) {
        return fail(d, ERR_CORRUPT, "gzip member at byte %llu, near byte %llu: %s",
                    (unsigned long long)f->begins_at, (unsigned long long)f->in.at,
                    z->msg == NULL ? "not gzip" : z->msg);
    }
    return f->inside && starved && *ret_got == 0 ? fail_cut(f, "gzip member", d) : ERR_OK;
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

static enum err zstd_enter(struct inflate *f, struct diag *d)
{
    TRY(inflate_need(&f->in, HEAD_BYTES_MAX, d));
    struct str frame = f->in.rest;
    unsigned long long at = f->begins_at = f->in.at;
    if (frame.len > 0 && !is_zstd(frame)) {
        return frame.len < 4
                   ? fail(d, ERR_CORRUPT, "byte %llu: cut, a zstd frame has a longer head", at)
                   : fail(d, ERR_CORRUPT, "byte %llu: no zstd frame begins here", at);
    }
    if (f->refuses_captures && capture_index_is(frame)) {
        return fail(d, ERR_CORRUPT,
                    "byte %llu: the index of a capture, and no seek table at its end: cut", at);
    }
    unsigned dictionary = ZSTD_getDictID_fromFrame(frame.ptr, frame.len);
    if (frame.len > 0 && dictionary != 0) {
        return fail(d, ERR_UNSUPPORTED,
                    "zstd frame at byte %llu: dictionaries are not read, and it needs %u", at,
                    dictionary);
    }
    f->inside = frame.len > 0;
    return ERR_OK;
}

static enum err zstd_failed(const struct inflate *f, size_t code, struct diag *d)
{
    bool window = ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge;
    return fail(d, window ? ERR_LIMIT : ERR_CORRUPT, "zstd frame at byte %llu: %s",
                (unsigned long long)f->begins_at, ZSTD_getErrorName(code));
}

/* Some of a frame. */
static enum err zstd_step(struct inflate *f, char *room, size_t size, size_t *ret_got,
                          struct diag *d)
{
    TRY(inflate_need(&f->in, 1, d));
    ZSTD_inBuffer in = {.src = f->in.rest.ptr, .size = f->in.rest.len};
    ZSTD_outBuffer out = {.dst = room, .size = size};
    size_t left = ZSTD_decompressStream(f->zstd, &out, &in);
    if (ZSTD_isError(left)) {
        return zstd_failed(f, left, d);
    }
    bool starved = in.size == 0;
    inflate_take(&f->in, in.pos);
    *ret_got = out.pos;
    f->inside = left > 0;
    return f->inside && starved && out.pos == 0 ? fail_cut(f, "zstd frame", d) : ERR_OK;
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
    /* Thrift's first field follows the magic. */
    bool parquet = str_starts(object, STR("PAR1\x15"));
    if (bzip2 || parquet) {
        return fail(d, ERR_UNSUPPORTED, "%s is not read: gzip, zstd or plain",
                    bzip2 ? "bzip2" : "Parquet");
    }
    return ERR_OK;
}

/* ---- all of them ---- */

enum err inflate_open(struct arena *a, const struct reader_input *input,
                      struct inflate **ret_inflate, struct diag *d)
{
    struct inflate *f = NEW(a, struct inflate);
    f->in.from = *input;
    buf_init(&f->in.kept, a, CAPTURE_BYTES_MAX + MIB);
    TRY(inflate_need(&f->in, HEAD_BYTES_MAX, d));
    if (is_gzip(f->in.rest)) {
        f->packing = PACKED_GZIP;
        f->z = (z_stream){.zalloc = gzip_take, .zfree = gzip_give};
        f->z.opaque = arena_child(a, "inflate", ARENA_TASK_BYTES_MAX);
        int started = inflateInit2(&f->z, GZIP_WINDOW);
        ASSERT(started == Z_OK);
    } else if (is_zstd(f->in.rest)) {
        struct arena *memory = arena_child(a, "inflate", ARENA_TASK_BYTES_MAX);
        f->packing = PACKED_ZSTD;
        f->zstd = ZSTD_createDCtx_advanced((ZSTD_customMem){block_take, block_give, memory});
        ASSERT(f->zstd != NULL);
    } else {
        TRY(check_refused(f->in.rest, d));
    }
    *ret_inflate = f;
    return ERR_OK;
}

void inflate_refuse_captures(struct inflate *f)
{
    f->refuses_captures = true;
}

static enum err plain_read(struct inflate *f, char *room, size_t size, size_t *ret_got,
                           struct diag *d)
{
    TRY(inflate_need(&f->in, 1, d));
    *ret_got = f->in.rest.len < size ? f->in.rest.len : size;
    memcpy(room, f->in.rest.ptr, *ret_got);
    inflate_take(&f->in, *ret_got);
    return ERR_OK;
}

/* Until there is some, or nothing is left. */
static enum err packed_read(struct inflate *f, char *room, size_t size, size_t *ret_got,
                            struct diag *d)
{
    bool gzip = f->packing == PACKED_GZIP;
    for (*ret_got = 0; *ret_got == 0;) {
        if (!f->inside) {
            TRY(gzip ? gzip_enter(f, d) : zstd_enter(f, d));
        }
        if (!f->inside) {
            return ERR_OK;
        }
        TRY(gzip ? gzip_step(f, room, size, ret_got, d) : zstd_step(f, room, size, ret_got, d));
    }
    return ERR_OK;
}

enum err inflate_read(struct inflate *f, char *room, size_t size, size_t *ret_got, struct diag *d)
{
    TRY(f->packing == PACKED_NOT ? plain_read(f, room, size, ret_got, d)
                                 : packed_read(f, room, size, ret_got, d));
    f->made += *ret_got;
    return f->made <= CAPTURE_BYTES_MAX
               ? ERR_OK
               : fail(d, ERR_LIMIT, "more than %zu bytes after decompression", CAPTURE_BYTES_MAX);
}

static enum err read_whole(struct inflate *f, struct buf *out, struct diag *d)
{
    for (size_t got = 1; got > 0;) {
        TRY(inflate_read(f, buf_reserve(out, STEP_BYTES), STEP_BYTES, &got, d));
        buf_commit(out, got);
    }
    return ERR_OK;
}

enum err reader_inflate(struct arena *a, struct str object, struct str *ret_bytes, struct diag *d)
{
    struct inflate *f;
    struct buf out;
    struct reader_input input;
    struct str once = object;
    struct arena *scratch = arena_new("inflate", ARENA_TASK_BYTES_MAX);
    buf_init(&out, a, CAPTURE_BYTES_MAX + MIB);
    reader_input_str(&input, &once);
    enum err err = inflate_open(scratch, &input, &f, d);
    err = err == ERR_OK ? read_whole(f, &out, d) : err;
    arena_free(scratch);
    TRY(err);
    *ret_bytes = buf_str(&out);
    return ERR_OK;
}
