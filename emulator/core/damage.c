/* damage.c -- What phase wire of a fault does to an answer. Damage that is made of bytes is done
 * here, so that the simulator has it too; damage to a connection is left to the front, told by
 * outcome->wire. */
#include "base/limits.h"
#include "dispatch_parts.h"

/* AWS core-error-in-200-1: S3 may begin an answer with 200 before it is done, and say in its body
 * that it has failed. */
void damage_error_in_200(struct passage *p)
{
    passage_refuse(p, STR("InternalError"), 500,
                   STR("We encountered an internal error. Please try again."));
    passage_write_refusal(p);
    p->out.response.status = 200;
}

bool damage_ends_answer(enum fault_wire wire)
{
    return wire == FAULT_WIRE_CUT || wire == FAULT_WIRE_RESET || wire == FAULT_WIRE_GOAWAY ||
           wire == FAULT_WIRE_RST_STREAM;
}

void damage_mark(struct passage *p)
{
    struct core_outcome *o = &p->out;
    enum fault_wire wire = p->fault.rule->wire;
    p->damage = wire;
    p->crc_to_break = wire == FAULT_WIRE_BAD_CRC;
    o->manner = p->fault.rule->manner;
    o->lost = damage_ends_answer(wire) && wire != FAULT_WIRE_CUT && !o->manner.has_bytes;
    o->delay_us = wire == FAULT_WIRE_DRIP ? p->fault.delay_us : 0;
    o->wire = wire > FAULT_WIRE_BAD_CRC ? wire : FAULT_WIRE_NONE;
}

/* The body in one piece, where it is not larger than a message may be. */
static bool gather(struct passage *p, struct core_outcome *o)
{
    if (o->blob != NULL && o->blob_count > HTTP_BODY_BYTES_MAX) {
        return false;
    }
    if (o->blob != NULL) {
        o->response.body = blob_slice(o->blob, o->blob_first, o->blob_count, p->arena);
        o->blob = NULL;
    }
    return true;
}

static void shorten(struct passage *p, struct core_outcome *o)
{
    if (o->blob != NULL) {
        o->blob_count /= 2;
    } else {
        o->response.body = str_slice(o->response.body, 0, o->response.body.len / 2);
    }
    if (http_has_header(&o->response.headers, "content-length")) {
        uint64_t count = o->blob != NULL ? o->blob_count : o->response.body.len;
        http_headers_set(&o->response.headers, STR("Content-Length"),
                         str_printf(p->arena, "%llu", (unsigned long long)count));
    }
}

static void turn_bit(struct passage *p, struct core_outcome *o)
{
    struct str body = o->response.body;
    if (body.len == 0) {
        return;
    }
    char *bytes = arena_copy(p->arena, body.ptr, body.len);
    size_t at = (size_t)(p->fault.random % body.len);
    bytes[at] = (char)(bytes[at] ^ 1);
    o->response.body = str_n(bytes, body.len);
}

/* For those who have no connection: until the last byte has come. */
static int64_t drip_us(const struct core_outcome *o)
{
    uint64_t bytes = o->blob != NULL ? o->blob_count : o->response.body.len;
    uint64_t piece = o->manner.has_bytes ? o->manner.bytes : 1;
    uint64_t pieces = bytes / piece + (bytes % piece != 0);
    return pieces < (uint64_t)(INSTANT_NEVER / o->manner.each_us)
               ? (int64_t)pieces * o->manner.each_us
               : INSTANT_NEVER;
}

void damage_answer(struct passage *p, struct core_outcome *o)
{
    if (p->damage == FAULT_WIRE_NONE || o->lost || o->stream) {
        return;
    }
    enum fault_wire wire = p->damage;
    passage_gather_source(p, o);
    if (wire == FAULT_WIRE_DRIP && o->manner.each_us > 0) {
        o->delay_us = drip_us(o);
    }
    if (wire == FAULT_WIRE_CORRUPT && gather(p, o)) {
        turn_bit(p, o);
    } else if (wire == FAULT_WIRE_SHORT || wire == FAULT_WIRE_CORRUPT) {
        shorten(p, o); /* also what is too large to be copied for one bit */
    }
}
