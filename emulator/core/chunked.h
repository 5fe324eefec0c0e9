/* chunked.h -- aws-chunked bodies, undone as they come: S3 clients that do not know their checksum
 * beforehand frame the body in chunks and send what they computed behind it. Source: AWS "Signature
 * Calculations: Transferring Payload in Multiple Chunks", and "Trailing checksums". Private. */
#ifndef AFORO_EMULATOR_CORE_CHUNKED_H
#define AFORO_EMULATOR_CORE_CHUNKED_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/digest.h"
#include "wire/http_msg.h"
#include "wire/sigv4_chain.h"

bool chunked_is(const struct http_request *request);

/* Takes the bytes of chunks; false: it wants no more (and says so by itself). */
typedef void chunked_sink_fn(void *ctx, struct str bytes);
enum chunked_stage { CHUNKED_SIZE, CHUNKED_BYTES, CHUNKED_AFTER, CHUNKED_TRAILERS, CHUNKED_DONE };
struct chunked {
    enum chunked_stage stage;
    struct buf line;        /* what came of a line that has not ended */
    uint64_t left, decoded; /* of this chunk; of all */
    struct buf extension;   /* of the chunk at hand: ";chunk-signature=..." without the ';' */
    struct http_headers trailers;
    struct arena *arena;
    /* the chunks' own signatures, where they are looked at; else NULL */
    struct sigv4_chain *chain;
    struct digest *digest;
    bool trailers_signed; /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
};
void chunked_init(struct chunked *c, struct arena *a);
/* Looks at the signatures, which follow from the request's own; before any byte is fed. Does
 * nothing for a body that says it is not signed so (STREAMING-UNSIGNED-PAYLOAD-TRAILER). */
void chunked_verify(struct chunked *c, const struct sigv4_claim *claim, struct str secret);
/* ERR_CORRUPT with S3's name for it in d->name; the body is then lost. */
MUST_USE enum err chunked_feed(struct chunked *c, struct str bytes, chunked_sink_fn *sink,
                               void *ctx, struct diag *d);
/* The body is whole: checks that it is, and brings the headers to what they say of a plain body
 * (trailers added, Content-Encoding without aws-chunked, Content-Length). */
MUST_USE enum err chunked_end(struct chunked *c, struct http_headers *headers, struct diag *d);

#endif
