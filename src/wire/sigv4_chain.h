/* sigv4_chain.h -- The signatures inside an aws-chunked body: each chunk's is over the one before
 * it, the first one's over the request's own; the trailers' comes last. Source: S3 API reference,
 * "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks"
 * and "Including Trailing Headers". Constant memory, however many chunks there are. */
#ifndef AFORO_WIRE_SIGV4_CHAIN_H
#define AFORO_WIRE_SIGV4_CHAIN_H

#include <stdint.h>
#include "wire/sigv4.h"

struct sigv4_chain;
/* Borrows the claim's texts; lives in `a`. */
struct sigv4_chain *sigv4_chain_new(const struct sigv4_claim *claim, struct str secret,
                                    struct arena *a);
/* The next chunk's signature, 64 hex digits, from its bytes' SHA-256; of the empty last chunk too.
 * Borrowed until the next call. */
struct str sigv4_chain_chunk(struct sigv4_chain *c, const uint8_t payload[32]);
/* The trailers', from "name:value\n" of each, in lower case and as they came. */
struct str sigv4_chain_trailers(struct sigv4_chain *c, struct str trailers);

#endif
