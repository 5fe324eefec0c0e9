/* scaling.h -- From as many open shards as a stream has to another number of them with equal
 * ranges, as the splits and merges of its next update.   Not here: who may ask (reshard.c,
 * account.c). */
#ifndef AFORO_EMULATOR_KINESIS_SCALING_H
#define AFORO_EMULATOR_KINESIS_SCALING_H

#include "stream.h"

/* Adds the steps, for stream_update; how many shards they will make, short-lived ones included. */
size_t scaling_plan(struct kinesis_store *k, struct stream *s, size_t target);
/* AWS kinesis-warm-throughput-1: each shard takes 1 MiB a second, so an on-demand stream has one
 * for each MiB, but four at least. Adds no steps where the stream could not number its shards. */
void scaling_on_demand(struct kinesis_store *k, struct stream *s, size_t mib_per_s);

/* A record of so many bytes is put into an on-demand stream. To how many shards it begins to grow
 * by that; 0: it does not. AWS kinesis-stream-mode-2: it grows to
 * take twice the most that it was ever given; here as soon as a second has shown more. */
size_t scaling_note(struct kinesis_store *k, struct stream *s, size_t bytes, int64_t now_us);

#endif
