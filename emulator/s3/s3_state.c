/* s3_state.c -- What every handler asks first: the bucket, the key, and whether the request wants
 * what is not built. */
#include "s3_state.h"
#include "base/encode.h"
#include "base/hash.h"
#include "access.h"
#include "cors.h"
#include "emulator/core/service.h"

#define HEAD_BYTES_MAX 8192

struct s3 *s3_of(const struct call *c)
{
    return c->state;
}

struct bucket *s3_bucket_named(struct call *c, struct str name)
{
    struct bucket *b = tree_get(s3_of(c)->buckets, name);
    if (b == NULL) {
        call_fail(c, AWS_NO_SUCH_BUCKET, "The specified bucket does not exist");
        call_fail_extra(c, "BucketName", name);
        return NULL;
    }
    return b;
}

/* AWS s3-head-size-1: request line and headers together are at most 8 KB. */
static bool head_fits(struct call *c)
{
    const struct http_headers *headers = &c->request->headers;
    size_t bytes = c->request->path.len + c->request->query.len;
    for (size_t i = 0; i < headers->count; i++) {
        bytes += headers->items[i].name.len + headers->items[i].value.len;
    }
    if (bytes <= HEAD_BYTES_MAX) {
        return true;
    }
    call_fail(
        c, AWS_REQUEST_HEADER_SECTION_TOO_LARGE,
        "Your request header and query parameters used to make the request exceed the maximum "
        "allowed size.");
    call_fail_extra(c, "MaxSizeAllowed", str_printf(c->arena, "%d", HEAD_BYTES_MAX));
    return false;
}

struct bucket *s3_bucket(struct call *c)
{
    if (!head_fits(c) || !s3_only_built(c)) {
        return NULL;
    }
    struct bucket *b = s3_bucket_named(c, call_str(c, "Bucket"));
    if (b != NULL && call_has(c, "ExpectedBucketOwner") &&
        !str_eq(call_str(c, "ExpectedBucketOwner"), b->owner)) {
        call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
        return NULL;
    }
    if (b != NULL) {
        cors_out(c, b);
    }
    return b != NULL && access_check(c, b) ? b : NULL;
}

/* AWS s3-key-1: a key is UTF-8 of at most 1024 bytes. */
bool s3_key(struct call *c, struct str *ret_key)
{
    struct str key = call_str(c, "Key");
    if (key.len > S3_KEY_BYTES_MAX) {
        call_fail(c, AWS_KEY_TOO_LONG_ERROR, "Your key is too long");
        call_fail_extra(c, "Size", str_printf(c->arena, "%zu", key.len));
        call_fail_extra(c, "MaxSizeAllowed", str_printf(c->arena, "%d", S3_KEY_BYTES_MAX));
        return false;
    }
    if (!utf8_is_valid(key)) {
        call_fail(c, AWS_INVALID_URI, "Couldn't parse the specified URI.");
        return false;
    }
    *ret_key = key;
    return true;
}

/* DIFFERS s3-refused-1: parameters that are refused by name, but for the values that say what holds
 * anyway. */
static const struct {
    const char *member, *tolerated[2];
} unbuilt[] = {
    {"WriteOffsetBytes", {NULL}},
    {"BucketNamespace", {"global"}},
    {"MFA", {NULL}},
    {"IfMatchInitiatedTime", {NULL}},
};

static bool is_tolerated(const struct json *value, const char *const tolerated[2])
{
    struct str text = json_str(value);
    if (json_is(value, JSON_IS_FALSE) || (json_is(value, JSON_IS_STRING) && text.len == 0)) {
        return true;
    }
    for (size_t i = 0; i < 2 && tolerated[i] != NULL; i++) {
        if (str_eq(text, str_of(tolerated[i]))) {
            return true;
        }
    }
    return false;
}

static void refuse_member(struct call *c, const char *name)
{
    struct str spelt = str_of(name);
    const struct shape_member *member = shape_find_member(c->op->input, spelt.ptr, spelt.len);
    call_fail(c, AWS_NOT_IMPLEMENTED,
              "A header you provided implies functionality that is not implemented");
    call_fail_extra(c, "Header",
                    str_of(member == NULL || member->wire_name == NULL ? name : member->wire_name));
}

bool s3_only_built(struct call *c)
{
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        const struct json *value = json_get(c->input, str_of(unbuilt[i].member));
        if (value != NULL && !is_tolerated(value, unbuilt[i].tolerated)) {
            refuse_member(c, unbuilt[i].member);
            return false;
        }
    }
    return true;
}

/* AWS s3-length-2: a body of no length is no body: MissingContentLength, where there is a wire.
 * AWS s3-length-1: a body in chunks of HTTP is refused, unless aws-chunked says its length (the
 * core has then set Content-Length). */
bool s3_length_is_said(struct call *c, uint64_t bytes)
{
    const struct http_headers *headers = &c->request->headers;
    if (bytes == 0 && c->request->scheme.len > 0 &&
        !http_has_header(headers, "Transfer-Encoding") &&
        !http_has_header(headers, "Content-Length")) {
        call_fail(c, AWS_MISSING_CONTENT_LENGTH,
                  "You must provide the Content-Length HTTP header.");
        return false;
    }
    if (!http_has_header(headers, "Transfer-Encoding") ||
        http_has_header(headers, "Content-Length")) {
        return true;
    }
    call_fail(c, AWS_NOT_IMPLEMENTED,
              "A header you provided implies functionality that is not implemented");
    call_fail_extra(c, "Header", STR("Transfer-Encoding"));
    return false;
}

bool s3_fits(struct call *c, uint64_t bytes, uint64_t bytes_max)
{
    if (bytes <= bytes_max) {
        return true;
    }
    call_fail(c, AWS_ENTITY_TOO_LARGE, "Your proposed upload exceeds the maximum allowed size");
    call_fail_extra(c, "ProposedSize", str_printf(c->arena, "%llu", (unsigned long long)bytes));
    call_fail_extra(c, "MaxSizeAllowed",
                    str_printf(c->arena, "%llu", (unsigned long long)bytes_max));
    return false;
}

bool s3_has_room(struct call *c, uint64_t bytes)
{
    if (!s3_fits(c, bytes, S3_OBJECT_BYTES_MAX)) {
        return false;
    }
    if (s3_of(c)->held_bytes + bytes > S3_HELD_BYTES_MAX) {
        call_fail(c, AWS_SERVICE_UNAVAILABLE, "The emulator holds its cap of %zu bytes of objects",
                  S3_HELD_BYTES_MAX);
        return false;
    }
    return true;
}

struct str s3_owner_id(struct call *c)
{
    return hash_sha256_hex(c->arena, c->account);
}

void s3_out_owner(struct call *c, struct json *parent, const char *name)
{
    json_set_str(c->arena, json_set(c->arena, parent, name, JSON_IS_OBJECT), "ID", s3_owner_id(c));
}

struct str s3_location(struct call *c, struct str bucket, struct str key)
{
    struct buf location;
    buf_init(&location, c->arena, 4 * KIB + 3 * key.len + bucket.len);
    buf_add(&location, core_options(c->core)->public_url);
    buf_addf(&location, "/%.*s/", STR_ARG(bucket));
    encode_percent(&location, key, true);
    return buf_str(&location);
}

void s3_fail_header(struct call *c, const char *header, const char *message)
{
    call_fail(c, AWS_INVALID_ARGUMENT, "%s", message);
    call_fail_extra(c, "ArgumentName", str_of(header));
}

void s3_fail_argument(struct call *c, const char *argument, struct str value, const char *message)
{
    call_fail(c, AWS_INVALID_ARGUMENT, "%s", message);
    call_fail_extra(c, "ArgumentName", str_of(argument));
    call_fail_extra(c, "ArgumentValue", value);
}
