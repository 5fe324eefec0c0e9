/* PutRecord and PutRecords: the hot path in. The body is read and checked before the lock is taken
 * (put_request.c), so that a request that is wrong changes nothing; under it the entries are put
 * one by one, each of them taken or refused by itself. */
#include <string.h>

#include "fan_out.h"
#include "kinesis_call.h"
#include "put_effect.h"
#include "put_request.h"
#include "scaling.h"

/* ---- before the lock ---- */

static void prepare(struct call *c, bool single)
{
    c->prepared = put_request_read(c, single);
    if (c->prepared == NULL) {
        kinesis_explain(c);
    }
}

void put_record_prepare(struct call *c)
{
    prepare(c, true);
}

void put_records_prepare(struct call *c)
{
    prepare(c, false);
}

struct str put_stream_name(const struct call *c)
{
    const struct put_request *r = c->prepared;
    return r->stream_name.len > 0 ? r->stream_name : r->stream_arn;
}

/* ---- checking ---- */

/* AWS kinesis-put-records-1: data and key of one record at most 1 MiB (more where the stream allows
 * it), 10 MiB over all. Refuses the whole request. */
static bool sizes_are_refused(struct call *c, const struct stream *s, const struct put_request *r)
{
    const struct kinesis_store *k = c->state;
    if (r->bytes_most > s->record_bytes_max) {
        call_fail(
            c, AWS_INVALID_ARGUMENT_EXCEPTION,
            "Data and PartitionKey of a record have %zu bytes; stream %.*s takes at most %zu.",
            r->bytes_most, STR_ARG(s->name), s->record_bytes_max);
    } else if (r->bytes_total > KINESIS_PUT_BYTES_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "Records size exceeds 10 MB limit");
    } else if (k->held_bytes + r->bytes_total > KINESIS_HELD_BYTES_MAX) {
        call_fail(c, AWS_INTERNAL_FAILURE_EXCEPTION, "aforo holds at most %zu bytes of records.",
                  KINESIS_HELD_BYTES_MAX);
    }
    return call_failed(c);
}

static bool keys_are_refused(struct call *c, const struct put_request *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->entries[i].verdict != HASH_KEY_OK) {
            call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                      "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, "
                      "2^128-1]. Specified value was %.*s",
                      STR_ARG(r->entries[i].explicit_hash_key));
            return true;
        }
    }
    return false;
}

/* AWS kinesis-put-record-1: SequenceNumberForOrdering is a sequence number of no later second. That
 * the record's own is larger needs no more than that: it is of one shard, whose numbers grow. */
static bool ordering_is_refused(struct call *c, const struct stream *s, struct str text)
{
    struct sequence_number number;
    if (text.ptr == NULL ||
        (sequence_number_parse(text, &number) && number.arrived_s <= c->now_us / US_PER_S)) {
        return false;
    }
    call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
              "ExclusiveMinimumSequenceNumber %.*s used in PutRecord on stream %.*s under account "
              "%.*s is invalid.",
              STR_ARG(text), STR_ARG(s->name), STR_ARG(s->account));
    return true;
}

/* The stream that takes the request; NULL: refused. */
static struct stream *request_stream(struct call *c, const struct put_request *r)
{
    const struct kinesis_store *k = c->state;
    struct stream *s = stream_for_data(c, r->stream_name, r->stream_arn);
    if (s == NULL || sizes_are_refused(c, s, r) || keys_are_refused(c, r)) {
        return NULL;
    }
    if (k->held_bytes > KINESIS_EXPIRED_BYTES_MAX) {
        stream_trim(
            s, c->now_us); /* readers trim by themselves; writers only when memory asks for it */
    }
    return s;
}

/* ---- putting ---- */

static struct shard *entry_shard(struct stream *s, const struct put_entry *entry)
{
    if (s->open_count == 1) {
        return s->open[0]; /* takes every hash key */
    }
    return stream_shard_for(s, entry->explicit_hash_key.len > 0
                                   ? entry->explicit_key
                                   : hash_key_of(entry->partition_key));
}

struct putting { /* a request under way */
    struct call *c;
    struct stream *stream;
    struct put_effect effect;
};

static void putting_begin(struct putting *p, struct call *c, struct stream *s)
{
    *p = (struct putting){.c = c, .stream = s};
    put_effect_begin(&p->effect, c, s);
}

/* The sequence number, or empty when the shard is over its limit. */
static struct str entry_put(struct putting *p, struct shard *shard, const struct put_entry *entry)
{
    struct call *c = p->c;
    struct stream *s = p->stream;
    size_t bytes = entry->data.len + entry->partition_key.len;
    if (kinesis_limited(c) && !throttle_write(&shard->throttle, bytes, c->now_us)) {
        return STR_EMPTY;
    }
    if (s->on_demand) {
        p->effect.scaled += scaling_note(c->state, s, bytes, c->now_us);
    }
    struct shard_record record = {.partition_key = entry->partition_key,
                                  .data = entry->data,
                                  .encrypted = s->key_id.len > 0,
                                  .room = p->effect.room};
    put_effect_add(&p->effect, shard, &record);
    subscriptions_wake(c->core, shard);
    return shard_append(shard, &record, c->now_us);
}

/* What a PARTIAL fault answers for the entries that it hits. */
static struct str fault_code(const struct call *c)
{
    struct str code = c->fault.rule == NULL ? STR_EMPTY : c->fault.rule->error;
    return code.len > 0 ? code : STR("InternalFailure");
}

static void entry_failed(struct json_out *w, struct str code, struct str message)
{
    json_out_object(w);
    json_out_key(w, "ErrorCode");
    json_out_str(w, code);
    json_out_key(w, "ErrorMessage");
    json_out_str(w, message);
    json_out_object_end(w);
}

/* By hand: both texts need no escaping, and an answer has five hundred of these. */
static void entry_done(struct json_out *w, struct str number, struct str shard)
{
    static const char parts[][24] = {"{\"SequenceNumber\":\"", "\",\"ShardId\":\"", "\"}"};
    char text[160], *to = text;
    const struct str pieces[] = {str_of(parts[0]), number, str_of(parts[1]), shard,
                                 str_of(parts[2])};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        memcpy(to, pieces[i].ptr, pieces[i].len);
        to += pieces[i].len;
    }
    json_out_raw(w, str_n(text, (size_t)(to - text)));
}

static void encryption_write(struct json_out *w, const struct stream *s)
{
    if (s->key_id.len > 0) {
        json_out_kstr(w, "EncryptionType", STR("KMS"));
    }
}

/* Puts or refuses entry i, and writes what came of it; true: put. */
static bool entry_settle(struct putting *p, const struct put_request *r, size_t i,
                         struct json_out *w)
{
    struct call *c = p->c;
    struct stream *s = p->stream;
    const struct put_entry *entry = &r->entries[i];
    struct shard *shard = entry_shard(s, entry);
    if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, i, r->count)) {
        struct str code = fault_code(c);
        bool rate = str_eq(code, STR("ProvisionedThroughputExceededException"));
        entry_failed(w, code,
                     rate ? kinesis_rate_exceeded(c->arena, s, shard)
                          : STR("Internal service failure."));
        return false;
    }
    struct str number = entry_put(p, shard, entry);
    if (number.len == 0) {
        entry_failed(w, STR("ProvisionedThroughputExceededException"),
                     kinesis_rate_exceeded(c->arena, s, shard));
        return false;
    }
    entry_done(w, number, shard_id(shard));
    return true;
}

/* AWS kinesis-put-records-2: entries fail one by one, in the order of the request; the call itself
 * succeeds. */
void put_records(struct call *c)
{
    const struct put_request *r = c->prepared;
    struct stream *s = request_stream(c, r);
    if (s == NULL) {
        return;
    }
    struct buf results, body;
    struct json_out w;
    struct putting p;
    putting_begin(&p, c, s);
    buf_init(&results, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&results, r->count * 128 + 64);
    json_out_init(&w, &results);
    json_out_array(&w);
    int64_t failed = 0;
    for (size_t i = 0; i < r->count; i++) {
        failed += !entry_settle(&p, r, i, &w);
    }
    put_effect_end(&p.effect);
    json_out_array_end(&w);
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&body, results.len + 64);
    json_out_init(&w, &body);
    json_out_object(&w);
    json_out_ki64(&w, "FailedRecordCount", failed);
    json_out_key(&w, "Records");
    json_out_raw(&w, buf_str(&results));
    encryption_write(&w, s);
    json_out_object_end(&w);
    kinesis_respond(c, buf_str(&body));
}

void put_record(struct call *c)
{
    const struct put_request *r = c->prepared;
    struct stream *s = request_stream(c, r);
    if (s == NULL || ordering_is_refused(c, s, r->number_for_ordering)) {
        return;
    }
    struct shard *shard = entry_shard(s, r->entries);
    if (c->fault.phase == FAULT_PARTIAL) {
        enum aws_error_id error = aws_error_find(fault_code(c));
        call_fail(c, error == AWS_OK ? AWS_INTERNAL_FAILURE_EXCEPTION : error,
                  "Internal service failure.");
        return;
    }
    struct putting p;
    putting_begin(&p, c, s);
    struct str number = entry_put(&p, shard, r->entries);
    put_effect_end(&p.effect);
    if (number.len == 0) {
        struct str message = kinesis_rate_exceeded(c->arena, s, shard);
        call_fail(c, AWS_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "%.*s", STR_ARG(message));
        return;
    }
    struct buf body;
    struct json_out w;
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    json_out_init(&w, &body);
    json_out_object(&w);
    json_out_kstr(&w, "SequenceNumber", number);
    json_out_kstr(&w, "ShardId", shard_id(shard));
    encryption_write(&w, s);
    json_out_object_end(&w);
    kinesis_respond(c, buf_str(&body));
}
