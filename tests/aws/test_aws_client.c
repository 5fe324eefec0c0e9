#include <criterion/criterion.h>

#include "aws_script.h"
#include "base/instant.h"

static struct aws_call make_call(struct arena *a, const char *service)
{
    struct aws_call call = {.service = service, .operation = "Try"};
    http_request_init(&call.request, a, "POST", STR_EMPTY, STR("/"));
    call.request.body = STR("{\"a\":1}");
    return call;
}

static enum err call_once(struct script *s, struct aws_call *call, struct diag *d)
{
    struct http_response response;
    *call = make_call(s->arena, "kinesis");
    return aws_call(&s->client, call, s->arena, &response, d);
}

Test(aws_call, goes_to_the_endpoint_of_service_and_region)
{
    /* No endpoint: AWS's own by https; else the given one, its path in front, its default port left
     * out. */
    static const struct {
        const char *endpoint, *service, *scheme, *host, *path;
    } rows[] = {
        {"", "kinesis", "https", "kinesis.eu-west-3.amazonaws.com", "/"},
        {"", "s3", "https", "s3.eu-west-3.amazonaws.com", "/"},
        {"http://127.0.0.1:4566", "sns", "http", "127.0.0.1:4566", "/"},
        {"http://localhost:4566/", "sns", "http", "localhost:4566", "/"},
        {"https://gateway/aws/", "s3", "https", "gateway", "/aws/"},
        {"http://h:80", "s3", "http", "h", "/"},
        {"https://h:443", "s3", "https", "h", "/"},
        {"https://h:80", "s3", "https", "h:80", "/"},
    };
    struct script *s = script_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct http_response response;
        s->config.region = STR("eu-west-3");
        s->config.endpoint = str_of(rows[i].endpoint);
        SCRIPT(s, {.status = 200, .body = "{}"});
        struct aws_call call = make_call(s->arena, rows[i].service);
        cr_assert_eq(aws_call(&s->client, &call, s->arena, &response, &d), ERR_OK, "%s", d.msg);
        const struct http_request *sent = s->sent[s->sent_count - 1];
        cr_assert(same(sent->scheme, rows[i].scheme) && same(sent->host, rows[i].host), "row %zu",
                  i);
        cr_assert(same(sent->path, rows[i].path), "row %zu: %.*s", i, STR_ARG(sent->path));
    }
    static const char *const bad[] = {"localhost:4566", "ftp://h", "http://h/?x=1", "http://"};
    size_t before = s->sent_count;
    for (size_t i = 0; i < 4; i++) {
        struct diag d = DIAG_INIT;
        struct aws_call call;
        s->config.endpoint = str_of(bad[i]);
        cr_assert_eq(call_once(s, &call, &d), ERR_INVALID, "%s", bad[i]);
        cr_assert(strstr(d.msg, "endpoint") != NULL, "%s", d.msg);
    }
    cr_assert_eq(s->sent_count, before);
    script_free(s);
}

Test(aws_call, signs_each_attempt_anew_by_the_virtual_clock)
{
    /* Attempt 2 carries its number, a later date and a signature that verifies; the caller's
     * request is untouched. */
    struct script *s = script_new();
    struct aws_call call;
    struct diag d = DIAG_INIT;
    s->config.backoff_base_us = 10 * US_PER_S;
    SCRIPT(s, {.status = 500}, {.status = 200});
    cr_assert_eq(call_once(s, &call, &d), ERR_OK);
    cr_assert_eq(d.code, ERR_OK);
    cr_assert_eq(call.attempts, 2);
    cr_assert_eq(call.request.headers.count, 0);
    cr_assert(same(http_header(&s->sent[0]->headers, "Amz-Sdk-Request"), "attempt=1; max=3"));
    cr_assert(same(http_header(&s->sent[1]->headers, "Amz-Sdk-Request"), "attempt=2; max=3"));
    cr_assert(same(http_header(&s->sent[0]->headers, "X-Amz-Date"), "20150830T123600Z"));
    cr_assert(!same(http_header(&s->sent[1]->headers, "X-Amz-Date"), "20150830T123600Z"));
    cr_assert(same(http_header(&s->sent[1]->headers, "User-Agent"), "aforo-test"));
    for (size_t i = 0; i < 2; i++) {
        struct sigv4_claim claim;
        cr_assert(sigv4_claim_of(s->sent[i], s->arena, &claim));
        cr_assert(same(claim.service, "kinesis") && same(claim.region, "us-east-1"));
        cr_assert_eq(sigv4_verify(s->sent[i], &claim, s->config.credentials.secret_key, true,
                                  SCRIPT_START_US + s->mono_us, s->arena, &d),
                     ERR_OK, "%s", d.msg);
    }
    s->config.credentials.access_key = STR_EMPTY;
    SCRIPT(s, {.status = 200});
    cr_assert_eq(call_once(s, &call, &d), ERR_OK);
    cr_assert(!http_has_header(&s->sent[2]->headers, "Authorization"));
    script_free(s);
}

Test(aws_call, a_refused_signature_sets_the_clock_by_the_services_date)
{
    /* A refusal for the time is retried with the service's time, once and for all later calls; one
     * whose Date is near ours, or that has none, goes back as it is. */
    static const struct {
        const char *code, *date;
        enum err result;
        const char *signed_at;
    } rows[] = {
        {"RequestTimeTooSkewed", "Date: Sun, 30 Aug 2015 13:00:00 GMT\n", ERR_OK, "20150830T1300"},
        {"InvalidSignatureException", "Date: Sun, 30 Aug 2015 12:00:00 GMT\n", ERR_OK,
         "20150830T1200"},
        {"SignatureDoesNotMatch", "Date: Sun, 30 Aug 2015 12:38:00 GMT\n", ERR_DENIED, NULL},
        {"RequestExpired", "", ERR_DENIED, NULL},
        {"AccessDeniedException", "Date: Sun, 30 Aug 2015 13:00:00 GMT\n", ERR_DENIED, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct aws_call call;
        struct diag d = DIAG_INIT;
        struct str headers =
            str_printf(s->arena, "Content-Type: application/x-amz-json-1.1\n%s", rows[i].date);
        struct str body = str_printf(s->arena, "{\"__type\":\"%s\"}", rows[i].code);
        SCRIPT(s,
               {.status = 403, .headers = str_z(s->arena, headers), .body = str_z(s->arena, body)},
               {.status = 200}, {.status = 200});
        cr_expect_eq(call_once(s, &call, &d), rows[i].result, "row %zu: %s", i, d.msg);
        cr_expect_eq(call.attempts, rows[i].result == ERR_OK ? 2 : 1, "row %zu", i);
        cr_expect(!call.maybe_applied, "row %zu", i);
        struct diag later = DIAG_INIT;
        for (size_t n = 1; rows[i].result == ERR_OK && n < 3; n++) {
            if (n == 2) {
                cr_expect_eq(call_once(s, &call, &later), ERR_OK);
            }
            struct str date = http_header(&s->sent[n]->headers, "X-Amz-Date");
            cr_expect(str_starts(date, str_of(rows[i].signed_at)), "row %zu: %.*s", i,
                      STR_ARG(date));
        }
        script_free(s);
    }
}

Test(aws_call, retries_what_may_pass_and_nothing_else)
{
    /* The class of each answer decides between three attempts and one; d->name is the service's own
     * name. */
    static const struct {
        struct script_answer answer;
        enum err result;
        int attempts;
        const char *name;
        bool maybe_applied;
    } rows[] = {
        {{.status = 500, .body = "{\"__type\":\"InternalFailure\"}"},
         ERR_UNKNOWN,
         3,
         "InternalFailure",
         true},
        {{.status = 502}, ERR_UNKNOWN, 3, "", true},
        {{.status = 429}, ERR_THROTTLED, 3, "", false},
        {{.status = 400,
          .body = "{\"__type\":\"ProvisionedThroughputExceededException\",\"message\":\"m\"}"},
         ERR_THROTTLED,
         3,
         "ProvisionedThroughputExceededException",
         false},
        {{.status = 400, .headers = "x-amzn-errortype: ThrottlingException:http://x"},
         ERR_THROTTLED,
         3,
         "ThrottlingException",
         false},
        {{.status = 409, .body = "<Error><Code>ConditionalRequestConflict</Code></Error>"},
         ERR_UNAVAILABLE,
         3,
         "ConditionalRequestConflict",
         false},
        {{.fail = ERR_UNAVAILABLE}, ERR_UNAVAILABLE, 3, "", false},
        {{.fail = ERR_UNKNOWN}, ERR_UNKNOWN, 3, "", true},
        {{.fail = ERR_LIMIT}, ERR_LIMIT, 1, "", false},
        {{.fail = ERR_CANCELLED}, ERR_CANCELLED, 1, "", false},
        {{.status = 200, .headers = "Content-Length: 9", .body = "{}"}, ERR_UNKNOWN, 3, "", true},
        {{.status = 400, .body = "{\"__type\":\"x#ResourceNotFoundException\"}"},
         ERR_NOT_FOUND,
         1,
         "ResourceNotFoundException",
         false},
        {{.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"},
         ERR_CONFLICT,
         1,
         "PreconditionFailed",
         false},
        {{.status = 403}, ERR_DENIED, 1, "", false},
        {{.status = 404}, ERR_NOT_FOUND, 1, "", false},
        {{.status = 400, .body = "garbage"}, ERR_INVALID, 1, "", false},
        {{.status = 301}, ERR_INVALID, 1, "", false},
        {{.status = 204}, ERR_OK, 1, "", false},
        {{.status = 304}, ERR_OK, 1, "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct aws_call call;
        struct diag d = DIAG_INIT;
        SCRIPT(s, rows[i].answer, rows[i].answer, rows[i].answer);
        cr_assert_eq(call_once(s, &call, &d), rows[i].result, "row %zu: %s", i, d.msg);
        cr_assert_eq(d.code, rows[i].result, "row %zu", i);
        cr_assert_eq(call.attempts, rows[i].attempts, "row %zu", i);
        cr_assert_eq(s->sent_count, (size_t)rows[i].attempts, "row %zu", i);
        cr_assert_eq(s->sleep_count, (size_t)rows[i].attempts - 1, "row %zu", i);
        cr_assert_eq(call.maybe_applied, rows[i].maybe_applied, "row %zu", i);
        cr_assert(rows[i].name[0] == '\0' || diag_is_named(&d, rows[i].name), "row %zu: %s", i,
                  d.name);
        cr_assert(rows[i].result == ERR_OK || strstr(d.msg, "kinesis Try, attempt") != NULL,
                  "row %zu: %s", i, d.msg);
        script_free(s);
    }
}

Test(aws_call, max_attempts_is_the_configured_one)
{
    /* 1 means no retry, 7 means seven. */
    for (int max = 1; max <= 7; max += 3) {
        struct script *s = script_new();
        struct aws_call call;
        struct diag d = DIAG_INIT;
        s->config.max_attempts = max;
        const struct script_answer busy = {.status = 429};
        SCRIPT(s, busy, busy, busy, busy, busy, busy, busy);
        cr_assert_eq(call_once(s, &call, &d), ERR_THROTTLED);
        cr_assert_eq(s->sent_count, (size_t)max);
        script_free(s);
    }
}

Test(aws_call, a_lost_answer_taints_what_comes_after)
{
    /* After a lost answer "nothing was done" is never claimed, other classes stand, and a read is
     * never uncertain. */
    static const struct {
        struct script_answer last;
        bool read_only;
        enum err result;
    } rows[] = {
        {{.status = 429}, false, ERR_UNKNOWN},
        {{.fail = ERR_UNAVAILABLE}, false, ERR_UNKNOWN},
        {{.status = 412}, false, ERR_CONFLICT},
        {{.status = 200}, false, ERR_OK},
        {{.status = 429}, true, ERR_THROTTLED},
        {{.fail = ERR_UNAVAILABLE}, true, ERR_UNAVAILABLE},
        {{.status = 500}, true, ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct http_response response;
        struct aws_call call = make_call(s->arena, "kinesis");
        call.read_only = rows[i].read_only;
        SCRIPT(s, {.fail = ERR_UNKNOWN}, rows[i].last, rows[i].last);
        cr_assert_eq(aws_call(&s->client, &call, s->arena, &response, &d), rows[i].result,
                     "row %zu: %s", i, d.msg);
        cr_assert_eq(call.maybe_applied, !rows[i].read_only, "row %zu", i);
        script_free(s);
    }
}

static struct script_answer always_busy(struct script *s, const struct http_request *request,
                                        struct arena *a)
{
    (void)request;
    (void)a;
    return *(const struct script_answer *)s->ctx;
}

Test(aws_call, the_token_bucket_stops_retries)
{
    /* 500 tokens: at 5 a retry 50 calls of three attempts, at 10 after a timeout 25; then one
     * attempt each. Each success gives one back, up to 500. */
    static struct script_answer busy[] = {{.status = 429}, {.fail = ERR_UNKNOWN}};
    static const size_t calls[] = {50, 25};
    for (size_t kind = 0; kind < 2; kind++) {
        struct script *s = script_new();
        struct aws_call call;
        s->answer_fn = always_busy;
        s->ctx = &busy[kind];
        for (size_t i = 0; i < calls[kind] + 5; i++) {
            struct diag d = DIAG_INIT;
            cr_assert_neq(call_once(s, &call, &d), ERR_OK);
            cr_assert_eq(call.attempts, i < calls[kind] ? 3 : 1, "call %zu", i);
            cr_assert_eq(strstr(d.msg, "no retry left") != NULL, i >= calls[kind], "%s", d.msg);
        }
        cr_assert_eq(s->client.retry_tokens, 0);
        struct script_answer good = {.status = 200};
        s->ctx = &good;
        for (int i = 0; i < 9; i++) {
            struct diag d = DIAG_INIT;
            cr_assert_eq(call_once(s, &call, &d), ERR_OK);
        }
        cr_assert_eq(s->client.retry_tokens, 9);
        s->ctx = &busy[0];
        struct diag d = DIAG_INIT;
        cr_assert_eq(call_once(s, &call, &d), ERR_THROTTLED);
        cr_assert_eq(call.attempts, 2); /* nine tokens pay for one retry */
        s->client.retry_tokens = 500;
        s->ctx = &good;
        cr_assert_eq(call_once(s, &call, &d), ERR_OK);
        cr_assert_eq(s->client.retry_tokens, 500);
        script_free(s);
    }
}

Test(aws_call, sleeps_with_full_jitter)
{
    /* The n-th sleep lies in 0..min(max, base * 2^(n-1)), fills that range, and is the same in
     * every run of a seed. */
    static struct script_answer busy = {.status = 429};
    static const int64_t cap_us[] = {1, 2, 4, 8, 16, 20, 20, 20};
    int64_t first_run[64][8];
    for (int run = 0; run < 3; run++) {
        struct script *s = script_new();
        int64_t least[8], most[8];
        bool differs = false;
        s->seed = run == 2 ? 7 : 0;
        s->config.max_attempts = 9;
        s->answer_fn = always_busy;
        s->ctx = &busy;
        for (int call_number = 0; call_number < 64; call_number++) {
            struct aws_call call;
            struct diag d = DIAG_INIT;
            s->client.retry_tokens = 500;
            s->sleep_count = 0;
            cr_assert_eq(call_once(s, &call, &d), ERR_THROTTLED);
            cr_assert_eq(s->sleep_count, 8);
            for (size_t n = 0; n < 8; n++) {
                int64_t slept = s->sleeps_us[n];
                cr_assert(slept >= 0 && slept <= cap_us[n] * US_PER_S, "sleep %zu: %lld", n,
                          (long long)slept);
                least[n] = call_number == 0 || slept < least[n] ? slept : least[n];
                most[n] = call_number == 0 || slept > most[n] ? slept : most[n];
                if (run == 0) {
                    first_run[call_number][n] = slept;
                }
                differs = differs || slept != first_run[call_number][n];
            }
        }
        for (size_t n = 0; n < 8; n++) {
            cr_assert(least[n] < cap_us[n] * US_PER_S / 5 && most[n] > cap_us[n] * US_PER_S / 5 * 4,
                      "sleep %zu", n);
        }
        cr_assert_eq(differs, run == 2, "run %d", run);
        script_free(s);
    }
}

Test(aws_call, two_tasks_do_not_retry_in_step)
{
    /* Clients in the same state that ask for different things draw different sleeps. */
    int64_t slept[2];
    for (int i = 0; i < 2; i++) {
        struct script *s = script_new();
        struct diag d = DIAG_INIT;
        struct http_response response;
        struct aws_call call = make_call(s->arena, "kinesis");
        call.request.body =
            i == 0 ? STR("{\"ShardIterator\":\"a\"}") : STR("{\"ShardIterator\":\"b\"}");
        SCRIPT(s, {.status = 429}, {.status = 200});
        cr_assert_eq(aws_call(&s->client, &call, s->arena, &response, &d), ERR_OK);
        slept[i] = s->sleeps_us[0];
        script_free(s);
    }
    cr_assert_neq(slept[0], slept[1]);
}

Test(aws_call, each_attempt_has_its_deadline)
{
    /* 10 s from the attempt's own beginning by default, else what is configured; the clock never
     * ran by itself. */
    for (int configured = 0; configured < 2; configured++) {
        struct script *s = script_new();
        struct aws_call call;
        struct diag d = DIAG_INIT;
        int64_t want = configured ? 250 * US_PER_MS : 10 * US_PER_S;
        s->config.attempt_timeout_us = configured ? want : 0;
        SCRIPT(s, {.status = 429}, {.status = 429}, {.status = 200});
        cr_assert_eq(call_once(s, &call, &d), ERR_OK);
        int64_t at = 0;
        for (size_t i = 0; i < 3; i++) {
            cr_assert_eq(s->deadline_us[i], at + want, "attempt %zu", i);
            at += i < 2 ? s->sleeps_us[i] : 0;
        }
        cr_assert_eq(s->mono_us, at);
        script_free(s);
    }
}

Test(aws_call, a_cancelled_task_stops_at_its_sleep)
{
    /* ERR_CANCELLED, and nothing is sent after it; aws_backoff says the same. */
    struct script *s = script_new();
    struct aws_call call;
    struct diag d = DIAG_INIT;
    s->cancel_at_sleep = 1;
    SCRIPT(s, {.status = 429}, {.status = 429}, {.status = 200});
    cr_assert_eq(call_once(s, &call, &d), ERR_CANCELLED);
    cr_assert_eq(d.code, ERR_CANCELLED);
    cr_assert_eq(s->sent_count, 2);
    cr_assert_eq(aws_backoff(&s->client, "loop", 1), ERR_CANCELLED);
    script_free(s);
}

Test(aws_backoff, grows_to_the_configured_maximum)
{
    /* Bounds by the configured base and maximum; a large n does not overflow. */
    struct script *s = script_new();
    s->config.backoff_base_us = 3;
    s->config.backoff_max_us = 100;
    static const int ns[] = {1, 2, 3, 6, 7, 1000000, 0};
    static const int64_t caps[] = {3, 6, 12, 96, 100, 100, 3};
    for (size_t i = 0; i < 7; i++) {
        int64_t most = 0;
        for (int n = 0; n < 200; n++) {
            s->sleep_count = 0;
            cr_assert_eq(aws_backoff(&s->client, "loop", ns[i]), ERR_OK);
            cr_assert(s->sleeps_us[0] >= 0 && s->sleeps_us[0] <= caps[i], "n %d", ns[i]);
            most = s->sleeps_us[0] > most ? s->sleeps_us[0] : most;
        }
        cr_assert(most > caps[i] * 8 / 10, "n %d: %lld", ns[i], (long long)most);
    }
    script_free(s);
}
