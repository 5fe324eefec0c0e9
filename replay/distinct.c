/* distinct.c -- Entries are thrown into 256 parts by the first byte of their hash, in blocks of 4
 * KiB; nothing is looked up while they come, but for a small memory of the latest ones, which keeps
 * few values that come often from filling the parts. Each part is sorted by itself in the end.
 *
 *  1. An entry is in the part of its first byte, in memory or in the file.
 *  2. `held` counts full blocks; at `held_max` all of them are written and taken up again. */
#include "distinct.h"

#include <string.h>
#include "base/block.h"
#include "base/hash.h"
#include "base/limits.h"
#include "disk.h"
#include "distinct_sort.h"

#define PARTS 256
#define BLOCK_ENTRIES 256
#define LATEST 4096
#define STRETCH                                                                                    \
    65536        /* entries, after which it is judged whether the latest ones are worth a look */
#define WORTH 16 /* one in so many was there */
#define SKIP_MAX 8
#define SLAB_BYTES (BLOCK_HUGE_BYTES - BLOCK_HEAD_BYTES)
#define SEED_A 0x646973745f6f6eu
#define SEED_B 0x646973745f7477u
#define GROUP_MASK UINT64_C(0xffff)

struct block {
    struct block *next;
    struct distinct_entry entries[BLOCK_ENTRIES];
};
struct extent { /* of a part in the file */
    struct extent *next;
    int64_t at;
    size_t count;
};
struct part {
    struct block *open, *full;
    size_t open_count, full_count; /* entries; blocks */
    struct extent *extents;
    size_t written; /* entries in the file */
};
struct distinct {
    struct arena *arena;
    struct part parts[PARTS];
    struct distinct_entry latest[LATEST];
    size_t asked, found; /* how often it was, in this stretch; */
    size_t skip;         /* stretches for which it is not looked at */
    struct block *spare;
    char *slab; /* blocks are cut off it: fresh small pages cost more than entries */
    size_t slab_left;
    size_t held, held_max;
    struct str folder;
    struct disk_spill *spill; /* NULL: none yet */
};

struct distinct *distinct_new(struct arena *a, size_t bytes_max, struct str folder)
{
    struct distinct *s = NEW(a, struct distinct);
    *s = (struct distinct){.arena = a, .folder = folder};
    s->held_max = bytes_max / sizeof(struct block) + 1;
    return s;
}

static struct block *block_take(struct distinct *s)
{
    struct block *block = s->spare;
    if (block != NULL) {
        s->spare = block->next;
        return block;
    }
    if (s->slab_left < sizeof(struct block)) {
        s->slab = block_new(SLAB_BYTES);
        s->slab_left = SLAB_BYTES;
        arena_defer(s->arena, block_release, s->slab);
    }
    s->slab_left -= sizeof(struct block);
    return (struct block *)(void *)(s->slab + s->slab_left);
}

/* ---- the file ---- */

static enum err part_write(struct distinct *s, struct part *part, struct diag *d)
{
    struct extent *extent = NEW(s->arena, struct extent);
    *extent = (struct extent){.next = part->extents,
                              .at = disk_spill_size(s->spill),
                              .count = part->full_count * BLOCK_ENTRIES};
    while (part->full != NULL) {
        struct block *block = part->full;
        struct str bytes = {(const char *)block->entries, sizeof(block->entries)};
        TRY(disk_spill_add(s->spill, bytes, d));
        part->full = block->next;
        block->next = s->spare;
        s->spare = block;
    }
    part->extents = extent;
    part->written += extent->count;
    part->full_count = 0;
    return ERR_OK;
}

static enum err spill(struct distinct *s, struct diag *d)
{
    if (s->spill == NULL) {
        TRY(disk_spill_open(s->arena, s->folder, &s->spill, d));
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (s->parts[i].full != NULL) {
            TRY(part_write(s, &s->parts[i], d));
        }
    }
    s->held = 0;
    return ERR_OK;
}

/* ---- adding ---- */

/* Whether the entry came a short while ago. Where values hardly repeat, the memory is not looked at
 * for most stretches: it would cost a miss of the cache for each. */
static inline bool is_latest(struct distinct *s, struct distinct_entry entry)
{
    if (++s->asked == STRETCH) {
        bool resting = s->skip > 0;
        s->skip = resting ? s->skip - 1 : s->found < STRETCH / WORTH ? SKIP_MAX : 0;
        s->asked = s->found = 0;
    }
    if (s->skip > 0) {
        return false;
    }
    struct distinct_entry *latest = &s->latest[entry.a >> 8 & (LATEST - 1)];
    if (latest->a == entry.a && latest->b == entry.b) {
        s->found++;
        return true;
    }
    *latest = entry;
    return false;
}

enum err distinct_add_entry(struct distinct *s, struct distinct_entry entry, struct diag *d)
{
    if (is_latest(s, entry)) {
        return ERR_OK;
    }
    struct part *part = &s->parts[entry.a >> 56];
    if (part->open == NULL) {
        part->open = block_take(s);
    }
    part->open->entries[part->open_count++] = entry;
    if (part->open_count < BLOCK_ENTRIES) {
        return ERR_OK;
    }
    part->open->next = part->full;
    part->full = part->open;
    part->full_count++;
    part->open = NULL;
    part->open_count = 0;
    return ++s->held >= s->held_max ? spill(s, d) : ERR_OK;
}

struct distinct_entry distinct_hash(struct str value)
{
    /* an entry of zeros would look like an empty place of `latest` */
    return (struct distinct_entry){hash64(SEED_A, value) | 1u, hash64(SEED_B, value) & ~GROUP_MASK};
}

enum err distinct_add(struct distinct *s, uint32_t group, struct str value, struct diag *d)
{
    ASSERT(group < DISTINCT_GROUPS_MAX);
    struct distinct_entry entry = distinct_hash(value);
    entry.b |= group;
    return distinct_add_entry(s, entry, d);
}

/* ---- counting ---- */

struct gathered {
    struct distinct_entry *entries, *sorted;
    size_t count, cap;
};

static void gather_add(struct gathered *g, struct distinct_entry entry, const uint32_t *groups)
{
    entry.b = (entry.b & ~GROUP_MASK) | groups[entry.b & GROUP_MASK];
    g->entries[g->count++] = entry;
}

static enum err gather(struct gathered *g, const struct distinct *s, size_t number,
                       const uint32_t *groups, struct diag *d)
{
    const struct part *part = &s->parts[number];
    ASSERT(g->entries != NULL);
    for (const struct extent *e = part->extents; e != NULL; e = e->next) {
        struct distinct_entry *to = &g->entries[g->count];
        TRY(disk_spill_read(s->spill, e->at, to, e->count * sizeof(*to), d));
        for (size_t i = 0; i < e->count; i++) {
            gather_add(g, g->entries[g->count], groups);
        }
    }
    for (const struct block *b = part->full; b != NULL; b = b->next) {
        for (size_t i = 0; i < BLOCK_ENTRIES; i++) {
            gather_add(g, b->entries[i], groups);
        }
    }
    for (size_t i = 0; i < part->open_count; i++) {
        gather_add(g, part->open->entries[i], groups);
    }
    return ERR_OK;
}

static inline int entry_cmp(const struct distinct_entry *x, const struct distinct_entry *y)
{
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return x->b == y->b ? 0 : x->b < y->b ? -1 : 1;
}

static size_t part_count(const struct part *part)
{
    return part->written + part->full_count * BLOCK_ENTRIES + part->open_count;
}

static enum err tell(const struct gathered *g, distinct_each_fn *each, void *ctx, struct diag *d)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct distinct_entry *entry = &g->sorted[i];
        const struct distinct_entry *before = i == 0 ? NULL : &g->sorted[i - 1];
        if (before != NULL && entry_cmp(before, entry) == 0) {
            continue;
        }
        bool is_first = before == NULL || before->a != entry->a ||
                        (before->b & ~GROUP_MASK) != (entry->b & ~GROUP_MASK);
        TRY(each(ctx, entry, is_first, d));
    }
    return ERR_OK;
}

static enum err each_in(struct arena *a, struct distinct *const *parts,
                        const uint32_t *const *groups, size_t count, distinct_each_fn *each,
                        void *ctx, struct diag *d)
{
    struct gathered g = {0};
    for (size_t number = 0; number < PARTS; number++) {
        size_t wanted = 0;
        for (size_t i = 0; i < count; i++) {
            wanted += part_count(&parts[i]->parts[number]);
        }
        if (wanted == 0) {
            continue;
        }
        if (wanted > g.cap) {
            size_t cap = wanted + wanted / 8;
            size_t before = g.cap * sizeof(g.entries[0]), bytes = cap * sizeof(g.entries[0]);
            g.entries = arena_grow(a, g.entries, before, bytes);
            g.sorted = arena_grow(a, g.sorted, before, bytes);
            g.cap = cap;
        }
        g.count = 0;
        for (size_t i = 0; i < count; i++) {
            TRY(gather(&g, parts[i], number, groups[i], d));
        }
        distinct_sort(a, g.entries, g.sorted, g.count);
        TRY(tell(&g, each, ctx, d));
    }
    return ERR_OK;
}

enum err distinct_each(struct distinct *const *parts, const uint32_t *const *groups, size_t count,
                       distinct_each_fn *each, void *ctx, struct diag *d)
{
    struct arena *a = arena_new("distinct values", ARENA_PROCESS_BYTES_MAX);
    enum err err = each_in(a, parts, groups, count, each, ctx, d);
    arena_free(a);
    return err;
}
