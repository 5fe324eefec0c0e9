/* object_attributes.c -- GetObjectAttributes: what of an object is asked for, and its parts.
 * AWS s3-attributes-parts-1: parts are listed where the checksum is composite; of others their
 * number alone is told. */
#include "base/encode.h"
#include "object.h"
#include "s3_handlers.h"
#include "version.h"

static bool is_asked(const struct call *c, const char *attribute)
{
    const struct json *list = json_get(c->input, STR("ObjectAttributes"));
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        if (str_eq(json_str(at), str_of(attribute))) {
            return true;
        }
    }
    return false;
}

static bool names_are_known(struct call *c)
{
    static const char *const known[] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                        "ObjectSize"};
    const struct json *list = json_get(c->input, STR("ObjectAttributes"));
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            found = found || str_eq(json_str(at), str_of(known[i]));
        }
        if (!found) {
            s3_fail_argument(c, "object-attributes", json_str(at),
                             "Invalid attribute name specified.");
            return false;
        }
    }
    return true;
}

void object_part_sum_out(struct call *c, struct json *node, const struct object *o, size_t index)
{
    struct buf text;
    size_t bytes = checksum_bytes(o->checksum.kind);
    buf_init(&text, c->arena, CHECKSUM_TEXT_BYTES_MAX);
    encode_base64(&text, str_n((const char *)o->part_sums + index * bytes, bytes));
    json_set_str(c->arena, node, checksum_member(o->checksum.kind), buf_str(&text));
}

static void out_part(struct call *c, struct json *list, const struct object *o, size_t index)
{
    uint64_t first = index == 0 ? 0 : o->part_ends[index - 1];
    struct json *node = json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
    json_set_i64(c->arena, node, "PartNumber", (int64_t)index + 1);
    json_set_i64(c->arena, node, "Size", (int64_t)(o->part_ends[index] - first));
    object_part_sum_out(c, node, o, index);
}

static void out_parts(struct call *c, const struct object *o, struct json *parts)
{
    size_t marker = (size_t)call_i64(c, "PartNumberMarker", 0);
    size_t max = (size_t)call_i64(c, "MaxParts", S3_LIST_MAX), last = marker;
    max = max < S3_LIST_MAX ? max : S3_LIST_MAX;
    json_set_i64(c->arena, parts, "TotalPartsCount", (int64_t)o->part_count);
    if (!o->checksum.composite || o->part_sums == NULL) {
        return;
    }
    struct json *list = json_set(c->arena, parts, "Parts", JSON_IS_ARRAY);
    for (; last < o->part_count && list->count < max; last++) {
        out_part(c, list, o, last);
    }
    json_set_i64(c->arena, parts, "PartNumberMarker", (int64_t)marker);
    json_set_i64(c->arena, parts, "NextPartNumberMarker", (int64_t)last);
    json_set_i64(c->arena, parts, "MaxParts", (int64_t)max);
    json_set_bool(c->arena, parts, "IsTruncated", last < o->part_count);
}

/* AWS s3-attributes-checksum-1: a composite checksum is told without the number of parts. */
static void out_checksum(struct call *c, const struct object *o)
{
    struct checksum sum = o->checksum;
    size_t end = sum.composite ? str_find_last(sum.text, '-') : STR_NONE;
    sum.text = end == STR_NONE ? sum.text : str_slice(sum.text, 0, end);
    checksum_out(c, call_out(c, "Checksum", JSON_IS_OBJECT), &sum);
}

static bool page_is_valid(struct call *c)
{
    static const char *const members[][2] = {{"MaxParts", "x-amz-max-parts"},
                                             {"PartNumberMarker", "x-amz-part-number-marker"}};
    for (size_t i = 0; i < 2; i++) {
        int64_t value = call_i64(c, members[i][0], 0);
        if (value < 0 || value > INT32_MAX) {
            s3_fail_argument(c, members[i][1], str_printf(c->arena, "%lld", (long long)value),
                             "Argument must be an integer between 0 and 2147483647");
            return false;
        }
    }
    return true;
}

static const struct object *find(struct call *c)
{
    struct str key;
    const struct bucket *b = s3_bucket(c);
    if (b == NULL || !s3_key(c, &key) || !names_are_known(c) || !page_is_valid(c)) {
        return NULL;
    }
    const struct object *o = version_find(c, b, key, call_str(c, "VersionId"));
    if (o != NULL && !encryption_opens(c, &o->encryption)) {
        return NULL;
    }
    if (o != NULL) {
        version_out(c, b, o);
    }
    return o;
}

void object_attributes(struct call *c)
{
    const struct object *o = find(c);
    if (o == NULL) {
        return;
    }
    call_out_i64(c, "LastModified", object_modified_s(o));
    if (is_asked(c, "ETag")) {
        call_out_str(c, "ETag", str_copy(c->arena, str_slice(o->etag, 1, o->etag.len - 1)));
    }
    if (is_asked(c, "Checksum") && o->checksum.kind != CHECKSUM_NONE) {
        out_checksum(c, o);
    }
    if (is_asked(c, "ObjectParts") && o->part_count > 0) {
        out_parts(c, o, call_out(c, "ObjectParts", JSON_IS_OBJECT));
    }
    if (is_asked(c, "StorageClass")) {
        call_out_str(c, "StorageClass", storage_class_name(o->storage));
    }
    if (is_asked(c, "ObjectSize")) {
        call_out_i64(c, "ObjectSize", (int64_t)object_bytes(o));
    }
}
