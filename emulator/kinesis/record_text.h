/* record_text.h -- What GetRecords and SubscribeToShard tell of a shard, as JSON: records, child
 * shards, how far behind the tip a reader is. */
#ifndef AFORO_EMULATOR_KINESIS_RECORD_TEXT_H
#define AFORO_EMULATOR_KINESIS_RECORD_TEXT_H

#include "base/json.h"
#include "stream.h"

/* AWS kinesis-get-records-3: how far a reader of the span is behind the tip: 0 when nothing is
 * left to read, else the age of the last record in it. */
int64_t span_behind_ms(const struct shard *s, const struct shard_span *w, int64_t now_us);
/* Whether the span ends the shard: it is closed, and nothing is left. */
bool span_is_last(const struct shard *s, const struct shard_span *w);
size_t span_text_bytes(const struct shard_span *w); /* at least what its JSON takes, mostly */

void record_text_add(struct buf *out, const struct shard_record *record);
/* "ChildShards":[...] of a closed shard. */
void record_text_children(struct json_out *out, struct arena *a, const struct stream *stream,
                          const struct shard *s);

#endif
