/* tally.h -- Counts and exact aggregates by group: what is compared at every critical point.
 * Tallies merge, so parts can be counted anywhere and added up. Groups leave in byte order of their
 * names. */
#ifndef AFORO_PIPELINE_TALLY_H
#define AFORO_PIPELINE_TALLY_H

#include "pipeline/definition.h"
#include "pipeline/record.h"

struct tally;
struct tally_group {
    struct str name; /* "2001-01-31", or "2001-01-31/DTW" with a dimension */
    uint64_t count;
    const int64_t *sums;        /* one a reconciliation column, in its scale */
    const int64_t *mins, *maxs; /* of non-null values; sums of none are 0, min > max then */
};                              /* a null dimension is the empty name: "2001-01-31/" */
struct tally *tally_new(struct arena *a, const struct definition *def);
/* Adds a row (fate RECORD_ROW) to the group of its event day (and dimension). ERR_LIMIT: a sum past
 * int64. */
MUST_USE enum err tally_add(struct tally *t, const struct row *row, struct diag *d);
MUST_USE enum err tally_add_count(struct tally *t, struct str group, uint64_t count,
                                  struct diag *d);
MUST_USE enum err tally_merge(struct tally *t, const struct tally *other, struct diag *d);
bool tally_next(const struct tally *t, struct str after, struct tally_group *ret_group);
/* Control totals as JSON, both ways:
 * {"schema":1,"pipeline":"flights","groups":{"2001-01-31":{"count":3,"sum(delay)":"12",
 * "min(delay)":"-2","max(delay)":"9"}}}. Reading adds to what is there; every sum must be given,
 * min and max may be. */
void tally_write(struct buf *out, const struct tally *t);
MUST_USE enum err tally_read(struct tally *t, struct str text, struct diag *d);

#endif
