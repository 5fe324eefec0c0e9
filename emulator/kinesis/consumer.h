/* consumer.h -- Registered consumers of a stream (enhanced fan-out): CREATING until active_at_us,
 * gone from gone_at_us on. Its ARN carries its creation: one of the same name later is another. */
#ifndef AFORO_EMULATOR_KINESIS_CONSUMER_H
#define AFORO_EMULATOR_KINESIS_CONSUMER_H

#include "stream.h"

struct consumer {
    struct str name;
    int64_t created_us, active_at_us, gone_at_us; /* gone_at_us INSTANT_NEVER: not being deleted */
    struct stream *stream;
    struct resource resource;
    struct tree *subscribed; /* by shard id: its last subscription (fan_out.c) */
};
bool consumer_arn_is(struct str arn); /* stream-arn/consumer/name:seconds */
/* NULL: refused. */
struct consumer *consumer_by_arn(struct call *c, struct str arn);
/* How many the stream has, gone ones dropped; and how many are CREATING. */
size_t consumers_count(struct stream *s, int64_t now_us, size_t *ret_creating);
const char *consumer_status_name(const struct consumer *consumer, int64_t now_us);
bool consumer_is_gone(const struct consumer *consumer, int64_t now_us);

#endif
