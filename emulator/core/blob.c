/* blob.c -- A list of pieces, each a span of a counted block. Room is made by what is expected, or
 * doubles from 64 KiB to 1 MiB; a body whose length is known lies in one piece up to 8 MiB.
 * Where there is a journal, a piece that is full is written there and its block given back, so that
 * a body on its way in takes the memory of one piece. */
#include "blob.h"

#include <stdatomic.h>
#include <string.h>
#include "base/arena.h"
#include "base/block.h"
#include "base/err.h"
#include "base/limits.h"
#include "room.h"

#define BLOB_WHOLE_BYTES_MAX (8 * MIB)
#define BLOB_PIECE_BYTES_MIN (64 * KIB)
#define BLOB_PIECE_BYTES_MAX (1 * MIB)
#define BLOB_INLINE_BYTES_MAX (16 * KIB) /* smaller ones stand in the entry itself */

struct piece {
    char *block;       /* counted; NULL: in a room */
    struct room *room; /* counted; NULL: in a block */
    const char *bytes; /* inside it */
    size_t len;
    uint64_t end; /* in the blob */
};
struct blob { /* itself a block: the count of its holders is the block's */
    atomic_size_t holders;
    const struct journal *journal; /* NULL: in memory alone */
    uint64_t expected, bytes;
    size_t room; /* still free in the last piece's block; 0: it is another blob's */
    struct piece *pieces;
    size_t count, cap;
    struct piece first[1]; /* most blobs are one piece */
};

struct blob *blob_new_in(const struct journal *journal, uint64_t expected_bytes)
{
    struct blob *b = block_new(sizeof(*b));
    *b = (struct blob){.journal = journal, .expected = expected_bytes, .cap = 1};
    atomic_init(&b->holders, 1);
    b->pieces = b->first;
    return b;
}

struct blob *blob_new(uint64_t expected_bytes)
{
    return blob_new_in(NULL, expected_bytes);
}

struct blob *blob_retain(struct blob *b)
{
    atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}

static void piece_release(struct piece *p)
{
    block_release(p->block);
    if (p->room != NULL) {
        room_release(p->room);
    }
}

void blob_release(struct blob *b)
{
    if (b == NULL || atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        piece_release(&b->pieces[i]);
    }
    if (b->pieces != b->first) {
        block_release(b->pieces);
    }
    block_release(b);
}

static void release_later(void *blob)
{
    blob_release(blob);
}

void blob_release_with(struct blob *b, struct arena *a)
{
    arena_defer(a, release_later, b);
}

/* ---- writing ---- */

static struct piece *piece_add(struct blob *b, char *block, struct room *room, const char *bytes)
{
    if (b->count == b->cap) {
        size_t cap = b->cap * 4;
        struct piece *grown = block_new(cap * sizeof(*grown));
        memcpy(grown, b->pieces, b->count * sizeof(*grown));
        if (b->pieces != b->first) {
            block_release(b->pieces);
        }
        b->pieces = grown;
        b->cap = cap;
    }
    struct piece *p = &b->pieces[b->count++];
    *p = (struct piece){.block = block, .room = room, .bytes = bytes, .end = b->bytes};
    return p;
}

/* The piece's bytes lie in the journal from here on; where that fails they stay in memory, and the
 * entry fails too. */
static void piece_keep(struct blob *b, struct piece *p)
{
    struct room *room = p->room != NULL ? NULL : room_keep(b->journal, str_n(p->bytes, p->len));
    if (room != NULL) {
        block_release(p->block);
        *p = (struct piece){
            .room = room, .bytes = room_bytes(room).ptr, .len = p->len, .end = p->end};
    }
}

static size_t next_room(const struct blob *b)
{
    uint64_t missing = b->expected > b->bytes ? b->expected - b->bytes : 0;
    if (missing > 0) {
        size_t most = b->count == 0 && missing <= BLOB_WHOLE_BYTES_MAX ? BLOB_WHOLE_BYTES_MAX
                                                                       : BLOB_PIECE_BYTES_MAX;
        return missing < most ? (size_t)missing : most;
    }
    size_t last = b->count > 0 ? b->pieces[b->count - 1].len : 0;
    size_t room = 2 * last > BLOB_PIECE_BYTES_MIN ? 2 * last : BLOB_PIECE_BYTES_MIN;
    return room < BLOB_PIECE_BYTES_MAX ? room : BLOB_PIECE_BYTES_MAX;
}

void blob_add(struct blob *b, struct str bytes)
{
    while (bytes.len > 0) {
        if (b->room == 0) {
            b->room = next_room(b);
            char *block = block_new(b->room);
            (void)piece_add(b, block, NULL, block);
        }
        struct piece *p = &b->pieces[b->count - 1];
        size_t n = bytes.len < b->room ? bytes.len : b->room;
        memcpy(p->block + (p->bytes - p->block) + p->len, bytes.ptr, n);
        p->len += n;
        b->bytes += n;
        p->end = b->bytes;
        b->room -= n;
        bytes = str_from(bytes, n);
        if (b->room == 0 && b->journal != NULL && b->bytes > BLOB_INLINE_BYTES_MAX) {
            piece_keep(b, p);
        }
    }
}

void blob_settle(struct blob *b)
{
    b->room = 0;
    for (size_t i = 0; b->bytes > BLOB_INLINE_BYTES_MAX && i < b->count; i++) {
        piece_keep(b, &b->pieces[i]);
    }
}

void blob_add_room(struct blob *b, struct room *room)
{
    struct str bytes = room_bytes(room);
    struct piece *p = piece_add(b, NULL, room, bytes.ptr);
    b->room = 0;
    p->len = bytes.len;
    b->bytes += bytes.len;
    p->end = b->bytes;
}

size_t blob_pieces(const struct blob *b)
{
    return b->count;
}

struct str blob_piece(const struct blob *b, size_t i, uint64_t *ret_place)
{
    const struct piece *p = &b->pieces[i];
    *ret_place = p->room == NULL ? 0 : room_place(p->room);
    return str_n(p->bytes, p->len);
}

void blob_join(struct blob *b, const struct blob *from, uint64_t first, uint64_t count)
{
    ASSERT(first <= from->bytes && count <= from->bytes - first);
    b->room = 0;
    for (size_t i = 0; i < from->count && count > 0; i++) {
        const struct piece *p = &from->pieces[i];
        if (p->end <= first) {
            continue;
        }
        size_t skip = (size_t)(first - (p->end - p->len));
        size_t n = p->len - skip < count ? p->len - skip : (size_t)count;
        struct piece *mine = p->room != NULL
                                 ? piece_add(b, NULL, room_retain(p->room), p->bytes + skip)
                                 : piece_add(b, block_retain(p->block), NULL, p->bytes + skip);
        mine->len = n;
        b->bytes += n;
        mine->end = b->bytes;
        first += n;
        count -= n;
    }
}

/* ---- reading ---- */

uint64_t blob_bytes(const struct blob *b)
{
    return b->bytes;
}

/* The first piece that ends behind `at`. */
static size_t piece_find(const struct blob *b, uint64_t at)
{
    size_t low = 0;
    size_t high = b->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->pieces[middle].end <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct str blob_at(const struct blob *b, uint64_t at)
{
    size_t i = piece_find(b, at);
    if (i == b->count) {
        return STR_EMPTY;
    }
    const struct piece *p = &b->pieces[i];
    size_t skip = (size_t)(at - (p->end - p->len));
    return str_n(p->bytes + skip, p->len - skip);
}

struct str blob_slice(const struct blob *b, uint64_t first, uint64_t count, struct arena *a)
{
    ASSERT(first <= b->bytes && count <= b->bytes - first);
    struct str run = blob_at(b, first);
    if (run.len >= count) {
        return str_slice(run, 0, (size_t)count);
    }
    char *copy = arena_alloc_raw(a, (size_t)count);
    for (size_t at = 0; at < count; at += run.len) {
        run = blob_at(b, first + at);
        run.len = run.len < count - at ? run.len : (size_t)(count - at);
        memcpy(copy + at, run.ptr, run.len);
    }
    return str_n(copy, (size_t)count);
}
