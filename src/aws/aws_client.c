/* One call is a loop over attempts. Each attempt signs a fresh copy of the caller's request,
 * because date and attempt number are part of what is signed; the body is hashed once.
 *
 *  1. Nothing is retried that the service refused for good, nor after the task was cancelled.
 *  2. A retry takes tokens before it sleeps: while the service is down, calls fail fast instead of
 * piling up.
 *  3. A result that says "nothing was done" is only given when no attempt may have done something.
 */
#include "aws/aws_client.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/rng.h"
#include "wire/aws_error.h"
#include "wire/codec.h"

#define RETRY_TOKENS_MAX 500
#define RETRY_COST 5
#define RETRY_COST_AFTER_TIMEOUT 10
#define BACKOFF_DOUBLINGS_MAX 30
#define SKEW_US_MIN (4 * US_PER_MINUTE) /* less is no reason for a refusal */

void aws_client_init(struct aws_client *c, struct rt *rt, struct transport *t,
                     const struct aws_config *config)
{
    *c = (struct aws_client){
        .rt = rt, .transport = t, .config = config, .retry_tokens = RETRY_TOKENS_MAX};
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

/* ---- backoff ---- */

/* 0..min(max, base * 2^(n-1)), n from 1. */
static int64_t backoff_us(struct aws_client *c, const char *stream, uint64_t key, int n)
{
    int64_t base = or_default(c->config->backoff_base_us, US_PER_S);
    int64_t max = or_default(c->config->backoff_max_us, 20 * US_PER_S);
    int doublings = n < 1 ? 0 : n - 1;
    int64_t cap = base;
    for (int i = 0; i < doublings && i < BACKOFF_DOUBLINGS_MAX && cap < max; i++) {
        cap *= 2;
    }
    cap = cap < max ? cap : max;
    return (int64_t)rng_below(rt_rand(c->rt, stream, key), (uint64_t)cap + 1);
}

enum err aws_backoff(struct aws_client *c, const char *stream, int n)
{
    uint64_t key = hash64_mix(++c->calls, (uint64_t)n);
    return rt_sleep(c->rt, backoff_us(c, stream, key, n));
}

/* Two tasks at the same call of the same client code must not sleep in step: what they ask for goes
 * into the key. */
static uint64_t retry_key(const struct aws_client *c, const struct aws_call *call)
{
    uint64_t asked = hash64(c->calls, call->request.path);
    return hash64_mix(hash64(asked, str_slice(call->request.body, 0, 512)),
                      (uint64_t)call->attempts);
}

/* ---- endpoint and message ---- */

struct endpoint {
    struct str scheme, host, path; /* path without its last '/' */
};

static struct str without_suffix(struct str s, struct str suffix)
{
    return str_ends(s, suffix) ? str_slice(s, 0, s.len - suffix.len) : s;
}

static enum err find_endpoint(const struct aws_config *config, const char *service, struct arena *a,
                              struct endpoint *ret_endpoint, struct diag *d)
{
    struct endpoint e = {.scheme = STR("https"), .path = STR_EMPTY};
    if (config->endpoint.len == 0) {
        e.host = str_printf(a, "%s.%.*s.amazonaws.com", service, STR_ARG(config->region));
        *ret_endpoint = e;
        return ERR_OK;
    }
    struct str query;
    if (http_url_parse(config->endpoint, &e.scheme, &e.host, &e.path, &query, d) != ERR_OK) {
        return diag_context(d, "endpoint");
    }
    if (query.len > 0 || (!str_eq(e.scheme, STR("http")) && !str_eq(e.scheme, STR("https")))) {
        return fail(d, ERR_INVALID, "endpoint '%.*s': http or https and no query",
                    STR_ARG(config->endpoint));
    }
    /* the Host header, which is signed, leaves a default port out */
    e.host = without_suffix(e.host, str_eq(e.scheme, STR("http")) ? STR(":80") : STR(":443"));
    e.path = without_suffix(e.path, STR("/"));
    *ret_endpoint = e;
    return ERR_OK;
}

struct attempt {
    const struct endpoint *endpoint;
    struct str payload_hash;
    int number, max;
};

static void sign(const struct aws_client *c, const struct aws_call *call, struct str payload_hash,
                 struct arena *a, struct http_request *request)
{
    struct sigv4_options options = {.credentials = c->config->credentials,
                                    .region = c->config->region,
                                    .service = str_of(call->service),
                                    .now_us = rt_wall_us(c->rt) + c->skew_us,
                                    .double_encode_path = !call->s3,
                                    .normalize_path = !call->s3,
                                    .sign_body_header = call->s3,
                                    .payload_hash = payload_hash};
    if (options.credentials.access_key.len > 0) {
        sigv4_sign(request, &options, a);
    }
}

static struct http_request build_request(const struct aws_client *c, const struct aws_call *call,
                                         const struct attempt *attempt, struct arena *a)
{
    struct http_request r = call->request;
    r.scheme = attempt->endpoint->scheme;
    r.host = attempt->endpoint->host;
    if (attempt->endpoint->path.len > 0) {
        r.path = str_join(a, attempt->endpoint->path, r.path);
    }
    http_headers_init(&r.headers, a);
    for (size_t i = 0; i < call->request.headers.count; i++) {
        http_headers_add(&r.headers, call->request.headers.items[i].name,
                         call->request.headers.items[i].value);
    }
    if (c->config->user_agent.len > 0) {
        http_headers_set(&r.headers, STR("User-Agent"), c->config->user_agent);
    }
    struct str count = str_printf(a, "attempt=%d; max=%d", attempt->number, attempt->max);
    http_headers_set(&r.headers, STR("Amz-Sdk-Request"), count);
    sign(c, call, attempt->payload_hash, a, &r);
    return r;
}

/* ---- attempts ---- */

/* A JSON or XML answer that is shorter than it said is no answer. S3's objects are checked by s3.c.
 */
static bool is_cut_short(const struct aws_call *call, const struct http_response *response)
{
    struct diag ignored = DIAG_INIT;
    int64_t length = 0;
    struct str told = http_header(&response->headers, "Content-Length");
    if (call->s3 || told.len == 0 || str_i64(told, &length, &ignored) != ERR_OK) {
        return false;
    }
    return response->body.len != (uint64_t)length;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Whether a refusal was for our clock, which is set right then; nothing was done. Of the codes only
 * the first three say so by themselves: the Date decides. */
static bool skew_learn(struct aws_client *c, struct str code, const struct http_response *response)
{
    static const char *const codes[] = {"RequestTimeTooSkewed",  "RequestExpired",
                                        "RequestInTheFuture",    "InvalidSignatureException",
                                        "SignatureDoesNotMatch", "AuthFailure"};
    struct diag ignored = DIAG_INIT;
    int64_t server_us;
    bool named = false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        named = named || str_eq(code, str_of(codes[i]));
    }
    if (!named || instant_parse_http(http_header(&response->headers, "Date"), &server_us,
                                     &ignored) != ERR_OK) {
        return false;
    }
    int64_t skew_us = server_us - rt_wall_us(c->rt);
    if (distance(skew_us, c->skew_us) < SKEW_US_MIN) {
        return false;
    }
    rt_trace(c->rt, "aws.skew", code, skew_us);
    c->skew_us = skew_us;
    return true;
}

static enum err classify(struct aws_client *c, struct aws_call *call,
                         const struct http_response *response, struct arena *a, struct diag *d)
{
    if (is_cut_short(call, response)) {
        call->maybe_applied = !call->read_only;
        return fail(d, ERR_UNKNOWN, "the answer was cut short at %zu bytes", response->body.len);
    }
    if ((response->status >= 200 && response->status < 300) || response->status == 304) {
        return ERR_OK;
    }
    /* a server's own failure may have come after the work was done */
    if (response->status >= 500 && !call->read_only) {
        call->maybe_applied = true;
    }
    struct str code, message;
    codec_read_error(response, a, &code, &message);
    enum err class =
        skew_learn(c, code, response) ? ERR_UNAVAILABLE : aws_error_class(code, response->status);
    return fail_named(d, class, str_z(a, code), "HTTP %d %.*s: %.*s", response->status,
                      STR_ARG(code), STR_ARG(message));
}

static enum err try_once(struct aws_client *c, struct aws_call *call, const struct attempt *attempt,
                         struct arena *a, struct http_response *ret_response, struct diag *d)
{
    struct http_request request = build_request(c, call, attempt, a);
    int64_t deadline = rt_mono_us(c->rt) + or_default(c->config->attempt_timeout_us, 10 * US_PER_S);
    struct http_response response;
    http_response_init(&response, a, 0);
    enum err code = transport_call(c->transport, &request, deadline, a, &response, d);
    if (code == ERR_UNKNOWN && !call->read_only) {
        call->maybe_applied = true;
    }
    if (code != ERR_OK) {
        return fail(d, code, "the exchange failed"); /* keeps what the transport said */
    }
    *ret_response = response;
    return classify(c, call, &response, a, d);
}

/* Takes the tokens of one retry and sleeps; false when there are none, or the task was told to
 * stop. */
static bool may_retry(struct aws_client *c, const struct aws_call *call, struct diag *last)
{
    int64_t cost = last->code == ERR_UNKNOWN ? RETRY_COST_AFTER_TIMEOUT : RETRY_COST;
    if (c->retry_tokens < cost) {
        diag_context(last, "no retry left in the bucket");
        return false;
    }
    c->retry_tokens -= cost;
    rt_trace(c->rt, "aws.retry", str_of(call->operation), call->attempts);
    int64_t sleep_us = backoff_us(c, "aws.retry", retry_key(c, call), call->attempts);
    if (rt_sleep(c->rt, sleep_us) != ERR_OK) {
        diag_clear(last);
        (void)fail(last, ERR_CANCELLED, "stopped while waiting to retry");
        return false;
    }
    return true;
}

static void note_success(struct aws_client *c)
{
    if (c->retry_tokens < RETRY_TOKENS_MAX) {
        c->retry_tokens++;
    }
}

/* "Nothing was done" is only true when no attempt may have been applied. */
static void settle(const struct aws_call *call, struct diag *last)
{
    if (call->maybe_applied && (last->code == ERR_THROTTLED || last->code == ERR_UNAVAILABLE)) {
        last->code = ERR_UNKNOWN;
    }
    diag_context(last, "%s %s, attempt %d", call->service, call->operation, call->attempts);
}

enum err aws_call(struct aws_client *c, struct aws_call *call, struct arena *a,
                  struct http_response *ret_response, struct diag *d)
{
    struct endpoint endpoint = {.path = STR_EMPTY};
    TRY(find_endpoint(c->config, call->service, a, &endpoint, d));
    struct attempt attempt = {.endpoint = &endpoint,
                              .payload_hash = hash_sha256_hex(a, call->request.body),
                              .max = c->config->max_attempts > 0 ? c->config->max_attempts : 3};
    struct diag last = DIAG_INIT;
    c->calls++;
    call->attempts = 0;
    call->maybe_applied = false;
    do {
        diag_clear(&last);
        attempt.number = ++call->attempts;
        enum err code = try_once(c, call, &attempt, a, ret_response, &last);
        if (code == ERR_OK) {
            note_success(c);
            return ERR_OK;
        }
    } while (err_is_transient(last.code) && call->attempts < attempt.max &&
             may_retry(c, call, &last));
    settle(call, &last);
    if (d->code == ERR_OK) {
        *d = last;
    }
    return last.code;
}
