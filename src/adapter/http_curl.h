/* http_curl.h -- The transport by libcurl: one easy handle, kept alive between calls, no signing of
 * its own. */
#ifndef AFORO_ADAPTER_HTTP_CURL_H
#define AFORO_ADAPTER_HTTP_CURL_H

#include "seam/rt.h"
#include "seam/transport.h"

struct http_curl_options {
    const char *ca_file;        /* NULL: the system's */
    bool insecure;              /* accept any certificate: against emulators only */
    int64_t connect_timeout_us; /* 0: 3 s */
};
/* Lives in `a`; the handle is closed with it. ERR_INTERNAL: libcurl would not start. */
MUST_USE enum err http_curl_new(struct arena *a, struct rt *rt,
                                const struct http_curl_options *options,
                                struct transport **ret_transport, struct diag *d);

#endif
