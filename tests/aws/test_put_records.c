#include <criterion/criterion.h>

#include "aws/kinesis.h"
#include "aws_script.h"
#include "base/json.h"
#include "base/limits.h"

/* ---- a stream that stores what it is sent ---- */

#define STORED_MAX 4096
struct fake_stream {
    struct str stored[STORED_MAX]; /* partition keys, in order */
    size_t stored_count;
    int refuse_every; /* every n-th entry is refused once; 0: none */
    size_t seen;
    const char *refusal;
};

static struct script_answer store(struct script *s, const struct http_request *request,
                                  struct arena *a)
{
    struct fake_stream *stream = s->ctx;
    struct diag d = DIAG_INIT;
    struct json *body = NULL;
    struct buf out;
    size_t failed = 0;
    cr_assert_eq(json_parse(s->arena, str_copy(s->arena, request->body), &body, &d), ERR_OK, "%s",
                 d.msg);
    buf_init(&out, a, MIB);
    const struct json *records = json_at(body, "Records");
    for (const struct json *node = records->first; node != NULL; node = node->next) {
        struct str key = json_str(json_at(node, "PartitionKey"));
        stream->seen++;
        buf_add_z(&out, out.len == 0 ? "{\"Records\":[" : ",");
        if (stream->refuse_every > 0 && stream->seen % (size_t)stream->refuse_every == 0) {
            buf_addf(&out, "{\"ErrorCode\":\"%s\",\"ErrorMessage\":\"slow\"}", stream->refusal);
            failed++;
            continue;
        }
        buf_addf(&out, "{\"SequenceNumber\":\"%zu\",\"ShardId\":\"shard-0\"}",
                 stream->stored_count);
        stream->stored[stream->stored_count++] = key;
    }
    buf_addf(&out, "],\"FailedRecordCount\":%zu}", failed);
    return (struct script_answer){.status = 200, .body = str_z(a, buf_str(&out))};
}

static struct kinesis_entry *make_entries(struct arena *a, size_t count, size_t data_bytes)
{
    struct kinesis_entry *entries = NEW_ARRAY(a, struct kinesis_entry, count);
    struct str data = str_n(arena_alloc(a, data_bytes), data_bytes);
    for (size_t i = 0; i < count; i++) {
        entries[i].partition_key = str_printf(a, "k%03zu", i);
        entries[i].data = data;
    }
    return entries;
}

static size_t records_in(const struct script *s, size_t n)
{
    struct diag d = DIAG_INIT;
    struct json *body = NULL;
    cr_assert_eq(json_parse(s->arena, s->sent[n]->body, &body, &d), ERR_OK, "%s", d.msg);
    return json_at(body, "Records")->count;
}

Test(kinesis_put, sends_compact_json)
{
    /* The exact request, and what the answer gives back. base64 of "hello" is RFC 4648's. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_entry e[2] = {{.partition_key = STR("p\"1"), .data = STR("hello")},
                                 {.partition_key = STR("p2"), .data = STR("")}};
    SCRIPT(s, {.status = 200,
               .body = "{\"EncryptionType\":\"NONE\",\"FailedRecordCount\":0,\"Records\":[{"
                       "\"SequenceNumber\":\"49\",\"ShardId\":\"shardId-0\"},"
                       "{\"SequenceNumber\":\"50\",\"ShardId\":\"shardId-1\"}]}"});
    cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 2, 0, s->arena, &d), ERR_OK, "%s", d.msg);
    assert_body(
        s, 0,
        "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"p\\\"1\"},"
        "{\"Data\":\"\",\"PartitionKey\":\"p2\"}]}");
    cr_assert(same(s->sent[0]->method, "POST") && same(s->sent[0]->path, "/") &&
              s->sent[0]->query.len == 0);
    cr_assert(
        same(http_header(&s->sent[0]->headers, "X-Amz-Target"), "Kinesis_20131202.PutRecords"));
    cr_assert(
        same(http_header(&s->sent[0]->headers, "Content-Type"), "application/x-amz-json-1.1"));
    cr_assert(e[0].acknowledged && same(e[0].sequence_number, "49") &&
              same(e[0].shard_id, "shardId-0"));
    cr_assert(e[1].acknowledged && same(e[1].sequence_number, "50") &&
              same(e[1].shard_id, "shardId-1"));
    cr_assert_eq(kinesis_put(&s->client, STR("s"), NULL, 0, 0, s->arena, &d), ERR_OK);
    cr_assert_eq(s->sent_count, 1);
    script_free(s);
}

Test(kinesis_put, splits_at_500_entries_and_5_mib)
{
    /* No request is over either limit, none could have taken the next entry, the order is kept. */
    static const struct {
        size_t count, data_bytes, requests[4];
    } rows[] = {
        {500, 10, {500}},         {501, 10, {500, 1}}, {1201, 10, {500, 500, 201}},
        {10, MIB - 4, {5, 5}},    /* data and key together exactly 5 MiB */
        {10, MIB - 3, {4, 4, 2}}, /* one byte an entry more */
        {2, 6 * MIB, {1, 1}}, /* too large for any request: sent alone, for the service to refuse */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct fake_stream *stream = NEW(s->arena, struct fake_stream);
        struct kinesis_entry *e = make_entries(s->arena, rows[i].count, rows[i].data_bytes);
        s->answer_fn = store;
        s->ctx = stream;
        cr_assert_eq(kinesis_put(&s->client, STR("s"), e, rows[i].count, 0, s->arena, &d), ERR_OK,
                     "%s", d.msg);
        for (size_t n = 0; n < 4 && rows[i].requests[n] > 0; n++) {
            cr_assert(n < s->sent_count, "row %zu", i);
            cr_assert_eq(records_in(s, n), rows[i].requests[n], "row %zu request %zu", i, n);
        }
        cr_assert_eq(stream->stored_count, rows[i].count, "row %zu", i);
        for (size_t n = 0; n < rows[i].count; n++) {
            cr_assert(str_eq(stream->stored[n], e[n].partition_key) && e[n].acknowledged,
                      "row %zu entry %zu", i, n);
        }
        script_free(s);
    }
}

Test(kinesis_put, sends_only_failed_entries_again)
{
    /* Entries 1 and 3 fail, then 3 alone: three requests, with exactly those entries, after a
     * backoff each. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_entry *e = make_entries(s->arena, 5, 1);
    SCRIPT(
        s,
        {.status = 200,
         .body =
             "{\"FailedRecordCount\":2,\"Records\":[{\"SequenceNumber\":\"10\",\"ShardId\":\"a\"},"
             "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"Rate "
             "exceeded\"},"
             "{\"SequenceNumber\":\"12\",\"ShardId\":\"a\"},{\"ErrorCode\":\"InternalFailure\","
             "\"ErrorMessage\":\"x\"},"
             "{\"SequenceNumber\":\"14\",\"ShardId\":\"a\"}]}"},
        {.status = 200,
         .body =
             "{\"FailedRecordCount\":1,\"Records\":[{\"SequenceNumber\":\"21\",\"ShardId\":\"b\"},"
             "{\"ErrorCode\":\"InternalFailure\",\"ErrorMessage\":\"x\"}]}"},
        {.status = 200,
         .body = "{\"FailedRecordCount\":0,\"Records\":[{\"SequenceNumber\":\"33\",\"ShardId\":"
                 "\"b\"}]}"});
    cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 5, 0, s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(d.code, ERR_OK);
    cr_assert_eq(s->sent_count, 3);
    cr_assert_eq(s->sleep_count, 2);
    assert_body(s, 1,
                "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"AA==\",\"PartitionKey\":\"k001\"},"
                "{\"Data\":\"AA==\",\"PartitionKey\":\"k003\"}]}");
    assert_body(
        s, 2, "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"AA==\",\"PartitionKey\":\"k003\"}]}");
    static const char *const sequences[] = {"10", "21", "12", "33", "14"};
    for (size_t i = 0; i < 5; i++) {
        cr_assert(e[i].acknowledged && same(e[i].sequence_number, sequences[i]), "entry %zu", i);
    }
    script_free(s);
}

Test(kinesis_put, many_partial_failures_store_each_entry_once)
{
    /* 1,300 entries of which every seventh is refused at each sight: all stored, none twice. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct fake_stream *stream = NEW(s->arena, struct fake_stream);
    struct kinesis_entry *e = make_entries(s->arena, 1300, 3);
    *stream = (struct fake_stream){.refuse_every = 7,
                                   .refusal = "ProvisionedThroughputExceededException"};
    s->answer_fn = store;
    s->ctx = stream;
    cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 1300, 0, s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(stream->stored_count, 1300);
    for (size_t i = 0; i < 1300; i++) {
        int64_t place = -1;
        cr_assert_eq(str_i64(e[i].sequence_number, &place, &d), ERR_OK, "%s", d.msg);
        cr_assert(str_eq(stream->stored[place], e[i].partition_key), "entry %zu", i);
    }
    script_free(s);
}

Test(kinesis_put, gives_up_after_its_rounds)
{
    /* The error is the entries' own, flags say what is in; a later chunk is not begun. */
    static const struct {
        const char *refusal;
        enum err result;
    } rows[] = {{"ProvisionedThroughputExceededException", ERR_THROTTLED},
                {"InternalFailure", ERR_UNAVAILABLE}};
    for (size_t i = 0; i < 2; i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct fake_stream *stream = NEW(s->arena, struct fake_stream);
        struct kinesis_entry *e = make_entries(s->arena, 501, 1);
        *stream = (struct fake_stream){.refuse_every = 1, .refusal = rows[i].refusal};
        s->answer_fn = store;
        s->ctx = stream;
        cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 501, 4, s->arena, &d), rows[i].result,
                     "%s", d.msg);
        cr_assert(diag_is_named(&d, rows[i].refusal), "%s", d.name);
        cr_assert(strstr(d.msg, "stream s, round 4, 500 of 500 entries") != NULL, "%s", d.msg);
        cr_assert_eq(s->sent_count, 4);
        cr_assert_eq(s->sleep_count, 3);
        cr_assert(!e[0].acknowledged && !e[500].acknowledged);
        script_free(s);
    }
}

Test(kinesis_put, a_lost_answer_is_unknown_never_a_refusal)
{
    /* Lost answers are put again; with no rounds left the result is ERR_UNKNOWN although the last
     * word was a refusal. */
    struct script *s = script_new();
    struct diag d = DIAG_INIT;
    struct kinesis_entry *e = make_entries(s->arena, 1, 1);
    const struct script_answer lost = {.fail = ERR_UNKNOWN};
    SCRIPT(s, lost, lost, lost,
           {.status = 200, .body = "{\"Records\":[{\"SequenceNumber\":\"1\",\"ShardId\":\"a\"}]}"});
    cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 1, 2, s->arena, &d), ERR_OK, "%s", d.msg);
    cr_assert(e[0].acknowledged);

    const struct script_answer refused = {
        .status = 200, .body = "{\"Records\":[{\"ErrorCode\":\"InternalFailure\"}]}"};
    SCRIPT(s, lost, refused, refused);
    cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 1, 2, s->arena, &d), ERR_UNKNOWN);
    cr_assert(diag_is_named(&d, "InternalFailure") && !e[0].acknowledged);

    /* an answer that cannot be matched to the entries may stand for stored ones */
    static const char *const odd[] = {
        "{}",
        "{\"Records\":[]}",
        "{\"Records\":[{\"SequenceNumber\":\"1\"},{\"SequenceNumber\":\"2\"}]}",
        "",
        "{\"Records\":[{",
        "[]"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        diag_clear(&d);
        SCRIPT(s, {.status = 200, .body = odd[i]}, refused);
        cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 1, 2, s->arena, &d), ERR_UNKNOWN,
                     "%s: %s", odd[i], d.msg);
        cr_assert(!e[0].acknowledged);
    }
    script_free(s);
}

Test(kinesis_put, the_kth_call_fails)
{
    /* 1,100 entries in three requests; each fault at each call in turn. What is retried stores
     * everything, exactly once when nothing could have been applied; what is not leaves the flags
     * right and the rest unsent. */
    for (size_t f = 0; f < SCRIPT_FAULT_COUNT; f++) {
        const struct script_fault *fault = &SCRIPT_FAULTS[f];
        for (size_t k = 0; k < 4; k++) {
            struct script *s = script_new();
            struct diag d = DIAG_INIT;
            struct fake_stream *stream = NEW(s->arena, struct fake_stream);
            struct kinesis_entry *e = make_entries(s->arena, 1100, 1);
            size_t acknowledged = 0;
            s->answer_fn = store;
            s->ctx = stream;
            s->fault_at = k;
            s->fault = fault->answer;
            s->fault_applies = fault->uncertain;
            enum err want = k < 3 ? fault->result : ERR_OK;
            cr_assert_eq(kinesis_put(&s->client, STR("s"), e, 1100, 0, s->arena, &d), want,
                         "%s at %zu: %s", fault->what, k, d.msg);
            cr_assert_eq(d.code, want);
            for (size_t i = 0; i < 1100; i++) {
                acknowledged += e[i].acknowledged ? 1 : 0;
            }
            bool hit = k < 3;
            cr_assert_eq(acknowledged, want == ERR_OK ? 1100 : 500 * k, "%s at %zu", fault->what,
                         k);
            cr_assert_eq(s->sent_count, want == ERR_OK ? (hit ? 4u : 3u) : k + 1, "%s at %zu",
                         fault->what, k);
            size_t twice = hit && fault->uncertain ? (k < 2 ? 500 : 100) : 0;
            cr_assert_eq(stream->stored_count, acknowledged + twice, "%s at %zu", fault->what, k);
            script_free(s);
        }
    }
}
