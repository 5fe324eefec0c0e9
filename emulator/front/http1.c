/* http1.c -- HTTP/1.1 by libmicrohttpd: its callbacks build the message, feed the visit, and queue
 * what the emulator answered. A visit is taken at the request line and given back when the last
 * byte is out. */
#include "http1.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include "door.h"

#define CONNECTION_BYTES                                                                           \
    (32 * KIB) /* headers and one read of a body; libmicrohttpd clears it for each request */
#define BODY_BLOCK_BYTES (64 * KIB)
#define LONG_BODY_BLOCK_BYTES (256 * KIB) /* each is a call of the system and wakes the reader */
#define LONG_BODY_BYTES MIB

enum turn_stage { TURN_NEW, TURN_READING, TURN_READY };
struct turn { /* what the visit is linked to */
    struct MHD_Connection *connection;
    enum turn_stage stage;
};

static void turn_hold(struct visit *v)
{
    MHD_suspend_connection(((struct turn *)v->link)->connection);
}

static void turn_resume(struct visit *v)
{
    MHD_resume_connection(((struct turn *)v->link)->connection);
}

/* The daemon reads the end of the connection, and ends the visit. */
static void turn_cut(struct visit *v)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        ((struct turn *)v->link)->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        (void)shutdown(info->connect_fd, SHUT_RDWR);
    }
}

static const struct visit_carrier carrier = {
    .hold = turn_hold, .resume = turn_resume, .cut = turn_cut};

static struct MHD_Connection *connection_of(const struct visit *v)
{
    return ((const struct turn *)v->link)->connection;
}

/* ---- the request ---- */

static void *turn_begin(void *front, const char *uri, struct MHD_Connection *connection)
{
    struct visit *v = visit_take(front, &carrier, NULL);
    struct turn *t = NEW(v->arena, struct turn);
    t->connection = connection;
    v->link = t;
    visit_target(v, str_copy(v->arena, str_of(uri)));
    return v;
}

static enum MHD_Result header_add(void *headers, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    http_headers_add(headers, str_n(name, name_len), str_n(value, value_len));
    return MHD_YES;
}

static void request_fill(struct visit *v, const char *method)
{
    struct http_request *r = &v->request;
    r->method = str_of(method);
    r->scheme = STR("http");
    http_headers_init(&r->headers, v->arena);
    MHD_get_connection_values_n(connection_of(v), MHD_HEADER_KIND, header_add, &r->headers);
    r->host = http_header(&r->headers, "Host");
}

/* ---- the answer ---- */

static enum MHD_Result answer_plain(struct visit *v, unsigned status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "text/plain");
    enum MHD_Result queued = MHD_queue_response(connection_of(v), status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_too_large(struct visit *v)
{
    return answer_plain(v, MHD_HTTP_CONTENT_TOO_LARGE,
                        "the body is larger than this emulator takes\n");
}

/* The connection's end will be a reset; inside TLS, the relay's. */
static void abort_at_close(struct visit *v)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection_of(v), MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL && !door_tear(v->front, info->connect_fd)) {
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    }
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

/* Of an answer in chunks the daemon takes the error for "nothing yet". Dissolving the association
 * of a TCP socket (connect(2), AF_UNSPEC) is a reset. */
static void stream_cut(struct visit *v)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection_of(v), MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (info != NULL && v->outcome.wire != FAULT_WIRE_CUT) {
        (void)connect(info->connect_fd, &nobody, sizeof(nobody));
    }
    turn_cut(v);
}

static ssize_t body_read(void *context, uint64_t at, char *to, size_t max)
{
    bool more;
    struct visit *v = context;
    size_t n = visit_read(v, at, to, max, &more);
    if (n == VISIT_CUT) {
        if (v->outcome.wire != FAULT_WIRE_CUT) {
            abort_at_close(v);
        }
        if (v->outcome.stream) {
            stream_cut(v);
        }
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return n == 0 && !more ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static struct MHD_Response *response_new(struct visit *v)
{
    uint64_t bytes;
    switch (visit_body(v, &bytes)) {
    case VISIT_BODY_HEAD:
        return MHD_create_response_from_callback(bytes, 1024, body_never, NULL, NULL);
    case VISIT_BODY_PIECES:
        return MHD_create_response_from_callback(
            bytes, bytes < LONG_BODY_BYTES ? BODY_BLOCK_BYTES : LONG_BODY_BLOCK_BYTES, body_read, v,
            NULL);
    case VISIT_BODY_STREAM:
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BODY_BLOCK_BYTES, body_read, v,
                                                 NULL);
    case VISIT_BODY_TEXT:
        break;
    }
    return MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)v->outcome.response.body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

/* A reset: the client cannot tell whether the request was applied. An answer that is only cut, and
 * has nothing to be cut in, ends without. */
static enum MHD_Result answer_lost(struct visit *v)
{
    if (v->outcome.wire != FAULT_WIRE_CUT) {
        abort_at_close(v);
    }
    return MHD_NO;
}

static enum MHD_Result answer_send(struct visit *v)
{
    if (v->outcome.lost) {
        return answer_lost(v);
    }
    visit_render(v);
    if (visit_is_lost(v)) {
        return answer_lost(v);
    }
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
    if (!http_has_header(&r->headers, "Date")) { /* else it adds the machine's time */
        MHD_add_response_header(response, "Date", str_z(v->arena, visit_date(v)));
    }
    enum MHD_Result queued = MHD_queue_response(connection_of(v), (unsigned)r->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* ---- the steps ---- */

/* The last call of a request that is whole: answers now, or suspends the connection until its
 * time. */
static enum MHD_Result turn_close(struct visit *v)
{
    ((struct turn *)v->link)->stage = TURN_READY;
    if (v->too_large) {
        return answer_too_large(v);
    }
    return visit_finish(v) ? MHD_YES : answer_send(v);
}

/* The first call: headers are complete. Refuses here what could only be refused. */
static enum MHD_Result turn_open(struct visit *v, const char *method)
{
    int headers = MHD_get_connection_values(connection_of(v), MHD_HEADER_KIND, NULL, NULL);
    if (headers > HTTP_HEADERS_MAX) {
        return answer_plain(v, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers\n");
    }
    request_fill(v, method);
    ((struct turn *)v->link)->stage = TURN_READING;
    switch (visit_open(v)) {
    case VISIT_TOO_LARGE:
        return answer_too_large(v);
    case VISIT_ANSWER_NOW:
        return turn_close(v); /* what would be sent would be for nothing */
    case VISIT_READ:
        break;
    }
    return MHD_YES;
}

static enum MHD_Result turn_take(struct visit *v, const char *upload, size_t *upload_bytes)
{
    visit_feed(v, str_n(upload, *upload_bytes));
    *upload_bytes = 0;
    return MHD_YES;
}

static enum MHD_Result turn_handle(void *front, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_bytes, void **context)
{
    (void)front;
    (void)connection;
    (void)url;
    (void)version;
    struct visit *v = *context;
    switch (((struct turn *)v->link)->stage) {
    case TURN_NEW:
        return turn_open(v, method);
    case TURN_READING:
        return *upload_bytes > 0 ? turn_take(v, upload, upload_bytes) : turn_close(v);
    case TURN_READY:
        break; /* resumed */
    }
    return answer_send(v);
}

static void turn_end(void *front, struct MHD_Connection *connection, void **context,
                     enum MHD_RequestTerminationCode how)
{
    (void)front;
    (void)connection;
    (void)how;
    if (*context != NULL) {
        visit_give(*context);
        *context = NULL;
    }
}

/* ---- the daemon ---- */

/* AWS's clients sign the path as they sent it, so it is taken from the log callback, before
 * anything is unescaped. MHD_USE_TURBO: no shutdown before a close, which is what makes a lost
 * answer a reset. */
enum err http1_start(struct front *f, struct diag *d)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
                     MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC;
    f->http1 = MHD_start_daemon(
        flags, 0, NULL, NULL, turn_handle, f, MHD_OPTION_URI_LOG_CALLBACK, turn_begin, f,
        MHD_OPTION_NOTIFY_COMPLETED, turn_end, f, MHD_OPTION_THREAD_POOL_SIZE,
        f->threads == 0 ? 2u : f->threads, MHD_OPTION_CONNECTION_LIMIT, f->connections_max + 64,
        MHD_OPTION_CONNECTION_TIMEOUT, f->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    return f->http1 != NULL
               ? ERR_OK
               : fail(d, ERR_INTERNAL, "libmicrohttpd does not start: %s", strerror(errno));
}

bool http1_take(struct front *f, int fd, const struct sockaddr *peer, unsigned peer_len)
{
    return MHD_add_connection(f->http1, fd, peer, (socklen_t)peer_len) == MHD_YES;
}

unsigned http1_connections(const struct front *f)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(f->http1, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL ? info->num_connections : 0;
}

void http1_stop(struct front *f)
{
    MHD_stop_daemon(f->http1);
    f->http1 = NULL;
}
