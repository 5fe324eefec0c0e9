#include "aws/kinesis.h"

#include "base/instant.h"
#include "base/limits.h"
#include "kinesis_json.h"

#define SMALL_BODY_BYTES_MAX (64 * KIB)
#define RETENTION_HOURS_MAX 8760
#define SHARDS_MAX 20000 /* no account has more shards in one stream */

enum err kinesis_send(struct aws_client *c, struct kinesis_call *call, struct arena *a,
                      struct str *ret_answer, struct diag *d)
{
    struct aws_call aws = {
        .service = "kinesis", .operation = call->operation, .read_only = call->read_only};
    http_request_init(&aws.request, a, "POST", STR_EMPTY, STR("/"));
    http_headers_add(&aws.request.headers, STR("Content-Type"), STR("application/x-amz-json-1.1"));
    http_headers_add(&aws.request.headers, STR("X-Amz-Target"),
                     str_printf(a, "Kinesis_20131202.%s", call->operation));
    aws.request.body = call->body;
    struct http_response response;
    enum err code = aws_call(c, &aws, a, &response, d);
    call->maybe_applied = aws.maybe_applied;
    if (code == ERR_OK) {
        *ret_answer = response.body;
    }
    return code;
}

enum err kinesis_send_tree(struct aws_client *c, struct kinesis_call *call, struct arena *a,
                           struct json **ret_answer, struct diag *d)
{
    struct str answer;
    TRY(kinesis_send(c, call, a, &answer, d));
    struct diag why = DIAG_INIT;
    if (json_parse(a, answer, ret_answer, &why) != ERR_OK) {
        call->maybe_applied = !call->read_only;
        return fail(d, ERR_UNKNOWN, "kinesis %s: the answer is not JSON: %s", call->operation,
                    why.msg);
    }
    return ERR_OK;
}

/* A body that begins {"key":value; the caller adds more and closes it. */
struct body {
    struct buf text;
    struct json_out json;
};

static void body_begin(struct body *b, struct arena *a, size_t bytes)
{
    buf_init(&b->text, a, SMALL_BODY_BYTES_MAX + 6 * bytes);
    json_out_init(&b->json, &b->text);
    json_out_object(&b->json);
}

static struct str body_end(struct body *b)
{
    json_out_object_end(&b->json);
    return buf_str(&b->text);
}

/* ---- streams and shards ---- */

enum err kinesis_create_stream(struct aws_client *c, struct str stream, int shards, struct arena *a,
                               struct diag *d)
{
    struct body b;
    struct str answer;
    body_begin(&b, a, stream.len);
    json_out_kstr(&b.json, "StreamName", stream);
    json_out_ki64(&b.json, "ShardCount", shards);
    struct kinesis_call call = {.operation = "CreateStream", .body = body_end(&b)};
    return kinesis_send(c, &call, a, &answer, d);
}

enum err kinesis_update_shard_count(struct aws_client *c, struct str stream, int shards,
                                    struct arena *a, struct diag *d)
{
    struct body b;
    struct str answer;
    body_begin(&b, a, stream.len);
    json_out_kstr(&b.json, "StreamName", stream);
    json_out_ki64(&b.json, "TargetShardCount", shards);
    json_out_kstr(&b.json, "ScalingType", STR("UNIFORM_SCALING"));
    struct kinesis_call call = {.operation = "UpdateShardCount", .body = body_end(&b)};
    return kinesis_send(c, &call, a, &answer, d);
}

static enum err stream_summary(struct aws_client *c, struct str stream, struct arena *a,
                               const struct json **ret_summary, struct diag *d)
{
    struct body b;
    struct json *answer;
    body_begin(&b, a, stream.len);
    json_out_kstr(&b.json, "StreamName", stream);
    struct kinesis_call call = {
        .operation = "DescribeStreamSummary", .body = body_end(&b), .read_only = true};
    TRY(kinesis_send_tree(c, &call, a, &answer, d));
    *ret_summary = json_at(answer, "StreamDescriptionSummary");
    return ERR_OK;
}

enum err kinesis_stream_status(struct aws_client *c, struct str stream, struct arena *a,
                               struct str *ret_status, struct diag *d)
{
    const struct json *summary;
    TRY(stream_summary(c, stream, a, &summary, d));
    struct str status = json_str(json_at(summary, "StreamStatus"));
    if (status.len == 0) {
        return fail(d, ERR_CORRUPT,
                    "kinesis DescribeStreamSummary: the answer has no StreamStatus");
    }
    *ret_status = status;
    return ERR_OK;
}

enum err kinesis_retention(struct aws_client *c, struct str stream, struct arena *a,
                           int64_t *ret_us, struct diag *d)
{
    const struct json *summary;
    int64_t hours = 0;
    struct diag why = DIAG_INIT;
    TRY(stream_summary(c, stream, a, &summary, d));
    const struct json *node = json_at(summary, "RetentionPeriodHours");
    if (node == NULL || str_i64(node->text, &hours, &why) != ERR_OK || hours < 1 ||
        hours > RETENTION_HOURS_MAX) {
        return fail(d, ERR_CORRUPT,
                    "kinesis DescribeStreamSummary: the answer has no RetentionPeriodHours");
    }
    *ret_us = hours * US_PER_HOUR;
    return ERR_OK;
}

struct shard_list {
    struct kinesis_shard *items;
    size_t count, cap;
};

static enum err add_shard(struct shard_list *list, const struct json *node, struct arena *a,
                          struct diag *d)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        list->items = arena_grow(a, list->items, list->cap * sizeof(*list->items),
                                 cap * sizeof(*list->items));
        list->cap = cap;
    }
    struct kinesis_shard shard = {
        .id = json_str(json_at(node, "ShardId")),
        .parent_id = json_str(json_at(node, "ParentShardId")),
        .adjacent_parent_id = json_str(json_at(node, "AdjacentParentShardId")),
        .first_sequence_number =
            json_str(json_at(node, "SequenceNumberRange.StartingSequenceNumber"))};
    shard.closed = json_str(json_at(node, "SequenceNumberRange.EndingSequenceNumber")).len > 0;
    if (shard.id.len == 0 || shard.first_sequence_number.len == 0) {
        return fail(d, ERR_CORRUPT,
                    "kinesis ListShards: shard %zu has no id or no first sequence number",
                    list->count);
    }
    if (list->count == SHARDS_MAX) {
        return fail(d, ERR_LIMIT, "kinesis ListShards: over %d shards", SHARDS_MAX);
    }
    list->items[list->count++] = shard;
    return ERR_OK;
}

/* One page: by the stream's name first, by the token alone after it. */
static enum err list_page(struct aws_client *c, struct str stream, struct str token,
                          struct shard_list *list, struct arena *a, struct str *ret_token,
                          struct diag *d)
{
    struct body b;
    struct json *answer;
    body_begin(&b, a, stream.len + token.len);
    /* AWS kinesis-list-shards-token-1: NextToken and StreamName exclude each other */
    json_out_kstr(&b.json, token.len > 0 ? "NextToken" : "StreamName",
                  token.len > 0 ? token : stream);
    struct kinesis_call call = {.operation = "ListShards", .body = body_end(&b), .read_only = true};
    TRY(kinesis_send_tree(c, &call, a, &answer, d));
    const struct json *shards = json_at(answer, "Shards");
    if (!json_is(shards, JSON_IS_ARRAY)) {
        return fail(d, ERR_CORRUPT, "kinesis ListShards: the answer has no Shards");
    }
    for (const struct json *node = shards->first; node != NULL; node = node->next) {
        TRY(add_shard(list, node, a, d));
    }
    *ret_token = json_str(json_at(answer, "NextToken"));
    return ERR_OK;
}

enum err kinesis_list_shards(struct aws_client *c, struct str stream, struct arena *a,
                             struct kinesis_shard **ret_shards, size_t *ret_count, struct diag *d)
{
    struct shard_list list = {.count = 0};
    struct str token = STR_EMPTY;
    do {
        struct str next;
        TRY(list_page(c, stream, token, &list, a, &next, d));
        if (next.len > 0 && str_eq(next, token)) {
            return fail(d, ERR_CORRUPT, "kinesis ListShards: the same NextToken came twice");
        }
        token = next;
    } while (token.len > 0);
    *ret_shards = list.items;
    *ret_count = list.count;
    return ERR_OK;
}

/* ---- streams ---- */

#define STREAMS_MAX 100000

/* One page behind `after` (empty: from the first on). */
static enum err streams_page(struct aws_client *c, struct str after, struct arena *a,
                             const struct json **ret_names, bool *ret_more, struct diag *d)
{
    struct body b;
    struct json *answer;
    body_begin(&b, a, after.len);
    if (after.len > 0) {
        json_out_kstr(&b.json, "ExclusiveStartStreamName", after);
    }
    struct kinesis_call call = {
        .operation = "ListStreams", .body = body_end(&b), .read_only = true};
    TRY(kinesis_send_tree(c, &call, a, &answer, d));
    *ret_names = json_at(answer, "StreamNames");
    *ret_more = json_bool(json_at(answer, "HasMoreStreams"), false);
    return json_is(*ret_names, JSON_IS_ARRAY)
               ? ERR_OK
               : fail(d, ERR_CORRUPT, "kinesis ListStreams: the answer has no StreamNames");
}

enum err kinesis_list_streams(struct aws_client *c, struct arena *a, struct str **ret_streams,
                              size_t *ret_count, struct diag *d)
{
    struct str *streams = NULL;
    size_t count = 0, cap = 0;
    bool more = true;
    while (more) {
        const struct json *names;
        TRY(streams_page(c, count == 0 ? STR_EMPTY : streams[count - 1], a, &names, &more, d));
        if (names->count > STREAMS_MAX - count || (more && names->count == 0)) {
            return fail(d, ERR_LIMIT, "kinesis ListStreams: over %d streams, or none and more",
                        STREAMS_MAX);
        }
        streams = arena_grow(a, streams, cap * sizeof(*streams),
                             (count + names->count) * sizeof(*streams));
        cap = count + names->count;
        for (const struct json *name = names->first; name != NULL; name = name->next) {
            streams[count++] = str_copy(a, json_str(name));
        }
    }
    *ret_streams = streams;
    *ret_count = count;
    return ERR_OK;
}

/* ---- iterators ---- */

static const char *position_name(enum kinesis_position position)
{
    switch (position) {
    case KINESIS_TRIM_HORIZON:
        return "TRIM_HORIZON";
    case KINESIS_LATEST:
        return "LATEST";
    case KINESIS_AT_SEQUENCE:
        return "AT_SEQUENCE_NUMBER";
    case KINESIS_AFTER_SEQUENCE:
        return "AFTER_SEQUENCE_NUMBER";
    case KINESIS_AT_TIMESTAMP:
        return "AT_TIMESTAMP";
    }
    ASSERT(position <= KINESIS_AT_TIMESTAMP);
    return "";
}

/* Seconds with milliseconds, rounded down, so that nothing at that moment is missed. */
static struct str epoch_seconds(struct arena *a, int64_t at_us)
{
    int64_t ms = instant_floor(at_us, US_PER_MS) / US_PER_MS;
    int64_t second = instant_floor(at_us, US_PER_S) / US_PER_S;
    if (second < 0) {
        return STR("0"); /* nothing arrived before 1970 */
    }
    return str_printf(a, "%lld.%03lld", (long long)second, (long long)(ms - second * 1000));
}

enum err kinesis_iterator(struct aws_client *c, struct str stream, struct str shard_id,
                          enum kinesis_position position, struct str sequence, int64_t at_us,
                          struct arena *a, struct str *ret_iterator, struct diag *d)
{
    struct body b;
    struct json *answer;
    body_begin(&b, a, stream.len + shard_id.len + sequence.len);
    json_out_kstr(&b.json, "StreamName", stream);
    json_out_kstr(&b.json, "ShardId", shard_id);
    json_out_kstr(&b.json, "ShardIteratorType", str_of(position_name(position)));
    if (position == KINESIS_AT_SEQUENCE || position == KINESIS_AFTER_SEQUENCE) {
        json_out_kstr(&b.json, "StartingSequenceNumber", sequence);
    } else if (position == KINESIS_AT_TIMESTAMP) {
        json_out_key(&b.json, "Timestamp");
        json_out_raw(&b.json, epoch_seconds(a, at_us));
    }
    struct kinesis_call call = {
        .operation = "GetShardIterator", .body = body_end(&b), .read_only = true};
    TRY(kinesis_send_tree(c, &call, a, &answer, d));
    struct str iterator = json_str(json_at(answer, "ShardIterator"));
    if (iterator.len == 0) {
        return fail(d, ERR_CORRUPT, "kinesis GetShardIterator: the answer has no ShardIterator");
    }
    *ret_iterator = iterator;
    return ERR_OK;
}
