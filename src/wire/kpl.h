/* kpl.h -- The records that the Kinesis Producer Library packed into one: four bytes of magic, a
 * protocol-buffers message (tables of partition and hash keys, and records that name them by
 * index), its MD5. Source: awslabs/amazon-kinesis-producer, aggregation-format.md. */
#ifndef AFORO_WIRE_KPL_H
#define AFORO_WIRE_KPL_H

#include "base/str.h"

struct kpl_record {
    struct str partition_key, explicit_hash_key, data; /* the hash key may be empty */
};
/* Begins with the magic. What begins so and is none is an ordinary record, as KCL takes it. */
bool kpl_is(struct str record);
/* `record` is borrowed. ERR_CORRUPT: its MD5 is another one, or it is cut; ERR_INVALID: the message
 * is none. */
MUST_USE enum err kpl_split(struct arena *a, struct str record, struct kpl_record **ret_records,
                            size_t *ret_count, struct diag *d);

#endif
