/* aws_client.h -- What every typed client stands on: endpoint, signing, deadline, and AWS's
 * standard retry mode. Retry (AWS SDKs and Tools Reference Guide, "Retry behavior"): at most
 * max_attempts; a token bucket of 500, 5 a retry (10 after a timeout), 1 back a success; sleep =
 * random in 0..min(20 s, 2^(n-1) s) (full jitter). Throttled, unavailable and unknown answers are
 * retried; anything else goes back at once. A refusal for the time of the signature, from a service
 * whose Date is over four minutes from ours, sets our clock for signing right and is retried (AWS
 * SDKs and Tools Reference Guide, "Clock skew"). A client belongs to one task. */
#ifndef AFORO_AWS_AWS_CLIENT_H
#define AFORO_AWS_AWS_CLIENT_H

#include "seam/rt.h"
#include "seam/transport.h"
#include "wire/sigv4.h"

struct aws_config {
    struct str region; /* "us-east-1" */
    /* "http://127.0.0.1:4566"; empty: AWS's own https endpoint for service and region */
    struct str endpoint;
    struct credentials credentials;
    struct str user_agent;      /* also how an emulator tells clients apart */
    int max_attempts;           /* 0: 3, AWS's default */
    int64_t attempt_timeout_us; /* 0: 10 s; one HTTP exchange */
    int64_t backoff_base_us;    /* 0: 1 s; the unit of 2^n */
    int64_t backoff_max_us;     /* 0: 20 s */
};
struct aws_client {
    struct rt *rt;
    struct transport *transport;
    const struct aws_config *config;
    int64_t retry_tokens; /* of the bucket; starts at 500 */
    int64_t skew_us;      /* what a service has told us to add to our wall clock when we sign */
    uint64_t calls;       /* keys the jitter's randomness */
};
void aws_client_init(struct aws_client *c, struct rt *rt, struct transport *t,
                     const struct aws_config *config);

/* One call with retries. `request` has method, path, query, headers and body; host, scheme, date,
 * signature and Amz-Sdk-Request are added for each attempt. On a 2xx or 304 answer ERR_OK;
 * otherwise the class of the service's error (wire/aws_error.h) with its code in d->name, and
 * *ret_response holds the last answer where one came. What comes back as ERR_UNKNOWN may have been
 * applied: an answer was lost, or a 5xx came, which services also send after the work was done.
 * ERR_THROTTLED and ERR_UNAVAILABLE mean that no attempt was applied; any other result may follow
 * an attempt that was (maybe_applied). No credentials: sent unsigned. */
struct aws_call {
    const char *service;   /* signing name and endpoint prefix: "kinesis" */
    const char *operation; /* for messages and traces: "PutRecords" */
    /* path encoded once, body hash header, Content-Length checked by the caller */
    bool s3;
    bool read_only; /* there is nothing to apply: no result is uncertain */
    struct http_request request;
    int attempts;       /* out: how many were made */
    bool maybe_applied; /* out: an attempt's outcome was unknown */
};
MUST_USE enum err aws_call(struct aws_client *c, struct aws_call *call, struct arena *a,
                           struct http_response *ret_response, struct diag *d);
/* Sleeps the n-th backoff (n from 1; random in 0..min(max, base * 2^(n-1))) of `stream`, for loops
 * that retry above one call: put into `stream` what tells this loop from others. ERR_CANCELLED. */
MUST_USE enum err aws_backoff(struct aws_client *c, const char *stream, int n);

#endif
