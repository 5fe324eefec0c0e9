/* SubscribeToShard over what core calls a stream (docs/design/0005).
 * 1. An open subscription is in its shard's list; a closed one is in no list and no timer knows it.
 * 2. One wake is under way at most, at wake_us: the next keep-alive, the end, or when the limit
 * lets more through, whichever comes first; one that fires too early asks for another.
 * 3. All memory of an event is given back when it has been written to the answer. */
#include "fan_out.h"

#include <string.h>
#include "base/limits.h"
#include "consumer.h"
#include "kinesis_call.h"
#include "kinesis_model.h"
#include "record_text.h"
#include "start_position.h"
#include "wire/codec.h"
#include "wire/eventstream.h"

struct subscription {
    struct kinesis_store *store;
    struct arena *scratch; /* of one event */
    const struct consumer *consumer;
    struct stream *stream;
    struct shard *shard;
    uint64_t number;             /* core's, to be woken by */
    struct service_model spoken; /* how the client spells its answers */
    char content_type[64];
    bool limited;
    uint64_t place;            /* of the next record */
    int64_t begun_us, told_us; /* told_us: the last event; INSTANT_NEVER: none yet */
    int64_t wake_us;
    struct bucket bucket;
    enum aws_error_id error; /* it ends with this */
    struct subscription *next;
};
/* What a consumer has of a shard, kept when the subscription has ended: the 5 seconds go on. */
struct subscribed {
    int64_t begun_us;
    struct subscription *open; /* NULL: none */
};

void subscriptions_wake(struct core *core, const struct shard *s)
{
    for (const struct subscription *u = s->subscriptions; u != NULL; u = u->next) {
        core_stream_wake(core, u->number);
    }
}

/* ---- what is told ---- */

static struct str spell(struct subscription *u, const struct shape *shape, struct str json)
{
    struct str spelt = json;
    struct diag d = DIAG_INIT;
    if (u->spoken.form != FORM_MODEL) {
        enum err e = codec_respell(&kinesis_model, &u->spoken, shape, json, u->scratch, &spelt, &d);
        ASSERT(e == ERR_OK); /* our own JSON */
    }
    return spelt;
}

/* The member of the output that has this name. */
static const struct shape *event_shape(const char *name)
{
    const struct operation_model *op =
        service_operation(&kinesis_model, "SubscribeToShard", sizeof("SubscribeToShard") - 1);
    const struct shape *events = op->output->members[0].shape;
    return shape_find_member(events, name, str_of(name).len)->shape;
}

static void tell_begin(struct subscription *u, struct buf *out)
{
    struct str empty = spell(u, event_shape("ResourceInUseException"), STR("{}"));
    eventstream_event(out, STR("initial-response"), str_of(u->content_type), empty);
}

/* AWS kinesis-subscribe-3: an event has a ContinuationSequenceNumber, or, at the shard's end, the
 * ChildShards instead: what KCL takes for the end. */
static bool tell_records(struct subscription *u, int64_t now_us, struct buf *out)
{
    const struct shard *s = u->shard;
    struct shard_span w =
        shard_span_at(s, u->place > s->horizon_place ? u->place : s->horizon_place,
                      KINESIS_GET_RECORDS_MAX, KINESIS_EVENT_BYTES_MAX);
    bool last = span_is_last(s, &w);
    struct buf json;
    struct json_out j;
    buf_init(&json, u->scratch, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&json, span_text_bytes(&w) + 1024);
    json_out_init(&j, &json);
    json_out_object(&j);
    json_out_key(&j, "Records");
    json_out_array(&j);
    for (uint64_t place = w.from; place < w.until; place++) {
        struct shard_record record = shard_record_at(s, place);
        buf_add_z(&json, place > w.from ? "," : "");
        record_text_add(&json, &record);
    }
    json_out_array_end(&j);
    if (last) {
        record_text_children(&j, u->scratch, u->stream, s);
    } else {
        json_out_kstr(&j, "ContinuationSequenceNumber",
                      start_continuation(s, w.until, now_us, u->scratch));
    }
    json_out_ki64(&j, "MillisBehindLatest", span_behind_ms(s, &w, now_us));
    json_out_object_end(&j);
    struct str payload = spell(u, event_shape("SubscribeToShardEvent"), buf_str(&json));
    eventstream_event(out, STR("SubscribeToShardEvent"), str_of(u->content_type), payload);
    throttle_push(&u->bucket, w.data_bytes);
    u->place = w.until;
    u->told_us = now_us;
    return !last;
}

static void tell_error(struct subscription *u, struct buf *out)
{
    const char *name = aws_error_get(u->error)->name;
    struct str message =
        u->error == AWS_RESOURCE_IN_USE_EXCEPTION
            ? str_printf(u->scratch, "Another active subscription exists for this consumer: %.*s",
                         STR_ARG(u->consumer->resource.arn))
            : str_printf(u->scratch, "Consumer %.*s, account %.*s not found.",
                         STR_ARG(u->consumer->resource.arn), STR_ARG(u->stream->account));
    struct buf json;
    struct json_out j;
    buf_init(&json, u->scratch, HTTP_BODY_BYTES_MAX);
    json_out_init(&j, &json);
    json_out_object(&j);
    json_out_kstr(&j, "message", message);
    json_out_object_end(&j);
    eventstream_exception(out, str_of(name), str_of(u->content_type),
                          spell(u, event_shape(name), buf_str(&json)));
}

/* ---- when it is told ---- */

static void wake_by(struct subscription *u, int64_t now_us, int64_t at_us)
{
    int64_t end_us = u->begun_us + KINESIS_SUBSCRIPTION_US;
    at_us = at_us < end_us ? at_us : end_us;
    if (u->wake_us <= now_us || at_us < u->wake_us) {
        u->wake_us = at_us;
        core_stream_wake_at(u->store->core, u->number, at_us);
    }
}

static bool is_gone(const struct subscription *u, int64_t now_us)
{
    return consumer_is_gone(u->consumer, now_us) || now_us >= u->stream->gone_at_us;
}

/* Appends one event if it is time for one; false: that is all there is by now. *ret_open: it goes
 * on. */
static bool tell_next(struct subscription *u, int64_t now_us, struct buf *out, bool *ret_open)
{
    *ret_open = false;
    if (u->error != AWS_OK || is_gone(u, now_us)) {
        u->error = u->error != AWS_OK ? u->error : AWS_RESOURCE_NOT_FOUND_EXCEPTION;
        tell_error(u, out);
        return false;
    }
    if (now_us - u->begun_us >= KINESIS_SUBSCRIPTION_US) {
        return false;
    }
    *ret_open = true;
    shard_trim(u->shard, u->stream->retention_us, now_us);
    int64_t pushed_at_us = u->limited ? throttle_push_at(&u->bucket, now_us) : now_us;
    bool due = u->told_us == INSTANT_NEVER || now_us - u->told_us >= KINESIS_EVENT_EVERY_US;
    bool ready = u->place < u->shard->next_place || !shard_is_open(u->shard);
    if (ready && pushed_at_us > now_us) {
        wake_by(u, now_us, pushed_at_us);
        return false;
    }
    if (!ready && !due) {
        wake_by(u, now_us, u->told_us + KINESIS_EVENT_EVERY_US);
        return false;
    }
    *ret_open = tell_records(u, now_us, out);
    return *ret_open;
}

/* As much as one pull may give: the rest is asked for when that has left. */
static bool subscription_pull(struct core *core, void *self, int64_t now_us, struct buf *out)
{
    struct subscription *u = self;
    bool open = true, more = true;
    size_t before = out->len;
    (void)core;
    if (u->told_us == INSTANT_NEVER) {
        tell_begin(u, out);
    }
    while (more && out->len - before < KINESIS_EVENT_BYTES_MAX) {
        more = tell_next(u, now_us, out, &open);
        arena_reset(u->scratch);
    }
    return open;
}

static void subscription_close(struct core *core, void *self)
{
    struct subscription *u = self, **at = &u->shard->subscriptions;
    struct subscribed *mark = tree_get(u->consumer->subscribed, shard_id(u->shard));
    (void)core;
    while (*at != u) {
        at = &(*at)->next;
    }
    *at = u->next;
    mark->open = mark->open == u ? NULL : mark->open;
    arena_free(u->scratch);
    arena_recycle(u->store->arena, u, sizeof(*u));
}

/* ---- the call ---- */

/* The shard, which must be one of the consumer's stream; NULL: refused. */
static struct shard *shard_wanted(struct call *c, const struct stream *s)
{
    struct stream_name n = {.account = s->account, .region = s->region, .name = s->name};
    uint32_t number;
    if (!shard_number_of(c, call_str(c, "ShardId"), &n, &number)) {
        return NULL;
    }
    if (number >= s->shard_count ||
        shard_is_expired(s->shards[number], s->retention_us, c->now_us)) {
        stream_refuse_shard(c, &n, number);
        return NULL;
    }
    return s->shards[number];
}

/* The consumer, which must be ACTIVE, as must its stream be usable; NULL: refused. */
static struct consumer *consumer_wanted(struct call *c)
{
    struct str arn = call_str(c, "ConsumerARN");
    struct consumer *consumer = kinesis_unsupported(c, "StreamId") ? NULL : consumer_by_arn(c, arn);
    if (consumer == NULL ||
        stream_for_reading(c, consumer->stream->name, consumer->stream->resource.arn) == NULL) {
        return NULL;
    }
    const char *status = consumer_status_name(consumer, c->now_us);
    if (!str_eq(str_of(status), STR("ACTIVE"))) {
        call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
                  "Consumer %.*s is not ACTIVE, instead in state %s", STR_ARG(arn), status);
        return NULL;
    }
    return consumer;
}

/* AWS kinesis-subscribe-2: a second call within 5 seconds of one that succeeded is refused; later
 * it takes the subscription over, and the first one ends with ResourceInUseException.
 * NULL: refused. */
static struct subscribed *mark_taken(struct call *c, const struct consumer *consumer,
                                     const struct shard *s)
{
    const struct kinesis_store *k = c->state;
    struct subscribed *mark = tree_get(consumer->subscribed, shard_id(s));
    if (mark == NULL) {
        mark = NEW(k->arena, struct subscribed);
        tree_put(consumer->subscribed, shard_id(s), mark);
    } else if (c->now_us - mark->begun_us < KINESIS_SUBSCRIBE_AGAIN_US) {
        call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
                  "Another active subscription exists for this consumer: %.*s",
                  STR_ARG(consumer->resource.arn));
        return NULL;
    }
    mark->begun_us = c->now_us;
    if (mark->open != NULL) {
        mark->open->error = AWS_RESOURCE_IN_USE_EXCEPTION;
        core_stream_wake(c->core, mark->open->number);
        mark->open = NULL;
    }
    return mark;
}

/* How the client spells its answers, and what it calls that. */
static void subscription_speak(struct call *c, struct subscription *u)
{
    struct http_response plain;
    u->spoken = *c->spoken;
    codec_write_response(c->spoken, c->op, NULL, STR_EMPTY, c->arena, &plain);
    struct str type = http_header(&plain.headers, "Content-Type");
    ASSERT(type.len < sizeof(u->content_type));
    memcpy(u->content_type, type.ptr, type.len);
    http_headers_add(&c->response.headers, STR("Content-Type"),
                     STR("application/vnd.amazon.eventstream"));
}

static void subscription_begin(struct call *c, const struct consumer *consumer, struct shard *s,
                               uint64_t place, struct subscribed *mark)
{
    static const struct stream_ops ops = {.pull = subscription_pull, .close = subscription_close};
    struct kinesis_store *k = c->state;
    struct subscription *u = NEW(k->arena, struct subscription);
    *u = (struct subscription){.store = k,
                               .scratch = arena_child(k->arena, "event", HTTP_BODY_BYTES_MAX),
                               .consumer = consumer,
                               .stream = consumer->stream,
                               .shard = s,
                               .limited = kinesis_limited(c),
                               .place = place,
                               .begun_us = c->now_us,
                               .told_us = INSTANT_NEVER,
                               .next = s->subscriptions};
    throttle_push_init(&u->bucket, c->now_us);
    subscription_speak(c, u);
    s->subscriptions = u;
    mark->open = u;
    u->number = call_stream(c, &ops, u);
    wake_by(u, c->now_us, c->now_us + KINESIS_EVENT_EVERY_US);
}

/* AWS kinesis-subscribe-1: events for 5 minutes, at least one in 5 seconds. */
void subscribe_to_shard(struct call *c)
{
    const struct json *position = json_get(c->input, STR("StartingPosition"));
    const struct json *number = json_get(position, STR("SequenceNumber"));
    const struct json *time = json_get(position, STR("Timestamp"));
    struct diag d = DIAG_INIT;
    struct start_position start = {.type = json_str(json_get(position, STR("Type"))),
                                   .number = json_str(number),
                                   .has_number = number != NULL,
                                   .has_time = time != NULL};
    if (time != NULL && json_i64(time, &start.at_us, &d) != ERR_OK) {
        start.has_time = false;
    }
    const struct consumer *consumer = start_number_fits(c, &start) ? consumer_wanted(c) : NULL;
    struct shard *s = consumer == NULL ? NULL : shard_wanted(c, consumer->stream);
    if (s == NULL) {
        return;
    }
    shard_trim(s, consumer->stream->retention_us, c->now_us);
    uint64_t place = start_place(c, &start, consumer->stream, s);
    struct subscribed *mark = place == 0 ? NULL : mark_taken(c, consumer, s);
    if (mark != NULL) {
        subscription_begin(c, consumer, s, place, mark);
    }
}
