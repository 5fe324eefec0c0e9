/* aggregate_parts.h -- What the files of aggregate share. Private to replay. */
#ifndef AFORO_REPLAY_AGGREGATE_PARTS_H
#define AFORO_REPLAY_AGGREGATE_PARTS_H

#include "distinct.h"
#include "once.h"
#include "replay/aggregate.h"

struct group {
    struct str key; /* the names, joined by NUL, which no text of a row holds */
    uint64_t hash, count, distinct;
    int64_t *numbers; /* sums, mins, maxs: measure_count each */
};
struct by { /* one of the things that name a group */
    enum by_kind { BY_COLUMN, BY_DAY, BY_MONTH, BY_HOUR, BY_WINDOW } kind;
    size_t column;
    int64_t step_us; /* WINDOW */
};
struct aggregate {
    struct arena *arena;
    const struct aggregate_plan *plan;
    const struct definition *def;
    struct aggregate_counts counts;
    struct group *groups;
    size_t group_count, group_cap;
    uint32_t *places;   /* open addressing by hash: a group's number + 1; 0 free */
    size_t place_count; /* a power of two */
    struct buf key;     /* of the row that is added */
    struct by by[AGGREGATE_BY_MAX];
    size_t distinct_column;
    struct distinct *distinct; /* NULL: not asked */
    struct once *once;         /* NULL: not asked */
    uint64_t place; /* of the record that is added: its object's in the source, then its own */
};
/* The group of a key; a new one is empty. ERR_LIMIT. */
MUST_USE enum err group_of(struct aggregate *g, struct str key, uint32_t *ret_number,
                           struct diag *d);
/* Adds a count and its numbers (as in struct group), or nothing. ERR_LIMIT: a sum past int64. */
MUST_USE enum err group_add(const struct aggregate *g, struct group *to, uint64_t count,
                            const int64_t *numbers, struct diag *d);
/* ERR_INVALID: no such column. */
MUST_USE enum err column_named(const struct definition *def, struct str name, size_t *ret_column,
                               struct diag *d);
MUST_USE enum err by_named(const struct definition *def, struct str name, struct by *ret_by,
                           struct diag *d);
/* The key of a row's group; valid until the next call. */
struct str row_key(struct aggregate *g, const struct row *row);
void value_name(struct buf *out, const struct warehouse_value *v);
/* Each value's first record of all parts of a result. */
MUST_USE enum err once_all(struct arena *a, const struct aggregate_result *r, once_each_fn *each,
                           void *ctx, struct diag *d);

#endif
