/* sigv4_steps.h -- The steps that signing (sigv4.c) and verifying (sigv4_verify.c) share. Private
 * to wire. */
#ifndef AFORO_WIRE_SIGV4_STEPS_H
#define AFORO_WIRE_SIGV4_STEPS_H

#include "wire/sigv4.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"

/* What the steps need, from the signer's options or from a request that came in. */
struct sigv4_signing {
    const struct http_request *request;
    struct str secret, amz_date, date, region, service;
    struct str signed_headers; /* "host;x-amz-date": lower case, sorted */
    struct str payload_hash;
    bool encode_path; /* else decoded and encoded once */
    bool normalize_path;
    bool in_query; /* X-Amz-Signature is left out of the query */
};
/* The key that signs everything of a day, a region and a service. */
void sigv4_key(struct str secret, struct str date, struct str region, struct str service,
               struct arena *a, uint8_t ret_key[32]);
struct sigv4_stages sigv4_run(const struct sigv4_signing *s, struct arena *a);

#endif
