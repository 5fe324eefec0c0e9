/* copy_source.c -- "bucket/key", percent-encoded, with or without a leading slash and ?versionId.
 */
#include "copy_source.h"
#include "access.h"
#include "base/encode.h"
#include "condition.h"
#include "version.h"

static bool split_source(struct call *c, struct str *ret_bucket, struct str *ret_key,
                         struct str *ret_version)
{
    struct str header = call_str(c, "CopySource"), path = header, version = STR_EMPTY;
    size_t query = str_find_str(header, STR("?versionId="));
    if (query != STR_NONE) {
        path = str_slice(header, 0, query);
        version = str_from(header, query + sizeof "?versionId=" - 1);
    }
    struct buf plain;
    buf_init(&plain, c->arena, path.len + 1);
    decode_percent(&plain, path, false);
    path = buf_str(&plain);
    path = str_from(path, str_starts(path, STR("/")) ? 1 : 0);
    if (str_starts(path, STR("arn:"))) {
        call_fail(c, AWS_NOT_IMPLEMENTED, "A copy source by access point ARN is not implemented");
        return false;
    }
    *ret_version = version;
    bool split = str_split(path, '/', ret_bucket, ret_key);
    if (split && ret_bucket->len > 0 && ret_key->len == 0) {
        s3_fail_argument(c, "x-amz-copy-source", STR("x-amz-copy-source"),
                         "Invalid copy source object key");
        return false;
    }
    if (!split || ret_bucket->len == 0) {
        s3_fail_argument(
            c, "x-amz-copy-source", header,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
        return false;
    }
    return true;
}

/* AWS s3-copy-source-1: a delete marker may be met as current version, but not be named. */
static bool names_marker(struct call *c, const struct bucket *b, struct str key, struct str version)
{
    const struct object *o = version.len == 0 ? NULL : version_get(b, key, version);
    if (o == NULL || !o->is_marker) {
        return false;
    }
    call_fail(c, AWS_INVALID_REQUEST,
              "The source of a copy request may not specifically refer to a delete marker by "
              "version id.");
    return true;
}

const struct object *copy_source_read(struct call *c, const struct bucket **ret_bucket)
{
    struct str name, key, version;
    if (!split_source(c, &name, &key, &version)) {
        return NULL;
    }
    const struct bucket *b = s3_bucket_named(c, name);
    if (b == NULL || !access_check_key(c, b, "GetObject", key, version)) {
        return NULL;
    }
    if (call_has(c, "ExpectedSourceBucketOwner") &&
        !str_eq(call_str(c, "ExpectedSourceBucketOwner"), b->owner)) {
        call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
        return NULL;
    }
    if (names_marker(c, b, key, version)) {
        return NULL;
    }
    const struct object *o = version_find(c, b, key, version);
    if (o == NULL || !encryption_opens_source(c, &o->encryption) || !condition_copy_source(c, o)) {
        return NULL;
    }
    if (b->versioning != VERSIONING_OFF) {
        call_out_str(c, "CopySourceVersionId", str_copy(c->arena, version_told(o)));
    }
    *ret_bucket = b;
    return o;
}
