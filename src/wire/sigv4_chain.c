#include "wire/sigv4_chain.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "sigv4_steps.h"

#define CHAIN_TEXT_BYTES_MAX (4 * KIB)

struct sigv4_chain {
    uint8_t key[32];
    struct str amz_date;
    struct str scope;
    struct buf text;     /* the string to sign, made anew each time */
    struct buf previous; /* 64 digits */
};

struct sigv4_chain *sigv4_chain_new(const struct sigv4_claim *claim, struct str secret,
                                    struct arena *a)
{
    struct sigv4_chain *c = NEW(a, struct sigv4_chain);
    sigv4_key(secret, claim->date, claim->region, claim->service, a, c->key);
    c->amz_date = claim->amz_date;
    c->scope = str_printf(a, "%.*s/%.*s/%.*s/aws4_request", STR_ARG(claim->date),
                          STR_ARG(claim->region), STR_ARG(claim->service));
    buf_init(&c->text, a,
             CHAIN_TEXT_BYTES_MAX + c->scope.len + c->amz_date.len + claim->signature.len);
    buf_init(&c->previous, a, 64 + claim->signature.len);
    buf_add(&c->previous, claim->signature);
    return c;
}

static void begin(struct sigv4_chain *c, const char *algorithm)
{
    buf_truncate(&c->text, 0);
    buf_add_z(&c->text, algorithm);
    buf_add_char(&c->text, '\n');
    buf_add(&c->text, c->amz_date);
    buf_add_char(&c->text, '\n');
    buf_add(&c->text, c->scope);
    buf_add_char(&c->text, '\n');
    buf_add(&c->text, buf_str(&c->previous));
    buf_add_char(&c->text, '\n');
}

static void add_digest(struct sigv4_chain *c, const uint8_t digest[32])
{
    encode_hex(&c->text, str_n((const char *)digest, 32));
}

static struct str sign(struct sigv4_chain *c)
{
    uint8_t mac[32];
    hash_hmac_sha256(str_n((const char *)c->key, 32), buf_str(&c->text), mac);
    buf_truncate(&c->previous, 0);
    encode_hex(&c->previous, str_n((const char *)mac, 32));
    return buf_str(&c->previous);
}

struct str sigv4_chain_chunk(struct sigv4_chain *c, const uint8_t payload[32])
{
    uint8_t nothing[32]; /* of headers that a chunk does not have */
    hash_sha256(STR_EMPTY, nothing);
    begin(c, "AWS4-HMAC-SHA256-PAYLOAD");
    add_digest(c, nothing);
    buf_add_char(&c->text, '\n');
    add_digest(c, payload);
    return sign(c);
}

struct str sigv4_chain_trailers(struct sigv4_chain *c, struct str trailers)
{
    uint8_t digest[32];
    hash_sha256(trailers, digest);
    begin(c, "AWS4-HMAC-SHA256-TRAILER");
    add_digest(c, digest);
    return sign(c);
}
