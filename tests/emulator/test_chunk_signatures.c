/* Signatures inside aws-chunked bodies, where they are verified: made here by the chain that the
 * published examples hold, then broken one part at a time. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/hash.h"
#include "base/instant.h"
#include "tiny.h"
#include "wire/sigv4.h"
#include "wire/sigv4_chain.h"

#define SIGNED "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
#define SIGNED_TRAILER "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

static struct http_request put(struct bench *b, const char *payload_hash)
{
    struct http_request r = rest_request(b, "PUT", "/b/k", "");
    add_header(&r, "x-amz-content-sha256", payload_hash);
    add_header(&r, "x-amz-decoded-content-length", "8");
    struct sigv4_options options = {.credentials = {STR("AKIA"), STR("test"), STR("a-token")},
                                    .region = STR("us-east-1"),
                                    .service = STR("s3"),
                                    .now_us = b->now_us,
                                    .payload_hash = str_of(payload_hash)};
    sigv4_sign(&r, &options, b->arena);
    return r;
}

static void add_chunk(struct buf *body, struct sigv4_chain *chain, struct str bytes)
{
    uint8_t sha256[32];
    hash_sha256(bytes, sha256);
    struct str signature = sigv4_chain_chunk(chain, sha256);
    buf_addf(body, "%zx;chunk-signature=%.*s\r\n%.*s", bytes.len, STR_ARG(signature),
             STR_ARG(bytes));
    buf_add_z(body, bytes.len > 0 ? "\r\n" : "");
}

static struct str framed(struct bench *b, const struct http_request *r, bool trailer)
{
    struct sigv4_claim claim;
    struct buf body;
    cr_assert(sigv4_claim_of(r, b->arena, &claim));
    struct sigv4_chain *chain = sigv4_chain_new(&claim, STR("test"), b->arena);
    buf_init(&body, b->arena, 4096);
    add_chunk(&body, chain, STR("abcd"));
    add_chunk(&body, chain, STR("efgh"));
    add_chunk(&body, chain, STR_EMPTY);
    if (trailer) {
        struct str signature = sigv4_chain_trailers(chain, STR("x-amz-checksum-crc32c:sOO8/Q==\n"));
        buf_addf(&body, "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:%.*s\r\n",
                 STR_ARG(signature));
    }
    buf_add_z(&body, "\r\n");
    return buf_str(&body);
}

Test(chunk_signatures, right_ones_pass_and_every_broken_one_is_refused)
{
    /* Every letter of the body that is changed, be it of a chunk, of a signature or of the trailer,
     * ends in a refusal, and nothing is put. */
    struct bench b = bench_with((struct core_options){.seed = 1, .verify_signatures = true});
    for (int trailer = 0; trailer < 2; trailer++) {
        struct http_request r = put(&b, trailer ? SIGNED_TRAILER : SIGNED);
        struct str body = framed(&b, &r, trailer);
        r.body = body;
        struct core_outcome o = send(&b, &r, "");
        cr_assert_eq(o.response.status, 200, "%.*s", STR_ARG(o.response.body));
        int64_t runs = bench_state(&b, "s3")->runs;
        char *bytes = arena_copy(b.arena, body.ptr, body.len);
        for (size_t i = 0; i < body.len; i++) {
            char was = bytes[i];
            if (was == '\r' || was == '\n' || was == 'x' || was == ':') {
                continue; /* frames: other tests' */
            }
            bytes[i] = was == 'b' ? 'c' : 'b';
            r.body = str_n(bytes, body.len);
            o = send(&b, &r, "");
            cr_expect(o.response.status == 403 || o.response.status == 400, "byte %zu: %d", i,
                      o.response.status);
            bytes[i] = was;
        }
        cr_expect_eq(bench_state(&b, "s3")->runs, runs);
    }
    bench_free(&b);
}

Test(chunk_signatures, what_is_not_signed_is_not_looked_at)
{
    /* STREAMING-UNSIGNED-PAYLOAD-TRAILER has none; an emulator that verifies nothing looks at none;
     * signature version 4A is refused by its name. */
    struct bench b = bench_with((struct core_options){.seed = 1, .verify_signatures = true});
    struct http_request r = put(&b, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    r.body = STR("8\r\nabcdefgh\r\n0\r\n\r\n");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    r = rest_request(&b, "PUT", "/b/k", "");
    add_header(&r, "Authorization",
               "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260328/s3/aws4_request, "
               "SignedHeaders=host, Signature=00");
    struct core_outcome o = send(&b, &r, "");
    cr_expect_eq(o.response.status, 501);
    cr_expect(str_contains(o.response.body, STR("AWS4-ECDSA-P256-SHA256")));
    bench_free(&b);
    b = bench_with((struct core_options){.seed = 1});
    r = put(&b, SIGNED);
    r.body = STR("8;chunk-signature=00\r\nabcdefgh\r\n0;chunk-signature=00\r\n\r\n");
    cr_expect_eq(send(&b, &r, "").response.status, 200);
    bench_free(&b);
}
