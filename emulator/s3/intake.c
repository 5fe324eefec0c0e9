#include "intake.h"

#include <string.h>
#include "base/hash.h"
#include "s3_state.h"

#define MD5_BYTES 16

/* The length that the head says, of the bytes themselves; 0: none. */
static uint64_t said_length(const struct http_headers *headers)
{
    struct diag d = DIAG_INIT;
    uint64_t bytes = 0;
    struct str text = http_header(headers, "x-amz-decoded-content-length");
    text = text.len > 0 ? text : http_header(headers, "Content-Length");
    return text.len > 0 && str_u64(text, &bytes, &d) == ERR_OK ? bytes : 0;
}

static void want(struct intake *in, enum checksum_kind kind, struct arena *a)
{
    for (size_t i = 0; i < in->count; i++) {
        if (in->running[i].kind == kind) {
            return;
        }
    }
    if (kind != CHECKSUM_NONE && in->count < INTAKE_SUMS_MAX) {
        summing_begin(&in->running[in->count++], kind, a);
    }
}

/* The kind that a header's or a trailer's name speaks of: "x-amz-checksum-crc32c". */
static enum checksum_kind kind_of_header(struct str name)
{
    struct str prefix = STR("x-amz-checksum-");
    return str_starts_nocase(name, prefix) ? checksum_kind_of(str_from(name, prefix.len))
                                           : CHECKSUM_NONE;
}

/* AWS s3-checksum-2: without a checksum from the client S3 computes and keeps CRC64NVME. */
static void want_what_the_head_says(struct intake *in, const struct http_headers *headers,
                                    struct arena *a)
{
    for (size_t i = 0; i < headers->count; i++) {
        want(in, kind_of_header(headers->items[i].name), a);
    }
    want(in, kind_of_header(str_trim(http_header(headers, "x-amz-trailer"))), a);
    want(in, in->count == 0 ? CHECKSUM_CRC64NVME : CHECKSUM_NONE, a);
    if (http_header(headers, "x-amz-content-sha256").len == 64) {
        want(in, CHECKSUM_SHA256, a);
    }
}

void intake_begin(struct intake *in, struct call *c, struct blob *blob,
                  const struct http_headers *headers)
{
    in->blob = blob;
    blob_release_with(in->blob, c->arena);
    in->md5_running = digest_new(c->arena, DIGEST_MD5);
    want_what_the_head_says(in, headers, c->arena);
}

void intake_add(struct intake *in, struct call *c, struct str bytes)
{
    if (!s3_fits(c, blob_bytes(in->blob) + bytes.len, S3_PUT_BYTES_MAX)) {
        return;
    }
    blob_add(in->blob, bytes);
    digest_add(in->md5_running, bytes);
    for (size_t i = 0; i < in->count; i++) {
        summing_add(&in->running[i], bytes);
    }
}

/* ---- the journal's way: digests instead of bytes ---- */

static struct blob *intake_keep(struct call *c, struct buf *facts)
{
    const struct intake *in = c->taken;
    ASSERT(in->ended);
    buf_add_bytes(facts, in->md5, MD5_BYTES);
    for (size_t i = 0; i < in->count; i++) {
        enum checksum_kind kind = in->running[i].kind;
        buf_add_z(facts, checksum_algorithm(kind));
        buf_add_char(facts, '\0');
        buf_add_bytes(facts, in->sums[i], checksum_bytes(kind));
    }
    return in->blob;
}

/* A sum whose kind is not known any more, and all behind it, is computed where it is asked for. */
static void *intake_again(struct call *c, struct blob *blob, struct str facts)
{
    struct intake *in = NEW(c->arena, struct intake);
    in->blob = blob;
    in->ended = true;
    if (facts.len >= MD5_BYTES) {
        memcpy(in->md5, facts.ptr, MD5_BYTES);
        facts = str_from(facts, MD5_BYTES);
    }
    struct str name;
    while (in->count < INTAKE_SUMS_MAX && str_cut(&facts, '\0', &name)) {
        enum checksum_kind kind = checksum_kind_of(name);
        size_t bytes = checksum_bytes(kind);
        if (kind == CHECKSUM_NONE || bytes > facts.len) {
            break;
        }
        in->running[in->count].kind = kind;
        memcpy(in->sums[in->count++], facts.ptr, bytes);
        facts = str_from(facts, bytes);
    }
    return in;
}

/* ---- of a request whose body is the bytes ---- */

static void *intake_open(struct call *c)
{
    struct intake *in = NEW(c->arena, struct intake);
    uint64_t bytes = said_length(&c->request->headers);
    if (s3_fits(c, bytes, S3_PUT_BYTES_MAX)) {
        intake_begin(in, c, blob_new_in(core_journal(c->core), bytes), &c->request->headers);
    }
    return in;
}

static void intake_take(struct call *c, struct str bytes)
{
    intake_add(c->taken, c, bytes);
}

const struct body_taker intake_taker = {
    .open = intake_open, .take = intake_take, .keep = intake_keep, .again = intake_again};

void intake_end(struct call *c)
{
    struct intake *in = c->taken;
    if (in->ended) {
        return;
    }
    digest_end(in->md5_running, in->md5);
    for (size_t i = 0; i < in->count; i++) {
        (void)summing_end(&in->running[i], in->sums[i]);
    }
    in->ended = true;
}

/* ---- reading ---- */

uint64_t intake_bytes(const struct call *c)
{
    const struct intake *in = c->taken;
    return in == NULL ? c->request->body.len : blob_bytes(in->blob);
}

void intake_md5(const struct call *c, uint8_t ret_md5[16])
{
    const struct intake *in = c->taken;
    if (in == NULL) {
        hash_md5(c->request->body, ret_md5);
    } else {
        ASSERT(in->ended);
        memcpy(ret_md5, in->md5, digest_bytes(DIGEST_MD5));
    }
}

size_t intake_sum(const struct call *c, enum checksum_kind kind,
                  uint8_t ret_digest[CHECKSUM_BYTES_MAX])
{
    const struct intake *in = c->taken;
    if (in == NULL) {
        return checksum_digest(kind, c->request->body, ret_digest);
    }
    for (size_t i = 0; i < in->count; i++) {
        if (in->running[i].kind == kind) {
            memcpy(ret_digest, in->sums[i], CHECKSUM_BYTES_MAX);
            return checksum_bytes(kind);
        }
    }
    return checksum_of_blob(c, kind, in->blob, ret_digest);
}

struct blob *intake_blob(const struct call *c)
{
    return ((const struct intake *)c->taken)->blob;
}
