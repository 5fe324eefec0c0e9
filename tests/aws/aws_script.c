#include "aws_script.h"

#include <criterion/criterion.h>
#include "base/hash.h"
#include "base/limits.h"
#include "base/rng.h"

static struct script *of_rt(struct rt *rt)
{
    return (struct script *)(void *)((char *)rt - offsetof(struct script, rt));
}

static int64_t script_wall_us(struct rt *rt)
{
    return SCRIPT_START_US + of_rt(rt)->mono_us;
}

static int64_t script_mono_us(struct rt *rt)
{
    return of_rt(rt)->mono_us;
}

static enum err script_sleep_until(struct rt *rt, int64_t mono_us)
{
    struct script *s = of_rt(rt);
    cr_assert(s->sleep_count < SCRIPT_CALLS_MAX);
    s->sleeps_us[s->sleep_count++] = mono_us - s->mono_us;
    if (s->sleep_count > s->cancel_at_sleep) {
        return ERR_CANCELLED;
    }
    s->mono_us = mono_us > s->mono_us ? mono_us : s->mono_us;
    return ERR_OK;
}

static uint64_t script_rand(struct rt *rt, const char *stream, uint64_t key)
{
    return rng_u64(of_rt(rt)->seed, hash64(0, str_of(stream)), key, 0);
}

static void script_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    (void)rt;
    (void)what;
    (void)text;
    (void)value;
}

static const struct rt_ops SCRIPT_RT = {.wall_us = script_wall_us,
                                        .mono_us = script_mono_us,
                                        .sleep_until = script_sleep_until,
                                        .rand = script_rand,
                                        .trace = script_trace};

static struct http_request *copy_request(struct arena *a, const struct http_request *r)
{
    struct http_request *copy = NEW(a, struct http_request);
    *copy = *r;
    copy->path = str_copy(a, r->path);
    copy->query = str_copy(a, r->query);
    copy->host = str_copy(a, r->host);
    copy->body = str_copy(a, r->body);
    http_headers_init(&copy->headers, a);
    for (size_t i = 0; i < r->headers.count; i++) {
        http_headers_add(&copy->headers, str_copy(a, r->headers.items[i].name),
                         str_copy(a, r->headers.items[i].value));
    }
    return copy;
}

static struct script_answer next_answer(struct script *s, const struct http_request *request,
                                        struct arena *a)
{
    if (s->sent_count - 1 == s->fault_at) {
        if (s->fault_applies && s->answer_fn != NULL) {
            (void)s->answer_fn(s, request, a);
        }
        return s->fault;
    }
    if (s->answer_fn != NULL) {
        return s->answer_fn(s, request, a);
    }
    cr_assert(s->answer_next < s->answer_count, "call %zu: the script has no more answers",
              s->sent_count);
    return s->answers[s->answer_next++];
}

static enum err script_call(struct transport *t, const struct http_request *request,
                            int64_t deadline_mono_us, struct arena *a,
                            struct http_response *ret_response, struct diag *d)
{
    struct script *s = (struct script *)(void *)((char *)t - offsetof(struct script, transport));
    cr_assert(s->sent_count < SCRIPT_CALLS_MAX);
    s->deadline_us[s->sent_count] = deadline_mono_us;
    s->sent[s->sent_count++] = copy_request(s->arena, request);
    struct script_answer answer = next_answer(s, request, a);
    if (answer.fail != ERR_OK) {
        return fail(d, answer.fail, "as the script says");
    }
    http_response_init(ret_response, a, answer.status);
    struct str line, name, value;
    for (struct str rest = str_of(answer.headers); str_cut(&rest, '\n', &line);) {
        (void)str_split(line, ':', &name, &value);
        http_headers_add(&ret_response->headers, name, str_trim(value));
    }
    ret_response->body = str_of(answer.body);
    return ERR_OK;
}

static const struct transport_ops SCRIPT_TRANSPORT = {.call = script_call};

struct script *script_new(void)
{
    struct arena *a = arena_new("script", GIB);
    struct script *s = NEW(a, struct script);
    s->arena = a;
    s->transport.ops = &SCRIPT_TRANSPORT;
    s->rt.ops = &SCRIPT_RT;
    s->fault_at = SIZE_MAX;
    s->cancel_at_sleep = SIZE_MAX;
    s->config = (struct aws_config){
        .region = STR("us-east-1"),
        .endpoint = STR("http://127.0.0.1:4566"),
        .credentials = {.access_key = STR("AKIDEXAMPLE"),
                        .secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                        .session_token = STR_EMPTY},
        .user_agent = STR("aforo-test")};
    aws_client_init(&s->client, &s->rt, &s->transport, &s->config);
    return s;
}

void script_free(struct script *s)
{
    arena_free(s->arena);
}

void script_answers(struct script *s, const struct script_answer *answers, size_t count)
{
    s->answers = arena_copy(s->arena, answers, count * sizeof(*answers));
    s->answer_count = count;
    s->answer_next = 0;
    s->answer_fn = NULL;
}

#define JSON_ERROR_BODY(name) "{\"__type\":\"com.amazonaws#" name "\",\"message\":\"no\"}"
const struct script_fault SCRIPT_FAULTS[] = {
    {"no connection", {.fail = ERR_UNAVAILABLE}, ERR_OK, false},
    {"answer lost", {.fail = ERR_UNKNOWN}, ERR_OK, true},
    {"answer too long", {.fail = ERR_LIMIT}, ERR_LIMIT, true},
    {"task cancelled", {.fail = ERR_CANCELLED}, ERR_CANCELLED, true},
    {"500", {.status = 500, .body = JSON_ERROR_BODY("InternalFailure")}, ERR_OK, true},
    {"503", {.status = 503, .body = JSON_ERROR_BODY("ServiceUnavailable")}, ERR_OK, true},
    {"500 without a word", {.status = 500}, ERR_OK, true},
    {"throttled", {.status = 400, .body = JSON_ERROR_BODY("ThrottlingException")}, ERR_OK, false},
    {"slow down",
     {.status = 503, .body = "<Error><Code>SlowDown</Code><Message>no</Message></Error>"},
     ERR_OK,
     false},
    {"invalid",
     {.status = 400, .body = JSON_ERROR_BODY("ValidationException")},
     ERR_INVALID,
     false},
    {"denied",
     {.status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"},
     ERR_DENIED,
     false},
    {"refused by name",
     {.status = 501, .body = JSON_ERROR_BODY("NotImplementedException")},
     ERR_UNSUPPORTED,
     false},
    {"nobody there", {.status = 404}, ERR_NOT_FOUND, false},
};
const size_t SCRIPT_FAULT_COUNT = sizeof(SCRIPT_FAULTS) / sizeof(SCRIPT_FAULTS[0]);

bool same(struct str got, const char *want)
{
    return str_eq(got, str_of(want));
}

void assert_body(const struct script *s, size_t n, const char *want)
{
    cr_assert(n < s->sent_count, "request %zu was not sent", n);
    cr_assert(same(s->sent[n]->body, want), "request %zu: %.*s", n, STR_ARG(s->sent[n]->body));
}
