/* http_curl.c -- One HTTP call by libcurl, and what its failure means for the caller.
 *
 * The question that matters is whether the other side may have acted. So:
 *   1. the request goes out at most once. libcurl on its own sends a request again when a
 * kept-alive connection dies before the first byte of an answer; the second sending is stopped in
 * call_before_send;
 *   2. a failure with no byte of the request sent is ERR_UNAVAILABLE, any later one ERR_UNKNOWN;
 *   3. path and query go out byte for byte (CURLOPT_REQUEST_TARGET), since they were signed that
 * way, and of its own libcurl adds only Host and Content-Length;
 *   4. no redirect is followed, and no proxy or netrc of the environment is used.
 *
 * curl_global_init is not called here: curl_easy_init does it on first use, safely between threads
 * since 7.84, and so no "was it done" variable is needed. Left out: HTTP/2 (AWS answers HTTP/1.1
 * everywhere this pipeline calls), answers in pieces. */
#include "adapter/http_curl.h"

#include <curl/curl.h>

#include "base/instant.h"
#include "base/limits.h"

#define CONNECT_TIMEOUT_US_DEFAULT (3 * US_PER_S)

struct http_curl {
    struct transport transport; /* first: a struct transport * is one of these */
    struct rt *rt;
    struct http_curl_options options;
    CURL *easy;
};

/* One call in flight. */
struct call {
    struct http_curl *client;
    struct arena *arena;
    struct http_response *response;
    struct buf body;
    size_t header_bytes;
    bool head_whole; /* its empty line came: libcurl takes a head that is cut for a whole answer */
    bool too_large;  /* the answer is over a cap */
    bool cancelled;  /* the task was told to stop */
    bool resent;     /* libcurl was about to send the request a second time */
    char error[CURL_ERROR_SIZE];
};

/* ---- what libcurl calls back ---- */

static size_t call_body(char *data, size_t size, size_t count, void *arg)
{
    struct call *c = arg;
    size_t len = size * count;
    if (len > HTTP_BODY_BYTES_MAX - c->body.len) {
        c->too_large = true;
        return 0;
    }
    if (c->body.len == 0) { /* one allocation where the length is known */
        curl_off_t total = -1;
        (void)curl_easy_getinfo(c->client->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
        if (total > (curl_off_t)HTTP_BODY_BYTES_MAX) {
            c->too_large = true;
            return 0;
        }
        (void)buf_reserve(&c->body, total > (curl_off_t)len ? (size_t)total : len);
    }
    buf_add_bytes(&c->body, data, len);
    return len;
}

/* One line of the head, with its line end. A status line begins the head anew: 100 Continue comes
 * before the answer's own. */
static size_t call_header(char *data, size_t size, size_t count, void *arg)
{
    struct call *c = arg;
    size_t len = size * count;
    struct str line = str_trim(str_n(data, len)), name, value;
    if (str_starts_nocase(line, STR("HTTP/"))) {
        http_headers_init(&c->response->headers, c->arena);
        c->header_bytes = 0;
        c->head_whole = false;
        return len;
    }
    c->head_whole = c->head_whole || line.len == 0;
    c->header_bytes += len;
    if (c->header_bytes > HTTP_HEADER_BYTES_MAX || c->response->headers.count == HTTP_HEADERS_MAX) {
        c->too_large = true;
        return 0;
    }
    if (str_split(line, ':', &name, &value)) {
        http_headers_add(&c->response->headers, str_copy(c->arena, str_trim(name)),
                         str_copy(c->arena, str_trim(value)));
    }
    return len;
}

static int call_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                         curl_off_t up)
{
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    struct call *c = arg;
    c->cancelled = rt_cancelled(c->client->rt);
    return c->cancelled ? 1 : 0;
}

static bool call_was_sent(const struct call *c)
{
    long sent_bytes = 0;
    (void)curl_easy_getinfo(c->client->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    return sent_bytes > 0;
}

/* Connected, nothing of this attempt sent. Bytes that were sent belong to an earlier attempt of
 * libcurl's. */
static int call_before_send(void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    (void)peer_ip;
    (void)own_ip;
    (void)peer_port;
    (void)own_port;
    struct call *c = arg;
    c->resent = call_was_sent(c);
    return c->resent ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- the request ---- */

static bool text_is_clean(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0') {
            return false;
        }
    }
    return true;
}

static enum err headers_append(struct curl_slist **list, const char *line, struct diag *d)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL) {
        return fail(d, ERR_INTERNAL, "libcurl: no memory for a header");
    }
    *list = longer;
    return ERR_OK;
}

/* libcurl's own spelling: "Name;" is an empty value, "Name:" takes a header of its own away. */
static enum err header_append(struct curl_slist **list, const struct http_header *header,
                              struct arena *a, struct diag *d)
{
    if (!text_is_clean(header->name) || !text_is_clean(header->value)) {
        return fail(d, ERR_INVALID, "header %.*s: a line break in it", STR_ARG(header->name));
    }
    if (str_eq_nocase(header->name, STR("content-length"))) {
        return ERR_OK; /* libcurl counts the body itself */
    }
    struct buf line;
    buf_init(&line, a, HTTP_HEADER_BYTES_MAX + 4);
    if (header->name.len + header->value.len > HTTP_HEADER_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "header %.*s: %zu bytes", STR_ARG(header->name),
                    header->value.len);
    }
    buf_add(&line, header->name);
    buf_add_z(&line, header->value.len == 0 ? ";" : ": ");
    buf_add(&line, header->value);
    return headers_append(list, str_z(a, buf_str(&line)), d);
}

static enum err headers_build(const struct http_request *request, struct arena *a,
                              struct curl_slist **list, struct diag *d)
{
    static const char *const unwanted[] = {"Expect", "Accept", "Content-Type"};
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (!http_has_header(&request->headers, unwanted[i])) {
            TRY(headers_append(list, str_z(a, str_printf(a, "%s:", unwanted[i])), d));
        }
    }
    for (size_t i = 0; i < request->headers.count; i++) {
        TRY(header_append(list, &request->headers.items[i], a, d));
    }
    return ERR_OK;
}

static enum err request_check(const struct http_request *request, struct diag *d)
{
    if (!text_is_clean(request->host) || !text_is_clean(request->path) ||
        !text_is_clean(request->query) || !text_is_clean(request->method)) {
        return fail(d, ERR_INVALID, "request to %.*s: a line break in it", STR_ARG(request->host));
    }
    if (!str_starts(request->path, STR("/"))) {
        return fail(d, ERR_INVALID, "path %.*s: it must begin with /", STR_ARG(request->path));
    }
    return ERR_OK;
}

/* Options on which nobody but this file depends; each setopt only fails for want of memory. */
static CURLcode set_fixed(struct call *c)
{
    const struct http_curl_options *options = &c->client->options;
    CURL *easy = c->client->easy;
    CURLcode result = CURLE_OK;
    result |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    result |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    result |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    result |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    result |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    result |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
    result |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call_body);
    result |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
    result |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call_header);
    result |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    result |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    result |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, call_progress);
    result |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, c);
    result |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call_before_send);
    result |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, c);
    if (options->ca_file != NULL) {
        result |= curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    }
    if (options->insecure) {
        result |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        result |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return result;
}

static CURLcode set_method(CURL *easy, const struct http_request *request, struct arena *a)
{
    CURLcode result = CURLE_OK;
    bool has_body = request->body.len > 0 || str_eq(request->method, STR("POST")) ||
                    str_eq(request->method, STR("PUT"));
    if (str_eq(request->method, STR("HEAD"))) {
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    if (has_body) { /* also an empty one: "Content-Length: 0" */
        result |=
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        result |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                                   request->body.len > 0 ? request->body.ptr : "");
    }
    result |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, str_z(a, request->method));
    return result;
}

static CURLcode set_target(CURL *easy, const struct http_request *request, struct arena *a)
{
    struct str scheme = request->scheme.len > 0 ? request->scheme : STR("https");
    struct str query = request->query;
    struct str url = str_printf(a, "%.*s://%.*s/", STR_ARG(scheme), STR_ARG(request->host));
    struct str target = str_printf(a, "%.*s%s%.*s", STR_ARG(request->path),
                                   query.len > 0 ? "?" : "", STR_ARG(query));
    CURLcode result = curl_easy_setopt(easy, CURLOPT_URL, str_z(a, url));
    result |= curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, str_z(a, target));
    return result;
}

static long timeout_ms(int64_t us)
{
    return us > INT64_C(1000000) * US_PER_S ? 1000000000L
                                            : (long)((us + US_PER_MS - 1) / US_PER_MS);
}

static CURLcode set_timeouts(const struct http_curl *client, int64_t left_us)
{
    int64_t connect_us = client->options.connect_timeout_us > 0 ? client->options.connect_timeout_us
                                                                : CONNECT_TIMEOUT_US_DEFAULT;
    CURLcode result = CURLE_OK;
    if (left_us != INSTANT_NEVER) {
        result |= curl_easy_setopt(client->easy, CURLOPT_TIMEOUT_MS, timeout_ms(left_us));
        connect_us = left_us < connect_us ? left_us : connect_us;
    }
    result |= curl_easy_setopt(client->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms(connect_us));
    return result;
}

/* ---- the outcome ---- */

static enum err call_failed(const struct call *c, CURLcode code, struct diag *d)
{
    const char *story = c->error[0] != '\0' ? c->error : curl_easy_strerror(code);
    if (c->cancelled) {
        return fail(d, ERR_CANCELLED, "the task was cancelled");
    }
    if (c->too_large) {
        return fail(d, ERR_LIMIT, "the answer is over %zu bytes, or its head over %zu",
                    HTTP_BODY_BYTES_MAX, HTTP_HEADER_BYTES_MAX);
    }
    if (c->resent) {
        return fail(d, ERR_UNKNOWN, "the connection was closed before the answer");
    }
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
        return fail(d, ERR_INVALID, "%s", story);
    }
    return fail(d, call_was_sent(c) ? ERR_UNKNOWN : ERR_UNAVAILABLE, "%s", story);
}

static enum err call_perform(struct call *c, struct diag *d)
{
    CURLcode code = curl_easy_perform(c->client->easy);
    if (code != CURLE_OK) {
        return call_failed(c, code, d);
    }
    if (!c->head_whole) {
        return fail(d, ERR_UNKNOWN, "the connection was closed within the answer's head");
    }
    long status = 0;
    (void)curl_easy_getinfo(c->client->easy, CURLINFO_RESPONSE_CODE, &status);
    c->response->status = (int)status;
    c->response->body = buf_str(&c->body);
    return ERR_OK;
}

static enum err http_curl_call(struct transport *transport, const struct http_request *request,
                               int64_t deadline_mono_us, struct arena *a,
                               struct http_response *ret_response, struct diag *d)
{
    struct http_curl *client = (struct http_curl *)transport;
    struct http_response response;
    http_response_init(&response, a, 0);
    struct call c = {.client = client, .arena = a, .response = &response};
    buf_init(&c.body, a, HTTP_BODY_BYTES_MAX);
    TRY(request_check(request, d));
    if (rt_cancelled(client->rt)) {
        return fail(d, ERR_CANCELLED, "the task was cancelled");
    }
    int64_t left_us = INSTANT_NEVER;
    if (deadline_mono_us != INSTANT_NEVER) {
        left_us = deadline_mono_us - rt_mono_us(client->rt);
        if (left_us <= 0) {
            return fail(d, ERR_UNAVAILABLE, "%.*s: the deadline passed before the call",
                        STR_ARG(request->host));
        }
    }

    struct curl_slist *headers = NULL;
    enum err result = headers_build(request, a, &headers, d);
    if (result == ERR_OK) {
        CURLcode set = set_fixed(&c);
        set |= set_method(client->easy, request, a);
        set |= set_target(client->easy, request, a);
        set |= set_timeouts(client, left_us);
        set |= curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
        result = set == CURLE_OK ? call_perform(&c, d)
                                 : fail(d, ERR_INTERNAL, "libcurl refuses an option");
        curl_easy_reset(client->easy); /* options point into this frame; the connection stays */
    }
    curl_slist_free_all(headers);
    if (result != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(request->host));
    }
    *ret_response = response;
    return ERR_OK;
}

static const struct transport_ops http_curl_ops = {.call = http_curl_call};

static void http_curl_done(void *handle)
{
    curl_easy_cleanup(handle);
}

enum err http_curl_new(struct arena *a, struct rt *rt, const struct http_curl_options *options,
                       struct transport **ret_transport, struct diag *d)
{
    struct http_curl *client = NEW(a, struct http_curl);
    client->transport.ops = &http_curl_ops;
    client->rt = rt;
    client->options = *options;
    client->easy = curl_easy_init();
    if (client->easy == NULL) {
        return fail(d, ERR_INTERNAL, "libcurl would not start");
    }
    arena_defer(a, http_curl_done, client->easy);
    *ret_transport = &client->transport;
    return ERR_OK;
}
