/* What is set of a stream besides its shards and its retention: encryption, shard-level metrics,
 * capacity mode, the largest record. */
#include "kinesis_call.h"
#include "scaling.h"

static struct stream *settings_stream(struct call *c)
{
    return kinesis_unsupported(c, "StreamId")
               ? NULL
               : stream_for_change(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
}

/* ---- encryption ---- */

static bool is_kms(struct call *c)
{
    bool kms = str_eq(call_str(c, "EncryptionType"), STR("KMS"));
    if (!kms) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "The only valid EncryptionType is KMS.");
    }
    return kms;
}

/* DIFFERS kinesis-encryption-1: the state and its change are kept and records are marked from then
 * on; no key is asked for, and nothing is encrypted. */
void start_stream_encryption(struct call *c)
{
    struct kinesis_store *k = c->state;
    struct stream *s = is_kms(c) ? settings_stream(c) : NULL;
    if (s != NULL) {
        s->key_id = str_copy(k->arena, call_str(c, "KeyId"));
        stream_update(k, s, c->now_us);
    }
}

void stop_stream_encryption(struct call *c)
{
    struct stream *s = is_kms(c) ? settings_stream(c) : NULL;
    if (s != NULL) {
        s->key_id = STR_EMPTY;
        stream_update(c->state, s, c->now_us);
    }
}

/* ---- shard-level metrics ---- */

static const char *const metric_names[] = {"IncomingBytes",
                                           "IncomingRecords",
                                           "OutgoingBytes",
                                           "OutgoingRecords",
                                           "WriteProvisionedThroughputExceeded",
                                           "ReadProvisionedThroughputExceeded",
                                           "IteratorAgeMilliseconds"};
enum { METRIC_COUNT = sizeof(metric_names) / sizeof(metric_names[0]) };

void metrics_write(struct call *c, struct json *list, unsigned metrics)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if ((metrics >> i & 1) != 0) {
            json_add(list, STR_EMPTY, json_new_str(c->arena, str_of(metric_names[i])));
        }
    }
}

static unsigned metrics_read(const struct call *c)
{
    unsigned metrics = 0;
    const struct json *list = json_get(c->input, STR("ShardLevelMetrics"));
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        for (unsigned i = 0; i < METRIC_COUNT; i++) {
            if (str_eq(json_str(m), str_of(metric_names[i])) || str_eq(json_str(m), STR("ALL"))) {
                metrics |= 1u << i;
            }
        }
    }
    return metrics;
}

/* AWS kinesis-monitoring-1: the answer says which metrics were on, and which will be. */
static void change_metrics(struct call *c, bool on)
{
    struct stream *s = settings_stream(c);
    if (s == NULL) {
        return;
    }
    unsigned metrics = on ? s->metrics | metrics_read(c) : s->metrics & ~metrics_read(c);
    call_out_str(c, "StreamName", s->name);
    metrics_write(c, call_out(c, "CurrentShardLevelMetrics", JSON_IS_ARRAY), s->metrics);
    metrics_write(c, call_out(c, "DesiredShardLevelMetrics", JSON_IS_ARRAY), metrics);
    call_out_str(c, "StreamARN", s->resource.arn);
    s->metrics = metrics;
}

void enable_enhanced_monitoring(struct call *c)
{
    change_metrics(c, true);
}

void disable_enhanced_monitoring(struct call *c)
{
    change_metrics(c, false);
}

/* ---- mode, record size ---- */

/* AWS kinesis-stream-mode-1: the shards stay; two changes in 24 hours. */
void update_stream_mode(struct call *c)
{
    bool on_demand =
        str_eq(json_str(json_at(c->input, "StreamModeDetails.StreamMode")), STR("ON_DEMAND"));
    int64_t warm = warm_throughput_wanted(c, on_demand);
    struct stream *s = warm < 0 ? NULL : settings_stream(c);
    if (s == NULL) {
        return;
    }
    struct stream_usage usage = stream_usage(c->state, s->account, s->region, c->now_us);
    int64_t *oldest = &s->mode_us[s->mode_count % KINESIS_MODE_CHANGES_MAX];
    if (kinesis_limited(c) && s->mode_count >= KINESIS_MODE_CHANGES_MAX &&
        c->now_us - *oldest < US_PER_DAY) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "The mode of stream %.*s under account %.*s can be changed %d times in 24 hours.",
                  STR_ARG(s->name), STR_ARG(s->account), KINESIS_MODE_CHANGES_MAX);
    } else if (on_demand && !s->on_demand &&
               usage.on_demand_streams >= KINESIS_ON_DEMAND_STREAMS_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "This request would exceed the limit of %d on-demand streams for the account "
                  "%.*s in %.*s.",
                  KINESIS_ON_DEMAND_STREAMS_MAX, STR_ARG(s->account), STR_ARG(s->region));
    } else if (!on_demand && s->on_demand &&
               usage.open_shards + s->open_count > KINESIS_SHARDS_MAX) {
        kinesis_refuse_shards(c, usage.open_shards, (int64_t)s->open_count);
    } else {
        *oldest = c->now_us;
        s->mode_count++;
        s->on_demand = on_demand;
        s->warm_mib_per_s = warm;
        if (warm > 0) {
            scaling_on_demand(c->state, s, (size_t)warm);
        }
        stream_update(c->state, s, c->now_us);
    }
}

void update_max_record_size(struct call *c)
{
    struct stream *s = settings_stream(c);
    if (s != NULL) {
        s->record_bytes_max = (size_t)call_i64(c, "MaxRecordSizeInKiB", 1024) * KIB;
        stream_update(c->state, s, c->now_us);
    }
}
