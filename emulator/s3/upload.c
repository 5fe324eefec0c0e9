/* upload.c -- The life of an upload: created, aborted, freed; and its parts told. */
#include "upload.h"
#include <string.h>
#include "base/instant.h"
#include "emulator/core/service.h"
#include "lifecycle_run.h"
#include "s3_handlers.h"

struct upload_part *upload_part_get(const struct upload *u, int64_t number)
{
    return number >= 1 && (uint64_t)number <= u->part_cap ? u->parts[number - 1] : NULL;
}

struct upload *upload_find(struct call *c, const struct bucket *b, struct str key)
{
    struct str id = call_str(c, "UploadId");
    struct upload *u = tree_get(s3_of(c)->uploads, id);
    if (u == NULL || u->bucket != b || !str_eq(u->facts->key, key)) {
        call_fail(c, AWS_NO_SUCH_UPLOAD,
                  "The specified upload does not exist. The upload ID may be invalid, or the "
                  "upload may have been "
                  "aborted or completed.");
        call_fail_extra(c, "UploadId", id);
        return NULL;
    }
    return u;
}

/* Ids are of one length, and a NUL is less than what follows in a longer key. */
struct str upload_name(struct arena *a, struct str key, struct str id)
{
    struct buf name;
    buf_init(&name, a, key.len + id.len + 1);
    buf_add(&name, key);
    buf_add_char(&name, '\0');
    buf_add(&name, id);
    return buf_str(&name);
}

static void unlist(struct upload *u)
{
    char room[S3_KEY_BYTES_MAX + 1 + UPLOAD_ID_BYTES_MAX];
    struct str key = u->facts->key;
    ASSERT(key.len + 1 + u->id.len <= sizeof room);
    memcpy(room, key.ptr, key.len);
    room[key.len] = '\0';
    memcpy(room + key.len + 1, u->id.ptr, u->id.len);
    (void)tree_remove(u->bucket->uploads, str_n(room, key.len + 1 + u->id.len));
}

void upload_free(struct s3 *s3, struct upload *u)
{
    unlist(u);
    for (size_t i = 0; i < u->part_cap; i++) {
        if (u->parts[i] != NULL) {
            s3_body_drop(s3, u->parts[i]->body);
            arena_recycle(s3->arena, u->parts[i], sizeof *u->parts[i]);
        }
    }
    if (u->parts != NULL) {
        arena_recycle(s3->arena, u->parts, u->part_cap * sizeof(struct upload_part *));
    }
    tree_remove(s3->uploads, u->id);
    arena_recycle(s3->arena, (void *)(uintptr_t)u->id.ptr, u->id.len);
    object_free(s3, u->facts);
    arena_recycle(s3->arena, u, sizeof *u);
}

void upload_drop_bucket(struct s3 *s3, const struct bucket *b)
{
    for (const struct tree_entry *at; (at = tree_last(b->uploads)) != NULL;) {
        upload_free(s3, at->value);
    }
}

/* AWS s3-multipart-checksum-1: digests and XXHASH are composite, CRC64NVME covers the whole object,
 * CRC32 and CRC32C are composite unless asked otherwise; without an algorithm it is CRC64NVME. */
static bool read_checksum_plan(struct call *c, struct upload *plan)
{
    struct str type = call_str(c, "ChecksumType");
    if (!checksum_algorithm_read(c, call_str(c, "ChecksumAlgorithm"), &plan->kind)) {
        return false;
    }
    if (type.len > 0 && !str_eq(type, checksum_type(true)) && !str_eq(type, checksum_type(false))) {
        call_fail(c, AWS_INVALID_REQUEST, "Value for x-amz-checksum-type header is invalid.");
        return false;
    }
    plan->announced = plan->kind != CHECKSUM_NONE;
    if (!plan->announced) {
        plan->kind = CHECKSUM_CRC64NVME;
    }
    bool only_full = plan->kind == CHECKSUM_CRC64NVME;
    bool only_composite =
        !only_full && plan->kind != CHECKSUM_CRC32 && plan->kind != CHECKSUM_CRC32C;
    plan->composite = type.len == 0 ? !only_full : str_eq(type, STR("COMPOSITE"));
    if ((type.len > 0 && !plan->announced) || (plan->composite && only_full) ||
        (!plan->composite && only_composite)) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The %.*s checksum type cannot be used with the %s checksum algorithm.",
                  STR_ARG(type), plan->announced ? checksum_algorithm(plan->kind) : "(none)");
        return false;
    }
    return true;
}

static struct upload *upload_new(struct call *c, const struct upload *plan)
{
    struct s3 *s3 = s3_of(c);
    struct upload *u = NEW(s3->arena, struct upload);
    *u = *plan;
    /* Their order is that of their times: upload_list.c. */
    struct str id = str_printf(c->arena, "%016llx-%.*s", (unsigned long long)plan->created_us,
                               STR_ARG(core_uuid(c->core, c->arena)));
    u->id = str_copy(s3->arena, id);
    tree_put(s3->uploads, u->id, u);
    tree_put(u->bucket->uploads, upload_name(c->arena, u->facts->key, u->id), u);
    return u;
}

void upload_create(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct object facts = {.modified_us = c->now_us};
    struct upload plan = {.bucket = b, .created_us = c->now_us, .turn = c->turn};
    if (b == NULL || !s3_key(c, &facts.key) || !object_metadata_read(c, &facts) ||
        !object_notes_read(c, b, &facts) || !encryption_of_write(c, b, &facts.encryption) ||
        !read_checksum_plan(c, &plan)) {
        return;
    }
    plan.facts = object_new(s3_of(c), &facts);
    const struct upload *u = upload_new(c, &plan);
    lifecycle_touch(c, b);
    lifecycle_out_upload(c, u);
    call_out_str(c, "Bucket", b->name);
    call_out_str(c, "Key", facts.key);
    call_out_str(c, "UploadId", u->id);
    if (u->announced) {
        call_out_str(c, "ChecksumAlgorithm", str_of(checksum_algorithm(u->kind)));
        call_out_str(c, "ChecksumType", checksum_type(u->composite));
    }
    encryption_out(c, &facts.encryption);
}

void upload_abort(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    if (b == NULL || !s3_key(c, &key)) {
        return;
    }
    struct upload *u = upload_find(c, b, key);
    if (u != NULL) {
        upload_free(s3_of(c), u);
    }
}

static void out_part(struct call *c, struct json *list, const struct upload *u, size_t number)
{
    const struct upload_part *p = u->parts[number - 1];
    struct json *item = json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_i64(c->arena, item, "PartNumber", (int64_t)number);
    json_set_i64(c->arena, item, "LastModified", instant_floor(p->modified_us, US_PER_S));
    json_set_str(c->arena, item, "ETag", str_copy(c->arena, p->etag));
    json_set_i64(c->arena, item, "Size", (int64_t)blob_bytes(p->body));
    if (p->told) {
        json_set_str(c->arena, item, checksum_member(p->checksum.kind),
                     str_copy(c->arena, p->checksum.text));
    }
}

static void out_parts(struct call *c, const struct upload *u)
{
    int64_t marker = call_i64(c, "PartNumberMarker", 0), max = call_i64(c, "MaxParts", S3_LIST_MAX);
    struct json *list = call_out(c, "Parts", JSON_IS_ARRAY);
    size_t number = (size_t)marker, last = (size_t)marker;
    max = max < S3_LIST_MAX ? max : S3_LIST_MAX;
    bool more = false;
    for (number++; number <= u->part_cap && !more; number++) {
        if (u->parts[number - 1] == NULL) {
            continue;
        }
        more = list->count == (size_t)max;
        if (!more) {
            out_part(c, list, u, number);
            last = number;
        }
    }
    call_out_i64(c, "PartNumberMarker", marker);
    call_out_i64(c, "NextPartNumberMarker", (int64_t)last);
    call_out_i64(c, "MaxParts", max);
    call_out_bool(c, "IsTruncated", more);
}

void upload_list_parts(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    if (b == NULL || !s3_key(c, &key)) {
        return;
    }
    const struct upload *u = upload_find(c, b, key);
    if (u == NULL) {
        return;
    }
    if (call_i64(c, "PartNumberMarker", 0) < 0 || call_i64(c, "MaxParts", 0) < 0) {
        s3_fail_argument(c, "max-parts", call_str(c, "MaxParts"),
                         "Argument max-parts must be an integer between 0 and 2147483647");
        return;
    }
    call_out_str(c, "Bucket", b->name);
    call_out_str(c, "Key", key);
    call_out_str(c, "UploadId", u->id);
    out_parts(c, u);
    s3_out_owner(c, c->output, "Initiator");
    s3_out_owner(c, c->output, "Owner");
    call_out_str(c, "StorageClass", storage_class_name(u->facts->storage));
    lifecycle_out_upload(c, u);
    if (u->announced) {
        call_out_str(c, "ChecksumAlgorithm", str_of(checksum_algorithm(u->kind)));
        call_out_str(c, "ChecksumType", checksum_type(u->composite));
    }
}
