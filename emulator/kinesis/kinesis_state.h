/* kinesis_state.h -- Reading all records of all streams without being a client: for the facade's
 * readers. */
#ifndef AFORO_EMULATOR_KINESIS_KINESIS_STATE_H
#define AFORO_EMULATOR_KINESIS_KINESIS_STATE_H

#include "base/str.h"

struct kinesis_record { /* borrowed: valid until the stream is deleted, or the record is given back
                         */
    struct str stream, shard_id, sequence_number, partition_key, data;
    struct str parent_id, adjacent_parent_id; /* of the shard; empty: none */
    int64_t arrived_us;
};
/* Every record of every stream that exists, by stream in order of creation, by shard, in order of
 * arrival; also those past their retention, as long as they are held (KINESIS_EXPIRED_BYTES_MAX).
 * *cursor begins at 0. false at the end, the cursor stays: going on later skips what came to
 * earlier shards. `state` is core_state(core, "kinesis"). */
bool kinesis_record_next(const void *state, uint64_t *cursor, struct kinesis_record *ret_record);

struct kinesis_stream { /* borrowed: valid until it is deleted */
    struct str account, region, name;
};
/* Every stream that can be read from now, of every account and region, in order of creation.
 * *cursor begins at 0. */
bool kinesis_stream_next(const void *state, uint64_t *cursor, int64_t now_us,
                         struct kinesis_stream *ret_stream);

#endif
