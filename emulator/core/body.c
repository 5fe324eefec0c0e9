/* body.c -- A request's body on its way in: unframed as it comes, then collected, or taken by the
 * handler in pieces. Runs outside the lock. */
#include "base/limits.h"
#include "dispatch_parts.h"
#include "wire/gzip.h"

/* Room for the body at once, where the head says how long it is: growing would copy it, and touch
 * more memory. */
static void reserve(struct passage *p)
{
    struct diag d = DIAG_INIT;
    struct str length = http_header(&p->head->headers, "Content-Length");
    uint64_t bytes;
    buf_init(&p->body, p->arena, HTTP_BODY_BYTES_MAX);
    if (length.len > 0 && str_u64(length, &bytes, &d) == ERR_OK && bytes <= HTTP_BODY_BYTES_MAX) {
        (void)buf_reserve(&p->body, (size_t)bytes);
    }
}

void body_collect(struct passage *p)
{
    p->way = BODY_COLLECTED;
    reserve(p);
}

void body_open(struct passage *p)
{
    const struct operation_handler *handler = p->route.handler;
    if (p->refused) {
        p->way = BODY_IGNORED;
        return;
    }
    if (p->core->replaying) {
        return; /* it is given whole, and unframed */
    }
    if (!p->control && chunked_is(&p->request)) {
        p->chunked = NEW(p->arena, struct chunked);
        chunked_init(p->chunked, p->arena);
        if (p->core->options.verify_signatures && p->has_claim) {
            chunked_verify(p->chunked, &p->claim, STR("test"));
        }
    }
    if (handler != NULL && handler->body != NULL) {
        p->way = BODY_TAKEN;
        p->call.taken = handler->body->open(&p->call);
        if (record_collects(p)) {
            reserve(p);
        }
        return;
    }
    body_collect(p);
}

static void take(void *passage, struct str bytes)
{
    struct passage *p = passage;
    if (p->way == BODY_TAKEN && !call_failed(&p->call)) {
        p->route.handler->body->take(&p->call, bytes);
        if (record_collects(p) && bytes.len <= HTTP_BODY_BYTES_MAX - p->body.len) {
            buf_add(&p->body, bytes);
        } else {
            p->recorded.too_large = record_collects(p);
        }
    } else if (p->way == BODY_COLLECTED) {
        buf_add(&p->body, bytes);
    }
}

/* What S3 says of a frame that is wrong. */
static void refuse_frame(struct passage *p, const struct diag *d)
{
    struct str code = str_copy(p->arena, str_of(d->name));
    passage_refuse(p, code, error_status(NULL, code), str_copy(p->arena, str_of(d->msg)));
    p->way = BODY_IGNORED;
}

bool core_refused(const struct passage *p)
{
    return p->refused || call_failed(&p->call);
}

/* What is refused anyway, or taken in pieces, has its limits elsewhere. */
uint64_t core_body_max(const struct passage *p)
{
    return p->way == BODY_COLLECTED ? HTTP_BODY_BYTES_MAX : UINT64_MAX;
}

enum err body_feed(struct passage *p, struct str bytes, struct diag *d)
{
    if (p->way == BODY_COLLECTED && bytes.len > HTTP_BODY_BYTES_MAX - p->body.len) {
        return fail(d, ERR_LIMIT, "a request body has at most %zu bytes", HTTP_BODY_BYTES_MAX);
    }
    struct diag why = DIAG_INIT;
    if (p->way == BODY_IGNORED) {
        return ERR_OK;
    }
    if (p->chunked == NULL) {
        take(p, bytes);
    } else if (chunked_feed(p->chunked, bytes, take, p, &why) != ERR_OK) {
        refuse_frame(p, &why);
    }
    return ERR_OK;
}

/* AWS core-gzip-1: a body that came packed (Content-Encoding: gzip) is read unpacked. Not by S3,
 * which keeps bodies as they come. */
static void unpack(struct passage *p)
{
    struct diag d = DIAG_INIT;
    bool gzip = str_eq_nocase(http_header(&p->request.headers, "content-encoding"), STR("gzip"));
    if (p->refused || p->control || !gzip ||
        (!p->form && p->route.envelope->protocol == PROTOCOL_REST_XML)) {
        return;
    }
    if (gzip_undo(p->request.body, HTTP_BODY_BYTES_MAX, p->arena, &p->request.body, &d) == ERR_OK) {
        return;
    }
    bool large = d.code == ERR_LIMIT;
    if (p->form) { /* whose it is nobody knows yet: as an empty form it is nobody's */
        p->request.body = STR_EMPTY;
        return;
    }
    passage_refuse(p, large ? STR("RequestEntityTooLarge") : STR("SerializationException"),
                   large ? 413 : 400, str_copy(p->arena, str_of(d.msg)));
}

void body_end(struct passage *p)
{
    struct diag why = DIAG_INIT;
    if (p->chunked != NULL && p->way != BODY_IGNORED && !call_failed(&p->call) &&
        chunked_end(p->chunked, &p->request.headers, &why) != ERR_OK) {
        refuse_frame(p, &why);
    }
    if (p->way == BODY_COLLECTED) {
        p->request.body = buf_str(&p->body);
        p->signed_body = p->request.body;
        unpack(p);
    }
}

void body_retake(struct passage *p)
{
    const struct operation_handler *handler = p->route.handler;
    if (!p->refused && handler->body != NULL) {
        p->call.taken = handler->body->open(&p->call);
        handler->body->take(&p->call, p->request.body);
        p->request.body = STR_EMPTY;
    }
}
