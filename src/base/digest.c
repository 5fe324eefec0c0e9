/* libcrypto's low-level contexts, for the reason that hash.c gives. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "base/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

struct digest {
    enum digest_kind kind;
    bool ended;
    union {
        MD5_CTX md5;
        SHA_CTX sha1;
        SHA256_CTX sha256;
        SHA512_CTX sha512;
    } state;
};

size_t digest_bytes(enum digest_kind kind)
{
    static const size_t bytes[DIGEST_KIND_COUNT] = {16, 20, 32, 64};
    ASSERT((unsigned)kind < DIGEST_KIND_COUNT);
    return bytes[kind];
}

struct digest *digest_new(struct arena *a, enum digest_kind kind)
{
    ASSERT((unsigned)kind < DIGEST_KIND_COUNT);
    struct digest *g = NEW(a, struct digest);
    g->kind = kind;
    digest_restart(g);
    return g;
}

void digest_restart(struct digest *g)
{
    g->ended = false;
    if (g->kind == DIGEST_MD5) {
        MD5_Init(&g->state.md5);
    } else if (g->kind == DIGEST_SHA1) {
        SHA1_Init(&g->state.sha1);
    } else if (g->kind == DIGEST_SHA256) {
        SHA256_Init(&g->state.sha256);
    } else {
        SHA512_Init(&g->state.sha512);
    }
}

void digest_add(struct digest *g, struct str bytes)
{
    ASSERT(!g->ended);
    if (g->kind == DIGEST_MD5) {
        MD5_Update(&g->state.md5, bytes.ptr, bytes.len);
    } else if (g->kind == DIGEST_SHA1) {
        SHA1_Update(&g->state.sha1, bytes.ptr, bytes.len);
    } else if (g->kind == DIGEST_SHA256) {
        SHA256_Update(&g->state.sha256, bytes.ptr, bytes.len);
    } else {
        SHA512_Update(&g->state.sha512, bytes.ptr, bytes.len);
    }
}

void digest_end(struct digest *g, uint8_t ret_digest[DIGEST_BYTES_MAX])
{
    ASSERT(!g->ended);
    g->ended = true;
    if (g->kind == DIGEST_MD5) {
        MD5_Final(ret_digest, &g->state.md5);
    } else if (g->kind == DIGEST_SHA1) {
        SHA1_Final(ret_digest, &g->state.sha1);
    } else if (g->kind == DIGEST_SHA256) {
        SHA256_Final(ret_digest, &g->state.sha256);
    } else {
        SHA512_Final(ret_digest, &g->state.sha512);
    }
}
