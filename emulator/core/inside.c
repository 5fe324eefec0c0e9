/* inside.c -- A service's own request to another service: the same way as a client's, but within a
 * call that holds the lock, at its time, and unsigned. */
#include "dispatch_parts.h"

struct http_response core_inside(struct core *core, const struct http_request *request,
                                 struct str actor, struct arena *a)
{
    struct diag d = DIAG_INIT;
    struct passage *p = core_open(core, request, actor, a);
    p->inside = true;
    p->call.anonymous = false;
    if (core->replaying) { /* a journal gives the bodies of clients' calls; this one is made again
                            */
        body_collect(p);
    }
    if (core_feed(p, request->body, &d) != ERR_OK) {
        passage_refuse(p, STR("RequestEntityTooLarge"), 413, str_copy(a, str_of(d.msg)));
    }
    core_ready(p);
    struct core_outcome o = core_apply(p, core->now_us - core->clock.offset_us);
    core_render(p, &o);
    passage_gather_source(p, &o);
    return o.response;
}
