/* s3_service.c -- S3 among the emulator's services: its handlers, its state, and how its calls are
 * named to faults. */
#include "s3_service.h"
#include "acl.h"
#include "bucket_config.h"
#include "bucket_event.h"
#include "object.h"
#include "object_lock.h"
#include "intake.h"
#include "lifecycle_run.h"
#include "recent_change.h"
#include "object_put.h"
#include "s3_handlers.h"
#include "upload.h"
#include "version.h"
#include "s3_model.h"
#include "s3_route.h"

static const struct operation_handler handlers[] = {
    {.name = "AbortMultipartUpload", .handle = upload_abort},
    {.name = "CompleteMultipartUpload", .handle = upload_complete},
    {.name = "CopyObject", .handle = object_copy},
    {.name = "CreateBucket", .handle = bucket_create},
    {.name = "CreateMultipartUpload", .handle = upload_create},
    {.name = "DeleteBucket", .handle = bucket_delete},
    {.name = "DeleteBucketAnalyticsConfiguration", .handle = bucket_config_delete},
    {.name = "DeleteBucketCors", .handle = bucket_config_delete},
    {.name = "DeleteBucketEncryption", .handle = bucket_config_delete},
    {.name = "DeleteBucketIntelligentTieringConfiguration", .handle = bucket_config_delete},
    {.name = "DeleteBucketInventoryConfiguration", .handle = bucket_config_delete},
    {.name = "DeleteBucketLifecycle", .handle = bucket_config_delete},
    {.name = "DeleteBucketMetricsConfiguration", .handle = bucket_config_delete},
    {.name = "DeleteBucketOwnershipControls", .handle = bucket_config_delete},
    {.name = "DeleteBucketPolicy", .handle = policy_delete},
    {.name = "DeleteBucketReplication", .handle = bucket_config_delete},
    {.name = "DeleteBucketTagging", .handle = bucket_config_delete},
    {.name = "DeleteBucketWebsite", .handle = bucket_config_delete},
    {.name = "DeleteObject", .handle = object_delete},
    {.name = "DeleteObjectTagging", .handle = object_delete_tags},
    {.name = "DeleteObjects", .handle = object_delete_many},
    {.name = "DeletePublicAccessBlock", .handle = bucket_config_delete},
    {.name = "GetBucketAbac", .handle = bucket_config_get},
    {.name = "GetBucketAccelerateConfiguration", .handle = bucket_config_get},
    {.name = "GetBucketAcl", .handle = acl_get_bucket},
    {.name = "GetBucketAnalyticsConfiguration", .handle = bucket_config_get},
    {.name = "GetBucketCors", .handle = bucket_config_get},
    {.name = "GetBucketEncryption", .handle = bucket_config_get},
    {.name = "GetBucketIntelligentTieringConfiguration", .handle = bucket_config_get},
    {.name = "GetBucketInventoryConfiguration", .handle = bucket_config_get},
    {.name = "GetBucketLifecycleConfiguration", .handle = lifecycle_get},
    {.name = "GetBucketLocation", .handle = bucket_location},
    {.name = "GetBucketLogging", .handle = bucket_config_get},
    {.name = "GetBucketMetricsConfiguration", .handle = bucket_config_get},
    {.name = "GetBucketNotificationConfiguration", .handle = bucket_event_get_config},
    {.name = "GetBucketOwnershipControls", .handle = bucket_config_get},
    {.name = "GetBucketPolicy", .handle = policy_get},
    {.name = "GetBucketPolicyStatus", .handle = policy_status},
    {.name = "GetBucketReplication", .handle = bucket_config_get},
    {.name = "GetBucketRequestPayment", .handle = bucket_config_get},
    {.name = "GetBucketTagging", .handle = bucket_config_get},
    {.name = "GetBucketVersioning", .handle = bucket_get_versioning},
    {.name = "GetBucketWebsite", .handle = bucket_config_get},
    {.name = "GetObject", .handle = object_get},
    {.name = "GetObjectAcl", .handle = object_get_acl},
    {.name = "GetObjectAttributes", .handle = object_attributes},
    {.name = "GetObjectLegalHold", .handle = object_get_legal_hold},
    {.name = "GetObjectLockConfiguration", .handle = object_lock_get_config},
    {.name = "GetObjectRetention", .handle = object_get_retention},
    {.name = "GetObjectTagging", .handle = object_get_tags},
    {.name = "GetPublicAccessBlock", .handle = bucket_config_get},
    {.name = "HeadBucket", .handle = bucket_head},
    {.name = "HeadObject", .handle = object_head},
    {.name = "ListBucketAnalyticsConfigurations", .handle = bucket_config_list},
    {.name = "ListBucketIntelligentTieringConfigurations", .handle = bucket_config_list},
    {.name = "ListBucketInventoryConfigurations", .handle = bucket_config_list},
    {.name = "ListBucketMetricsConfigurations", .handle = bucket_config_list},
    {.name = "ListBuckets", .handle = bucket_list},
    {.name = "ListMultipartUploads", .handle = upload_list},
    {.name = "ListObjectVersions", .handle = version_list},
    {.name = "ListObjects", .handle = object_list},
    {.name = "ListObjectsV2", .handle = object_list_v2},
    {.name = "ListParts", .handle = upload_list_parts},
    {.name = "PostObject",
     .handle = object_post,
     .anonymous = true,
     .body = &post_taker,
     .prepare = post_prepare},
    {.name = "PreflightObject", .handle = cors_preflight, .anonymous = true},
    {.name = "PutBucketAbac", .handle = bucket_config_put},
    {.name = "PutBucketAccelerateConfiguration", .handle = bucket_config_put},
    {.name = "PutBucketAcl", .handle = acl_put_bucket},
    {.name = "PutBucketAnalyticsConfiguration", .handle = bucket_config_put},
    {.name = "PutBucketCors", .handle = bucket_config_put},
    {.name = "PutBucketEncryption", .handle = bucket_config_put},
    {.name = "PutBucketIntelligentTieringConfiguration", .handle = bucket_config_put},
    {.name = "PutBucketInventoryConfiguration", .handle = bucket_config_put},
    {.name = "PutBucketLifecycleConfiguration", .handle = lifecycle_put},
    {.name = "PutBucketLogging", .handle = bucket_config_put},
    {.name = "PutBucketMetricsConfiguration", .handle = bucket_config_put},
    {.name = "PutBucketNotificationConfiguration", .handle = bucket_event_put_config},
    {.name = "PutBucketOwnershipControls", .handle = bucket_config_put},
    {.name = "PutBucketPolicy", .handle = policy_put},
    {.name = "PutBucketReplication", .handle = bucket_config_put},
    {.name = "PutBucketRequestPayment", .handle = bucket_config_put},
    {.name = "PutBucketTagging", .handle = bucket_config_put},
    {.name = "PutBucketVersioning", .handle = bucket_put_versioning},
    {.name = "PutBucketWebsite", .handle = bucket_config_put},
    {.name = "PutObject", .handle = object_put, .body = &intake_taker, .prepare = intake_end},
    {.name = "PutObjectAcl", .handle = object_put_acl},
    {.name = "PutObjectLegalHold", .handle = object_put_legal_hold},
    {.name = "PutObjectLockConfiguration", .handle = object_lock_put_config},
    {.name = "PutObjectRetention", .handle = object_put_retention},
    {.name = "PutObjectTagging", .handle = object_put_tags},
    {.name = "PutPublicAccessBlock", .handle = bucket_config_put},
    {.name = "RestoreObject", .handle = object_restore},
    {.name = "UploadPart", .handle = upload_part, .body = &intake_taker, .prepare = intake_end},
    {.name = "UploadPartCopy", .handle = upload_part_copy},
};

static void *s3_new(struct core *core, struct arena *a)
{
    struct s3 *s3 = NEW(a, struct s3);
    (void)core;
    s3->arena = a;
    s3->buckets = tree_new(a);
    s3->uploads = tree_new(a);
    s3->recent = recent_changes_new(a);
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

/* Objects and parts hold their blobs; all else lies in the state's arena. */
static void s3_done(void *state)
{
    struct s3 *s3 = state;
    for (const struct tree_entry *at = tree_seek(s3->uploads, STR_EMPTY, false); at != NULL;
         at = tree_seek(s3->uploads, STR_EMPTY, false)) {
        upload_free(s3, at->value);
    }
    for (const struct tree_entry *b = tree_seek(s3->buckets, STR_EMPTY, false); b != NULL;
         b = tree_seek(s3->buckets, b->key, true)) {
        struct bucket *bucket = b->value;
        for (const struct tree_entry *at = tree_seek(bucket->objects, STR_EMPTY, false); at != NULL;
             at = tree_seek(bucket->objects, at->key, true)) {
            for (struct object *o = at->value; o != NULL; o = o->older) {
                s3_body_drop(s3, o->body);
            }
        }
    }
}

const struct emulator_service s3_service = {
    .model = &s3_model,
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof handlers[0],
    .state_new = s3_new,
    .state_done = s3_done,
    .describe = describe,
    .judges_anonymous = true,
    .route = s3_route,
    .rewrite = s3_rewrite,
};

static struct s3_object_view view_of(const struct bucket *b, const struct object *o)
{
    return (struct s3_object_view){.bucket = b->name,
                                   .key = o->key,
                                   .etag = o->etag,
                                   .body = o->body,
                                   .modified_us = o->modified_us};
}

bool s3_object_next(const void *state, struct str bucket, struct str after_key,
                    struct s3_object_view *ret_object)
{
    const struct s3 *s3 = state;
    const struct bucket *b = tree_get(s3->buckets, bucket);
    const struct tree_entry *at =
        b == NULL ? NULL : tree_seek(b->objects, after_key, after_key.len > 0);
    while (at != NULL && ((const struct object *)at->value)->is_marker) {
        at = tree_seek(b->objects, at->key, true);
    }
    if (at == NULL) {
        return false;
    }
    *ret_object = view_of(b, at->value);
    return true;
}

/* Walks back from the newest: whoever asks has seen most of them. */
bool s3_object_shown_next(const void *state, struct str bucket, uint64_t *cursor,
                          struct s3_object_view *ret_object)
{
    const struct s3 *s3 = state;
    const struct bucket *b = tree_get(s3->buckets, bucket);
    const struct object *next = NULL;
    const struct object *o = b == NULL ? NULL : b->shown_last;
    for (; o != NULL && o->shown > *cursor; o = o->shown_before) {
        next = o->is_marker ? next : o;
    }
    if (next == NULL) {
        return false;
    }
    *cursor = next->shown;
    *ret_object = view_of(b, next);
    return true;
}
