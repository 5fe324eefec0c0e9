/* chunked.c -- The state machine over the frames: size line, bytes, line end, ... , trailers. */
#include "chunked.h"

#include <string.h>
#include "base/arena.h"

#define CHUNKED_TRAILERS_MAX 16
#define CHUNKED_LINE_BYTES_MAX ((size_t)16384)

bool chunked_is(const struct http_request *request)
{
    return str_starts(http_header(&request->headers, "x-amz-content-sha256"), STR("STREAMING-")) ||
           str_contains(http_header(&request->headers, "content-encoding"), STR("aws-chunked"));
}

static bool hex_size(struct str text, uint64_t *ret_size)
{
    uint64_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0 || size > (UINT64_MAX >> 5)) {
            return false;
        }
        size = size * 16 + (uint64_t)digit;
    }
    *ret_size = size;
    return text.len > 0;
}

static enum err fail_framing(struct diag *d, const char *why)
{
    return fail_named(d, ERR_CORRUPT, "IncompleteBody",
                      "The request body is not valid aws-chunked: %s", why);
}

void chunked_init(struct chunked *c, struct arena *a)
{
    *c = (struct chunked){.stage = CHUNKED_SIZE, .arena = a};
    buf_init(&c->line, a, CHUNKED_LINE_BYTES_MAX);
    buf_init(&c->extension, a, CHUNKED_LINE_BYTES_MAX);
    http_headers_init(&c->trailers, a);
}

/* Moves bytes up to a line's end from *rest to c->line; *ret_whole: it has ended (CRLF, or a bare
 * LF, is cut off). */
static enum err line_take(struct chunked *c, struct str *rest, bool *ret_whole, struct diag *d)
{
    size_t end = str_find(*rest, '\n');
    size_t n = end == STR_NONE ? rest->len : end;
    if (n > CHUNKED_LINE_BYTES_MAX - c->line.len) {
        return fail_framing(d, "a line of it is longer than 16 KiB");
    }
    buf_add(&c->line, str_slice(*rest, 0, n));
    *rest = str_from(*rest, end == STR_NONE ? n : n + 1);
    *ret_whole = end != STR_NONE;
    if (*ret_whole && c->line.len > 0 && c->line.ptr[c->line.len - 1] == '\r') {
        c->line.len--;
    }
    return ERR_OK;
}

static enum err fail_signature(struct diag *d)
{
    return fail_named(d, ERR_DENIED, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your key and signing method.");
}

/* AWS core-chunk-signature-1: each chunk's bytes are signed over the chunk before it. */
static enum err chunk_agrees(struct chunked *c, struct diag *d)
{
    uint8_t sha256[DIGEST_BYTES_MAX];
    struct str name = STR("chunk-signature="), said = buf_str(&c->extension);
    if (c->chain == NULL) {
        return ERR_OK;
    }
    digest_end(c->digest, sha256);
    digest_restart(c->digest);
    struct str right = sigv4_chain_chunk(c->chain, sha256);
    return str_starts(said, name) && str_eq(str_from(said, name.len), right) ? ERR_OK
                                                                             : fail_signature(d);
}

static enum err trailers_agree(struct chunked *c, struct diag *d)
{
    struct str said = http_header(&c->trailers, "x-amz-trailer-signature");
    struct buf text;
    if (!c->trailers_signed) {
        return ERR_OK;
    }
    buf_init(&text, c->arena, CHUNKED_TRAILERS_MAX * CHUNKED_LINE_BYTES_MAX);
    for (size_t i = 0; i < c->trailers.count; i++) {
        const struct http_header *h = &c->trailers.items[i];
        if (!str_eq_nocase(h->name, STR("x-amz-trailer-signature"))) {
            buf_add(&text, str_lower(c->arena, h->name));
            buf_add_char(&text, ':');
            buf_add(&text, h->value);
            buf_add_char(&text, '\n');
        }
    }
    if (!str_eq(said, sigv4_chain_trailers(c->chain, buf_str(&text)))) {
        return fail_signature(d);
    }
    http_headers_remove(&c->trailers, STR("x-amz-trailer-signature"));
    return ERR_OK;
}

void chunked_verify(struct chunked *c, const struct sigv4_claim *claim, struct str secret)
{
    if (!str_starts(claim->payload_hash, STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"))) {
        return;
    }
    c->chain = sigv4_chain_new(claim, secret, c->arena);
    c->digest = digest_new(c->arena, DIGEST_SHA256);
    c->trailers_signed = str_ends(claim->payload_hash, STR("-TRAILER"));
}

static enum err size_take(struct chunked *c, struct diag *d)
{
    struct str line = buf_str(&c->line);
    struct str digits = line;
    struct str extension = STR_EMPTY;
    if (str_find(line, ';') != STR_NONE) {
        (void)str_split(line, ';', &digits, &extension);
    }
    if (!hex_size(digits, &c->left)) {
        return fail_framing(d, "a chunk's size is missing, or is not one");
    }
    buf_truncate(&c->extension, 0);
    buf_add(&c->extension, extension);
    c->stage = c->left > 0 ? CHUNKED_BYTES : CHUNKED_TRAILERS;
    return c->left > 0 ? ERR_OK : chunk_agrees(c, d);
}

static enum err trailer_take(struct chunked *c, struct diag *d)
{
    struct str line = str_copy(c->arena, buf_str(&c->line));
    struct str name;
    struct str value;
    if (line.len == 0) {
        c->stage = CHUNKED_DONE;
        return ERR_OK;
    }
    if (c->trailers.count == CHUNKED_TRAILERS_MAX || !str_split(line, ':', &name, &value)) {
        return fail_named(d, ERR_CORRUPT, "MalformedTrailerError",
                          "The request contained trailing data that was not well-formed.");
    }
    http_headers_set(&c->trailers, str_trim(name), str_trim(value));
    return ERR_OK;
}

/* A whole line, by what stage it belongs to. */
static enum err line_end(struct chunked *c, struct diag *d)
{
    enum err code = ERR_OK;
    if (c->stage == CHUNKED_SIZE) {
        code = size_take(c, d);
    } else if (c->stage == CHUNKED_TRAILERS) {
        code = trailer_take(c, d);
    } else if (c->line.len > 0) {
        code = fail_framing(d, "a chunk is longer than its size");
    } else {
        c->stage = CHUNKED_SIZE;
        code = chunk_agrees(c, d);
    }
    c->line.len = 0;
    return code;
}

static void bytes_take(struct chunked *c, struct str *rest, chunked_sink_fn *sink, void *ctx)
{
    size_t n = rest->len < c->left ? rest->len : (size_t)c->left;
    sink(ctx, str_slice(*rest, 0, n));
    if (c->digest != NULL) {
        digest_add(c->digest, str_slice(*rest, 0, n));
    }
    *rest = str_from(*rest, n);
    c->left -= n;
    c->decoded += n;
    c->stage = c->left == 0 ? CHUNKED_AFTER : CHUNKED_BYTES;
}

enum err chunked_feed(struct chunked *c, struct str bytes, chunked_sink_fn *sink, void *ctx,
                      struct diag *d)
{
    while (bytes.len > 0 && c->stage != CHUNKED_DONE) { /* what follows the end is ignored */
        bool whole = false;
        if (c->stage == CHUNKED_BYTES) {
            bytes_take(c, &bytes, sink, ctx);
            continue;
        }
        TRY(line_take(c, &bytes, &whole, d));
        if (whole) {
            TRY(line_end(c, d));
        }
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

/* Clients end the last chunk in different ways: "0", with or without a line end and trailers. */
static enum err end_reached(struct chunked *c, struct diag *d)
{
    if ((c->stage == CHUNKED_SIZE || c->stage == CHUNKED_TRAILERS) && c->line.len > 0) {
        TRY(line_end(c, d));
    }
    return c->stage == CHUNKED_TRAILERS || c->stage == CHUNKED_DONE
               ? ERR_OK
               : fail_framing(d, "it ends in the middle of a chunk");
}

static enum err length_agrees(const struct chunked *c, struct str promised, struct diag *d)
{
    struct diag why = DIAG_INIT;
    uint64_t number = 0;
    if (promised.len == 0 || (str_u64(promised, &number, &why) == ERR_OK && number == c->decoded)) {
        return ERR_OK;
    }
    return fail_named(d, ERR_CORRUPT, "IncompleteBody",
                      "You did not provide the number of bytes specified by the "
                      "x-amz-decoded-content-length HTTP header");
}

enum err chunked_end(struct chunked *c, struct http_headers *headers, struct diag *d)
{
    TRY(end_reached(c, d));
    TRY(trailers_agree(c, d));
    TRY(length_agrees(c, http_header(headers, "x-amz-decoded-content-length"), d));
    for (size_t i = 0; i < c->trailers.count; i++) {
        http_headers_set(headers, c->trailers.items[i].name, c->trailers.items[i].value);
    }
    encoding_strip(headers, c->arena);
    http_headers_set(headers, STR("Content-Length"),
                     str_printf(c->arena, "%llu", (unsigned long long)c->decoded));
    return ERR_OK;
}
