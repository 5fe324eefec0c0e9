#include <stdio.h>
#include <string.h>
#include <criterion/criterion.h>
#include "kinesis_bench.h"

Test(kinesis_stream, is_creating_then_active_then_deleting_then_gone)
{
    /* A stream's status follows the clock, and its timers say when it changes. */
    struct bench b;
    bench_init(&b, false);
    cr_assert(bench_call(&b, "CreateStream", "{\"StreamName\":\"orders\",\"ShardCount\":2}") ==
              200);
    cr_assert(b.response.body.len == 0);
    cr_assert(bench_call(&b, "DescribeStream", "{\"StreamName\":\"orders\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "StreamDescription.StreamStatus"), STR("CREATING")));
    cr_assert(json_at(b.out, "StreamDescription.Shards")->count == 0);
    cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"orders\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceInUseException", "not ACTIVE, instead in state CREATING"));
    cr_assert(bench_put(&b, "orders", "k", STR("x")).len == 0);
    cr_assert(bench_refused(&b, "ResourceNotFoundException",
                            "Stream orders under account 000000000000 not found."));

    int64_t active_us = emulator_next_timer(b.e);
    cr_assert(active_us > b.now_us && active_us < b.now_us + 5 * US_PER_S);
    b.now_us = active_us;
    emulator_tick(b.e, b.now_us);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"orders\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamStatus"), STR("ACTIVE")));
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 2);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.RetentionPeriodHours") == 24);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamCreationTimestamp"),
                     STR("1700000000")));
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamARN"),
                     STR("arn:aws:kinesis:us-east-1:000000000000:stream/orders")));
    cr_assert(json_at(b.out, "StreamDescriptionSummary.EnhancedMonitoring")->first->first->count ==
              0);

    cr_assert(bench_put(&b, "orders", "k", STR("x")).len == 56);
    cr_assert(
        bench_call(&b, "DeleteStream",
                   "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/orders\"}") ==
        200);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"orders\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamStatus"), STR("DELETING")));
    cr_assert(bench_call(&b, "CreateStream", "{\"StreamName\":\"orders\",\"ShardCount\":1}") ==
              400);
    cr_assert(bench_refused(&b, "ResourceInUseException",
                            "Stream orders under account 000000000000 already exists."));
    b.now_us = emulator_next_timer(b.e);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"orders\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException",
                            "Stream orders under account 000000000000 not found."));
    cr_assert(bench_record_count(&b) == 0);
    bench_stream(&b, "orders", 1);
    cr_assert(str_eq(bench_iterator(&b, "nothing", 0, "LATEST", ""), STR_EMPTY));
    bench_done(&b);
}

Test(kinesis_stream, refuses_in_the_words_of_aws)
{
    /* What CreateStream and the others do not take is refused with AWS's error and constraint, and
     * changes nothing. */
    static const struct {
        const char *operation, *body, *error, *words;
    } rows[] = {
        {"CreateStream", "{\"ShardCount\":1}", "ValidationException",
         "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: "
         "Member must not be null"},
        {"CreateStream", "{\"StreamName\":\"a b\",\"ShardCount\":1}", "ValidationException",
         "Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular "
         "expression pattern: "
         "[a-zA-Z0-9_.-]+"},
        {"CreateStream", "{\"StreamName\":\"a\",\"ShardCount\":0}", "ValidationException",
         "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater "
         "than or equal to 1"},
        {"CreateStream", "{\"StreamName\":\"a\"}", "InvalidArgumentException", "ShardCount"},
        {"CreateStream", "{\"StreamName\":\"a\",\"ShardCount\":20001}", "LimitExceededException",
         "This request would exceed the shard limit for the account 000000000000 in us-east-1."},
        {"CreateStream", "{\"StreamName\":\"a\",\"ShardCount\":1,\"WarmThroughputMiBps\":1}",
         "ValidationException", "On-Demand"},
        {"DescribeStream", "{}", "InvalidArgumentException", "StreamName"},
        {"DescribeStream", "{\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/b\"}",
         "ResourceNotFoundException", "Stream b under account 000000000000 not found."},
        {"DescribeStream", "{\"StreamId\":\"abcdefghijklmnopqrst-abc\"}", "NotImplementedException",
         "StreamId"},
        {"DescribeStream",
         "{\"StreamName\":\"a\",\"StreamARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/b\"}",
         "InvalidArgumentException", "different"},
        {"DescribeStream", "{", "SerializationException", ""},
        {"SubscribeToShard", "{}", "ValidationException", "3 validation errors detected"},
        {"NoSuchThing", "{}", "UnknownOperationException", ""},
    };
    struct bench b;
    bench_init(&b, false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = bench_call_body(&b, rows[i].operation, str_of(rows[i].body));
        cr_expect(status == (strcmp(rows[i].error, "NotImplementedException") == 0 ? 501 : 400),
                  "%s %s: %d", rows[i].operation, rows[i].body, status);
        cr_expect(bench_refused(&b, rows[i].error, rows[i].words), "%s %s", rows[i].operation,
                  rows[i].body);
    }
    cr_assert(bench_call(&b, "ListStreams", "{}") == 200);
    cr_assert(json_at(b.out, "StreamNames")->count == 0);
    /* The sixth stream that is being created at one time. */
    for (int i = 0; i < 5; i++) {
        cr_assert(bench_call(&b, "CreateStream", "{\"StreamName\":\"s%d\",\"ShardCount\":1}", i) ==
                  200);
    }
    cr_assert(bench_call(&b, "CreateStream", "{\"StreamName\":\"s5\",\"ShardCount\":1}") == 400);
    cr_assert(bench_refused(&b, "LimitExceededException", ""));
    bench_done(&b);
}

Test(kinesis_stream, divides_the_hash_keys_evenly)
{
    /* Shards cover 0 to 2^128-1 without gap; boundaries are those of 2^128 divided by hand
     * (Python's integers). */
    static const struct {
        int shards;
        unsigned index;
        const char *first, *last;
    } rows[] = {
        {1, 0, "0", "340282366920938463463374607431768211455"},
        {2, 0, "0", "170141183460469231731687303715884105727"},
        {2, 1, "170141183460469231731687303715884105728",
         "340282366920938463463374607431768211455"},
        {3, 0, "0", "113427455640312821154458202477256070484"},
        {3, 1, "113427455640312821154458202477256070485",
         "226854911280625642308916404954512140969"},
        {3, 2, "226854911280625642308916404954512140970",
         "340282366920938463463374607431768211455"},
        {4, 1, "85070591730234615865843651857942052864", "170141183460469231731687303715884105727"},
    };
    struct bench b;
    bench_init(&b, true);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[16];
        snprintf(name, sizeof(name), "s%zu", i);
        bench_stream(&b, name, rows[i].shards);
        cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"%s\"}", name) == 200);
        const struct json *shards = json_at(b.out, "Shards");
        cr_assert((int)shards->count == rows[i].shards);
        const struct json *shard = shards->first;
        for (unsigned n = 0; n < rows[i].index; n++) {
            shard = shard->next;
        }
        cr_expect(str_eq(json_str(json_at(shard, "HashKeyRange.StartingHashKey")),
                         str_of(rows[i].first)));
        cr_expect(
            str_eq(json_str(json_at(shard, "HashKeyRange.EndingHashKey")), str_of(rows[i].last)));
        cr_expect(json_str(json_at(shard, "SequenceNumberRange.StartingSequenceNumber")).len == 56);
        cr_expect(json_at(shard, "SequenceNumberRange.EndingSequenceNumber") == NULL);
    }
    bench_done(&b);
}

Test(kinesis_stream, lists_in_pages_by_account_and_region)
{
    /* ListStreams pages by name, by either cursor, and shows one region only. */
    struct bench b;
    bench_init(&b, true);
    static const char *const names[] = {"b", "a", "d", "c", "e"};
    for (int i = 0; i < 5; i++) {
        bench_stream(&b, names[i], 1);
    }
    b.region = STR("eu-west-1");
    bench_stream(&b, "elsewhere", 1);
    b.region = STR_EMPTY;
    cr_assert(bench_call(&b, "ListStreams", "{\"Limit\":2}") == 200);
    cr_assert(str_eq(json_at(b.out, "StreamNames")->first->text, STR("a")));
    cr_assert(str_eq(json_at(b.out, "StreamNames")->last->text, STR("b")));
    cr_assert(str_eq(json_at(b.out, "StreamSummaries")->last->first->text, STR("b")));
    cr_assert(json_bool(json_at(b.out, "HasMoreStreams"), false));
    struct str token = bench_text(&b, "NextToken");
    cr_assert(bench_call(&b, "ListStreams", "{\"Limit\":2,\"NextToken\":\"%.*s\"}",
                         STR_ARG(token)) == 200);
    cr_assert(str_eq(json_at(b.out, "StreamNames")->first->text, STR("c")));
    cr_assert(bench_call(&b, "ListStreams", "{\"ExclusiveStartStreamName\":\"d\"}") == 200);
    cr_assert(json_at(b.out, "StreamNames")->count == 1);
    cr_assert(!json_bool(json_at(b.out, "HasMoreStreams"), true));
    cr_assert(json_at(b.out, "NextToken") == NULL);
    b.now_us += 300 * US_PER_S + 5 * US_PER_S;
    cr_assert(bench_call(&b, "ListStreams", "{\"NextToken\":\"%.*s\"}", STR_ARG(token)) == 400);
    cr_assert(bench_refused(&b, "ExpiredNextTokenException", ""));
    cr_assert(bench_call(&b, "ListStreams", "{\"NextToken\":\"AAAA\"}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "NextToken"));
    b.region = STR("eu-west-1");
    cr_assert(bench_call(&b, "DescribeLimits", "{}") == 200);
    cr_assert(bench_number(&b, "OpenShardCount") == 1);
    bench_done(&b);
}

Test(kinesis_stream, lists_shards_by_page_and_filter)
{
    /* ListShards pages with a token that excludes a name, and each ShardFilter shows what AWS says.
     */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 5);
    cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"s\",\"MaxResults\":2}") == 200);
    cr_assert(json_at(b.out, "Shards")->count == 2);
    struct str token = bench_text(&b, "NextToken");
    cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"s\",\"NextToken\":\"%.*s\"}",
                         STR_ARG(token)) == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException",
                            "NextToken and StreamName cannot be provided together."));
    cr_assert(bench_call(&b, "ListShards", "{\"NextToken\":\"%.*s\"}", STR_ARG(token)) == 200);
    cr_assert(json_at(b.out, "Shards")->count == 3 && json_at(b.out, "NextToken") == NULL);
    cr_assert(str_eq(json_str(json_get(json_at(b.out, "Shards")->first, STR("ShardId"))),
                     STR("shardId-000000000002")));
    static const struct {
        const char *filter;
        int count; /* -1: refused */
    } rows[] = {
        {"{\"Type\":\"AT_LATEST\"}", 5},
        {"{\"Type\":\"AT_TRIM_HORIZON\"}", 5},
        {"{\"Type\":\"FROM_TRIM_HORIZON\"}", 5},
        {"{\"Type\":\"AFTER_SHARD_ID\",\"ShardId\":\"shardId-000000000001\"}", 3},
        {"{\"Type\":\"AFTER_SHARD_ID\"}", -1},
        {"{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1700000000.5}", 5},
        {"{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1699999999}", 0},
        {"{\"Type\":\"FROM_TIMESTAMP\",\"Timestamp\":1699999999}", 5},
        {"{\"Type\":\"AT_TIMESTAMP\"}", -1},
        {"{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1800000000}", -1},
        {"{\"Type\":\"AT_LATEST\",\"ShardId\":\"shardId-000000000001\"}", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = bench_call(&b, "ListShards", "{\"StreamName\":\"s\",\"ShardFilter\":%s}",
                                rows[i].filter);
        cr_expect(status == (rows[i].count < 0 ? 400 : 200), "%s: %d", rows[i].filter, status);
        if (status == 200) {
            cr_expect((int)json_at(b.out, "Shards")->count == rows[i].count, "%s", rows[i].filter);
        }
    }
    cr_assert(bench_call(&b, "DescribeStream",
                         "{\"StreamName\":\"s\",\"Limit\":3,\"ExclusiveStartShardId\":\"shardId-"
                         "000000000000\"}") == 200);
    cr_assert(json_at(b.out, "StreamDescription.Shards")->count == 3);
    cr_assert(json_bool(json_at(b.out, "StreamDescription.HasMoreShards"), false));
    bench_done(&b);
}

Test(kinesis_stream, keeps_records_for_their_retention)
{
    /* Records expire by the stream's retention; a longer one does not bring back what has expired.
     */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    (void)bench_put(&b, "s", "k", STR("old"));
    b.now_us += 20 * US_PER_HOUR;
    (void)bench_put(&b, "s", "k", STR("new"));
    cr_assert(bench_call(&b, "DecreaseStreamRetentionPeriod",
                         "{\"StreamName\":\"s\",\"RetentionPeriodHours\":23}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "Minimum"));
    cr_assert(bench_call(&b, "IncreaseStreamRetentionPeriod",
                         "{\"StreamName\":\"s\",\"RetentionPeriodHours\":8761}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "Maximum"));
    b.now_us += 5 * US_PER_HOUR;
    struct str iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    cr_assert(json_at(b.out, "Records")->count == 1);
    cr_assert(str_eq(json_str(json_get(json_at(b.out, "Records")->first, STR("Data"))),
                     bench_base64(&b, STR("new"))));
    cr_assert(bench_call(&b, "IncreaseStreamRetentionPeriod",
                         "{\"StreamName\":\"s\",\"RetentionPeriodHours\":48}") == 200);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.RetentionPeriodHours") == 48);
    cr_assert(bench_call(&b, "IncreaseStreamRetentionPeriod",
                         "{\"StreamName\":\"s\",\"RetentionPeriodHours\":24}") == 400);
    iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    cr_assert(json_at(b.out, "Records")->count == 1);
    b.now_us += 40 * US_PER_HOUR;
    iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    cr_assert(json_at(b.out, "Records")->count == 1);
    cr_assert(bench_call(&b, "DecreaseStreamRetentionPeriod",
                         "{\"StreamName\":\"s\",\"RetentionPeriodHours\":24}") == 200);
    iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    cr_assert(json_at(b.out, "Records")->count == 0);
    cr_assert(bench_record_count(&b) == 2, "readers of the state see what has expired");
    bench_done(&b);
}
