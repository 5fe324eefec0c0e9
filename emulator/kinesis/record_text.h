/* record_text.h -- What GetRecords and SubscribeToShard tell of a shard, as JSON: records, child
 * shards, how far behind the tip a reader is. */
#ifndef AFORO_EMULATOR_KINESIS_RECORD_TEXT_H
#define AFORO_EMULATOR_KINESIS_RECORD_TEXT_H

#include "base/json.h"
#include "stream.h"

/* The places [from, until) of a shard's log. */
struct record_window {
    uint64_t from, until;
    size_t data_bytes, text_bytes; /* text_bytes: at least what its JSON takes */
};
/* As many records from `place` on, but not from before the horizon, as both limits allow: at least
 * one where there is one. */
struct record_window record_window_at(const struct shard *s, uint64_t place, int64_t count_max,
                                      size_t bytes_max);
/* AWS kinesis-get-records-3: how far a reader of the window is behind the tip: 0 when nothing is
 * left to read, else the age of the last record in it. */
int64_t record_window_behind_ms(const struct shard *s, const struct record_window *w,
                                int64_t now_us);
/* Whether the window ends the shard: it is closed, and nothing is left. */
bool record_window_is_last(const struct shard *s, const struct record_window *w);

void record_text_add(struct buf *out, const struct shard_record *record);
/* "ChildShards":[...] of a closed shard. */
void record_text_children(struct json_out *out, struct arena *a, const struct stream *stream,
                          const struct shard *s);

#endif
