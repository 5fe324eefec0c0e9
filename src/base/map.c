/* A hash table beside an array: `entries` in the order of insertion, `slots` (open addressing,
 * linear probing) with indexes into it. A removed entry stays as a tombstone (value NULL, its slot
 * kept) until the array is full; then both are rebuilt. There are twice as many slots as entries,
 * so a probe always ends at an empty slot. */
#include "base/map.h"

#include <string.h>
#include "base/hash.h"

#define MAP_SEED 0x6d61702e61666f72u
#define MAP_ENTRIES_FIRST ((size_t)8)

struct entry {
    struct str key;
    void *value; /* NULL: removed */
    uint64_t hash;
};

struct map {
    struct arena *arena;
    struct entry *entries;
    uint32_t *slots; /* index + 1; 0 is empty */
    size_t cap;      /* of entries: a power of two; slots has 2 * cap */
    size_t used;     /* entries written, tombstones included */
    size_t first;    /* no live entry stands before it */
    size_t count;    /* live ones */
};

struct map *map_new(struct arena *a)
{
    struct map *m = NEW(a, struct map);
    m->arena = a;
    return m;
}

static struct entry *map_find(const struct map *m, struct str key, uint64_t hash)
{
    if (m->count == 0) {
        return NULL;
    }
    size_t mask = m->cap * 2 - 1;
    for (size_t at = (size_t)hash & mask; m->slots[at] != 0; at = (at + 1) & mask) {
        struct entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && e->value != NULL && str_eq(e->key, key)) {
            return e;
        }
    }
    return NULL;
}

void *map_get(const struct map *m, struct str key)
{
    struct entry *e = map_find(m, key, hash64(MAP_SEED, key));
    return e == NULL ? NULL : e->value;
}

static void map_append(struct map *m, struct entry entry)
{
    size_t mask = m->cap * 2 - 1;
    size_t at = (size_t)entry.hash & mask;
    while (m->slots[at] != 0) {
        at = (at + 1) & mask;
    }
    m->entries[m->used++] = entry;
    m->slots[at] = (uint32_t)m->used;
}

/* Gives the arrays twice the room, or the first one. */
static void map_grow(struct map *m)
{
    size_t cap = m->cap == 0 ? MAP_ENTRIES_FIRST : m->cap * 2;
    ASSERT(cap < UINT32_MAX / 2);
    m->entries =
        arena_grow(m->arena, m->entries, m->cap * sizeof(struct entry), cap * sizeof(struct entry));
    m->slots =
        arena_grow(m->arena, m->slots, m->cap * 2 * sizeof(uint32_t), cap * 2 * sizeof(uint32_t));
    m->cap = cap;
}

/* Drops the tombstones; grows when the live entries alone fill more than half. */
static void map_rebuild(struct map *m)
{
    if (m->cap == 0 || m->count > m->cap / 2) {
        map_grow(m);
    }
    size_t from = m->first, to = m->used;
    memset(m->slots, 0, m->cap * 2 * sizeof(uint32_t));
    m->used = m->first = 0;
    for (size_t i = from; i < to; i++) {
        struct entry e = m->entries[i];
        if (e.value != NULL) {
            map_append(m, e);
        }
    }
}

void map_put(struct map *m, struct str key, void *value)
{
    ASSERT(value != NULL);
    uint64_t hash = hash64(MAP_SEED, key);
    struct entry *e = map_find(m, key, hash);
    if (e != NULL) {
        e->value = value;
        return;
    }
    if (m->used == m->cap) {
        map_rebuild(m);
    }
    map_append(m, (struct entry){.key = str_copy(m->arena, key), .value = value, .hash = hash});
    m->count++;
}

void *map_remove(struct map *m, struct str key)
{
    struct entry *e = map_find(m, key, hash64(MAP_SEED, key));
    if (e == NULL) {
        return NULL;
    }
    void *value = e->value;
    if (e->key.len > 0) {
        arena_drop(m->arena, (void *)(uintptr_t)e->key.ptr, e->key.len);
    }
    e->key = STR_EMPTY;
    e->value = NULL;
    m->count--;
    while (m->first < m->used && m->entries[m->first].value == NULL) {
        m->first++;
    }
    return value;
}

size_t map_count(const struct map *m)
{
    return m->count;
}

bool map_next(const struct map *m, size_t *cursor, struct str *ret_key, void **ret_value)
{
    size_t at = *cursor < m->first ? m->first : *cursor;
    while (at < m->used && m->entries[at].value == NULL) {
        at++;
    }
    if (at >= m->used) {
        *cursor = at;
        return false;
    }
    *ret_key = m->entries[at].key;
    *ret_value = m->entries[at].value;
    *cursor = at + 1;
    return true;
}

void map_check(const struct map *m)
{
    size_t live = 0, filled = 0;
    for (size_t i = 0; i < m->used; i++) {
        const struct entry *e = &m->entries[i];
        if (e->value != NULL) {
            ASSERT(i >= m->first);
            ASSERT(map_find(m, e->key, e->hash) == e);
            live++;
        }
    }
    for (size_t i = 0; i < m->cap * 2; i++) {
        filled += m->slots[i] != 0;
    }
    ASSERT(live == m->count);
    ASSERT(filled == m->used);
    ASSERT(m->used <= m->cap);
}
