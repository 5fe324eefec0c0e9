/* s3_service.c -- S3 among the emulator's services: its handlers, its state, and how its calls are
 * named to faults. */
#include "s3_service.h"
#include "object.h"
#include "s3_handlers.h"
#include "s3_model.h"
#include "s3_route.h"

static const struct operation_handler handlers[] = {
    {"AbortMultipartUpload", upload_abort, false},
    {"CompleteMultipartUpload", upload_complete, false},
    {"CopyObject", object_copy, false},
    {"CreateBucket", bucket_create, false},
    {"CreateMultipartUpload", upload_create, false},
    {"DeleteBucket", bucket_delete, false},
    {"DeleteObject", object_delete, false},
    {"DeleteObjects", object_delete_many, false},
    {"GetBucketLocation", bucket_location, false},
    {"GetBucketVersioning", bucket_versioning, false},
    {"GetObject", object_get, false},
    {"GetObjectTagging", object_tagging, false},
    {"HeadBucket", bucket_head, false},
    {"HeadObject", object_head, false},
    {"ListBuckets", bucket_list, false},
    {"ListMultipartUploads", upload_list, false},
    {"ListObjects", object_list, false},
    {"ListObjectsV2", object_list_v2, false},
    {"ListParts", upload_list_parts, false},
    {"PutObject", object_put, false},
    {"UploadPart", upload_part, false},
    {"UploadPartCopy", upload_part_copy, false},
};

static void *s3_new(struct core *core, struct arena *a)
{
    struct s3 *s3 = NEW(a, struct s3);
    (void)core;
    s3->arena = a;
    s3->buckets = tree_new(a);
    s3->uploads = tree_new(a);
    return s3;
}

static void describe(const struct call *c, struct fault_call *description)
{
    static const char *const names[][2] = {{"bucket", "Bucket"}, {"key", "Key"}};
    for (size_t i = 0; i < 2 && description->attribute_count < FAULT_WHERE_MAX; i++) {
        if (call_has(c, names[i][1])) {
            description->attributes[description->attribute_count++] = (struct fault_where){
                .name = str_of(names[i][0]), .pattern = call_str(c, names[i][1])};
        }
    }
}

const struct emulator_service s3_service = {
    .model = &s3_model,
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof handlers[0],
    .state_new = s3_new,
    .describe = describe,
    .route = s3_route,
    .rewrite = s3_rewrite,
};

bool s3_object_next(const void *state, struct str bucket, struct str after_key,
                    struct s3_object_view *ret_object)
{
    const struct s3 *s3 = state;
    const struct bucket *b = tree_get(s3->buckets, bucket);
    const struct tree_entry *at =
        b == NULL ? NULL : tree_seek(b->objects, after_key, after_key.len > 0);
    if (at == NULL) {
        return false;
    }
    const struct object *o = at->value;
    *ret_object = (struct s3_object_view){.bucket = b->name,
                                          .key = o->key,
                                          .etag = o->etag,
                                          .body = o->body,
                                          .modified_us = o->modified_us};
    return true;
}
