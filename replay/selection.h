/* selection.h -- Which part of a capture is meant: objects by key and share, records by shard,
 * arrival, partition key, event time or a condition. A record that is refused is meant whatever its
 * fields would say. */
#ifndef AFORO_REPLAY_SELECTION_H
#define AFORO_REPLAY_SELECTION_H

#include "pipeline/expression.h"
#include "pipeline/record.h"
#include "replay/source.h"

struct selection {
    struct str prefix;                      /* of keys; empty: all */
    struct str stream_shard;                /* objects that landing made of it; empty: all */
    unsigned shard_index, shard_count;      /* of objects, by hash of the key; 0 of 0: all */
    int64_t from_us, to_us;                 /* event time: from <= t < to */
    int64_t arrived_from_us, arrived_to_us; /* as the stream took it: captures know it */
    struct str key;                         /* partition key; empty: all */
    struct expression *where;               /* over the columns; NULL: all */
    struct str condition;                   /* its text */
};
#define SELECTION_ALL                                                                              \
    ((struct selection){.prefix = STR_EMPTY,                                                       \
                        .stream_shard = STR_EMPTY,                                                 \
                        .from_us = INT64_MIN,                                                      \
                        .to_us = INT64_MAX,                                                        \
                        .arrived_from_us = INT64_MIN,                                              \
                        .arrived_to_us = INT64_MAX,                                                \
                        .key = STR_EMPTY,                                                          \
                        .condition = STR_EMPTY})

/* "2/8": index and count. ERR_INVALID. */
MUST_USE enum err selection_shard(struct selection *s, struct str text, struct diag *d);
/* ERR_INVALID names the place in the condition. Borrows the text. */
MUST_USE enum err selection_where(struct selection *s, struct arena *a,
                                  const struct definition *def, struct str text, struct diag *d);
/* Leaves in *source the objects that are meant: also without those whose keys tell that all of
 * their records arrived at another time. ERR_NOT_FOUND: there are objects, and no key has the
 * prefix or is of the shard. */
MUST_USE enum err selection_objects(const struct selection *s, struct source *source,
                                    struct diag *d);
/* Whether objects are read in part. */
bool selection_of_records(const struct selection *s);
bool selection_of_arrivals(const struct selection *s);
/* What is asked of records, in words that are the same for the same question: "from
 * 2026-03-28T00:00:00Z, key k7"; empty: all of them. */
struct str selection_name(const struct selection *s, struct arena *a);
/* ERR_UNSUPPORTED: arrival (INSTANT_NEVER) or partition key (empty) is asked for, and this record's
 * is not known. */
MUST_USE enum err selection_record(const struct selection *s, struct str partition_key,
                                   int64_t arrived_us, bool *ret_meant, struct diag *d);
/* A condition that overflows on a row does not mean it. */
bool selection_row(const struct selection *s, const struct row *row, struct arena *a);

#endif
