/* What is set of a whole account: its minimum throughput billing commitment, and what that unlocks,
 * the warm throughput of on-demand streams. */
#include "kinesis_call.h"
#include "scaling.h"

/* Times are INSTANT_NEVER where there is none. A commitment that was to end has ended once the
 * clock has passed that time. */
struct account {
    int64_t started_us, ends_us;
};

/* What is set, or NULL: never anything. */
static struct account *account_of(const struct call *c, bool make)
{
    const struct kinesis_store *k = c->state;
    struct str key = str_printf(c->arena, "%.*s/%.*s", STR_ARG(c->account), STR_ARG(c->region));
    struct account *a = tree_get(k->accounts, key);
    if (a == NULL && make) {
        a = NEW(k->arena, struct account);
        *a = (struct account){.started_us = INSTANT_NEVER, .ends_us = INSTANT_NEVER};
        tree_put(k->accounts, key, a);
    }
    return a;
}

static bool is_committed(const struct account *a, int64_t now_us)
{
    return a != NULL && a->started_us != INSTANT_NEVER && now_us < a->ends_us;
}

static void commitment_write(struct call *c, const struct account *a)
{
    struct json *out = call_out(c, "MinimumThroughputBillingCommitment", JSON_IS_OBJECT);
    bool on = is_committed(a, c->now_us);
    bool ends = a != NULL && a->ends_us != INSTANT_NEVER;
    json_set_str(c->arena, out, "Status",
                 !on    ? STR("DISABLED")
                 : ends ? STR("ENABLED_UNTIL_EARLIEST_ALLOWED_END")
                        : STR("ENABLED"));
    if (a == NULL) {
        return;
    }
    json_set_i64(c->arena, out, "StartedAt", a->started_us);
    if (on) {
        json_set_i64(c->arena, out, "EarliestAllowedEndAt", a->started_us + KINESIS_COMMITMENT_US);
    } else {
        json_set_i64(c->arena, out, "EndedAt", a->ends_us);
    }
}

void describe_account_settings(struct call *c)
{
    commitment_write(c, account_of(c, false));
}

/* AWS kinesis-account-settings-1: a commitment holds for 24 hours at least; disabling it earlier
 * sets its end for then, and enabling it again before takes that back. */
void update_account_settings(struct call *c)
{
    bool enable = str_eq(json_str(json_at(c->input, "MinimumThroughputBillingCommitment.Status")),
                         STR("ENABLED"));
    struct account *a = account_of(c, enable);
    if (enable) {
        a->started_us = is_committed(a, c->now_us) ? a->started_us : c->now_us;
        a->ends_us = INSTANT_NEVER;
    } else if (is_committed(a, c->now_us) && a->ends_us == INSTANT_NEVER) {
        int64_t earliest_us = a->started_us + KINESIS_COMMITMENT_US;
        a->ends_us = earliest_us > c->now_us ? earliest_us : c->now_us;
    }
    commitment_write(c, a);
}

/* ---- warm throughput ---- */

int64_t warm_throughput_wanted(struct call *c, bool on_demand)
{
    if (!call_has(c, "WarmThroughputMiBps")) {
        return 0;
    }
    int64_t wanted = call_i64(c, "WarmThroughputMiBps", 0);
    /* AWS kinesis-warm-throughput-2: on-demand streams of accounts with the commitment only, up to
     * 10 GiB a second. */
    if (!on_demand) {
        call_fail(c, AWS_VALIDATION_EXCEPTION,
                  "WarmThroughputMiBps can only be set for streams in On-Demand mode.");
    } else if (!is_committed(account_of(c, false), c->now_us)) {
        call_fail(c, AWS_VALIDATION_EXCEPTION,
                  "WarmThroughputMiBps can only be set for accounts with "
                  "MinimumThroughputBillingCommitment enabled.");
    } else if (wanted > KINESIS_WARM_MIB_PER_S_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "WarmThroughputMiBps %lld exceeds the limit of %d.", (long long)wanted,
                  KINESIS_WARM_MIB_PER_S_MAX);
    }
    return call_failed(c) ? -1 : wanted;
}

static void throughput_write(struct call *c, struct json *object, const struct stream *s)
{
    struct json *warm = json_set(c->arena, object, "WarmThroughput", JSON_IS_OBJECT);
    int64_t now = (int64_t)s->open_count;
    json_set_i64(c->arena, warm, "TargetMiBps", s->warm_mib_per_s > 0 ? s->warm_mib_per_s : now);
    json_set_i64(c->arena, warm, "CurrentMiBps", now);
}

void warm_throughput_write(struct call *c, struct json *object, const struct stream *s)
{
    if (s->on_demand && is_committed(account_of(c, false), c->now_us)) {
        throughput_write(c, object, s);
    }
}

void update_stream_warm_throughput(struct call *c)
{
    struct stream *s =
        kinesis_unsupported(c, "StreamId")
            ? NULL
            : stream_for_change(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    int64_t wanted = s == NULL ? -1 : warm_throughput_wanted(c, s->on_demand);
    if (wanted < 0) {
        return;
    }
    s->warm_mib_per_s = wanted;
    call_out_str(c, "StreamARN", s->resource.arn);
    call_out_str(c, "StreamName", s->name);
    throughput_write(c, c->output, s);
    scaling_on_demand(c->state, s, (size_t)wanted);
    stream_update(c->state, s, c->now_us);
}
