/* start_position.h -- Where reading of a shard begins: what GetShardIterator and SubscribeToShard
 * are given, as a place in the shard's log.   Not here: which shard (shard_operations.c). */
#ifndef AFORO_EMULATOR_KINESIS_START_POSITION_H
#define AFORO_EMULATOR_KINESIS_START_POSITION_H

#include "stream.h"

struct start_position {
    struct str type; /* ShardIteratorType, one of the model's */
    struct str number;
    bool has_number, has_time;
    int64_t at_us;
};
/* Whether the sequence number is there with the types that want one; false: refused. */
bool start_number_fits(struct call *c, const struct start_position *start);
/* The place of the first record to read, up to next_place; 0: refused. The shard was trimmed. */
uint64_t start_place(struct call *c, const struct start_position *start,
                     const struct stream *stream, const struct shard *s);
/* The number that a reader continues with who has read all before `place`, in `a`: both AT_ and
 * AFTER_SEQUENCE_NUMBER go on at `place` with it, since it lies between two records' numbers. */
struct str start_continuation(const struct shard *s, uint64_t place, int64_t now_us,
                              struct arena *a);

#endif
