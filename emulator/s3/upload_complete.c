/* upload_complete.c -- CompleteMultipartUpload: the parts that the client lists become one object.
 * Nothing changes until everything has been judged: a refusal leaves the upload as it was. */
#include <string.h>
#include "base/encode.h"
#include "base/hash.h"
#include "bucket_event.h"
#include "condition.h"
#include "crc_combine.h"
#include "emulator/core/service.h"
#include "lifecycle_run.h"
#include "s3_handlers.h"
#include "upload.h"
#include "version.h"

struct assembly {
    struct call *c;
    struct upload *upload;
    struct upload_part **parts; /* as listed */
    uint64_t *ends;
    uint8_t *sums; /* of the upload's kind, one behind the other */
    size_t count;
    uint64_t size;
};

/* AWS s3-part-error-1: these errors name an ETag without its quotes. */
static struct str bare_etag(struct call *c, struct str etag)
{
    bool quoted = etag.len >= 2 && str_starts(etag, STR("\"")) && str_ends(etag, STR("\""));
    return str_copy(c->arena, quoted ? str_slice(etag, 1, etag.len - 1) : etag);
}

static bool fail_part(struct call *c, const struct json *listed)
{
    call_fail(c, AWS_INVALID_PART,
              "One or more of the specified parts could not be found.  The part may not have been "
              "uploaded, or the "
              "specified entity tag may not match the part's entity tag.");
    call_fail_extra(c, "UploadId", call_str(c, "UploadId"));
    call_fail_extra(c, "PartNumber", json_str(json_get(listed, STR("PartNumber"))));
    call_fail_extra(c, "ETag", bare_etag(c, json_str(json_get(listed, STR("ETag")))));
    return false;
}

static bool fail_malformed(struct call *c)
{
    call_fail(c, AWS_MALFORMED_XML,
              "The XML you provided was not well-formed or did not validate against our published "
              "schema");
    return false;
}

/* A part has one checksum; the client may not know of another. */
static bool says_no_other(const struct json *listed, enum checksum_kind own)
{
    for (int i = CHECKSUM_CRC32; i < CHECKSUM_KIND_COUNT; i++) {
        enum checksum_kind kind = (enum checksum_kind)i;
        if (kind != own && json_get(listed, str_of(checksum_member(kind))) != NULL) {
            return false;
        }
    }
    return true;
}

/* AWS s3-multipart-checksum-3: completing a composite upload repeats each part's checksum. */
static bool check_listed_sum(struct call *c, const struct upload *u, const struct json *listed,
                             const struct upload_part *p)
{
    struct str said = json_str(json_get(listed, str_of(checksum_member(p->checksum.kind))));
    if (said.len == 0 && u->announced && u->composite) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The upload was created using a %.*s checksum. The complete request must include "
                  "the checksum for "
                  "each part. It was missing for part %.*s in the request.",
                  STR_ARG(str_lower(c->arena, str_of(checksum_algorithm(u->kind)))),
                  STR_ARG(json_str(json_get(listed, STR("PartNumber")))));
        return false;
    }
    if (said.len > 0 && !str_eq(said, p->checksum.text)) {
        return fail_part(c, listed);
    }
    return says_no_other(listed, p->checksum.kind) ? true : fail_part(c, listed);
}

/* What came with the part, where it is of the upload's kind; else its body is read. */
static void sum_of_part(const struct assembly *as, const struct upload_part *p, uint8_t *ret_sum)
{
    enum checksum_kind kind = as->upload->kind;
    struct diag d = DIAG_INIT;
    uint8_t digest[CHECKSUM_BYTES_MAX];
    struct buf plain;
    buf_init(&plain, as->c->arena, CHECKSUM_TEXT_BYTES_MAX);
    if (p->checksum.kind == kind && decode_base64(&plain, p->checksum.text, &d) == ERR_OK &&
        plain.len == checksum_bytes(kind)) {
        memcpy(ret_sum, plain.ptr, plain.len);
    } else {
        memcpy(ret_sum, digest, checksum_of_blob(as->c, kind, p->body, digest));
    }
}

static bool add_part(struct assembly *as, const struct json *listed, int64_t *last_number)
{
    struct call *c = as->c;
    struct diag d = DIAG_INIT;
    int64_t number = 0;
    /* AWS s3-multipart-list-1: a part without its number or its ETag is no part of the schema. */
    if (json_get(listed, STR("ETag")) == NULL ||
        json_i64(json_get(listed, STR("PartNumber")), &number, &d) != ERR_OK) {
        return fail_malformed(c);
    }
    if (number <= *last_number) {
        call_fail(
            c, AWS_INVALID_PART_ORDER,
            "The list of parts was not in ascending order. Parts must be ordered by part number.");
        call_fail_extra(c, "UploadId", call_str(c, "UploadId"));
        return false;
    }
    *last_number = number;
    struct upload_part *p = upload_part_get(as->upload, number);
    if (p == NULL || !condition_etag_matches(json_str(json_get(listed, STR("ETag"))), p->etag)) {
        return fail_part(c, listed);
    }
    if (!check_listed_sum(c, as->upload, listed, p)) {
        return false;
    }
    as->size += blob_bytes(p->body);
    as->ends[as->count] = as->size;
    sum_of_part(as, p, as->sums + as->count * checksum_bytes(as->upload->kind));
    as->parts[as->count++] = p;
    return true;
}

/* AWS s3-multipart-1: every part but the last has at least 5 MiB; unless the options take smaller
 * ones. */
static bool check_sizes(const struct assembly *as, const struct json *list)
{
    struct call *c = as->c;
    if (core_options(c->core)->small_parts) {
        return true;
    }
    const struct json *listed = list->first;
    for (size_t i = 0; i + 1 < as->count; i++, listed = listed->next) {
        uint64_t bytes = blob_bytes(as->parts[i]->body);
        if (bytes >= UPLOAD_PART_BYTES_MIN) {
            continue;
        }
        call_fail(c, AWS_ENTITY_TOO_SMALL,
                  "Your proposed upload is smaller than the minimum allowed size");
        call_fail_extra(c, "ProposedSize", str_printf(c->arena, "%llu", (unsigned long long)bytes));
        call_fail_extra(c, "MinSizeAllowed", str_printf(c->arena, "%zu", UPLOAD_PART_BYTES_MIN));
        call_fail_extra(c, "PartNumber", json_str(json_get(listed, STR("PartNumber"))));
        call_fail_extra(c, "ETag", bare_etag(c, as->parts[i]->etag));
        return false;
    }
    return true;
}

static bool read_parts(struct assembly *as)
{
    struct call *c = as->c;
    const struct json *list = json_at(c->input, "MultipartUpload.Parts");
    int64_t last_number = 0;
    if (json_get(c->input, STR("MultipartUpload")) == NULL) {
        call_fail(c, AWS_INVALID_REQUEST, "You must specify at least one part");
        return false;
    }
    if (list == NULL || list->count == 0 || list->count > UPLOAD_PARTS_MAX) {
        return fail_malformed(c);
    }
    as->parts = NEW_ARRAY(c->arena, struct upload_part *, list->count);
    as->ends = NEW_ARRAY(c->arena, uint64_t, list->count);
    as->sums = NEW_ARRAY(c->arena, uint8_t, list->count * checksum_bytes(as->upload->kind));
    for (const struct json *at = list->first; at != NULL; at = at->next) {
        if (!add_part(as, at, &last_number)) {
            return false;
        }
    }
    int64_t said = call_i64(c, "MpuObjectSize", (int64_t)as->size);
    if (said != (int64_t)as->size) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The provided 'x-amz-mp-object-size' header value %lld does not match what was "
                  "computed: %llu",
                  (long long)said, (unsigned long long)as->size);
        return false;
    }
    return check_sizes(as, list) && s3_has_room(c, as->size);
}

/* AWS s3-multipart-etag-1: the MD5 of the parts' MD5s, a hyphen, and how many they are. */
static struct str assembled_etag(const struct assembly *as)
{
    struct arena *a = as->c->arena;
    struct buf digests;
    buf_init(&digests, a, 16 * as->count + 1);
    for (size_t i = 0; i < as->count; i++) {
        buf_add_bytes(&digests, as->parts[i]->md5, sizeof as->parts[i]->md5);
    }
    return str_printf(a, "\"%.*s-%zu\"", STR_ARG(hash_md5_hex(a, buf_str(&digests))), as->count);
}

/* AWS s3-multipart-checksum-4: of CRCs that cover the whole object those of the parts are combined;
 * a composite one is the checksum of the parts' checksums, a hyphen, and how many they are. */
static struct checksum assembled_checksum(const struct assembly *as)
{
    struct arena *a = as->c->arena;
    enum checksum_kind kind = as->upload->kind;
    size_t bytes = checksum_bytes(kind);
    if (as->upload->composite) {
        struct str of_sums =
            checksum_text(a, kind, str_n((const char *)as->sums, bytes * as->count));
        return (struct checksum){.kind = kind,
                                 .composite = true,
                                 .text = str_printf(a, "%.*s-%zu", STR_ARG(of_sums), as->count)};
    }
    struct crc_combine whole;
    crc_combine_begin(&whole, kind);
    for (size_t i = 0; i < as->count; i++) {
        uint64_t crc = 0;
        for (size_t k = 0; k < bytes; k++) {
            crc = crc << 8 | as->sums[i * bytes + k];
        }
        crc_combine_add(&whole, crc, blob_bytes(as->parts[i]->body));
    }
    struct buf digest, text;
    buf_init(&digest, a, bytes);
    buf_init(&text, a, CHECKSUM_TEXT_BYTES_MAX);
    for (size_t k = 0; k < bytes; k++) {
        buf_add_char(&digest, (char)(whole.crc >> (8 * (bytes - 1 - k))));
    }
    encode_base64(&text, buf_str(&digest));
    return (struct checksum){.kind = kind, .text = buf_str(&text)};
}

static bool fail_type(struct call *c, struct str expected, struct str actual)
{
    call_fail(c, AWS_INVALID_REQUEST,
              "Checksum Type mismatch occurred, expected checksum Type: %.*s, actual checksum "
              "Type: %.*s",
              STR_ARG(str_lower(c->arena, expected)), STR_ARG(str_lower(c->arena, actual)));
    return false;
}

/* The checksum of the whole, where the request says it: of the upload's own kind and type. */
static bool check_said_sum(struct call *c, const struct upload *u, const struct checksum *sum)
{
    struct str type = call_str(c, "ChecksumType"), own = checksum_type(u->composite);
    if (type.len > 0 && !str_eq(type, own)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The upload was created using the %.*s checksum mode. The complete request must "
                  "use the same checksum mode.",
                  STR_ARG(own));
        return false;
    }
    for (int i = CHECKSUM_CRC32; i < CHECKSUM_KIND_COUNT; i++) {
        enum checksum_kind kind = (enum checksum_kind)i;
        struct str said = call_str(c, checksum_member(kind));
        if (said.len == 0) {
            continue;
        }
        if (kind != sum->kind) {
            return fail_type(c, str_of(checksum_algorithm(sum->kind)),
                             str_of(checksum_algorithm(kind)));
        }
        struct str bare = str_slice(sum->text, 0, str_find_last(sum->text, '-'));
        if (!str_eq(said, sum->text) && !(sum->composite && str_eq(said, bare))) {
            call_fail(c, AWS_BAD_DIGEST,
                      "The %s you specified did not match the calculated checksum.",
                      checksum_algorithm(kind));
            return false;
        }
    }
    return true;
}

/* The parts one behind the other; nothing is copied. */
static struct blob *joined_body(const struct assembly *as)
{
    struct blob *whole = blob_new(0);
    blob_release_with(whole, as->c->arena);
    for (size_t i = 0; i < as->count; i++) {
        const struct blob *part = as->parts[i]->body;
        blob_join(whole, part, 0, blob_bytes(part));
    }
    return whole;
}

static void out_completed(struct call *c, const struct bucket *b, const struct object *o)
{
    call_out_str(c, "Location", s3_location(c, b->name, o->key));
    call_out_str(c, "Bucket", b->name);
    call_out_str(c, "Key", str_copy(c->arena, o->key));
    call_out_str(c, "ETag", str_copy(c->arena, o->etag));
    checksum_out(c, c->output, &o->checksum);
    encryption_out(c, &o->encryption);
}

/* AWS s3-multipart-again-1: completing an upload again, as who lost the answer does, tells the same
 * once more. */
static const struct object *made_before(const struct bucket *b, struct str key, struct str upload)
{
    const struct object *o = upload.len == 0 ? NULL : tree_get(b->objects, key);
    while (o != NULL && !str_eq(o->upload, upload)) {
        o = o->older;
    }
    return o;
}

void upload_complete(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    if (b == NULL || !s3_key(c, &key)) {
        return;
    }
    const struct object *done = made_before(b, key, call_str(c, "UploadId"));
    if (done != NULL) {
        version_out_written(c, done);
        out_completed(c, b, done);
        return;
    }
    struct assembly as = {.c = c, .upload = upload_find(c, b, key)};
    if (as.upload == NULL || !read_parts(&as) ||
        !condition_complete(c, as.upload, version_current(b, key))) {
        return;
    }
    struct object facts = *as.upload->facts;
    facts.body = joined_body(&as);
    facts.checksum = assembled_checksum(&as);
    if (!check_said_sum(c, as.upload, &facts.checksum)) {
        return;
    }
    facts.etag = assembled_etag(&as);
    facts.modified_us = c->now_us;
    facts.part_ends = as.ends;
    facts.part_sums = as.sums;
    facts.part_count = as.count;
    facts.upload = as.upload->id;
    facts.version = version_new_id(c, b);
    struct object *o = object_new(s3_of(c), &facts);
    upload_free(s3_of(c), as.upload);
    version_store(s3_of(c), b, o);
    bucket_event(c, b, o, "ObjectCreated:CompleteMultipartUpload");
    lifecycle_touch(c, b);
    lifecycle_out(c, b, o);
    version_out_written(c, o);
    out_completed(c, b, o);
}
