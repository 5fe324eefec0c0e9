/* http2.c -- A session of nghttp2 over a link. Invariants:
 * 1. A stream lives in its visit's arena and ends with it: when nghttp2 closes the stream, or, if
 *    the visit is held then, once it is resumed.
 * 2. What nghttp2 wants to send is asked for only when all of the last has left, so it is never
 *    copied. */
#include "http2.h"

#include <nghttp2/nghttp2.h>
#include <string.h>
#include <sys/epoll.h>
#include "door.h"

#define HTTP2_STREAMS_MAX 256
#define HTTP2_WINDOW_BYTES (4 * MIB)
#define HTTP2_CONNECTION_WINDOW_BYTES (64 * MIB)
#define HTTP2_READ_BYTES (64 * KIB)

struct http2 {
    struct link *link;
    nghttp2_session *session;
    struct http2_stream *streams;
    const uint8_t *out; /* nghttp2's */
    size_t out_left;
};
struct http2_stream {
    struct http2 *owner; /* NULL: the client went away, the visit is held */
    struct visit *visit;
    struct door *door;
    int32_t id;
    bool opened, held, answered;
    uint64_t sent;
    struct http2_stream *next, *prev;
    struct http2_stream *next_resumed; /* under the front's lock */
};

/* ---- holding and resuming ---- */

static void stream_hold(struct visit *v)
{
    ((struct http2_stream *)v->link)->held = true;
}

static void stream_resume(struct visit *v)
{
    struct http2_stream *s = v->link;
    s->next_resumed = s->door->resumed;
    s->door->resumed = s;
    door_ring(s->door);
}

/* In the door's thread. */
static void stream_cut(struct visit *v)
{
    struct http2_stream *s = v->link;
    if (s->owner != NULL) {
        (void)nghttp2_submit_rst_stream(s->owner->session, NGHTTP2_FLAG_NONE, s->id,
                                        NGHTTP2_CANCEL);
        link_watch(&s->owner->link->socket, EPOLLIN | EPOLLOUT);
    }
}

static const struct visit_carrier carrier = {
    .hold = stream_hold, .resume = stream_resume, .cut = stream_cut};

/* ---- the answer ---- */

struct header_list {
    nghttp2_nv *items;
    size_t count;
};

static void header_put(struct header_list *list, struct str name, struct str value)
{
    list->items[list->count++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name.ptr,
        .namelen = name.len,
        .value = (uint8_t *)(uintptr_t)value.ptr,
        .valuelen = value.len,
    };
}

/* RFC 9113, 8.2.2: these speak of the connection. Content-Length is told by what is sent. */
static bool is_of_connection(struct str name)
{
    static const char *const names[] = {"connection", "transfer-encoding", "keep-alive", "upgrade",
                                        "content-length"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_nocase(name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static struct header_list headers_of(struct visit *v, bool known, uint64_t bytes)
{
    const struct http_response *r = &v->outcome.response;
    struct header_list list = {.items = NEW_ARRAY(v->arena, nghttp2_nv, r->headers.count + 3)};
    header_put(&list, STR(":status"), str_printf(v->arena, "%d", r->status));
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct http_header *h = &r->headers.items[i];
        if (!is_of_connection(h->name)) {
            header_put(&list, str_lower(v->arena, h->name), str_trim(h->value));
        }
    }
    if (!http_has_header(&r->headers, "Date")) {
        header_put(&list, STR("date"), visit_date(v));
    }
    if (known && r->status != 204 && r->status != 304) {
        header_put(&list, STR("content-length"),
                   str_printf(v->arena, "%llu", (unsigned long long)bytes));
    }
    return list;
}

static void refuse(struct http2_stream *s, uint32_t code)
{
    (void)nghttp2_submit_rst_stream(s->owner->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* An answer that is lost, or cut, is a stream that ends without one, and the others go on; the
 * connection ends too where the plan says so: at once by a reset, or in peace by GOAWAY. */
static void give_up(struct http2_stream *s)
{
    const struct emulator_outcome *o = &s->visit->outcome;
    uint32_t code = NGHTTP2_INTERNAL_ERROR;
    if (o->wire == FAULT_WIRE_RESET) {
        link_tear(s->owner->link);
    } else if (o->wire == FAULT_WIRE_GOAWAY) {
        int32_t before = s->id > 2 ? s->id - 2 : 0;
        int32_t last = o->manner.disowned ? before : s->id;
        code = o->manner.disowned ? NGHTTP2_REFUSED_STREAM : code;
        (void)nghttp2_submit_goaway(s->owner->session, NGHTTP2_FLAG_NONE, last, o->manner.code,
                                    NULL, 0);
    } else if (o->wire == FAULT_WIRE_RST_STREAM && o->manner.has_code) {
        code = o->manner.code;
    }
    refuse(s, code);
}

static ssize_t body_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t max,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)id;
    (void)context;
    struct http2_stream *s = source->ptr;
    bool more;
    size_t n = visit_read(s->visit, s->sent, (char *)to, max, &more);
    if (n == VISIT_CUT) {
        give_up(s);
        return NGHTTP2_ERR_DEFERRED;
    }
    s->sent += n;
    if (!more) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (n == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)n;
}

static void answer(struct http2_stream *s)
{
    struct visit *v = s->visit;
    s->answered = true;
    if (!v->outcome.lost) {
        visit_render(v);
    }
    if (visit_is_lost(v)) {
        give_up(s);
        return;
    }
    uint64_t bytes;
    enum visit_body body = visit_body(v, &bytes);
    bool has_body = body == VISIT_BODY_STREAM || (body != VISIT_BODY_HEAD && bytes > 0);
    struct header_list headers = headers_of(v, body != VISIT_BODY_STREAM, bytes);
    nghttp2_data_provider provider = {.source.ptr = s, .read_callback = body_read};
    if (nghttp2_submit_response(s->owner->session, s->id, headers.items, headers.count,
                                has_body ? &provider : NULL) != 0) {
        refuse(s, NGHTTP2_INTERNAL_ERROR);
    }
}

static void answer_plain(struct http2_stream *s, int status)
{
    struct visit *v = s->visit;
    http_response_init(&v->outcome.response, v->arena, status);
    struct header_list headers = headers_of(v, true, 0);
    s->answered = true;
    (void)nghttp2_submit_response(s->owner->session, s->id, headers.items, headers.count, NULL);
}

/* ---- the request ---- */

static struct http2_stream *stream_new(struct http2 *h, int32_t id)
{
    struct visit *v = visit_take(h->link->door->front, &carrier, NULL);
    struct http2_stream *s = NEW(v->arena, struct http2_stream);
    *s = (struct http2_stream){
        .owner = h, .visit = v, .door = h->link->door, .id = id, .next = h->streams};
    v->link = s;
    v->request.scheme = h->link->ssl != NULL ? STR("https") : STR("http");
    http_headers_init(&v->request.headers, v->arena);
    if (h->streams != NULL) {
        h->streams->prev = s;
    }
    h->streams = s;
    return s;
}

static void stream_finish(struct http2_stream *s)
{
    if (s->answered || s->held) {
        return;
    }
    if (s->visit->too_large) {
        answer_plain(s, 413);
    } else if (!visit_finish(s->visit)) {
        answer(s);
    }
}

static void stream_open(struct http2_stream *s)
{
    struct visit *v = s->visit;
    s->opened = true;
    if (v->request.headers.count > HTTP_HEADERS_MAX) {
        answer_plain(s, 431);
        return;
    }
    switch (visit_open(v)) {
    case VISIT_TOO_LARGE:
        answer_plain(s, 413);
        break;
    case VISIT_ANSWER_NOW:
        stream_finish(s);
        break;
    case VISIT_READ:
        if (str_eq_nocase(http_header(&v->request.headers, "Expect"), STR("100-continue"))) {
            struct header_list go_on = {.items = NEW_ARRAY(v->arena, nghttp2_nv, 1)};
            header_put(&go_on, STR(":status"), STR("100"));
            (void)nghttp2_submit_headers(s->owner->session, NGHTTP2_FLAG_NONE, s->id, NULL,
                                         go_on.items, go_on.count, NULL);
        }
        break;
    }
}

/* The visit ends with the stream; one that is held ends with its resume. A stream of events that
 * waits for its wake is let go at once, since it may wait for long. */
static void stream_gone(struct http2_stream *s)
{
    struct http2 *h = s->owner;
    struct visit *v = s->visit;
    ASSERT(h != NULL);
    if (s->prev != NULL) {
        s->prev->next = s->next;
    } else {
        h->streams = s->next;
    }
    if (s->next != NULL) {
        s->next->prev = s->prev;
    }
    front_lock(v->front);
    bool waits = v->waiting;
    v->waiting = false;
    front_unlock(v->front);
    if (s->held && !waits) {
        s->owner = NULL; /* it is among the late ones, or has been resumed already */
    } else {
        visit_give(v);
    }
}

/* ---- nghttp2's callbacks ---- */

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct http2 *h = context;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        struct http2_stream *s = stream_new(h, frame->hd.stream_id);
        (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, s);
    }
    return 0;
}

static struct http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static void pseudo_take(struct visit *v, struct str name, struct str value)
{
    struct http_request *r = &v->request;
    if (str_eq(name, STR(":method"))) {
        r->method = value;
    } else if (str_eq(name, STR(":path"))) {
        visit_target(v, value);
    } else if (str_eq(name, STR(":authority"))) {
        r->host = value;
        http_headers_set(&r->headers, STR("Host"), value);
    }
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    (void)flags;
    (void)context;
    struct http2_stream *s = stream_of(session, frame->hd.stream_id);
    if (s == NULL || s->opened) {
        return 0; /* trailers of HTTP itself say nothing that AWS's clients use */
    }
    struct visit *v = s->visit;
    struct str n = str_copy(v->arena, str_n((const char *)name, name_len));
    struct str text = str_copy(v->arena, str_n((const char *)value, value_len));
    if (name_len > 0 && name[0] == ':') {
        pseudo_take(v, n, text);
    } else if (v->request.headers.count <= HTTP_HEADERS_MAX) {
        http_headers_add(&v->request.headers, n, text);
    }
    return 0;
}

static int on_chunk(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                    size_t count, void *context)
{
    (void)flags;
    (void)context;
    struct http2_stream *s = stream_of(session, id);
    if (s != NULL && s->opened && !s->answered) {
        visit_feed(s->visit, str_n((const char *)bytes, count));
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    struct http2_stream *s = of_request ? stream_of(session, frame->hd.stream_id) : NULL;
    if (s == NULL) {
        return 0;
    }
    if (!s->opened) {
        stream_open(s);
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        stream_finish(s);
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    (void)code;
    (void)context;
    struct http2_stream *s = stream_of(session, id);
    if (s != NULL) {
        stream_gone(s);
    }
    return 0;
}

/* ---- the session ---- */

static int session_new(struct http2 *h)
{
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return -1;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    int code = nghttp2_session_server_new(&h->session, callbacks, h);
    nghttp2_session_callbacks_del(callbacks);
    return code;
}

void http2_begin(struct link *l)
{
    struct http2 *h = NEW(l->door->arena, struct http2);
    h->link = l;
    l->kind = LINK_HTTP2;
    l->http2 = h;
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEADER_BYTES_MAX},
    };
    if (session_new(h) != 0 ||
        nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                                sizeof(settings) / sizeof(settings[0])) != 0 ||
        nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                              HTTP2_CONNECTION_WINDOW_BYTES) != 0) {
        link_die(l);
        return;
    }
    http2_turn(l);
}

static void take_all(struct http2 *h)
{
    char bytes[HTTP2_READ_BYTES];
    size_t count;
    enum link_io io;
    while ((io = link_read(h->link, bytes, sizeof(bytes), &count)) == LINK_MOVED) {
        if (nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes, count) < 0) {
            link_die(h->link);
            return;
        }
    }
    if (io == LINK_ENDED) {
        link_die(h->link);
    }
}

static void send_all(struct http2 *h)
{
    while (!h->link->dead) {
        if (h->out_left == 0) {
            ssize_t n = nghttp2_session_mem_send(h->session, &h->out);
            if (n < 0) {
                link_die(h->link);
            }
            if (n <= 0) {
                return;
            }
            h->out_left = (size_t)n;
        }
        size_t sent;
        enum link_io io = link_write(h->link, (const char *)h->out, h->out_left, &sent);
        if (io == LINK_ENDED) {
            link_die(h->link);
        }
        if (io != LINK_MOVED) {
            return;
        }
        h->out += sent;
        h->out_left -= sent;
    }
}

static void send_and_watch(struct http2 *h)
{
    send_all(h);
    bool reads = nghttp2_session_want_read(h->session) != 0;
    if (!reads && h->out_left == 0 && nghttp2_session_want_write(h->session) == 0) {
        link_die(h->link);
    }
    if (!h->link->dead) {
        link_watch(&h->link->socket, EPOLLIN | (h->out_left > 0 ? EPOLLOUT : 0u));
    }
}

void http2_turn(struct link *l)
{
    take_all(l->http2);
    if (!l->dead) {
        send_and_watch(l->http2);
    }
}

void http2_goaway(struct link *l)
{
    (void)nghttp2_session_terminate_session(l->http2->session, NGHTTP2_NO_ERROR);
    if (http2_is_busy(l)) { /* those end first */
        send_and_watch(l->http2);
    } else {
        send_all(l->http2);
        link_die(l);
    }
}

bool http2_is_busy(const struct link *l)
{
    return l->http2->streams != NULL;
}

bool http2_is_held(const struct link *l)
{
    for (const struct http2_stream *s = l->http2->streams; s != NULL; s = s->next) {
        if (s->held) {
            return true;
        }
    }
    return false;
}

void http2_end(struct link *l)
{
    struct http2 *h = l->http2;
    while (h->streams != NULL) {
        stream_gone(h->streams);
    }
    if (h->session != NULL) {
        nghttp2_session_del(h->session);
    }
    arena_recycle(l->door->arena, h, sizeof(*h));
}

/* Answers, or goes on with an answer; one after the other, since sending may end others. */
void http2_resumed(struct http2_stream *first)
{
    for (struct http2_stream *s = first, *next; s != NULL; s = next) {
        next = s->next_resumed;
        struct http2 *h = s->owner;
        s->held = false;
        if (h == NULL) {
            visit_give(s->visit);
            continue;
        }
        if (s->answered) {
            (void)nghttp2_session_resume_data(h->session, s->id);
        } else {
            answer(s);
        }
        h->link->active_us = link_now_us();               /* it was we who kept it waiting */
        link_watch(&h->link->socket, EPOLLIN | EPOLLOUT); /* sends in the loop's next turn */
    }
}
