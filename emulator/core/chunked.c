/* chunked.c -- aws-chunked bodies: S3 clients that do not know their checksum beforehand frame the
 * body in chunks and send what they computed behind it. Undone here, so that handlers see plain
 * bodies. Source: AWS "Signature Calculations: Transferring Payload in Multiple Chunks", and
 * "Trailing checksums". */
#include <string.h>

#include "base/json.h"
#include "core_parts.h"

#define CHUNKED_TRAILERS_MAX 16

bool chunked_is(const struct http_request *request)
{
    return str_starts(http_header(&request->headers, "x-amz-content-sha256"), STR("STREAMING-")) ||
           str_contains(http_header(&request->headers, "content-encoding"), STR("aws-chunked"));
}

/* A line up to CRLF (a bare LF is taken too); false when none ends. */
static bool line_take(struct str *rest, struct str *ret_line)
{
    size_t end = str_find(*rest, '\n');
    if (end == STR_NONE) {
        return false;
    }
    *ret_line = str_slice(*rest, 0, end > 0 && rest->ptr[end - 1] == '\r' ? end - 1 : end);
    *rest = str_from(*rest, end + 1);
    return true;
}

static bool hex_size(struct str text, size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0 || size > (SIZE_MAX >> 5)) {
            return false;
        }
        size = size * 16 + (size_t)digit;
    }
    *ret_size = size;
    return text.len > 0;
}

static enum err fail_framing(struct diag *d, const char *why)
{
    return fail_named(d, ERR_CORRUPT, "IncompleteBody",
                      "The request body is not valid aws-chunked: %s", why);
}

/* One chunk after the other into `body`, which is as large as the framed one; stands behind the
 * last, empty chunk. */
static enum err chunks_join(struct str *rest, char *body, size_t *ret_len, struct diag *d)
{
    for (size_t len = 0;;) {
        struct str line;
        if (!line_take(rest, &line)) {
            return fail_framing(d, "a chunk's size is missing");
        }
        struct str digits;
        struct str extension; /* DIFFERS core-chunk-signature-1: not verified */
        (void)str_split(line, ';', &digits, &extension);
        digits = str_find(line, ';') == STR_NONE ? line : digits;
        size_t size;
        if (!hex_size(digits, &size) || size > rest->len) {
            return fail_framing(d, "a chunk's size is not one, or is larger than what follows");
        }
        if (size == 0) {
            *ret_len = len;
            return ERR_OK;
        }
        memcpy(body + len, rest->ptr, size);
        len += size;
        *rest = str_from(*rest, size);
        if (!line_take(rest, &line) || line.len > 0) {
            return fail_framing(d, "a chunk is longer than its size");
        }
    }
}

static enum err trailers_take(struct str rest, struct http_headers *headers, struct diag *d)
{
    struct str line;
    for (size_t count = 0; line_take(&rest, &line) && line.len > 0; count++) {
        struct str name;
        struct str value;
        if (count == CHUNKED_TRAILERS_MAX || !str_split(line, ':', &name, &value)) {
            return fail_named(d, ERR_CORRUPT, "MalformedTrailerError",
                              "The request contained trailing data that was not well-formed.");
        }
        http_headers_set(headers, str_trim(name), str_trim(value));
    }
    return ERR_OK;
}

/* "aws-chunked,gzip" leaves gzip; alone, the header goes. */
static void encoding_strip(struct http_headers *headers, struct arena *a)
{
    struct str encoding = http_header(headers, "content-encoding");
    struct buf left;
    buf_init(&left, a, encoding.len + 1);
    for (struct str rest = encoding, item; str_cut(&rest, ',', &item);) {
        item = str_trim(item);
        if (!str_eq_nocase(item, STR("aws-chunked")) && item.len > 0) {
            buf_add_z(&left, left.len > 0 ? "," : "");
            buf_add(&left, item);
        }
    }
    http_headers_remove(headers, STR("Content-Encoding"));
    if (left.len > 0) {
        http_headers_set(headers, STR("Content-Encoding"), buf_str(&left));
    }
}

enum err chunked_undo(struct http_request *request, struct arena *a, struct diag *d)
{
    struct str rest = request->body;
    char *body = arena_alloc_raw(a, rest.len + 1);
    size_t len = 0;
    TRY(chunks_join(&rest, body, &len, d));
    struct str promised = http_header(&request->headers, "x-amz-decoded-content-length");
    size_t decoded = 0;
    struct diag why = DIAG_INIT;
    uint64_t number = 0;
    if (promised.len > 0 && str_u64(promised, &number, &why) == ERR_OK) {
        decoded = (size_t)number;
    }
    if (promised.len > 0 && (why.code != ERR_OK || decoded != len)) {
        return fail_named(d, ERR_CORRUPT, "IncompleteBody",
                          "You did not provide the number of bytes specified by the "
                          "x-amz-decoded-content-length HTTP header");
    }
    TRY(trailers_take(rest, &request->headers, d));
    encoding_strip(&request->headers, a);
    http_headers_set(&request->headers, STR("Content-Length"), str_printf(a, "%zu", len));
    request->body = str_n(body, len);
    return ERR_OK;
}
