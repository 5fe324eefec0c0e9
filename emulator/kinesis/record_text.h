/* record_text.h -- What GetRecords and SubscribeToShard tell of a shard: records, child shards (as
 * JSON), how far behind the tip a reader is. */
#ifndef AFORO_EMULATOR_KINESIS_RECORD_TEXT_H
#define AFORO_EMULATOR_KINESIS_RECORD_TEXT_H

#include "base/json.h"
#include "stream.h"
#include "wire/shape.h"

/* AWS kinesis-get-records-3: how far a reader of the span is behind the tip: 0 when nothing is
 * left to read, else the age of the last record in it. */
int64_t span_behind_ms(const struct shard *s, const struct shard_span *w, int64_t now_us);
/* Whether the span ends the shard: it is closed, and nothing is left. */
bool span_is_last(const struct shard *s, const struct shard_span *w);
size_t span_text_bytes(const struct shard_span *w); /* at least what its JSON takes, mostly */

void record_text_add(struct buf *out, const struct shard_record *record); /* JSON */
/* One record as `form` spells it (JSON, or CBOR as a call speaks it): how long that is, and the
 * same in steps. The data may come in parts, of which all but the last are a multiple of 3 bytes.
 */
size_t record_text_bytes(enum wire_form form, const struct shard_record *record);
void record_text_begin(struct buf *out, enum wire_form form, const struct shard_record *record);
void record_text_data(struct buf *out, enum wire_form form, struct str part);
void record_text_end(struct buf *out, enum wire_form form, const struct shard_record *record);
/* "ChildShards":[...] of a closed shard. */
void record_text_children(struct json_out *out, struct arena *a, const struct stream *stream,
                          const struct shard *s);

#endif
