/* upload_part.c -- UploadPart and UploadPartCopy: one numbered part; the same number again replaces
 * it. */
#include <string.h>
#include "byte_range.h"
#include "copy_source.h"
#include "intake.h"
#include "object_restore.h"
#include "s3_handlers.h"
#include "upload.h"

static bool read_number(struct call *c, int64_t *ret_number)
{
    *ret_number = call_i64(c, "PartNumber", 0);
    if (*ret_number < 1 || *ret_number > UPLOAD_PARTS_MAX) {
        s3_fail_argument(c, "partNumber", str_printf(c->arena, "%lld", (long long)*ret_number),
                         "Part number must be an integer between 1 and 10000, inclusive");
        return false;
    }
    return true;
}

/* The array grows by doubling up to the highest number that came. */
static void make_room(struct s3 *s3, struct upload *u, size_t number)
{
    size_t cap = u->part_cap == 0 ? 16 : u->part_cap;
    while (cap < number) {
        cap *= 2;
    }
    if (cap > u->part_cap) {
        size_t old = u->part_cap * sizeof(struct upload_part *),
               bytes = cap * sizeof(struct upload_part *);
        u->parts = arena_grow(s3->arena, u->parts, old, bytes);
        memset((char *)u->parts + old, 0, bytes - old);
        u->part_cap = cap;
    }
}

static struct str keep(char *room, size_t room_bytes, struct str text)
{
    ASSERT(text.len <= room_bytes);
    if (text.len > 0) {
        memcpy(room, text.ptr, text.len);
    }
    return str_n(room, text.len);
}

static struct upload_part *put_part(struct call *c, struct upload *u, int64_t number,
                                    struct blob *body, const uint8_t md5[16],
                                    const struct checksum *sum)
{
    struct s3 *s3 = s3_of(c);
    struct upload_part *old = upload_part_get(u, number);
    if (old != NULL) {
        s3_body_drop(s3, old->body);
        arena_recycle(s3->arena, old, sizeof *old);
    }
    make_room(s3, u, (size_t)number);
    struct upload_part *p = NEW(s3->arena, struct upload_part);
    p->body = s3_body_hold(s3, body);
    memcpy(p->md5, md5, sizeof(p->md5));
    encryption_seal(&u->facts->encryption, p->md5);
    p->etag =
        keep(p->etag_room, sizeof p->etag_room, encryption_etag(c, &u->facts->encryption, md5));
    p->checksum = *sum;
    p->checksum.text = keep(p->text_room, sizeof p->text_room, sum->text);
    p->modified_us = c->now_us;
    u->parts[number - 1] = p;
    return p;
}

/* AWS s3-multipart-checksum-2: a part brings a checksum of the upload's algorithm, when the upload
 * named one and is composite; else S3 computes it. */
static bool check_part_sum(struct call *c, const struct upload *u, struct checksum *sum,
                           bool *ret_told)
{
    bool wrong = u->announced && sum->kind != u->kind;
    if (wrong && (sum->kind != CHECKSUM_NONE || u->composite)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "Checksum Type mismatch occurred, expected checksum Type: %.*s, actual checksum "
                  "Type: %.*s",
                  STR_ARG(str_lower(c->arena, str_of(checksum_algorithm(u->kind)))),
                  STR_ARG(sum->kind == CHECKSUM_NONE
                              ? STR("null")
                              : str_lower(c->arena, str_of(checksum_algorithm(sum->kind)))));
        return false;
    }
    *ret_told = u->announced || sum->kind != CHECKSUM_NONE;
    if (sum->kind == CHECKSUM_NONE) {
        *sum = (struct checksum){.kind = u->kind, .text = checksum_body_text(c, u->kind)};
    }
    return true;
}

static struct upload *find_for_part(struct call *c, int64_t *ret_number)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    if (b == NULL || !s3_key(c, &key) || !read_number(c, ret_number)) {
        return NULL;
    }
    struct upload *u = upload_find(c, b, key);
    return u != NULL && encryption_takes_part(c, &u->facts->encryption) ? u : NULL;
}

void upload_part(struct call *c)
{
    int64_t number;
    struct checksum sum;
    bool told;
    struct upload *u = find_for_part(c, &number);
    if (u == NULL || !s3_length_is_said(c, intake_bytes(c)) || !checksum_verify_request(c, &sum) ||
        !check_part_sum(c, u, &sum, &told) || !s3_has_room(c, intake_bytes(c))) {
        return;
    }
    uint8_t md5[16];
    intake_md5(c, md5);
    struct upload_part *p = put_part(c, u, number, intake_blob(c), md5, &sum);
    p->told = told;
    call_out_str(c, "ETag", str_copy(c->arena, p->etag));
    if (told) {
        call_out_str(c, checksum_member(sum.kind), sum.text);
    }
    encryption_out(c, &u->facts->encryption);
}

/* AWS s3-part-copy-1: the range of a part copy says first and last, and lies inside the source. */
static bool read_copy_range(struct call *c, const struct object *source,
                            struct byte_range *ret_range)
{
    struct byte_range range = {.count = object_bytes(source)};
    struct str header = call_str(c, "CopySourceRange");
    if (header.len > 0 && !byte_range_exact(header, &range)) {
        s3_fail_argument(c, "x-amz-copy-source-range", header,
                         "The x-amz-copy-source-range value must be of the form bytes=first-last "
                         "where first and last are the zero-based offsets of the first and last "
                         "bytes to copy");
        return false;
    }
    if (header.len > 0 && range.first >= object_bytes(source)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The specified copy range is invalid for the source object size");
        return false;
    }
    if (range.first > object_bytes(source) || range.count > object_bytes(source) - range.first) {
        struct str message =
            str_printf(c->arena, "Range specified is not valid for source object of size: %llu",
                       (unsigned long long)object_bytes(source));
        s3_fail_argument(c, "x-amz-copy-source-range", header, str_z(c->arena, message));
        return false;
    }
    *ret_range = range;
    return true;
}

void upload_part_copy(struct call *c)
{
    int64_t number;
    struct byte_range range;
    const struct bucket *from;
    struct upload *u = find_for_part(c, &number);
    if (u == NULL) {
        return;
    }
    const struct object *source = copy_source_read(c, &from);
    if (source == NULL || !object_is_readable(c, source) || !read_copy_range(c, source, &range) ||
        !s3_has_room(c, range.count)) {
        return;
    }
    struct blob *bytes = blob_new(range.count);
    blob_release_with(bytes, c->arena);
    blob_join(bytes, source->body, range.first, range.count);
    struct checksum sum = {.kind = u->kind, .text = checksum_blob_text(c, u->kind, bytes)};
    uint8_t md5[CHECKSUM_BYTES_MAX];
    (void)checksum_of_blob(c, CHECKSUM_MD5, bytes, md5);
    struct upload_part *p = put_part(c, u, number, bytes, md5, &sum);
    p->told = u->announced;
    struct json *result = call_out(c, "CopyPartResult", JSON_IS_OBJECT);
    json_set_str(c->arena, result, "ETag", str_copy(c->arena, p->etag));
    json_set_i64(c->arena, result, "LastModified", p->modified_us - p->modified_us % 1000000);
    if (p->told) {
        json_set_str(c->arena, result, checksum_member(sum.kind), sum.text);
    }
    encryption_out(c, &u->facts->encryption);
}
