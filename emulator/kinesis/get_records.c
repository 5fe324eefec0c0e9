/* GetRecords: the hot path out. Under the lock the answer's records are found and their segments
 * held; afterwards they are written straight from the log, while others read and put. */
#include "kinesis_call.h"
#include "record_text.h"
#include "records_answer.h"
#include "wire/cbor.h"

struct get_request {
    struct str iterator, stream_arn;
    int64_t limit;
    struct get_answer *answer;
};
/* What the handler leaves for the rendering: nothing of it changes any more. */
struct get_answer {
    struct record_run *runs;
    size_t run_count;
    uint64_t record_count;
    int64_t behind_ms;
    struct str next;     /* NextShardIterator; empty: the shard ends */
    struct str children; /* then: JSON of "ChildShards" */
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
    struct str body;
    if (!kinesis_json(c, &body)) {
        return false;
    }
    json_scan_init(&scan, body);
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
    if (s == NULL || !stream_is_usable(s, c->now_us) || token->shard >= s->shard_count) {
        refuse_token(c, token);
        return NULL;
    }
    if (s->uid != token->uid) { /* AWS kinesis-get-records-5: a new stream of the old name */
        token->place = 0;
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

/* AWS kinesis-get-records-4: the end of a closed shard is no NextShardIterator together with its
 * ChildShards; anywhere else there is an iterator and no children. */
static void position_write(struct call *c, const struct stream *stream, const struct shard *s,
                           const struct shard_span *w, struct get_answer *answer)
{
    if (!span_is_last(s, w)) {
        struct position_token next = {.kind = TOKEN_ITERATOR,
                                      .made_us = c->now_us,
                                      .uid = stream->uid,
                                      .shard = s->number,
                                      .place = w->until,
                                      .key = stream->key};
        answer->next = token_text(&next, kinesis_seed(c), c->arena);
        return;
    }
    struct buf text;
    struct json_out out;
    buf_init(&text, c->arena, HTTP_BODY_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    record_text_children(&out, c->arena, stream, s);
    json_out_object_end(&out);
    answer->children = str_slice(buf_str(&text), 1, text.len - 1); /* its one member */
}

void get_records_prepare(struct call *c)
{
    struct get_request *r = NEW(c->arena, struct get_request);
    r->limit = KINESIS_GET_RECORDS_MAX;
    r->answer = NEW(c->arena, struct get_answer);
    c->prepared = r;
    if (!get_read(c, r)) {
        kinesis_explain(c);
    }
}

struct str get_records_iterator(const struct call *c)
{
    return ((const struct get_request *)c->prepared)->iterator;
}

void get_records(struct call *c)
{
    const struct get_request *r = c->prepared;
    struct position_token token;
    struct stream *stream = iterator_stream(c, r, &token);
    if (stream == NULL) {
        return;
    }
    struct shard *s = stream->shards[token.shard];
    shard_trim(s, stream->retention_us, c->now_us);
    if (kinesis_limited(c) && !throttle_read(&s->throttle, c->now_us)) {
        struct str message = kinesis_rate_exceeded(c->arena, stream, s);
        call_fail(c, AWS_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "%.*s", STR_ARG(message));
        return;
    }
    struct shard_span w =
        shard_span_at(s, token.place > s->horizon_place ? token.place : s->horizon_place,
                      (uint64_t)r->limit, KINESIS_GET_BYTES_MAX);
    if (c->fault.phase == FAULT_STALE) { /* AWS kinesis-get-records-6: none yet, and behind */
        w = (struct shard_span){.from = w.from, .until = w.from};
    }
    throttle_read_bytes(&s->throttle, w.data_bytes);
    struct get_answer *answer = r->answer;
    *answer = (struct get_answer){.record_count = w.until - w.from,
                                  .behind_ms = span_behind_ms(s, &w, c->now_us)};
    position_write(c, stream, s, &w, answer);
    answer->runs = shard_hold(s, w.from, w.until, c->arena, &answer->run_count);
}

/* ---- encoding, outside the lock ---- */

static void json_around(struct arena *a, const struct get_answer *answer, struct records_facts *f)
{
    struct buf text;
    buf_init(&text, a, HTTP_BODY_BYTES_MAX);
    buf_add(&text, STR("{\"MillisBehindLatest\":"));
    buf_add_i64(&text, answer->behind_ms);
    buf_add_char(&text, ',');
    if (answer->next.len > 0) {
        buf_add(&text, STR("\"NextShardIterator\":\""));
        buf_add(&text, answer->next);
        buf_add_char(&text, '"');
    } else {
        buf_add(&text, answer->children);
    }
    buf_add(&text, STR(",\"Records\":["));
    f->before = buf_str(&text);
    f->after = STR("]}");
}

/* Members in the model's order, as the codec has them. */
static void cbor_around(struct arena *a, const struct get_answer *answer, struct records_facts *f)
{
    struct buf before, after;
    buf_init(&before, a, HTTP_BODY_BYTES_MAX);
    cbor_out_map(&before, 3);
    cbor_out_text(&before, STR("Records"));
    cbor_out_array(&before, answer->record_count);
    buf_init(&after, a, HTTP_BODY_BYTES_MAX);
    cbor_out_text(&after, STR("NextShardIterator"));
    cbor_out_text(&after, answer->next);
    cbor_out_text(&after, STR("MillisBehindLatest"));
    cbor_out_i64(&after, answer->behind_ms);
    f->before = buf_str(&before);
    f->after = buf_str(&after);
}

/* The last answer of a shard, which is rare, is respelt by core as any other. */
void get_records_render(struct call *c)
{
    const struct get_answer *answer = ((const struct get_request *)c->prepared)->answer;
    struct records_facts facts = {.runs = answer->runs, .run_count = answer->run_count};
    kinesis_respond(c, STR_EMPTY);
    if (c->spoken->form == FORM_MODEL || answer->next.len == 0) {
        json_around(c->arena, answer, &facts);
    } else {
        facts.form = c->spoken->form;
        cbor_around(c->arena, answer, &facts);
    }
    const struct body_source *source = records_answer(&facts, c->arena);
    if (c->spoken->form == facts.form) {
        call_source(c, source);
        return;
    }
    struct buf body;
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    char *to = buf_reserve(&body, source->bytes);
    buf_commit(&body, source->read(source->self, to, source->bytes));
    c->response.body = buf_str(&body);
}
