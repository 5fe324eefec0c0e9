/* object_delete.c -- DeleteObject and DeleteObjects. Deleting what is not there succeeds. */
#include "condition.h"
#include "s3_handlers.h"

/* AWS s3-conditional-delete-1: If-Match takes an ETag or "*"; a missing object does not match. */
static bool delete_is_allowed(const struct bucket *b, struct str key, const struct json *match)
{
    const struct object *o = tree_get(b->objects, key);
    return match == NULL || (o != NULL && condition_etag_matches(json_str(match), o->etag));
}

void object_delete(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct str key;
    if (b == NULL || !s3_key(c, &key)) {
        return;
    }
    if (!delete_is_allowed(b, key, json_get(c->input, STR("IfMatch")))) {
        call_fail(c, AWS_PRECONDITION_FAILED,
                  "At least one of the pre-conditions you specified did not hold");
        call_fail_extra(c, "Condition", STR("If-Match"));
        return;
    }
    object_remove(s3_of(c), b, key);
}

/* Why one key of a batch stays: AWS's code and message. */
struct refusal {
    enum aws_error_id error;
    const char *message;
};

static struct refusal refusal_of(const struct bucket *b, const struct json *item)
{
    struct str version = json_str(json_get(item, STR("VersionId")));
    if (version.len > 0 && !str_eq(version, STR("null"))) {
        return (struct refusal){AWS_INVALID_ARGUMENT, "Invalid version id specified"};
    }
    if (json_get(item, STR("LastModifiedTime")) != NULL || json_get(item, STR("Size")) != NULL) {
        return (struct refusal){AWS_NOT_IMPLEMENTED,
                                "LastModifiedTime and Size as conditions are not implemented"};
    }
    if (!delete_is_allowed(b, json_str(json_get(item, STR("Key"))), json_get(item, STR("ETag")))) {
        return (struct refusal){AWS_PRECONDITION_FAILED,
                                "At least one of the pre-conditions you specified did not hold"};
    }
    return (struct refusal){AWS_OK, ""};
}

static void out_refusal(struct call *c, struct json *errors, struct str key, struct refusal refusal)
{
    struct json *item = json_add(errors, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_str(c->arena, item, "Key", key);
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
        call_fail(c, AWS_MALFORMED_XML,
                  "The XML you provided was not well-formed or did not validate against our "
                  "published schema");
        return false;
    }
    return true;
}

/* AWS s3-delete-objects-1: at most 1000 keys; Quiet tells only what failed. */
void object_delete_many(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct json *objects = json_at(c->input, "Delete.Objects");
    bool quiet = json_bool(json_at(c->input, "Delete.Quiet"), false);
    if (b == NULL || !check_batch(c, objects)) {
        return;
    }
    struct json *deleted = json_new(c->arena, JSON_IS_ARRAY);
    struct json *errors = json_new(c->arena, JSON_IS_ARRAY);
    size_t index = 0;
    for (const struct json *at = objects->first; at != NULL; at = at->next, index++) {
        struct str key = json_str(json_get(at, STR("Key")));
        struct refusal refusal = refusal_of(b, at);
        if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, index, objects->count)) {
            refusal = (struct refusal){AWS_INTERNAL_ERROR,
                                       "We encountered an internal error. Please try again."};
        }
        if (refusal.error != AWS_OK) {
            out_refusal(c, errors, key, refusal);
            continue;
        }
        object_remove(s3_of(c), b, key);
        if (!quiet) {
            json_set_str(c->arena, json_add(deleted, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT)),
                         "Key", key);
        }
    }
    json_add(c->output, STR("Deleted"), deleted);
    json_add(c->output, STR("Errors"), errors);
}
