/* record.h -- Raw bytes to a typed row, or to the reason why not: the one path that landing's
 * readers, replay and reconciliation share. Renames, casts, constraints, derived columns, filter
 * and masks all happen here. */
#ifndef AFORO_PIPELINE_RECORD_H
#define AFORO_PIPELINE_RECORD_H

#include "pipeline/definition.h"

enum record_fate {
    RECORD_ROW,
    RECORD_FILTERED,
    RECORD_REJECTED,
    RECORD_PASSED /* not asked for, by who replays a part of an object: it counts as nothing */
};
struct record_origin { /* where it stands: object key and ordinal from 0 */
    struct str object;
    uint64_t ordinal;
};
struct row {
    enum record_fate fate;
    struct str event_id; /* ROW; REJECTED: when it could be read, else empty */
    int64_t event_us;    /* ROW; REJECTED: when it could be read, else INSTANT_NEVER */
    const struct warehouse_value *values; /* ROW: as definition_warehouse_columns has them */
    /* REJECTED: short and stable: "delay: not a whole number" (no values in it) */
    struct str reason;
};
struct record_decoder;
struct record_decoder *record_decoder_new(struct arena *a, const struct definition *def);
/* One JSON object. Everything in the row lives in `a` or borrows `bytes` and the origin. Never
 * fails: bad input is a rejected row ("not JSON: ...", "not an object"). */
struct row record_decode(const struct record_decoder *r, struct str bytes,
                         struct record_origin origin, struct arena *a);
/* The same from named fields (CSV): all texts; empty text is missing. */
struct row record_decode_fields(const struct record_decoder *r, const struct str *names,
                                const struct str *fields, size_t count, struct record_origin origin,
                                struct arena *a);

#endif
