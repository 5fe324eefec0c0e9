#include "record_text.h"

#include "base/encode.h"

int64_t span_behind_ms(const struct shard *s, const struct shard_span *w, int64_t now_us)
{
    if (w->until == s->next_place) {
        return 0;
    }
    uint64_t last = w->until > w->from ? w->until - 1 : w->from;
    int64_t age_ms = now_us / US_PER_MS - shard_record_at(s, last).arrived_ms;
    return age_ms > 0 ? age_ms : 1; /* not 0: something is left */
}

bool span_is_last(const struct shard *s, const struct shard_span *w)
{
    return !shard_is_open(s) && w->until >= s->next_place;
}

size_t span_text_bytes(const struct shard_span *w)
{
    return w->data_bytes / 3 * 4 + w->key_bytes + (size_t)(w->until - w->from) * 192;
}

/* Seconds with three digits: 1441215410.867. */
static void arrival_add(struct buf *out, int64_t arrived_ms)
{
    int64_t ms = arrived_ms % 1000;
    buf_add_i64(out, arrived_ms / 1000);
    char fraction[4] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                        (char)('0' + ms % 10)};
    buf_add_bytes(out, fraction, sizeof(fraction));
}

/* By hand around what needs no escaping: an answer has ten thousand of these. */
void record_text_add(struct buf *out, const struct shard_record *record)
{
    buf_add(out, STR("{\"Data\":\""));
    encode_base64(out, record->data);
    buf_add(out, STR("\",\"PartitionKey\":"));
    struct json_out key;
    json_out_init(&key, out);
    json_out_str(&key, record->partition_key);
    buf_add(out, STR(",\"ApproximateArrivalTimestamp\":"));
    arrival_add(out, record->arrived_ms);
    /* AWS kinesis-encryption-2: named where it is KMS, as it was when the record was put. */
    if (record->encrypted) {
        buf_add(out, STR(",\"EncryptionType\":\"KMS\""));
    }
    buf_add(out, STR(",\"SequenceNumber\":\""));
    buf_add(out, record->sequence_number);
    buf_add(out, STR("\"}"));
}

static void child_add(struct json_out *out, struct arena *a, const struct stream *stream,
                      const struct shard *child)
{
    json_out_object(out);
    json_out_kstr(out, "ShardId", shard_id(child));
    json_out_key(out, "ParentShards");
    json_out_array(out);
    json_out_str(out, shard_id(stream->shards[child->parent]));
    if (child->adjacent_parent != SHARD_NONE) {
        json_out_str(out, shard_id(stream->shards[child->adjacent_parent]));
    }
    json_out_array_end(out);
    json_out_key(out, "HashKeyRange");
    json_out_object(out);
    json_out_kstr(out, "StartingHashKey", hash_key_text(a, child->first_key));
    json_out_kstr(out, "EndingHashKey", hash_key_text(a, child->last_key));
    json_out_object_end(out);
    json_out_object_end(out);
}

void record_text_children(struct json_out *out, struct arena *a, const struct stream *stream,
                          const struct shard *s)
{
    json_out_key(out, "ChildShards");
    json_out_array(out);
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct shard *child = stream->shards[i];
        if (child->parent == s->number || child->adjacent_parent == s->number) {
            child_add(out, a, stream, child);
        }
    }
    json_out_array_end(out);
}
