#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "adapter/http_curl.h"
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"
#include "http_peer.h"

struct bench {
    struct http_peer peer;
    struct arena *arena;
    struct rt *rt;
    struct transport *transport;
    struct str host;
    struct diag d;
};

static void bench_start(struct bench *b)
{
    *b = (struct bench){.arena = arena_new("test", GIB)};
    http_peer_start(&b->peer);
    b->rt = rt_threads_new(b->arena, 1);
    b->host = str_printf(b->arena, "127.0.0.1:%d", b->peer.port);
    struct http_curl_options options = {0};
    cr_assert_eq(http_curl_new(b->arena, b->rt, &options, &b->transport, &b->d), ERR_OK);
}

static void bench_stop(struct bench *b)
{
    arena_free(b->arena); /* closes the connection, so the peer's thread ends */
    http_peer_stop(&b->peer);
}

static struct http_request request_of(struct bench *b, const char *method, const char *path)
{
    struct http_request request;
    http_request_init(&request, b->arena, method, b->host, str_of(path));
    request.scheme = STR("http");
    return request;
}

static enum err bench_send(struct bench *b, const struct http_request *request,
                           struct http_response *response)
{
    diag_clear(&b->d);
    return transport_call(b->transport, request, rt_mono_us(b->rt) + 20 * US_PER_S, b->arena,
                          response, &b->d);
}

static enum err bench_get(struct bench *b, const char *path, struct http_response *response)
{
    struct http_request request = request_of(b, "GET", path);
    return bench_send(b, &request, response);
}

#define EXPECT_STR(actual, expected)                                                               \
    cr_expect(str_eq(actual, str_of(expected)), "\"%.*s\"", STR_ARG(actual))

Test(http_curl, answers_come_as_they_were_sent)
{
    /* Proves status, headers and body of every kind of whole answer, and that no answer is an error
     * or followed. */
    struct bench b;
    bench_start(&b);
    static const struct row {
        const char *path;
        int status;
        const char *body;
    } rows[] = {
        {"/ok", 200, "hello"}, {"/chunked", 200, "hello"}, {"/busy", 503, "busy"},
        {"/moved", 302, ""},   {"/continue", 503, "busy"}, {"/twice", 200, ""},
        {"/none", 204, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response r;
        cr_assert_eq(bench_get(&b, rows[i].path, &r), ERR_OK, "%s: %s", rows[i].path, b.d.msg);
        cr_expect_eq(r.status, rows[i].status, "%s: %d", rows[i].path, r.status);
        EXPECT_STR(r.body, rows[i].body);
        if (strcmp(rows[i].path, "/moved") == 0) {
            EXPECT_STR(http_header(&r.headers, "location"), "/ok");
        } else if (strcmp(rows[i].path, "/continue") == 0) {
            cr_expect_not(http_has_header(&r.headers, "X-Early"));
        } else if (strcmp(rows[i].path, "/twice") == 0) {
            cr_assert_eq(r.headers.count, 4);
            EXPECT_STR(r.headers.items[0].name, "set-cookie");
            EXPECT_STR(r.headers.items[0].value, "a=1");
            EXPECT_STR(r.headers.items[1].value, "b: 2");
            EXPECT_STR(r.headers.items[2].name, "X-Empty");
            EXPECT_STR(r.headers.items[2].value, "");
        }
    }
    cr_expect_eq(atomic_load(&b.peer.connections), 1, "the connection was kept");
    bench_stop(&b);
}

Test(http_curl, requests_go_out_byte_for_byte)
{
    /* Proves that path and query are not normalised, that no header is added but Host and the
     * body's length, that empty values, HEAD, PUT without body and a binary body go out as they
     * are. */
    struct bench b;
    bench_start(&b);
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* were it used, every call would fail */
    struct http_response r;
    struct http_request put = request_of(&b, "PUT", "/a%2Fb/../c%20d//./e~");
    put.query = STR("x=1&empty=&flag&z=%2f%2F");
    put.body = str_n("one\0two\r\n", 9);
    http_headers_add(&put.headers, STR("X-Amz-Target"), STR("Kinesis_20131202.PutRecords"));
    http_headers_add(&put.headers, STR("X-Empty"), STR_EMPTY);
    http_headers_add(&put.headers, STR("Content-Length"), STR("9"));
    cr_assert_eq(bench_send(&b, &put, &r), ERR_OK, "%s", b.d.msg);
    struct str expected =
        str_printf(b.arena,
                   "PUT /a%%2Fb/../c%%20d//./e~?x=1&empty=&flag&z=%%2f%%2F HTTP/1.1\r\n"
                   "Host: %.*s\r\nX-Amz-Target: Kinesis_20131202.PutRecords\r\n"
                   "X-Empty:\r\nContent-Length: 9\r\n\r\n",
                   STR_ARG(b.host));
    cr_expect(str_eq(r.body, str_join(b.arena, expected, put.body)), "%.*s", STR_ARG(r.body));

    struct http_request post = request_of(&b, "POST", "/echo");
    cr_assert_eq(bench_send(&b, &post, &r), ERR_OK, "%s", b.d.msg);
    expected = str_printf(b.arena, "POST /echo HTTP/1.1\r\nHost: %.*s\r\nContent-Length: 0\r\n\r\n",
                          STR_ARG(b.host));
    EXPECT_STR(r.body, str_z(b.arena, expected));

    struct http_request get = request_of(&b, "DELETE", "/echo");
    cr_assert_eq(bench_send(&b, &get, &r), ERR_OK, "%s", b.d.msg);
    expected = str_printf(b.arena, "DELETE /echo HTTP/1.1\r\nHost: %.*s\r\n\r\n", STR_ARG(b.host));
    EXPECT_STR(r.body, str_z(b.arena, expected));

    struct http_request head = request_of(&b, "HEAD", "/ok");
    cr_assert_eq(bench_send(&b, &head, &r), ERR_OK, "%s", b.d.msg);
    EXPECT_STR(http_header(&r.headers, "Content-Length"), "5");
    cr_expect_eq(r.body.len, 0);
    cr_expect_eq(atomic_load(&b.peer.connections), 1);
    bench_stop(&b);
}

Test(http_curl, failures_say_whether_it_was_sent)
{
    /* Proves the class of each failure, and that the next call works on a new connection. */
    struct bench b;
    bench_start(&b);
    static const struct row {
        const char *path;
        enum err err;
    } rows[] = {
        {"/drop", ERR_UNKNOWN},       {"/reset", ERR_UNKNOWN},     {"/half", ERR_UNKNOWN},
        {"/half-chunk", ERR_UNKNOWN}, {"/half-head", ERR_UNKNOWN}, {"/huge", ERR_LIMIT},
        {"/headers", ERR_LIMIT},      {"no-slash", ERR_INVALID},   {"/line\r\nbreak", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_response r = {.status = 77};
        cr_expect_eq(bench_get(&b, rows[i].path, &r), rows[i].err, "%s: %s %s", rows[i].path,
                     err_name(b.d.code), b.d.msg);
        cr_expect_eq(r.status, 77, "%s: the result is untouched", rows[i].path);
        cr_assert_eq(bench_get(&b, "/ok", &r), ERR_OK, "after %s: %s", rows[i].path, b.d.msg);
    }
    struct http_request request = request_of(&b, "GET", "/ok");
    http_headers_add(&request.headers, STR("X-Split"), STR("a\r\nX-Other: b"));
    struct http_response r;
    cr_expect_eq(bench_send(&b, &request, &r), ERR_INVALID, "a header with a line break");

    request = request_of(&b, "GET", "/ok");
    request.host = str_printf(b.arena, "127.0.0.1:%d", http_peer_refused_port());
    cr_expect_eq(bench_send(&b, &request, &r), ERR_UNAVAILABLE, "refused: %s", b.d.msg);
    request.host = STR("no-such-host.invalid");
    cr_expect_eq(bench_send(&b, &request, &r), ERR_UNAVAILABLE, "no such host: %s", b.d.msg);
    bench_stop(&b);
}

Test(http_curl, a_request_is_never_sent_twice)
{
    /* Proves that when a kept-alive connection dies after the request, the caller is told so:
     * libcurl alone would send it again, and a record would be put twice without a word. */
    struct bench b;
    bench_start(&b);
    static const char *const paths[] = {"/drop", "/reset"};
    for (size_t i = 0; i < 2; i++) {
        struct http_response r;
        cr_assert_eq(bench_get(&b, "/ok", &r), ERR_OK, "%s", b.d.msg);
        int before = atomic_load(&b.peer.requests);
        struct http_request post = request_of(&b, "POST", paths[i]);
        post.body = STR("records");
        cr_expect_eq(bench_send(&b, &post, &r), ERR_UNKNOWN, "%s: %s", paths[i], b.d.msg);
        cr_assert_eq(bench_get(&b, "/ok", &r), ERR_OK, "%s", b.d.msg);
        cr_expect_eq(atomic_load(&b.peer.requests) - before, 2, "%s: the post, and the get",
                     paths[i]);
    }
    bench_stop(&b);
}

Test(http_curl, deadlines_end_a_call)
{
    /* Proves that a silent peer costs no more than the deadline, and that a call after its deadline
     * is not sent. */
    struct bench b;
    bench_start(&b);
    struct http_response r;
    struct http_request request = request_of(&b, "GET", "/silent");
    int64_t start = rt_mono_us(b.rt);
    cr_expect_eq(transport_call(b.transport, &request, start + 50 * US_PER_MS, b.arena, &r, &b.d),
                 ERR_UNKNOWN, "%s", b.d.msg);
    int64_t took_us = rt_mono_us(b.rt) - start;
    cr_expect_geq(took_us, 50 * US_PER_MS);
    cr_expect_lt(took_us, 5 * US_PER_S);
    diag_clear(&b.d);
    int before = atomic_load(&b.peer.requests);
    cr_expect_eq(transport_call(b.transport, &request, start, b.arena, &r, &b.d), ERR_UNAVAILABLE);
    cr_expect_eq(atomic_load(&b.peer.requests), before);
    bench_stop(&b);
}

struct waiting {
    struct bench *bench;
    enum err result;
};

static void call_silent(struct rt *rt, void *arg)
{
    (void)rt;
    struct waiting *w = arg;
    struct http_response r;
    struct http_request request = request_of(w->bench, "GET", "/silent");
    w->result = transport_call(w->bench->transport, &request, INSTANT_NEVER, w->bench->arena, &r,
                               &w->bench->d);
}

Test(http_curl, cancelling_ends_a_call)
{
    /* Proves that a task that waits for an answer without any deadline can be told to stop. */
    struct bench b;
    bench_start(&b);
    struct waiting w = {.bench = &b};
    struct rt_task *task = rt_spawn(b.rt, "caller", call_silent, &w);
    while (atomic_load(&b.peer.requests) == 0) {
        cr_assert_eq(rt_sleep(b.rt, US_PER_MS), ERR_OK);
    }
    rt_cancel(b.rt, task);
    rt_join(b.rt, task);
    cr_expect_eq(w.result, ERR_CANCELLED, "%s", b.d.msg);
    bench_stop(&b);
}
