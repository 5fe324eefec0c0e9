/* The journal: a state that is made again from its entries answers as the one that was lost, and
 * what cannot be written is not acknowledged. Over a journal in memory that can fail. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/limits.h"
#include "emulator/journal/journal_memory.h"
#include "emulator_client.h"

#define CLOCK_POST "/_aforo/clock"

struct desk { /* an emulator with a journal, and its clients */
    struct arena *arena;
    struct journal_memory *memory;
    struct emulator_client c;
};

static struct desk desk_new(void)
{
    struct desk k = {.arena = arena_new("desk", 4 * GIB)};
    k.memory = journal_memory_new(k.arena);
    struct emulator_options options = {.seed = 5, .journal = journal_memory_journal(k.memory)};
    k.c = client_new_with(&options);
    emulator_replayed(k.c.emulator, k.c.now_us);
    return k;
}

static void desk_free(struct desk *k)
{
    client_free(&k->c);
    arena_free(k->arena);
}

/* A POST of JSON: to Kinesis by its target, or to a control path. */
static int post(struct emulator_client *c, const char *path, const char *target, const char *body)
{
    struct http_request r;
    struct http_response *response = NEW(c->arena, struct http_response);
    http_request_init(&r, c->arena, "POST", STR("127.0.0.1:4566"), str_of(path));
    if (target != NULL) {
        http_headers_add(&r.headers, STR("X-Amz-Target"),
                         str_printf(c->arena, "Kinesis_20131202.%s", target));
        http_headers_add(&r.headers, STR("Content-Type"), STR("application/x-amz-json-1.1"));
    }
    r.body = str_copy(c->arena, str_of(body));
    c->out = emulator_dispatch(c->emulator, &r, STR("tester"), c->now_us, c->arena);
    *response = c->out.response;
    c->response = response;
    c->root = NULL;
    return response->status;
}

static int kinesis(struct emulator_client *c, const char *target, const char *body)
{
    return post(c, "/", target, body);
}

/* ---- what a client can see ---- */

static void see(struct emulator_client *c, struct buf *out)
{
    buf_addf(out, "%d ", c->response->status);
    buf_add(out, c->response->body);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < c->response->headers.count; i++) {
        const struct http_header *h = &c->response->headers.items[i];
        if (!str_eq_nocase(h->name, STR("x-amz-request-id")) &&
            !str_eq_nocase(h->name, STR("x-amz-id-2")) &&
            !str_eq_nocase(h->name, STR("x-amzn-requestid"))) {
            buf_addf(out, "%.*s: %.*s\n", STR_ARG(h->name), STR_ARG(h->value));
        }
    }
}

/* Request ids are in bodies, too: they are no state. */
static struct str without(struct arena *a, struct str text, const char *element)
{
    struct buf out;
    buf_init(&out, a, text.len + 1);
    struct str open = str_of(element);
    for (size_t at = str_find_str(text, open); at != STR_NONE; at = str_find_str(text, open)) {
        buf_add(&out, str_slice(text, 0, at));
        text = str_from(text, at + open.len);
        text = str_from(text, str_find(text, '<'));
    }
    buf_add(&out, text);
    return buf_str(&out);
}

static struct str without_request_ids(struct arena *a, struct str text)
{
    return without(a, without(a, text, "<RequestId>"), "<HostId>");
}

static const char *const s3_reads[] = {
    "/",
    "/photos?list-type=2",
    "/photos?versions",
    "/photos?uploads",
    "/photos?versioning",
    "/photos?tagging",
    "/photos/one",
    "/photos/large",
    "/photos/joined",
    "/photos/copied",
    "/photos/gone",
    "/photos/one?tagging",
    "/photos/part?uploadId=none",
};

/* Everything that the API tells of the state, as one text. */
static struct str walk(struct emulator_client *c, struct arena *a)
{
    struct buf out;
    buf_init(&out, a, 256 * MIB);
    for (size_t i = 0; i < sizeof(s3_reads) / sizeof(s3_reads[0]); i++) {
        (void)client_s3(c, "GET", s3_reads[i], "", STR_EMPTY);
        see(c, &out);
    }
    static const char *const sns_reads[] = {"Action=ListTopics", "Action=ListSubscriptions"};
    for (size_t i = 0; i < 2; i++) {
        (void)client_sns(c, sns_reads[i]);
        see(c, &out);
    }
    (void)kinesis(c, "ListStreams", "{}");
    see(c, &out);
    (void)kinesis(c, "DescribeStreamSummary", "{\"StreamName\":\"clicks\"}");
    see(c, &out);
    (void)kinesis(c, "ListShards", "{\"StreamName\":\"clicks\"}");
    see(c, &out);
    (void)kinesis(c, "ListTagsForStream", "{\"StreamName\":\"clicks\"}");
    see(c, &out);
    struct emulator_record r;
    for (uint64_t cursor = 0; emulator_record_next(c->emulator, &cursor, &r);) {
        buf_addf(&out, "%.*s %.*s %.*s %.*s %.*s %lld\n", STR_ARG(r.stream), STR_ARG(r.shard_id),
                 STR_ARG(r.sequence_number), STR_ARG(r.partition_key), STR_ARG(r.data),
                 (long long)r.arrived_us);
    }
    struct emulator_message m;
    for (uint64_t cursor = 0; emulator_message_next(c->emulator, &cursor, &m);) {
        buf_addf(&out, "%.*s %.*s %.*s\n", STR_ARG(m.topic_arn), STR_ARG(m.message_id),
                 STR_ARG(m.message));
    }
    return without_request_ids(a, buf_str(&out));
}

/* ---- what is done ---- */

static void put_records(struct emulator_client *c, int n)
{
    struct buf body;
    buf_init(&body, c->arena, 1 * MIB);
    buf_addf(&body, "{\"Records\":[");
    for (int i = 0; i < n; i++) {
        buf_addf(&body, "%s{\"Data\":\"QUJD\",\"PartitionKey\":\"k%d\"}", i > 0 ? "," : "", i);
    }
    buf_addf(&body, "],\"StreamName\":\"clicks\"}");
    (void)kinesis(c, "PutRecords", str_z(c->arena, buf_str(&body))); /* a fault may refuse it */
}

static void upload(struct emulator_client *c)
{
    char target[200], list[400];
    char etags[2][64];
    (void)client_s3(c, "POST", "/photos/joined?uploads", "", STR_EMPTY);
    const char *id = client_text(c, "UploadId");
    for (int i = 1; i <= 2; i++) {
        (void)snprintf(target, sizeof(target), "/photos/joined?partNumber=%d&uploadId=%s", i, id);
        (void)client_s3(c, "PUT", target, "", client_pattern(c, 5 * MIB + 3, (uint64_t)i));
        (void)snprintf(etags[i - 1], sizeof(etags[0]), "%s", client_header(c, "ETag"));
    }
    (void)snprintf(target, sizeof(target), "/photos/joined?uploadId=%s", id);
    (void)snprintf(list, sizeof(list),
                   "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part>"
                   "<Part><PartNumber>2</PartNumber><ETag>%s</ETag></Part>"
                   "</CompleteMultipartUpload>",
                   etags[0], etags[1]);
    (void)client_s3(c, "POST", target, "", str_copy(c->arena, str_of(list)));
}

/* Step i of a life; each at its own time. false: there is none. */
static bool step(struct emulator_client *c, int i)
{
    c->now_us += US_PER_S;
    switch (i) {
    case 0:
        return kinesis(c, "CreateStream", "{\"StreamName\":\"clicks\",\"ShardCount\":2}") > 0;
    case 1:
        c->now_us += US_PER_HOUR;
        put_records(c, 100);
        return true;
    case 2:
        (void)client_s3(c, "PUT", "/photos", "", STR_EMPTY);
        return true;
    case 3:
        (void)client_s3(c, "PUT", "/photos/one", "x-amz-tagging: a=b\nContent-Type: text/plain",
                        STR("hello"));
        return true;
    case 4:
        (void)client_s3(c, "PUT", "/photos/large", "", client_pattern(c, 3 * MIB, 9));
        return true;
    case 5:
        upload(c);
        return true;
    case 6:
        (void)client_s3(c, "PUT", "/photos?versioning", "",
                        STR("<VersioningConfiguration><Status>Enabled</Status>"
                            "</VersioningConfiguration>"));
        return true;
    case 7:
        (void)client_s3(c, "PUT", "/photos/gone", "", client_pattern(c, 70 * KIB, 3));
        (void)client_s3(c, "PUT", "/photos/gone", "", client_pattern(c, 90 * KIB, 4));
        (void)client_s3(c, "DELETE", "/photos/gone", "", STR_EMPTY);
        return true;
    case 8:
        (void)client_s3(c, "PUT", "/photos/copied", "x-amz-copy-source: /photos/joined", STR_EMPTY);
        return true;
    case 9:
        (void)client_sns(c, "Action=CreateTopic&Name=news");
        (void)client_sns(c, "Action=Publish&Message=hello"
                            "&TopicArn=arn:aws:sns:us-east-1:000000000000:news");
        return true;
    case 10:
        (void)kinesis(c, "SplitShard",
                      "{\"StreamName\":\"clicks\",\"ShardToSplit\":\"shardId-000000000000\","
                      "\"NewStartingHashKey\":\"1000\"}");
        return true;
    case 11:
        cr_assert_eq(post(c, CLOCK_POST, NULL, "{\"freeze\":true,\"advance\":\"PT1H\"}"), 200);
        put_records(c, 5);
        return true;
    case 12:
        cr_assert_eq(post(c, CLOCK_POST, NULL, "{\"resume\":true}"), 200);
        put_records(c, 5);
        return true;
    default:
        return false;
    }
}

static void live(struct emulator_client *c)
{
    for (int i = 0; step(c, i); i++) {
    }
}

/* Another emulator of the first `count` entries. */
static struct emulator_client again(const struct desk *k, size_t count)
{
    struct emulator_options options = {.seed = 77, .journal = journal_memory_journal(k->memory)};
    struct emulator_client c = client_new_with(&options);
    struct diag d = DIAG_INIT;
    for (size_t i = 0; i < count; i++) {
        cr_assert(emulator_replay(c.emulator, journal_memory_entry(k->memory, i), &d) == ERR_OK,
                  "entry %zu: %s", i, d.msg);
    }
    emulator_replayed(c.emulator, k->c.now_us);
    c.now_us = k->c.now_us;
    return c;
}

/* Whether the state of the desk comes back from its first `count` entries. */
static void expect_same(struct desk *k, size_t count)
{
    struct emulator_client other = again(k, count);
    struct str before = walk(&k->c, k->arena), after = walk(&other, k->arena);
    if (!str_eq(before, after)) {
        size_t at = 0;
        while (at < before.len && at < after.len && before.ptr[at] == after.ptr[at]) {
            at++;
        }
        at = at > 200 ? at - 200 : 0;
        cr_expect(false, "before: %.*s\n--- after: %.*s", STR_ARG(str_slice(before, at, at + 600)),
                  STR_ARG(str_slice(after, at, at + 600)));
    }
    client_free(&other);
}

/* ---- the tests ---- */

Test(journal, a_state_comes_back_as_it_was)
{
    /* Everything that the API tells is the same before and after, twice over; reading adds no
     * entry, and bodies that are large lie in the journal once. */
    struct desk k = desk_new();
    live(&k.c);
    size_t count = journal_memory_count(k.memory);
    struct str seen = walk(&k.c, k.arena);
    cr_expect(str_contains(seen, STR("shardId-000000000003")));
    cr_expect(str_contains(seen, STR("<Key>copied</Key>")));
    cr_expect(str_contains(seen, STR("<DeleteMarker>")));
    cr_expect_eq(journal_memory_count(k.memory), count, "a read was recorded");
    expect_same(&k, count);
    cr_expect_geq(journal_memory_count(k.memory), count + 1); /* the second session */
    expect_same(&k, count);
    desk_free(&k);
}

Test(journal, nothing_is_acknowledged_that_was_not_written)
{
    /* Whichever append fails: from there on no change is acknowledged, reads go on, and the entries
     * are those of a state in which the acknowledged steps are done. */
    bool failed = true;
    for (size_t n = 1; failed && n < 60; n++) {
        struct desk k = desk_new();
        journal_memory_fail_at(k.memory, n);
        failed = false;
        for (int i = 0; !failed && step(&k.c, i); i++) {
            failed = emulator_saved(k.c.emulator, k.c.out.journal_end) == JOURNAL_FAILED ||
                     emulator_saved(k.c.emulator, 0) == JOURNAL_FAILED;
        }
        if (failed) {
            int put = client_s3(&k.c, "PUT", "/other", "", STR_EMPTY);
            cr_expect_eq(put, 500, "n %zu: a write after the failure: %d", n, put);
            cr_expect_str_eq(client_text(&k.c, "Code"), "InternalError");
            cr_expect_eq(
                kinesis(&k.c, "CreateStream", "{\"StreamName\":\"late\",\"ShardCount\":1}"), 500);
            cr_expect_eq(client_s3(&k.c, "GET", "/", "", STR_EMPTY), 200);
        }
        struct emulator_client other = again(&k, journal_memory_count(k.memory));
        cr_expect_eq(client_s3(&other, "GET", "/", "", STR_EMPTY), 200);
        client_free(&other);
        desk_free(&k);
    }
    cr_expect(!failed, "the life has more appends than were tried");
}

static void add_faults(struct emulator_client *c, const char *rules)
{
    struct http_request r;
    http_request_init(&r, c->arena, "POST", STR("127.0.0.1:4566"), STR("/_aforo/faults"));
    r.body = str_copy(c->arena, str_of(rules));
    struct emulator_outcome o = emulator_dispatch(c->emulator, &r, STR_EMPTY, c->now_us, c->arena);
    cr_assert_eq(o.response.status, 200, "%.*s", STR_ARG(o.response.body));
}

Test(journal, faults_come_back_as_what_they_did)
{
    /* Lost answers were applied, rejected calls were not, doubled ones twice, partial ones in the
     * same entries; and none is decided again. */
    static const char *const phases[] = {"lose_response", "reject",  "apply_reject",
                                         "duplicate",     "partial", "lose_request"};
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        struct desk k = desk_new();
        (void)step(&k.c, 0);
        char rules[300];
        (void)snprintf(rules, sizeof(rules), "[{\"on\":\"kinesis:PutRecords\",\"phase\":\"%s\"%s}]",
                       phases[i], strcmp(phases[i], "partial") == 0 ? ",\"entries\":\"1/3\"" : "");
        add_faults(&k.c, rules);
        (void)step(&k.c, 1);
        expect_same(&k, journal_memory_count(k.memory));
        desk_free(&k);
    }
}

Test(journal, records_are_put_again_from_their_effects)
{
    /* Through several starts, each of which puts more: a record is known by where it lies in the
     * journal, so the entries hold no request any more; and refused records are in none. */
    struct desk k = desk_new();
    (void)step(&k.c, 0);
    k.c.now_us += US_PER_HOUR;
    for (int start = 0; start < 3; start++) {
        for (int i = 1; i <= 4; i++) {
            k.c.now_us += i * US_PER_S;
            put_records(&k.c, 50 * i);
        }
        size_t count = journal_memory_count(k.memory);
        for (size_t i = 0; i < count; i++) {
            cr_expect(!str_contains(journal_memory_entry(k.memory, i), STR("PutRecords")));
        }
        expect_same(&k, count);
        struct emulator_client next = again(&k, count);
        client_free(&k.c);
        k.c = next;
    }
    for (int i = 0; i < 6; i++) { /* 1,000 a second and shard: the last ones are refused in part */
        put_records(&k.c, 499);
    }
    cr_expect_eq(k.c.response->status, 200);
    cr_expect(!str_contains(k.c.response->body, STR("\"FailedRecordCount\":0")));
    expect_same(&k, journal_memory_count(k.memory));
    desk_free(&k);
}

Test(journal, an_on_demand_stream_grows_again)
{
    /* What a second's load made it begin is in the effect, whatever becomes of its records. */
    struct desk k = desk_new();
    cr_assert_eq(kinesis(&k.c, "CreateStream",
                         "{\"StreamName\":\"clicks\",\"StreamModeDetails\":"
                         "{\"StreamMode\":\"ON_DEMAND\"}}"),
                 200);
    k.c.now_us += US_PER_HOUR;
    for (int i = 0; i < 7; i++) {
        put_records(&k.c, 500);
    }
    k.c.now_us += US_PER_HOUR;
    put_records(&k.c, 500);
    cr_assert_eq(kinesis(&k.c, "ListShards", "{\"StreamName\":\"clicks\"}"), 200);
    cr_expect(str_contains(k.c.response->body, STR("shardId-000000000007")));
    expect_same(&k, journal_memory_count(k.memory));
    desk_free(&k);
}

Test(journal, records_past_their_retention_are_let_go)
{
    /* The journal is told once nobody holds them, by writers too; what follows comes back although
     * the entries about them are gone. */
    struct desk k = desk_new();
    (void)step(&k.c, 0);
    k.c.now_us += US_PER_HOUR;
    size_t before = journal_memory_count(k.memory);
    for (int i = 0; i < 60; i++) {
        put_records(&k.c, 500);
        k.c.now_us += US_PER_S;
    }
    size_t old = journal_memory_count(k.memory);
    cr_expect_eq(journal_memory_kept(k.memory), (uint64_t)60 * 500 * 3);
    for (int i = 0; i < 90; i++) {
        k.c.now_us += US_PER_HOUR;
        put_records(&k.c, 500);
    }
    cr_expect_lt(journal_memory_kept(k.memory), (uint64_t)60 * 500 * 3);
    struct emulator_options options = {.seed = 77, .journal = journal_memory_journal(k.memory)};
    struct emulator_client other = client_new_with(&options);
    struct diag d = DIAG_INIT;
    for (size_t i = 0; i < journal_memory_count(k.memory); i++) {
        if (i < before || i >= old) {
            cr_assert(emulator_replay(other.emulator, journal_memory_entry(k.memory, i), &d) ==
                          ERR_OK,
                      "%s", d.msg);
        }
    }
    emulator_replayed(other.emulator, k.c.now_us);
    other.now_us = k.c.now_us;
    static const char *const ask = "{\"StreamName\":\"clicks\",\"ShardId\":"
                                   "\"shardId-000000000000\",\"ShardIteratorType\":"
                                   "\"TRIM_HORIZON\"}";
    struct str seen[2];
    struct emulator_client *both[] = {&k.c, &other};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(kinesis(both[i], "GetShardIterator", ask), 200);
        cr_assert_eq(kinesis(both[i], "GetRecords", client_body(both[i])), 200);
        seen[i] = str_from(both[i]->response->body,
                           str_find_str(both[i]->response->body, STR("\"Records\"")));
    }
    cr_expect_gt(seen[0].len, 20 * 200 * 100);
    cr_expect(str_eq(seen[0], seen[1]));
    client_free(&other);
    desk_free(&k);
}

Test(journal, an_effect_that_does_not_fit_is_refused)
{
    /* Each byte of one is altered, and it is cut everywhere: it is refused, or does something that
     * the state can bear. */
    struct desk k = desk_new();
    (void)step(&k.c, 0);
    (void)step(&k.c, 1);
    put_records(&k.c, 3);
    size_t count = journal_memory_count(k.memory);
    struct str last = journal_memory_entry(k.memory, count - 1);
    size_t head = last.len - 3 * (19 + 2); /* of the effect's lines, with keys "k0" to "k2" */
    size_t refused = 0;
    for (size_t at = head - 8; at < last.len; at += 3) {
        for (int way = 0; way < 2; way++) {
            struct emulator_options o = {.seed = 77, .journal = journal_memory_journal(k.memory)};
            struct emulator_client c = client_new_with(&o);
            struct diag d = DIAG_INIT;
            for (size_t i = 0; i + 1 < count; i++) {
                cr_assert_eq(emulator_replay(c.emulator, journal_memory_entry(k.memory, i), &d),
                             ERR_OK);
            }
            struct buf bad;
            buf_init(&bad, k.arena, 1 * MIB);
            buf_add(&bad, way == 0 ? last : str_slice(last, 0, at));
            if (way == 0) {
                bad.ptr[at] = (char)(bad.ptr[at] ^ 0x55);
            }
            enum err e = emulator_replay(c.emulator, buf_str(&bad), &d);
            cr_expect(e == ERR_OK || e == ERR_CORRUPT);
            refused += e == ERR_CORRUPT;
            emulator_replayed(c.emulator, k.c.now_us);
            c.now_us = k.c.now_us;
            cr_expect_gt(walk(&c, k.arena).len, 0);
            client_free(&c);
        }
    }
    cr_expect_gt(refused, 20, "%zu", refused);
    desk_free(&k);
}

Test(journal, a_reset_is_where_the_state_begins)
{
    struct desk k = desk_new();
    live(&k.c);
    cr_assert_eq(post(&k.c, "/_aforo/reset", NULL, "{\"seed\":9}"), 200);
    (void)step(&k.c, 2);
    (void)step(&k.c, 3);
    expect_same(&k, journal_memory_count(k.memory));
    desk_free(&k);
}

Test(journal, what_was_delivered_is_not_delivered_again)
{
    /* Of two messages to a subscriber one was answered: the next start calls out for the other. */
    struct desk k = desk_new();
    struct emulator_outbound call;
    (void)client_sns(&k.c, "Action=CreateTopic&Name=news");
    (void)client_sns(&k.c, "Action=Subscribe&Protocol=http&Endpoint=http://there/"
                           "&TopicArn=arn:aws:sns:us-east-1:000000000000:news");
    cr_assert(emulator_outbound_take(k.c.emulator, k.c.now_us, k.arena, &call));
    emulator_outbound_done(k.c.emulator, call.id, 200, STR_EMPTY, k.c.now_us);
    (void)client_sns(&k.c, "Action=Subscribe&Protocol=http&Endpoint=http://elsewhere/"
                           "&TopicArn=arn:aws:sns:us-east-1:000000000000:news");
    cr_assert(emulator_outbound_take(k.c.emulator, k.c.now_us, k.arena, &call));
    struct emulator_client other = again(&k, journal_memory_count(k.memory));
    cr_assert(emulator_outbound_take(other.emulator, other.now_us, k.arena, &call));
    cr_expect(str_eq(call.url, STR("http://elsewhere/")), "%.*s", STR_ARG(call.url));
    cr_expect(!emulator_outbound_take(other.emulator, other.now_us, k.arena, &call));
    client_free(&other);
    desk_free(&k);
}

Test(journal, a_body_that_nobody_has_any_more_is_dropped)
{
    /* Large bodies are kept beside the entries, once; what was overwritten or deleted is given
     * back, and a copy holds on to its source's. */
    struct desk k = desk_new();
    static const struct {
        const char *method, *target, *headers;
        uint64_t kept;
    } steps[] = {
        {"PUT", "/photos/a", "", 100 * KIB},
        {"PUT", "/photos/b", "x-amz-copy-source: /photos/a", 100 * KIB},
        {"PUT", "/photos/c", "", 200 * KIB},
        {"DELETE", "/photos/a", "", 200 * KIB},
        {"PUT", "/photos/c", "", 200 * KIB},
        {"DELETE", "/photos/b", "", 100 * KIB},
        {"DELETE", "/photos/c", "", 0},
    };
    (void)client_s3(&k.c, "PUT", "/photos", "", STR_EMPTY);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bool has_body = steps[i].method[0] == 'P' && steps[i].headers[0] == '\0';
        struct str body = has_body ? client_pattern(&k.c, 100 * KIB, i) : STR_EMPTY;
        struct arena *a = k.c.arena;
        k.c.arena = arena_new("call", 1 * GIB); /* what a request holds goes with it */
        int status = client_s3(&k.c, steps[i].method, steps[i].target, steps[i].headers, body);
        arena_free(k.c.arena);
        k.c.arena = a;
        cr_expect_eq(status / 100, 2, "step %zu: %d", i, status);
        cr_expect_eq(journal_memory_kept(k.memory), steps[i].kept, "step %zu: %llu bytes", i,
                     (unsigned long long)journal_memory_kept(k.memory));
    }
    desk_free(&k);
}

Test(journal, no_bytes_are_taken_for_an_entry_that_are_none)
{
    /* Cut anywhere, or with a byte changed: refused or done, never a crash. */
    struct desk k = desk_new();
    (void)step(&k.c, 2);
    (void)step(&k.c, 3);
    struct str entry = journal_memory_entry(k.memory, journal_memory_count(k.memory) - 1);
    for (size_t len = 0; len < entry.len; len += 3) {
        struct emulator_options options = {.seed = 1, .journal = journal_memory_journal(k.memory)};
        struct emulator_client c = client_new_with(&options);
        struct diag d = DIAG_INIT;
        enum err e = emulator_replay(c.emulator, str_slice(entry, 0, len), &d);
        cr_expect(e == ERR_CORRUPT, "cut at %zu of %zu: %s", len, entry.len, err_name(e));
        client_free(&c);
    }
    desk_free(&k);
}
