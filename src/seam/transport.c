/* transport.c -- Passes a request on to whichever transport was given. */
#include "seam/transport.h"

enum err transport_call(struct transport *t, const struct http_request *request,
                        int64_t deadline_mono_us, struct arena *a,
                        struct http_response *ret_response, struct diag *d)
{
    return t->ops->call(t, request, deadline_mono_us, a, ret_response, d);
}
