/* aggregate.h -- Counts, exact sums, least and greatest by group, and distinct values, without a
 * warehouse. Parts that were made anywhere, by threads or on other machines, are one in the end, to
 * the same bytes whatever the parts were. */
#ifndef AFORO_REPLAY_AGGREGATE_H
#define AFORO_REPLAY_AGGREGATE_H

#include "pipeline/definition.h"
#include "pipeline/record.h"

#define AGGREGATE_BY_MAX 8
#define AGGREGATE_GROUPS_MAX 65536

struct aggregate_plan { /* what is asked; its texts live in the arena it was read in */
    struct str pipeline;
    struct str by[AGGREGATE_BY_MAX]; /* a column, or a window of the event's time */
    size_t by_count;
    struct str distinct; /* a column; empty: none */
    bool once;           /* sums also with each value of `distinct` once, by its first record */
    struct aggregate_measure {
        struct str column;
        int scale;
        size_t at;           /* the column's index; nothing in a plan that came with a part */
        bool no_sum;         /* least and greatest alone: of times */
    } measures[COLUMNS_MAX]; /* the definition's sums, or what an expectation asks for */
    size_t measure_count;
    struct str selected; /* of the records only these (selection_name); empty: all */
};
/* `by` and `distinct` as the command line has them: "shop,day", "10m", "id"; may be empty. Windows:
 * day, month, hour, minute, or a duration that divides a day. ERR_INVALID: no such column. */
MUST_USE enum err aggregate_plan_read(struct arena *a, const struct definition *def, struct str by,
                                      struct str distinct, bool once,
                                      struct aggregate_plan *ret_plan, struct diag *d);

struct aggregate_counts {
    uint64_t objects, problems, records, rows, filtered, quarantined;
};
struct aggregate;
struct aggregate_options {
    size_t distinct_bytes_max; /* of memory for distinct values; past it they go to a file */
    struct str folder;         /* where that file is made */
};
struct aggregate *aggregate_new(struct arena *a, const struct aggregate_plan *plan,
                                const struct definition *def,
                                const struct aggregate_options *options);
/* Its records follow, in order; `place` is the object's in the whole source. */
void aggregate_object(struct aggregate *g, size_t place);
/* Any row: one that is none is counted as what it is. ERR_LIMIT: a sum past int64, too many groups.
 */
MUST_USE enum err aggregate_add(struct aggregate *g, const struct row *row, struct diag *d);
struct aggregate_counts *
aggregate_counts(struct aggregate *g); /* objects, problems: the caller's */

struct aggregate_group {
    const struct str *names; /* one a `by` */
    uint64_t count, distinct;
    const int64_t *sums, *mins, *maxs; /* one a measure; min > max: no value */
    /* of the values whose first record is in this group: how many, and their sums */
    uint64_t once;
    int64_t *once_sums;
};
struct aggregate_result {
    const struct aggregate_plan *plan;
    struct aggregate_counts counts;
    struct aggregate_group *groups; /* in byte order of their names */
    size_t group_count;
    uint64_t distinct, once;        /* in all */
    struct aggregate *const *parts; /* and how their groups are numbered in `groups` */
    const uint32_t *const *numbers;
    size_t part_count;
};
/* All parts as one. They must have been made by one plan. */
MUST_USE enum err aggregate_end(struct arena *a, struct aggregate *const *parts, size_t count,
                                struct aggregate_result *ret_result, struct diag *d);

/* The result for programs: JSON, the same bytes for the same records. */
void aggregate_json(struct buf *out, struct arena *a, const struct aggregate_result *r);
/* For people: tables, of all groups (top 0) or of the largest ones. */
void aggregate_table(struct buf *out, struct arena *a, const struct aggregate_result *r,
                     size_t top);

/* A part as a file (docs/replay.md): the plan, the counts and groups as one line of JSON, then the
 * distinct values, 16 bytes each, ascending, then the first records. */
MUST_USE enum err aggregate_save(struct buf *out, struct arena *a, const struct aggregate_result *r,
                                 struct diag *d);
/* ERR_INVALID: not such a file, or of another plan than *plan, which is filled in where it is
 * empty. `name` is for messages. */
MUST_USE enum err aggregate_load(struct arena *a, struct str bytes, struct str name,
                                 struct aggregate_plan *plan,
                                 const struct aggregate_options *options,
                                 struct aggregate **ret_aggregate, struct diag *d);

#endif
