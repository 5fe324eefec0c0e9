/* key_time.h -- What an object's key tells about when its records arrived: keys of our landing
 * (dt=2026-03-28/hh=03/SHARD-SEQUENCE.ndjson.zst, the arrival's hour of the first record) and of
 * Firehose (STREAM-VERSION-2026-03-28-03-04-05-UUID, the oldest record's second; in UTC unless the
 * stream has a time zone of its own, which no key tells). Private to replay. */
#ifndef AFORO_REPLAY_KEY_TIME_H
#define AFORO_REPLAY_KEY_TIME_H

#include "replay/source.h"

/* Fills arrived_us, arrived_from_us and arrived_to_us by the keys, which are in their order: what a
 * shard's object holds arrived before the hour of the shard's next one ends. */
void key_times(struct source_object *objects, size_t count, struct arena *a);
/* Whether the key is one that landing gave to an object of this shard. */
bool key_is_of_shard(struct str key, struct str shard);

#endif
