/* front_visit.c -- One request through libmicrohttpd: its callbacks build the message, feed the
 * exchange, and queue what the emulator answered. A visit is taken at the request line and given
 * back when the last byte is out. */
#include "front_parts.h"

#include <string.h>
#include <sys/socket.h>

/* ---- the pool ---- */

static struct visit *visit_take(struct front *f)
{
    pthread_mutex_lock(&f->pool_lock);
    struct visit *v = f->free_visits;
    if (v != NULL) {
        f->free_visits = v->next_free;
    } else {
        v = NEW(f->visits, struct visit);
        v->arena = arena_new("request", ARENA_TASK_BYTES_MAX);
    }
    f->open_visits++;
    pthread_mutex_unlock(&f->pool_lock);
    *v = (struct visit){.front = f, .arena = v->arena};
    return v;
}

static void visit_give(struct front *f, struct visit *v)
{
    arena_reset(v->arena);
    pthread_mutex_lock(&f->pool_lock);
    v->next_free = f->free_visits;
    f->free_visits = v;
    f->open_visits--;
    if (f->open_visits == 0) {
        pthread_cond_signal(&f->pool_idle);
    }
    pthread_mutex_unlock(&f->pool_lock);
}

void visit_pool_free(struct front *f)
{
    for (struct visit *v = f->free_visits; v != NULL; v = v->next_free) {
        arena_free(v->arena);
    }
    f->free_visits = NULL;
}

/* ---- the request ---- */

/* "/path?query" as sent; also "http://host/path" as proxies send it. */
static void target_split(struct http_request *r, struct str target)
{
    if (!str_starts(target, STR("/"))) {
        size_t scheme = str_find_str(target, STR("://"));
        struct str rest = scheme == STR_NONE ? STR_EMPTY : str_from(target, scheme + 3);
        size_t path = str_find(rest, '/');
        target = path == STR_NONE ? STR("/") : str_from(rest, path);
    }
    if (!str_split(target, '?', &r->path, &r->query)) {
        r->path = target;
        r->query = STR_EMPTY;
    }
}

void *visit_begin(void *front, const char *uri, struct MHD_Connection *connection)
{
    struct visit *v = visit_take(front);
    v->connection = connection;
    target_split(&v->request, str_copy(v->arena, str_of(uri)));
    return v;
}

static enum MHD_Result header_add(void *headers, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind;
    http_headers_add(headers, str_of(name), str_of(value));
    return MHD_YES;
}

static void request_fill(struct visit *v, const char *method)
{
    struct http_request *r = &v->request;
    r->method = str_of(method);
    r->scheme = STR("http");
    http_headers_init(&r->headers, v->arena);
    MHD_get_connection_values(v->connection, MHD_HEADER_KIND, header_add, &r->headers);
    r->host = http_header(&r->headers, "Host");
}

/* ---- the answer ---- */

static enum MHD_Result answer_plain(struct visit *v, unsigned status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "text/plain");
    enum MHD_Result queued = MHD_queue_response(v->connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* A body that is never read: what HEAD says about its length. */
static ssize_t body_never(void *context, uint64_t at, char *to, size_t max)
{
    (void)context;
    (void)at;
    (void)to;
    (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* A body that lies in pieces: one piece, or the rest of it, at a time. */
static ssize_t body_pieces(void *context, uint64_t at, char *to, size_t max)
{
    const struct visit *v = context;
    struct str run = exchange_body_at(v->exchange, at);
    size_t n = run.len < max ? run.len : max;
    memcpy(to, run.ptr, n);
    return (ssize_t)n;
}

/* ---- an answer that streams ---- */

static void stream_begin(struct visit *v)
{
    struct front *f = v->front;
    buf_init(&v->pending, v->arena, STREAM_PENDING_BYTES_MAX);
    v->stream_open = true;
    v->next_stream = f->streams;
    f->streams = v;
}

static void stream_end(struct front *f, struct visit *v)
{
    front_lock(f);
    struct visit **at = &f->streams;
    while (*at != v) {
        at = &(*at)->next_stream;
    }
    *at = v->next_stream;
    exchange_close(v->exchange);
    front_unlock(f);
}

void visits_wake(struct front *f)
{
    if (!emulator_streams_woken(f->emulator) && !f->stopping) {
        return;
    }
    for (struct visit *v = f->streams; v != NULL; v = v->next_stream) {
        if (v->waiting && (f->stopping || exchange_woken(v->exchange))) {
            v->waiting = false;
            MHD_resume_connection(v->connection);
        }
    }
}

/* Fetches what there is; where that is nothing, the connection waits for its wake. Under one lock,
 * so that no wake falls in between. */
static void stream_fetch(struct visit *v)
{
    struct front *f = v->front;
    v->pending.len = 0;
    v->pending_sent = 0;
    front_lock(f);
    v->stream_ended = f->stopping || !exchange_pull(v->exchange, front_now_us(f), &v->pending);
    if (v->pending.len == 0 && !v->stream_ended) {
        v->waiting = true;
        MHD_suspend_connection(v->connection);
    }
    front_unlock(f);
}

static ssize_t body_stream(void *context, uint64_t at, char *to, size_t max)
{
    (void)at;
    struct visit *v = context;
    if (v->pending_sent == v->pending.len && !v->stream_ended) {
        stream_fetch(v);
    }
    size_t n = v->pending.len - v->pending_sent;
    if (n == 0) {
        return v->stream_ended ? MHD_CONTENT_READER_END_OF_STREAM : 0;
    }
    n = n < max ? n : max;
    memcpy(to, v->pending.ptr + v->pending_sent, n);
    v->pending_sent += n;
    return (ssize_t)n;
}

#define BODY_BLOCK_BYTES (64 * KIB)

/* Without a body in the message, an answer to HEAD carries the length that the emulator says in a
 * header. */
static struct MHD_Response *response_new(struct visit *v)
{
    const struct http_response *r = &v->outcome.response;
    struct str length = http_header(&r->headers, "Content-Length");
    struct diag d = DIAG_INIT;
    uint64_t bytes;
    if (str_eq(v->request.method, STR("HEAD")) && r->body.len == 0 && length.len > 0 &&
        str_u64(length, &bytes, &d) == ERR_OK) {
        return MHD_create_response_from_callback(bytes, 1024, body_never, NULL, NULL);
    }
    if (v->outcome.in_pieces) {
        return MHD_create_response_from_callback(exchange_body_bytes(v->exchange), BODY_BLOCK_BYTES,
                                                 body_pieces, v, NULL);
    }
    if (v->outcome.stream) {
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BODY_BLOCK_BYTES, body_stream, v,
                                                 NULL);
    }
    return MHD_create_response_from_buffer(r->body.len, (void *)(uintptr_t)r->body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

/* A reset: the client cannot tell whether the request was applied. */
static enum MHD_Result answer_lost(struct visit *v)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(v->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger abort_at_close = {.l_onoff = 1, .l_linger = 0};
    if (info != NULL) {
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &abort_at_close,
                   sizeof(abort_at_close));
    }
    return MHD_NO;
}

static enum MHD_Result answer_send(struct visit *v)
{
    if (v->outcome.lost) {
        return answer_lost(v);
    }
    exchange_render(v->exchange, &v->outcome);
    const struct http_response *r = &v->outcome.response;
    struct MHD_Response *response = response_new(v);
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct http_header *h = &r->headers.items[i];
        if (!str_eq_nocase(h->name, STR("Content-Length"))) { /* libmicrohttpd's own */
            /* It takes no empty value; of blanks none is read. */
            struct str value = h->value.len > 0 ? h->value : STR(" ");
            MHD_add_response_header(response, str_z(v->arena, h->name), str_z(v->arena, value));
        }
    }
    enum MHD_Result queued = MHD_queue_response(v->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ---- the exchange ---- */

#define BODY_TO_WASTE_BYTES_MAX (1 * MIB)
static enum MHD_Result visit_finish(struct visit *v);

/* The first call: headers are complete. Refuses here what could only be refused. */
static enum MHD_Result exchange_open(struct visit *v, const char *method)
{
    int headers = MHD_get_connection_values(v->connection, MHD_HEADER_KIND, NULL, NULL);
    if (headers > HTTP_HEADERS_MAX) {
        return answer_plain(v, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers\n");
    }
    request_fill(v, method);
    struct str length = http_header(&v->request.headers, "Content-Length");
    struct diag d = DIAG_INIT;
    uint64_t bytes;
    v->exchange = emulator_begin(v->front->emulator, &v->request, STR_EMPTY, v->arena);
    bool known = length.len > 0 && str_u64(length, &bytes, &d) == ERR_OK;
    if (known && bytes > exchange_body_max(v->exchange)) {
        return answer_plain(v, MHD_HTTP_CONTENT_TOO_LARGE,
                            "the body is larger than this emulator takes\n");
    }
    bool costly = (known && bytes > BODY_TO_WASTE_BYTES_MAX) ||
                  http_has_header(&v->request.headers, "Expect");
    if (costly && exchange_refused(v->exchange)) {
        return visit_finish(v); /* what would be sent would be for nothing */
    }
    v->stage = VISIT_READING;
    return MHD_YES;
}

/* Feeding touches the exchange alone, so it needs no lock. */
static enum MHD_Result exchange_take(struct visit *v, const char *upload, size_t *upload_bytes)
{
    struct diag d = DIAG_INIT;
    if (!v->too_large) {
        v->too_large = exchange_feed(v->exchange, str_n(upload, *upload_bytes), &d) != ERR_OK;
    }
    *upload_bytes = 0;
    return MHD_YES;
}

/* The last call of a request that is whole: answers now, or suspends the connection until its time.
 */
static enum MHD_Result visit_finish(struct visit *v)
{
    struct front *f = v->front;
    if (v->too_large) {
        return answer_plain(v, MHD_HTTP_CONTENT_TOO_LARGE,
                            "the body is larger than this emulator takes\n");
    }
    exchange_ready(v->exchange);
    front_lock(f);
    int64_t timer_us = emulator_next_timer(f->emulator);
    int64_t now_us = front_now_us(f);
    v->outcome = exchange_finish(v->exchange, now_us);
    v->stage = VISIT_READY;
    if (v->outcome.kill && f->kill != NULL) {
        f->kill(f->kill_ctx, v->outcome.actor, v->outcome.restart_us);
    }
    bool delayed = v->outcome.delay_us > 0 && !f->stopping;
    if (delayed) {
        MHD_suspend_connection(v->connection);
        heap_push(&f->delayed, now_us + v->outcome.delay_us, 0, v);
    }
    if (delayed || emulator_next_timer(f->emulator) < timer_us) {
        pthread_cond_broadcast(&f->news);
    }
    if (v->outcome.stream) {
        stream_begin(v);
    }
    visits_wake(f);
    front_unlock(f);
    return delayed ? MHD_YES : answer_send(v);
}

enum MHD_Result visit_handle(void *front, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_bytes, void **context)
{
    (void)front;
    (void)connection;
    (void)url;
    (void)version;
    struct visit *v = *context;
    switch (v->stage) {
    case VISIT_NEW:
        return exchange_open(v, method);
    case VISIT_READING:
        return *upload_bytes > 0 ? exchange_take(v, upload, upload_bytes) : visit_finish(v);
    case VISIT_READY:
        break; /* resumed */
    }
    return answer_send(v);
}

void visit_end(void *front, struct MHD_Connection *connection, void **context,
               enum MHD_RequestTerminationCode how)
{
    (void)connection;
    (void)how;
    struct visit *v = *context;
    if (v != NULL) {
        if (v->stream_open) {
            stream_end(front, v);
        }
        visit_give(front, v);
        *context = NULL;
    }
}
