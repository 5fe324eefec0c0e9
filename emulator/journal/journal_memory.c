/* journal_memory.c -- Entries and bodies in an arena. Positions: an entry ends at its number, a
 * body lies at its address. */
#include "journal_memory.h"

#include <string.h>

struct journal_memory {
    struct arena *arena;
    struct journal journal;
    struct str *entries;
    size_t count, cap;
    uint64_t kept;
    size_t fail_at, calls;
    bool failed;
};

/* Counts a step; true: it is the one that fails, or one of those behind it. */
static bool step_fails(struct journal_memory *m)
{
    m->calls++;
    m->failed = m->failed || m->calls == m->fail_at;
    return m->failed;
}

static uint64_t memory_append(void *self, const struct str *parts, size_t count)
{
    struct journal_memory *m = self;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    if (step_fails(m)) {
        return m->count + 1;
    }
    if (m->count == m->cap) {
        size_t cap = m->cap == 0 ? 64 : m->cap * 2;
        m->entries =
            arena_grow(m->arena, m->entries, m->cap * sizeof(struct str), cap * sizeof(struct str));
        m->cap = cap;
    }
    char *to = arena_alloc_raw(m->arena, bytes);
    m->entries[m->count++] = str_n(to, bytes);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].ptr, parts[i].len);
        }
        to += parts[i].len;
    }
    return m->count;
}

static uint64_t memory_end(void *self)
{
    const struct journal_memory *m = self;
    return m->count;
}

static enum journal_saved memory_saved(void *self, uint64_t end)
{
    const struct journal_memory *m = self;
    return end <= m->count && !m->failed ? JOURNAL_SAVED : JOURNAL_FAILED;
}

static bool memory_keep(void *self, struct str bytes, uint64_t *ret_place, const char **ret_bytes)
{
    struct journal_memory *m = self;
    if (step_fails(m)) {
        return false;
    }
    *ret_bytes = arena_copy(m->arena, bytes.ptr, bytes.len);
    *ret_place = (uint64_t)(uintptr_t)*ret_bytes;
    m->kept += bytes.len;
    return true;
}

static bool memory_lay(void *self, const struct str *parts, size_t count, uint64_t *ret_place)
{
    struct journal_memory *m = self;
    size_t bytes = 0;
    if (step_fails(m)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    char *to = arena_alloc_raw(m->arena, bytes + 1);
    *ret_place = (uint64_t)(uintptr_t)to;
    m->kept += bytes;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].ptr, parts[i].len);
        }
        to += parts[i].len;
    }
    return true;
}

static const char *memory_find(void *self, uint64_t place, size_t count)
{
    struct journal_memory *m = self;
    m->kept += count;
    return (const char *)(uintptr_t)place;
}

static void memory_drop(void *self, uint64_t place, size_t count)
{
    struct journal_memory *m = self;
    (void)place;
    m->kept -= count;
}

static void memory_detach(void *self)
{
    (void)self;
}

static void memory_forget(void *self, uint64_t end)
{
    (void)self;
    (void)end;
}

static void memory_on_progress(void *self, journal_progress_fn *fn, void *ctx)
{
    (void)self;
    (void)fn;
    (void)ctx;
}

static const struct journal_ops ops = {
    .append = memory_append,
    .end = memory_end,
    .saved = memory_saved,
    .keep = memory_keep,
    .find = memory_find,
    .lay = memory_lay,
    .append_about = memory_append,
    .leave = memory_drop,
    .drop = memory_drop,
    .detach = memory_detach,
    .forget = memory_forget,
    .on_progress = memory_on_progress,
};

struct journal_memory *journal_memory_new(struct arena *a)
{
    struct journal_memory *m = NEW(a, struct journal_memory);
    m->arena = a;
    m->journal = (struct journal){.ops = &ops, .self = m};
    return m;
}

const struct journal *journal_memory_journal(const struct journal_memory *m)
{
    return &m->journal;
}

void journal_memory_fail_at(struct journal_memory *m, size_t n)
{
    m->fail_at = n;
    m->calls = 0;
    m->failed = false;
}

size_t journal_memory_count(const struct journal_memory *m)
{
    return m->count;
}

struct str journal_memory_entry(const struct journal_memory *m, size_t i)
{
    return m->entries[i];
}

uint64_t journal_memory_kept(const struct journal_memory *m)
{
    return m->kept;
}
