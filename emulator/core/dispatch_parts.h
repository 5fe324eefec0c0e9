/* dispatch_parts.h -- A request on its way through the core, shared by dispatch.c, apply.c and
 * verify.c. Private. */
#ifndef AFORO_EMULATOR_CORE_DISPATCH_PARTS_H
#define AFORO_EMULATOR_CORE_DISPATCH_PARTS_H

#include "chunked.h"
#include "core_parts.h"
#include "journaling.h"

enum body_way { BODY_IGNORED, BODY_COLLECTED, BODY_TAKEN };
enum plain_answer { PLAIN_NONE, PLAIN_PREFLIGHT, PLAIN_UNDETERMINED };
struct passage {
    struct core *core;
    struct arena *arena;             /* ends with the request */
    const struct http_request *head; /* as it came, for the signature; no body */
    struct http_request request;     /* as the handler will see it */
    uint64_t begun;                  /* call.h */
    struct sigv4_claim claim;        /* when has_claim: who signed it */
    bool has_claim, control;
    bool inside; /* of another service: not signed */
    struct route route;
    /* the body on its way in */
    enum body_way way;
    bool form; /* whose it is stands in the body: all of that is known once it is whole */
    struct buf body;
    struct str signed_body;  /* as it came, for the signature; where it is collected */
    struct chunked *chunked; /* NULL: comes plain */
    /* what was found before the lock: a refusal, or a call ready to be handled */
    bool refused;
    bool slow_down;          /* the caller had no room for it */
    enum plain_answer plain; /* not in the envelope of a protocol */
    struct codec_error refusal;
    struct call call;
    /* what became of it */
    struct fault_call about; /* actor, service, operation and what describe named */
    struct str request_id, account, region;
    struct fault_decision fault;
    bool applied;
    unsigned runs; /* of the handler, by the fault that was decided */
    bool changed;  /* one of them did not refuse */
    struct record_body recorded;
    enum fault_wire damage; /* to an answer of a handler; kept, since a rule may be gone by then */
    bool crc_to_break;      /* of the stream's first message */
    bool rendering;         /* `rendered` has been handled, its answer is still to be encoded */
    struct call rendered;
    struct stream_source *stream;
    struct core_outcome out;
};

/* refusal.c */
void passage_refuse(struct passage *p, struct str code, int status, struct str message);
void passage_write_refusal(struct passage *p);

/* browser.c: what services other than S3 say to browsers */
bool browser_asks_first(const struct passage *p); /* a preflight, for one of them */
void browser_answer(struct passage *p);           /* to that */
/* Marks an answer as one that its page may read. */
void browser_mark(const struct passage *p, struct http_headers *headers);

bool passage_verify(struct passage *p);  /* the signature; false when it has refused */
void passage_prepare(struct passage *p); /* validates, decodes: all that a handler does unlocked */
void passage_apply(
    struct passage *p); /* runs the handler as the fault says, and makes the outcome */
/* A body that would be encoded as it leaves, encoded at once. */
void passage_gather_source(struct passage *p, struct core_outcome *outcome);

/* damage.c: what phase wire does to an answer */
void damage_error_in_200(struct passage *p);   /* instead of running the handler */
void damage_mark(struct passage *p);           /* after it: what the connection will suffer */
bool damage_ends_answer(enum fault_wire wire); /* the connection, or the stream, ends in it */
void damage_answer(struct passage *p, struct core_outcome *outcome); /* its bytes, once encoded */

/* body.c */
void body_open(struct passage *p);
void body_collect(struct passage *p); /* into the request, whoever takes it */
MUST_USE enum err body_feed(struct passage *p, struct str bytes, struct diag *d);
/* Of a form: gives what was collected to a handler that takes bodies. */
void body_retake(struct passage *p);
void body_end(struct passage *p); /* whole: refuses when it is not what its frames say */

#endif
