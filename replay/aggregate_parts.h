/* aggregate_parts.h -- What the files of aggregate share. Private to replay. */
#ifndef AFORO_REPLAY_AGGREGATE_PARTS_H
#define AFORO_REPLAY_AGGREGATE_PARTS_H

#include "distinct.h"
#include "replay/aggregate.h"

struct group {
    struct str key; /* the names, joined by NUL, which no text of a row holds */
    uint64_t hash, count, distinct;
    int64_t *numbers; /* sums, mins, maxs: measure_count each */
};
struct aggregate {
    struct arena *arena;
    const struct aggregate_plan *plan;
    const struct definition *def;
    struct aggregate_counts counts;
    struct group *groups;
    size_t group_count, group_cap;
    uint32_t *places;                   /* open addressing by hash: a group's number + 1; 0 free */
    size_t place_count;                 /* a power of two */
    struct buf key;                     /* of the row that is added */
    size_t by_column[AGGREGATE_BY_MAX]; /* AGGREGATE_DAY and so on, or a column */
    size_t distinct_column;
    struct distinct *distinct; /* NULL: not asked */
};
/* The group of a key; a new one is empty. ERR_LIMIT. */
MUST_USE enum err group_of(struct aggregate *g, struct str key, uint32_t *ret_number,
                           struct diag *d);
/* Adds a count and its numbers (as in struct group), or nothing. ERR_LIMIT: a sum past int64. */
MUST_USE enum err group_add(const struct aggregate *g, struct group *to, uint64_t count,
                            const int64_t *numbers, struct diag *d);

#endif
