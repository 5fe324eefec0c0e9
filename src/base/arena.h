/* arena.h -- Memory by lifetime: an arena is named by what ends it (process, actor, task, scratch).
 * The only caller of malloc and free beside block.h. Nothing here fails: sizes are checked at the
 * edge, so reaching an arena's cap is a bug and aborts with the arena's name.   Threads: one arena,
 * one thread at a time. */
#ifndef AFORO_BASE_ARENA_H
#define AFORO_BASE_ARENA_H

#include <stddef.h>

struct arena;
typedef void arena_cleanup_fn(void *handle);

/* `name` is borrowed and must outlive the arena; `max_bytes` caps what it holds at one time. */
struct arena *arena_new(const char *name, size_t max_bytes);
/* An arena of its own that ends with `parent` (or earlier, by arena_free): what a crash of the
 * parent's owner must not leak. Costs the parent a few bytes for its whole life: for long-lived
 * children. */
struct arena *arena_child(struct arena *parent, const char *name, size_t max_bytes);
/* runs the cleanups in reverse, then gives all memory back; NULL is fine */
void arena_free(struct arena *a);
void arena_reset(struct arena *a); /* the same, but the arena stays usable and keeps one chunk */

/* Zeroed, aligned to 16. size 0 gives a valid pointer that must not be read. */
void *arena_alloc(struct arena *a, size_t size);
/* The same without zeroing: for bytes that are written at once. */
void *arena_alloc_raw(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);

#define NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define NEW_ARRAY(a, type, count) ((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size); /* aborts on overflow */

/* Gives one block back for later allocations of its size class: for long-lived state that shrinks.
 * `size` is the size that was asked for. An arena that recycles is never rewound (asserted). */
void arena_recycle(struct arena *a, void *block, size_t size);
/* For containers that may live in either kind of arena: recycles where the arena recycles already,
 * else leaves the block to the arena's end. */
void arena_drop(struct arena *a, void *block, size_t size);

/* The block with room for `size` bytes (size >= size_old), in place where it can be; its contents
 * are kept, the new part is not zeroed. The old pointer must not be used again. block NULL: a new
 * one. */
void *arena_grow(struct arena *a, void *block, size_t size_old, size_t size);

/* Runs `cleanup(handle)` when the arena ends, is reset, or is rewound past this point:
 * for handles of other libraries (CURL, sqlite3_stmt, PGresult). Reverse order. */
void arena_defer(struct arena *a, arena_cleanup_fn *cleanup, void *handle);

/* Scratch: everything allocated after the mark is given back by the rewind. Marks nest. */
struct arena_mark {
    void *chunk;
    size_t used;
    void *cleanups;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* bytes handed out and not given back, rounding included */
size_t arena_used(const struct arena *a);

#endif
