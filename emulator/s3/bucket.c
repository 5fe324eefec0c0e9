/* bucket.c -- Buckets: create, head, delete, list, location. */
#include "base/instant.h"
#include "access.h"
#include "acl.h"
#include "bucket_name.h"
#include "bucket_config.h"
#include "list_token.h"
#include "recent_change.h"
#include "s3_handlers.h"
#include "s3_state.h"
#include "tag_set.h"
#include "upload.h"

static const struct str us_east_1 = STR_INIT("us-east-1");

/* AWS s3-create-bucket-again-1: in us-east-1 creating one's own bucket again succeeds; elsewhere it
 * is refused. */
static void create_again(struct call *c, const struct bucket *b)
{
    if (!str_eq(b->owner, c->account)) {
        call_fail(c, AWS_BUCKET_ALREADY_EXISTS,
                  "The requested bucket name is not available. The bucket namespace is shared by "
                  "all users of the "
                  "system. Please select a different name and try again.");
    } else if (!str_eq(c->region, us_east_1) || !str_eq(b->region, us_east_1)) {
        call_fail(
            c, AWS_BUCKET_ALREADY_OWNED_BY_YOU,
            "Your previous request to create the named bucket succeeded and you already own it.");
    } else {
        return;
    }
    call_fail_extra(c, "BucketName", b->name);
}

/* "eu-west-1", "us-gov-east-1", "EU": a region that may be there, known to a model or not. */
static bool is_like_region(struct str name)
{
    size_t hyphens = 0;
    bool digit = false;
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        hyphens += ch == '-';
        digit = ch >= '0' && ch <= '9';
        if (!digit && ch != '-' && (ch < 'a' || ch > 'z')) {
            return str_eq(name, STR("EU"));
        }
    }
    return hyphens >= 2 && digit;
}

/* AWS s3-location-constraint-1: us-east-1's endpoint takes any region but its own name; another
 * region's only its own. */
static bool region_of_new(struct call *c, struct str *ret_region)
{
    struct str constraint =
        json_str(json_at(c->input, "CreateBucketConfiguration.LocationConstraint"));
    bool is_default = str_eq(c->region, us_east_1);
    if (constraint.len == 0 && !is_default) {
        call_fail(c, AWS_ILLEGAL_LOCATION_CONSTRAINT_EXCEPTION,
                  "The unspecified location constraint is incompatible for the region specific "
                  "endpoint this request "
                  "was sent to.");
        return false;
    }
    if (constraint.len > 0 && !is_default && !str_eq(constraint, c->region)) {
        call_fail(c, AWS_ILLEGAL_LOCATION_CONSTRAINT_EXCEPTION,
                  "The %.*s location constraint is incompatible for the region specific endpoint "
                  "this request was "
                  "sent to.",
                  STR_ARG(constraint));
        return false;
    }
    if (str_eq(constraint, us_east_1) || (constraint.len > 0 && !is_like_region(constraint))) {
        call_fail(c, AWS_INVALID_LOCATION_CONSTRAINT,
                  "The specified location-constraint is not valid");
        return false;
    }
    *ret_region = constraint.len > 0 ? constraint : us_east_1;
    return true;
}

static bool configuration_is_built(struct call *c)
{
    static const char *const unbuilt[] = {"Location", "Bucket"};
    const struct json *configuration = json_get(c->input, STR("CreateBucketConfiguration"));
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        if (json_get(configuration, str_of(unbuilt[i])) != NULL) {
            call_fail(c, AWS_NOT_IMPLEMENTED, "CreateBucketConfiguration.%s is not implemented",
                      unbuilt[i]);
            return false;
        }
    }
    return true;
}

static struct bucket *bucket_new(struct call *c, struct str name, struct str region)
{
    struct s3 *s3 = s3_of(c);
    struct bucket *b = s3->spare;
    if (b != NULL) {
        s3->spare = b->spare;
    } else {
        b = NEW(s3->arena, struct bucket);
        b->objects = tree_new(s3->arena);
        b->uploads = tree_new(s3->arena);
        b->configs = tree_new(s3->arena);
    }
    b->name = str_copy(s3->arena, name);
    b->region = str_copy(s3->arena, region);
    b->owner = str_copy(s3->arena, c->account);
    b->created_us = c->now_us;
    b->versioning = VERSIONING_OFF;
    b->locks = false;
    b->access_said = false;
    b->block_said = false;
    b->spare = NULL;
    tree_put(s3->buckets, name, b);
    bucket_config_new_bucket(s3, b);
    return b;
}

static void bucket_free(struct s3 *s3, struct bucket *b)
{
    upload_drop_bucket(s3, b);
    bucket_config_drop_bucket(s3, b);
    tree_remove(s3->buckets, b->name);
    struct str texts[] = {b->name, b->region, b->owner};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].len > 0) {
            arena_recycle(s3->arena, (void *)(uintptr_t)texts[i].ptr, texts[i].len);
        }
    }
    b->spare = s3->spare;
    s3->spare = b;
}

/* Each has its key and its value, whatever they are. */
static bool tags_are_whole(struct call *c, const struct json *tags)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        if (json_get(at, STR("Key")) == NULL || json_get(at, STR("Value")) == NULL) {
            s3_fail_xml(c);
            return false;
        }
    }
    return true;
}

static struct str bucket_arn(struct call *c, struct str name)
{
    return str_printf(c->arena, "arn:aws:s3:::%.*s", STR_ARG(name));
}

struct plan { /* what a new bucket is made with, besides its name */
    struct str region;
    const struct json *tags;
    struct json *acl;
    struct str ownership;
};

/* AWS s3-create-acl-1: without BucketOwnerEnforced, which is the default, a bucket may have a list.
 */
static bool read_plan(struct call *c, struct plan *plan)
{
    static const char *const known[] = {"BucketOwnerEnforced", "BucketOwnerPreferred",
                                        "ObjectWriter"};
    plan->ownership =
        call_has(c, "ObjectOwnership") ? call_str(c, "ObjectOwnership") : str_of(known[0]);
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        is_known = is_known || str_eq(plan->ownership, str_of(known[i]));
    }
    if (!is_known) {
        struct str message = str_printf(c->arena, "Invalid x-amz-object-ownership header: %.*s",
                                        STR_ARG(plan->ownership));
        s3_fail_header(c, "x-amz-object-ownership", str_z(c->arena, message));
        return false;
    }
    if (!acl_read(c, false, &plan->acl)) {
        return false;
    }
    if (plan->acl != NULL && str_eq(plan->ownership, str_of(known[0]))) {
        call_fail(c, AWS_INVALID_BUCKET_ACL_WITH_OBJECT_OWNERSHIP,
                  "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
        return false;
    }
    plan->tags = json_at(c->input, "CreateBucketConfiguration.Tags");
    return region_of_new(c, &plan->region) && tags_are_whole(c, plan->tags) &&
           tag_set_check(c, plan->tags, TAG_SET_BUCKET_MAX);
}

static void bucket_configure(struct call *c, struct bucket *b, const struct plan *plan)
{
    struct s3 *s3 = s3_of(c);
    b->access_said = plan->acl != NULL || call_has(c, "ObjectOwnership");
    if (call_bool(c, "ObjectLockEnabledForBucket", false)) {
        b->locks = true;
        b->versioning = VERSIONING_ENABLED;
    }
    bucket_config_write(s3, b, bucket_config_name(c->arena, "OwnershipControls", STR_EMPTY),
                        str_printf(c->arena, "{\"Rules\":[{\"ObjectOwnership\":\"%.*s\"}]}",
                                   STR_ARG(plan->ownership)));
    if (plan->acl != NULL) {
        bucket_config_write(s3, b, bucket_config_name(c->arena, "Acl", STR_EMPTY),
                            bucket_config_compact(c->arena, plan->acl));
    }
    if (plan->tags != NULL && plan->tags->count > 0) {
        bucket_config_write(s3, b, bucket_config_name(c->arena, "Tagging", STR_EMPTY),
                            str_printf(c->arena, "{\"TagSet\":%.*s}",
                                       STR_ARG(bucket_config_compact(c->arena, plan->tags))));
    }
}

/* AWS s3-bucket-race-1: where the bucket was made or deleted while this request was on its way. */
static void fail_race(struct call *c)
{
    call_fail(c, AWS_OPERATION_ABORTED,
              "A conflicting conditional operation is currently in progress against this resource. "
              "Please try again.");
}

void bucket_create(struct call *c)
{
    struct str name = call_str(c, "Bucket");
    struct plan plan = {0};
    if (!access_is_somebody(c) || !s3_only_built(c) || !configuration_is_built(c)) {
        return;
    }
    if (!bucket_name_is_valid(name)) {
        call_fail(c, AWS_INVALID_BUCKET_NAME, "The specified bucket is not valid.");
        call_fail_extra(c, "BucketName", name);
        return;
    }
    if (!read_plan(c, &plan)) {
        return;
    }
    const struct bucket *b = tree_get(s3_of(c)->buckets, name);
    if (recent_change_met(s3_of(c)->recent, c, name, STR_EMPTY)) {
        fail_race(c);
    } else if (b != NULL) {
        create_again(c, b);
    } else if (tree_count(s3_of(c)->buckets) >= S3_BUCKETS_MAX) {
        call_fail(c, AWS_TOO_MANY_BUCKETS,
                  "You have attempted to create more buckets than allowed");
    } else {
        bucket_configure(c, bucket_new(c, name, plan.region), &plan);
        recent_change_note(s3_of(c)->recent, c, name, STR_EMPTY);
    }
    if (!call_failed(c)) {
        call_out_str(c, "Location", str_printf(c->arena, "/%.*s", STR_ARG(name)));
        call_out_str(c, "BucketArn", bucket_arn(c, name));
    }
}

void bucket_head(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    if (b != NULL) {
        call_out_str(c, "BucketRegion", str_copy(c->arena, b->region));
        call_out_str(c, "BucketArn", bucket_arn(c, b->name));
        call_out_bool(c, "AccessPointAlias", false);
        http_headers_set(&c->response.headers, STR("Content-Type"), STR("application/xml"));
    }
}

void bucket_delete(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    if (b == NULL) {
        return;
    }
    if (tree_count(b->objects) > 0) {
        call_fail(c, AWS_BUCKET_NOT_EMPTY, "%s",
                  b->versioning == VERSIONING_OFF
                      ? "The bucket you tried to delete is not empty"
                      : "The bucket you tried to delete is not empty. You must delete all versions "
                        "in the bucket.");
        call_fail_extra(c, "BucketName", b->name);
        return;
    }
    recent_change_note(s3_of(c)->recent, c, b->name, STR_EMPTY);
    bucket_free(s3_of(c), b);
}

void bucket_location(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    if (b != NULL) {
        /* AWS s3-location-empty-1: a bucket in us-east-1 has an empty location constraint. */
        call_out_str(c, "LocationConstraint", str_eq(b->region, us_east_1) ? STR_EMPTY : b->region);
    }
}

/* AWS s3-versioning-1: a bucket that was never versioned has a configuration without a status. */
void bucket_get_versioning(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    if (b != NULL && b->versioning != VERSIONING_OFF) {
        call_out_str(c, "Status",
                     b->versioning == VERSIONING_ENABLED ? STR("Enabled") : STR("Suspended"));
    }
}

/* AWS s3-versioning-2: versioning is enabled or suspended, never off again; with object lock it
 * stays enabled. */
void bucket_put_versioning(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct json *document = b == NULL ? NULL : bucket_config_payload(c);
    struct str status = json_str(json_get(document, STR("Status")));
    if (document == NULL) {
        return;
    }
    if (status.len == 0) {
        call_fail(c, AWS_ILLEGAL_VERSIONING_CONFIGURATION,
                  "The Versioning element must be specified");
    } else if (str_eq(json_str(json_get(document, STR("MFADelete"))), STR("Enabled"))) {
        call_fail(c, AWS_NOT_IMPLEMENTED, "MFADelete is not implemented");
    } else if (str_eq(status, STR("Enabled"))) {
        b->versioning = VERSIONING_ENABLED;
    } else if (b->locks) {
        call_fail(c, AWS_INVALID_BUCKET_STATE,
                  "An Object Lock configuration is present on this bucket, so the versioning state "
                  "cannot be changed.");
    } else {
        b->versioning = VERSIONING_SUSPENDED;
    }
}

static bool is_listed(struct call *c, const struct bucket *b)
{
    struct str region = call_str(c, "BucketRegion");
    return str_eq(b->owner, c->account) && (region.len == 0 || str_eq(region, b->region));
}

static void list_one(struct call *c, struct json *list, const struct bucket *b)
{
    struct json *item = json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_str(c->arena, item, "Name", b->name);
    json_set_i64(c->arena, item, "CreationDate", instant_floor(b->created_us, US_PER_S));
    json_set_str(c->arena, item, "BucketRegion", b->region);
    json_set_str(c->arena, item, "BucketArn", bucket_arn(c, b->name));
}

void bucket_list(struct call *c)
{
    struct str prefix = call_str(c, "Prefix"), after = STR_EMPTY;
    int64_t max = call_i64(c, "MaxBuckets", S3_BUCKETS_MAX);
    if (!access_is_somebody(c)) {
        return;
    }
    if (max < 1 || max > S3_BUCKETS_MAX) {
        s3_fail_argument(c, "max-buckets", str_printf(c->arena, "%lld", (long long)max),
                         "Argument max-buckets must be an integer between 1 and 10000");
        return;
    }
    if (!list_token_read(c, &after)) {
        return;
    }
    struct json *list = call_out(c, "Buckets", JSON_IS_ARRAY);
    const struct tree *buckets = s3_of(c)->buckets;
    const struct tree_entry *at = str_cmp(after, prefix) < 0
                                      ? tree_seek(buckets, prefix, false)
                                      : tree_seek(buckets, after, after.len > 0);
    struct str last = STR_EMPTY;
    for (; at != NULL && str_starts(at->key, prefix); at = tree_seek(buckets, at->key, true)) {
        if (!is_listed(c, at->value)) {
            continue;
        }
        if (list->count == (size_t)max) {
            call_out_str(c, "ContinuationToken", list_token(c->arena, last));
            break;
        }
        list_one(c, list, at->value);
        last = at->key;
    }
    s3_out_owner(c, c->output, "Owner");
    if (prefix.len > 0) {
        call_out_str(c, "Prefix", prefix);
    }
}
