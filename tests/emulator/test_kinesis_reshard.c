/* SplitShard, MergeShards, UpdateShardCount, and what KCL relies on where a shard ends. */
#include <stdio.h>
#include <string.h>
#include <criterion/criterion.h>
#include "kinesis_bench.h"

static void settle(struct bench *b)
{
    b->now_us = emulator_next_timer(b->e);
    emulator_tick(b->e, b->now_us);
}

static const struct json *get(struct bench *b, struct str iterator, int limit)
{
    cr_assert(bench_call(b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":%d}",
                         STR_ARG(iterator), limit) == 200);
    return json_at(b->out, "Records");
}

/* KCL: "NextShardIterator null <=> ChildShards not empty", and each child names its parents. */
static bool end_is_consistent(const struct bench *b)
{
    bool last = bench_text(b, "NextShardIterator").len == 0;
    const struct json *children = json_at(b->out, "ChildShards");
    bool has = children != NULL && children->count > 0;
    for (const struct json *c = has ? children->first : NULL; c != NULL; c = c->next) {
        if (json_at(c, "ParentShards.0") == NULL || json_at(c, "HashKeyRange") == NULL) {
            return false;
        }
    }
    return last == has;
}

static size_t list(struct bench *b, const char *filter)
{
    cr_assert(bench_call(b, "ListShards", "{\"StreamName\":\"s\",\"ShardFilter\":%s}", filter) ==
              200);
    return json_at(b->out, "Shards")->count;
}

Test(kinesis_reshard, kcl_shard_end_is_a_null_iterator_with_children_after_the_last_record)
{
    /* A split shard is read to its last record with iterators and no children; then there are
     * children and no iterator; their numbers are larger; writes go to them. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str last = STR_EMPTY;
    for (int i = 0; i < 3; i++) {
        last = str_copy(b.arena, bench_put(&b, "s", "k", STR("x")));
    }
    cr_assert(bench_call(&b, "SplitShard",
                         "{\"StreamName\":\"s\",\"ShardToSplit\":\"shardId-000000000000\","
                         "\"NewStartingHashKey\":\"170141183460469231731687303715884105728\"}") ==
              200);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamStatus"), STR("UPDATING")));
    last = str_copy(b.arena, bench_put(&b, "s", "k", STR("while updating")));
    cr_assert(last.len == 56);
    cr_assert(bench_call(&b, "DeleteStream", "{\"StreamName\":\"s\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceInUseException", "instead in state UPDATING"));
    struct str early = str_copy(b.arena, bench_iterator(&b, "s", 0, "LATEST", ""));
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamStatus"), STR("ACTIVE")));
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 2);

    struct str iterator = str_copy(b.arena, bench_iterator(&b, "s", 0, "TRIM_HORIZON", ""));
    for (int i = 0; i < 4; i++) {
        cr_assert(get(&b, iterator, 1)->count == 1);
        cr_assert(end_is_consistent(&b));
        cr_assert((bench_text(&b, "NextShardIterator").len > 0) == (i < 3), "record %d", i);
        iterator = str_copy(b.arena, bench_text(&b, "NextShardIterator"));
    }
    cr_assert(json_at(b.out, "ChildShards")->count == 2);
    cr_assert(
        str_eq(json_str(json_at(b.out, "ChildShards.0.ShardId")), STR("shardId-000000000001")));
    cr_assert(get(&b, early, 10)->count == 0 && end_is_consistent(&b));
    cr_assert(bench_text(&b, "NextShardIterator").len == 0);

    struct str child = bench_put(&b, "s", "k", STR("y"));
    cr_assert(str_cmp(child, last) > 0);
    cr_assert(!str_eq(bench_text(&b, "ShardId"), STR("shardId-000000000000")));
    cr_assert(bench_call(&b, "DescribeStream", "{\"StreamName\":\"s\"}") == 200);
    struct str end = json_str(
        json_at(b.out, "StreamDescription.Shards.0.SequenceNumberRange.EndingSequenceNumber"));
    struct str begin = json_str(
        json_at(b.out, "StreamDescription.Shards.1.SequenceNumberRange.StartingSequenceNumber"));
    cr_assert(str_cmp(last, end) < 0 && str_cmp(end, begin) < 0);
    bench_done(&b);
}

Test(kinesis_reshard, kcl_merged_child_names_both_parents_and_filters_cover_the_hash_range)
{
    /* A merge child lists both parents; ListShards shows what KCL's lease sync asks for; closed
     * shards vanish with their records. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    int64_t before_s = b.now_us / US_PER_S;
    b.now_us += 10 * US_PER_S;
    cr_assert(bench_call(&b, "MergeShards",
                         "{\"StreamName\":\"s\",\"ShardToMerge\":\"shardId-000000000000\","
                         "\"AdjacentShardToMerge\":\"shardId-000000000001\"}") == 200);
    settle(&b);
    for (unsigned shard = 0; shard < 2; shard++) {
        cr_assert(get(&b, bench_iterator(&b, "s", shard, "TRIM_HORIZON", ""), 1)->count == 0);
        cr_assert(end_is_consistent(&b));
        cr_assert(json_at(b.out, "ChildShards")->count == 1);
        cr_assert(json_at(b.out, "ChildShards.0.ParentShards")->count == 2);
        cr_assert(str_eq(json_str(json_at(b.out, "ChildShards.0.HashKeyRange.EndingHashKey")),
                         STR("340282366920938463463374607431768211455")));
    }
    cr_assert(list(&b, "{\"Type\":\"AT_LATEST\"}") == 1);
    cr_assert(str_eq(json_str(json_at(b.out, "Shards.0.AdjacentParentShardId")),
                     STR("shardId-000000000001")));
    cr_assert(list(&b, "{\"Type\":\"AT_TRIM_HORIZON\"}") == 2);
    cr_assert(list(&b, "{\"Type\":\"FROM_TRIM_HORIZON\"}") == 3);
    char filter[96];
    snprintf(filter, sizeof(filter), "{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":%lld}",
             (long long)before_s + 2);
    cr_assert(list(&b, filter) == 2);
    snprintf(filter, sizeof(filter), "{\"Type\":\"FROM_TIMESTAMP\",\"Timestamp\":%lld}",
             (long long)before_s + 2);
    cr_assert(list(&b, filter) == 3);
    b.now_us += 25 * US_PER_HOUR;
    cr_assert(list(&b, "{\"Type\":\"FROM_TRIM_HORIZON\"}") == 1);
    cr_assert(list(&b, "{\"Type\":\"AT_TRIM_HORIZON\"}") == 1);
    cr_assert(bench_call(&b, "DescribeStream", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(json_at(b.out, "StreamDescription.Shards")->count == 1);
    cr_assert(bench_iterator(&b, "s", 0, "LATEST", "").len == 0);
    cr_assert(bench_refused(&b, "ResourceNotFoundException", ""));
    bench_done(&b);
}

Test(kinesis_reshard, refuses_in_the_words_of_aws)
{
    /* Each rule of splitting and merging, broken once; nothing changes. */
    static const struct {
        const char *operation, *more, *error, *words;
    } rows[] = {
        {"SplitShard", "\"ShardToSplit\":\"shardId-7\",\"NewStartingHashKey\":\"5\"",
         "ResourceNotFoundException", "Could not find shard shardId-000000000007 in stream s"},
        {"SplitShard", "\"ShardToSplit\":\"x\",\"NewStartingHashKey\":\"5\"",
         "ResourceNotFoundException", "Could not find shard x in stream s"},
        {"SplitShard", "\"ShardToSplit\":\"shardId-000000000000\",\"NewStartingHashKey\":\"1\"",
         "InvalidArgumentException",
         "is not both greater than one plus the shard's StartingHashKey 0"},
        {"SplitShard",
         "\"ShardToSplit\":\"shardId-000000000000\",\"NewStartingHashKey\":"
         "\"113427455640312821154458202477256070484\"",
         "InvalidArgumentException",
         "less than the shard's EndingHashKey 113427455640312821154458202477256070484."},
        {"SplitShard",
         "\"ShardToSplit\":\"shardId-000000000000\",\"NewStartingHashKey\":"
         "\"999999999999999999999999999999999999999\"",
         "InvalidArgumentException", "is not both"},
        {"MergeShards",
         "\"ShardToMerge\":\"shardId-000000000000\",\"AdjacentShardToMerge\":\"shardId-"
         "000000000002\"",
         "InvalidArgumentException", "are not an adjacent pair of shards eligible for merging"},
        {"MergeShards",
         "\"ShardToMerge\":\"shardId-000000000000\",\"AdjacentShardToMerge\":\"shardId-"
         "000000000000\"",
         "InvalidArgumentException", "are not an adjacent pair"},
        {"MergeShards",
         "\"ShardToMerge\":\"shardId-000000000001\",\"AdjacentShardToMerge\":\"shardId-"
         "000000000000\"",
         "InvalidArgumentException", "Shards shardId-000000000001 and shardId-000000000000 in"},
        {"UpdateShardCount", "\"TargetShardCount\":7,\"ScalingType\":\"UNIFORM_SCALING\"",
         "LimitExceededException", "Current open shard count: 3, Target shard count: 7"},
        {"UpdateShardCount", "\"TargetShardCount\":1,\"ScalingType\":\"UNIFORM_SCALING\"",
         "LimitExceededException", "down below half"},
        {"UpdateShardCount", "\"TargetShardCount\":1,\"ScalingType\":\"OTHER\"",
         "ValidationException", "UNIFORM_SCALING"},
    };
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", 3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(bench_call(&b, rows[i].operation, "{\"StreamName\":\"s\",%s}", rows[i].more) ==
                  400);
        cr_expect(bench_refused(&b, rows[i].error, rows[i].words), "%zu %s: %.*s", i,
                  rows[i].operation, STR_ARG(b.response.body));
    }
    cr_assert(emulator_next_timer(b.e) == INSTANT_NEVER);
    cr_assert(bench_call(&b, "SplitShard",
                         "{\"StreamName\":\"s\",\"ShardToSplit\":\"shardId-000000000000\","
                         "\"NewStartingHashKey\":\"2\"}") == 200);
    settle(&b);
    cr_assert(bench_call(&b, "SplitShard",
                         "{\"StreamName\":\"s\",\"ShardToSplit\":\"shardId-000000000000\","
                         "\"NewStartingHashKey\":\"2\"}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "has already been merged or split"));
    cr_assert(
        bench_call(&b, "CreateStream",
                   "{\"StreamName\":\"d\",\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}") ==
        200);
    settle(&b);
    cr_assert(bench_call(&b, "UpdateShardCount",
                         "{\"StreamName\":\"d\",\"TargetShardCount\":8,\"ScalingType\":"
                         "\"UNIFORM_SCALING\"}") == 400);
    cr_assert(bench_refused(&b, "ValidationException", "is in On-Demand mode."));
    bench_done(&b);
}

Test(kinesis_reshard, update_shard_count_makes_equal_ranges)
{
    /* From any count to any allowed one, the open shards divide the hash keys as those of a new
     * stream do; ten times a day. */
    static const int counts[] = {1, 2, 3, 5, 4, 8, 7, 4, 4, 6, 3};
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", counts[0]);
    for (size_t i = 1; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int n = counts[i];
        char fresh[16];
        cr_assert(bench_call(&b, "UpdateShardCount",
                             "{\"StreamName\":\"s\",\"TargetShardCount\":%d,\"ScalingType\":"
                             "\"UNIFORM_SCALING\"}",
                             n) == 200);
        cr_assert(bench_number(&b, "CurrentShardCount") == counts[i - 1]);
        settle(&b);
        snprintf(fresh, sizeof(fresh), "f%zu", i);
        bench_stream(&b, fresh, n);
        cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"%s\"}", fresh) == 200);
        const struct json *want = json_at(b.out, "Shards");
        cr_assert((int)list(&b, "{\"Type\":\"AT_LATEST\"}") == n, "to %d", n);
        const struct json *got = json_at(b.out, "Shards");
        for (const struct json *w = want->first; w != NULL; w = w->next) {
            bool found = false;
            for (const struct json *g = got->first; g != NULL; g = g->next) {
                found = found || (str_eq(json_str(json_at(w, "HashKeyRange.StartingHashKey")),
                                         json_str(json_at(g, "HashKeyRange.StartingHashKey"))) &&
                                  str_eq(json_str(json_at(w, "HashKeyRange.EndingHashKey")),
                                         json_str(json_at(g, "HashKeyRange.EndingHashKey"))));
            }
            cr_expect(found, "to %d", n);
        }
        cr_assert(bench_put(&b, "s", "k", STR("x")).len == 56);
    }
    cr_assert(bench_call(&b, "UpdateShardCount",
                         "{\"StreamName\":\"s\",\"TargetShardCount\":4,\"ScalingType\":"
                         "\"UNIFORM_SCALING\"}") == 400);
    cr_assert(bench_refused(&b, "LimitExceededException", "at most 10 times"));
    b.now_us += US_PER_DAY;
    cr_assert(bench_call(&b, "UpdateShardCount",
                         "{\"StreamName\":\"s\",\"TargetShardCount\":4,\"ScalingType\":"
                         "\"UNIFORM_SCALING\"}") == 200);
    bench_done(&b);
}
