/* disk_lock.c -- Who may read and write a file: SQLite's five levels
 * (https://sqlite.org/lockingv3.html) and the slots of a WAL's shared memory, among the handles of
 * one process. A handle that cannot have a lock is told so at once. */
#include <sqlite3.h>
#include <string.h>

#include "disk_parts.h"

static bool others_share(const struct disk_handle *h)
{
    return h->file->sharing > (h->level >= SQLITE_LOCK_SHARED ? 1 : 0);
}

static bool is_others(const struct disk_handle *holder, const struct disk_handle *h)
{
    return holder != NULL && holder != h;
}

int disk_lock(struct disk_handle *h, int level)
{
    struct disk_file *f = h->file;
    if (h->level >= level) {
        return SQLITE_OK;
    }
    if (h->level == SQLITE_LOCK_NONE) {
        if (f->pending != NULL || f->exclusive != NULL) {
            return SQLITE_BUSY;
        }
        f->sharing++;
        h->level = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
        if (is_others(f->reserved, h) || is_others(f->pending, h)) {
            return SQLITE_BUSY;
        }
        f->reserved = h;
        h->level = h->level > SQLITE_LOCK_RESERVED ? h->level : SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        f->pending = h;
        h->level = SQLITE_LOCK_PENDING;
        if (others_share(h)) {
            return SQLITE_BUSY;
        }
        f->exclusive = h;
        h->level = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

void disk_unlock(struct disk_handle *h, int level)
{
    struct disk_file *f = h->file;
    if (h->level <= level) {
        return;
    }
    f->reserved = f->reserved == h ? NULL : f->reserved;
    f->pending = f->pending == h ? NULL : f->pending;
    f->exclusive = f->exclusive == h ? NULL : f->exclusive;
    f->sharing -= level == SQLITE_LOCK_NONE ? 1 : 0;
    h->level = level;
}

/* ---- shared memory ---- */

static bool slot_is_free(const struct disk_handle *h, int slot, bool exclusive)
{
    const struct disk_shared *s = &h->file->shared;
    int mine = (h->reads >> slot & 1) != 0 ? 1 : 0;
    return !is_others(s->writer[slot], h) && (!exclusive || s->readers[slot] == mine);
}

static void slot_take(struct disk_handle *h, int slot, bool exclusive)
{
    struct disk_shared *s = &h->file->shared;
    unsigned bit = 1u << slot;
    if (exclusive) {
        s->writer[slot] = h;
        h->writes |= bit;
    } else if ((h->reads & bit) == 0) {
        s->readers[slot]++;
        h->reads |= bit;
    }
}

static void slot_give(struct disk_handle *h, int slot)
{
    struct disk_shared *s = &h->file->shared;
    unsigned bit = 1u << slot;
    s->readers[slot] -= (h->reads & bit) != 0 ? 1 : 0;
    s->writer[slot] = s->writer[slot] == h ? NULL : s->writer[slot];
    h->reads &= ~bit;
    h->writes &= ~bit;
}

int disk_shared_lock(struct disk_handle *h, int first, int count, int flags)
{
    bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int slot = first; slot < first + count; slot++) {
        if ((flags & SQLITE_SHM_LOCK) != 0 && !slot_is_free(h, slot, exclusive)) {
            return SQLITE_BUSY;
        }
    }
    for (int slot = first; slot < first + count; slot++) {
        if ((flags & SQLITE_SHM_LOCK) != 0) {
            slot_take(h, slot, exclusive);
        } else {
            slot_give(h, slot);
        }
    }
    return SQLITE_OK;
}

void disk_shared_unlock(struct disk_handle *h)
{
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) {
        slot_give(h, slot);
    }
}

void *disk_shared_region(struct arena *a, struct disk_file *f, int index, int size, bool make)
{
    if (index < 0 || index >= DISK_SHARED_REGIONS_MAX) {
        return NULL;
    }
    void **region = &f->shared.regions[index];
    if (*region == NULL && make) {
        *region = arena_alloc(a, (size_t)size);
    }
    return *region;
}
