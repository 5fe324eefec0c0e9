/* kinesis_limits.h -- The numbers of Amazon Kinesis that the emulator keeps to, and its own caps.
 * Source: "Quotas and limits" of the developer guide, and the API reference. */
#ifndef AFORO_EMULATOR_KINESIS_KINESIS_LIMITS_H
#define AFORO_EMULATOR_KINESIS_KINESIS_LIMITS_H

#include "base/instant.h"
#include "base/limits.h"

#define STREAM_NAME_BYTES_MAX 128
#define STREAM_ARN_BYTES_MAX 2048
#define KINESIS_PUT_RECORDS_MAX 500      /* entries of one PutRecords */
#define KINESIS_PUT_BYTES_MAX (10 * MIB) /* data and keys of one PutRecords */
#define KINESIS_RECORD_BYTES_DEFAULT                                                               \
    (1 * MIB) /* data and key of one record; a stream may allow more */
#define KINESIS_PARTITION_KEY_CHARS_MAX 256
#define KINESIS_GET_RECORDS_MAX 10000              /* records of one GetRecords */
#define KINESIS_GET_BYTES_MAX (10 * MIB)           /* data of one GetRecords */
#define KINESIS_ITERATOR_TTL_US (300 * US_PER_S)   /* iterators and next tokens */
#define KINESIS_WRITE_BYTES_PER_S INT64_C(1048576) /* the four limits of one shard */
#define KINESIS_WRITE_RECORDS_PER_S INT64_C(1000)
#define KINESIS_READ_BYTES_PER_S INT64_C(2097152)
#define KINESIS_READ_CALLS_PER_S INT64_C(5)
#define KINESIS_RETENTION_HOURS_MIN 24 /* also the default */
#define KINESIS_RETENTION_HOURS_MAX 8760
#define KINESIS_SHARDS_MAX 20000   /* open shards of an account in a region */
#define KINESIS_ON_DEMAND_SHARDS 4 /* of a new on-demand stream */
#define KINESIS_ON_DEMAND_STREAMS_MAX 50
#define KINESIS_WARM_MIB_PER_S_MAX 10240 /* of an on-demand stream */
#define KINESIS_COMMITMENT_US US_PER_DAY /* for which a billing commitment holds at least */
#define KINESIS_CREATING_MAX 5           /* streams being created at one time */
#define KINESIS_PAGE_STREAMS 100         /* ListStreams and DescribeStream without a limit */
#define KINESIS_PAGE_SHARDS 1000         /* ListShards without a limit */

#define KINESIS_STREAM_SHARDS_MAX 10000 /* that UpdateShardCount goes up to */
#define KINESIS_SCALINGS_MAX 10         /* UpdateShardCount in 24 hours */

#define KINESIS_MODE_CHANGES_MAX 2 /* UpdateStreamMode in 24 hours */
#define KINESIS_TAGS_MAX 50        /* of a stream or consumer */
#define KINESIS_CONSUMERS_MAX 20   /* of a stream */
#define KINESIS_CONSUMERS_CREATING_MAX 5
#define KINESIS_SUBSCRIPTION_US (300 * US_PER_S)  /* SubscribeToShard goes on so long */
#define KINESIS_SUBSCRIBE_AGAIN_US (5 * US_PER_S) /* before it, a second call is refused */
#define KINESIS_EVENT_EVERY_US (5 * US_PER_S)     /* an event with or without records */
#define KINESIS_EVENT_BYTES_MAX (1 * MIB) /* our own: data of one event, past its first record */
#define KINESIS_POLICY_BYTES_MAX ((size_t)20 * 1024) /* our own cap */

/* How long a stream is CREATING, UPDATING or DELETING here. */
#define KINESIS_TRANSITION_US (500 * US_PER_MS)
/* Our own caps: what all shards hold at one time, and how much of that may be past its retention
 * (it is kept for readers of the state as long as there is room). */
#define KINESIS_HELD_BYTES_MAX (8 * GIB)
#define KINESIS_EXPIRED_BYTES_MAX (1 * GIB)

#endif
