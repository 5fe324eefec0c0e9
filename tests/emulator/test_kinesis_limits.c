#include <string.h>
#include <criterion/criterion.h>
#include "base/limits.h"
#include "kinesis_bench.h"

static struct str batch(struct bench *b, size_t count, size_t bytes)
{
    char *data = arena_alloc(b->arena, bytes);
    memset(data, 'x', bytes);
    struct str text = bench_base64(b, str_n(data, bytes));
    struct buf out;
    buf_init(&out, b->arena, 64 * MIB);
    buf_add_z(&out, "{\"StreamName\":\"s\",\"Records\":[");
    for (size_t i = 0; i < count; i++) {
        buf_addf(&out, "%s{\"PartitionKey\":\"k\",\"Data\":\"", i > 0 ? "," : "");
        buf_add(&out, text);
        buf_add_z(&out, "\"}");
    }
    buf_add_z(&out, "]}");
    return buf_str(&out);
}

static int64_t failed_of(struct bench *b, struct str body)
{
    cr_assert(bench_call_body(b, "PutRecords", body) == 200);
    int64_t failed = bench_number(b, "FailedRecordCount");
    for (const struct json *e = json_at(b->out, "Records")->first; e != NULL; e = e->next) {
        const struct json *code = json_get(e, STR("ErrorCode"));
        cr_assert(code == NULL ||
                  str_eq(code->text, STR("ProvisionedThroughputExceededException")));
        cr_assert(
            code == NULL ||
            str_eq(json_str(json_get(e, STR("ErrorMessage"))),
                   STR("Rate exceeded for shard shardId-000000000000 in stream s under account "
                       "000000000000.")));
    }
    return failed;
}

Test(kinesis_limits, a_shard_takes_1000_records_a_second)
{
    /* The 1001st record of a second is refused entry by entry; half a second later there is room
     * for 500. */
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", 1);
    struct str body = batch(&b, 400, 10);
    cr_assert(failed_of(&b, body) == 0);
    cr_assert(failed_of(&b, body) == 0);
    cr_assert(failed_of(&b, body) == 200);
    cr_assert(bench_put(&b, "s", "k", STR("x")).len == 0);
    cr_assert(bench_refused(&b, "ProvisionedThroughputExceededException",
                            "Rate exceeded for shard shardId-000000000000 in stream s"));
    b.now_us += US_PER_S / 2;
    cr_assert(failed_of(&b, body) == 0);
    cr_assert(failed_of(&b, body) == 300);
    cr_assert(bench_record_count(&b) == 1500);
    b.now_us += US_PER_HOUR; /* an idle hour saves up no more than a second */
    cr_assert(failed_of(&b, body) + failed_of(&b, body) + failed_of(&b, body) == 200);
    bench_done(&b);
}

Test(kinesis_limits, a_shard_takes_1_mib_a_second)
{
    /* Data and keys together: 8 records of 128 KiB fit into a second, the 9th does not. */
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", 1);
    cr_assert(failed_of(&b, batch(&b, 9, 128 * KIB - 1)) == 1);
    b.now_us += US_PER_S / 4;
    cr_assert(failed_of(&b, batch(&b, 4, 128 * KIB - 1)) == 2);
    bench_done(&b);
    /* and none of this where limits are off */
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    cr_assert(failed_of(&b, batch(&b, 20, 128 * KIB)) == 0);
    for (int i = 0; i < 30; i++) {
        struct str iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
        cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
                  200);
    }
    bench_done(&b);
}

static int read_all(struct bench *b, const char *limit)
{
    struct str iterator = bench_iterator(b, "s", 0, "TRIM_HORIZON", "");
    return bench_call(b, "GetRecords", "{\"ShardIterator\":\"%.*s\"%s}", STR_ARG(iterator), limit);
}

Test(kinesis_limits, a_shard_gives_5_reads_and_2_mib_a_second)
{
    /* The 6th read of a second is refused; so is any within 5 seconds of an answer of 10 MiB. */
    struct bench b;
    bench_init(&b, false);
    bench_stream(&b, "s", 1);
    for (int i = 0; i < 5; i++) {
        cr_assert(read_all(&b, "") == 200);
    }
    cr_assert(read_all(&b, "") == 400);
    cr_assert(bench_refused(&b, "ProvisionedThroughputExceededException",
                            "Rate exceeded for shard shardId-000000000000 in stream s"));
    b.now_us += US_PER_S / 5;
    cr_assert(read_all(&b, "") == 200);
    cr_assert(read_all(&b, "") == 400);
    for (int i = 0; i < 14; i++) { /* 10.5 MiB, at the rate of the shard */
        b.now_us += US_PER_S;
        cr_assert(failed_of(&b, batch(&b, 3, 256 * KIB)) == 0);
    }
    cr_assert(read_all(&b, "") == 200);
    cr_assert(json_at(b.out, "Records")->count == 40, "10 MiB and no more, whatever the limit");
    cr_assert(bench_number(&b, "MillisBehindLatest") == 1, "something is left");
    b.now_us += 5 * US_PER_S - 1;
    cr_assert(read_all(&b, ",\"Limit\":1") == 400);
    b.now_us += 1;
    cr_assert(read_all(&b, ",\"Limit\":1") == 200);
    /* Two reads of 1 MiB in one second are fine, and the third as well: 2 MiB are spent only then.
     */
    b.now_us += 10 * US_PER_S;
    cr_assert(read_all(&b, ",\"Limit\":4") == 200);
    cr_assert(read_all(&b, ",\"Limit\":4") == 200);
    cr_assert(read_all(&b, ",\"Limit\":4") == 200);
    cr_assert(read_all(&b, ",\"Limit\":4") == 400);
    bench_done(&b);
}
