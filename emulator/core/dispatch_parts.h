/* dispatch_parts.h -- A request on its way through the core, shared by dispatch.c, apply.c and
 * verify.c. Private. */
#ifndef AFORO_EMULATOR_CORE_DISPATCH_PARTS_H
#define AFORO_EMULATOR_CORE_DISPATCH_PARTS_H

#include "core_parts.h"

struct passage {
    struct core *core;
    struct arena *arena;         /* ends with the request */
    struct http_request request; /* as the handler will see it */
    struct sigv4_claim claim;    /* when has_claim: who signed it */
    bool has_claim;
    struct route route;
    struct fault_call about; /* actor, service, operation and what describe named */
    struct json *input;      /* NULL for raw handlers */
    struct str request_id, account, region;
    struct fault_decision fault;
    bool applied;
    struct core_outcome out;
};

struct call passage_call(const struct passage *p);
void passage_refuse(struct passage *p, struct str code, int status, struct str message);
bool passage_verify(struct passage *p); /* the signature; false when it has refused */
void passage_apply(
    struct passage *p); /* runs the handler as the fault says, and makes the outcome */

#endif
