/* Consumers: registering, describing, listing, deregistering. */
#include "consumer.h"

#include "fan_out.h"
#include "kinesis_call.h"

/* ---- finding ---- */

#define CONSUMER_MARK "/consumer/"

static size_t mark_find(struct str arn)
{
    size_t at = str_find_last(arn, '/');
    size_t mark = sizeof(CONSUMER_MARK) - 2; /* without the last slash */
    return at == STR_NONE || at < mark ||
                   !str_eq(str_slice(arn, at - mark, at + 1), STR(CONSUMER_MARK))
               ? STR_NONE
               : at - mark;
}

bool consumer_arn_is(struct str arn)
{
    return mark_find(arn) != STR_NONE;
}

static struct consumer *consumer_find(struct stream *s, struct str name, int64_t now_us)
{
    struct consumer *consumer = tree_get(s->consumers, name);
    if (consumer != NULL && now_us >= consumer->gone_at_us) {
        (void)tree_remove(s->consumers, name);
        return NULL;
    }
    return consumer;
}

static void consumer_refuse(struct call *c, struct str name)
{
    call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION, "Consumer %.*s, account %.*s not found.",
              STR_ARG(name), STR_ARG(c->account));
}

struct consumer *consumer_by_arn(struct call *c, struct str arn)
{
    size_t mark = mark_find(arn);
    if (mark == STR_NONE) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "%.*s is not the ARN of a consumer.",
                  STR_ARG(arn));
        return NULL;
    }
    struct stream *s = stream_of(c, STR_EMPTY, str_slice(arn, 0, mark));
    if (s == NULL) {
        return NULL;
    }
    struct str tail = str_from(arn, mark + sizeof(CONSUMER_MARK) - 1), name, unused;
    struct consumer *consumer =
        str_split(tail, ':', &name, &unused) ? consumer_find(s, name, c->now_us) : NULL;
    if (consumer == NULL || !str_eq(consumer->resource.arn, arn)) {
        consumer_refuse(c, arn);
        return NULL;
    }
    return consumer;
}

size_t consumers_count(struct stream *s, int64_t now_us, size_t *ret_creating)
{
    size_t count = 0;
    *ret_creating = 0;
    const struct tree_entry *t = tree_seek(s->consumers, STR_EMPTY, false);
    for (; t != NULL; t = tree_seek(s->consumers, t->key, true)) {
        const struct consumer *consumer = t->value;
        count += now_us < consumer->gone_at_us;
        *ret_creating += now_us < consumer->active_at_us;
    }
    return count;
}

const char *consumer_status_name(const struct consumer *consumer, int64_t now_us)
{
    return consumer->gone_at_us != INSTANT_NEVER ? "DELETING"
           : now_us < consumer->active_at_us     ? "CREATING"
                                                 : "ACTIVE";
}

/* ---- the operations ---- */

static void consumer_write(struct call *c, struct json *object, const struct consumer *consumer)
{
    struct arena *a = c->arena;
    json_set_str(a, object, "ConsumerName", consumer->name);
    json_set_str(a, object, "ConsumerARN", consumer->resource.arn);
    json_set_str(a, object, "ConsumerStatus", str_of(consumer_status_name(consumer, c->now_us)));
    json_set_i64(a, object, "ConsumerCreationTimestamp", consumer->created_us);
}

/* AWS kinesis-consumer-1: 20 consumers of a stream, 5 of them CREATING. */
static bool register_is_refused(struct call *c, struct stream *s, struct str name)
{
    size_t creating, count = consumers_count(s, c->now_us, &creating);
    if (consumer_find(s, name, c->now_us) != NULL) {
        call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
                  "Consumer %.*s under stream %.*s already exists for account %.*s.", STR_ARG(name),
                  STR_ARG(s->name), STR_ARG(s->account));
    } else if (count >= KINESIS_CONSUMERS_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "Stream %.*s under account %.*s has reached its limit of %d consumers.",
                  STR_ARG(s->name), STR_ARG(s->account), KINESIS_CONSUMERS_MAX);
    } else if (creating >= KINESIS_CONSUMERS_CREATING_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "Stream %.*s under account %.*s has %d consumers in status CREATING, which is "
                  "the limit.",
                  STR_ARG(s->name), STR_ARG(s->account), KINESIS_CONSUMERS_CREATING_MAX);
    }
    return call_failed(c);
}

bool consumer_is_gone(const struct consumer *consumer, int64_t now_us)
{
    return now_us >= consumer->gone_at_us;
}

/* A status follows the clock by itself; the timer makes the change an event, of which subscriptions
 * hear. */
static void consumer_settle(struct core *core, void *arg, int64_t now_us)
{
    const struct consumer *consumer = arg;
    const struct stream *s = consumer->stream;
    for (size_t i = 0; consumer_is_gone(consumer, now_us) && i < s->shard_count; i++) {
        subscriptions_wake(core, s->shards[i]);
    }
}

void register_stream_consumer(struct call *c)
{
    struct kinesis_store *k = c->state;
    struct str name = call_str(c, "ConsumerName");
    struct stream *s = kinesis_unsupported(c, "StreamId") || !tags_are_fine(c, "Tags")
                           ? NULL
                           : stream_for_reading(c, STR_EMPTY, call_str(c, "StreamARN"));
    if (s == NULL || register_is_refused(c, s, name)) {
        return;
    }
    struct consumer *consumer = NEW(k->arena, struct consumer);
    consumer->name = str_copy(k->arena, name);
    consumer->stream = s;
    consumer->created_us = c->now_us;
    consumer->active_at_us = c->now_us + KINESIS_TRANSITION_US;
    consumer->gone_at_us = INSTANT_NEVER;
    /* AWS kinesis-consumer-2: stream-arn/consumer/name:seconds */
    resource_init(&consumer->resource, k->arena,
                  str_printf(k->arena, "%.*s/consumer/%.*s:%lld", STR_ARG(s->resource.arn),
                             STR_ARG(name), (long long)(c->now_us / US_PER_S)));
    (void)tags_add(c, k->arena, &consumer->resource, "Tags");
    consumer->subscribed = tree_new(k->arena);
    tree_put(s->consumers, consumer->name, consumer);
    core_timer(k->core, consumer->active_at_us, consumer_settle, consumer);
    consumer_write(c, call_out(c, "Consumer", JSON_IS_OBJECT), consumer);
}

/* By ConsumerARN, or StreamARN and ConsumerName, or all three where they agree; NULL: refused. */
static struct consumer *consumer_named(struct call *c)
{
    struct str arn = call_str(c, "ConsumerARN"), name = call_str(c, "ConsumerName");
    struct str stream_arn = call_str(c, "StreamARN");
    if (kinesis_unsupported(c, "StreamId")) {
        return NULL;
    }
    if (arn.len == 0 && (name.len == 0 || stream_arn.len == 0)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Either ConsumerARN or both StreamARN and ConsumerName must be provided.");
        return NULL;
    }
    struct consumer *consumer = NULL;
    if (arn.len > 0) {
        consumer = consumer_by_arn(c, arn);
    } else {
        struct stream *s = stream_of(c, STR_EMPTY, stream_arn);
        consumer = s == NULL ? NULL : consumer_find(s, name, c->now_us);
        if (s != NULL && consumer == NULL) {
            consumer_refuse(c, name);
        }
    }
    if (consumer != NULL &&
        ((name.len > 0 && !str_eq(name, consumer->name)) ||
         (stream_arn.len > 0 && !str_eq(stream_arn, consumer->stream->resource.arn)))) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "ConsumerARN, StreamARN and ConsumerName name different consumers.");
        return NULL;
    }
    return consumer;
}

void describe_stream_consumer(struct call *c)
{
    const struct consumer *consumer = consumer_named(c);
    if (consumer != NULL) {
        struct json *description = call_out(c, "ConsumerDescription", JSON_IS_OBJECT);
        consumer_write(c, description, consumer);
        json_set_str(c->arena, description, "StreamARN", consumer->stream->resource.arn);
    }
}

void deregister_stream_consumer(struct call *c)
{
    struct consumer *consumer = consumer_named(c);
    if (consumer != NULL && consumer->gone_at_us == INSTANT_NEVER) {
        const struct kinesis_store *k = c->state;
        consumer->gone_at_us = c->now_us + KINESIS_TRANSITION_US;
        core_timer(k->core, consumer->gone_at_us, consumer_settle, consumer);
    }
}

/* The name after which the listing goes on; false: refused. */
static bool consumers_start(struct call *c, const struct stream *s, struct str *ret_after)
{
    struct position_token token;
    *ret_after = STR_EMPTY;
    if (!call_has(c, "NextToken")) {
        return true;
    }
    if (!token_parse(call_str(c, "NextToken"), TOKEN_CONSUMERS, kinesis_seed(c), c->arena,
                     &token) ||
        token.uid != s->uid) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "NextToken is invalid.");
        return false;
    }
    if (c->now_us - token.made_us > KINESIS_ITERATOR_TTL_US) {
        call_fail(c, AWS_EXPIRED_NEXT_TOKEN_EXCEPTION, "NextToken has expired.");
        return false;
    }
    *ret_after = token.key;
    return true;
}

void list_stream_consumers(struct call *c)
{
    struct str after;
    struct stream *s = kinesis_unsupported(c, "StreamId")
                           ? NULL
                           : stream_for_reading(c, STR_EMPTY, call_str(c, "StreamARN"));
    if (s == NULL || !consumers_start(c, s, &after)) {
        return;
    }
    int64_t limit = call_i64(c, "MaxResults", KINESIS_PAGE_STREAMS);
    struct json *list = call_out(c, "Consumers", JSON_IS_ARRAY);
    const struct tree_entry *t = tree_seek(s->consumers, after, after.len > 0);
    for (; t != NULL && (int64_t)list->count < limit; t = tree_seek(s->consumers, t->key, true)) {
        const struct consumer *consumer = t->value;
        if (c->now_us < consumer->gone_at_us) {
            consumer_write(c, json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT)),
                           consumer);
        }
        after = consumer->name;
    }
    if (t != NULL) {
        struct position_token token = {
            .kind = TOKEN_CONSUMERS, .made_us = c->now_us, .uid = s->uid, .key = after};
        call_out_str(c, "NextToken", token_text(&token, kinesis_seed(c), c->arena));
    }
}
