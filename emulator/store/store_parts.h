/* store_parts.h -- What the store's files share. Two locks: `writing` is held by whoever writes to
 * the files, `lock` guards all else and is never held while a file is touched. `writing` first.
 * Private. */
#ifndef AFORO_EMULATOR_STORE_STORE_PARTS_H
#define AFORO_EMULATOR_STORE_STORE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/buf.h"
#include "segment.h"
#include "store.h"

#define STORE_SEGMENT_BYTES ((size_t)64 << 20)
#define STORE_MAP_BYTES_MIN ((size_t)16 << 20) /* room for the largest piece of a body */
#define STORE_UNWRITTEN_BYTES_MAX ((size_t)32 << 20)
/* Bytes that nobody speaks of are given back so much later: whoever copies the folder meanwhile may
 * have an older part of the journal, which still speaks of them. */
#define STORE_GRACE_S 60

struct segment_file {
    uint64_t start;
    int fd;          /* -1: not made yet, or gone */
    const char *map; /* NULL: the same */
    size_t map_bytes;
    uint64_t live_bytes; /* of bodies that somebody holds */
    bool lasting;        /* has entries that matter, whatever becomes of its bodies */
    bool forgotten;
};
struct pending { /* what was appended and is not written yet */
    char *bytes; /* a block */
    size_t len, cap;
    uint64_t begin;       /* its position */
    struct str_cut *cuts; /* a block: where segments begin in it */
    size_t cut_count, cut_cap;
};
struct str_cut {
    size_t at; /* in the pending bytes; its segment's head stands there */
};
struct dead_range {
    uint64_t place, count;
    int64_t at_s; /* when it died, by the monotonic clock */
};
struct store {
    struct arena *arena; /* its own */
    struct journal journal;
    enum store_durability durability;
    size_t segment_bytes;
    struct store_disk disk;
    const char *folder;
    int folder_fd, lock_fd;
    struct store_read_counts counts;

    pthread_mutex_t writing;
    size_t current; /* the segment that is written to, an index; under `writing` */

    pthread_mutex_t lock;
    pthread_cond_t news;
    struct segment_file *segments; /* in order; grows in the arena */
    size_t segment_count, segment_cap;
    uint64_t segment_left; /* bytes that still fit into the newest */
    bool cut_next;         /* the next entry begins a segment */
    uint64_t forget_before;
    struct pending pending, spare;
    uint64_t end;
    struct dead_range *dead; /* a block */
    size_t dead_count, dead_cap;
    bool stopping, threaded, detached;
    pthread_t thread;

    /* saved is up to `synced`; of a store that does not sync both are the same */
    _Atomic uint64_t written, synced;
    atomic_bool failed;

    pthread_mutex_t telling; /* held while `progress` runs */
    journal_progress_fn *progress;
    void *progress_ctx;
};

/* store.c */
/* Reports once, on stderr; nothing is saved any more. */
void store_fail(struct store *s, const char *what, const char *name);
struct segment_file *segment_add(struct store *s, uint64_t start); /* under `lock` */
/* The segment that a position lies in; under `lock`. NULL: none. */
struct segment_file *segment_of(struct store *s, uint64_t position);
bool segment_map(struct segment_file *f, size_t bytes);
void segment_drop(struct segment_file *f); /* its map and descriptor */

/* store_write.c */
extern const struct journal_ops store_ops;
/* Writes what is pending; and syncs it, where the durability asks for that. */
void store_flush(struct store *s);
void *store_run(void *store); /* the thread */

/* store_space.c */
void store_drop(void *store, uint64_t place, size_t count);
void store_leave(void *store, uint64_t place, size_t count);
void store_forget(void *store, uint64_t end);
const char *store_find(void *store, uint64_t place, size_t count);
void store_detach(void *store);
void space_give_back(struct store *s); /* what has been dead for long enough */
void space_forget(struct store *s);    /* files before forget_before */

#endif
