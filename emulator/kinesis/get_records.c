/* GetRecords: the hot path out. The answer is written straight from the shard's log. */
#include "base/encode.h"
#include "kinesis_call.h"

struct get_request {
    struct str iterator, stream_arn;
    int64_t limit;
};
struct get_window {       /* what one answer returns */
    uint64_t from, until; /* places, until excluded */
    size_t data_bytes, text_bytes;
};

/* ---- reading the request ---- */

static bool get_member(struct json_scan *scan, struct arena *a, struct get_request *r)
{
    struct str key = json_scan_text(scan, a);
    struct diag d = DIAG_INIT;
    struct str *text = str_eq(key, STR("ShardIterator")) ? &r->iterator
                       : str_eq(key, STR("StreamARN"))   ? &r->stream_arn
                                                         : NULL;
    if (text == NULL && !str_eq(key, STR("Limit"))) {
        return !str_eq(key, STR("StreamId")) && json_scan_skip(scan, NULL) != JSON_ERROR;
    }
    enum json_token token = json_scan_next(scan);
    if (token == JSON_NULL) {
        return true;
    }
    if (text != NULL) {
        *text = token == JSON_STRING ? json_scan_text(scan, a) : STR_EMPTY;
        return token == JSON_STRING;
    }
    return token == JSON_NUMBER && str_i64(scan->raw, &r->limit, &d) == ERR_OK;
}

/* false: something is not as the model wants it. */
static bool get_read(struct call *c, struct get_request *r)
{
    struct json_scan scan;
    json_scan_init(&scan, c->request->body);
    if (json_scan_next(&scan) != JSON_OBJECT) {
        return false;
    }
    enum json_token token;
    while ((token = json_scan_next(&scan)) == JSON_KEY) {
        if (!get_member(&scan, c->arena, r)) {
            return false;
        }
    }
    return token == JSON_OBJECT_END && json_scan_next(&scan) == JSON_END && r->iterator.len > 0 &&
           stream_arn_is_plain(r->stream_arn) && r->iterator.len <= 512 && r->limit >= 1 &&
           r->limit <= KINESIS_GET_RECORDS_MAX;
}

/* ---- the iterator ---- */

/* "Sat Mar 28 00:00:00 UTC 2026", as the service writes times in messages. */
static struct str java_date(struct arena *a, int64_t us)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil t = instant_civil(us);
    return str_printf(a, "%s %s %02d %02d:%02d:%02d UTC %d", days[t.weekday], months[t.month - 1],
                      t.day, t.hour, t.minute, t.second, t.year);
}

/* AWS kinesis-get-records-1: an iterator ends 5 minutes after it was made. */
static bool iterator_has_expired(struct call *c, const struct position_token *token)
{
    if (c->now_us - token->made_us <= KINESIS_ITERATOR_TTL_US) {
        return false;
    }
    struct str made = java_date(c->arena, token->made_us), now = java_date(c->arena, c->now_us);
    call_fail(c, AWS_EXPIRED_ITERATOR_EXCEPTION,
              "Iterator expired. The iterator was created at time %.*s while right now it is %.*s "
              "which is further in the "
              "future than the tolerated delay of %lld milliseconds.",
              STR_ARG(made), STR_ARG(now), (long long)(KINESIS_ITERATOR_TTL_US / US_PER_MS));
    return true;
}

/* A key is "account/region/name". */
static void refuse_token(struct call *c, const struct position_token *token)
{
    struct stream_name n;
    struct str rest;
    (void)str_split(token->key, '/', &n.account, &rest);
    (void)str_split(rest, '/', &n.region, &n.name);
    stream_refuse_shard(c, &n, token->shard);
}

/* The stream and shard of an iterator; NULL: refused. */
static struct stream *iterator_stream(struct call *c, const struct get_request *r,
                                      struct position_token *token)
{
    if (!token_parse(r->iterator, TOKEN_ITERATOR, kinesis_seed(c), c->arena, token)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "Invalid ShardIterator.");
        return NULL;
    }
    if (iterator_has_expired(c, token)) {
        return NULL;
    }
    struct stream *s = stream_find_key(c->state, token->key, c->now_us);
    if (s == NULL || s->uid != token->uid || !stream_is_usable(s, c->now_us)) {
        refuse_token(c, token);
        return NULL;
    }
    if (r->stream_arn.len > 0 && !str_eq(r->stream_arn, s->resource.arn)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "StreamARN %.*s is not that of the ShardIterator's stream.",
                  STR_ARG(r->stream_arn));
        return NULL;
    }
    return s;
}

/* ---- the answer ---- */

/* As many records as the limit and 10 MiB of data allow, but at least one. */
static struct get_window window_of(const struct shard *s, uint64_t place, int64_t limit)
{
    struct get_window w = {.from = place < s->horizon_place ? s->horizon_place : place};
    for (w.until = w.from; w.until < s->next_place && (int64_t)(w.until - w.from) < limit;
         w.until++) {
        struct shard_record record = shard_record_at(s, w.until);
        if (w.until > w.from && w.data_bytes + record.data.len > KINESIS_GET_BYTES_MAX) {
            break;
        }
        w.data_bytes += record.data.len;
        w.text_bytes += record.data.len / 3 * 4 + record.partition_key.len + 192;
    }
    return w;
}

/* AWS kinesis-get-records-3: how far the answer is behind the tip: 0 when nothing is left to read,
 * else the age of the last record returned. */
static int64_t millis_behind(const struct shard *s, const struct get_window *w, int64_t now_us)
{
    if (w->until == s->next_place) {
        return 0;
    }
    uint64_t last = w->until > w->from ? w->until - 1 : w->from;
    int64_t age_ms = now_us / US_PER_MS - shard_record_at(s, last).arrived_ms;
    return age_ms > 0 ? age_ms : 1; /* not 0: something is left */
}

/* Seconds with three digits: 1441215410.867. */
static void arrival_write(struct buf *out, int64_t arrived_ms)
{
    int64_t ms = arrived_ms % 1000;
    buf_add_i64(out, arrived_ms / 1000);
    char fraction[4] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                        (char)('0' + ms % 10)};
    buf_add_bytes(out, fraction, sizeof(fraction));
}

/* By hand around what needs no escaping: an answer has ten thousand of these. */
static void record_write(struct buf *out, const struct shard_record *record)
{
    buf_add(out, STR("{\"Data\":\""));
    encode_base64(out, record->data);
    buf_add(out, STR("\",\"PartitionKey\":"));
    struct json_out key;
    json_out_init(&key, out);
    json_out_str(&key, record->partition_key);
    buf_add(out, STR(",\"ApproximateArrivalTimestamp\":"));
    arrival_write(out, record->arrived_ms);
    buf_add(out, STR(",\"SequenceNumber\":\""));
    buf_add(out, record->sequence_number);
    buf_add(out, STR("\"}"));
}

static void child_write(struct json_out *out, struct arena *a, const struct stream *stream,
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

/* AWS kinesis-get-records-4: the end of a closed shard is no NextShardIterator together with its
 * ChildShards; anywhere else there is an iterator and no children. */
static void position_write(struct call *c, struct json_out *out, const struct stream *stream,
                           const struct shard *s, const struct get_window *w)
{
    if (shard_is_open(s) || w->until < s->next_place) {
        struct position_token next = {.kind = TOKEN_ITERATOR,
                                      .made_us = c->now_us,
                                      .uid = stream->uid,
                                      .shard = s->number,
                                      .place = w->until,
                                      .key = stream->key};
        json_out_kstr(out, "NextShardIterator", token_text(&next, kinesis_seed(c), c->arena));
        return;
    }
    json_out_key(out, "ChildShards");
    json_out_array(out);
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct shard *child = stream->shards[i];
        if (child->parent == s->number || child->adjacent_parent == s->number) {
            child_write(out, c->arena, stream, child);
        }
    }
    json_out_array_end(out);
}

static struct str answer_write(struct call *c, const struct stream *stream, const struct shard *s,
                               const struct get_window *w)
{
    struct buf body;
    struct json_out out;
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&body, w->text_bytes + 1024);
    json_out_init(&out, &body);
    json_out_object(&out);
    json_out_ki64(&out, "MillisBehindLatest", millis_behind(s, w, c->now_us));
    position_write(c, &out, stream, s, w);
    json_out_key(&out, "Records");
    json_out_array(&out);
    for (uint64_t place = w->from; place < w->until; place++) {
        struct shard_record record = shard_record_at(s, place);
        if (place > w->from) {
            buf_add_char(&body, ',');
        }
        record_write(&body, &record);
    }
    json_out_array_end(&out);
    json_out_object_end(&out);
    return buf_str(&body);
}

void get_records(struct call *c)
{
    struct get_request r = {.limit = KINESIS_GET_RECORDS_MAX};
    struct position_token token;
    if (!get_read(c, &r)) {
        kinesis_explain(c);
        return;
    }
    struct stream *stream = iterator_stream(c, &r, &token);
    if (stream == NULL) {
        return;
    }
    struct shard *s = stream->shards[token.shard]; /* of this stream: the token carries our check */
    shard_trim(s, stream->retention_us, c->now_us);
    if (kinesis_limited(c) && !throttle_read(&s->throttle, c->now_us)) {
        struct str message = kinesis_rate_exceeded(c->arena, stream, s);
        call_fail(c, AWS_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "%.*s", STR_ARG(message));
        return;
    }
    struct get_window w = window_of(s, token.place, r.limit);
    throttle_read_bytes(&s->throttle, w.data_bytes);
    kinesis_respond(c, answer_write(c, stream, s, &w));
}
