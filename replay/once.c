/* once.c -- A buffer of entries is sorted when it is full, and of each value only the first stays;
 * where that leaves it more than half full, it becomes a run in the file. Reading merges the runs
 * and the buffers: the least of all their heads is the next.
 *
 *  1. Each run, and the buffer once sorted, is ascending and has a value once. */
#include "once.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/limits.h"
#include "disk.h"

#define GROUP_MASK UINT64_C(0xffff)
#define HEAD_BYTES_MAX (64 * KIB) /* of a run in memory while runs are merged */

struct stretch { /* a run in the file */
    struct stretch *next;
    int64_t at;
    size_t count;
};
struct once {
    struct arena *arena;
    size_t words; /* of an entry */
    uint64_t *entries;
    size_t count, cap, cap_max;
    struct str folder;
    struct disk_spill *spill; /* NULL: none yet */
    struct stretch *stretches;
    size_t stretch_count;
};

struct once *once_new(struct arena *a, size_t number_count, size_t bytes_max, struct str folder)
{
    struct once *s = NEW(a, struct once);
    *s = (struct once){.arena = a, .words = ONCE_NUMBERS + number_count, .folder = folder};
    s->cap_max = bytes_max / (s->words * sizeof(uint64_t)) + 64;
    return s;
}

size_t once_words(const struct once *s)
{
    return s->words;
}

/* ---- order ---- */

static int value_cmp(const uint64_t *x, const uint64_t *y)
{
    if (x[0] != y[0]) {
        return x[0] < y[0] ? -1 : 1;
    }
    uint64_t b = x[1] & ~GROUP_MASK, c = y[1] & ~GROUP_MASK;
    return b == c ? 0 : b < c ? -1 : 1;
}

static int entry_cmp(const void *left, const void *right)
{
    const uint64_t *x = left, *y = right;
    int cmp = value_cmp(x, y);
    return cmp != 0 || x[2] == y[2] ? cmp : x[2] < y[2] ? -1 : 1;
}

/* Sorts the buffer and leaves the first of each value. */
static void settle(struct once *s)
{
    size_t kept = 0, size = s->words * sizeof(uint64_t);
    if (s->count == 0) {
        return;
    }
    qsort(s->entries, s->count, size, entry_cmp);
    for (size_t i = 0; i < s->count; i++) {
        const uint64_t *entry = s->entries + i * s->words;
        if (kept == 0 || value_cmp(s->entries + (kept - 1) * s->words, entry) != 0) {
            memmove(s->entries + kept * s->words, entry, size);
            kept++;
        }
    }
    s->count = kept;
}

/* ---- adding ---- */

static enum err spill(struct once *s, struct diag *d)
{
    if (s->spill == NULL) {
        TRY(disk_spill_open(s->arena, s->folder, &s->spill, d));
    }
    struct stretch *stretch = NEW(s->arena, struct stretch);
    *stretch =
        (struct stretch){.next = s->stretches, .at = disk_spill_size(s->spill), .count = s->count};
    TRY(disk_spill_add(s->spill,
                       str_n((const char *)s->entries, s->count * s->words * sizeof(uint64_t)), d));
    s->stretches = stretch;
    s->stretch_count++;
    s->count = 0;
    return ERR_OK;
}

static enum err make_room(struct once *s, struct diag *d)
{
    if (s->cap < s->cap_max) {
        size_t cap = s->cap == 0 ? 64 : 2 * s->cap, size = s->words * sizeof(uint64_t);
        cap = cap < s->cap_max ? cap : s->cap_max;
        s->entries = arena_grow(s->arena, s->entries, s->cap * size, cap * size);
        s->cap = cap;
        return ERR_OK;
    }
    settle(s);
    return s->count > s->cap / 2 ? spill(s, d) : ERR_OK;
}

enum err once_add_entry(struct once *s, const uint64_t *entry, struct diag *d)
{
    if (s->count == s->cap) {
        TRY(make_room(s, d));
    }
    memcpy(s->entries + s->count++ * s->words, entry, s->words * sizeof(uint64_t));
    return ERR_OK;
}

enum err once_add(struct once *s, uint32_t group, struct str value, uint64_t place,
                  const int64_t *numbers, struct diag *d)
{
    uint64_t entry[ONCE_NUMBERS + COLUMNS_MAX];
    ASSERT(group < DISTINCT_GROUPS_MAX && s->words <= ONCE_NUMBERS + COLUMNS_MAX);
    struct distinct_entry hash = distinct_hash(value);
    entry[0] = hash.a;
    entry[1] = hash.b | group;
    entry[2] = place;
    memcpy(entry + ONCE_NUMBERS, numbers, (s->words - ONCE_NUMBERS) * sizeof(uint64_t));
    return once_add_entry(s, entry, d);
}

/* ---- merging ---- */

struct head { /* of a run, or of a sorted buffer */
    struct once *of;
    const uint32_t *groups;
    uint64_t *entries; /* in memory */
    size_t at, count, cap;
    int64_t next_at; /* in the file */
    size_t left;
};

/* Whether there is an entry at h->at: reads on where memory ends. */
static enum err head_fill(struct head *h, struct diag *d)
{
    size_t size = h->of->words * sizeof(uint64_t);
    if (h->at < h->count || h->left == 0) {
        return ERR_OK;
    }
    h->count = h->left < h->cap ? h->left : h->cap;
    TRY(disk_spill_read(h->of->spill, h->next_at, h->entries, h->count * size, d));
    h->next_at += (int64_t)(h->count * size);
    h->left -= h->count;
    h->at = 0;
    return ERR_OK;
}

static const uint64_t *head_entry(const struct head *h)
{
    return h->entries + h->at * h->of->words;
}

static struct head *least(struct head *heads, size_t count)
{
    struct head *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (heads[i].at < heads[i].count &&
            (found == NULL || entry_cmp(head_entry(&heads[i]), head_entry(found)) < 0)) {
            found = &heads[i];
        }
    }
    return found;
}

static size_t heads_open(struct arena *a, struct once *const *parts, const uint32_t *const *groups,
                         size_t count, struct head *heads, size_t stretches)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        settle(parts[i]);
        heads[used++] = (struct head){.of = parts[i],
                                      .groups = groups[i],
                                      .entries = parts[i]->entries,
                                      .count = parts[i]->count};
        size_t room = 16 * MIB / (stretches + 1);
        room = room < HEAD_BYTES_MAX ? room : HEAD_BYTES_MAX;
        for (struct stretch *s = parts[i]->stretches; s != NULL; s = s->next) {
            struct head *h = &heads[used++];
            *h = (struct head){
                .of = parts[i], .groups = groups[i], .next_at = s->at, .left = s->count};
            h->cap = room / (parts[i]->words * sizeof(uint64_t)) + 1;
            h->entries = NEW_ARRAY(a, uint64_t, h->cap * parts[i]->words);
        }
    }
    return used;
}

static enum err merge(struct arena *a, struct once *const *parts, const uint32_t *const *groups,
                      size_t count, once_each_fn *each, void *ctx, struct diag *d)
{
    uint64_t last[2] = {0, 0}, entry[ONCE_NUMBERS + COLUMNS_MAX];
    bool any = false;
    size_t stretches = 0;
    for (size_t i = 0; i < count; i++) {
        stretches += parts[i]->stretch_count;
    }
    struct head *heads = NEW_ARRAY(a, struct head, count + stretches), *h;
    size_t head_count = heads_open(a, parts, groups, count, heads, stretches);
    for (size_t i = 0; i < head_count; i++) {
        TRY(head_fill(&heads[i], d));
    }
    while ((h = least(heads, head_count)) != NULL) {
        const uint64_t *next = head_entry(h);
        if (!any || value_cmp(last, next) != 0) {
            memcpy(entry, next, h->of->words * sizeof(uint64_t));
            entry[1] = (next[1] & ~GROUP_MASK) | h->groups[next[1] & GROUP_MASK];
            TRY(each(ctx, entry, d));
        }
        any = true;
        last[0] = next[0];
        last[1] = next[1];
        h->at++;
        TRY(head_fill(h, d));
    }
    return ERR_OK;
}

enum err once_each(struct once *const *parts, const uint32_t *const *groups, size_t count,
                   once_each_fn *each, void *ctx, struct diag *d)
{
    struct arena *a = arena_new("first records", ARENA_PROCESS_BYTES_MAX);
    enum err err = merge(a, parts, groups, count, each, ctx, d);
    arena_free(a);
    return err;
}
