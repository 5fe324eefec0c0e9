/* The operations on whole streams, by the decoded tree. */
#include "consumer.h"
#include "kinesis_call.h"

/* ---- CreateStream, DeleteStream ---- */

static bool wants_on_demand(const struct call *c)
{
    return str_eq(json_str(json_at(c->input, "StreamModeDetails.StreamMode")), STR("ON_DEMAND"));
}

/* AWS kinesis-create-stream-2: LimitExceededException over the account's shards, its on-demand
 * streams, or five streams being created at one time. */
static bool create_exceeds_limits(struct call *c, bool on_demand, int64_t shards)
{
    struct stream_usage usage = stream_usage(c->state, c->account, c->region, c->now_us);
    if (on_demand && usage.on_demand_streams >= KINESIS_ON_DEMAND_STREAMS_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "This request would exceed the limit of %d on-demand streams for the account "
                  "%.*s in %.*s.",
                  KINESIS_ON_DEMAND_STREAMS_MAX, STR_ARG(c->account), STR_ARG(c->region));
        return true;
    }
    if (!on_demand && (int64_t)usage.open_shards + shards > KINESIS_SHARDS_MAX) {
        kinesis_refuse_shards(c, usage.open_shards, shards);
        return true;
    }
    if (kinesis_limited(c) && usage.creating >= KINESIS_CREATING_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "Limit for streams being created concurrently exceeded: %d for the account %.*s.",
                  KINESIS_CREATING_MAX, STR_ARG(c->account));
        return true;
    }
    return false;
}

static bool create_is_refused(struct call *c, bool on_demand, int64_t shards)
{
    const struct kinesis_store *k = c->state;
    struct str name = call_str(c, "StreamName");
    if (!tags_are_fine(c, "Tags")) {
        return true;
    }
    if (stream_find(c->state, c->account, c->region, name, c->now_us) != NULL) {
        call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
                  "Stream %.*s under account %.*s already exists.", STR_ARG(name),
                  STR_ARG(c->account));
        return true;
    }
    if (!on_demand && shards < 1) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "ShardCount is required for a provisioned stream.");
        return true;
    }
    if (on_demand && call_has(c, "ShardCount")) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "ShardCount must not be given for an on-demand stream.");
        return true;
    }
    if (c->account.len + c->region.len + name.len + 2 > TOKEN_KEY_BYTES_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "The names of account and region are too long.");
        return true;
    }
    if (k->count >= STREAMS_EVER_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "aforo creates at most %d streams before a reset.", STREAMS_EVER_MAX);
        return true;
    }
    return create_exceeds_limits(c, on_demand, shards);
}

void create_stream(struct call *c)
{
    const struct kinesis_store *k = c->state;
    bool on_demand = wants_on_demand(c);
    int64_t shards = call_i64(c, "ShardCount", 0);
    int64_t warm = warm_throughput_wanted(c, on_demand);
    if (warm < 0 || create_is_refused(c, on_demand, shards)) {
        return;
    }
    if (on_demand) {
        shards = warm > KINESIS_ON_DEMAND_SHARDS ? warm : KINESIS_ON_DEMAND_SHARDS;
    }
    int64_t record_kib =
        call_i64(c, "MaxRecordSizeInKiB", (int64_t)(KINESIS_RECORD_BYTES_DEFAULT / KIB));
    struct stream_options options = {.account = c->account,
                                     .region = c->region,
                                     .name = call_str(c, "StreamName"),
                                     .shard_count = (size_t)shards,
                                     .on_demand = on_demand,
                                     .record_bytes_max = (size_t)record_kib * KIB};
    struct stream *s = stream_create(c->state, &options, c->now_us);
    s->warm_mib_per_s = warm;
    (void)tags_add(c, k->arena, &s->resource, "Tags");
}

static size_t has_consumers(const struct call *c, struct stream *s)
{
    size_t creating;
    return consumers_count(s, c->now_us, &creating);
}

/* AWS kinesis-delete-stream-1: a stream with consumers is deleted only where that is asked for. */
void delete_stream(struct call *c)
{
    if (kinesis_unsupported(c, "StreamId")) {
        return;
    }
    struct stream *s = stream_for_change(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL && has_consumers(c, s) && !call_bool(c, "EnforceConsumerDeletion", false)) {
        call_fail(c, AWS_RESOURCE_IN_USE_EXCEPTION,
                  "Stream %.*s under account %.*s has registered consumers: deregister them, or "
                  "set EnforceConsumerDeletion.",
                  STR_ARG(s->name), STR_ARG(s->account));
    } else if (s != NULL) {
        stream_delete(c->state, s, c->now_us);
    }
}

/* ---- DescribeStream, DescribeStreamSummary ---- */

static void describe_mode(struct call *c, struct json *object, const struct stream *s)
{
    struct json *mode = json_set(c->arena, object, "StreamModeDetails", JSON_IS_OBJECT);
    json_set_str(c->arena, mode, "StreamMode",
                 s->on_demand ? STR("ON_DEMAND") : STR("PROVISIONED"));
}

/* The members that both descriptions have. */
static void describe_common(struct call *c, struct json *object, const struct stream *s)
{
    struct arena *a = c->arena;
    json_set_str(a, object, "StreamName", s->name);
    json_set_str(a, object, "StreamARN", s->resource.arn);
    json_set_str(a, object, "StreamStatus",
                 str_of(stream_status_name(stream_status(s, c->now_us))));
    describe_mode(c, object, s);
    json_set_i64(a, object, "RetentionPeriodHours", s->retention_us / US_PER_HOUR);
    json_set_i64(a, object, "StreamCreationTimestamp", s->created_us);
    struct json *monitoring = json_set(a, object, "EnhancedMonitoring", JSON_IS_ARRAY);
    struct json *metrics = json_add(monitoring, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
    metrics_write(c, json_set(a, metrics, "ShardLevelMetrics", JSON_IS_ARRAY), s->metrics);
    json_set_str(a, object, "EncryptionType", s->key_id.len > 0 ? STR("KMS") : STR("NONE"));
    if (s->key_id.len > 0) {
        json_set_str(a, object, "KeyId", s->key_id);
    }
}

static struct stream *described(struct call *c)
{
    if (kinesis_unsupported(c, "StreamId")) {
        return NULL;
    }
    struct stream *s = stream_of(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL) {
        stream_trim(s, c->now_us);
    }
    return s;
}

void describe_stream(struct call *c)
{
    const struct stream *s = described(c);
    if (s == NULL) {
        return;
    }
    struct json *description = call_out(c, "StreamDescription", JSON_IS_OBJECT);
    describe_common(c, description, s);
    struct json *shards = json_set(c->arena, description, "Shards", JSON_IS_ARRAY);
    int64_t limit = call_i64(c, "Limit", KINESIS_PAGE_STREAMS);
    struct str after = call_str(c, "ExclusiveStartShardId");
    /* AWS kinesis-describe-stream-1: a stream that is being created shows no shards. */
    size_t count = stream_status(s, c->now_us) == STREAM_CREATING ? 0 : s->shard_count;
    size_t i = 0;
    for (; i < count && (str_cmp(shard_id(s->shards[i]), after) <= 0 ||
                         shard_is_expired(s->shards[i], s->retention_us, c->now_us));
         i++) {
    }
    for (; i < count && (int64_t)shards->count < limit; i++) {
        shard_write(c, json_add(shards, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT)),
                    s->shards[i]);
    }
    json_set_bool(c->arena, description, "HasMoreShards", i < count);
}

void describe_stream_summary(struct call *c)
{
    struct stream *s = described(c);
    if (s == NULL) {
        return;
    }
    struct json *summary = call_out(c, "StreamDescriptionSummary", JSON_IS_OBJECT);
    describe_common(c, summary, s);
    bool creating = stream_status(s, c->now_us) == STREAM_CREATING;
    json_set_i64(c->arena, summary, "OpenShardCount", creating ? 0 : (int64_t)s->open_count);
    json_set_i64(c->arena, summary, "ConsumerCount", (int64_t)has_consumers(c, s));
    warm_throughput_write(c, summary, s);
    json_set_i64(c->arena, summary, "MaxRecordSizeInKiB", (int64_t)(s->record_bytes_max / KIB));
}

/* ---- ListStreams, DescribeLimits ---- */

/* Where the listing begins: after a name, or after what the token says. */
static bool list_start(struct call *c, struct str *ret_after)
{
    *ret_after = call_str(c, "ExclusiveStartStreamName");
    struct position_token token;
    if (!call_has(c, "NextToken")) {
        return true;
    }
    if (!token_parse(call_str(c, "NextToken"), TOKEN_STREAMS, kinesis_seed(c), c->arena, &token)) {
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

static void stream_summarize(struct call *c, struct json *summaries, const struct stream *s)
{
    struct json *summary = json_add(summaries, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_str(c->arena, summary, "StreamName", s->name);
    json_set_str(c->arena, summary, "StreamARN", s->resource.arn);
    json_set_str(c->arena, summary, "StreamStatus",
                 str_of(stream_status_name(stream_status(s, c->now_us))));
    describe_mode(c, summary, s);
    json_set_i64(c->arena, summary, "StreamCreationTimestamp", s->created_us);
}

void list_streams(struct call *c)
{
    struct str after;
    if (!list_start(c, &after)) {
        return;
    }
    struct json *names = call_out(c, "StreamNames", JSON_IS_ARRAY);
    struct json *summaries = json_new(c->arena, JSON_IS_ARRAY);
    int64_t limit = call_i64(c, "Limit", KINESIS_PAGE_STREAMS);
    struct stream *s = stream_next(c->state, c->account, c->region, after, c->now_us);
    for (; s != NULL && (int64_t)names->count < limit;
         s = stream_next(c->state, c->account, c->region, after, c->now_us)) {
        json_add(names, STR_EMPTY, json_new_str(c->arena, s->name));
        stream_summarize(c, summaries, s);
        after = s->name;
    }
    call_out_bool(c, "HasMoreStreams", s != NULL);
    if (s != NULL) {
        struct position_token token = {.kind = TOKEN_STREAMS, .made_us = c->now_us, .key = after};
        call_out_str(c, "NextToken", token_text(&token, kinesis_seed(c), c->arena));
    }
    json_add(c->output, STR("StreamSummaries"), summaries);
}

void describe_limits(struct call *c)
{
    struct stream_usage usage = stream_usage(c->state, c->account, c->region, c->now_us);
    call_out_i64(c, "ShardLimit", KINESIS_SHARDS_MAX);
    call_out_i64(c, "OpenShardCount", (int64_t)usage.open_shards);
    call_out_i64(c, "OnDemandStreamCount", (int64_t)usage.on_demand_streams);
    call_out_i64(c, "OnDemandStreamCountLimit", KINESIS_ON_DEMAND_STREAMS_MAX);
}

/* ---- retention ---- */

static void change_retention(struct call *c, bool increase)
{
    int64_t hours = call_i64(c, "RetentionPeriodHours", 0);
    if (kinesis_unsupported(c, "StreamId")) {
        return;
    }
    if (hours < KINESIS_RETENTION_HOURS_MIN || hours > KINESIS_RETENTION_HOURS_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "%s allowed retention period is %d hours. Requested retention period (%lld "
                  "hours) is too %s.",
                  hours < KINESIS_RETENTION_HOURS_MIN ? "Minimum" : "Maximum",
                  hours < KINESIS_RETENTION_HOURS_MIN ? KINESIS_RETENTION_HOURS_MIN
                                                      : KINESIS_RETENTION_HOURS_MAX,
                  (long long)hours, hours < KINESIS_RETENTION_HOURS_MIN ? "short" : "long");
        return;
    }
    struct stream *s = stream_for_change(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s == NULL) {
        return;
    }
    int64_t now_hours = s->retention_us / US_PER_HOUR;
    if (increase ? hours < now_hours : hours > now_hours) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Requested retention period (%lld hours) for stream %.*s can not be %s than "
                  "existing retention "
                  "period (%lld hours). Use %sRetentionPeriod API.",
                  (long long)hours, STR_ARG(s->name), increase ? "shorter" : "longer",
                  (long long)now_hours, increase ? "Decrease" : "Increase");
        return;
    }
    stream_trim(s, c->now_us); /* AWS kinesis-retention-1: a longer period does not bring back what
                                  has expired */
    s->retention_us = hours * US_PER_HOUR;
}

void increase_retention(struct call *c)
{
    change_retention(c, true);
}

void decrease_retention(struct call *c)
{
    change_retention(c, false);
}
