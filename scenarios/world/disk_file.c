/* disk_file.c -- The bytes of a file, twice: as a reader sees them, and as they are after the power
 * went. Between the two are the changes since the last sync.
 *
 * What a power loss leaves of them is drawn for each file anew: nothing; all; the first few, the
 * next one torn at a sector; or any sectors at all, in no order. Bytes beside a write are never
 * touched: that is what SQLite calls powersafe overwrite, and assumes. */
#include <string.h>

#include "base/rng.h"
#include "disk_parts.h"

#define DISK_STREAM UINT64_C(0x6469736b)

enum survival { SURVIVES_NOTHING, SURVIVES_ALL, SURVIVES_FIRST, SURVIVES_ANY, SURVIVAL_COUNT };
enum { DRAW_HOW, DRAW_HOW_MANY, DRAW_DELETED, DRAW_CHANGES };

struct disk_file *disk_file_new(struct arena *a, struct str name)
{
    struct disk_file *f = NEW(a, struct disk_file);
    f->name = str_copy(a, name);
    f->end = &f->first;
    return f;
}

/* ---- bytes ---- */

/* Grown bytes are zero, as those of a hole. */
static void bytes_resize(struct arena *a, struct disk_bytes *b, size_t len)
{
    if (len > b->cap) {
        size_t cap = b->cap == 0 ? 4096 : b->cap;
        while (cap < len) {
            cap *= 2;
        }
        uint8_t *grown = arena_alloc_raw(a, cap);
        if (b->len > 0) {
            memcpy(grown, b->ptr, b->len);
        }
        if (b->cap > 0) {
            arena_recycle(a, b->ptr, b->cap);
        }
        b->ptr = grown;
        b->cap = cap;
    }
    if (len > b->len) {
        memset(b->ptr + b->len, 0, len - b->len);
    }
    b->len = len;
}

static void bytes_put(struct arena *a, struct disk_bytes *b, size_t at, const void *from,
                      size_t len)
{
    if (at + len > b->len) {
        bytes_resize(a, b, at + len);
    }
    if (len > 0) {
        memcpy(b->ptr + at, from, len);
    }
}

static void bytes_set(struct arena *a, struct disk_bytes *to, const struct disk_bytes *from)
{
    bytes_resize(a, to, from->len);
    if (from->len > 0) {
        memcpy(to->ptr, from->ptr, from->len);
    }
}

/* ---- changes ---- */

static struct disk_change *change_add(struct arena *a, struct disk_file *f)
{
    struct disk_change *c = NEW(a, struct disk_change);
    *f->end = c;
    f->end = &c->next;
    return c;
}

static void change_free(struct arena *a, struct disk_change *c)
{
    if (c->len > 0) {
        arena_recycle(a, c->bytes, c->len);
    }
    arena_recycle(a, c, sizeof(*c));
}

static void changes_drop(struct arena *a, struct disk_file *f)
{
    while (f->first != NULL) {
        struct disk_change *c = f->first;
        f->first = c->next;
        change_free(a, c);
    }
    f->end = &f->first;
}

static void change_apply(struct arena *a, struct disk_bytes *to, const struct disk_change *c)
{
    if (c->truncates) {
        bytes_resize(a, to, c->at);
    } else {
        bytes_put(a, to, c->at, c->bytes, c->len);
    }
}

void disk_file_make(struct disk_file *f)
{
    f->replaced = !f->exists && f->kept_exists;
    f->exists = true;
}

void disk_file_write(struct arena *a, struct disk_file *f, size_t at, const void *bytes, size_t len)
{
    struct disk_change *c = change_add(a, f);
    c->at = at;
    c->len = len;
    if (len > 0) {
        c->bytes = arena_alloc_raw(a, len);
        memcpy(c->bytes, bytes, len);
    }
    bytes_put(a, &f->now, at, bytes, len);
}

void disk_file_truncate(struct arena *a, struct disk_file *f, size_t len)
{
    struct disk_change *c = change_add(a, f);
    c->truncates = true;
    c->at = len;
    bytes_resize(a, &f->now, len);
}

void disk_file_sync(struct arena *a, struct disk_file *f)
{
    struct disk_change **link = &f->first;
    while (*link != NULL) {
        struct disk_change *c = *link;
        if (c->forgotten) {
            link = &c->next;
            continue;
        }
        change_apply(a, &f->kept, c);
        *link = c->next;
        change_free(a, c);
    }
    f->end = link;
}

void disk_folder_sync(struct arena *a, struct disk_file *files)
{
    for (struct disk_file *f = files; f != NULL; f = f->next) {
        if (f->replaced || !f->exists) {
            bytes_resize(a, &f->kept, 0);
        }
        f->replaced = false;
        f->kept_exists = f->exists;
    }
}

void disk_file_forget(struct disk_file *f)
{
    for (struct disk_change *c = f->first; c != NULL; c = c->next) {
        c->forgotten = true;
    }
}

void disk_file_delete(struct arena *a, struct disk_file *f)
{
    f->exists = false;
    bytes_resize(a, &f->now, 0);
    changes_drop(a, f);
}

/* ---- the power goes ---- */

static bool draw_coin(uint64_t draw, uint64_t change, uint64_t sector)
{
    return (rng_u64(draw, DISK_STREAM, change, sector) >> 32 & 1) != 0;
}

/* Sector by sector: those below `first` of them, or each by a coin. */
static void change_tear(struct arena *a, struct disk_file *f, const struct disk_change *c,
                        uint64_t number, uint64_t draw, enum survival how)
{
    size_t end = c->at + c->len;
    uint64_t sectors = c->len / DISK_SECTOR_BYTES + 1;
    uint64_t first = rng_below(rng_u64(draw, DISK_STREAM, number, UINT64_MAX), sectors);
    for (size_t at = c->at, n = 0; at < end; n++) {
        size_t next = (at / DISK_SECTOR_BYTES + 1) * DISK_SECTOR_BYTES;
        next = next < end ? next : end;
        bool kept = how == SURVIVES_FIRST ? n < first : draw_coin(draw, number, n);
        if (kept) {
            bytes_put(a, &f->kept, at, c->bytes + (at - c->at), next - at);
        }
        at = next;
    }
}

static void change_survive(struct arena *a, struct disk_file *f, const struct disk_change *c,
                           uint64_t number, uint64_t whole, uint64_t draw, enum survival how)
{
    bool all = how == SURVIVES_ALL || (how == SURVIVES_FIRST && number - DRAW_CHANGES < whole);
    bool torn = how == SURVIVES_ANY || (how == SURVIVES_FIRST && number - DRAW_CHANGES == whole);
    if (all || (torn && c->truncates && draw_coin(draw, number, 0))) {
        change_apply(a, &f->kept, c);
    } else if (torn && !c->truncates) {
        change_tear(a, f, c, number, draw, how);
    }
}

void disk_file_power_loss(struct arena *a, struct disk_file *f, uint64_t draw)
{
    uint64_t count = 0, number = DRAW_CHANGES;
    for (const struct disk_change *c = f->first; c != NULL; c = c->next) {
        count++;
    }
    enum survival how =
        (enum survival)rng_below(rng_u64(draw, DISK_STREAM, DRAW_HOW, 0), SURVIVAL_COUNT);
    uint64_t whole =
        count == 0 ? 0 : rng_below(rng_u64(draw, DISK_STREAM, DRAW_HOW_MANY, 0), count);
    if (f->replaced && f->exists && draw_coin(draw, DRAW_DELETED, 0)) { /* the new one it is */
        f->kept_exists = false;
        bytes_resize(a, &f->kept, 0);
    } else if (f->replaced) {
        changes_drop(a, f);
    }
    f->replaced = false;
    bool appears = f->exists && !f->kept_exists && draw_coin(draw, DRAW_DELETED, 0);
    bool vanishes = !f->exists && f->kept_exists && draw_coin(draw, DRAW_DELETED, 0);
    if (appears || (f->exists && f->kept_exists)) {
        for (const struct disk_change *c = f->first; c != NULL; c = c->next) {
            change_survive(a, f, c, number++, whole, draw, how);
        }
        f->kept_exists = true;
    }
    if (vanishes || !f->kept_exists) {
        f->kept_exists = false;
        bytes_resize(a, &f->kept, 0);
    }
    changes_drop(a, f);
    bytes_set(a, &f->now, &f->kept);
    f->exists = f->kept_exists;
}
