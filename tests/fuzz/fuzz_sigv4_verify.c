/* fuzz_sigv4_verify.c -- Any message: its claim verifies or is refused by a name, and once we have
 * signed it, it verifies. The input is "METHOD path[?query]", header lines, an empty line, the
 * body. */
#include "base/instant.h"
#include "base/limits.h"
#include "fuzz_check.h"
#include "wire/sigv4.h"

#define NOW_US (INT64_C(1440938160) * US_PER_S)

static struct http_request read_message(struct arena *a, struct str text)
{
    struct str rest = text, line = STR_EMPTY, method, target, path, query;
    (void)str_cut(&rest, '\n', &line);
    (void)str_split(line, ' ', &method, &target);
    (void)str_split(target, '?', &path, &query);
    struct http_request r;
    http_request_init(&r, a, "", STR("h:4566"), path);
    r.method = method;
    r.query = query;
    while (r.headers.count < HTTP_HEADERS_MAX && str_cut(&rest, '\n', &line) && line.len > 0) {
        struct str name, value;
        (void)str_split(line, ':', &name, &value);
        http_headers_add(&r.headers, name, value);
    }
    r.body = rest;
    return r;
}

/* Names as HTTP allows them, so that SignedHeaders can list them. */
static bool names_are_tokens(const struct http_headers *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct str name = h->items[i].name;
        for (size_t c = 0; c < name.len; c++) {
            bool letter = (name.ptr[c] | 0x20) >= 'a' && (name.ptr[c] | 0x20) <= 'z';
            if (!letter && name.ptr[c] != '-') {
                return false;
            }
        }
        if (name.len == 0) {
            return false;
        }
    }
    return true;
}

static void check_claim(struct arena *a, const struct http_request *r)
{
    struct sigv4_claim claim;
    if (!sigv4_claim_of(r, a, &claim)) {
        return;
    }
    for (int encode = 0; encode < 2; encode++) {
        struct diag d = DIAG_INIT;
        enum err code = sigv4_verify(r, &claim, STR("secret"), encode == 1, NOW_US, a, &d);
        CHECK(code == ERR_OK || (code == ERR_DENIED && d.name[0] != '\0' && d.msg[0] != '\0'));
    }
}

static void check_signed(struct arena *a, struct http_request r, bool s3, bool in_query)
{
    struct sigv4_options o = {.credentials = {.access_key = STR("AK/ID"),
                                              .secret_key = STR("secret"),
                                              .session_token = STR_EMPTY},
                              .region = STR("us-east-1"),
                              .service = STR("service"),
                              .now_us = NOW_US,
                              .double_encode_path = !s3,
                              .normalize_path = !s3,
                              .sign_body_header = s3,
                              .expires_s = 60};
    struct sigv4_claim claim;
    struct diag d = DIAG_INIT;
    if (in_query) {
        http_headers_remove(&r.headers, STR("Authorization"));
        if (s3 && !http_has_header(&r.headers, "X-Amz-Content-Sha256")) {
            o.payload_hash = STR("UNSIGNED-PAYLOAD");
        }
        sigv4_presign(&r, &o, a);
    } else {
        sigv4_sign(&r, &o, a);
    }
    CHECK(sigv4_claim_of(&r, a, &claim));
    CHECK(str_eq(claim.access_key, o.credentials.access_key));
    CHECK(sigv4_verify(&r, &claim, o.credentials.secret_key, !s3, NOW_US, a, &d) == ERR_OK);
    d = DIAG_INIT;
    CHECK(sigv4_verify(&r, &claim, STR("another"), !s3, NOW_US, a, &d) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct http_request r = read_message(a, str_n((const char *)data, size));
    check_claim(a, &r);
    if (names_are_tokens(&r.headers)) {
        check_signed(a, r, false, false);
        check_signed(a, r, true, false);
        if (!str_contains(r.query, STR("X-Amz")) && str_find(r.query, '%') == STR_NONE) {
            check_signed(a, r, false, true);
            check_signed(a, r, true, true);
        }
    }
    arena_free(a);
    return 0;
}
