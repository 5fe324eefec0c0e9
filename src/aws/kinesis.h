/* kinesis.h -- The Kinesis calls that a pipeline makes, typed. Results live in the arena given.
 * Source: botocore kinesis 2013-12-02; limits from the service's quotas page. */
#ifndef AFORO_AWS_KINESIS_H
#define AFORO_AWS_KINESIS_H

#include "aws/aws_client.h"

#define KINESIS_PUT_ENTRIES_MAX 500
#define KINESIS_PUT_BYTES_MAX ((size_t)5 * 1024 * 1024)

struct kinesis_entry {
    struct str partition_key;   /* 1..256 characters */
    struct str data;            /* before base64 */
    struct str sequence_number; /* out: set once acknowledged */
    struct str shard_id;        /* out */
    bool acknowledged;          /* out */
};
/* PutRecords until every entry is acknowledged: only failed entries are sent again, with backoff,
 * at most `rounds_max` times (0: 10). Splits by the limits above. ERR_OK: all acknowledged.
 * Otherwise some entries are, as their flags say; those that are not may still have been stored (an
 * answer was lost). */
MUST_USE enum err kinesis_put(struct aws_client *c, struct str stream,
                              struct kinesis_entry *entries, size_t count, int rounds_max,
                              struct arena *a, struct diag *d);

struct kinesis_shard {
    struct str id, parent_id, adjacent_parent_id; /* parents empty: none; two: a merge made it */
    struct str first_sequence_number;
    bool closed;
};
MUST_USE enum err kinesis_list_shards(struct aws_client *c, struct str stream, struct arena *a,
                                      struct kinesis_shard **ret_shards, size_t *ret_count,
                                      struct diag *d);

enum kinesis_position {
    KINESIS_TRIM_HORIZON,
    KINESIS_LATEST,
    KINESIS_AT_SEQUENCE,
    KINESIS_AFTER_SEQUENCE,
    KINESIS_AT_TIMESTAMP
};
/* sequence: for AT and AFTER; at_us: for AT_TIMESTAMP. */
MUST_USE enum err kinesis_iterator(struct aws_client *c, struct str stream, struct str shard_id,
                                   enum kinesis_position position, struct str sequence,
                                   int64_t at_us, struct arena *a, struct str *ret_iterator,
                                   struct diag *d);

struct kinesis_record {
    struct str sequence_number, partition_key, data; /* data decoded */
    int64_t arrived_us;                              /* ApproximateArrivalTimestamp */
};
struct kinesis_batch {
    struct kinesis_record *records;
    size_t count;
    struct str next_iterator; /* empty: the shard has ended */
    int64_t behind_ms;        /* MillisBehindLatest */
};
/* An expired iterator is ERR_CONFLICT, d->name ExpiredIteratorException: take a new one after the
 * last record kept. */
MUST_USE enum err kinesis_get(struct aws_client *c, struct str iterator, int limit, struct arena *a,
                              struct kinesis_batch *ret_batch, struct diag *d);

/* Names of all streams, in the service's order (by name). */
MUST_USE enum err kinesis_list_streams(struct aws_client *c, struct arena *a,
                                       struct str **ret_streams, size_t *ret_count, struct diag *d);
MUST_USE enum err kinesis_create_stream(struct aws_client *c, struct str stream, int shards,
                                        struct arena *a, struct diag *d);
/* UpdateShardCount, uniform scaling. The stream is UPDATING for a while; ERR_CONFLICT: it is
 * already.
 */
MUST_USE enum err kinesis_update_shard_count(struct aws_client *c, struct str stream, int shards,
                                             struct arena *a, struct diag *d);
/* How long the stream keeps its records (RetentionPeriodHours). ERR_NOT_FOUND. */
MUST_USE enum err kinesis_retention(struct aws_client *c, struct str stream, struct arena *a,
                                    int64_t *ret_us, struct diag *d);
/* ACTIVE, CREATING ...; ERR_NOT_FOUND. */
MUST_USE enum err kinesis_stream_status(struct aws_client *c, struct str stream, struct arena *a,
                                        struct str *ret_status, struct diag *d);

#endif
