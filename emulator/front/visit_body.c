/* visit_body.c -- An answer's body on its way out: in pieces, as a stream of events, and as the
 * fault plan damages it: cut after some bytes, or little by little. */
#include "front_parts.h"

#include <string.h>

#define DRIP_PIECES 20 /* of a body that comes over a delay */
#define DRIP_OF_STREAM 16

enum visit_body visit_body(struct visit *v, uint64_t *ret_bytes)
{
    const struct http_response *r = &v->outcome.response;
    struct str length = http_header(&r->headers, "Content-Length");
    struct diag d = DIAG_INIT;
    *ret_bytes = r->body.len;
    if (v->outcome.in_pieces) {
        *ret_bytes = exchange_body_bytes(v->exchange);
        return VISIT_BODY_PIECES;
    }
    if (v->outcome.stream) {
        return VISIT_BODY_STREAM;
    }
    if (v->outcome.wire != FAULT_WIRE_NONE && r->body.len > 0) {
        return VISIT_BODY_PIECES; /* not to be sent as it lies there */
    }
    bool head = str_eq(v->request.method, STR("HEAD")) && r->body.len == 0 && length.len > 0;
    return head && str_u64(length, ret_bytes, &d) == ERR_OK ? VISIT_BODY_HEAD : VISIT_BODY_TEXT;
}

/* ---- damage ---- */

/* Where the answer ends, of `bytes`; UINT64_MAX: it does not. */
static uint64_t cut_at(const struct visit *v, uint64_t bytes)
{
    const struct emulator_outcome *o = &v->outcome;
    switch (o->wire) {
    case FAULT_WIRE_CUT:
        return o->manner.has_bytes ? o->manner.bytes : bytes / 2;
    case FAULT_WIRE_RESET:
    case FAULT_WIRE_GOAWAY:
    case FAULT_WIRE_RST_STREAM:
        return o->manner.bytes;
    case FAULT_WIRE_NONE:
    case FAULT_WIRE_CORRUPT:
    case FAULT_WIRE_SHORT:
    case FAULT_WIRE_ERROR_IN_200:
    case FAULT_WIRE_BAD_CRC:
    case FAULT_WIRE_DRIP:
    case FAULT_WIRE_COUNT:
        break;
    }
    return UINT64_MAX;
}

bool visit_is_lost(struct visit *v)
{
    const struct emulator_outcome *o = &v->outcome;
    bool empty = !o->in_pieces && !o->stream && o->response.body.len == 0;
    return o->lost || (empty && cut_at(v, 0) != UINT64_MAX);
}

static void drip_plan(struct visit *v, uint64_t bytes)
{
    const struct emulator_outcome *o = &v->outcome;
    if (o->manner.each_us > 0) {
        v->drip_piece = o->manner.has_bytes ? o->manner.bytes : 1;
        v->drip_each_us = o->manner.each_us;
        return;
    }
    v->drip_piece = o->stream ? DRIP_OF_STREAM : (bytes + DRIP_PIECES - 1) / DRIP_PIECES;
    v->drip_piece = o->manner.has_bytes ? o->manner.bytes : v->drip_piece;
    uint64_t pieces = o->stream ? DRIP_PIECES : (bytes + v->drip_piece - 1) / v->drip_piece;
    v->drip_each_us = o->delay_us / (int64_t)(pieces > 0 ? pieces : 1);
}

/* Whether the next piece may go; else the visit is held until its time. */
static bool drip_is_due(struct visit *v)
{
    struct front *f = v->front;
    front_lock(f);
    int64_t now_us = front_now_us(f);
    if (v->drip_due_us == 0) {
        v->drip_due_us = now_us + v->drip_each_us;
    }
    bool due = f->stopping || now_us >= v->drip_due_us;
    if (!due) {
        v->late = true;
        v->carrier->hold(v);
        heap_push(&f->delayed, v->drip_due_us, 0, v);
        pthread_cond_broadcast(&f->news);
    } else {
        v->drip_due_us = 0;
    }
    front_unlock(f);
    return due;
}

/* ---- reading ---- */

/* Fetches what there is; where that is nothing, the visit is held until its wake. Under one lock,
 * so that no wake falls in between. Who is told of something must find it kept: events wait for the
 * journal as answers do. */
static void stream_fetch(struct visit *v)
{
    struct front *f = v->front;
    v->pending.len = 0;
    v->pending_sent = 0;
    front_lock(f);
    v->stream_ended = f->stopping || !exchange_pull(v->exchange, front_now_us(f), &v->pending);
    bool nothing = v->pending.len == 0, held = false;
    if (nothing && !v->stream_ended) {
        v->waiting = held = true;
    } else if (!nothing) {
        held = visit_saves_stream(v);
    }
    if (held) {
        v->carrier->hold(v);
    }
    front_unlock(f);
    if (!nothing && !held && !emulator_journal_waits(f->emulator)) { /* this thread saves */
        v->unsaved = emulator_saved(f->emulator, v->outcome.journal_end) == JOURNAL_FAILED;
    }
}

/* A stream is cut in the middle of what it says first, unless the plan says where. */
static size_t stream_read(struct visit *v, uint64_t at, char *to, size_t max, bool *ret_more)
{
    if (v->pending_sent == v->pending.len && !v->stream_ended) {
        stream_fetch(v);
    }
    if (v->stream_saving || v->unsaved) {
        *ret_more = true;
        return v->unsaved ? VISIT_CUT : 0;
    }
    v->stream_cut = v->stream_cut == 0 ? cut_at(v, v->pending.len) : v->stream_cut;
    size_t n = v->pending.len - v->pending_sent;
    *ret_more = !v->stream_ended || n > 0;
    if (n > 0 && at >= v->stream_cut) {
        return VISIT_CUT;
    }
    n = n < max ? n : max;
    n = n < v->stream_cut - at ? n : (size_t)(v->stream_cut - at);
    if (n > 0) {
        memcpy(to, v->pending.ptr + v->pending_sent, n);
    }
    v->pending_sent += n;
    *ret_more = !v->stream_ended || v->pending_sent < v->pending.len;
    return n;
}

static size_t text_read(struct str body, uint64_t at, char *to, size_t max)
{
    struct str run = str_from(body, (size_t)at);
    size_t n = run.len < max ? run.len : max;
    if (n > 0) {
        memcpy(to, run.ptr, n);
    }
    return n;
}

static size_t body_read(struct visit *v, uint64_t at, char *to, size_t max, bool *ret_more)
{
    struct str body = v->outcome.response.body;
    uint64_t bytes = v->outcome.in_pieces ? exchange_body_bytes(v->exchange) : body.len;
    uint64_t end = cut_at(v, bytes);
    *ret_more = at < bytes;
    if (at >= end && end < bytes) {
        return VISIT_CUT;
    }
    size_t most = max < end - at ? max : (size_t)(end - at);
    size_t n = v->outcome.in_pieces ? exchange_body_read(v->exchange, at, to, most)
                                    : text_read(body, at, to, most);
    *ret_more = at + n < bytes;
    return n;
}

size_t visit_read(struct visit *v, uint64_t at, char *to, size_t max, bool *ret_more)
{
    if (v->outcome.wire == FAULT_WIRE_DRIP) {
        if (v->drip_piece == 0) {
            drip_plan(v, v->outcome.in_pieces ? exchange_body_bytes(v->exchange)
                                              : v->outcome.response.body.len);
        }
        *ret_more = true;
        if (!drip_is_due(v)) {
            return 0;
        }
        max = max < v->drip_piece ? max : (size_t)v->drip_piece;
    }
    return v->outcome.stream ? stream_read(v, at, to, max, ret_more)
                             : body_read(v, at, to, max, ret_more);
}
