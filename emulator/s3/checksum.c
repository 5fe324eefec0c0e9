/* checksum.c -- Computing and verifying what a request says of its body.
 * Order of judgement: the signed payload hash, Content-MD5, then the one x-amz-checksum-* header. A
 * trailer has been moved among the headers before a handler sees the request. */
#include "checksum.h"
#include "base/encode.h"
#include "base/limits.h"
#include "intake.h"

static const struct {
    const char *algorithm, *member, *header;
    size_t bytes;
} kinds[CHECKSUM_KIND_COUNT] = {
    [CHECKSUM_NONE] = {"", "", "", 0},
    [CHECKSUM_CRC32] = {"CRC32", "ChecksumCRC32", "x-amz-checksum-crc32", 4},
    [CHECKSUM_CRC32C] = {"CRC32C", "ChecksumCRC32C", "x-amz-checksum-crc32c", 4},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "ChecksumCRC64NVME", "x-amz-checksum-crc64nvme", 8},
    [CHECKSUM_SHA1] = {"SHA1", "ChecksumSHA1", "x-amz-checksum-sha1", 20},
    [CHECKSUM_SHA256] = {"SHA256", "ChecksumSHA256", "x-amz-checksum-sha256", 32},
    [CHECKSUM_SHA512] = {"SHA512", "ChecksumSHA512", "x-amz-checksum-sha512", 64},
    [CHECKSUM_MD5] = {"MD5", "ChecksumMD5", "x-amz-checksum-md5", 16},
    [CHECKSUM_XXHASH64] = {"XXHASH64", "ChecksumXXHASH64", "x-amz-checksum-xxhash64", 8},
    [CHECKSUM_XXHASH3] = {"XXHASH3", "ChecksumXXHASH3", "x-amz-checksum-xxhash3", 8},
    [CHECKSUM_XXHASH128] = {"XXHASH128", "ChecksumXXHASH128", "x-amz-checksum-xxhash128", 16},
};
#define UNSUPPORTED                                                                                \
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "   \
    "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128]"

const char *checksum_algorithm(enum checksum_kind kind)
{
    return kinds[kind].algorithm;
}

const char *checksum_member(enum checksum_kind kind)
{
    return kinds[kind].member;
}

enum checksum_kind checksum_kind_of(struct str algorithm)
{
    for (int i = CHECKSUM_CRC32; i < CHECKSUM_KIND_COUNT; i++) {
        if (str_eq_nocase(algorithm, str_of(kinds[i].algorithm))) {
            return (enum checksum_kind)i;
        }
    }
    return CHECKSUM_NONE;
}

struct str checksum_type(bool composite)
{
    return composite ? STR("COMPOSITE") : STR("FULL_OBJECT");
}

size_t checksum_bytes(enum checksum_kind kind)
{
    return kinds[kind].bytes;
}

static struct str base64_of(struct arena *a, const uint8_t *digest, size_t bytes)
{
    struct buf out;
    buf_init(&out, a, CHECKSUM_TEXT_BYTES_MAX);
    encode_base64(&out, str_n((const char *)digest, bytes));
    return buf_str(&out);
}

size_t checksum_digest(enum checksum_kind kind, struct str bytes,
                       uint8_t ret_digest[CHECKSUM_BYTES_MAX])
{
    struct arena *a = arena_new("checksum", ARENA_TASK_BYTES_MAX);
    struct summing s;
    summing_begin(&s, kind, a);
    summing_add(&s, bytes);
    size_t count = summing_end(&s, ret_digest);
    arena_free(a);
    return count;
}

struct str checksum_text(struct arena *a, enum checksum_kind kind, struct str bytes)
{
    uint8_t digest[CHECKSUM_BYTES_MAX];
    struct summing s;
    summing_begin(&s, kind, a);
    summing_add(&s, bytes);
    size_t count = summing_end(&s, digest);
    return base64_of(a, digest, count);
}

size_t checksum_of_blob(const struct call *c, enum checksum_kind kind, const struct blob *blob,
                        uint8_t ret_digest[CHECKSUM_BYTES_MAX])
{
    struct summing s;
    if (call_recall(c, ret_digest, checksum_bytes(kind))) {
        return checksum_bytes(kind);
    }
    summing_begin(&s, kind, c->arena);
    for (uint64_t at = 0; at < blob_bytes(blob);) {
        struct str run = blob_at(blob, at);
        summing_add(&s, run);
        at += run.len;
    }
    size_t count = summing_end(&s, ret_digest);
    call_remember(c, ret_digest, count);
    return count;
}

struct str checksum_blob_text(const struct call *c, enum checksum_kind kind,
                              const struct blob *blob)
{
    uint8_t digest[CHECKSUM_BYTES_MAX];
    size_t count = checksum_of_blob(c, kind, blob, digest);
    return base64_of(c->arena, digest, count);
}

struct str checksum_body_text(const struct call *c, enum checksum_kind kind)
{
    uint8_t digest[CHECKSUM_BYTES_MAX];
    size_t count = intake_sum(c, kind, digest);
    return base64_of(c->arena, digest, count);
}

static bool is_base64_of(struct arena *a, struct str text, size_t bytes)
{
    struct diag d = DIAG_INIT;
    struct buf out;
    buf_init(&out, a, text.len + 4);
    return decode_base64(&out, text, &d) == ERR_OK && out.len == bytes;
}

/* ---- the signed payload hash ---- */
static bool verify_payload_hash(struct call *c)
{
    struct str said = http_header(&c->request->headers, "x-amz-content-sha256");
    if (said.len != 64) { /* absent, UNSIGNED-PAYLOAD or STREAMING-...: says nothing of the bytes */
        return true;
    }
    uint8_t digest[CHECKSUM_BYTES_MAX];
    size_t count = intake_sum(c, CHECKSUM_SHA256, digest);
    struct buf hex;
    buf_init(&hex, c->arena, sizeof(digest) * 2);
    encode_hex(&hex, str_n((const char *)digest, count));
    struct str computed = buf_str(&hex);
    if (str_eq_nocase(said, computed)) {
        return true;
    }
    call_fail(c, AWS_XAMZ_CONTENT_SHA256_MISMATCH,
              "The provided 'x-amz-content-sha256' header does not match what was computed.");
    call_fail_extra(c, "ClientComputedContentSHA256", said);
    call_fail_extra(c, "S3ComputedContentSHA256", computed);
    return false;
}

/* ---- Content-MD5 ---- */
static bool verify_md5(struct call *c)
{
    if (!http_has_header(&c->request->headers, "Content-MD5")) {
        return true;
    }
    struct str said = http_header(&c->request->headers, "Content-MD5");
    if (!is_base64_of(c->arena, said, 16)) {
        call_fail(c, AWS_INVALID_DIGEST, "The Content-MD5 you specified was invalid.");
        call_fail_extra(c, "Content-MD5", said);
        return false;
    }
    uint8_t digest[16];
    intake_md5(c, digest);
    struct str computed = base64_of(c->arena, digest, sizeof digest);
    if (str_eq(said, computed)) {
        return true;
    }
    call_fail(c, AWS_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    call_fail_extra(c, "ExpectedDigest", said);
    call_fail_extra(c, "CalculatedDigest", computed);
    return false;
}

/* ---- x-amz-checksum-* ---- */
static bool is_checksum_header(struct str name)
{
    return str_starts_nocase(name, STR("x-amz-checksum-")) &&
           !str_eq_nocase(name, STR("x-amz-checksum-algorithm")) &&
           !str_eq_nocase(name, STR("x-amz-checksum-type")) &&
           !str_eq_nocase(name, STR("x-amz-checksum-mode"));
}

static bool find_checksum_header(struct call *c, enum checksum_kind *ret_kind, struct str *ret_said)
{
    const struct http_headers *headers = &c->request->headers;
    size_t found = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->items[i].name;
        if (!is_checksum_header(name)) {
            continue;
        }
        enum checksum_kind kind = checksum_kind_of(str_from(name, sizeof "x-amz-checksum-" - 1));
        if (kind == CHECKSUM_NONE) {
            call_fail(c, AWS_INVALID_REQUEST, UNSUPPORTED);
            call_fail_extra(c, "Header", name);
            return false;
        }
        *ret_kind = kind;
        *ret_said = str_trim(headers->items[i].value);
        found++;
    }
    if (found > 1) {
        call_fail(
            c, AWS_INVALID_REQUEST,
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
        return false;
    }
    return true;
}

/* AWS s3-checksum-announced-1: x-amz-sdk-checksum-algorithm only announces; the checksum itself
 * must come too. */
static bool check_announced(struct call *c, enum checksum_kind sent)
{
    struct str announced = http_header(&c->request->headers, "x-amz-sdk-checksum-algorithm");
    if (announced.len == 0) {
        return true;
    }
    enum checksum_kind kind = checksum_kind_of(announced);
    if (kind == CHECKSUM_NONE) {
        call_fail(c, AWS_INVALID_REQUEST, UNSUPPORTED);
    } else if (sent == CHECKSUM_NONE) {
        call_fail(
            c, AWS_INVALID_REQUEST,
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.");
    } else if (sent != kind) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
    return !call_failed(c);
}

static bool verify_checksum(struct call *c, struct checksum *ret_sent)
{
    enum checksum_kind kind = CHECKSUM_NONE;
    struct str said = STR_EMPTY;
    *ret_sent = (struct checksum){.kind = CHECKSUM_NONE};
    if (!find_checksum_header(c, &kind, &said) || !check_announced(c, kind)) {
        return false;
    }
    if (kind == CHECKSUM_NONE) {
        return true;
    }
    if (!is_base64_of(c->arena, said, kinds[kind].bytes)) {
        call_fail(c, AWS_INVALID_REQUEST, "Value for %s header is invalid.", kinds[kind].header);
        return false;
    }
    if (!str_eq(said, checksum_body_text(c, kind))) {
        call_fail(c, AWS_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                  kinds[kind].algorithm);
        return false;
    }
    *ret_sent = (struct checksum){.kind = kind, .text = said};
    return true;
}

bool checksum_verify_request(struct call *c, struct checksum *ret_sent)
{
    return verify_payload_hash(c) && verify_md5(c) && verify_checksum(c, ret_sent);
}

bool checksum_algorithm_read(struct call *c, struct str algorithm, enum checksum_kind *ret_kind)
{
    *ret_kind = checksum_kind_of(algorithm);
    if (algorithm.len > 0 && *ret_kind == CHECKSUM_NONE) {
        call_fail(c, AWS_INVALID_REQUEST, UNSUPPORTED);
        return false;
    }
    return true;
}

void checksum_out(struct call *c, struct json *object, const struct checksum *sum)
{
    if (sum->kind != CHECKSUM_NONE) {
        json_set_str(c->arena, object, kinds[sum->kind].member, str_copy(c->arena, sum->text));
        json_set_str(c->arena, object, "ChecksumType", checksum_type(sum->composite));
    }
}

bool checksum_is_wanted(const struct call *c)
{
    return str_eq_nocase(call_str(c, "ChecksumMode"), STR("ENABLED"));
}
