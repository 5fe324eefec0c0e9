/* disk_parts.h -- What the files of the simulated disk share. Private.
 * disk_file.c: contents, and what of them a power loss leaves. disk_lock.c: locks and shared
 * memory. sim_disk.c: SQLite's VFS over both, with faults. */
#ifndef AFORO_SCENARIOS_WORLD_DISK_PARTS_H
#define AFORO_SCENARIOS_WORLD_DISK_PARTS_H

#include "scenarios/world/sim_disk.h"

#define DISK_SECTOR_BYTES 512
#define DISK_SHARED_REGIONS_MAX 64

struct disk_bytes {
    uint8_t *ptr;
    size_t len, cap;
};
struct disk_change { /* since the last sync, in order */
    struct disk_change *next;
    size_t at, len; /* TRUNCATES: the length is `at` from here on */
    bool truncates;
    bool forgotten; /* a sync of it has failed: no later one includes it */
    uint8_t *bytes;
};
struct disk_handle;
struct disk_shared { /* a region of the shared memory of a WAL */
    void *regions[DISK_SHARED_REGIONS_MAX];
    int readers[8]; /* by slot */
    const struct disk_handle *writer[8];
};
struct disk_file {
    struct str name;
    bool exists, kept_exists; /* now, and as far as a power loss knows */
    bool replaced;            /* it was deleted and made anew: `kept` is of the one before */
    struct disk_bytes now, kept;
    struct disk_change *first, **end;
    int sharing; /* handles with a shared lock or more */
    const struct disk_handle *reserved, *pending, *exclusive;
    struct disk_shared shared;
    struct disk_file *next;
};
struct disk_handle {
    struct disk_file *file;
    unsigned generation;
    int level;              /* SQLITE_LOCK_NONE .. EXCLUSIVE */
    unsigned reads, writes; /* slots of the shared memory that it holds */
};

/* ---- disk_file.c ---- */
struct disk_file *disk_file_new(struct arena *a, struct str name);
void disk_file_make(struct disk_file *f); /* where there is none */
void disk_file_write(struct arena *a, struct disk_file *f, size_t at, const void *bytes,
                     size_t len);
void disk_file_truncate(struct arena *a, struct disk_file *f, size_t len);
/* The folder knows for good which files there are, whatever is in them. */
void disk_folder_sync(struct arena *a, struct disk_file *files);
/* All that is pending and not forgotten is there for good. */
void disk_file_sync(struct arena *a, struct disk_file *f);
void disk_file_forget(struct disk_file *f); /* a sync failed */
void disk_file_delete(struct arena *a, struct disk_file *f);
/* What is left of it: `draw` decides. */
void disk_file_power_loss(struct arena *a, struct disk_file *f, uint64_t draw);

/* ---- disk_lock.c: SQLite's result codes ---- */
int disk_lock(struct disk_handle *h, int level);
void disk_unlock(struct disk_handle *h, int level);
int disk_shared_lock(struct disk_handle *h, int first, int count, int flags);
void disk_shared_unlock(struct disk_handle *h);
/* NULL: there is none, and `make` is false. It stays where it is until the arena ends. */
void *disk_shared_region(struct arena *a, struct disk_file *f, int index, int size, bool make);

#endif
