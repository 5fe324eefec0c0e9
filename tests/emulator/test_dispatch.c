/* Dispatch over three tiny services: routing, envelopes, phases, framing, signatures. */
#include <criterion/criterion.h>
#include <string.h>

#include "tiny.h"
#include "wire/codec.h"
#include "wire/sigv4.h"

#define NAMED "{\"Name\":\"abc\"}"

static const struct ledger_line *last_line(struct bench *b)
{
    const struct ledger_line *last = NULL;
    for (const struct ledger_line *l = core_ledger_next(b->core, 0); l != NULL;
         l = core_ledger_next(b->core, l->number)) {
        last = l;
    }
    return last;
}

static struct str error_code(struct bench *b, const struct http_response *response)
{
    struct str code;
    struct str message;
    codec_read_error(response, b->arena, &code, &message);
    return code;
}

static struct str error_message(struct bench *b, const struct http_response *response)
{
    struct str code;
    struct str message;
    codec_read_error(response, b->arena, &code, &message);
    return message;
}

static void expect_error(struct bench *b, struct core_outcome o, int status, const char *code)
{
    cr_expect_eq(o.response.status, status, "%s: status %d", code, o.response.status);
    struct str got = error_code(b, &o.response);
    cr_expect(str_eq(got, str_of(code)), "expected %s, got %.*s", code, STR_ARG(got));
}

static void sign(struct bench *b, struct http_request *r, const char *key, const char *secret,
                 const char *service)
{
    struct sigv4_options options = {.credentials = {str_of(key), str_of(secret), STR_EMPTY},
                                    .region = STR("eu-west-1"),
                                    .service = str_of(service),
                                    .now_us = b->now_us,
                                    .double_encode_path = strcmp(service, "s3") != 0,
                                    .sign_body_header = strcmp(service, "sns") != 0};
    http_headers_set(&r->headers, STR("Host"), r->host);
    sigv4_sign(r, &options, b->arena);
}

Test(dispatch, routes_by_target_scope_action_and_else_to_rest)
{
    /* Each way of saying which service is meant reaches its handler, in DESIGN's order. */
    struct bench b = bench_new(1);
    struct core_outcome o = send_json(&b, "PutRecords", NAMED);
    cr_expect_eq(o.response.status, 200);
    cr_expect_eq(bench_state(&b, "kinesis")->runs, 1);

    struct http_request r = query_request(&b, "Action=Publish&Name=abc&Version=2026-01-01");
    o = send(&b, &r, "");
    cr_expect_eq(o.response.status, 200);
    cr_expect(str_contains(o.response.body, STR("<PublishResult><Text>abc</Text></PublishResult>")),
              "%.*s", STR_ARG(o.response.body));

    r = rest_request(&b, "GET", "/?Action=Publish&Name=xyz", "");
    o = send(&b, &r, "");
    cr_expect(str_contains(o.response.body, STR("<Text>xyz</Text>")), "%.*s",
              STR_ARG(o.response.body));

    r = query_request(&b, "Action=Publish&Name=abc");
    sign(&b, &r, "AKIA", "any", "sns");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    cr_expect_eq(bench_state(&b, "sns")->runs, 3);

    r = rest_request(&b, "PUT", "/bucket/a/b", "text");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    cr_expect(str_eq(bench_state(&b, "s3")->last_body, STR("text")));
    bench_free(&b);
}

Test(dispatch, rest_operations_by_method_path_and_parameters)
{
    /* The model's own URIs decide: literals, greedy labels, required parameters. */
    struct bench b = bench_new(1);
    const struct {
        const char *method, *target, *operation;
    } rows[] = {
        {"PUT", "/b/k", "Put"},
        {"PUT", "/b/k/with/slashes/", "Put"},
        {"PUT", "/b/k?partNumber=3", "PutPart"},
        {"GET", "/b?acl", "GetAcl"},
        {"GET", "/b?list-type=2", "ListV2"},
        {"GET", "/b?list-type=2&prefix=x", "ListV2"},
        {"GET", "/", "ListBuckets"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request r = rest_request(&b, rows[i].method, rows[i].target, "");
        (void)send(&b, &r, "");
        cr_expect(str_eq(last_line(&b)->operation, str_of(rows[i].operation)), "%s %s: %.*s",
                  rows[i].method, rows[i].target, STR_ARG(last_line(&b)->operation));
    }
    struct http_request r = rest_request(&b, "GET", "/b?website", "");
    struct core_outcome o = send(&b, &r, "");
    expect_error(&b, o, 405, "MethodNotAllowed");
    cr_expect(str_contains(o.response.body, STR("GET /b?website")), "%.*s",
              STR_ARG(o.response.body));
    bench_free(&b);
}

Test(dispatch, refuses_by_name_in_the_envelope_of_the_protocol)
{
    /* What is not there is named, and never answered with an empty success. */
    struct bench b = bench_new(1);
    expect_error(&b, send_json(&b, "Nothing", "{}"), 400, "UnknownOperationException");
    struct core_outcome o = send_json(&b, "Undone", NAMED);
    expect_error(&b, o, 501, "NotImplementedException");
    cr_expect(str_contains(o.response.body, STR("Undone of kinesis")), "%.*s",
              STR_ARG(o.response.body));

    struct http_request r = json_request(&b, "X", "{}");
    http_headers_set(&r.headers, STR("X-Amz-Target"), STR("DynamoDB_20120810.GetItem"));
    o = send(&b, &r, "");
    expect_error(&b, o, 400, "UnknownOperationException");
    cr_expect(str_contains(o.response.body, STR("DynamoDB_20120810")));
    cr_expect(str_starts(http_header(&o.response.headers, "content-type"),
                         STR("application/x-amz-json-1.")));

    r = query_request(&b, "Action=Fly");
    o = send(&b, &r, "");
    expect_error(&b, o, 400, "InvalidAction");
    cr_expect(str_starts(o.response.body, STR("<ErrorResponse")), "%.*s", STR_ARG(o.response.body));
    r = query_request(&b, "Action=Undone&Name=abc");
    expect_error(&b, send(&b, &r, ""), 501, "NotImplemented");
    r = query_request(&b, "Action=Fly");
    sign(&b, &r, "AKIA", "x", "sqs");
    expect_error(&b, send(&b, &r, ""), 400, "InvalidAction");
    r = rest_request(&b, "GET", "/2015-03-31/functions", "");
    sign(&b, &r, "AKIA", "x", "lambda");
    o = send(&b, &r, "");
    expect_error(&b, o, 400, "UnknownOperationException");
    cr_expect(str_contains(o.response.body, STR("lambda")));
    r = json_request(&b, "PutRecords", "x");
    http_headers_set(&r.headers, STR("Smithy-Protocol"), STR("rpc-v2-json"));
    expect_error(&b, send(&b, &r, ""), 501, "NotImplementedException");
    bench_free(&b);
}

Test(dispatch, refusals_of_handlers_validation_and_decoding)
{
    /* A handler's first refusal stands; bad input never reaches it; each protocol has its own
     * words. */
    struct bench b = bench_new(1);
    struct core_outcome o = send_json(&b, "PutRecords", "{\"Name\":\"teapot\"}");
    expect_error(&b, o, 400, "ResourceNotFoundException");
    cr_expect(str_eq(error_message(&b, &o.response), STR("Stream teapot not found.")));
    cr_expect(http_header(&o.response.headers, "x-amzn-RequestId").len == 36);

    o = send_json(&b, "PutRecords", "{}");
    expect_error(&b, o, 400, "ValidationException");
    cr_expect(str_eq(error_message(&b, &o.response),
                     STR("1 validation error detected: Value null at 'name' failed to satisfy "
                         "constraint: Member must not be null")));
    expect_error(&b, send_json(&b, "PutRecords", "{"), 400, "SerializationException");
    cr_expect_eq(bench_state(&b, "kinesis")->runs, 0);

    struct http_request r = query_request(&b, "Action=Publish");
    expect_error(&b, send(&b, &r, ""), 400, "ValidationError");
    cr_expect_eq(bench_state(&b, "sns")->runs, 0);

    r = rest_request(&b, "PUT", "/b/missing", "");
    o = send(&b, &r, "");
    expect_error(&b, o, 404, "NoSuchKey");
    cr_expect(str_contains(o.response.body, STR("<Key>missing</Key>")), "%.*s",
              STR_ARG(o.response.body));
    cr_expect(str_contains(o.response.body, STR("<Key>missing</Key><RequestId>")), "%.*s",
              STR_ARG(o.response.body));
    bench_free(&b);
}

Test(dispatch, raw_handlers_see_the_body_and_write_the_answer)
{
    /* A hot path reads what came and answers what it wrote; the request id is added. */
    struct bench b = bench_new(1);
    struct core_outcome o = send_json(&b, "Raw", "anything at all");
    cr_expect_eq(o.response.status, 200);
    cr_expect(str_eq(o.response.body, STR("anything at all")));
    cr_expect(http_header(&o.response.headers, "x-amzn-RequestId").len == 36);
    bench_free(&b);
}

Test(dispatch, account_region_and_actor_come_from_the_signature)
{
    /* The access key is the actor, and the account where it has 12 digits; an argument names the
     * actor before it. */
    struct bench b = bench_new(1);
    struct http_request r = json_request(&b, "PutRecords", NAMED);
    (void)send(&b, &r, "");
    cr_expect(str_eq(last_line(&b)->actor, STR("anonymous")));
    sign(&b, &r, "123456789012", "test", "kinesis");
    (void)send(&b, &r, "");
    cr_expect(str_eq(last_line(&b)->actor, STR("123456789012")));
    (void)send(&b, &r, "lander/0");
    cr_expect(str_eq(last_line(&b)->actor, STR("lander/0")));
    bench_free(&b);
}

Test(dispatch, every_phase_does_what_it_says)
{
    /* runs, entries: what the handler did; the outcome: what the client and the simulator see. */
    const struct {
        const char *fault;
        int64_t runs;
        int status; /* 0: lost */
        const char *code;
        bool kill;
        int64_t delay_us;
        enum fault_phase phase;
        bool applied;
    } rows[] = {
        {"phase: reject, error: LimitExceededException", 0, 400, "LimitExceededException", false, 0,
         FAULT_REJECT, false},
        {"phase: reject", 0, 500, "InternalFailure", false, 0, FAULT_REJECT, false},
        {"phase: reject, error: ServiceUnavailable", 0, 503, "ServiceUnavailable", false, 0,
         FAULT_REJECT, false},
        {"phase: reject, error: TeapotException", 0, 418, "TeapotException", false, 0, FAULT_REJECT,
         false},
        {"phase: reject, error: NobodyKnowsThis", 0, 400, "NobodyKnowsThis", false, 0, FAULT_REJECT,
         false},
        {"phase: lose_request", 0, 0, NULL, false, 0, FAULT_LOSE_REQUEST, false},
        {"phase: apply_reject", 1, 500, "InternalFailure", false, 0, FAULT_APPLY_REJECT, true},
        {"phase: lose_response", 1, 0, NULL, false, 0, FAULT_LOSE_RESPONSE, true},
        {"phase: partial, entries: 1/4", 1, 200, NULL, false, 0, FAULT_PARTIAL, true},
        {"phase: delay, delay: 3s", 1, 200, NULL, false, 3 * US_PER_S, FAULT_DELAY, true},
        {"phase: late, delay: 3s", 0, 0, NULL, false, 0, FAULT_LATE, false},
        {"phase: duplicate", 2, 200, NULL, false, 0, FAULT_DUPLICATE, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b = bench_new(7);
        add_faults(
            &b, str_z(b.arena, str_printf(b.arena, "[{on: \"kinesis:PutRecords\", %s, first: 1}]",
                                          rows[i].fault)));
        struct core_outcome o = send_json(&b, "PutRecords", NAMED);
        struct tiny_state *s = bench_state(&b, "kinesis");
        cr_expect_eq(s->runs, rows[i].runs, "%s: %d runs", rows[i].fault, (int)s->runs);
        cr_expect_eq(o.lost, rows[i].status == 0, "%s: lost", rows[i].fault);
        cr_expect_eq(o.response.status, rows[i].status, "%s: status %d", rows[i].fault,
                     o.response.status);
        cr_expect_eq(o.late_us, rows[i].phase == FAULT_LATE ? 3 * US_PER_S : 0);
        cr_expect_eq(o.delay_us, rows[i].delay_us, "%s: delay", rows[i].fault);
        cr_expect_eq(o.fault, rows[i].phase, "%s: phase", rows[i].fault);
        cr_expect_eq(o.kill, rows[i].kill);
        if (rows[i].code != NULL) {
            expect_error(&b, o, rows[i].status, rows[i].code);
        }
        if (rows[i].phase == FAULT_PARTIAL) {
            cr_expect_eq(s->refused, 2);
            cr_expect_eq(s->entries, 6);
        }
        const struct ledger_line *line = last_line(&b);
        cr_expect_eq(line->fault, rows[i].phase);
        cr_expect_eq(line->applied, rows[i].applied, "%s: applied", rows[i].fault);
        cr_expect_eq(line->status, rows[i].status);
        int64_t before = s->runs;
        cr_expect_eq(send_json(&b, "PutRecords", NAMED).fault, FAULT_NONE, "%s: once only",
                     rows[i].fault);
        cr_expect_eq(s->runs, before + 1);
        bench_free(&b);
    }
}

Test(dispatch, a_kill_applies_on_the_fall_of_a_coin)
{
    /* The caller dies; over many calls about half were applied, and the ledger knows which. */
    struct bench b = bench_new(3);
    add_faults(&b, "[{kill: producer/*, restart_after: [1s, 5s]}]");
    int applied = 0;
    for (int i = 0; i < 200; i++) {
        struct core_outcome o = send_json(&b, "PutRecords", NAMED);
        cr_assert(o.kill && o.lost);
        cr_assert(o.restart_us >= US_PER_S && o.restart_us <= 5 * US_PER_S);
        applied += last_line(&b)->applied ? 1 : 0;
    }
    cr_expect(applied > 70 && applied < 130, "%d of 200", applied);
    cr_expect_eq(bench_state(&b, "kinesis")->runs, applied);
    bench_free(&b);
}

Test(dispatch, faults_see_what_the_call_is_about)
{
    /* where: matches what the service's describe named; throttling comes before validation. */
    struct bench b = bench_new(3);
    add_faults(&b, "[{on: \"kinesis:*\", where: {stream: ord*}, phase: reject}]");
    cr_expect_eq(send_json(&b, "PutRecords", NAMED).response.status, 200);
    cr_expect_eq(send_json(&b, "PutRecords", "{\"Name\":\"orders\"}").response.status, 500);
    cr_expect_eq(send_json(&b, "PutRecords", "{\"Name\":\"ordersofmanythings\"}").response.status,
                 500);
    cr_expect(str_eq(last_line(&b)->resource, STR("ordersofmanythings")));
    bench_free(&b);
}

Test(dispatch, s3_and_sns_have_their_own_internal_error)
{
    /* An empty error is what the service itself says when it breaks. */
    struct bench b = bench_new(3);
    add_faults(&b, "[{on: \"*:P*\", phase: reject}]");
    struct http_request r = rest_request(&b, "PUT", "/b/k", "x");
    expect_error(&b, send(&b, &r, ""), 500, "InternalError");
    r = query_request(&b, "Action=Publish&Name=abc");
    expect_error(&b, send(&b, &r, ""), 500, "InternalError");
    bench_free(&b);
}

Test(dispatch, aws_chunked_is_undone)
{
    /* Signed and unsigned framing, with and without trailers, reach the handler as the plain body.
     * The signed example is that of AWS's documentation (65536 and 1024 times 'a'). */
    struct bench b = bench_new(3);
    struct buf body;
    buf_init(&body, b.arena, MIB);
    buf_add_z(&body, "10000;chunk-signature="
                     "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n");
    memset(buf_reserve(&body, 65536), 'a', 65536);
    buf_commit(&body, 65536);
    buf_add_z(&body, "\r\n400;chunk-signature="
                     "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n");
    memset(buf_reserve(&body, 1024), 'a', 1024);
    buf_commit(&body, 1024);
    buf_add_z(&body, "\r\n0;chunk-signature="
                     "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n");
    struct http_request r = rest_request(&b, "PUT", "/b/k", "");
    r.body = buf_str(&body);
    add_header(&r, "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    add_header(&r, "x-amz-decoded-content-length", "66560");
    add_header(&r, "Content-Encoding", "aws-chunked");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    struct tiny_state *s = bench_state(&b, "s3");
    cr_assert_eq(s->last_body.len, 66560);
    for (size_t i = 0; i < s->last_body.len; i++) {
        cr_assert_eq(s->last_body.ptr[i], 'a');
    }
    cr_expect_eq(s->last_encoding.len, 0);

    r = rest_request(&b, "PUT", "/b/k",
                     "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n");
    add_header(&r, "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    add_header(&r, "x-amz-decoded-content-length", "11");
    add_header(&r, "Content-Encoding", "aws-chunked, gzip");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    cr_expect(str_eq(s->last_body, STR("hello world")));
    cr_expect(str_eq(s->last_trailer, STR("DUoRhQ==")));
    cr_expect(str_eq(s->last_encoding, STR("gzip")));
    bench_free(&b);
}

Test(dispatch, broken_chunks_are_refused)
{
    /* Every prefix of a framed body, and every wrong length, is an error and never a shorter
     * object. */
    struct bench b = bench_new(3);
    const char whole[] = "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
    for (size_t len = 0; len < strlen(whole) - 2; len++) {
        struct http_request r = rest_request(&b, "PUT", "/b/k", "");
        r.body = str_n(whole, len);
        add_header(&r, "Content-Encoding", "aws-chunked");
        add_header(&r, "x-amz-decoded-content-length", "8");
        if (len + 2 < strlen(whole) - 2) {
            expect_error(&b, send(&b, &r, ""), 400, "IncompleteBody");
        }
    }
    const char *bodies[] = {"zz\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
                            "4\r\nhello\r\n0\r\n\r\n", "\r\n", "5\r\nhello\r\n0\r\n\r\n"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct http_request r = rest_request(&b, "PUT", "/b/k", bodies[i]);
        add_header(&r, "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        add_header(&r, "x-amz-decoded-content-length", "6");
        expect_error(&b, send(&b, &r, ""), 400, "IncompleteBody");
    }
    cr_expect_eq(bench_state(&b, "s3")->last_body.len, 0);
    bench_free(&b);
}

Test(dispatch, signatures_are_verified_where_asked)
{
    /* The secret is "test"; everything else is refused in the words of its protocol, before
     * anything is done. */
    struct bench b = bench_with((struct core_options){.seed = 1, .verify_signatures = true});
    struct http_request r = json_request(&b, "PutRecords", NAMED);
    expect_error(&b, send(&b, &r, ""), 400, "MissingAuthenticationTokenException");
    sign(&b, &r, "AKIA", "wrong", "kinesis");
    expect_error(&b, send(&b, &r, ""), 400, "InvalidSignatureException");
    r = json_request(&b, "PutRecords", NAMED);
    sign(&b, &r, "AKIA", "test", "kinesis");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    b.now_us += 20 * US_PER_MINUTE;
    struct core_outcome late = send(&b, &r, "");
    expect_error(&b, late, 400, "InvalidSignatureException");
    cr_expect(str_contains(late.response.body, STR(" is now earlier than ")));
    b.now_us -= 40 * US_PER_MINUTE;
    cr_expect(str_contains(send(&b, &r, "").response.body, STR(" is still later than ")));
    b.now_us += 20 * US_PER_MINUTE;
    r = json_request(&b, "PutRecords", NAMED);
    sign(&b, &r, "AKIA", "test", "kinesis");
    r.body = STR("{}"); /* not what was signed */
    expect_error(&b, send(&b, &r, ""), 400, "InvalidSignatureException");
    cr_expect_eq(bench_state(&b, "kinesis")->runs, 1);

    r = rest_request(&b, "PUT", "/b/k", "text");
    expect_error(&b, send(&b, &r, ""), 403, "AccessDenied");
    sign(&b, &r, "AKIA", "wrong", "s3");
    expect_error(&b, send(&b, &r, ""), 403, "SignatureDoesNotMatch");
    r = rest_request(&b, "PUT", "/b/k", "text");
    sign(&b, &r, "AKIA", "test", "s3");
    cr_expect_eq(send(&b, &r, "").response.status, 200);

    r = rest_request(&b, "PUT", "/b/k?AWSAccessKeyId=AKIA&Signature=x&Expires=1", "text");
    expect_error(&b, send(&b, &r, ""), 400, "InvalidRequest");

    r = query_request(&b, "Action=Publish&Name=abc");
    expect_error(&b, send(&b, &r, ""), 403, "MissingAuthenticationToken");
    sign(&b, &r, "AKIA", "wrong", "sns");
    expect_error(&b, send(&b, &r, ""), 403, "SignatureDoesNotMatch");
    bench_free(&b);
}
