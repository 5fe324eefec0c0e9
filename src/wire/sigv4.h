/* sigv4.h -- AWS Signature Version 4: signing and verifying requests, in headers and in presigned
 * queries. Pure functions on messages. Source: AWS General Reference, "Signing AWS API requests";
 * the published test suite. Not here: chunk signatures of aws-chunked bodies (sigv4_chain.h). */
#ifndef AFORO_WIRE_SIGV4_H
#define AFORO_WIRE_SIGV4_H

#include "base/instant.h"
#include "wire/http_msg.h"

struct credentials {
    struct str access_key, secret_key;
    struct str session_token; /* empty: none */
};
struct sigv4_options {
    struct credentials credentials;
    struct str region, service; /* "us-east-1", "kinesis" */
    int64_t now_us;
    bool double_encode_path; /* every service but S3 */
    bool normalize_path;     /* every service but S3 */
    bool omit_session_token; /* add the token after signing */
    bool sign_body_header;   /* adds X-Amz-Content-Sha256 (S3 wants it) */
    struct str payload_hash; /* hex, or UNSIGNED-PAYLOAD; empty: of the body */
    int64_t expires_s;       /* presigning only */
};

/* Adds X-Amz-Date, X-Amz-Security-Token where there is one, and Authorization. All headers present
 * are signed, but for User-Agent, Authorization, Connection, Expect, Upgrade, Transfer-Encoding,
 * X-Amzn-Trace-Id and Amz-Sdk-*. Host is signed also where only request->host says it. */
void sigv4_sign(struct http_request *request, const struct sigv4_options *options, struct arena *a);
/* Moves everything into the query: X-Amz-Algorithm, -Credential, -Date, -Expires, -SignedHeaders,
 * -Signature. */
void sigv4_presign(struct http_request *request, const struct sigv4_options *options,
                   struct arena *a);

/* The stages, for vectors and for verifying. */
struct sigv4_stages {
    struct str canonical_request, string_to_sign, signature;
};
struct sigv4_stages sigv4_stages_of(const struct http_request *request,
                                    const struct sigv4_options *options, bool in_query,
                                    struct arena *a);

/* What a request says about who signed it, from the header or the query; false when it is not
 * signed. */
#define SIGV4_SKEW_MAX_US (15 * US_PER_MINUTE)
struct sigv4_claim {
    struct str access_key, date, region, service, signed_headers, signature, session_token,
        amz_date;
    struct str payload_hash;
    int64_t expires_s; /* presigned; else 0 */
    bool in_query;
};
bool sigv4_claim_of(const struct http_request *request, struct arena *a,
                    struct sigv4_claim *ret_claim);
/* Recomputes the signature with `secret`. ERR_DENIED with AWS's name in d->name:
 * SignatureDoesNotMatch, RequestTimeTooSkewed (over 15 minutes), AccessDenied (presigned and
 * expired), AuthorizationQueryParametersError, IncompleteSignature. The body is hashed only where
 * the request gives no hash of it: a given one is taken as it is, since bodies stream, and compared
 * by sigv4_payload_matches. */
MUST_USE enum err sigv4_verify(const struct http_request *request, const struct sigv4_claim *claim,
                               struct str secret, bool double_encode_path, int64_t now_us,
                               struct arena *a, struct diag *d);
/* Whether the body has the SHA-256 that was signed; true where none was (UNSIGNED-PAYLOAD,
 * STREAMING-...). */
bool sigv4_payload_matches(const struct sigv4_claim *claim, struct str body, struct arena *a);

#endif
