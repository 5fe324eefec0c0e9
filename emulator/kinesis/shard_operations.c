/* The operations on shards that go by the decoded tree: ListShards and GetShardIterator. */
#include "kinesis_call.h"
#include "start_position.h"

static void range_write(struct call *c, struct json *object, const struct shard *s)
{
    struct json *keys = json_set(c->arena, object, "HashKeyRange", JSON_IS_OBJECT);
    json_set_str(c->arena, keys, "StartingHashKey", hash_key_text(c->arena, s->first_key));
    json_set_str(c->arena, keys, "EndingHashKey", hash_key_text(c->arena, s->last_key));
}

static struct str shard_id_text(struct arena *a, uint32_t number)
{
    return str_printf(a, "shardId-%012u", number);
}

void shard_write(struct call *c, struct json *object, const struct shard *s)
{
    struct arena *a = c->arena;
    json_set_str(a, object, "ShardId", shard_id(s));
    if (s->parent != SHARD_NONE) {
        json_set_str(a, object, "ParentShardId", shard_id_text(a, s->parent));
    }
    if (s->adjacent_parent != SHARD_NONE) {
        json_set_str(a, object, "AdjacentParentShardId", shard_id_text(a, s->adjacent_parent));
    }
    range_write(c, object, s);
    struct json *numbers = json_set(a, object, "SequenceNumberRange", JSON_IS_OBJECT);
    json_set_str(a, numbers, "StartingSequenceNumber", shard_starting_number(s, a));
    if (!shard_is_open(s)) {
        json_set_str(a, numbers, "EndingSequenceNumber", shard_ending_number(s, a));
    }
}

/* ---- ListShards ---- */

enum shard_filter {
    FILTER_NONE,
    FILTER_AFTER_SHARD_ID,
    FILTER_AT_TRIM_HORIZON,
    FILTER_FROM_TRIM_HORIZON,
    FILTER_AT_LATEST,
    FILTER_AT_TIMESTAMP,
    FILTER_FROM_TIMESTAMP,
    FILTER_COUNT
};
static const char *const filter_names[FILTER_COUNT] = {
    "",          "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
    "AT_LATEST", "AT_TIMESTAMP",   "FROM_TIMESTAMP"};

/* Which shards a listing shows, and after which one it goes on. */
struct shard_listing {
    struct stream *stream;
    enum shard_filter filter;
    int64_t filter_us;
    size_t from; /* number of the first shard to look at */
};

static enum shard_filter filter_of(struct str name)
{
    enum shard_filter filter = FILTER_COUNT;
    while (filter > FILTER_NONE && !str_eq(name, str_of(filter_names[filter - 1]))) {
        filter--;
    }
    return filter == FILTER_NONE ? FILTER_NONE : filter - 1;
}

/* AWS kinesis-list-shards-1: AT_* shows the shards that were open at that time, FROM_* those and
 * all later ones. */
static bool listing_shows(const struct shard_listing *l, const struct shard *s, int64_t now_us)
{
    int64_t horizon_us = now_us - l->stream->retention_us;
    switch (l->filter) {
    case FILTER_AT_LATEST:
        return shard_is_open(s);
    case FILTER_AT_TRIM_HORIZON:
        /* a stream younger than its retention begins at its creation */
        if (horizon_us < l->stream->created_us) {
            horizon_us = l->stream->created_us;
        }
        return s->created_us <= horizon_us && s->closed_us > horizon_us;
    case FILTER_AT_TIMESTAMP:
        return s->created_us <= l->filter_us && s->closed_us > l->filter_us;
    case FILTER_FROM_TIMESTAMP:
        return s->closed_us > l->filter_us;
    case FILTER_NONE:
    case FILTER_AFTER_SHARD_ID:
    case FILTER_FROM_TRIM_HORIZON:
    case FILTER_COUNT:
        break;
    }
    return s->closed_us > horizon_us;
}

static size_t shards_until(const struct stream *s, struct str id)
{
    size_t i = 0;
    while (i < s->shard_count && str_cmp(shard_id(s->shards[i]), id) <= 0) {
        i++;
    }
    return i;
}

/* Reads ShardFilter; false: refused. */
static bool listing_filter(struct call *c, struct shard_listing *l)
{
    const struct json *filter = json_get(c->input, STR("ShardFilter"));
    if (filter == NULL) {
        return true;
    }
    struct str id = json_str(json_get(filter, STR("ShardId")));
    struct str at = json_str(json_get(filter, STR("Timestamp")));
    struct diag d = DIAG_INIT;
    l->filter = filter_of(json_str(json_get(filter, STR("Type"))));
    bool wants_id = l->filter == FILTER_AFTER_SHARD_ID;
    bool wants_time = l->filter == FILTER_AT_TIMESTAMP || l->filter == FILTER_FROM_TIMESTAMP;
    if (wants_id != (id.len > 0) || wants_time != (at.len > 0) ||
        (wants_time && str_i64(at, &l->filter_us, &d) != ERR_OK)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "ShardFilter of type %s takes %s.",
                  filter_names[l->filter],
                  wants_id     ? "a ShardId and no Timestamp"
                  : wants_time ? "a Timestamp and no ShardId"
                               : "neither ShardId nor Timestamp");
        return false;
    }
    if (wants_time && l->filter_us > c->now_us) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "The Timestamp of ShardFilter must not be in the future.");
        return false;
    }
    if (wants_id) {
        l->from = shards_until(l->stream, id);
    }
    return true;
}

static bool listing_from_token(struct call *c, struct shard_listing *l)
{
    struct position_token token;
    if (call_has(c, "StreamName") || call_has(c, "StreamCreationTimestamp") ||
        call_has(c, "ExclusiveStartShardId")) {
        const char *other = call_has(c, "StreamName")                ? "StreamName"
                            : call_has(c, "StreamCreationTimestamp") ? "StreamCreationTimestamp"
                                                                     : "ExclusiveStartShardId";
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "NextToken and %s cannot be provided together.", other);
        return false;
    }
    if (!token_parse(call_str(c, "NextToken"), TOKEN_SHARDS, kinesis_seed(c), c->arena, &token)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "NextToken is invalid.");
        return false;
    }
    if (c->now_us - token.made_us > KINESIS_ITERATOR_TTL_US) {
        call_fail(c, AWS_EXPIRED_NEXT_TOKEN_EXCEPTION, "NextToken has expired.");
        return false;
    }
    l->stream = stream_find_key(c->state, token.key, c->now_us);
    if (l->stream == NULL || l->stream->uid != token.uid) {
        call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION,
                  "The stream of NextToken does not exist any more.");
        return false;
    }
    l->filter = (enum shard_filter)token.filter;
    l->filter_us = token.filter_us;
    l->from = (size_t)token.shard + 1;
    return true;
}

static bool listing_begin(struct call *c, struct shard_listing *l)
{
    if (call_has(c, "NextToken")) {
        return listing_from_token(c, l);
    }
    if (kinesis_unsupported(c, "StreamId")) {
        return false;
    }
    l->stream = stream_for_reading(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (l->stream == NULL) {
        return false;
    }
    int64_t created_us = call_i64(c, "StreamCreationTimestamp", l->stream->created_us);
    if (created_us / US_PER_S != l->stream->created_us / US_PER_S) {
        stream_refuse_missing(c, l->stream->account, l->stream->name);
        return false;
    }
    l->from = shards_until(l->stream, call_str(c, "ExclusiveStartShardId"));
    return listing_filter(c, l);
}

void list_shards(struct call *c)
{
    struct shard_listing l = {0};
    if (!listing_begin(c, &l)) {
        return;
    }
    stream_trim(l.stream, c->now_us);
    int64_t limit = call_i64(c, "MaxResults", KINESIS_PAGE_SHARDS);
    struct json *shards = call_out(c, "Shards", JSON_IS_ARRAY);
    struct position_token token = {.kind = TOKEN_SHARDS,
                                   .made_us = c->now_us,
                                   .uid = l.stream->uid,
                                   .filter = (uint8_t)l.filter,
                                   .filter_us = l.filter_us,
                                   .key = l.stream->key};
    for (size_t i = l.from; i < l.stream->shard_count; i++) {
        const struct shard *s = l.stream->shards[i];
        if (!listing_shows(&l, s, c->now_us)) {
            continue;
        }
        if ((int64_t)shards->count == limit) {
            call_out_str(c, "NextToken", token_text(&token, kinesis_seed(c), c->arena));
            return;
        }
        shard_write(c, json_add(shards, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT)), s);
        token.shard = s->number;
    }
}

/* ---- GetShardIterator ---- */

/* AWS kinesis-shard-id-1: what stands behind the first hyphen, as a number, is the shard:
 * "shardId-0" is shardId-000000000000. */
static bool shard_number_read(struct str id, uint32_t *ret_number)
{
    struct diag d = DIAG_INIT;
    size_t hyphen = str_find(id, '-');
    uint64_t number;
    struct str digits = hyphen == STR_NONE ? id : str_from(id, hyphen + 1);
    if (str_u64(digits, &number, &d) != ERR_OK || number > INT32_MAX) {
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

bool shard_number_of(struct call *c, struct str id, const struct stream_name *n,
                     uint32_t *ret_number)
{
    if (shard_number_read(id, ret_number)) {
        return true;
    }
    call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION,
              "Could not find shard %.*s in stream %.*s under account %.*s.", STR_ARG(id),
              STR_ARG(n->name), STR_ARG(n->account));
    return false;
}

/* The shard that GetShardIterator names, and its stream; NULL: refused. */
static struct shard *shard_named(struct call *c, struct stream **ret_stream)
{
    struct stream_name n;
    uint32_t number;
    if (!stream_named(c, call_str(c, "StreamName"), call_str(c, "StreamARN"), &n) ||
        !shard_number_of(c, call_str(c, "ShardId"), &n, &number)) {
        return NULL;
    }
    struct stream *s = stream_find(c->state, n.account, n.region, n.name, c->now_us);
    if (s == NULL || !stream_is_usable(s, c->now_us) || number >= s->shard_count ||
        shard_is_expired(s->shards[number], s->retention_us, c->now_us)) {
        stream_refuse_shard(c, &n, number);
        return NULL;
    }
    *ret_stream = s;
    return s->shards[number];
}

void get_shard_iterator(struct call *c)
{
    struct stream *stream;
    struct start_position start = {.type = call_str(c, "ShardIteratorType"),
                                   .number = call_str(c, "StartingSequenceNumber"),
                                   .has_number = call_has(c, "StartingSequenceNumber"),
                                   .has_time = call_has(c, "Timestamp"),
                                   .at_us = call_i64(c, "Timestamp", 0)};
    if (kinesis_unsupported(c, "StreamId") || !start_number_fits(c, &start)) {
        return;
    }
    struct shard *s = shard_named(c, &stream);
    if (s == NULL) {
        return;
    }
    shard_trim(s, stream->retention_us, c->now_us);
    uint64_t place = start_place(c, &start, stream, s);
    if (place == 0) {
        return;
    }
    struct position_token token = {.kind = TOKEN_ITERATOR,
                                   .made_us = c->now_us,
                                   .uid = stream->uid,
                                   .shard = s->number,
                                   .place = place,
                                   .key = stream->key};
    call_out_str(c, "ShardIterator", token_text(&token, kinesis_seed(c), c->arena));
}
