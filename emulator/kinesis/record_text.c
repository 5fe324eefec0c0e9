#include "record_text.h"

#include "base/encode.h"
#include "wire/cbor.h"

#define CBOR_MOMENT 1 /* RFC 8949, 3.4.2: its tag */

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

/* ---- JSON: by hand around what needs no escaping, since an answer has ten thousand of these ----
 */

static const struct str json_data = STR_INIT("{\"Data\":\"");
static const struct str json_key = STR_INIT("\",\"PartitionKey\":");
static const struct str json_arrival = STR_INIT(",\"ApproximateArrivalTimestamp\":");
/* AWS kinesis-encryption-2: named where it is KMS, as it was when the record was put. */
static const struct str json_encryption = STR_INIT(",\"EncryptionType\":\"KMS\"");
static const struct str json_number = STR_INIT(",\"SequenceNumber\":\"");
static const struct str json_close = STR_INIT("\"}");

static size_t digits_of(int64_t value)
{
    size_t count = value < 0 ? 2 : 1;
    for (; value / 10 != 0; value /= 10) {
        count++;
    }
    return count;
}

static size_t json_bytes(const struct shard_record *record)
{
    return json_data.len + (record->data.len + 2) / 3 * 4 + json_key.len +
           json_str_bytes(record->partition_key) + json_arrival.len +
           digits_of(record->arrived_ms / 1000) + 4 +
           (record->encrypted ? json_encryption.len : 0) + json_number.len +
           record->sequence_number.len + json_close.len;
}

static void json_end(struct buf *out, const struct shard_record *record)
{
    buf_add(out, json_key);
    struct json_out key;
    json_out_init(&key, out);
    json_out_str(&key, record->partition_key);
    buf_add(out, json_arrival);
    arrival_add(out, record->arrived_ms);
    if (record->encrypted) {
        buf_add(out, json_encryption);
    }
    buf_add(out, json_number);
    buf_add(out, record->sequence_number);
    buf_add(out, json_close);
}

/* ---- CBOR: members in the model's order, as codec_cbor_write has them ---- */

static size_t text_bytes(struct str text)
{
    return cbor_head_bytes(text.len) + text.len;
}

static size_t moment_bytes(enum wire_form form, int64_t ms)
{
    uint64_t value = ms < 0 ? (uint64_t)(-1 - ms) : (uint64_t)ms;
    return 1 + (form == FORM_CBOR ? cbor_head_bytes(value) : 9);
}

static size_t cbor_bytes(enum wire_form form, const struct shard_record *record)
{
    size_t encryption = text_bytes(STR("EncryptionType")) + text_bytes(STR("KMS"));
    return 1 + text_bytes(STR("SequenceNumber")) + text_bytes(record->sequence_number) +
           text_bytes(STR("ApproximateArrivalTimestamp")) + moment_bytes(form, record->arrived_ms) +
           text_bytes(STR("Data")) + text_bytes(record->data) + text_bytes(STR("PartitionKey")) +
           text_bytes(record->partition_key) + (record->encrypted ? encryption : 0);
}

/* AWS cbor-kinesis-1, AWS cbor-rpc-1: whole milliseconds, or seconds as a double. */
static void cbor_begin(struct buf *out, enum wire_form form, const struct shard_record *record)
{
    cbor_out_map(out, record->encrypted ? 5 : 4);
    cbor_out_text(out, STR("SequenceNumber"));
    cbor_out_text(out, record->sequence_number);
    cbor_out_text(out, STR("ApproximateArrivalTimestamp"));
    cbor_out_tag(out, CBOR_MOMENT);
    if (form == FORM_CBOR) {
        cbor_out_i64(out, record->arrived_ms);
    } else {
        cbor_out_double(out, (double)(record->arrived_ms * US_PER_MS) / (double)US_PER_S);
    }
    cbor_out_text(out, STR("Data"));
    cbor_out_bytes_head(out, record->data.len);
}

static void cbor_end(struct buf *out, const struct shard_record *record)
{
    cbor_out_text(out, STR("PartitionKey"));
    cbor_out_text(out, record->partition_key);
    if (record->encrypted) {
        cbor_out_text(out, STR("EncryptionType"));
        cbor_out_text(out, STR("KMS"));
    }
}

/* ---- either ---- */

size_t record_text_bytes(enum wire_form form, const struct shard_record *record)
{
    return form == FORM_MODEL ? json_bytes(record) : cbor_bytes(form, record);
}

void record_text_begin(struct buf *out, enum wire_form form, const struct shard_record *record)
{
    if (form == FORM_MODEL) {
        buf_add(out, json_data);
    } else {
        cbor_begin(out, form, record);
    }
}

void record_text_data(struct buf *out, enum wire_form form, struct str part)
{
    if (form == FORM_MODEL) {
        encode_base64(out, part);
    } else {
        buf_add(out, part);
    }
}

void record_text_end(struct buf *out, enum wire_form form, const struct shard_record *record)
{
    if (form == FORM_MODEL) {
        json_end(out, record);
    } else {
        cbor_end(out, record);
    }
}

void record_text_add(struct buf *out, const struct shard_record *record)
{
    record_text_begin(out, FORM_MODEL, record);
    record_text_data(out, FORM_MODEL, record->data);
    record_text_end(out, FORM_MODEL, record);
}

/* ---- child shards ---- */

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
