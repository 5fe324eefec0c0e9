/* diff_parts.h -- One side of a comparison as rows of texts in one spelling. Private to replay. */
#ifndef AFORO_REPLAY_DIFF_PARTS_H
#define AFORO_REPLAY_DIFF_PARTS_H

#include "pipeline/record.h"
#include "replay/diff.h"

struct diff_row {
    struct str id;
    enum record_fate fate;
    int64_t event_us; /* INSTANT_NEVER: not known */
    uint64_t ordinal;
    struct str *texts; /* a compared column; after them the fate: "row", "filtered", the reason */
    const struct warehouse_value *values; /* ROW: of the side's own columns */
};
/* Opened once; rows can be read again. */
struct side_reader {
    const struct diff_side *side;
    const struct record_decoder *decoder;
    const size_t *columns; /* of the definition, compared ones */
    size_t column_count;
    bool rows_only; /* the other side is a warehouse */
};
typedef enum err diff_row_fn(void *ctx, const struct diff_row *row, struct diag *d);
/* Each row of object `index` (a warehouse has one: 0); a row is valid during its call. */
MUST_USE enum err side_read(const struct side_reader *r, size_t index, diff_row_fn *fn, void *ctx,
                            struct diag *d);
size_t side_objects(const struct diff_side *side);
struct str side_object_name(const struct diff_side *side, size_t index);
/* A reconciliation column's number of a row; false: null. */
bool side_number(const struct definition *def, const struct diff_row *row, struct str column,
                 int64_t *ret_number);

struct mark { /* one record */
    uint64_t id[2], content;
    uint64_t ordinal;
    uint32_t object;
    uint32_t pair; /* 1 + index of its difference; 0: equal, or not compared */
};
struct marks {
    struct mark *items;
    size_t count, cap;
};
void marks_add(struct marks *m, struct arena *a, const struct mark *mark);
/* Against a warehouse: of several with one id the first, as loading takes them. */
void marks_keep_first(struct marks *m);
/* Equal ones cancel, the others get their `pair`; returns how many differences there are. */
size_t marks_merge(struct marks *x, struct marks *y, struct arena *a,
                   uint64_t counts[DIFF_KIND_COUNT]);
/* Leaves those with a difference, in the order of their places. */
void marks_keep_different(struct marks *m);

/* Finds the frame of each line. */
MUST_USE enum err diff_frames(const struct diff_side sides[2], struct diff_result *r,
                              struct diag *d);

#endif
