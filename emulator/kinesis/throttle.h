/* throttle.h -- A shard's throughput limits, as buckets that fill with the emulator's clock.
 * AWS kinesis-shard-limits-1: in 1 MiB and 1,000 records a second, out 2 MiB and 5 calls a second.
 * AWS kinesis-get-records-2: after an answer of 10 MiB the shard refuses reads for 5 seconds.
 * Buckets count in millionths of a unit, so that microseconds divide exactly. */
#ifndef AFORO_EMULATOR_KINESIS_THROTTLE_H
#define AFORO_EMULATOR_KINESIS_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket {
    int64_t micro_units; /* what is left; below 0: owed */
    int64_t at_us;       /* when that was so */
};
struct throttle {
    struct bucket write_bytes, write_records, read_bytes, read_calls;
};
void throttle_init(struct throttle *t, int64_t now_us); /* all full */
/* Takes one record of `bytes` (data and key); false: too much, nothing is taken. */
bool throttle_write(struct throttle *t, size_t bytes, int64_t now_us);
/* Takes one call; false: too many, or bytes are owed. What it returned is told afterwards. */
bool throttle_read(struct throttle *t, int64_t now_us);
void throttle_read_bytes(struct throttle *t, size_t bytes);

/* What is pushed to one subscription: AWS kinesis-subscribe-4: up to 2 MiB a second of each shard
 * and consumer. */
void throttle_push_init(struct bucket *b, int64_t now_us);
int64_t throttle_push_at(struct bucket *b, int64_t now_us); /* when more may go: now_us, or later */
void throttle_push(struct bucket *b, size_t bytes);

#endif
