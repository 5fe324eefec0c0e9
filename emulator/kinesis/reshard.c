/* SplitShard, MergeShards and UpdateShardCount: they check, note the steps, and make the stream
 * UPDATING; the shards change when that ends (stream_shards.c). */
#include "kinesis_call.h"
#include "scaling.h"

/* AWS kinesis-reshard-3: on-demand streams are not resharded by hand. AWS kinesis-reshard-4: what
 * `members` name is read before the stream is looked for. */
static struct stream *reshard_stream(struct call *c, const char *const *members, size_t count)
{
    struct stream_name n;
    uint32_t unused;
    if (kinesis_unsupported(c, "StreamId") ||
        !stream_named(c, call_str(c, "StreamName"), call_str(c, "StreamARN"), &n)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (!shard_number_of(c, call_str(c, members[i]), &n, &unused)) {
            return NULL;
        }
    }
    struct stream *s = stream_for_change(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL && s->on_demand) {
        call_fail(c, AWS_VALIDATION_EXCEPTION,
                  "Request is invalid. Stream %.*s under account %.*s is in On-Demand mode.",
                  STR_ARG(s->name), STR_ARG(s->account));
        return NULL;
    }
    return s;
}

/* The open shard that a member names; NULL: refused. */
static struct shard *reshard_shard(struct call *c, const struct stream *s, const char *member)
{
    struct stream_name n = {.account = s->account, .region = s->region, .name = s->name};
    struct str id = call_str(c, member);
    uint32_t number;
    if (!shard_number_of(c, id, &n, &number)) {
        return NULL;
    }
    if (number >= s->shard_count ||
        shard_is_expired(s->shards[number], s->retention_us, c->now_us)) {
        call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION,
                  "Could not find shard shardId-%012u in stream %.*s under account %.*s.", number,
                  STR_ARG(s->name), STR_ARG(s->account));
        return NULL;
    }
    if (!shard_is_open(s->shards[number])) {
        call_fail(
            c, AWS_INVALID_ARGUMENT_EXCEPTION,
            "Shard %s in stream %.*s under account %.*s has already been merged or split, and "
            "thus is not eligible for merging or splitting.",
            s->shards[number]->id, STR_ARG(s->name), STR_ARG(s->account));
        return NULL;
    }
    return s->shards[number];
}

/* Whether `more` open shards pass the account's limit, or `made` new ones our own. */
static bool shards_are_refused(struct call *c, const struct stream *s, int64_t more, size_t made)
{
    struct stream_usage usage = stream_usage(c->state, s->account, s->region, c->now_us);
    if ((int64_t)usage.open_shards + more > KINESIS_SHARDS_MAX) {
        kinesis_refuse_shards(c, usage.open_shards, more);
        return true;
    }
    if (s->shard_count + made > STREAM_SHARDS_EVER_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "aforo keeps at most %d shards of a stream, open and closed.",
                  STREAM_SHARDS_EVER_MAX);
        return true;
    }
    return false;
}

/* AWS kinesis-split-shard-1: both children hold at least two hash keys but the last may hold one:
 * the new key lies above the shard's first one plus one and below its last. */
static bool split_key_read(struct call *c, const struct stream *s, const struct shard *shard,
                           struct hash_key *ret_key)
{
    struct str text = call_str(c, "NewStartingHashKey");
    struct hash_key low = shard->first_key;
    bool fits = hash_key_parse(text, ret_key) == HASH_KEY_OK &&
                hash_key_cmp(low, shard->last_key) < 0 &&
                hash_key_cmp(*ret_key, hash_key_after(low)) > 0 &&
                hash_key_cmp(*ret_key, shard->last_key) < 0;
    if (!fits) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "NewStartingHashKey %.*s used in SplitShard() on shard %s in stream %.*s under "
                  "account %.*s is not both greater than one plus the shard's StartingHashKey %.*s "
                  "and less than the shard's EndingHashKey %.*s.",
                  STR_ARG(text), shard->id, STR_ARG(s->name), STR_ARG(s->account),
                  STR_ARG(hash_key_text(c->arena, low)),
                  STR_ARG(hash_key_text(c->arena, shard->last_key)));
    }
    return fits;
}

void split_shard(struct call *c)
{
    static const char *const members[] = {"ShardToSplit"};
    struct stream *s = reshard_stream(c, members, 1);
    struct shard *shard = s == NULL ? NULL : reshard_shard(c, s, "ShardToSplit");
    struct hash_key at;
    if (shard == NULL || shards_are_refused(c, s, 1, 2) || !split_key_read(c, s, shard, &at)) {
        return;
    }
    stream_step_add(c->state, s, (struct reshard_step){shard->number, SHARD_NONE, at});
    stream_update(c->state, s, c->now_us);
}

static bool follows(const struct shard *low, const struct shard *high)
{
    return hash_key_cmp(low->last_key, high->first_key) < 0 &&
           hash_key_cmp(hash_key_after(low->last_key), high->first_key) == 0;
}

/* AWS kinesis-merge-shards-1: the two ranges form one without a gap, the adjacent shard's above. */
void merge_shards(struct call *c)
{
    static const char *const members[] = {"ShardToMerge", "AdjacentShardToMerge"};
    struct stream *s = reshard_stream(c, members, 2);
    struct shard *one = s == NULL ? NULL : reshard_shard(c, s, "ShardToMerge");
    struct shard *other = one == NULL ? NULL : reshard_shard(c, s, "AdjacentShardToMerge");
    if (other == NULL || shards_are_refused(c, s, -1, 1)) {
        return;
    }
    if (!follows(one, other)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Shards %s and %s in stream %.*s under account %.*s are not an adjacent pair of "
                  "shards eligible for merging",
                  one->id, other->id, STR_ARG(s->name), STR_ARG(s->account));
        return;
    }
    stream_step_add(c->state, s, (struct reshard_step){one->number, other->number, HASH_KEY_MAX});
    stream_update(c->state, s, c->now_us);
}

/* ---- UpdateShardCount ---- */

/* AWS kinesis-update-shard-count-2: at most double, at least half, up to 10000, ten times in 24
 * hours. */
static bool scaling_is_refused(struct call *c, const struct stream *s, size_t target)
{
    size_t now = s->open_count;
    if (target > KINESIS_STREAM_SHARDS_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "Target shard count or number of open shards cannot be greater than %d. Current "
                  "open shard count: %zu, Target shard count: %zu",
                  KINESIS_STREAM_SHARDS_MAX, now, target);
        return true;
    }
    if (target > 2 * now || 2 * target < now) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "UpdateShardCount cannot scale %s your current open shard count. Current open "
                  "shard count: %zu, Target shard count: %zu",
                  target > now ? "up over double" : "down below half", now, target);
        return true;
    }
    int64_t oldest_us = s->scaled_us[s->scaled_count % KINESIS_SCALINGS_MAX];
    if (kinesis_limited(c) && s->scaled_count >= KINESIS_SCALINGS_MAX &&
        c->now_us - oldest_us < US_PER_DAY) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION,
                  "UpdateShardCount can be called at most %d times in 24 hours for stream %.*s "
                  "under account %.*s.",
                  KINESIS_SCALINGS_MAX, STR_ARG(s->name), STR_ARG(s->account));
        return true;
    }
    return false;
}

void update_shard_count(struct call *c)
{
    struct stream *s = reshard_stream(c, NULL, 0);
    size_t target = (size_t)call_i64(c, "TargetShardCount", 1);
    if (s == NULL || scaling_is_refused(c, s, target)) {
        return;
    }
    size_t made = scaling_plan(c->state, s, target);
    if (shards_are_refused(c, s, (int64_t)target - (int64_t)s->open_count, made)) {
        s->step_count = 0;
        return;
    }
    call_out_str(c, "StreamName", s->name);
    call_out_i64(c, "CurrentShardCount", (int64_t)s->open_count);
    call_out_i64(c, "TargetShardCount", (int64_t)target);
    call_out_str(c, "StreamARN", s->resource.arn);
    s->scaled_us[s->scaled_count++ % KINESIS_SCALINGS_MAX] = c->now_us;
    stream_update(c->state, s, c->now_us);
}
