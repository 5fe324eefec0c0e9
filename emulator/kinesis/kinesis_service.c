#include "kinesis_service.h"

#include <assert.h>

#include "kinesis_call.h"
#include "kinesis_model.h"
#include "kinesis_state.h"
#include "put_effect.h"

/* ---- what a call is about, for fault selectors and the ledger ---- */

static void attribute_add(struct fault_call *d, struct str name, struct str value)
{
    if (value.len > 0 && d->attribute_count < FAULT_WHERE_MAX) {
        d->attributes[d->attribute_count++] = (struct fault_where){.name = name, .pattern = value};
    }
}

static struct str arn_name(struct str arn)
{
    struct str name, rest;
    size_t at = str_find(arn, '/'); /* a consumer's ARN goes on behind the stream's name */
    if (at == STR_NONE) {
        return STR_EMPTY;
    }
    return str_split(str_from(arn, at + 1), '/', &name, &rest) ? name : str_from(arn, at + 1);
}

static void describe_iterator(const struct call *c, struct fault_call *d)
{
    struct position_token token;
    if (!token_parse(get_records_iterator(c), TOKEN_ITERATOR, kinesis_seed(c), c->arena, &token)) {
        return;
    }
    size_t at = str_find_last(token.key, '/');
    attribute_add(d, STR("stream"), str_from(token.key, at + 1));
    attribute_add(d, STR("shard"), str_printf(c->arena, "shardId-%012u", token.shard));
}

static void describe(const struct call *c, struct fault_call *d)
{
    if (c->input != NULL) {
        struct str name = call_str(c, "StreamName");
        static const char *const arns[] = {"StreamARN", "ConsumerARN", "ResourceARN"};
        for (size_t i = 0; name.len == 0 && i < sizeof(arns) / sizeof(arns[0]); i++) {
            name = arn_name(call_str(c, arns[i]));
        }
        attribute_add(d, STR("stream"), name);
        attribute_add(d, STR("shard"), call_str(c, "ShardId"));
        return;
    }
    if (c->prepared == NULL) { /* refused as it was read */
        return;
    }
    if (c->op->name[0] == 'G') { /* GetRecords: the others put */
        describe_iterator(c, d);
        return;
    }
    struct str name = put_stream_name(c);
    attribute_add(d, STR("stream"), str_find(name, '/') == STR_NONE ? name : arn_name(name));
}

/* ---- the table ---- */

static const struct operation_handler handlers[] = {
    {.name = "AddTagsToStream", .handle = add_tags_to_stream},
    {.name = "CreateStream", .handle = create_stream},
    {.name = "DecreaseStreamRetentionPeriod", .handle = decrease_retention},
    {.name = "DeleteResourcePolicy", .handle = delete_resource_policy},
    {.name = "DeleteStream", .handle = delete_stream},
    {.name = "DeregisterStreamConsumer", .handle = deregister_stream_consumer},
    {.name = "DescribeAccountSettings", .handle = describe_account_settings},
    {.name = "DescribeLimits", .handle = describe_limits},
    {.name = "DescribeStream", .handle = describe_stream},
    {.name = "DescribeStreamConsumer", .handle = describe_stream_consumer},
    {.name = "DescribeStreamSummary", .handle = describe_stream_summary},
    {.name = "DisableEnhancedMonitoring", .handle = disable_enhanced_monitoring},
    {.name = "EnableEnhancedMonitoring", .handle = enable_enhanced_monitoring},
    {.name = "GetRecords",
     .handle = get_records,
     .raw = true,
     .prepare = get_records_prepare,
     .render = get_records_render},
    {.name = "GetResourcePolicy", .handle = get_resource_policy},
    {.name = "GetShardIterator", .handle = get_shard_iterator},
    {.name = "IncreaseStreamRetentionPeriod", .handle = increase_retention},
    {.name = "ListShards", .handle = list_shards},
    {.name = "ListStreamConsumers", .handle = list_stream_consumers},
    {.name = "ListStreams", .handle = list_streams},
    {.name = "ListTagsForResource", .handle = list_tags_for_resource},
    {.name = "ListTagsForStream", .handle = list_tags_for_stream},
    {.name = "MergeShards", .handle = merge_shards},
    {.name = "PutRecord", .handle = put_record, .raw = true, .prepare = put_record_prepare},
    {.name = "PutRecords", .handle = put_records, .raw = true, .prepare = put_records_prepare},
    {.name = "PutResourcePolicy", .handle = put_resource_policy},
    {.name = "RegisterStreamConsumer", .handle = register_stream_consumer},
    {.name = "RemoveTagsFromStream", .handle = remove_tags_from_stream},
    {.name = "SplitShard", .handle = split_shard},
    {.name = "StartStreamEncryption", .handle = start_stream_encryption},
    {.name = "StopStreamEncryption", .handle = stop_stream_encryption},
    {.name = "SubscribeToShard", .handle = subscribe_to_shard},
    {.name = "TagResource", .handle = tag_resource},
    {.name = "UntagResource", .handle = untag_resource},
    {.name = "UpdateAccountSettings", .handle = update_account_settings},
    {.name = "UpdateMaxRecordSize", .handle = update_max_record_size},
    {.name = "UpdateShardCount", .handle = update_shard_count},
    {.name = "UpdateStreamMode", .handle = update_stream_mode},
    {.name = "UpdateStreamWarmThroughput", .handle = update_stream_warm_throughput},
};

const struct emulator_service kinesis_service = {
    .model = &kinesis_model,
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(handlers[0]),
    .state_new = kinesis_store_new,
    .redo = put_effect_redo,
    .state_done = kinesis_store_done,
    .describe = describe,
};

/* ---- readers ---- */

/* A cursor is stream (16 bits), shard (15), place (33) of the last record returned. */
enum { CURSOR_SHARD_BITS = 15, CURSOR_PLACE_BITS = 33 };
static_assert(STREAM_SHARDS_EVER_MAX < 1 << CURSOR_SHARD_BITS, "a shard's number fits");
static_assert(STREAMS_EVER_MAX < 1 << 16, "a stream's number fits");

static uint64_t cursor_of(uint64_t uid, uint64_t shard, uint64_t place)
{
    return uid << (CURSOR_SHARD_BITS + CURSOR_PLACE_BITS) | shard << CURSOR_PLACE_BITS | place;
}

static struct str id_of(const struct stream *s, uint32_t number)
{
    return number == SHARD_NONE ? STR_EMPTY : shard_id(s->shards[number]);
}

bool kinesis_stream_next(const void *state, uint64_t *cursor, int64_t now_us,
                         struct kinesis_stream *ret_stream)
{
    const struct kinesis_store *k = state;
    while (*cursor < k->count) {
        const struct stream *s = k->all[(*cursor)++];
        if (s != NULL && stream_is_usable(s, now_us)) {
            *ret_stream = (struct kinesis_stream){s->account, s->region, s->name};
            return true;
        }
    }
    return false;
}

bool kinesis_record_next(const void *state, uint64_t *cursor, struct kinesis_record *ret_record)
{
    const struct kinesis_store *k = state;
    uint64_t place = (*cursor & ((UINT64_C(1) << CURSOR_PLACE_BITS) - 1)) + 1;
    size_t shard = *cursor >> CURSOR_PLACE_BITS & ((1u << CURSOR_SHARD_BITS) - 1);
    for (size_t uid = *cursor >> (CURSOR_SHARD_BITS + CURSOR_PLACE_BITS); uid < k->count;
         uid++, shard = 0, place = 1) {
        const struct stream *s = k->all[uid];
        for (; s != NULL && shard < s->shard_count; shard++, place = 1) {
            const struct shard *from = s->shards[shard];
            place = place < shard_oldest_place(from) ? shard_oldest_place(from) : place;
            if (place >= from->next_place) {
                continue;
            }
            struct shard_record r = shard_record_at(from, place);
            *ret_record =
                (struct kinesis_record){.stream = s->name,
                                        .shard_id = shard_id(from),
                                        .parent_id = id_of(s, from->parent),
                                        .adjacent_parent_id = id_of(s, from->adjacent_parent),
                                        .sequence_number = r.sequence_number,
                                        .partition_key = r.partition_key,
                                        .data = r.data,
                                        .arrived_us = r.arrived_ms * US_PER_MS};
            *cursor = cursor_of(uid, shard, place);
            return true;
        }
    }
    return false;
}
