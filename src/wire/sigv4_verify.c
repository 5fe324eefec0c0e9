/* Reads who signed a request and how, and runs the signer's steps again. What a request claims is
 * never trusted: a claim with a part missing is IncompleteSignature, not a guess. */
#include "wire/sigv4.h"

#include "base/hash.h"
#include "base/instant.h"
#include "sigv4_steps.h"

#define PRESIGNED_S_MAX 604800 /* seven days */

/* "AKID/20150830/us-east-1/service/aws4_request", from the right: a key may hold '/'. A credential
 * of another shape leaves the parts empty. */
static void read_credential(struct str credential, struct sigv4_claim *claim)
{
    struct str parts[4];
    struct str left = credential;
    for (size_t i = 4; i-- > 0;) {
        size_t slash = str_find_last(left, '/');
        if (slash == STR_NONE) {
            return;
        }
        parts[i] = str_from(left, slash + 1);
        left = str_slice(left, 0, slash);
    }
    if (!str_eq(parts[3], STR("aws4_request"))) {
        return;
    }
    claim->access_key = left;
    claim->date = parts[0];
    claim->region = parts[1];
    claim->service = parts[2];
}

/* X-Amz-Date, or an HTTP Date in the same spelling. */
static struct str amz_date_of(const struct http_request *request, struct arena *a)
{
    struct str given = http_header(&request->headers, "X-Amz-Date");
    struct str http_date = http_header(&request->headers, "Date");
    struct diag ignored = DIAG_INIT;
    int64_t us = 0;
    if (given.len > 0 || http_date.len == 0 ||
        instant_parse_http(http_date, &us, &ignored) != ERR_OK) {
        return given;
    }
    struct buf out;
    buf_init(&out, a, 32);
    instant_amz(&out, us);
    return buf_str(&out);
}

static bool header_claim(const struct http_request *request, struct arena *a,
                         struct sigv4_claim *claim)
{
    struct str header = http_header(&request->headers, "Authorization");
    if (!str_starts(header, STR(SIGV4_ALGORITHM))) {
        return false;
    }
    for (struct str rest = str_from(header, sizeof(SIGV4_ALGORITHM) - 1), item;
         str_cut(&rest, ',', &item);) {
        struct str name, value;
        (void)str_split(str_trim(item), '=', &name, &value);
        if (str_eq(name, STR("Credential"))) {
            read_credential(value, claim);
        } else if (str_eq(name, STR("SignedHeaders"))) {
            claim->signed_headers = value;
        } else if (str_eq(name, STR("Signature"))) {
            claim->signature = value;
        }
    }
    claim->amz_date = amz_date_of(request, a);
    claim->session_token = http_header(&request->headers, "X-Amz-Security-Token");
    claim->payload_hash = http_header(&request->headers, "X-Amz-Content-Sha256");
    return true;
}

static struct str query_value(const struct http_request *request, const char *name, struct arena *a)
{
    struct str value = STR_EMPTY;
    (void)http_query_get(request->query, str_of(name), a, &value);
    return value;
}

static bool query_claim(const struct http_request *request, struct arena *a,
                        struct sigv4_claim *claim)
{
    if (!str_eq(query_value(request, "X-Amz-Algorithm", a), STR(SIGV4_ALGORITHM))) {
        return false;
    }
    struct diag ignored = DIAG_INIT;
    claim->in_query = true;
    read_credential(query_value(request, "X-Amz-Credential", a), claim);
    claim->signed_headers = query_value(request, "X-Amz-SignedHeaders", a);
    claim->signature = query_value(request, "X-Amz-Signature", a);
    claim->amz_date = query_value(request, "X-Amz-Date", a);
    claim->session_token = query_value(request, "X-Amz-Security-Token", a);
    claim->payload_hash = http_header(&request->headers, "X-Amz-Content-Sha256");
    if (str_i64(query_value(request, "X-Amz-Expires", a), &claim->expires_s, &ignored) != ERR_OK) {
        claim->expires_s = -1;
    }
    return true;
}

bool sigv4_claim_of(const struct http_request *request, struct arena *a,
                    struct sigv4_claim *ret_claim)
{
    struct sigv4_claim claim = {.expires_s = 0};
    if (!header_claim(request, a, &claim) && !query_claim(request, a, &claim)) {
        return false;
    }
    *ret_claim = claim;
    return true;
}

/* The parts are there, and name each other's date. */
static enum err check_complete(const struct sigv4_claim *claim, int64_t *ret_signed_us,
                               struct diag *d)
{
    if (claim->access_key.len == 0 || claim->date.len == 0 || claim->region.len == 0 ||
        claim->service.len == 0) {
        return fail_named(d, ERR_DENIED, "IncompleteSignature",
                          "the Credential is not key/date/region/service/aws4_request");
    }
    if (claim->signed_headers.len == 0 || claim->signature.len == 0) {
        return fail_named(d, ERR_DENIED, "IncompleteSignature",
                          "SignedHeaders or Signature is missing");
    }
    struct diag ignored = DIAG_INIT;
    if (instant_parse_as(claim->amz_date, STR("%Y%m%dT%H%M%SZ"), ret_signed_us, &ignored) !=
        ERR_OK) {
        return fail_named(d, ERR_DENIED, "IncompleteSignature",
                          "X-Amz-Date is missing or not YYYYMMDD'T'HHMMSS'Z'");
    }
    if (!str_eq(claim->date, str_slice(claim->amz_date, 0, 8))) {
        return fail_named(d, ERR_DENIED, "SignatureDoesNotMatch",
                          "the Credential's date %.*s is not that of X-Amz-Date %.*s",
                          STR_ARG(claim->date), STR_ARG(claim->amz_date));
    }
    return ERR_OK;
}

static enum err check_time(const struct sigv4_claim *claim, int64_t signed_us, int64_t now_us,
                           struct diag *d)
{
    if (!claim->in_query) {
        /* AWS sigv4-skew-1: a request is refused when its date is more than 15 minutes from the
         * service's */
        if (signed_us - now_us > SIGV4_SKEW_MAX_US || now_us - signed_us > SIGV4_SKEW_MAX_US) {
            return fail_named(d, ERR_DENIED, "RequestTimeTooSkewed",
                              "signed at %.*s, over 15 minutes from now", STR_ARG(claim->amz_date));
        }
        return ERR_OK;
    }
    /* AWS sigv4-presign-1: X-Amz-Expires is 1 to 604800 seconds, counted from X-Amz-Date */
    if (claim->expires_s < 1 || claim->expires_s > PRESIGNED_S_MAX) {
        return fail_named(d, ERR_DENIED, "AuthorizationQueryParametersError",
                          "X-Amz-Expires must be a number from 1 to %d seconds", PRESIGNED_S_MAX);
    }
    if (signed_us - now_us > SIGV4_SKEW_MAX_US) {
        return fail_named(d, ERR_DENIED, "AccessDenied", "Request is not yet valid");
    }
    if (now_us - signed_us > claim->expires_s * US_PER_S) {
        return fail_named(d, ERR_DENIED, "AccessDenied", "Request has expired");
    }
    return ERR_OK;
}

/* Host is there, and the names are sorted, each once: repeats would let a short request grow
 * without bound. */
static bool is_header_list(struct str signed_headers)
{
    struct str previous = STR_EMPTY;
    bool host = false;
    for (struct str rest = signed_headers, name; str_cut(&rest, ';', &name);) {
        if (str_cmp(name, previous) <= 0) {
            return false;
        }
        host = host || str_eq(name, STR("host"));
        previous = name;
    }
    return host;
}

/* Takes the same time wherever the first difference is. */
static bool same_signature(struct str left, struct str right)
{
    unsigned char difference = 0;
    if (left.len != right.len) {
        return false;
    }
    for (size_t i = 0; i < left.len; i++) {
        difference = (unsigned char)(difference | (left.ptr[i] ^ right.ptr[i]));
    }
    return difference == 0;
}

/* S3's presigned URLs leave the body open; elsewhere the body is what it is. */
static struct str claimed_payload(const struct http_request *request,
                                  const struct sigv4_claim *claim, bool s3, struct arena *a)
{
    if (claim->payload_hash.len > 0) {
        return claim->payload_hash;
    }
    return s3 && claim->in_query ? STR("UNSIGNED-PAYLOAD") : hash_sha256_hex(a, request->body);
}

enum err sigv4_verify(const struct http_request *request, const struct sigv4_claim *claim,
                      struct str secret, bool double_encode_path, int64_t now_us, struct arena *a,
                      struct diag *d)
{
    int64_t signed_us = 0;
    TRY(check_complete(claim, &signed_us, d));
    TRY(check_time(claim, signed_us, now_us, d));
    if (!is_header_list(claim->signed_headers)) {
        return fail_named(d, ERR_DENIED, "SignatureDoesNotMatch",
                          "SignedHeaders must be sorted and name host");
    }
    struct sigv4_signing s = {.request = request,
                              .secret = secret,
                              .amz_date = claim->amz_date,
                              .date = claim->date,
                              .region = claim->region,
                              .service = claim->service,
                              .signed_headers = claim->signed_headers,
                              .payload_hash =
                                  claimed_payload(request, claim, !double_encode_path, a),
                              .encode_path = double_encode_path,
                              .normalize_path = double_encode_path,
                              .in_query = claim->in_query};
    if (!same_signature(sigv4_run(&s, a).signature, claim->signature)) {
        return fail_named(d, ERR_DENIED, "SignatureDoesNotMatch",
                          "The request signature we calculated does not match the signature you "
                          "provided. Check your key "
                          "and signing method.");
    }
    return ERR_OK;
}

bool sigv4_payload_matches(const struct sigv4_claim *claim, struct str body, struct arena *a)
{
    return claim->payload_hash.len != 64 || str_eq(claim->payload_hash, hash_sha256_hex(a, body));
}
