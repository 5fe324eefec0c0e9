#include "aws/s3.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "s3_request.h"

struct aws_call s3_call_init(const char *operation, const char *method, struct str bucket,
                             struct str key, struct arena *a)
{
    struct aws_call call = {.service = "s3", .operation = operation, .s3 = true};
    struct buf path;
    buf_init(&path, a, 3 * (bucket.len + key.len) + 3);
    buf_add_char(&path, '/');
    encode_percent(&path, bucket, false);
    if (key.len > 0) {
        buf_add_char(&path, '/');
        encode_percent(&path, key, true);
    }
    http_request_init(&call.request, a, method, STR_EMPTY, buf_str(&path));
    call.read_only =
        str_eq(call.request.method, STR("GET")) || str_eq(call.request.method, STR("HEAD"));
    return call;
}

enum err s3_read(struct aws_client *c, struct aws_call *call, struct arena *a, s3_check_fn *check,
                 void *ctx, struct http_response *ret_response, struct diag *d)
{
    for (int try = 1;; try++) {
        struct http_response response;
        struct diag why = DIAG_INIT;
        TRY(aws_call(c, call, a, &response, d));
        enum err code = check(&response, a, ctx, &why);
        if (code == ERR_OK) {
            *ret_response = response;
            return ERR_OK;
        }
        if (code != ERR_CORRUPT || try == S3_TRIES) {
            diag_context(&why, "s3 %s %.*s", call->operation, STR_ARG(call->request.path));
            *d = why;
            return code;
        }
        if (aws_backoff(c, "s3.read", try) != ERR_OK) {
            return fail(d, ERR_CANCELLED, "stopped while waiting to read again");
        }
    }
}

enum err s3_check_length(const struct http_response *response, struct diag *d)
{
    struct diag ignored = DIAG_INIT;
    int64_t length = 0;
    struct str header = http_header(&response->headers, "Content-Length");
    if (header.len > 0 && str_i64(header, &length, &ignored) == ERR_OK &&
        response->body.len != (uint64_t)length) {
        return fail(d, ERR_CORRUPT, "the body has %zu of %.*s bytes", response->body.len,
                    STR_ARG(header));
    }
    return ERR_OK;
}

struct str s3_etag(struct str header)
{
    bool quoted = header.len >= 2 && str_starts(header, STR("\"")) && str_ends(header, STR("\""));
    return quoted ? str_slice(header, 1, header.len - 1) : header;
}

/* ---- checksums ---- */

static struct str base64_of(struct arena *a, const uint8_t *bytes, size_t len)
{
    struct buf text;
    buf_init(&text, a, len * 2 + 8);
    encode_base64(&text, str_n((const char *)bytes, len));
    return buf_str(&text);
}

/* S3 writes CRCs big-endian. */
static struct str crc_base64(struct arena *a, uint64_t crc, size_t bytes)
{
    uint8_t big[8];
    for (size_t i = 0; i < bytes; i++) {
        big[i] = (uint8_t)(crc >> (8 * (bytes - 1 - i)));
    }
    return base64_of(a, big, bytes);
}

static struct str crc32_text(struct arena *a, struct str body)
{
    return crc_base64(a, hash_crc32(0, body), 4);
}

static struct str crc32c_text(struct arena *a, struct str body)
{
    return crc_base64(a, hash_crc32c(0, body), 4);
}

static struct str crc64nvme_text(struct arena *a, struct str body)
{
    return crc_base64(a, hash_crc64nvme(0, body), 8);
}

static struct str sha1_text(struct arena *a, struct str body)
{
    uint8_t digest[20];
    hash_sha1(body, digest);
    return base64_of(a, digest, sizeof(digest));
}

static struct str sha256_text(struct arena *a, struct str body)
{
    uint8_t digest[32];
    hash_sha256(body, digest);
    return base64_of(a, digest, sizeof(digest));
}

static const struct {
    const char *header;
    struct str (*text)(struct arena *a, struct str body);
} CHECKSUMS[] = {{"x-amz-checksum-crc32", crc32_text},
                 {"x-amz-checksum-crc32c", crc32c_text},
                 {"x-amz-checksum-crc64nvme", crc64nvme_text},
                 {"x-amz-checksum-sha1", sha1_text},
                 {"x-amz-checksum-sha256", sha256_text}};

/* AWS s3-checksum-composite-1: a checksum of type COMPOSITE, or one that ends in "-N", is of the
 * parts' checksums, not of the object: it says nothing that the whole body could be compared with.
 */
static enum err check_checksums(const struct http_response *response, struct arena *a,
                                struct diag *d)
{
    if (str_eq_nocase(http_header(&response->headers, "x-amz-checksum-type"), STR("COMPOSITE"))) {
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof(CHECKSUMS) / sizeof(CHECKSUMS[0]); i++) {
        struct str want = http_header(&response->headers, CHECKSUMS[i].header);
        if (want.len == 0 || str_find(want, '-') != STR_NONE) {
            continue;
        }
        struct str got = CHECKSUMS[i].text(a, response->body);
        if (!str_eq(got, want)) {
            return fail(d, ERR_CORRUPT, "the body's %s is %.*s, not %.*s", CHECKSUMS[i].header,
                        STR_ARG(got), STR_ARG(want));
        }
    }
    return ERR_OK;
}

/* ---- objects ---- */

#define META_PREFIX "x-amz-meta-"

/* What the headers of an answer say; times and numbers that cannot be read stay 0. */
static struct s3_object object_of(const struct http_response *response, struct str key,
                                  struct arena *a)
{
    struct diag ignored = DIAG_INIT;
    const struct http_headers *h = &response->headers;
    struct s3_object object = {.key = key,
                               .etag = s3_etag(http_header(h, "ETag")),
                               .content_type = http_header(h, "Content-Type"),
                               .body = response->body};
    if (str_i64(http_header(h, "Content-Length"), &object.size, &ignored) != ERR_OK) {
        object.size = (int64_t)response->body.len;
    }
    (void)!instant_parse_http(http_header(h, "Last-Modified"), &object.modified_us, &ignored);
    http_headers_init(&object.metadata, a);
    for (size_t i = 0; i < h->count; i++) {
        if (str_starts_nocase(h->items[i].name, STR(META_PREFIX))) {
            struct str name = str_lower(a, str_from(h->items[i].name, sizeof(META_PREFIX) - 1));
            http_headers_add(&object.metadata, name, str_trim(h->items[i].value));
        }
    }
    return object;
}

static void add_put_headers(struct http_headers *h, const struct s3_put_options *o, struct arena *a)
{
    http_headers_add(h, STR("Content-Type"),
                     o->content_type.len > 0 ? o->content_type : STR("application/octet-stream"));
    if (o->if_none_match) {
        http_headers_add(h, STR("If-None-Match"), STR("*"));
    }
    if (o->if_match.len > 0) {
        http_headers_add(h, STR("If-Match"),
                         str_printf(a, "\"%.*s\"", STR_ARG(s3_etag(o->if_match))));
    }
    for (size_t i = 0; i < o->metadata_count; i++) {
        http_headers_add(h, str_join(a, STR(META_PREFIX), o->metadata[i].name),
                         o->metadata[i].value);
    }
}

enum err s3_put(struct aws_client *c, struct str bucket, struct str key, struct str body,
                const struct s3_put_options *options, struct arena *a, struct s3_object *ret_object,
                struct diag *d)
{
    struct aws_call call = s3_call_init("PutObject", "PUT", bucket, key, a);
    call.request.body = body;
    add_put_headers(&call.request.headers, options, a);
    http_headers_add(&call.request.headers, STR("x-amz-sdk-checksum-algorithm"), STR("CRC32"));
    http_headers_add(&call.request.headers, STR("x-amz-checksum-crc32"), crc32_text(a, body));
    struct http_response response;
    TRY(aws_call(c, &call, a, &response, d));
    *ret_object =
        (struct s3_object){.key = key,
                           .etag = s3_etag(http_header(&response.headers, "ETag")),
                           .size = (int64_t)body.len,
                           .body = body,
                           .content_type = http_header(&call.request.headers, "Content-Type")};
    http_headers_init(&ret_object->metadata, a);
    return ERR_OK;
}

static enum err check_whole(const struct http_response *response, struct arena *a, void *ctx,
                            struct diag *d)
{
    (void)ctx;
    TRY(s3_check_length(response, d));
    return check_checksums(response, a, d);
}

enum err s3_get(struct aws_client *c, struct str bucket, struct str key, struct arena *a,
                struct s3_object *ret_object, struct diag *d)
{
    struct aws_call call = s3_call_init("GetObject", "GET", bucket, key, a);
    http_headers_add(&call.request.headers, STR("x-amz-checksum-mode"), STR("ENABLED"));
    struct http_response response;
    TRY(s3_read(c, &call, a, check_whole, NULL, &response, d));
    *ret_object = object_of(&response, key, a);
    return ERR_OK;
}

struct range {
    int64_t from, length;
    int64_t total; /* out */
};

/* "bytes 0-9/443": the range that was asked for, cut at the object's end. */
static enum err check_range(const struct http_response *response, struct arena *a, void *ctx,
                            struct diag *d)
{
    struct range *range = ctx;
    struct diag ignored = DIAG_INIT;
    (void)a;
    TRY(s3_check_length(response, d));
    struct str header = http_header(&response->headers, "Content-Range");
    struct str bounds, total, first, last;
    bool parted = response->status == 206 && str_starts(header, STR("bytes ")) &&
                  str_split(str_from(header, 6), '/', &bounds, &total) &&
                  str_split(bounds, '-', &first, &last);
    int64_t from = 0;
    int64_t to = 0;
    if (!parted || str_i64(first, &from, &ignored) != ERR_OK ||
        str_i64(last, &to, &ignored) != ERR_OK ||
        str_i64(total, &range->total, &ignored) != ERR_OK) {
        return fail(d, ERR_CORRUPT, "HTTP %d with Content-Range '%.*s' in answer to a range",
                    response->status, STR_ARG(header));
    }
    int64_t rest = range->total - range->from;
    int64_t want = range->length < rest ? range->length : rest;
    if (from != range->from || to != from + want - 1 || response->body.len != (uint64_t)want) {
        return fail(d, ERR_CORRUPT, "%zu bytes with Content-Range '%.*s', asked for %lld from %lld",
                    response->body.len, STR_ARG(header), (long long)range->length,
                    (long long)range->from);
    }
    return ERR_OK;
}

enum err s3_get_range(struct aws_client *c, struct str bucket, struct str key, int64_t from,
                      int64_t length, struct arena *a, struct s3_object *ret_object, struct diag *d)
{
    if (from < 0 || length < 1 || from > INT64_MAX - length) {
        return fail(d, ERR_INVALID, "s3 GetObject: no range: %lld bytes from %lld",
                    (long long)length, (long long)from);
    }
    struct aws_call call = s3_call_init("GetObject", "GET", bucket, key, a);
    http_headers_add(
        &call.request.headers, STR("Range"),
        str_printf(a, "bytes=%lld-%lld", (long long)from, (long long)(from + length - 1)));
    struct range range = {.from = from, .length = length};
    struct http_response response;
    TRY(s3_read(c, &call, a, check_range, &range, &response, d));
    *ret_object = object_of(&response, key, a);
    ret_object->size = range.total;
    return ERR_OK;
}

enum err s3_head(struct aws_client *c, struct str bucket, struct str key, struct arena *a,
                 struct s3_object *ret_object, struct diag *d)
{
    struct aws_call call = s3_call_init("HeadObject", "HEAD", bucket, key, a);
    struct http_response response;
    TRY(aws_call(c, &call, a, &response, d));
    *ret_object = object_of(&response, key, a);
    return ERR_OK;
}

enum err s3_delete(struct aws_client *c, struct str bucket, struct str key, struct arena *a,
                   struct diag *d)
{
    struct aws_call call = s3_call_init("DeleteObject", "DELETE", bucket, key, a);
    struct http_response response;
    return aws_call(c, &call, a, &response, d);
}

enum err s3_create_bucket(struct aws_client *c, struct str bucket, struct arena *a, struct diag *d)
{
    struct aws_call call = s3_call_init("CreateBucket", "PUT", bucket, STR_EMPTY, a);
    struct diag why = DIAG_INIT;
    struct http_response response;
    /* AWS s3-location-constraint-1: us-east-1 is the one region that must not be named */
    if (!str_eq(c->config->region, STR("us-east-1"))) {
        call.request.body = str_printf(
            a,
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<LocationConstraint>%.*s</LocationConstraint></CreateBucketConfiguration>",
            STR_ARG(c->config->region));
        http_headers_add(&call.request.headers, STR("Content-Type"), STR("application/xml"));
    }
    if (aws_call(c, &call, a, &response, &why) == ERR_OK ||
        diag_is_named(&why, "BucketAlreadyOwnedByYou")) {
        return ERR_OK;
    }
    *d = why;
    return why.code;
}
