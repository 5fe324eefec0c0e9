/* selection.h -- Which part of a capture is meant: objects by key and shard, records by arrival,
 * event time or a condition. A record that is refused is meant whatever its fields would say. */
#ifndef AFORO_REPLAY_SELECTION_H
#define AFORO_REPLAY_SELECTION_H

#include "pipeline/expression.h"
#include "pipeline/record.h"
#include "replay/source.h"

struct selection {
    struct str prefix;                      /* of keys; empty: all */
    unsigned shard_index, shard_count;      /* of objects, by hash of the key; 0 of 0: all */
    int64_t from_us, to_us;                 /* event time: from <= t < to */
    int64_t arrived_from_us, arrived_to_us; /* as the stream took it: captures know it */
    struct expression *where;               /* over the columns; NULL: all */
};
#define SELECTION_ALL                                                                              \
    ((struct selection){.prefix = STR_EMPTY,                                                       \
                        .from_us = INT64_MIN,                                                      \
                        .to_us = INT64_MAX,                                                        \
                        .arrived_from_us = INT64_MIN,                                              \
                        .arrived_to_us = INT64_MAX})

/* "2/8": index and count. ERR_INVALID. */
MUST_USE enum err selection_shard(struct selection *s, struct str text, struct diag *d);
/* ERR_INVALID names the place in the condition. */
MUST_USE enum err selection_where(struct selection *s, struct arena *a,
                                  const struct definition *def, struct str text, struct diag *d);
/* Leaves in *source the objects that are meant. */
void selection_objects(const struct selection *s, struct source *source);
/* ERR_UNSUPPORTED: arrival is asked for, and this record's (INSTANT_NEVER) is not known. */
MUST_USE enum err selection_arrival(const struct selection *s, int64_t arrived_us, bool *ret_meant,
                                    struct diag *d);
/* A condition that overflows on a row does not mean it. */
bool selection_row(const struct selection *s, const struct row *row, struct arena *a);

#endif
