/* Arenas. Small blocks are cut off the newest chunk; a block over LARGE_BYTES is a malloc of its
 * own, so that it can grow and be given back at once.
 *
 * Invariants:
 * 1. `chunk` is the newest chunk; `index` grows by one from each chunk to the next newer one.
 * 2. A large block leaves a stub of 16 bytes in the chunks. The stub's place (chunk index, offset)
 * says whether the block is older or newer than a mark, so the rewind needs no second mark.
 * 3. `larges` is ordered by that place, newest first, as long as nothing was recycled.
 * 4. `used` is the sum of all blocks handed out, rounded to their size classes.
 * 5. Under ASan every byte that is not handed out is poisoned.
 * With AFORO_ARENA_DEBUG each block is a large one: valgrind and ASan then see the exact end of
 * each. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, size) ASAN_POISON_MEMORY_REGION((ptr), (size))
#define UNPOISON(ptr, size) ASAN_UNPOISON_MEMORY_REGION((ptr), (size))
#else
#define POISON(ptr, size) ((void)(ptr), (void)(size))
#define UNPOISON(ptr, size) ((void)(ptr), (void)(size))
#endif

#define ALIGN 16u
#define STUB_BYTES ALIGN
#define CHUNK_BYTES_FIRST (4 * KIB)
#define CHUNK_BYTES_LAST (1 * MIB)
#define LARGE_BYTES (32 * KIB)
#ifdef AFORO_ARENA_DEBUG
#define SMALL_BYTES_MAX ((size_t)0)
#else
#define SMALL_BYTES_MAX LARGE_BYTES
#endif

/* Size classes: multiples of 16 up to 1 KiB, then eight to each doubling. */
#define CLASS_EXACT_MAX (1 * KIB)
#define CLASS_EXACT_COUNT (CLASS_EXACT_MAX / ALIGN)
#define CLASS_COUNT (CLASS_EXACT_COUNT + (size_t)5 * 8)
static_assert((CLASS_EXACT_MAX << 5) == LARGE_BYTES, "five doublings lie between the two");

struct chunk {
    alignas(ALIGN) struct chunk *older;
    size_t index, size, used; /* size and used count the bytes after this header */
};

struct large {
    alignas(ALIGN) struct large *older;
    struct large *newer;
    struct large **stub; /* where the chunks say that this block exists */
    size_t bytes;
    size_t chunk_index, chunk_at; /* the stub's place */
};

struct cleanup {
    struct cleanup *older;
    arena_cleanup_fn *run;
    void *handle;
};

struct hole {
    struct hole *next;
};

struct child_slot {
    struct arena *child; /* NULL once the child was freed by itself */
};

struct arena {
    const char *name;
    struct child_slot *slot; /* in the parent; NULL: no parent */
    size_t max_bytes, used;
    size_t chunk_bytes_next;
    struct chunk *chunk;
    struct chunk *spare; /* one chunk kept back, so that a mark and its rewind do not call malloc */
    struct large *larges;
    struct cleanup *cleanups;
    struct hole **holes; /* CLASS_COUNT lists of recycled blocks; NULL: nothing was recycled */
};

static __attribute__((noreturn)) void arena_abort(const struct arena *a, const char *what,
                                                  size_t bytes)
{
    fprintf(stderr, "arena %s: %s: %zu more bytes over %zu used, at most %zu\n", a->name, what,
            bytes, a->used, a->max_bytes);
    abort();
}

/* ---- size classes ---- */

/* What a block of this size takes: its class's size, or for large ones a multiple of 16. */
static size_t block_bytes(size_t size)
{
    size_t step = ALIGN;
    if (size > CLASS_EXACT_MAX && size <= LARGE_BYTES) {
        unsigned top = 63u - (unsigned)__builtin_clzll(size - 1); /* 2^top <= size-1 */
        step = (size_t)1 << (top - 3);
    }
    return size == 0 ? ALIGN : (size + step - 1) / step * step;
}

/* `bytes` is a class's size, at most LARGE_BYTES. */
static size_t class_of(size_t bytes)
{
    if (bytes <= CLASS_EXACT_MAX) {
        return bytes / ALIGN - 1;
    }
    unsigned top = 63u - (unsigned)__builtin_clzll(bytes - 1);
    size_t eighth = (bytes - 1 - ((size_t)1 << top)) >> (top - 3);
    return CLASS_EXACT_COUNT + (size_t)(top - 10) * 8 + eighth;
}

static bool block_is_large(size_t bytes)
{
    return bytes > SMALL_BYTES_MAX;
}

/* ---- chunks ---- */

static char *chunk_data(struct chunk *c)
{
    return (char *)(c + 1);
}

static void chunk_release(struct arena *a, struct chunk *c)
{
    if (a->spare == NULL || a->spare->size < c->size) {
        struct chunk *smaller = a->spare;
        a->spare = c;
        c = smaller;
    }
    if (c != NULL) {
        UNPOISON(chunk_data(c), c->size);
        free(c);
    }
}

static struct chunk *chunk_take(struct arena *a, size_t size)
{
    struct chunk *c = a->spare;
    if (c != NULL && c->size >= size) {
        a->spare = NULL;
        return c;
    }
    size_t total = a->chunk_bytes_next;
    while (total - sizeof(struct chunk) < size) {
        total *= 2;
    }
    a->chunk_bytes_next = total * 2 > CHUNK_BYTES_LAST ? CHUNK_BYTES_LAST : total * 2;
    c = malloc(total);
    if (c == NULL) {
        arena_abort(a, "the system has no memory", total);
    }
    c->size = total - sizeof(struct chunk);
    POISON(chunk_data(c), c->size);
    return c;
}

static void *chunk_cut(struct arena *a, size_t bytes)
{
    struct chunk *c = a->chunk;
    if (c == NULL || c->size - c->used < bytes) {
        struct chunk *fresh = chunk_take(a, bytes);
        fresh->older = c;
        fresh->index = c == NULL ? 0 : c->index + 1;
        fresh->used = 0;
        a->chunk = c = fresh;
    }
    void *block = chunk_data(c) + c->used;
    c->used += bytes;
    return block;
}

/* A small block, still poisoned: a recycled one when there is one. */
static void *small_take(struct arena *a, size_t bytes)
{
    if (a->holes != NULL) {
        struct hole **list = &a->holes[class_of(bytes)];
        struct hole *hole = *list;
        if (hole != NULL) {
            UNPOISON(hole, sizeof(*hole));
            *list = hole->next;
            POISON(hole, sizeof(*hole));
            return hole;
        }
    }
    return chunk_cut(a, bytes);
}

static void small_give(struct arena *a, void *block, size_t bytes)
{
    struct hole *hole = block;
    struct hole **list = &a->holes[class_of(bytes)];
    UNPOISON(hole, sizeof(*hole));
    hole->next = *list;
    *list = hole;
    POISON(block, bytes);
}

/* ---- large blocks ---- */

static void large_link(struct arena *a, struct large *l)
{
    if (l->older != NULL) {
        l->older->newer = l;
    }
    if (l->newer != NULL) {
        l->newer->older = l;
    } else {
        a->larges = l;
    }
    *l->stub = l;
}

static void large_unlink(struct arena *a, struct large *l)
{
    if (l->older != NULL) {
        l->older->newer = l->newer;
    }
    if (l->newer != NULL) {
        l->newer->older = l->older;
    } else {
        a->larges = l->older;
    }
}

static void *large_new(struct arena *a, size_t size, size_t bytes, bool zeroed)
{
    size_t total = sizeof(struct large) + size;
    struct large *l = zeroed ? calloc(1, total) : malloc(total);
    if (l == NULL) {
        arena_abort(a, "the system has no memory", total);
    }
    l->stub = small_take(a, STUB_BYTES);
    UNPOISON(l->stub, STUB_BYTES);
    a->used += STUB_BYTES;
    l->bytes = bytes;
    l->chunk_index = a->chunk->index;
    l->chunk_at = a->chunk->used;
    l->older = a->larges;
    l->newer = NULL;
    large_link(a, l);
    return l + 1;
}

static struct large *large_of(void *block, size_t bytes)
{
    struct large *l = (struct large *)block - 1;
    ASSERT(l->bytes == bytes); /* the size that is given back is the size that was asked for */
    ASSERT(*l->stub == l);
    return l;
}

static void large_free(struct arena *a, struct large *l)
{
    a->used -= l->bytes;
    large_unlink(a, l);
    free(l);
}

/* Whether the stub of this large block ends after the mark. */
static bool large_is_newer(const struct large *l, struct arena_mark mark)
{
    const struct chunk *c = mark.chunk;
    if (c == NULL || l->chunk_index != c->index) {
        return c == NULL || l->chunk_index > c->index;
    }
    return l->chunk_at > mark.used;
}

/* Frees what is newer than the mark, newest first. */
static void larges_rewind(struct arena *a, struct arena_mark mark)
{
    struct large *l = a->larges;
    while (l != NULL && large_is_newer(l, mark)) {
        struct large *older = l->older;
        large_free(a, l);
        l = older;
    }
}

/* ---- allocation ---- */

/* The cap is held against what was asked for, so rounding alone never reaches it. */
static void cap_check(const struct arena *a, size_t used, size_t size)
{
    if (size > 0 && (used >= a->max_bytes || size > a->max_bytes - used)) {
        arena_abort(a, "the cap is reached", size);
    }
}

static void *arena_take(struct arena *a, size_t size, bool zeroed)
{
    cap_check(a, a->used, size);
    size_t bytes = block_bytes(size);
    void *block;
    if (block_is_large(bytes)) {
        block = large_new(a, size, bytes, zeroed);
    } else {
        block = small_take(a, bytes);
        UNPOISON(block, size);
        if (zeroed) {
            memset(block, 0, size);
        }
    }
    a->used += bytes;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return arena_take(a, size, true);
}

void *arena_alloc_raw(struct arena *a, size_t size)
{
    return arena_take(a, size, false);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        arena_abort(a, "an array's size overflows", count);
    }
    return arena_alloc(a, total);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *copy = arena_alloc_raw(a, size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

/* ---- giving back and growing ---- */

void arena_recycle(struct arena *a, void *block, size_t size)
{
    if (block == NULL) {
        return;
    }
    if (a->holes == NULL) {
        a->holes = NEW_ARRAY(a, struct hole *, CLASS_COUNT);
    }
    size_t bytes = block_bytes(size);
    if (!block_is_large(bytes)) {
        a->used -= bytes;
        small_give(a, block, bytes);
        return;
    }
    struct large *l = large_of(block, bytes);
    a->used -= STUB_BYTES;
    small_give(a, l->stub, STUB_BYTES);
    large_free(a, l);
}

void arena_drop(struct arena *a, void *block, size_t size)
{
    if (a->holes != NULL) {
        arena_recycle(a, block, size);
    }
}

static void *large_grow(struct arena *a, struct large *l, size_t size, size_t bytes)
{
    l = realloc(l, sizeof(struct large) + size);
    if (l == NULL) {
        arena_abort(a, "the system has no memory", size);
    }
    a->used += bytes - l->bytes;
    l->bytes = bytes;
    large_link(a, l);
    return l + 1;
}

/* Whether the block is the last of the newest chunk, and the chunk has room for the difference. */
static bool small_grows_in_place(const struct arena *a, const char *block, size_t from, size_t to)
{
    struct chunk *c = a->chunk;
    return c != NULL && block + from == chunk_data(c) + c->used && to - from <= c->size - c->used;
}

void *arena_grow(struct arena *a, void *block, size_t size_old, size_t size)
{
    if (block == NULL) {
        return arena_alloc_raw(a, size);
    }
    ASSERT(size >= size_old);
    size_t from = block_bytes(size_old);
    cap_check(a, a->used - from, size);
    size_t to = block_bytes(size);
    if (block_is_large(from)) {
        return large_grow(a, large_of(block, from), size, to);
    }
    if (!block_is_large(to) && small_grows_in_place(a, block, from, to)) {
        a->chunk->used += to - from;
        a->used += to - from;
        UNPOISON(block, size);
        return block;
    }
    void *fresh = arena_alloc_raw(a, size);
    memcpy(fresh, block, size_old);
    arena_drop(a, block, size_old);
    return fresh;
}

/* ---- cleanups, marks, ends ---- */

void arena_defer(struct arena *a, arena_cleanup_fn *cleanup, void *handle)
{
    struct cleanup *c = NEW(a, struct cleanup);
    *c = (struct cleanup){.older = a->cleanups, .run = cleanup, .handle = handle};
    a->cleanups = c;
}

static void cleanups_run(struct arena *a, const struct cleanup *until)
{
    while (a->cleanups != until) {
        struct cleanup *c = a->cleanups;
        ASSERT(c != NULL); /* the mark is from this arena, and not from past a rewind */
        a->cleanups = c->older;
        c->run(c->handle);
    }
}

struct arena_mark arena_mark(const struct arena *a)
{
    size_t used = a->chunk == NULL ? 0 : a->chunk->used;
    return (struct arena_mark){.chunk = a->chunk, .used = used, .cleanups = a->cleanups};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    ASSERT(a->holes == NULL); /* an arena that recycles is never rewound */
    cleanups_run(a, mark.cleanups);
    larges_rewind(a, mark);
    while (a->chunk != mark.chunk) {
        struct chunk *c = a->chunk;
        ASSERT(c != NULL); /* as above */
        a->chunk = c->older;
        a->used -= c->used;
        POISON(chunk_data(c), c->used);
        chunk_release(a, c);
    }
    if (a->chunk != NULL) {
        ASSERT(mark.used <= a->chunk->used);
        a->used -= a->chunk->used - mark.used;
        POISON(chunk_data(a->chunk) + mark.used, a->chunk->used - mark.used);
        a->chunk->used = mark.used;
    }
}

struct arena *arena_new(const char *name, size_t max_bytes)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        fprintf(stderr, "arena %s: the system has no memory\n", name);
        abort();
    }
    a->name = name;
    a->max_bytes = max_bytes;
    a->chunk_bytes_next = CHUNK_BYTES_FIRST;
    return a;
}

static void child_end(void *handle)
{
    struct child_slot *slot = handle;
    if (slot->child != NULL) {
        arena_free(slot->child);
    }
}

struct arena *arena_child(struct arena *parent, const char *name, size_t max_bytes)
{
    struct arena *child = arena_new(name, max_bytes);
    child->slot = NEW(parent, struct child_slot);
    child->slot->child = child;
    arena_defer(parent, child_end, child->slot);
    return child;
}

void arena_reset(struct arena *a)
{
    cleanups_run(a, NULL);
    a->holes = NULL;
    arena_rewind(a, (struct arena_mark){.chunk = NULL});
    a->used = 0; /* the holes were not counted */
}

void arena_free(struct arena *a)
{
    if (a == NULL) {
        return;
    }
    if (a->slot != NULL) {
        a->slot->child = NULL;
    }
    arena_reset(a);
    if (a->spare != NULL) {
        UNPOISON(chunk_data(a->spare), a->spare->size);
        free(a->spare);
    }
    free(a);
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
