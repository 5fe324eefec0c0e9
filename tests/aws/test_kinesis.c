#include <criterion/criterion.h>

#include "aws/kinesis.h"
#include "aws_script.h"
#include "base/encode.h"
#include "base/limits.h"

/* ---- get ---- */

Test(kinesis_get, reads_records)
{
    /* The API reference's spelling of times, unknown members, escapes, binary data, an open shard.
     */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_batch b;
    SCRIPT(s, {.status = 200,
               .body = "{\"MillisBehindLatest\":2100,\"ChildShards\":[{\"a\":[1,{}]}],"
                       "\"NextShardIterator\":\"AAAA\\/B\",\"Records\":["
                       "{\"ApproximateArrivalTimestamp\":1.441215410867E9,\"Data\":"
                       "\"XzxkYXRhPl8w\",\"PartitionKey\":\"partitionKey-03\","
                       "\"SequenceNumber\":\"21269319989652663814458848515492872193\"},"
                       "{\"EncryptionType\":\"KMS\",\"Data\":\"\",\"PartitionKey\":\"\\u00e9\\\"\","
                       "\"SequenceNumber\":\"2\","
                       "\"ApproximateArrivalTimestamp\":1441215410.8671239},"
                       "{\"SequenceNumber\":\"3\",\"Data\":\"AP\\/"
                       "+\",\"PartitionKey\":\"k\",\"ApproximateArrivalTimestamp\":1441215411}]}"});
    cr_assert_eq(kinesis_get(&s->client, STR("it"), 100, s->arena, &b, &d), ERR_OK, "%s", d.msg);
    assert_body(s, 0, "{\"ShardIterator\":\"it\",\"Limit\":100}");
    cr_assert(
        same(http_header(&s->sent[0]->headers, "X-Amz-Target"), "Kinesis_20131202.GetRecords"));
    cr_assert(b.count == 3 && b.behind_ms == 2100 && same(b.next_iterator, "AAAA/B"));
    cr_assert(same(b.records[0].data, "_<data>_0") &&
              same(b.records[0].partition_key, "partitionKey-03"));
    cr_assert(same(b.records[0].sequence_number, "21269319989652663814458848515492872193"));
    cr_assert_eq(b.records[0].arrived_us, INT64_C(1441215410867000));
    cr_assert_eq(b.records[1].arrived_us, INT64_C(1441215410867123));
    cr_assert_eq(b.records[2].arrived_us, INT64_C(1441215411000000));
    cr_assert(b.records[1].data.len == 0 && same(b.records[1].partition_key, "\xc3\xa9\""));
    cr_assert(str_eq(b.records[2].data, str_n("\0\xff\xfe", 3)));
    SCRIPT(s,
           {.status = 200,
            .body = "{\"Records\":[],\"NextShardIterator\":null,\"MillisBehindLatest\":0}"},
           {.status = 200, .body = "{\"Records\":[]}"});
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(kinesis_get(&s->client, STR("it"), 0, s->arena, &b, &d), ERR_OK, "%s", d.msg);
        cr_assert(b.count == 0 && b.next_iterator.len == 0 && b.behind_ms == 0);
    }
    assert_body(s, 1, "{\"ShardIterator\":\"it\"}");
    script_free(s);
}

Test(kinesis_get, reads_ten_thousand)
{
    /* As many records as one answer may hold come out in order, data and all. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_batch b;
    struct buf body;
    buf_init(&body, s->arena, 8 * MIB);
    buf_add_z(&body, "{\"Records\":[");
    for (int i = 0; i < 10000; i++) {
        buf_addf(&body, "%s{\"SequenceNumber\":\"%d\",\"PartitionKey\":\"p%d\",\"Data\":\"",
                 i == 0 ? "" : ",", i, i % 7);
        encode_base64(&body, str_printf(s->arena, "record %d", i));
        buf_addf(&body, "\",\"ApproximateArrivalTimestamp\":%d.5}", i);
    }
    buf_add_z(&body, "]}");
    SCRIPT(s, {.status = 200, .body = str_z(s->arena, buf_str(&body))});
    cr_assert_eq(kinesis_get(&s->client, STR("it"), 0, s->arena, &b, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(b.count, 10000);
    for (size_t i = 0; i < 10000; i++) {
        cr_assert(str_eq(b.records[i].data, str_printf(s->arena, "record %zu", i)));
        cr_assert_eq(b.records[i].arrived_us, (int64_t)i * 1000000 + 500000);
    }
    script_free(s);
}

Test(kinesis_get, damaged_answers_are_asked_for_again)
{
    /* Each is refetched by the same iterator; three in a row are ERR_CORRUPT, and the output stays
     * untouched. */
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"Records\":{}}",
        "{\"Records\":[1]}",
        "{\"Records\":[{}]}",
        "{\"Records\":[]}x",
        "{\"Records\":[]",
        "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"A\"}]}",
        "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"????\"}]}",
        "{\"Records\":[{\"SequenceNumber\":1}]}",
        "{\"Records\":[],\"MillisBehindLatest\":1.5}",
        "{\"Records\":[],\"NextShardIterator\":7}",
        "{\"Records\":[{\"SequenceNumber\":\"1\",\"ApproximateArrivalTimestamp\":\"now\"}]}",
    };
    const struct script_answer good = {
        .status = 200, .body = "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"QQ==\"}]}"};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct kinesis_batch b = {.behind_ms = -7};
        const struct script_answer bad = {.status = 200, .body = damaged[i]};
        SCRIPT(s, bad, bad, bad, bad, bad, good);
        cr_assert_eq(kinesis_get(&s->client, STR("it"), 0, s->arena, &b, &d), ERR_CORRUPT, "%s",
                     damaged[i]);
        cr_assert(b.behind_ms == -7 && s->sent_count == 3 && s->sleep_count == 2);
        cr_assert(strstr(d.msg, "GetRecords") != NULL, "%s", d.msg);
        diag_clear(&d);
        cr_assert_eq(kinesis_get(&s->client, STR("it"), 0, s->arena, &b, &d), ERR_OK, "%s: %s",
                     damaged[i], d.msg);
        cr_assert(b.count == 1 && same(b.records[0].data, "A") && d.code == ERR_OK);
        script_free(s);
    }
}

Test(kinesis_get, an_expired_iterator_is_a_conflict_by_name)
{
    /* One call, ERR_CONFLICT, the service's name: the caller takes a new iterator. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_batch b;
    SCRIPT(s,
           {.status = 400,
            .body = "{\"__type\":\"ExpiredIteratorException\",\"message\":\"Iterator expired.\"}"});
    cr_assert_eq(kinesis_get(&s->client, STR("it"), 0, s->arena, &b, &d), ERR_CONFLICT);
    cr_assert(diag_is_named(&d, "ExpiredIteratorException") &&
                  strstr(d.msg, "Iterator expired.") != NULL,
              "%s", d.msg);
    cr_assert_eq(s->sent_count, 1);
    script_free(s);
}

/* ---- streams, shards, iterators ---- */

Test(kinesis_list_shards, reads_all_pages)
{
    /* The second page is asked for by its token alone; parents and closed shards come through. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_shard *shards = NULL;
    size_t count = 0;
    SCRIPT(s,
           {.status = 200,
            .body = "{\"Shards\":[{\"ShardId\":\"shardId-0\",\"HashKeyRange\":{\"StartingHashKey\":"
                    "\"0\",\"EndingHashKey\":\"9\"},"
                    "\"SequenceNumberRange\":{\"StartingSequenceNumber\":\"10\","
                    "\"EndingSequenceNumber\":\"20\"}}],\"NextToken\":\"t1\"}"},
           {.status = 200,
            .body = "{\"Shards\":[{\"ShardId\":\"shardId-1\",\"ParentShardId\":\"shardId-0\","
                    "\"SequenceNumberRange\":"
                    "{\"StartingSequenceNumber\":\"30\"}}]}"});
    cr_assert_eq(kinesis_list_shards(&s->client, STR("s"), s->arena, &shards, &count, &d), ERR_OK,
                 "%s", d.msg);
    assert_body(s, 0, "{\"StreamName\":\"s\"}");
    assert_body(s, 1, "{\"NextToken\":\"t1\"}");
    cr_assert_eq(count, 2);
    cr_assert(same(shards[0].id, "shardId-0") && shards[0].parent_id.len == 0 && shards[0].closed);
    cr_assert(same(shards[0].first_sequence_number, "10"));
    cr_assert(same(shards[1].id, "shardId-1") && same(shards[1].parent_id, "shardId-0") &&
              !shards[1].closed);
    const struct script_answer loops = {.status = 200,
                                        .body = "{\"Shards\":[],\"NextToken\":\"t\"}"};
    SCRIPT(s, loops, loops);
    cr_assert_eq(kinesis_list_shards(&s->client, STR("s"), s->arena, &shards, &count, &d),
                 ERR_CORRUPT);
    diag_clear(&d);
    SCRIPT(s, {.status = 200, .body = "{\"Shards\":[{\"ShardId\":\"x\"}]}"});
    cr_assert_eq(kinesis_list_shards(&s->client, STR("s"), s->arena, &shards, &count, &d),
                 ERR_CORRUPT);
    script_free(s);
}

Test(kinesis_iterator, asks_for_each_position)
{
    /* The five types, each with the parameter it needs and no other; times are seconds, rounded
     * down. */
    static const struct {
        enum kinesis_position position;
        int64_t at_us;
        const char *body;
    } rows[] = {
        {KINESIS_TRIM_HORIZON, 0, "\"TRIM_HORIZON\"}"},
        {KINESIS_LATEST, 0, "\"LATEST\"}"},
        {KINESIS_AT_SEQUENCE, 0, "\"AT_SEQUENCE_NUMBER\",\"StartingSequenceNumber\":\"495\"}"},
        {KINESIS_AFTER_SEQUENCE, 0,
         "\"AFTER_SEQUENCE_NUMBER\",\"StartingSequenceNumber\":\"495\"}"},
        {KINESIS_AT_TIMESTAMP, INT64_C(1459799926480000),
         "\"AT_TIMESTAMP\",\"Timestamp\":1459799926.480}"},
        {KINESIS_AT_TIMESTAMP, INT64_C(1459799926000999),
         "\"AT_TIMESTAMP\",\"Timestamp\":1459799926.000}"},
        {KINESIS_AT_TIMESTAMP, -1, "\"AT_TIMESTAMP\",\"Timestamp\":0}"},
    };
    struct script *s = script_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct str iterator = STR_EMPTY;
        SCRIPT(s, {.status = 200, .body = "{\"ShardIterator\":\"AAA=\"}"});
        cr_assert_eq(kinesis_iterator(&s->client, STR("s"), STR("shardId-0"), rows[i].position,
                                      STR("495"), rows[i].at_us, s->arena, &iterator, &d),
                     ERR_OK, "%s", d.msg);
        cr_assert(same(iterator, "AAA="));
        assert_body(
            s, i,
            str_z(s->arena,
                  str_printf(
                      s->arena,
                      "{\"StreamName\":\"s\",\"ShardId\":\"shardId-0\",\"ShardIteratorType\":%s",
                      rows[i].body)));
    }
    script_free(s);
}

Test(kinesis_stream, is_created_and_described)
{
    /* CreateStream's empty answer is success; the status is read from the summary; a missing stream
     * has its class. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct str status = STR_EMPTY;
    SCRIPT(
        s, {.status = 200},
        {.status = 200, .body = "{\"StreamDescriptionSummary\":{\"StreamStatus\":\"CREATING\"}}"},
        {.status = 400, .body = "{\"__type\":\"ResourceNotFoundException\"}"},
        {.status = 400, .body = "{\"__type\":\"ResourceInUseException\"}"});
    cr_assert_eq(kinesis_create_stream(&s->client, STR("s"), 4, s->arena, &d), ERR_OK, "%s", d.msg);
    assert_body(s, 0, "{\"StreamName\":\"s\",\"ShardCount\":4}");
    cr_assert_eq(kinesis_stream_status(&s->client, STR("s"), s->arena, &status, &d), ERR_OK, "%s",
                 d.msg);
    assert_body(s, 1, "{\"StreamName\":\"s\"}");
    cr_assert(same(status, "CREATING"));
    cr_assert_eq(kinesis_stream_status(&s->client, STR("s"), s->arena, &status, &d), ERR_NOT_FOUND);
    diag_clear(&d);
    cr_assert_eq(kinesis_create_stream(&s->client, STR("s"), 4, s->arena, &d), ERR_CONFLICT);
    cr_assert(diag_is_named(&d, "ResourceInUseException"));
    script_free(s);
}

/* ---- every small call, each fault at each call ---- */

static struct script_answer answer_any(struct script *s, const struct http_request *request,
                                       struct arena *a)
{
    (void)s;
    (void)a;
    struct str target = http_header(&request->headers, "X-Amz-Target");
    const char *body = "{}";
    if (str_ends(target, STR("ListShards"))) {
        bool second = str_contains(request->body, STR("NextToken"));
        body = second ? "{\"Shards\":[{\"ShardId\":\"b\",\"SequenceNumberRange\":{"
                        "\"StartingSequenceNumber\":\"2\"}}]}"
                      : "{\"Shards\":[{\"ShardId\":\"a\",\"SequenceNumberRange\":{"
                        "\"StartingSequenceNumber\":\"1\"}}],\"NextToken\":\"t\"}";
    } else if (str_ends(target, STR("GetShardIterator"))) {
        body = "{\"ShardIterator\":\"it\"}";
    } else if (str_ends(target, STR("GetRecords"))) {
        body = "{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"QQ==\"}]}";
    } else if (str_ends(target, STR("DescribeStreamSummary"))) {
        body = "{\"StreamDescriptionSummary\":{\"StreamStatus\":\"ACTIVE\"}}";
    }
    return (struct script_answer){.status = 200, .body = body};
}

static enum err run_call(struct script *s, int which, struct diag *d)
{
    struct str text;
    struct kinesis_shard *shards;
    struct kinesis_batch batch;
    size_t count = 0;
    switch (which) {
    case 0: {
        enum err code = kinesis_list_shards(&s->client, STR("s"), s->arena, &shards, &count, d);
        cr_assert(code != ERR_OK || (count == 2 && same(shards[1].id, "b")));
        return code;
    }
    case 1:
        return kinesis_iterator(&s->client, STR("s"), STR("a"), KINESIS_LATEST, STR_EMPTY, 0,
                                s->arena, &text, d);
    case 2:
        return kinesis_get(&s->client, STR("it"), 0, s->arena, &batch, d);
    case 3:
        return kinesis_stream_status(&s->client, STR("s"), s->arena, &text, d);
    default:
        return kinesis_create_stream(&s->client, STR("s"), 1, s->arena, d);
    }
}

Test(kinesis_calls, the_kth_call_fails)
{
    /* Each operation under each fault at each of its calls: retried to success, or the fault's
     * class at once. */
    for (size_t f = 0; f < SCRIPT_FAULT_COUNT; f++) {
        for (int which = 0; which < 5; which++) {
            for (size_t k = 0, clean = which == 0 ? 2 : 1; k <= clean; k++) {
                struct script *s = script_new();
                struct diag d = DIAG_INIT;
                s->answer_fn = answer_any;
                s->fault_at = k;
                s->fault = SCRIPT_FAULTS[f].answer;
                enum err want = k < clean ? SCRIPT_FAULTS[f].result : ERR_OK;
                cr_assert_eq(run_call(s, which, &d), want, "%s, call %d at %zu: %s",
                             SCRIPT_FAULTS[f].what, which, k, d.msg);
                cr_assert_eq(d.code, want);
                cr_assert_eq(s->sent_count,
                             want != ERR_OK ? k + 1
                             : k < clean    ? clean + 1
                                            : clean,
                             "%s, call %d at %zu", SCRIPT_FAULTS[f].what, which, k);
                script_free(s);
            }
        }
    }
}
