/* expect_parts.h -- What an expectation file asks for, once read. Private to replay. */
#ifndef AFORO_REPLAY_EXPECT_PARTS_H
#define AFORO_REPLAY_EXPECT_PARTS_H

#include "base/decimal.h"
#include "base/json.h"
#include "replay/expect.h"

enum figure_kind { FIGURE_COUNT, FIGURE_SUM, FIGURE_MIN, FIGURE_MAX, FIGURE_DISTINCT };
struct figure {
    enum figure_kind kind;
    const struct column *column; /* NULL: count */
    struct str text;             /* "sum(delay)" */
    bool is_number;
    int scale; /* of the number */
};
struct single { /* of the whole table */
    struct figure figure;
    const struct column *where; /* BOOLEAN: only rows for which it is true; NULL: all */
    struct str equals;
    struct ratio tolerance; /* of what is expected */
};
#define GROUP_PARTS_MAX 4
struct group_part { /* one of the things that name a group */
    enum group_by { GROUP_DAY, GROUP_MONTH, GROUP_HOUR, GROUP_WINDOW, GROUP_COLUMN } by;
    const struct column *column; /* COLUMN */
    int64_t step_us;             /* HOUR, WINDOW */
};
struct grouping {
    struct group_part parts[GROUP_PARTS_MAX];
    size_t part_count;
    struct figure *figures;
    size_t figure_count;
    const struct json *rows; /* an object of arrays with a value a figure */
    bool partial;            /* groups that are not named are not looked at */
    struct ratio tolerance;
};
struct total {
    struct str name; /* "records" */
    struct str equals;
};
struct expectation {
    struct ratio tolerance; /* of totals, and where nothing else is said */
    struct total *totals;
    struct single *singles;
    struct grouping *groupings;
    size_t total_count, single_count, grouping_count;
};
/* ERR_INVALID: "name:line:column: ..." */
MUST_USE enum err expectation_read(struct arena *a, struct str text, struct str name,
                                   const struct definition *def,
                                   struct expectation *ret_expectation, struct diag *d);
/* objects, records, rows, duplicates, quarantined, filtered */
extern const struct str expectation_totals[];
#define EXPECTATION_TOTAL_COUNT 6

struct json_out;
/* A member `key` with a list of names, for texts of expectation files that nobody wrote. */
void expect_names_write(struct json_out *w, const char *key, const struct str *names, size_t count);

/* Where figures are found: in a warehouse, or in aggregates. Values are texts, numbers with all the
 * digits of their scale; null is "-". */
#define FIGURE_NULL STR("-")
struct group_row {
    struct str name;    /* 2001-01-31, 2001-01, 2001-01-31T09, a column's value; joined by '/' */
    struct str *values; /* one a figure */
};
struct figure_source {
    void *ctx;
    enum err (*single)(void *ctx, struct arena *a, const struct single *single,
                       struct str *ret_value, struct diag *d);
    enum err (*grouping)(void *ctx, struct arena *a, const struct grouping *grouping,
                         struct group_row **ret_rows, size_t *ret_count, struct diag *d);
};
struct figure_query { /* the context of a warehouse's */
    const struct definition *def;
    struct warehouse *warehouse;
};
struct figure_source figure_query_source(struct figure_query *q);

struct compared { /* one figure */
    struct str what, group;
    const struct figure *figure;
    struct str expected, found;
};
struct comparing; /* what differs so far */
struct comparing *comparing_new(struct arena *a);
void comparing_add(struct comparing *c, const struct compared *x, struct ratio tolerance);
/* The heaviest first. */
void comparing_end(struct comparing *c, struct expect_result *ret_result);
MUST_USE enum err expectation_compare(struct arena *a, const struct expectation *e,
                                      const struct figure_source *found,
                                      const struct player_result *played,
                                      struct expect_result *ret_result, struct diag *d);

#endif
