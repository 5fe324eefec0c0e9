/* resource_tags.c -- Tags of a bucket by its ARN: a GET of what S3 holds, changed, and a PUT.
 * AWS s3control-tags-1: a bucket without tags has an empty list here; its tags are the same as by
 * GetBucketTagging.
 * DIFFERS s3control-tags-2: access points, lenses, grants and directories have tags on AWS; here
 * only buckets are there to be tagged. */
#include "base/buf.h"
#include "control_handlers.h"
#include "emulator/core/service.h"
#include "wire/xml.h"

#define DOCUMENT_BYTES_MAX ((size_t)1024 * 1024)
#define TAGS_MAX 50 /* of a bucket, as S3 itself has it */

/* The bucket that the ARN names; false: refused. */
static bool read_bucket(struct call *c, struct str *ret_bucket)
{
    struct str arn = call_str(c, "ResourceArn"), prefix = STR("arn:aws:s3:::");
    *ret_bucket = str_from(arn, prefix.len);
    if (!control_is_own(c)) {
        return false;
    }
    if (!str_starts(arn, prefix) || ret_bucket->len == 0 || str_contains(*ret_bucket, STR("/"))) {
        call_fail(c, AWS_NOT_IMPLEMENTED, "Tags of %.*s are not built in this emulator",
                  STR_ARG(arn));
        return false;
    }
    return true;
}

/* As the caller's account: the credential says so, and nobody verifies it inside. */
static struct http_response ask_s3(struct call *c, const char *method, struct str bucket,
                                   struct str body)
{
    struct http_request request;
    http_request_init(&request, c->arena, method, STR("s3.amazonaws.com"),
                      str_printf(c->arena, "/%.*s", STR_ARG(bucket)));
    request.query = STR("tagging");
    request.body = body;
    http_headers_set(&request.headers, STR("Authorization"),
                     str_printf(c->arena,
                                "AWS4-HMAC-SHA256 Credential=%.*s/20260101/%.*s/s3/aws4_request, "
                                "SignedHeaders=host, Signature=inside",
                                STR_ARG(c->account), STR_ARG(c->region)));
    return core_inside(c->core, &request, STR("s3-control.amazonaws.com"), c->arena);
}

/* What S3 refused is refused in its words. */
static void pass_on(struct call *c, const struct http_response *answer)
{
    struct xml *root = NULL;
    struct diag d = DIAG_INIT;
    enum aws_error_id error = AWS_INTERNAL_ERROR;
    struct str message = STR("We encountered an internal error. Please try again.");
    if (xml_parse(c->arena, answer->body, &root, &d) == ERR_OK) {
        enum aws_error_id told = aws_error_find(xml_text(root, "Code"));
        error = told == AWS_OK ? error : told;
        message = xml_text(root, "Message");
    }
    call_fail(c, error, "%.*s", STR_ARG(message));
}

static bool is_none(const struct http_response *answer)
{
    return answer->status == 404 && str_contains(answer->body, STR("<Code>NoSuchTagSet</Code>"));
}

/* The bucket's tags as a list of {Key, Value}; NULL: the call has failed. */
static struct json *read_tags(struct call *c, struct str bucket)
{
    struct http_response answer = ask_s3(c, "GET", bucket, STR_EMPTY);
    struct json *tags = json_new(c->arena, JSON_IS_ARRAY);
    struct xml *root = NULL;
    struct diag d = DIAG_INIT;
    if (is_none(&answer)) {
        return tags;
    }
    if (answer.status != 200 || xml_parse(c->arena, answer.body, &root, &d) != ERR_OK) {
        pass_on(c, &answer);
        return NULL;
    }
    const struct xml *set = xml_child(root, "TagSet");
    for (const struct xml *at = set == NULL ? NULL : xml_child(set, "Tag"); at != NULL;
         at = xml_next(at, "Tag")) {
        struct json *tag = json_add(tags, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
        json_set_str(c->arena, tag, "Key", xml_text(at, "Key"));
        json_set_str(c->arena, tag, "Value", xml_text(at, "Value"));
    }
    return tags;
}

static void write_tags(struct call *c, struct str bucket, const struct json *tags)
{
    struct buf body;
    buf_init(&body, c->arena, DOCUMENT_BYTES_MAX);
    xml_open(&body, "Tagging");
    xml_open(&body, "TagSet");
    for (const struct json *at = tags->first; at != NULL; at = at->next) {
        xml_open(&body, "Tag");
        xml_element(&body, "Key", json_str(json_get(at, STR("Key"))));
        xml_element(&body, "Value", json_str(json_get(at, STR("Value"))));
        xml_close(&body, "Tag");
    }
    xml_close(&body, "TagSet");
    xml_close(&body, "Tagging");
    bool none = tags->count == 0;
    struct http_response answer =
        ask_s3(c, none ? "DELETE" : "PUT", bucket, none ? STR_EMPTY : buf_str(&body));
    if (answer.status / 100 != 2) {
        pass_on(c, &answer);
    }
}

static bool has_key(const struct json *list, struct str key, bool of_tags)
{
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        if (str_eq(json_str(of_tags ? json_get(at, STR("Key")) : at), key)) {
            return true;
        }
    }
    return false;
}

/* The tags whose key is not in the list. */
static struct json *without(struct call *c, const struct json *tags, const struct json *list,
                            bool of_tags)
{
    struct json *left = json_new(c->arena, JSON_IS_ARRAY);
    for (const struct json *at = tags->first; at != NULL; at = at->next) {
        struct str key = json_str(json_get(at, STR("Key")));
        if (!has_key(list, key, of_tags)) {
            struct json *tag = json_add(left, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
            json_set_str(c->arena, tag, "Key", key);
            json_set_str(c->arena, tag, "Value", json_str(json_get(at, STR("Value"))));
        }
    }
    return left;
}

void resource_tags_list(struct call *c)
{
    struct str bucket;
    struct json *tags = read_bucket(c, &bucket) ? read_tags(c, bucket) : NULL;
    if (tags != NULL) {
        json_add(c->output, STR("Tags"), tags);
    }
}

/* What S3 will refuse anyway must not make the document too large. */
static bool are_small(struct call *c, const struct json *tags)
{
    size_t bytes = 0;
    for (const struct json *at = tags->first; at != NULL; at = at->next) {
        bytes += json_str(json_get(at, STR("Key"))).len + json_str(json_get(at, STR("Value"))).len;
    }
    if (tags->count <= TAGS_MAX && bytes <= DOCUMENT_BYTES_MAX / 16) {
        return true;
    }
    call_fail(c, AWS_INVALID_TAG, "A bucket has at most %d tags", TAGS_MAX);
    return false;
}

void resource_tags_add(struct call *c)
{
    struct str bucket;
    const struct json *more = json_get(c->input, STR("Tags"));
    const struct json *tags = read_bucket(c, &bucket) ? read_tags(c, bucket) : NULL;
    if (tags == NULL || !are_small(c, more)) {
        return;
    }
    struct json *all = without(c, tags, more, true);
    for (const struct json *at = more->first; at != NULL; at = at->next) {
        struct json *tag = json_add(all, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
        json_set_str(c->arena, tag, "Key", json_str(json_get(at, STR("Key"))));
        json_set_str(c->arena, tag, "Value", json_str(json_get(at, STR("Value"))));
    }
    write_tags(c, bucket, all);
}

void resource_tags_remove(struct call *c)
{
    struct str bucket;
    const struct json *tags = read_bucket(c, &bucket) ? read_tags(c, bucket) : NULL;
    if (tags != NULL) {
        write_tags(c, bucket, without(c, tags, json_get(c->input, STR("TagKeys")), false));
    }
}
