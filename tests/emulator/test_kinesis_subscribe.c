/* SubscribeToShard: when events come, what they say, and when they end; among it what KCL's
 * enhanced fan-out relies on. Frames are read by the codec that botocore's frames are read with in
 * tests/wire. */
#include <string.h>
#include <criterion/criterion.h>
#include "base/encode.h"
#include "base/limits.h"
#include "kinesis_bench.h"
#include "wire/cbor.h"
#include "wire/eventstream.h"

#define ARN "arn:aws:kinesis:us-east-1:000000000000:stream/s"
#define RECORD_BYTES 1000

struct reader { /* one subscription as its client sees it */
    struct bench *b;
    struct exchange *x;
    struct http_response response;
    bool open;
    struct buf bytes;
    size_t at;
    struct eventstream_message message; /* the last one taken */
    struct json *event;                 /* its payload; NULL: not JSON */
};

static void subscribe(struct bench *b, struct reader *r, struct str type, struct str body)
{
    struct diag d = DIAG_INIT;
    struct http_request *head = NEW(b->arena, struct http_request);
    *r = (struct reader){.b = b};
    buf_init(&r->bytes, b->arena, 256 * MIB);
    http_request_init(head, b->arena, "POST", STR("127.0.0.1:4566"), STR("/"));
    http_headers_add(&head->headers, STR("X-Amz-Target"), STR("Kinesis_20131202.SubscribeToShard"));
    http_headers_add(&head->headers, STR("Content-Type"), type);
    r->x = emulator_begin(b->e, head, STR("tester"), b->arena);
    cr_assert(exchange_feed(r->x, body, &d) == ERR_OK);
    exchange_ready(r->x);
    struct emulator_outcome o = exchange_finish(r->x, b->now_us);
    exchange_render(r->x, &o);
    r->response = b->response = o.response;
    r->open = o.stream;
    b->out = NULL;
    if (!o.stream) {
        cr_assert(json_parse(b->arena, o.response.body, &b->out, &d) == ERR_OK);
    }
}

static void subscribe_at(struct bench *b, struct reader *r, struct str consumer, unsigned shard,
                         const char *position)
{
    subscribe(b, r, STR("application/x-amz-json-1.1"),
              str_printf(b->arena,
                         "{\"ConsumerARN\":\"%.*s\",\"ShardId\":\"shardId-%012u\","
                         "\"StartingPosition\":{%s}}",
                         STR_ARG(consumer), shard, position));
}

/* Takes the next message there is by now; false: none. */
static bool take(struct reader *r)
{
    struct diag d = DIAG_INIT;
    for (int i = 0; i < 2; i++) {
        enum err e = eventstream_read(buf_str(&r->bytes), &r->at, r->b->arena, &r->message, &d);
        if (e == ERR_OK) {
            r->event = NULL;
            struct diag quiet = DIAG_INIT;
            if (json_parse(r->b->arena, r->message.payload, &r->event, &quiet) != ERR_OK) {
                r->event = NULL;
            }
            return true;
        }
        cr_assert(e == ERR_NOT_FOUND, "%s", d.msg);
        r->open = r->open && exchange_pull(r->x, r->b->now_us, &r->bytes);
    }
    return false;
}

static bool is_event(const struct reader *r, const char *type)
{
    return str_eq(eventstream_text(&r->message, ":message-type"), STR("event")) &&
           str_eq(eventstream_text(&r->message, ":event-type"), str_of(type)) &&
           str_eq(eventstream_text(&r->message, ":content-type"),
                  STR("application/x-amz-json-1.1"));
}

/* KCL: "ContinuationSequenceNumber null <=> ChildShards not empty", each child with its parents. */
static bool end_is_consistent(const struct reader *r)
{
    bool last = json_str(json_at(r->event, "ContinuationSequenceNumber")).len == 0;
    const struct json *children = json_at(r->event, "ChildShards");
    bool has = children != NULL && children->count > 0;
    for (const struct json *c = has ? children->first : NULL; c != NULL; c = c->next) {
        if (json_at(c, "ParentShards.0") == NULL || json_at(c, "HashKeyRange") == NULL) {
            return false;
        }
    }
    return last == has;
}

/* Takes an event and returns how many records it has; -1: there is none. */
static int records(struct reader *r)
{
    if (!take(r)) {
        return -1;
    }
    cr_assert(is_event(r, "SubscribeToShardEvent"), "%.*s", STR_ARG(r->message.payload));
    cr_assert(end_is_consistent(r));
    return (int)json_at(r->event, "Records")->count;
}

static struct str text(const struct reader *r, const char *path)
{
    return json_str(json_at(r->event, path));
}

static bool begins(struct reader *r)
{
    return r->open && r->response.status == 200 &&
           str_eq(http_header(&r->response.headers, "Content-Type"),
                  STR("application/vnd.amazon.eventstream")) &&
           take(r) && is_event(r, "initial-response") && str_eq(r->message.payload, STR("{}"));
}

/* Lets timers fire as the front does, so that a stream that is not woken is not asked. */
static bool woken_at(struct reader *r, int64_t now_us)
{
    r->b->now_us = now_us;
    emulator_tick(r->b->e, now_us);
    return exchange_woken(r->x);
}

static struct str consumer(struct bench *b, const char *name)
{
    cr_assert(bench_call(b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"%s\"}", name) == 200);
    struct str arn = str_copy(b->arena, bench_text(b, "Consumer.ConsumerARN"));
    b->now_us += US_PER_S;
    emulator_tick(b->e, b->now_us);
    return arn;
}

Test(kinesis_subscribe, events_come_with_records_and_at_least_every_five_seconds)
{
    /* The initial response, an event at once, one with each put, an empty one after 5 seconds of
     * silence, each with a number to continue at; after 5 minutes the stream ends. */
    struct bench b;
    struct reader r;
    bench_init(&b, false);
    bench_stream(&b, "s", 1);
    struct str arn = consumer(&b, "c");
    cr_assert(bench_put(&b, "s", "before", STR("x")).len > 0);
    int64_t begun_us = b.now_us;
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(begins(&r) && records(&r) == 0 && !take(&r));
    cr_assert(text(&r, "ContinuationSequenceNumber").len == 56);
    cr_assert(!woken_at(&r, begun_us + 4 * US_PER_S) && !take(&r));
    cr_assert(bench_put(&b, "s", "after", STR("y")).len > 0 && exchange_woken(r.x));
    cr_assert(records(&r) == 1 && str_eq(text(&r, "Records.0.PartitionKey"), STR("after")));
    cr_assert(str_eq(text(&r, "Records.0.Data"), STR("eQ==")) && !take(&r));
    cr_assert(!woken_at(&r, begun_us + 8 * US_PER_S) || !take(&r));
    cr_assert(woken_at(&r, begun_us + 9 * US_PER_S) && records(&r) == 0 && !take(&r));
    int events = 0;
    for (int64_t at_us = b.now_us; at_us < begun_us + 300 * US_PER_S; at_us += US_PER_S) {
        events += woken_at(&r, at_us) && take(&r);
        cr_assert(r.open);
    }
    cr_assert(events == 58, "%d", events);
    cr_assert(woken_at(&r, begun_us + 300 * US_PER_S) && !take(&r) && !r.open);
    exchange_close(r.x);
    bench_done(&b);
}

Test(kinesis_subscribe, starting_positions_and_continuing)
{
    /* Each kind of position begins where it says; a continuation number goes on without loss or
     * repetition by AT_ and by AFTER_SEQUENCE_NUMBER; wrong positions are refused before a stream
     * begins. */
    struct bench b;
    struct reader r;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str arn = consumer(&b, "c"), numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = str_copy(b.arena, bench_put(&b, "s", "k", STR("x")));
        b.now_us += 10 * US_PER_S;
    }
    const struct {
        const char *type, *more;
        int number, count;
    } rows[] = {
        {"TRIM_HORIZON", "", -1, 4},         {"LATEST", "", -1, 0},
        {"AT_SEQUENCE_NUMBER", "", 1, 3},    {"AFTER_SEQUENCE_NUMBER", "", 1, 2},
        {"AFTER_SEQUENCE_NUMBER", "", 3, 0}, {"AT_TIMESTAMP", ",\"Timestamp\":1700000015", -1, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str number = rows[i].number < 0 ? STR_EMPTY
                                               : str_printf(b.arena, ",\"SequenceNumber\":\"%.*s\"",
                                                            STR_ARG(numbers[rows[i].number]));
        struct str position = str_printf(b.arena, "\"Type\":\"%s\"%s%.*s", rows[i].type,
                                         rows[i].more, STR_ARG(number));
        subscribe_at(&b, &r, arn, 0, str_printf(b.arena, "%.*s%c", STR_ARG(position), 0).ptr);
        cr_assert(begins(&r) && records(&r) == rows[i].count, "%s", rows[i].type);
        exchange_close(r.x);
        b.now_us += 5 * US_PER_S;
    }
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(begins(&r) && records(&r) == 0);
    struct str next = text(&r, "ContinuationSequenceNumber");
    exchange_close(r.x);
    cr_assert(str_cmp(next, numbers[3]) > 0);
    struct str later = str_copy(b.arena, bench_put(&b, "s", "k", STR("later")));
    cr_assert(str_cmp(next, later) < 0);
    static const char *const types[] = {"AT", "AFTER"};
    for (size_t i = 0; i < 2; i++) {
        b.now_us += 5 * US_PER_S;
        subscribe_at(&b, &r, arn, 0,
                     str_printf(b.arena,
                                "\"Type\":\"%s_SEQUENCE_NUMBER\",\"SequenceNumber\":\"%.*s\"%c",
                                types[i], STR_ARG(next), 0)
                         .ptr);
        cr_assert(begins(&r) && records(&r) == 1 &&
                  str_eq(text(&r, "Records.0.SequenceNumber"), later));
        exchange_close(r.x);
    }
    b.now_us += 5 * US_PER_S;
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"AT_SEQUENCE_NUMBER\"");
    cr_assert(bench_refused(&b, "InvalidArgumentException", "StartingSequenceNumber"));
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1800000000");
    cr_assert(bench_refused(&b, "InvalidArgumentException", "cannot be greater"));
    subscribe_at(&b, &r, arn, 7, "\"Type\":\"LATEST\"");
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "shardId-000000000007"));
    subscribe_at(&b, &r, STR(ARN "/consumer/none:1"), 0, "\"Type\":\"LATEST\"");
    cr_assert(bench_refused(&b, "ResourceNotFoundException", "Consumer"));
    bench_done(&b);
}

Test(kinesis_subscribe, kcl_shard_end_is_no_continuation_with_children)
{
    /* While a stream is split its subscribers read on; the event with the last record has the
     * children and no continuation, and is the last one, also when asked for again. */
    struct bench b;
    struct reader r;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str arn = consumer(&b, "c");
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"TRIM_HORIZON\"");
    cr_assert(begins(&r) && records(&r) == 0);
    cr_assert(bench_call(&b, "SplitShard",
                         "{\"StreamName\":\"s\",\"ShardToSplit\":\"shardId-000000000000\","
                         "\"NewStartingHashKey\":\"170141183460469231731687303715884105728\"}") ==
              200);
    cr_assert(bench_put(&b, "s", "k", STR("while updating")).len > 0);
    cr_assert(records(&r) == 1 && r.open && !take(&r));
    cr_assert(woken_at(&r, b.now_us + US_PER_S) && records(&r) == 0 && !r.open);
    cr_assert(json_at(r.event, "ChildShards")->count == 2 && !take(&r));
    cr_assert(str_eq(text(&r, "ChildShards.1.ParentShards.0"), STR("shardId-000000000000")));
    exchange_close(r.x);
    b.now_us += 5 * US_PER_S;
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"TRIM_HORIZON\"");
    cr_assert(begins(&r) && records(&r) == 1 && json_at(r.event, "ChildShards")->count == 2);
    cr_assert(!r.open && !take(&r));
    exchange_close(r.x);
    subscribe_at(&b, &r, arn, 1, "\"Type\":\"TRIM_HORIZON\"");
    cr_assert(begins(&r) && records(&r) == 0 && r.open);
    exchange_close(r.x);
    bench_done(&b);
}

Test(kinesis_subscribe, a_second_call_is_refused_and_later_takes_over)
{
    /* Within 5 seconds of a call that succeeded: ResourceInUseException, whether its stream is open
     * or not; from then on the new stream lives and the old one ends with that exception. Other
     * consumers and shards are not concerned. */
    struct bench b;
    struct reader first, second, other;
    bench_init(&b, true);
    bench_stream(&b, "s", 2);
    cr_assert(bench_call(&b, "RegisterStreamConsumer",
                         "{\"StreamARN\":\"" ARN "\",\"ConsumerName\":\"c\"}") == 200);
    struct str arn = str_copy(b.arena, bench_text(&b, "Consumer.ConsumerARN"));
    subscribe_at(&b, &first, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(bench_refused(&b, "ResourceInUseException", "CREATING"));
    b.now_us += US_PER_S;
    subscribe_at(&b, &first, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(begins(&first) && records(&first) == 0);
    b.now_us += 4999 * US_PER_MS;
    subscribe_at(&b, &second, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(bench_refused(&b, "ResourceInUseException", "Another active subscription exists"));
    subscribe_at(&b, &other, arn, 1, "\"Type\":\"LATEST\"");
    cr_assert(begins(&other));
    exchange_close(other.x);
    b.now_us += US_PER_MS;
    subscribe_at(&b, &second, arn, 0, "\"Type\":\"LATEST\"");
    cr_assert(begins(&second) && records(&second) == 0);
    cr_assert(exchange_woken(first.x) && take(&first));
    cr_assert(str_eq(eventstream_text(&first.message, ":message-type"), STR("exception")));
    cr_assert(
        str_eq(eventstream_text(&first.message, ":exception-type"), STR("ResourceInUseException")));
    cr_assert(text(&first, "message").len > 0 && !first.open && !take(&first));
    exchange_close(first.x);
    cr_assert(bench_put(&b, "s", "a", STR("x")).len > 0 && records(&second) == 1);
    cr_assert(bench_call(&b, "DeregisterStreamConsumer", "{\"ConsumerARN\":\"%.*s\"}",
                         STR_ARG(arn)) == 200);
    cr_assert(woken_at(&second, b.now_us + US_PER_S) && take(&second) && !second.open);
    cr_assert(str_eq(eventstream_text(&second.message, ":exception-type"),
                     STR("ResourceNotFoundException")));
    exchange_close(second.x);
    bench_done(&b);
}

Test(kinesis_subscribe, two_mebibytes_a_second_and_how_far_behind)
{
    /* A backlog of 6 MiB leaves at 2 MiB a second after what the bucket held, in order, and
     * MillisBehindLatest is 0 only with the last of it. A record of 10 MiB is one event. */
    struct bench b;
    struct reader r;
    char *bytes;
    bench_init(&b, false);
    cr_assert(bench_call(&b, "CreateStream",
                         "{\"StreamName\":\"s\",\"ShardCount\":1,\"MaxRecordSizeInKiB\":10240}") ==
              200);
    b.now_us += US_PER_S;
    struct str arn = consumer(&b, "c");
    bytes = arena_alloc(b.arena, 10 * MIB);
    for (int i = 0; i < 6; i++) {
        cr_assert(bench_put(&b, "s", "k", str_n(bytes, MIB - 1)).len > 0);
        b.now_us += US_PER_S;
    }
    int64_t begun_us = b.now_us, taken = 0, behind_ms = -1;
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"TRIM_HORIZON\"");
    cr_assert(begins(&r));
    while (taken < 6) {
        int count = records(&r);
        if (count < 0) {
            int64_t next_us = emulator_next_timer(b.e);
            cr_assert(next_us > b.now_us && woken_at(&r, next_us));
            continue;
        }
        taken += count;
        struct diag d = DIAG_INIT;
        cr_assert(json_i64(json_at(r.event, "MillisBehindLatest"), &behind_ms, &d) == ERR_OK);
        cr_assert((behind_ms == 0) == (taken == 6));
    }
    int64_t took_ms = (b.now_us - begun_us) / US_PER_MS;
    cr_assert(took_ms > 1400 && took_ms < 2600, "%lld ms", (long long)took_ms);
    b.now_us += 10 * US_PER_S;
    struct str large = str_n(bytes, 10 * MIB - 1);
    cr_assert(bench_put(&b, "s", "k", large).len > 0);
    cr_assert(records(&r) == 1 && text(&r, "Records.0.Data").len == (large.len + 2) / 3 * 4);
    exchange_close(r.x);
    bench_done(&b);
}

Test(kinesis_subscribe, kcl_speaks_cbor_and_faults_break_frames)
{
    /* A client that asks in CBOR is told in CBOR, data as bytes; a stream with the fault bad_crc
     * has one frame whose checksum is wrong; encrypted records say so. */
    struct bench b;
    struct reader r;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    struct str arn = consumer(&b, "c");
    cr_assert(bench_call(&b, "StartStreamEncryption",
                         "{\"StreamName\":\"s\",\"EncryptionType\":\"KMS\",\"KeyId\":\"k\"}") ==
              200);
    b.now_us += US_PER_S;
    cr_assert(bench_put(&b, "s", "k", STR("\xff\x01")).len > 0);
    cr_assert(str_eq(bench_text(&b, "EncryptionType"), STR("KMS")));
    struct buf ask;
    buf_init(&ask, b.arena, 4096);
    cbor_out_map(&ask, 3);
    cbor_out_text(&ask, STR("ConsumerARN"));
    cbor_out_text(&ask, arn);
    cbor_out_text(&ask, STR("ShardId"));
    cbor_out_text(&ask, STR("shardId-000000000000"));
    cbor_out_text(&ask, STR("StartingPosition"));
    cbor_out_map(&ask, 1);
    cbor_out_text(&ask, STR("Type"));
    cbor_out_text(&ask, STR("TRIM_HORIZON"));
    subscribe(&b, &r, STR("application/x-amz-cbor-1.1"), buf_str(&ask));
    cr_assert(r.open && take(&r) && str_eq(r.message.payload, STR("\xa0")));
    cr_assert(
        str_eq(eventstream_text(&r.message, ":content-type"), STR("application/x-amz-cbor-1.1")));
    cr_assert(take(&r) && r.event == NULL && str_contains(r.message.payload, STR("\x42\xff\x01")));
    cr_assert(str_contains(r.message.payload, STR("KMS")));
    exchange_close(r.x);
    b.now_us += 5 * US_PER_S;
    bench_fault(&b, "[{\"on\":\"kinesis:SubscribeToShard\",\"phase\":\"wire\",\"wire\":"
                    "\"bad_crc\"}]");
    subscribe_at(&b, &r, arn, 0, "\"Type\":\"TRIM_HORIZON\"");
    cr_assert(r.open && exchange_pull(r.x, b.now_us, &r.bytes));
    struct diag d = DIAG_INIT;
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        e = eventstream_read(buf_str(&r.bytes), &r.at, b.arena, &r.message, &d);
    }
    cr_assert(e == ERR_CORRUPT);
    exchange_close(r.x);
    bench_done(&b);
}
