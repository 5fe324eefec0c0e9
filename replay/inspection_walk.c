/* inspection_walk.c -- An object's parts from its first byte on, without trusting what stands at
 * its end: so an object that is cut still shows what is whole. Each index is held against the frame
 * before it (docs/capture-format.md). */
#include "inspection_parts.h"

#include <zlib.h>
#include <zstd.h>
#include "base/hash.h"
#include "base/limits.h"
#include "inflate.h"

#define PIECE_BYTES (64 * KIB)
#define SKIPPABLE_HEAD ((size_t)8)
#define INDEX_HEAD ((size_t)32)
#define SEEK_HEAD ((size_t)56)

struct walk {
    struct arena *arena;
    struct str object;
    size_t at, cap;
    struct inspection *to;
    uint64_t frame_bytes, frame_checksum; /* of the last zstd frame's content */
    bool has_frame;                       /* until its index was seen */
};

static uint64_t number(struct str from, size_t at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && at + i < from.len; i++) {
        value |= (uint64_t)(unsigned char)from.ptr[at + i] << (8 * i);
    }
    return value;
}

static bool is_skippable(struct str bytes)
{
    return bytes.len >= SKIPPABLE_HEAD && (number(bytes, 0, 4) & 0xFFFFFFF0u) == 0x184D2A50u;
}

static void add(struct walk *w, struct inspected_part part)
{
    struct inspection *to = w->to;
    if (to->part_count == w->cap) {
        size_t cap = w->cap == 0 ? 64 : 2 * w->cap;
        to->parts =
            arena_grow(w->arena, to->parts, w->cap * sizeof(*to->parts), cap * sizeof(*to->parts));
        w->cap = cap;
    }
    part.at = w->at;
    to->parts[to->part_count++] = part;
    w->at += (size_t)part.size;
}

static void add_rest(struct walk *w, struct str problem)
{
    add(w, (struct inspected_part){
               .kind = PART_REST, .size = w->object.len - w->at, .problem = problem});
}

/* ---- gzip ---- */

/* FLG.FNAME: the name stands behind the ten bytes of the head, and behind FEXTRA where there is one
 * (RFC 1952). */
static struct str gzip_name(struct str member)
{
    size_t at = 10;
    unsigned flags = member.len > at ? (unsigned char)member.ptr[3] : 0;
    if ((flags & 4) != 0) {
        at += 2 + (size_t)number(member, at, 2);
    }
    struct str rest = str_from(member, at);
    return (flags & 8) != 0 ? str_slice(rest, 0, str_find(rest, '\0')) : STR_EMPTY;
}

static void walk_gzip_member(struct walk *w, z_stream *z, Bytef *piece)
{
    struct str rest = str_from(w->object, w->at);
    struct inspected_part part = {.kind = PART_GZIP, .note = gzip_name(rest)};
    int code = inflateReset(z);
    z->next_in = (Bytef *)(uintptr_t)rest.ptr;
    z->avail_in = (uInt)rest.len;
    while (code == Z_OK && part.raw_bytes <= CAPTURE_BYTES_MAX) {
        z->next_out = piece;
        z->avail_out = (uInt)PIECE_BYTES;
        code = inflate(z, Z_NO_FLUSH);
        part.raw_bytes += PIECE_BYTES - z->avail_out;
    }
    part.size = rest.len - z->avail_in;
    if (code != Z_STREAM_END) {
        part.size = rest.len;
        part.problem = code == Z_OK          ? STR("larger than an object may be")
                       : code == Z_BUF_ERROR ? STR("cut")
                                             : str_copy(w->arena, str_of(z->msg));
        part.problem = part.problem.len == 0 ? STR("no gzip member") : part.problem;
    }
    add(w, part);
}

static void walk_gzip(struct walk *w)
{
    z_stream z = {0};
    Bytef *piece = arena_alloc_raw(w->arena, PIECE_BYTES);
    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return;
    }
    while (w->at < w->object.len) {
        if (str_starts(str_from(w->object, w->at), STR("\x1f\x8b"))) {
            walk_gzip_member(w, &z, piece);
        } else {
            add_rest(w, STR_EMPTY); /* zeros of padding, or what the reader refuses */
        }
    }
    inflateEnd(&z);
}

/* ---- zstd ---- */

static enum err read_frame(struct walk *w, struct arena *a, struct str frame, struct diag *d)
{
    struct inflate *f;
    struct reader_input input;
    char *piece = arena_alloc_raw(a, PIECE_BYTES);
    size_t got;
    reader_input_str(&input, &frame);
    TRY(inflate_open(a, &input, &f, d));
    w->frame_bytes = w->frame_checksum = 0;
    do {
        TRY(inflate_read(f, piece, PIECE_BYTES, &got, d));
        w->frame_bytes += got;
        w->frame_checksum = hash_crc64nvme(w->frame_checksum, str_n(piece, got));
    } while (got > 0);
    return ERR_OK;
}

static void walk_frame(struct walk *w, size_t size)
{
    struct inspected_part part = {.kind = PART_FRAME, .size = size};
    struct diag d = DIAG_INIT;
    struct arena *a = arena_new("inspect frame", ARENA_TASK_BYTES_MAX);
    w->has_frame = read_frame(w, a, str_slice(w->object, w->at, w->at + size), &d) == ERR_OK;
    arena_free(a);
    if (w->has_frame) {
        part.raw_bytes = w->frame_bytes;
    } else {
        part.problem = str_copy(w->arena, str_of(d.msg));
    }
    add(w, part);
}

/* What is not as docs/capture-format.md has it. */
static struct str index_problem(const struct walk *w, struct str payload)
{
    if (payload.len < INDEX_HEAD + 8 ||
        number(payload, payload.len - 8, 8) !=
            hash_crc64nvme(0, str_slice(payload, 0, payload.len - 8))) {
        return STR("its checksum differs");
    }
    if (!w->has_frame) {
        return STR("no frame before it that can be read");
    }
    if (number(payload, 8, 8) != w->frame_bytes) {
        return STR("the frame before it has another size");
    }
    return number(payload, 16, 8) == w->frame_checksum
               ? STR_EMPTY
               : STR("the frame before it has other content");
}

static struct str seek_problem(struct str payload)
{
    return payload.len >= SEEK_HEAD + 16 &&
                   number(payload, payload.len - 16, 8) ==
                       hash_crc64nvme(0, str_slice(payload, 0, payload.len - 16))
               ? STR_EMPTY
               : STR("its checksum differs");
}

static void walk_skippable(struct walk *w, size_t size)
{
    struct str payload = str_slice(w->object, w->at + SKIPPABLE_HEAD, w->at + size);
    struct inspected_part part = {.kind = PART_SKIPPABLE, .size = size};
    if (str_starts(payload, STR("AFI1"))) {
        part.kind = PART_INDEX;
        part.records = number(payload, 4, 4);
        part.problem = index_problem(w, payload);
        w->has_frame = false;
    } else if (str_starts(payload, STR("AFS1"))) {
        part.kind = PART_SEEK;
        part.records = number(payload, 8, 8);
        part.problem = seek_problem(payload);
    }
    add(w, part);
}

static void walk_zstd(struct walk *w)
{
    while (w->at < w->object.len) {
        struct str rest = str_from(w->object, w->at);
        size_t size = ZSTD_findFrameCompressedSize(rest.ptr, rest.len);
        if (ZSTD_isError(size)) {
            add_rest(w, STR("cut, or no zstd frame"));
        } else if (is_skippable(rest)) {
            walk_skippable(w, size);
        } else {
            walk_frame(w, size);
        }
    }
}

void inspection_walk(struct arena *a, struct str object, struct inspection *to)
{
    struct walk w = {.arena = a, .object = object, .to = to};
    struct str zstd = STR("\x28\xB5\x2F\xFD");
    to->packing = "plain";
    if (str_starts(object, STR("\x1f\x8b"))) {
        to->packing = "gzip";
        walk_gzip(&w);
    } else if (str_starts(object, zstd) || is_skippable(object)) {
        to->packing = "zstd";
        walk_zstd(&w);
    }
}
