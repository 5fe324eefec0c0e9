#include <stdio.h>
#include <string.h>
#include <criterion/criterion.h>
#include "base/limits.h"
#include "kinesis_bench.h"

Test(kinesis_put, goes_to_the_shard_that_holds_the_hash_of_the_key)
{
    /* The shard is chosen by the MD5 of the partition key, or by ExplicitHashKey. Expected:
     * Python's hashlib. */
    static const struct {
        const char *key, *explicit_key;
        unsigned of_4, of_3;
    } rows[] = {
        {"a", NULL, 0, 0},
        {"b", NULL, 2, 1},
        {"key-1", NULL, 0, 0},
        {"order/42", NULL, 1, 1},
        {"0", NULL, 3, 2},
        {"\xc3\xbc", NULL, 3, 2},
        {"zzz", NULL, 3, 2},
        {"\\u00fc", NULL, 3, 2},
        {"zzz", "0", 0, 0},
        {"a", "340282366920938463463374607431768211455", 3, 2},
        {"a", "113427455640312821154458202477256070484", 1, 0},
        {"a", "113427455640312821154458202477256070485", 1, 1},
        {"a", "85070591730234615865843651857942052863", 0, 0},
        {"a", "85070591730234615865843651857942052864", 1, 0},
    };
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "four", 4);
    bench_stream(&b, "three", 3);
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const char *key = rows[i / 2].key, *hash = rows[i / 2].explicit_key;
        struct str shard =
            str_printf(b.arena, "shardId-%012u", i % 2 == 0 ? rows[i / 2].of_4 : rows[i / 2].of_3);
        cr_assert(
            bench_call(&b, "PutRecord",
                       "{\"Data\":\"eA==\",\"StreamName\":\"%s\",\"PartitionKey\":\"%s\"%s%s%s}",
                       i % 2 == 0 ? "four" : "three", key, hash ? ",\"ExplicitHashKey\":\"" : "",
                       hash ? hash : "", hash ? "\"" : "") == 200,
            "%.*s", STR_ARG(b.response.body));
        cr_expect(str_eq(bench_text(&b, "ShardId"), shard), "%s %s: %.*s", key, hash,
                  STR_ARG(b.response.body));
    }
    bench_done(&b);
}

Test(kinesis_put, gives_sequence_numbers_that_grow)
{
    /* Within a shard every sequence number is larger than all before it, as 56 decimal digits. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"s\"}") == 200);
    struct str last = json_str(
        json_at(json_at(b.out, "Shards")->first, "SequenceNumberRange.StartingSequenceNumber"));
    for (int i = 0; i < 300; i++) {
        b.now_us += i % 3 == 0 ? 0 : i % 3 == 1 ? 1500 : -700; /* also a clock that is set back */
        struct str number = bench_put(&b, "s", "k", STR("data"));
        cr_assert(number.len == 56 && number.ptr[0] == '4' && str_cmp(last, number) < 0);
        last = number;
    }
    bench_done(&b);
}

Test(kinesis_put, answers_a_batch_compactly_and_in_order)
{
    /* PutRecords answers entry by entry, as compact JSON that begins with FailedRecordCount: some
     * clients search it as text. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    cr_assert(bench_call(&b, "PutRecords",
                         "{\"Records\": [{\"Data\": \"Zmlyc3Q=\", \"PartitionKey\": \"a\", "
                         "\"ExplicitHashKey\": null},"
                         "{\"PartitionKey\":\"b\",\"Data\":\"c2Vjb25k\"},{\"Data\":\"\","
                         "\"PartitionKey\":\"a\"}],"
                         "\"StreamName\": \"s\"}") == 200,
              "%.*s", STR_ARG(b.response.body));
    cr_assert(str_starts(b.response.body,
                         STR("{\"FailedRecordCount\":0,\"Records\":[{\"SequenceNumber\":\"49")));
    cr_assert(str_eq(http_header(&b.response.headers, "Content-Type"),
                     STR("application/x-amz-json-1.1")));
    cr_assert(http_header(&b.response.headers, "x-amzn-RequestId").len == 36);
    static const char *const shards[] = {"shardId-000000000000", "shardId-000000000001",
                                         "shardId-000000000000"};
    const struct json *entry = json_at(b.out, "Records")->first;
    for (int i = 0; i < 3; i++, entry = entry->next) {
        cr_assert(str_eq(json_str(json_get(entry, STR("ShardId"))), str_of(shards[i])));
    }
    static const struct {
        const char *key, *data;
    } stored[] = {{"a", "first"}, {"a", ""}, {"b", "second"}};
    uint64_t cursor = 0;
    struct emulator_record r;
    for (int i = 0; i < 3; i++) {
        cr_assert(emulator_record_next(b.e, &cursor, &r));
        cr_assert(str_eq(r.partition_key, str_of(stored[i].key)) &&
                  str_eq(r.data, str_of(stored[i].data)));
        cr_assert(str_eq(r.stream, STR("s")) && r.arrived_us == b.now_us / 1000 * 1000 &&
                  r.sequence_number.len == 56);
    }
    cr_assert(!emulator_record_next(b.e, &cursor, &r));
    bench_done(&b);
}

static struct str filled(struct bench *b, char fill, size_t len)
{
    char *text = arena_alloc(b->arena, len);
    memset(text, fill, len);
    return str_n(text, len);
}

static struct str batch_of(struct bench *b, size_t count, struct str entry)
{
    struct buf out;
    buf_init(&out, b->arena, 64 * MIB);
    buf_add_z(&out, "{\"StreamName\":\"s\",\"Records\":[");
    for (size_t i = 0; i < count; i++) {
        buf_add_z(&out, i > 0 ? "," : "");
        buf_add(&out, entry);
    }
    buf_add_z(&out, "]}");
    return buf_str(&out);
}

/* A batch of two: a good entry, and then this. */
static struct str after_good(struct bench *b, struct str entry)
{
    return batch_of(
        b, 1,
        str_printf(b->arena, "{\"Data\":\"eA==\",\"PartitionKey\":\"k\"},%.*s", STR_ARG(entry)));
}

Test(kinesis_put, refuses_a_batch_as_a_whole)
{
    /* One wrong entry, or too many, and nothing of the batch is stored. Errors and constraints are
     * those of the model. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    struct str good = STR("{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}");
    struct str long_key = str_printf(b.arena, "{\"Data\":\"eA==\",\"PartitionKey\":\"%.*s\"}",
                                     STR_ARG(filled(&b, 'k', 257)));
    struct str large = str_printf(b.arena, "{\"Data\":\"%.*s\",\"PartitionKey\":\"k\"}",
                                  STR_ARG(bench_base64(&b, filled(&b, 'x', 1 * MIB))));
    struct {
        struct str body;
        const char *error, *words;
    } rows[] = {
        {batch_of(&b, 501, good), "ValidationException",
         "at 'records' failed to satisfy constraint: Member must have length less than or equal to "
         "500"},
        {batch_of(&b, 0, good), "ValidationException",
         "at 'records' failed to satisfy constraint: Member must have length greater than or equal "
         "to 1"},
        {after_good(&b, STR("{\"Data\":\"eA==\"},{\"Data\":\"eA==\"}")), "ValidationException",
         "2 validation errors detected: Value null at 'records.2.member.partitionKey' failed to "
         "satisfy constraint: Member "
         "must not be null"},
        {after_good(&b, STR("{\"PartitionKey\":\"k\"}")), "ValidationException",
         "Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be "
         "null"},
        {after_good(&b, STR("{\"Data\":\"eA==\",\"PartitionKey\":\"\"}")), "ValidationException",
         "Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must "
         "have length greater than or "
         "equal to 1"},
        {after_good(&b, long_key), "ValidationException",
         "Member must have length less than or equal to 256"},
        {after_good(&b, large), "InvalidArgumentException", "1048577"},
        {after_good(&b, STR("{\"Data\":\"e\",\"PartitionKey\":\"k\"}")), "SerializationException",
         ""},
        {after_good(&b, STR("{\"Data\":1,\"PartitionKey\":\"k\"}")), "SerializationException", ""},
        {batch_of(&b, 1,
                  STR("{\"Data\":\"eA==\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"-1\"}")),
         "ValidationException",
         "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})"},
        {batch_of(&b, 1,
                  STR("{\"Data\":\"eA==\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":"
                      "\"340282366920938463463374607431768211456\"}")),
         "InvalidArgumentException", "[0, 2^128-1]"},
        {STR("{\"StreamName\":\"s\"}"), "ValidationException", "Value null at 'records'"},
        {STR("[]"), "SerializationException", ""},
        {STR("{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}"),
         "SerializationException", ""},
        {STR("{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}],\"StreamName\":\"t\"}"),
         "ResourceNotFoundException", "Stream t under account 000000000000 not found."},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(bench_call_body(&b, "PutRecords", rows[i].body) == 400, "row %zu", i);
        cr_expect(bench_refused(&b, rows[i].error, rows[i].words), "row %zu", i);
        cr_expect(bench_record_count(&b) == 0, "row %zu", i);
    }
    cr_assert(bench_call_body(&b, "PutRecords", batch_of(&b, 500, good)) == 200);
    cr_assert(bench_record_count(&b) == 500);
    bench_done(&b);
}

Test(kinesis_put, takes_what_is_just_within_the_limits)
{
    /* 1 MiB of data and key, 256 characters of key however many bytes, escapes in both, and a
     * larger record where the stream allows it. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    cr_assert(bench_put(&b, "s", "k", filled(&b, 'x', 1 * MIB - 1)).len == 56);
    cr_assert(bench_put(&b, "s", "k", filled(&b, 'x', 1 * MIB)).len == 0);
    struct buf key;
    buf_init(&key, b.arena, 4096);
    for (int i = 0; i < 256; i++) {
        buf_add_z(&key, "\xe2\x82\xac");
    }
    cr_assert(
        bench_call(&b, "PutRecord",
                   "{\"StreamName\":\"s\",\"PartitionKey\":\"%.*s\",\"Data\":\"\\/\\/\\/\\/\"}",
                   STR_ARG(buf_str(&key))) == 200);
    uint64_t cursor = 0;
    struct emulator_record r;
    cr_assert(emulator_record_next(b.e, &cursor, &r) && r.data.len == 1 * MIB - 1);
    cr_assert(emulator_record_next(b.e, &cursor, &r) && str_eq(r.data, STR("\xff\xff\xff")) &&
              r.partition_key.len == 768);
    cr_assert(
        bench_call(&b, "CreateStream",
                   "{\"StreamName\":\"large\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":4096}") ==
        200);
    b.now_us += US_PER_S;
    cr_assert(bench_put(&b, "large", "k", filled(&b, 'y', 4 * MIB - 1)).len == 56);
    cr_assert(bench_put(&b, "large", "k", filled(&b, 'y', 4 * MIB)).len == 0);
    cr_assert(bench_refused(&b, "InvalidArgumentException", "4194304"));
    bench_done(&b);
}

/* How many entries of the last answer failed with `code`, checked against FailedRecordCount; their
 * places as bits. */
static uint64_t failed_entries(const struct bench *b, const char *code)
{
    uint64_t bits = 0;
    int64_t count = 0;
    int i = 0;
    for (const struct json *entry = json_at(b->out, "Records")->first; entry != NULL;
         entry = entry->next, i++) {
        const struct json *error = json_get(entry, STR("ErrorCode"));
        cr_assert((error == NULL) == (json_get(entry, STR("SequenceNumber")) != NULL));
        if (error != NULL) {
            cr_assert(str_eq(error->text, str_of(code)));
            cr_assert(json_str(json_get(entry, STR("ErrorMessage"))).len > 0);
            bits |= UINT64_C(1) << i;
            count++;
        }
    }
    cr_assert(count == bench_number(b, "FailedRecordCount"));
    return bits;
}

Test(kinesis_put, partial_fault_refuses_some_entries_of_the_kth_batch)
{
    /* For each k: only the k-th PutRecords is hit; refused entries are not stored, the others are,
     * and the answer says which is which. */
    for (int k = 1; k <= 4; k++) {
        struct bench b;
        bench_init(&b, true);
        bench_stream(&b, "s", 2);
        char rule[300];
        snprintf(rule, sizeof(rule),
                 "[{\"on\":\"kinesis:PutRecords\",\"phase\":\"partial\",\"entries\":\"1/"
                 "3\",\"nth\":[%d]%s}]",
                 k, k % 2 == 0 ? ",\"error\":\"ProvisionedThroughputExceededException\"" : "");
        bench_fault(&b, rule);
        uint64_t failed = 0, bits_of[6];
        for (int call = 1; call <= 5; call++) {
            struct str body = batch_of(
                &b, 30, str_printf(b.arena, "{\"Data\":\"eA==\",\"PartitionKey\":\"%d\"}", call));
            cr_assert(bench_call_body(&b, "PutRecords", body) == 200, "%.*s",
                      STR_ARG(b.response.body));
            bits_of[call] = failed_entries(&b, k % 2 == 0 ? "ProvisionedThroughputExceededException"
                                                          : "InternalFailure");
            cr_assert((bits_of[call] != 0) == (call == k), "batch %d of rule %d", call, k);
            failed += (uint64_t)__builtin_popcountll(bits_of[call]);
        }
        cr_assert(failed < 30);
        cr_assert(bench_record_count(&b) == 150 - failed);
        struct ledger_entry entry = {.number = 0};
        int partial = 0;
        while (emulator_ledger_next(b.e, entry.number, &entry)) {
            partial += entry.fault == FAULT_PARTIAL;
            cr_assert(!str_eq(entry.operation, STR("PutRecords")) ||
                      str_eq(entry.resource, STR("s")));
        }
        cr_assert(partial == 1);
        bench_done(&b);
    }
}

Test(kinesis_put, selectors_see_the_stream_of_every_call)
{
    /* A rule for one stream hits PutRecords and GetRecords of that stream wherever the request
     * names it, and no other. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "good", 1);
    bench_stream(&b, "bad", 1);
    struct str iterator = bench_iterator(&b, "bad", 0, "TRIM_HORIZON", "");
    struct str other = bench_iterator(&b, "good", 0, "TRIM_HORIZON", "");
    bench_fault(&b, "[{\"on\":\"kinesis:*\",\"phase\":\"reject\",\"where\":{\"stream\":\"b?d\"}}]");
    static const char *const bodies[] = {
        "{\"StreamName\":\"%s\",\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}]}",
        "{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}],\"StreamName\":\"%s\"}",
        "{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}], \"StreamName\": \"%s\"}\n",
        "{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"\\\"StreamName\\\":\\\"good\"}],"
        "\"StreamName\":\"%s\",\"X\":1}",
        "{\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}],\"StreamARN\":\"arn:aws:kinesis:"
        "us-east-1:000000000000:stream/%s\"}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        struct str to_bad = str_printf(b.arena, bodies[i], "bad"),
                   to_good = str_printf(b.arena, bodies[i], "good");
#pragma GCC diagnostic pop
        cr_expect(bench_call_body(&b, "PutRecords", to_bad) == 500, "%s", bodies[i]);
        cr_expect(bench_call_body(&b, "PutRecords", to_good) == 200, "%s", bodies[i]);
    }
    cr_expect(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              500);
    cr_expect(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(other)) == 200);
    cr_expect(bench_call(&b, "DescribeStream", "{\"StreamName\":\"bad\"}") == 500);
    bench_done(&b);
}
