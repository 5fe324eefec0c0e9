/* object_delete.c -- DeleteObject and DeleteObjects. Deleting what is not there succeeds. */
#include "access.h"
#include "bucket_config.h"
#include "bucket_event.h"
#include "condition.h"
#include "lifecycle_run.h"
#include "object_lock.h"
#include "recent_change.h"
#include "s3_handlers.h"
#include "version.h"

/* Why one key stays: AWS's code and message. AWS_OK: nothing stands against it. */
struct refusal {
    enum aws_error_id error;
    const char *message;
};
struct deletion { /* one key, or one version of it */
    struct bucket *bucket;
    struct str key, version;
    const struct json *match;           /* If-Match, or NULL */
    const struct json *modified, *size; /* of what is deleted, or NULL */
    bool bypass;                        /* of governance */
    /* what was done */
    bool marker;          /* a delete marker was made or removed */
    struct str marker_id; /* of the one that was made */
};
static const struct refusal none = {AWS_OK, ""};

/* AWS s3-conditional-delete-1: If-Match takes an ETag or "*"; a missing object does not match.
 * DIFFERS s3-conditional-delete-2: time and size as conditions, which AWS has for directory buckets
 * alone, hold for every bucket here. */
static bool is_as_said(const struct deletion *del, const struct object *o)
{
    struct diag d = DIAG_INIT;
    int64_t us, bytes;
    if (o == NULL) {
        return del->match == NULL && del->modified == NULL && del->size == NULL;
    }
    return (del->match == NULL || condition_etag_matches(json_str(del->match), o->etag)) &&
           (del->modified == NULL || (json_i64(del->modified, &us, &d) == ERR_OK &&
                                      us / 1000000 == object_modified_s(o) / 1000000)) &&
           (del->size == NULL ||
            (json_i64(del->size, &bytes, &d) == ERR_OK && (uint64_t)bytes == object_bytes(o)));
}

static struct refusal refusal_of(const struct deletion *del, int64_t now_us)
{
    const struct object *current = version_current(del->bucket, del->key);
    const struct object *named =
        del->version.len > 0 ? version_get(del->bucket, del->key, del->version) : NULL;
    const struct object *matched = del->version.len > 0 ? named : current;
    if (!is_as_said(del, matched)) {
        return (struct refusal){AWS_PRECONDITION_FAILED,
                                "At least one of the pre-conditions you specified did not hold"};
    }
    if (named != NULL && !object_lock_frees(named, del->bypass, now_us)) {
        return (struct refusal){AWS_ACCESS_DENIED,
                                "Access Denied because object protected by object lock."};
    }
    return none;
}

/* AWS s3-delete-marker-2: without a version id a versioned bucket gets a delete marker, even where
 * there was nothing; with one, that version goes for good. */
static void delete_one(struct call *c, struct deletion *del)
{
    struct bucket *b = del->bucket;
    recent_change_note(s3_of(c)->recent, c, b->name, del->key);
    lifecycle_touch(c, b);
    if (del->version.len > 0 || b->versioning == VERSIONING_OFF) {
        struct object *o = version_get(b, del->key, del->version);
        if (o != NULL) {
            del->marker = o->is_marker;
            bucket_event(c, b, o, "ObjectRemoved:Delete");
            version_remove(s3_of(c), b, o);
        }
        return;
    }
    struct object facts = {.key = del->key,
                           .version = version_new_id(c, b),
                           .is_marker = true,
                           .modified_us = c->now_us};
    struct object *marker = object_new(s3_of(c), &facts);
    version_store(s3_of(c), b, marker);
    bucket_event(c, b, marker, "ObjectRemoved:DeleteMarkerCreated");
    del->marker = true;
    del->marker_id = str_copy(c->arena, version_told(marker));
}

/* AWS s3-lock-bypass-1: a bucket without object lock has no retention to bypass, whatever the
 * header says. */
static bool bypass_can_be(struct call *c, const struct bucket *b)
{
    if (call_has(c, "BypassGovernanceRetention") && !b->locks) {
        s3_fail_header(
            c, "x-amz-bypass-governance-retention",
            "x-amz-bypass-governance-retention is only applicable to Object Lock enabled "
            "buckets.");
        return false;
    }
    return true;
}

void object_delete(struct call *c)
{
    struct deletion del = {.bucket = s3_bucket(c),
                           .version = call_str(c, "VersionId"),
                           .match = json_get(c->input, STR("IfMatch")),
                           .modified = json_get(c->input, STR("IfMatchLastModifiedTime")),
                           .size = json_get(c->input, STR("IfMatchSize")),
                           .bypass = call_bool(c, "BypassGovernanceRetention", false)};
    if (del.bucket == NULL || !s3_key(c, &del.key) || !version_check(c, del.version) ||
        !bypass_can_be(c, del.bucket)) {
        return;
    }
    bool there = version_get(del.bucket, del.key, del.version) != NULL;
    if (!version_can_be(del.bucket, del.version) ||
        (del.version.len > 0 && !str_eq(del.version, STR("null")) && !there &&
         !version_was_given(del.version))) {
        s3_fail_argument(c, "versionId", del.version, "Invalid version id specified");
        return;
    }
    struct refusal refusal = refusal_of(&del, c->now_us);
    if (refusal.error != AWS_OK) {
        call_fail(c, refusal.error, "%s", refusal.message);
        if (refusal.error == AWS_PRECONDITION_FAILED) {
            call_fail_extra(c, "Condition", STR("If-Match"));
        }
        return;
    }
    delete_one(c, &del);
    if (del.bucket->versioning != VERSIONING_OFF) {
        call_out_str(c, "VersionId", del.version.len > 0 ? del.version : del.marker_id);
        if (del.marker) {
            call_out_bool(c, "DeleteMarker", true);
        }
    }
}

/* ---- DeleteObjects ---- */

/* AWS s3-delete-version-1: a bucket that never was versioned has the null version alone; deleting
 * another is InvalidArgument, within a batch NoSuchVersion. */
static struct refusal refusal_in_batch(struct call *c, const struct deletion *del)
{
    struct str version = del->version;
    if (!version_can_be(del->bucket, version)) {
        return (struct refusal){AWS_NO_SUCH_VERSION, "The specified version does not exist."};
    }
    if (!access_allows_key(c, del->bucket, "DeleteObject", del->key, version)) {
        return (struct refusal){AWS_ACCESS_DENIED, "Access Denied"};
    }
    return refusal_of(del, c->now_us);
}

static void out_refusal(struct call *c, struct json *errors, const struct deletion *del,
                        struct refusal refusal)
{
    struct json *item = json_add(errors, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_str(c->arena, item, "Key", del->key);
    if (del->version.len > 0) {
        json_set_str(c->arena, item, "VersionId", del->version);
    }
    json_set_str(c->arena, item, "Code", str_of(aws_error_get(refusal.error)->name));
    json_set_str(c->arena, item, "Message", str_of(refusal.message));
}

static bool check_batch(struct call *c, const struct json *objects)
{
    struct checksum sent;
    if (!checksum_verify_request(c, &sent)) {
        return false;
    }
    if (sent.kind == CHECKSUM_NONE && !http_has_header(&c->request->headers, "Content-MD5")) {
        call_fail(c, AWS_INVALID_REQUEST,
                  "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
        return false;
    }
    if (objects == NULL || objects->count == 0 || objects->count > S3_LIST_MAX) {
        s3_fail_xml(c);
        return false;
    }
    return s3_payload_is_valid(c);
}

static void out_deleted(struct call *c, struct json *deleted, const struct deletion *del)
{
    struct json *item = json_add(deleted, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_str(c->arena, item, "Key", del->key);
    if (del->version.len > 0) {
        json_set_str(c->arena, item, "VersionId", del->version);
    }
    if (del->marker) {
        json_set_bool(c->arena, item, "DeleteMarker", true);
        json_set_str(c->arena, item, "DeleteMarkerVersionId",
                     del->marker_id.len > 0 ? del->marker_id : del->version);
    }
}

/* AWS s3-delete-objects-1: at most 1000 keys; Quiet tells only what failed. */
void object_delete_many(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct json *objects = json_at(c->input, "Delete.Objects");
    bool quiet = json_bool(json_at(c->input, "Delete.Quiet"), false);
    if (b == NULL || !check_batch(c, objects) || !bypass_can_be(c, b)) {
        return;
    }
    struct json *deleted = json_new(c->arena, JSON_IS_ARRAY);
    struct json *errors = json_new(c->arena, JSON_IS_ARRAY);
    size_t index = 0;
    for (const struct json *at = objects->first; at != NULL; at = at->next, index++) {
        struct deletion del = {.bucket = b,
                               .key = json_str(json_get(at, STR("Key"))),
                               .version = json_str(json_get(at, STR("VersionId"))),
                               .match = json_get(at, STR("ETag")),
                               .modified = json_get(at, STR("LastModifiedTime")),
                               .size = json_get(at, STR("Size")),
                               .bypass = call_bool(c, "BypassGovernanceRetention", false)};
        struct refusal refusal = refusal_in_batch(c, &del);
        if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, index, objects->count)) {
            refusal = (struct refusal){AWS_INTERNAL_ERROR,
                                       "We encountered an internal error. Please try again."};
        }
        if (refusal.error != AWS_OK) {
            out_refusal(c, errors, &del, refusal);
            continue;
        }
        delete_one(c, &del);
        if (!quiet) {
            out_deleted(c, deleted, &del);
        }
    }
    json_add(c->output, STR("Deleted"), deleted);
    json_add(c->output, STR("Errors"), errors);
}
