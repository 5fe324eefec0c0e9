/* object_copy.c -- CopyObject: the bytes of one object under another key, with its metadata or new
 * ones. */
#include "base/digest.h"
#include "bucket_event.h"
#include "condition.h"
#include "copy_source.h"
#include "lifecycle_run.h"
#include "object_restore.h"
#include "s3_handlers.h"
#include "version.h"

/* AWS s3-copy-1: x-amz-metadata-directive is COPY (the default) or REPLACE; a copy onto itself must
 * replace. */
static bool read_directive(struct call *c, bool onto_itself, bool *ret_replace)
{
    struct str directive = call_str(c, "MetadataDirective");
    if (directive.len > 0 && !str_eq(directive, STR("COPY")) &&
        !str_eq(directive, STR("REPLACE"))) {
        s3_fail_argument(c, "x-amz-metadata-directive", directive, "Unknown metadata directive.");
        return false;
    }
    *ret_replace = str_eq(directive, STR("REPLACE"));
    bool changes = *ret_replace || call_has(c, "StorageClass") || encryption_is_said(c) ||
                   call_has(c, "WebsiteRedirectLocation");
    if (onto_itself && !changes) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "This copy request is illegal because it is trying to copy an object to itself "
                  "without changing "
                  "the object's metadata, storage class, website redirect location or encryption "
                  "attributes.");
        return false;
    }
    return true;
}

/* A version that is not current is another object: copying it onto its key brings it back. */
static bool is_itself(const struct bucket *b, const struct bucket *from,
                      const struct object *source, struct str key)
{
    return from == b && str_eq(source->key, key) && source == version_current(b, key);
}

/* AWS s3-copy-2: the copy has a checksum over the whole object, of the algorithm asked for or the
 * source's. */
static bool copy_checksum(struct call *c, const struct object *source, struct checksum *ret_sum)
{
    enum checksum_kind kind;
    if (!checksum_algorithm_read(c, call_str(c, "ChecksumAlgorithm"), &kind)) {
        return false;
    }
    if (kind == CHECKSUM_NONE) {
        kind = source->checksum.kind;
    }
    *ret_sum = source->checksum;
    if (kind != source->checksum.kind || source->checksum.composite) {
        *ret_sum =
            (struct checksum){.kind = kind, .text = checksum_blob_text(c, kind, source->body)};
    }
    return true;
}

/* AWS s3-copy-tags-1: x-amz-tagging-directive is COPY (the default) or REPLACE; the ACL and the
 * lock are never copied. */
static bool copy_tags(struct call *c, struct object *facts)
{
    struct str directive = call_str(c, "TaggingDirective");
    bool replace = str_eq(directive, STR("REPLACE"));
    if (directive.len > 0 && !replace && !str_eq(directive, STR("COPY"))) {
        s3_fail_argument(c, "x-amz-tagging-directive", directive, "Unknown tagging directive.");
        return false;
    }
    if (call_has(c, "Tagging") && !replace) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "The x-amz-tagging header is only supported with the REPLACE tagging directive");
        return false;
    }
    if (replace) {
        facts->tags = STR_EMPTY;
        facts->tag_count = 0;
    }
    return true;
}

static void out_copy(struct call *c, const struct object *copy)
{
    struct json *result = call_out(c, "CopyObjectResult", JSON_IS_OBJECT);
    json_set_str(c->arena, result, "ETag", copy->etag);
    json_set_i64(c->arena, result, "LastModified", object_modified_s(copy));
    checksum_out(c, result, &copy->checksum);
    encryption_out(c, &copy->encryption);
}

/* AWS s3-copy-etag-1: the copy is one part, so its ETag is the MD5 of its bytes, whatever the
 * source's was. */
static struct str copied_etag(struct call *c, const struct object *source,
                              const struct encryption *e)
{
    if (source->part_count == 0 && source->encryption.kind == ENCRYPTION_S3 &&
        e->kind == ENCRYPTION_S3) {
        return source->etag;
    }
    uint8_t md5[CHECKSUM_BYTES_MAX];
    (void)checksum_of_blob(c, CHECKSUM_MD5, source->body, md5);
    return encryption_etag(c, e, md5);
}

void object_copy(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct bucket *from;
    struct str key;
    bool replace;
    if (b == NULL || !s3_key(c, &key)) {
        return;
    }
    const struct object *source = copy_source_read(c, &from);
    if (source == NULL || !object_is_readable(c, source) ||
        !read_directive(c, is_itself(b, from, source, key), &replace) ||
        !s3_has_room(c, object_bytes(source)) ||
        !condition_write(c, version_current(b, key), key)) {
        return;
    }
    struct object facts = *source;
    facts.system[OBJECT_REDIRECT] = call_str(c, "WebsiteRedirectLocation");
    if (replace) {
        facts.meta_count = 0;
        if (!object_metadata_read(c, &facts)) {
            return;
        }
    }
    if (!copy_tags(c, &facts) || !object_notes_read(c, b, &facts) ||
        !encryption_of_write(c, b, &facts.encryption)) {
        return;
    }
    if (!copy_checksum(c, source, &facts.checksum)) {
        return;
    }
    facts.key = key;
    facts.etag = copied_etag(c, source, &facts.encryption);
    facts.modified_us = c->now_us;
    facts.part_count = 0;
    facts.upload = STR_EMPTY;
    facts.part_sums = NULL;
    facts.restore_ready_us = 0;
    facts.restore_end_us = 0;
    facts.version = version_new_id(c, b);
    struct object *copy = object_new(s3_of(c), &facts);
    out_copy(c, copy);
    version_store(s3_of(c), b, copy);
    bucket_event(c, b, copy, "ObjectCreated:Copy");
    lifecycle_touch(c, b);
    lifecycle_out(c, b, copy);
    version_out(c, b, copy);
}
