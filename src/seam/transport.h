/* transport.h -- One HTTP request in, one HTTP response out, by a deadline. Real: libcurl
 * (adapter/http_curl.h); simulated: latency, faults and the emulator (scenarios/sim). Any HTTP
 * status is ERR_OK: classifying is aws/'s. */
#ifndef AFORO_SEAM_TRANSPORT_H
#define AFORO_SEAM_TRANSPORT_H

#include "base/diag.h"
#include "wire/http_msg.h"

struct transport;
struct transport_ops {
    enum err (*call)(struct transport *t, const struct http_request *request,
                     int64_t deadline_mono_us, struct arena *a, struct http_response *ret_response,
                     struct diag *d);
};
struct transport {
    const struct transport_ops *ops;
};

/* The response lives in `a`. Not safe for two tasks at once: each task has its own.
 * ERR_UNAVAILABLE: nothing was sent (refused, no such host).  ERR_UNKNOWN: sent, and no whole
 * answer came (timeout, reset): it may have been applied.  ERR_LIMIT: answer over
 * HTTP_BODY_BYTES_MAX.  ERR_CANCELLED. */
MUST_USE enum err transport_call(struct transport *t, const struct http_request *request,
                                 int64_t deadline_mono_us, struct arena *a,
                                 struct http_response *ret_response, struct diag *d);

#endif
