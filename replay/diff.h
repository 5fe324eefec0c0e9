/* diff.h -- Where two sides part: captures, definitions over one capture, warehouses, or one of
 * each. From the whole down: windows (days of the event's time), objects, then records, missing,
 * extra, or altered column by column. Objects with equal bytes and one definition are not read.
 * Records are matched by event id; those without one by object and position. Two records with one
 * id on one side are two; against a warehouse the first of them counts, as in loading, and what is
 * filtered or refused is left out. */
#ifndef AFORO_REPLAY_DIFF_H
#define AFORO_REPLAY_DIFF_H

#include "pipeline/definition.h"
#include "replay/reader.h"
#include "replay/source.h"

struct diff_side { /* a source, or a warehouse that holds the definition's table */
    const struct definition *def;
    const struct source *source; /* NULL: the warehouse */
    struct warehouse *warehouse;
    struct reader_form format;
};
#define DIFF_NO_FRAME UINT64_MAX
enum diff_kind { DIFF_MISSING, DIFF_EXTRA, DIFF_ALTERED, DIFF_KIND_COUNT };
struct diff_part { /* a window or an object: what differs in it */
    struct str name;
    uint64_t counts[DIFF_KIND_COUNT];
    int64_t *sums; /* right - left, a reconciliation column of the left definition; windows only */
};
struct diff_line { /* one record, or one column of it that was altered */
    enum diff_kind kind;
    struct str id, object;
    uint64_t ordinal; /* in the object, from 0: on the left, or on the right where it is extra */
    uint64_t frame;   /* of a capture, from 0; DIFF_NO_FRAME: of other objects */
    bool looked_for;  /* the frame was */
    struct str column, left, right; /* ALTERED; null is "null" */
};
struct diff_problem { /* an object that cannot be read: its records are missing on its side */
    bool right;
    struct str object, text;
};
struct diff_result {
    uint64_t objects, objects_equal; /* equal: the same bytes on both sides */
    uint64_t records[2];             /* compared, of each side: in the other objects */
    uint64_t counts[DIFF_KIND_COUNT];
    struct diff_part *windows, *parts; /* that differ; parts: objects */
    size_t window_count, part_count;
    struct diff_line *lines;
    size_t line_count;
    struct diff_problem *problems;
    size_t problem_count;
    struct str only_left, only_right; /* columns of one definition alone: not compared */
};
/* At most records_max records have lines; everything is counted. Fails where a side as a whole
 * does. ERR_LIMIT: a sum past int64. */
MUST_USE enum err diff_run(struct arena *a, const struct diff_side sides[2], size_t records_max,
                           struct diff_result *ret_result, struct diag *d);
/* For programs: one object of JSON (docs/replay.md) and a newline. */
void diff_json(struct buf *out, const struct definition *def, const struct diff_result *r);
/* For people; lines_max a table. */
void diff_write(struct buf *out, const struct definition *def, const struct diff_result *r,
                size_t lines_max);

#endif
