/* fan_out.h -- Enhanced fan-out (SubscribeToShard): one consumer's stream of one shard's records,
 * pushed as they come. It begins with the call and ends after 5 minutes, at the shard's end, when
 * another call of the same consumer takes over, or with its consumer or stream. Threads: under the
 * emulator's lock.
 */
#ifndef AFORO_EMULATOR_KINESIS_FAN_OUT_H
#define AFORO_EMULATOR_KINESIS_FAN_OUT_H

#include "stream.h"

/* Something has happened to the shard that those who read along should hear of. */
void subscriptions_wake(struct core *core, const struct shard *s);

#endif
