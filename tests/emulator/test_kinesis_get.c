#include <stdio.h>
#include <criterion/criterion.h>
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/rng.h"
#include "kinesis_bench.h"

/* ---- the model: a shard is an array, an iterator an index ---- */

#define MODEL_RECORDS_MAX 4000
#define MODEL_SHARDS 3
struct model_record {
    struct str number, key, data;
    int64_t arrived_ms;
};
struct model {
    struct bench b;
    struct model_record records[MODEL_SHARDS][MODEL_RECORDS_MAX];
    size_t count[MODEL_SHARDS];
    uint64_t draws;
};

static uint64_t draw(struct model *m, uint64_t bound)
{
    return rng_below(rng_u64(42, 1, 2, m->draws++), bound);
}

static struct str random_data(struct model *m)
{
    size_t len = draw(m, 40) == 0 ? draw(m, 20000) : draw(m, 60);
    char *bytes = arena_alloc(m->b.arena, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)draw(m, 256);
    }
    return str_n(bytes, len);
}

static void model_note(struct model *m, struct str shard, struct str number, struct str key,
                       struct str data)
{
    size_t s = (size_t)(shard.ptr[shard.len - 1] - '0');
    cr_assert(s < MODEL_SHARDS && m->count[s] < MODEL_RECORDS_MAX);
    m->records[s][m->count[s]++] = (struct model_record){number, key, data, m->b.now_us / 1000};
}

static void random_put(struct model *m)
{
    size_t count = 1 + draw(m, 8);
    struct str keys[8], data[8];
    struct buf body;
    buf_init(&body, m->b.arena, 4 * MIB);
    buf_add_z(&body, "{\"StreamName\":\"s\",\"Records\":[");
    for (size_t i = 0; i < count; i++) {
        keys[i] = str_printf(m->b.arena, "key-%d", (int)draw(m, 50));
        data[i] = random_data(m);
        buf_addf(&body, "%s{\"PartitionKey\":\"%.*s\",\"Data\":\"", i > 0 ? "," : "",
                 STR_ARG(keys[i]));
        encode_base64(&body, data[i]);
        buf_add_z(&body, "\"}");
    }
    buf_add_z(&body, "]}");
    cr_assert(bench_call_body(&m->b, "PutRecords", buf_str(&body)) == 200);
    const struct json *entry = json_at(m->b.out, "Records")->first;
    for (size_t i = 0; i < count; i++, entry = entry->next) {
        model_note(m, json_str(json_get(entry, STR("ShardId"))),
                   json_str(json_get(entry, STR("SequenceNumber"))), keys[i], data[i]);
    }
}

/* An iterator of a random type, and the index at which the model says it stands. */
static struct str random_iterator(struct model *m, size_t s, size_t *ret_index)
{
    struct bench *b = &m->b;
    size_t count = m->count[s];
    uint64_t type = draw(m, count > 0 ? 5 : 2);
    size_t at = count > 0 ? draw(m, count) : 0;
    const char *more = "";
    char text[200];
    *ret_index = type == 0 ? 0 : type == 1 ? count : type == 2 ? at : at + 1;
    if (type == 4) {
        int64_t ms = m->records[s][at].arrived_ms + (int64_t)draw(m, 3) - 1;
        ms = ms > b->now_us / 1000 ? b->now_us / 1000 : ms;
        snprintf(text, sizeof(text), ",\"Timestamp\":%lld.%03d", (long long)(ms / 1000),
                 (int)(ms % 1000));
        more = text;
        *ret_index = 0;
        while (*ret_index < count && m->records[s][*ret_index].arrived_ms < ms) {
            (*ret_index)++;
        }
    } else if (type >= 2) {
        snprintf(text, sizeof(text), ",\"StartingSequenceNumber\":\"%.*s\"",
                 STR_ARG(m->records[s][at].number));
        more = text;
    }
    static const char *const names[] = {"TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER",
                                        "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"};
    struct str iterator = bench_iterator(b, "s", (unsigned)s, names[type], more);
    cr_assert(iterator.len > 0 && iterator.len <= 512, "%s%s: %.*s", names[type], more,
              STR_ARG(b->response.body));
    return iterator;
}

/* Whether the last answer holds the model's records from `index` on; returns how many. */
static size_t answer_matches(struct model *m, size_t s, size_t index, size_t limit)
{
    size_t expected = m->count[s] - index < limit ? m->count[s] - index : limit;
    const struct json *records = json_at(m->b.out, "Records");
    cr_assert(records->count == expected, "%zu records, not %zu", records->count, expected);
    const struct json *r = records->first;
    for (size_t i = index; i < index + expected; i++, r = r->next) {
        const struct model_record *want = &m->records[s][i];
        char at[40];
        snprintf(at, sizeof(at), "%lld.%03d", (long long)(want->arrived_ms / 1000),
                 (int)(want->arrived_ms % 1000));
        cr_assert(str_eq(json_str(json_get(r, STR("SequenceNumber"))), want->number));
        cr_assert(str_eq(json_str(json_get(r, STR("PartitionKey"))), want->key));
        cr_assert(str_eq(json_str(json_get(r, STR("Data"))), bench_base64(&m->b, want->data)));
        cr_assert(str_eq(json_str(json_get(r, STR("ApproximateArrivalTimestamp"))), str_of(at)));
    }
    int64_t behind = 0;
    if (index + expected < m->count[s]) {
        behind = m->b.now_us / 1000 - m->records[s][index + expected - 1].arrived_ms;
        behind = behind > 0 ? behind : 1;
    }
    cr_assert(bench_number(&m->b, "MillisBehindLatest") == behind);
    cr_assert(json_at(m->b.out, "ChildShards") == NULL);
    return expected;
}

static void random_read(struct model *m)
{
    size_t s = draw(m, MODEL_SHARDS), index;
    struct str iterator = random_iterator(m, s, &index);
    for (uint64_t steps = 1 + draw(m, 4); steps > 0; steps--) {
        size_t limit = 1 + draw(m, 30);
        for (int again = 0; again < 2; again++) { /* the same iterator gives the same answer */
            cr_assert(bench_call(&m->b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":%zu}",
                                 STR_ARG(iterator), limit) == 200);
            cr_assert(answer_matches(m, s, index, limit) <= limit);
        }
        index += json_at(m->b.out, "Records")->count;
        iterator = bench_text(&m->b, "NextShardIterator");
        if (draw(m, 2) == 0) {
            random_put(m);
        }
        m->b.now_us += (int64_t)draw(m, 5000);
    }
}

Test(kinesis_get, agrees_with_an_array)
{
    /* Random puts, iterators of all five types, reads and repeated reads agree with a plain array
     * per shard. */
    struct arena *a = arena_new("model", 64 * MIB);
    struct model *m = NEW(a, struct model);
    bench_init(&m->b, true);
    bench_stream(&m->b, "s", MODEL_SHARDS);
    for (int step = 0; step < 400; step++) {
        m->b.now_us += (int64_t)draw(m, 3000);
        if (draw(m, 3) == 0) {
            random_put(m);
        } else {
            random_read(m);
        }
    }
    cr_assert(bench_record_count(&m->b) == m->count[0] + m->count[1] + m->count[2]);
    cr_assert(m->count[0] > 100 && m->count[1] > 100 && m->count[2] > 100);
    bench_done(&m->b);
    arena_free(a);
}

/* All answers to a fixed series of calls, in one hash. */
static struct str answers_hash(struct arena *a, uint64_t seed)
{
    struct hash128 hash;
    struct bench b;
    hash128_init(&hash, 0);
    bench_init_seed(&b, seed);
    bench_stream(&b, "s", 3);
    for (int i = 0; i < 40; i++) {
        (void)bench_call(&b, "PutRecord",
                         "{\"StreamName\":\"s\",\"Data\":\"eA==\",\"PartitionKey\":\"%d\"}", i);
        hash128_add(&hash, b.response.body);
        struct str iterator = bench_iterator(&b, "s", (unsigned)i % 3, "TRIM_HORIZON", "");
        (void)bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":3}",
                         STR_ARG(iterator));
        hash128_add(&hash, b.response.body);
        hash128_add(&hash, http_header(&b.response.headers, "x-amzn-RequestId"));
        b.now_us += 333 * US_PER_MS;
    }
    bench_done(&b);
    return hash128_hex(a, &hash);
}

Test(kinesis_get, same_seed_gives_the_same_answers)
{
    /* Two emulators of one seed answer the same calls with the same bytes, iterators and request
     * ids included. */
    struct arena *a = arena_new("test", MIB);
    cr_assert(str_eq(answers_hash(a, 5), answers_hash(a, 5)));
    cr_assert(!str_eq(answers_hash(a, 5), answers_hash(a, 6)));
    arena_free(a);
}

Test(kinesis_get, iterators_expire_after_five_minutes)
{
    /* An iterator works for exactly 5 minutes, then ExpiredIteratorException says since when;
     * another one goes on. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str number = bench_put(&b, "s", "k", STR("x"));
    struct str iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    b.now_us += 300 * US_PER_S;
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    b.now_us += 1;
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              400);
    /* 1700000001 is Tue Nov 14 22:13:21 UTC 2023 by date(1) */
    cr_assert(bench_refused(&b, "ExpiredIteratorException",
                            "The iterator was created at time Tue Nov 14 22:13:21 UTC 2023 while "
                            "right now it is Tue Nov 14 "
                            "22:18:21 UTC 2023 which is further in the future than the tolerated "
                            "delay of 300000 milliseconds."));
    struct str more = str_printf(b.arena, ",\"StartingSequenceNumber\":\"%.*s\"", STR_ARG(number));
    iterator = bench_iterator(&b, "s", 0, "AT_SEQUENCE_NUMBER", str_z(b.arena, more));
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              200);
    cr_assert(json_at(b.out, "Records")->count == 1);
    bench_done(&b);
}

Test(kinesis_get, a_stale_answer_is_empty_and_behind)
{
    /* With phase stale: no records, an iterator to the same place, and behind; at the tip and at
     * the next call nothing is different, and other operations cannot have it. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    bench_fault(&b, "[{\"on\":\"kinesis:GetRecords\",\"phase\":\"stale\",\"nth\":[1,4]}]");
    cr_assert(bench_call(&b, "PutRecord",
                         "{\"StreamName\":\"s\",\"Data\":\"eA==\","
                         "\"PartitionKey\":\"k\"}") == 200);
    b.now_us += 5 * US_PER_S;
    struct str iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    static const struct {
        size_t records;
        int64_t behind_ms;
    } calls[] = {{0, 5000}, {1, 0}, {0, 0}, {0, 0}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
                  200);
        cr_expect_eq(json_at(b.out, "Records")->count, calls[i].records, "call %zu", i);
        cr_expect_eq(bench_number(&b, "MillisBehindLatest"), calls[i].behind_ms, "call %zu", i);
        iterator = str_copy(b.arena, json_str(json_at(b.out, "NextShardIterator")));
    }
    bench_done(&b);
}

Test(kinesis_get, refuses_iterators_that_it_did_not_give)
{
    /* Any changed character is noticed; so are the iterators of a stream that was deleted. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str iterator = bench_iterator(&b, "s", 0, "TRIM_HORIZON", "");
    for (size_t i = 0; i < iterator.len; i++) {
        struct str changed = str_copy(b.arena, iterator);
        ((char *)(uintptr_t)changed.ptr)[i] = changed.ptr[i] == 'A' ? 'B' : 'A';
        cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(changed)) ==
                  400);
        cr_assert(bench_refused(&b, "InvalidArgumentException", "Invalid ShardIterator."));
    }
    cr_assert(bench_call(&b, "GetRecords", "{}") == 400);
    cr_assert(bench_refused(&b, "ValidationException", "Value null at 'shardIterator'"));
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\",\"Limit\":10001}",
                         STR_ARG(iterator)) == 400);
    cr_assert(bench_refused(&b, "ValidationException",
                            "Member must have value less than or equal to 10000"));
    cr_assert(bench_call(&b, "DeleteStream", "{\"StreamName\":\"s\"}") == 200);
    b.now_us += US_PER_S;
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
              400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException",
                            "Shard shardId-000000000000 in stream s under account 000000000000 "
                            "does not exist"));
    bench_done(&b);
}

Test(kinesis_get, an_old_iterator_reads_a_new_stream_of_the_name_from_its_begin)
{
    /* A stream created anew takes the iterators of the one before it for its own shards, and has
     * none of the others. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    for (int i = 0; i < 5; i++) {
        bench_put(&b, "s", "a", STR("old"));
    }
    struct str first = bench_iterator(&b, "s", 0, "LATEST", "");
    struct str second = bench_iterator(&b, "s", 1, "LATEST", "");
    cr_assert(bench_call(&b, "DeleteStream", "{\"StreamName\":\"s\"}") == 200);
    b.now_us += US_PER_S;
    bench_stream(&b, "s", 1);
    bench_put(&b, "s", "a", STR("new"));
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(first)) == 200);
    cr_assert(json_at(b.out, "Records")->count == 1);
    cr_assert(str_eq(json_str(json_at(b.out, "Records.0.Data")), STR("bmV3")));
    cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(second)) == 400);
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "Shard shardId-000000000001 in"));
    bench_done(&b);
}

Test(kinesis_get, shard_iterators_are_refused_in_the_words_of_aws)
{
    /* Each type asks for its own parameter, and sequence numbers must be the shard's. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    struct str number = bench_put(&b, "s", "a", STR("x")); /* shard 0 */
    struct str after = str_printf(b.arena, ",\"StartingSequenceNumber\":\"%.*s\"", STR_ARG(number));
    const char *of_shard_0 = str_z(b.arena, after);
    bench_stream(&b, "another", 1);
    number = bench_put(&b, "another", "a", STR("x"));
    struct str of_another =
        str_printf(b.arena, ",\"StartingSequenceNumber\":\"%.*s\"", STR_ARG(number));
    struct {
        unsigned shard;
        const char *type, *more, *error, *words;
    } rows[] = {
        {2, "LATEST", "", "ResourceNotFoundException",
         "shardId-000000000002 in stream s under account 000000000000"},
        {0, "AT_SEQUENCE_NUMBER", "", "InvalidArgumentException", "StartingSequenceNumber"},
        {0, "AT_SEQUENCE_NUMBER", ",\"StartingSequenceNumber\":\"12\"", "InvalidArgumentException",
         "Invalid StartingSequenceNumber. It encodes shardId-000000000012, while it was used in a "
         "call to a shard with shardId-000000000000"},
        {0, "AT_SEQUENCE_NUMBER",
         ",\"StartingSequenceNumber\":\"26227199374822427428162556223570313216\"",
         "InvalidArgumentException",
         "StartingSequenceNumber 26227199374822427428162556223570313216 used in GetShardIterator "
         "on "
         "shard shardId-000000000000 in stream s under account 000000000000 is invalid."},
        {0, "AT_SEQUENCE_NUMBER", ",\"StartingSequenceNumber\":\"0\"", "InvalidArgumentException",
         "is invalid because it did not come from this stream."},
        {1, "AFTER_SEQUENCE_NUMBER", of_shard_0, "InvalidArgumentException",
         "Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a "
         "call to a shard with shardId-000000000001"},
        {0, "AT_SEQUENCE_NUMBER", str_z(b.arena, of_another), "InvalidArgumentException",
         "is invalid because it did not come from this stream."},
        {0, "LATEST", of_shard_0, "InvalidArgumentException",
         "Request specified LATEST and also a StartingSequenceNumber."},
        {0, "AT_TIMESTAMP", "", "InvalidArgumentException",
         "Must specify timestampInMillis parameter"},
        {0, "AT_TIMESTAMP", ",\"Timestamp\":1900000000", "InvalidArgumentException",
         "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."},
        {0, "SOMEWHERE", "", "ValidationException", "Member must satisfy enum value set:"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(bench_iterator(&b, "s", rows[i].shard, rows[i].type, rows[i].more).len == 0,
                  "row %zu", i);
        cr_expect(bench_refused(&b, rows[i].error, rows[i].words), "row %zu", i);
    }
    cr_assert(bench_call(&b, "ListShards", "{\"StreamName\":\"s\"}") == 200);
    struct str first = json_str(
        json_at(json_at(b.out, "Shards")->first, "SequenceNumberRange.StartingSequenceNumber"));
    struct str more = str_printf(b.arena, ",\"StartingSequenceNumber\":\"%.*s\"", STR_ARG(first));
    for (int i = 0; i < 2; i++) { /* the starting number stands before the first record */
        struct str iterator =
            bench_iterator(&b, "s", 0, i == 0 ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER",
                           str_z(b.arena, more));
        cr_assert(bench_call(&b, "GetRecords", "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator)) ==
                  200);
        cr_assert(json_at(b.out, "Records")->count == 1);
    }
    bench_done(&b);
}
