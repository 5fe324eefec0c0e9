/* outbound.c -- Calls out: waiting until they are due, taken by whoever has a transport, reported
 * back. Each entry is one block with its texts behind it, so that it is given back whole. */
#include <string.h>

#include "core_parts.h"
#include "journaling.h"

#define OUTBOUND_CALLS_MAX                                                                         \
    65536 /* more than that, and nobody is draining: the next ones fail as if unanswered */

struct outbound_entry {
    struct outbound_entry *next; /* among the taken */
    uint64_t id;
    size_t bytes; /* of the whole block */
    struct str method, url, body;
    struct http_header *headers;
    size_t header_count;
    struct outbound_signature sign;
    outbound_fn *done;
    void *arg;
};

void outbound_init(struct outbound_queue *q, struct arena *a)
{
    /* ids go on over a reset: what was taken before it and is reported after it is nobody's */
    *q = (struct outbound_queue){.last_id = q->last_id};
    heap_init(&q->waiting, a);
}

size_t outbound_count(const struct core *core)
{
    size_t count = core->outbound.waiting.count;
    for (const struct outbound_entry *e = core->outbound.taken; e != NULL; e = e->next) {
        count++;
    }
    return count;
}

static struct str pack(char **at, struct str s)
{
    struct str copy = str_n(*at, s.len);
    if (s.len > 0) {
        memcpy(*at, s.ptr, s.len);
    }
    *at += s.len;
    return copy;
}

static struct outbound_entry *entry_new(struct core *core, struct str method, struct str url,
                                        const struct http_headers *headers, struct str body,
                                        const struct outbound_signature *sign)
{
    size_t count = headers == NULL ? 0 : headers->count;
    size_t bytes = sizeof(struct outbound_entry) + count * sizeof(struct http_header) + method.len +
                   url.len + body.len + sign->text.len;
    for (size_t i = 0; i < count; i++) {
        bytes += headers->items[i].name.len + headers->items[i].value.len;
    }
    struct outbound_entry *e = arena_alloc(core->arena, bytes);
    e->bytes = bytes;
    e->headers = (struct http_header *)(e + 1);
    e->header_count = count;
    char *at = (char *)(e->headers + count);
    e->method = pack(&at, method);
    e->url = pack(&at, url);
    e->body = pack(&at, body);
    e->sign = *sign;
    e->sign.text = pack(&at, sign->text);
    for (size_t i = 0; i < count; i++) {
        e->headers[i].name = pack(&at, headers->items[i].name);
        e->headers[i].value = pack(&at, headers->items[i].value);
    }
    return e;
}

/* Ends an entry: what came back goes to whoever asked. */
static void entry_end(struct core *core, struct outbound_entry *e, int status, struct str body,
                      int64_t now_us)
{
    outbound_fn *done = e->done;
    void *arg = e->arg;
    arena_recycle(core->arena, e, e->bytes);
    if (done != NULL) {
        done(core, arg, status, body, now_us);
    }
}

/* Somebody waits for the next timer: being due is one. */
static void entry_due(struct core *core, void *arg, int64_t now_us)
{
    (void)core;
    (void)arg;
    (void)now_us;
}

static void entry_unanswered(struct core *core, void *arg, int64_t now_us)
{
    entry_end(core, arg, 0, STR_EMPTY, now_us);
}

void core_outbound(struct core *core, struct str method, struct str url,
                   const struct http_headers *headers, struct str body,
                   const struct outbound_signature *sign, int64_t not_before_us, outbound_fn *done,
                   void *arg)
{
    static const struct outbound_signature none = {.version = 0, .text = STR_INIT("")};
    struct outbound_queue *q = &core->outbound;
    struct outbound_entry *e =
        entry_new(core, method, url, headers, body, sign != NULL ? sign : &none);
    e->id = ++q->last_id;
    e->done = done;
    e->arg = arg;
    if (q->waiting.count >= OUTBOUND_CALLS_MAX) {
        core_timer(core, not_before_us, entry_unanswered, e);
        return;
    }
    heap_push(&q->waiting, not_before_us, 0, e);
    core_timer(core, not_before_us, entry_due, NULL);
}

static enum err entry_request(const struct outbound_entry *e, struct arena *a,
                              struct core_outbound_call *ret_call, struct diag *d)
{
    struct str url = str_copy(a, e->url);
    struct str scheme;
    struct str host;
    struct str path;
    struct str query;
    TRY(http_url_parse(url, &scheme, &host, &path, &query, d));
    ret_call->id = e->id;
    ret_call->url = url;
    http_request_init(&ret_call->request, a, str_z(a, e->method), host,
                      path.len == 0 ? STR("/") : path);
    ret_call->request.scheme = scheme;
    ret_call->request.query = query;
    ret_call->request.body = str_copy(a, e->body);
    ret_call->sign = e->sign;
    ret_call->sign.text = str_copy(a, e->sign.text);
    for (size_t i = 0; i < e->header_count; i++) {
        http_headers_add(&ret_call->request.headers, str_copy(a, e->headers[i].name),
                         str_copy(a, e->headers[i].value));
    }
    return ERR_OK;
}

bool core_outbound_take(struct core *core, int64_t now_us, struct arena *a,
                        struct core_outbound_call *ret_call)
{
    struct outbound_queue *q = &core->outbound;
    struct heap_item item;
    while (heap_peek(&q->waiting, &item) && item.at_us <= now_us) {
        (void)heap_pop(&q->waiting, &item);
        struct outbound_entry *e = item.what;
        struct diag d = DIAG_INIT;
        if (entry_request(e, a, ret_call, &d) != ERR_OK) {
            entry_end(core, e, 0, STR_EMPTY,
                      now_us); /* not a URL: nothing will ever answer there */
            continue;
        }
        e->next = q->taken;
        q->taken = e;
        return true;
    }
    return false;
}

void outbound_restore(struct core *core)
{
    struct outbound_queue *q = &core->outbound;
    while (q->taken != NULL) {
        struct outbound_entry *e = q->taken;
        q->taken = e->next;
        heap_push(&q->waiting, core->now_us, 0, e);
    }
}

/* Those that wait are taken until it is among them: the order of a replay is not that in which they
 * were taken. */
void outbound_answered(struct core *core, uint64_t id, int status, struct str body, int64_t now_us)
{
    struct outbound_queue *q = &core->outbound;
    struct outbound_entry *at = q->taken;
    struct heap_item item;
    while (at != NULL && at->id != id) {
        at = at->next;
    }
    while (at == NULL && heap_pop(&q->waiting, &item)) {
        struct outbound_entry *e = item.what;
        e->next = q->taken;
        q->taken = e;
        at = e->id == id ? e : NULL;
    }
    core_outbound_done(core, id, status, body, now_us);
}

void core_outbound_done(struct core *core, uint64_t id, int status, struct str body, int64_t now_us)
{
    for (struct outbound_entry **at = &core->outbound.taken; *at != NULL; at = &(*at)->next) {
        struct outbound_entry *e = *at;
        if (e->id == id) {
            *at = e->next;
            record_answer(core, id, status, body, now_us);
            entry_end(core, e, status, body, now_us);
            return;
        }
    }
    /* not known: taken before a reset */
}
