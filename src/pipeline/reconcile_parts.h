/* reconcile_parts.h -- One reconciliation while it is made: windows with three sides, raw objects
 * with two. Private to reconcile*.c. */
#ifndef AFORO_PIPELINE_RECONCILE_PARTS_H
#define AFORO_PIPELINE_RECONCILE_PARTS_H

#include "base/tree.h"
#include "id_set.h"
#include "pipeline/reconcile.h"

enum side { SIDE_SOURCE, SIDE_RAW, SIDE_WAREHOUSE, SIDE_COUNT };
struct figures { /* of one window on one side */
    uint64_t count;
    int64_t *sums, *mins, *maxs; /* one a reconciliation column; min > max: no value */
};
struct window {
    struct str name;
    size_t day;     /* index of its day */
    bool whole_day; /* else a dimension's share of one */
    struct figures sides[SIDE_COUNT];
};
struct day_state {
    int64_t us;
    struct str name;
    bool has_source, has_source_dimensions;
    struct str bad_control; /* key of control totals that cannot be read; empty: none */
    int64_t unloaded_since_us, told_us, landed_us; /* as in struct reconcile_day */
};
struct raw_object {
    struct str key;
    /* index of the first of our days that it has events of; or NO_DAY */
    size_t day;
    size_t arrival_day; /* index of the day on which it arrived; or NO_DAY */
    int64_t landed_us;
    bool listed, loaded, near, named, readable;
    uint64_t noted_records, noted_rows, noted_filtered; /* in its line of the warehouse */
    uint64_t rows, duplicates, quarantined;             /* counted in the warehouse's tables */
    uint64_t records, rejected, filtered;               /* decoded */
};
#define NO_DAY ((size_t)-1)

struct reconciliation {
    struct pipeline *p;
    const struct definition *def;
    struct arena *arena;   /* the result's */
    struct arena *scratch; /* rewound after each object */
    struct arena *memory;  /* ids that were seen */
    struct capture_codec *captures;
    struct day_state *days;
    size_t day_count;
    struct tree *windows, *objects;
    struct id_set *seen;
    struct tally *raw;
};

/* NO_DAY: not asked for */
size_t reconcile_day_find(const struct reconciliation *r, int64_t at_us);
/* "2001-01-31/DTW" too */
size_t reconcile_day_named(const struct reconciliation *r, struct str name);
struct window *reconcile_window(struct reconciliation *r, struct str name, size_t day,
                                bool whole_day);
/* Adds a group to its window and, with a dimension, to its day's. Groups of days that were not
 * asked for are left out. */
MUST_USE enum err reconcile_add(struct reconciliation *r, enum side side,
                                const struct tally_group *group, struct diag *d);
struct raw_object *reconcile_object(struct reconciliation *r, struct str key);
bool reconcile_object_is_read(const struct raw_object *o);

/* its side, and what it says of objects */
MUST_USE enum err reconcile_warehouse(struct reconciliation *r, struct diag *d);
MUST_USE enum err reconcile_raw_list(struct reconciliation *r, struct diag *d);
/* reads the objects again */
MUST_USE enum err reconcile_raw(struct reconciliation *r, struct diag *d);
void reconcile_lines(struct reconciliation *r, struct reconcile_result *ret_result);

#endif
