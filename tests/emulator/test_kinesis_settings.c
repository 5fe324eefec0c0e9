/* Tags, policies, consumers, and what is set of a stream besides its shards. */
#include <string.h>
#include <criterion/criterion.h>
#include "base/limits.h"
#include "kinesis_bench.h"

#define ARN "arn:aws:kinesis:us-east-1:000000000000:stream/s"

static void settle(struct bench *b)
{
    b->now_us = emulator_next_timer(b->e);
    emulator_tick(b->e, b->now_us);
}

Test(kinesis_settings, tags_of_streams_and_consumers)
{
    /* Both families of operations see the same tags, in pages by key, at most 50 of them. */
    struct bench b;
    bench_init(&b, true);
    cr_assert(bench_call(&b, "CreateStream",
                         "{\"StreamName\":\"s\",\"ShardCount\":1,\"Tags\":{\"b\":\"2\"}}") == 200);
    settle(&b);
    cr_assert(bench_call(
                  &b, "AddTagsToStream",
                  "{\"StreamName\":\"s\",\"Tags\":{\"a\":\"1\",\"b\":\"two\",\"c\":\"\"}}") == 200);
    cr_assert(bench_call(&b, "ListTagsForStream", "{\"StreamName\":\"s\",\"Limit\":2}") == 200);
    cr_assert(json_bool(json_at(b.out, "HasMoreTags"), false));
    cr_assert(str_eq(bench_text(&b, "Tags.1.Value"), STR("two")));
    cr_assert(bench_call(&b, "ListTagsForStream",
                         "{\"StreamName\":\"s\",\"ExclusiveStartTagKey\":\"b\"}") == 200);
    cr_assert(json_at(b.out, "Tags")->count == 1 && str_eq(bench_text(&b, "Tags.0.Key"), STR("c")));
    cr_assert(!json_bool(json_at(b.out, "HasMoreTags"), true));
    cr_assert(bench_call(&b, "UntagResource",
                         "{\"ResourceARN\":\"" ARN "\",\"TagKeys\":[\"a\",\"none\"]}") == 200);
    cr_assert(bench_call(&b, "RemoveTagsFromStream",
                         "{\"StreamName\":\"s\",\"TagKeys\":[\"c\"]}") == 200);
    cr_assert(bench_call(&b, "ListTagsForResource", "{\"ResourceARN\":\"" ARN "\"}") == 200);
    cr_assert(json_at(b.out, "Tags")->count == 1);
    cr_assert(bench_call(&b, "TagResource",
                         "{\"ResourceARN\":\"" ARN "\",\"Tags\":{\"a\":\"<\"}}") == 400);
    cr_assert(
        bench_refused(&b, "InvalidArgumentException", "Some tags contain invalid characters"));
    for (int i = 0; i < 49; i++) {
        cr_assert(bench_call(&b, "TagResource",
                             "{\"ResourceARN\":\"" ARN "\",\"Tags\":{\"k%d\":\"v\"}}", i) == 200);
    }
    cr_assert(bench_call(&b, "AddTagsToStream",
                         "{\"StreamName\":\"s\",\"Tags\":{\"one more\":\"v\"}}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "cannot have more than 50 tags"));
    cr_assert(bench_call(&b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN
                         "\",\"ConsumerName\":\"c\",\"Tags\":{\"x\":\"y\"}}") == 200);
    struct str arn = str_copy(b.arena, bench_text(&b, "Consumer.ConsumerARN"));
    cr_assert(bench_call(&b, "ListTagsForResource", "{\"ResourceARN\":\"%.*s\"}", STR_ARG(arn)) ==
              200);
    cr_assert(str_eq(bench_text(&b, "Tags.0.Key"), STR("x")));
    bench_done(&b);
}

Test(kinesis_settings, policies)
{
    /* A policy is kept as it was put, for streams; what is no JSON object is refused. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    cr_assert(bench_call(&b, "DeleteResourcePolicy", "{\"ResourceARN\":\"" ARN "\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "No resource policy found"));
    cr_assert(bench_call(&b, "PutResourcePolicy",
                         "{\"ResourceARN\":\"" ARN "\",\"Policy\":\"nonsense\"}") == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "policy"));
    cr_assert(bench_call(&b, "PutResourcePolicy",
                         "{\"ResourceARN\":\"" ARN
                         "\",\"Policy\":\"{\\\"Version\\\": 1}\"}") == 200);
    cr_assert(bench_call(&b, "GetResourcePolicy", "{\"ResourceARN\":\"" ARN "\"}") == 200);
    cr_assert(str_eq(bench_text(&b, "Policy"), STR("{\"Version\": 1}")));
    cr_assert(bench_call(&b, "DeleteResourcePolicy", "{\"ResourceARN\":\"" ARN "\"}") == 200);
    cr_assert(bench_call(&b, "GetResourcePolicy", "{\"ResourceARN\":\"" ARN "x\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "Stream sx"));
    bench_done(&b);
}

Test(kinesis_settings, consumers_come_and_go_by_the_clock)
{
    /* CREATING, ACTIVE, DELETING, gone; the ARN ends with the second of creation; 5 CREATING, 20 in
     * all; a stream with consumers is not deleted by accident. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    cr_assert(bench_call(&b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"c\"}") == 200);
    struct str arn = str_copy(b.arena, bench_text(&b, "Consumer.ConsumerARN"));
    cr_assert(str_eq(arn, STR(ARN "/consumer/c:1700000001")), "%.*s", STR_ARG(arn));
    cr_assert(str_eq(bench_text(&b, "Consumer.ConsumerStatus"), STR("CREATING")));
    cr_assert(bench_call(&b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"c\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceInUseException", "Consumer c"));
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamConsumer", "{\"ConsumerARN\":\"%.*s\"}",
                         STR_ARG(arn)) == 200);
    cr_assert(str_eq(bench_text(&b, "ConsumerDescription.ConsumerStatus"), STR("ACTIVE")));
    cr_assert(str_eq(bench_text(&b, "ConsumerDescription.StreamARN"), STR(ARN)));
    cr_assert(bench_call(&b, "DescribeStreamConsumer",
                         "{\"ConsumerARN\":\"%.*s\",\"ConsumerName\":\"d\"}", STR_ARG(arn)) == 400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "different consumers"));
    cr_assert(bench_call(&b, "DescribeStreamConsumer", "{\"StreamARN\":\"" ARN "\"}") == 400);
    cr_assert(bench_call(&b, "DeleteStream", "{\"StreamName\":\"s\"}") == 400);
    cr_assert(bench_refused(&b, "ResourceInUseException", "EnforceConsumerDeletion"));
    for (int i = 1; i < 20; i++) {
        if (i % 5 == 0) {
            settle(&b);
        }
        cr_assert(bench_call(&b, "RegisterStreamConsumer",
                             "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"c%02d\"}", i) == 200);
        if (i == 9) {
            cr_assert(bench_call(&b, "RegisterStreamConsumer",
                                 "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"d\"}") == 400);
            cr_assert(bench_refused(&b, "LimitExceededException", "CREATING"));
        }
    }
    b.now_us += 2 * US_PER_S;
    cr_assert(bench_call(&b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"d\"}") == 400);
    cr_assert(bench_refused(&b, "LimitExceededException", "limit of 20"));
    cr_assert(bench_call(&b, "ListStreamConsumers",
                         "{\"StreamARN\":\"" ARN "\",\"MaxResults\":15}") == 200);
    cr_assert(json_at(b.out, "Consumers")->count == 15);
    struct str token = str_copy(b.arena, bench_text(&b, "NextToken"));
    cr_assert(bench_call(&b, "ListStreamConsumers",
                         "{\"StreamARN\":\"" ARN "\",\"NextToken\":\"%.*s\"}",
                         STR_ARG(token)) == 200);
    cr_assert(json_at(b.out, "Consumers")->count == 5 && json_at(b.out, "NextToken") == NULL);
    cr_assert(bench_call(&b, "DeregisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"c\"}") == 200);
    cr_assert(bench_call(&b, "DescribeStreamConsumer", "{\"ConsumerARN\":\"%.*s\"}",
                         STR_ARG(arn)) == 200);
    cr_assert(str_eq(bench_text(&b, "ConsumerDescription.ConsumerStatus"), STR("DELETING")));
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamConsumer", "{\"ConsumerARN\":\"%.*s\"}",
                         STR_ARG(arn)) == 400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "Consumer"));
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.ConsumerCount") == 19);
    cr_assert(bench_call(&b, "DeleteStream",
                         "{\"StreamName\":\"s\",\"EnforceConsumerDeletion\":true}") == 200);
    bench_done(&b);
}

Test(kinesis_settings, encryption_metrics_mode_and_record_size)
{
    /* Each setting shows in the description, and those that AWS applies over time make the stream
     * UPDATING. */
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", 1);
    cr_assert(bench_call(&b, "StartStreamEncryption",
                         "{\"StreamName\":\"s\",\"EncryptionType\":\"NONE\",\"KeyId\":\"k\"}") ==
              400);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "KMS"));
    cr_assert(
        bench_call(&b, "StartStreamEncryption",
                   "{\"StreamName\":\"s\",\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/k\"}") ==
        200);
    cr_assert(bench_call(&b, "EnableEnhancedMonitoring",
                         "{\"StreamName\":\"s\",\"ShardLevelMetrics\":[\"ALL\"]}") == 400);
    cr_assert(bench_refused(&b, "ResourceInUseException", "UPDATING"));
    settle(&b);
    cr_assert(bench_call(&b, "EnableEnhancedMonitoring",
                         "{\"StreamName\":\"s\",\"ShardLevelMetrics\":[\"ALL\"]}") == 200);
    cr_assert(json_at(b.out, "CurrentShardLevelMetrics")->count == 0);
    cr_assert(json_at(b.out, "DesiredShardLevelMetrics")->count == 7);
    cr_assert(bench_call(&b, "DisableEnhancedMonitoring",
                         "{\"StreamName\":\"s\",\"ShardLevelMetrics\":[\"IncomingBytes\"]}") ==
              200);
    cr_assert(json_at(b.out, "DesiredShardLevelMetrics")->count == 6);
    cr_assert(bench_call(&b, "UpdateMaxRecordSize",
                         "{\"StreamARN\":\"" ARN "\",\"MaxRecordSizeInKiB\":10241}") == 400);
    cr_assert(bench_refused(&b, "ValidationException", "10240"));
    cr_assert(bench_call(&b, "UpdateMaxRecordSize",
                         "{\"StreamARN\":\"" ARN "\",\"MaxRecordSizeInKiB\":10240}") == 200);
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.MaxRecordSizeInKiB") == 10240);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.EncryptionType"), STR("KMS")));
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.KeyId"), STR("alias/k")));
    cr_assert(
        json_at(b.out, "StreamDescriptionSummary.EnhancedMonitoring.0.ShardLevelMetrics")->count ==
        6);
    char *big = arena_alloc(b.arena, 5 * MIB);
    memset(big, 'x', 5 * MIB);
    cr_assert(bench_put(&b, "s", "k", str_n(big, 5 * MIB)).len == 56);
    cr_assert(
        bench_call(&b, "StopStreamEncryption",
                   "{\"StreamName\":\"s\",\"EncryptionType\":\"KMS\",\"KeyId\":\"alias/k\"}") ==
        200);
    settle(&b);
    for (int i = 0; i < 3; i++) {
        int status =
            bench_call(&b, "UpdateStreamMode",
                       "{\"StreamARN\":\"" ARN "\",\"StreamModeDetails\":{\"StreamMode\":\"%s\"}}",
                       i == 0 ? "ON_DEMAND" : "PROVISIONED");
        cr_assert(status == (i < 2 ? 200 : 400));
        if (i < 2) {
            settle(&b);
        }
    }
    cr_assert(bench_refused(&b, "LimitExceededException", "2 times in 24 hours"));
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(json_at(b.out, "StreamDescriptionSummary.KeyId") == NULL);
    cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamModeDetails.StreamMode"),
                     STR("PROVISIONED")));
    bench_done(&b);
}

static bool commitment_is(struct bench *b, const char *status)
{
    cr_assert(bench_call(b, "DescribeAccountSettings", "{}") == 200);
    return str_eq(bench_text(b, "MinimumThroughputBillingCommitment.Status"), str_of(status));
}

static int commit(struct bench *b, const char *status)
{
    return bench_call(b, "UpdateAccountSettings",
                      "{\"MinimumThroughputBillingCommitment\":{\"Status\":\"%s\"}}", status);
}

Test(kinesis_settings, commitments_hold_for_a_day_and_unlock_warm_throughput)
{
    /* An account's commitment ends a day after it began at the earliest, and its end can be taken
     * back; with it on-demand streams are scaled to a shard for each MiB a second. */
    struct bench b;
    bench_init(&b, true);
    cr_assert(commitment_is(&b, "DISABLED") && commit(&b, "DISABLED") == 200);
    cr_assert(json_at(b.out, "MinimumThroughputBillingCommitment.StartedAt") == NULL);
    cr_assert(bench_call(&b, "CreateStream",
                         "{\"StreamName\":\"s\",\"WarmThroughputMiBps\":6,"
                         "\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}") == 400);
    cr_assert(bench_refused(&b, "ValidationException", "MinimumThroughputBillingCommitment"));
    cr_assert(commit(&b, "ENABLED") == 200 && commitment_is(&b, "ENABLED"));
    cr_assert(bench_number(&b, "MinimumThroughputBillingCommitment.EarliestAllowedEndAt") ==
              bench_number(&b, "MinimumThroughputBillingCommitment.StartedAt") + 86400);
    cr_assert(bench_call(&b, "CreateStream",
                         "{\"StreamName\":\"s\",\"WarmThroughputMiBps\":6,"
                         "\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}") == 200);
    settle(&b);
    cr_assert(bench_call(&b, "UpdateStreamWarmThroughput",
                         "{\"StreamName\":\"s\",\"WarmThroughputMiBps\":10241}") == 400);
    cr_assert(bench_refused(&b, "LimitExceededException", "10240"));
    cr_assert(bench_call(&b, "UpdateStreamWarmThroughput",
                         "{\"StreamName\":\"s\",\"WarmThroughputMiBps\":20}") == 200);
    cr_assert(bench_number(&b, "WarmThroughput.TargetMiBps") == 20);
    cr_assert(bench_number(&b, "WarmThroughput.CurrentMiBps") == 6);
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 20);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.WarmThroughput.CurrentMiBps") == 20);
    bench_stream(&b, "p", 1);
    cr_assert(bench_call(&b, "UpdateStreamWarmThroughput",
                         "{\"StreamName\":\"p\",\"WarmThroughputMiBps\":20}") == 400);
    cr_assert(bench_refused(&b, "ValidationException", "On-Demand"));
    cr_assert(commit(&b, "DISABLED") == 200);
    cr_assert(commitment_is(&b, "ENABLED_UNTIL_EARLIEST_ALLOWED_END"));
    cr_assert(commit(&b, "ENABLED") == 200 && commitment_is(&b, "ENABLED"));
    cr_assert(commit(&b, "DISABLED") == 200);
    b.now_us += US_PER_DAY;
    cr_assert(commitment_is(&b, "DISABLED"));
    cr_assert(json_at(b.out, "MinimumThroughputBillingCommitment.EndedAt") != NULL);
    bench_done(&b);
}

Test(kinesis_settings, on_demand_streams_grow_with_their_load)
{
    /* Four shards until a second brings more than two MiB, or two thousand records; then twice what
     * it brought, by splits that readers see. A provisioned stream stays as it is. */
    struct bench b;
    bench_init(&b, true);
    cr_assert(bench_call(&b, "CreateStream",
                         "{\"StreamName\":\"s\","
                         "\"StreamModeDetails\":{\"StreamMode\":\"ON_DEMAND\"}}") == 200);
    settle(&b);
    bench_stream(&b, "p", 1);
    char *bytes = arena_alloc(b.arena, MIB);
    for (int i = 0; i < 6; i++) {
        cr_assert(bench_put(&b, "s", "k", str_n(bytes, MIB / 2 - 1)).len > 0);
        cr_assert(bench_put(&b, "p", "k", str_n(bytes, MIB / 2 - 1)).len > 0);
        cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
        cr_assert(str_eq(bench_text(&b, "StreamDescriptionSummary.StreamStatus"),
                         i < 4 ? STR("ACTIVE") : STR("UPDATING")));
    }
    settle(&b);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 6);
    b.now_us += US_PER_S;
    for (int i = 0; i < 4001; i++) {
        cr_assert(bench_put(&b, "s", "k", STR("x")).len > 0);
    }
    b.now_us += US_PER_S;
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"p\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 1);
    emulator_tick(b.e, b.now_us);
    cr_assert(bench_call(&b, "DescribeStreamSummary", "{\"StreamName\":\"s\"}") == 200);
    cr_assert(bench_number(&b, "StreamDescriptionSummary.OpenShardCount") == 8);
    bench_done(&b);
}
