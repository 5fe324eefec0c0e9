/* Tags and resource policies of streams and consumers. */
#include "resource.h"

#include "kinesis_call.h"

void resource_init(struct resource *r, struct arena *a, struct str arn)
{
    *r = (struct resource){.arn = arn, .tags = tree_new(a)};
}

/* ---- tags ---- */

/* AWS kinesis-tags-2: letters, digits, white space and _ . : / = + - % @; letters may be any of
 * Unicode's. */
static bool tag_text_is_fine(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || ch >= 0x80 || ch == ' ' || ch == '\t' ||
                     str_find(STR("_.:/=+-%@"), (char)ch) != STR_NONE;
        if (!plain) {
            return false;
        }
    }
    return true;
}

bool tags_are_fine(struct call *c, const char *member)
{
    const struct json *tags = json_get(c->input, str_of(member));
    for (const struct json *t = tags == NULL ? NULL : tags->first; t != NULL; t = t->next) {
        if (!tag_text_is_fine(t->key) || !tag_text_is_fine(json_str(t))) {
            call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                      "Some tags contain invalid characters. Valid characters: Unicode letters, "
                      "digits, white space, _ . / = + - %% @.");
            return false;
        }
    }
    if (tags != NULL && tags->count > KINESIS_TAGS_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "A given resource cannot have more than %d tags associated with it.",
                  KINESIS_TAGS_MAX);
        return false;
    }
    return true;
}

/* AWS kinesis-tags-1: at most 50 tags of a resource; a key that is there gets the new value. */
bool tags_add(struct call *c, struct arena *a, struct resource *r, const char *member)
{
    const struct json *tags = json_get(c->input, str_of(member));
    size_t count = tree_count(r->tags);
    for (const struct json *t = tags == NULL ? NULL : tags->first; t != NULL; t = t->next) {
        count += tree_get(r->tags, t->key) == NULL;
    }
    if (count > KINESIS_TAGS_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                  "Failed to add tags to %.*s because a given resource cannot have more than %d "
                  "tags associated with it.",
                  STR_ARG(r->arn), KINESIS_TAGS_MAX);
        return false;
    }
    for (const struct json *t = tags == NULL ? NULL : tags->first; t != NULL; t = t->next) {
        struct str *value = NEW(a, struct str);
        *value = str_copy(a, json_str(t));
        tree_put(r->tags, t->key, value);
    }
    return true;
}

static void tags_remove(struct call *c, const struct resource *r)
{
    const struct json *keys = json_get(c->input, STR("TagKeys"));
    for (const struct json *k = keys == NULL ? NULL : keys->first; k != NULL; k = k->next) {
        (void)tree_remove(r->tags, json_str(k));
    }
}

/* Lists by key; true: there are more. */
static bool tags_list(struct call *c, const struct resource *r, struct str after, int64_t limit)
{
    struct json *list = call_out(c, "Tags", JSON_IS_ARRAY);
    const struct tree_entry *t = tree_seek(r->tags, after, after.len > 0);
    for (; t != NULL && (int64_t)list->count < limit; t = tree_seek(r->tags, t->key, true)) {
        struct json *tag = json_add(list, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
        json_set_str(c->arena, tag, "Key", t->key);
        json_set_str(c->arena, tag, "Value", *(const struct str *)t->value);
    }
    return t != NULL;
}

/* ---- by StreamName or StreamARN ---- */

void add_tags_to_stream(struct call *c)
{
    const struct kinesis_store *k = c->state;
    struct stream *s =
        kinesis_unsupported(c, "StreamId") || !tags_are_fine(c, "Tags")
            ? NULL
            : stream_for_reading(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL) {
        (void)tags_add(c, k->arena, &s->resource, "Tags");
    }
}

void remove_tags_from_stream(struct call *c)
{
    struct stream *s =
        kinesis_unsupported(c, "StreamId")
            ? NULL
            : stream_for_reading(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL) {
        tags_remove(c, &s->resource);
    }
}

void list_tags_for_stream(struct call *c)
{
    const struct stream *s =
        kinesis_unsupported(c, "StreamId")
            ? NULL
            : stream_of(c, call_str(c, "StreamName"), call_str(c, "StreamARN"));
    if (s != NULL) {
        call_out_bool(c, "HasMoreTags",
                      tags_list(c, &s->resource, call_str(c, "ExclusiveStartTagKey"),
                                call_i64(c, "Limit", KINESIS_TAGS_MAX)));
    }
}

/* ---- by ResourceARN, of a stream or a consumer ---- */

static struct resource *resource_named(struct call *c)
{
    struct str arn = call_str(c, "ResourceARN");
    if (kinesis_unsupported(c, "StreamId")) {
        return NULL;
    }
    if (consumer_arn_is(arn)) {
        struct consumer *consumer = consumer_by_arn(c, arn);
        return consumer == NULL ? NULL : &consumer->resource;
    }
    struct stream *s = stream_for_reading(c, STR_EMPTY, arn);
    return s == NULL ? NULL : &s->resource;
}

void tag_resource(struct call *c)
{
    const struct kinesis_store *k = c->state;
    struct resource *r = tags_are_fine(c, "Tags") ? resource_named(c) : NULL;
    if (r != NULL) {
        (void)tags_add(c, k->arena, r, "Tags");
    }
}

void untag_resource(struct call *c)
{
    const struct resource *r = resource_named(c);
    if (r != NULL) {
        tags_remove(c, r);
    }
}

void list_tags_for_resource(struct call *c)
{
    const struct resource *r = resource_named(c);
    if (r != NULL) {
        (void)tags_list(c, r, STR_EMPTY, KINESIS_TAGS_MAX);
    }
}

/* ---- policies ---- */

/* DIFFERS kinesis-resource-policy-1: policies are kept and not enforced; of their language only
 * that it is a JSON object is looked at. */
void put_resource_policy(struct call *c)
{
    const struct kinesis_store *k = c->state;
    struct str text = call_str(c, "Policy");
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    struct resource *r = resource_named(c);
    if (r == NULL) {
        return;
    }
    if (text.len > KINESIS_POLICY_BYTES_MAX) {
        call_fail(c, AWS_LIMIT_EXCEEDED_EXCEPTION, "A resource policy has at most %zu bytes.",
                  KINESIS_POLICY_BYTES_MAX);
    } else if (json_parse(c->arena, text, &tree, &d) != ERR_OK || !json_is(tree, JSON_IS_OBJECT)) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "The policy is not a JSON object.");
    } else {
        r->policy = str_copy(k->arena, text);
    }
}

void get_resource_policy(struct call *c)
{
    const struct resource *r = resource_named(c);
    if (r != NULL) {
        call_out_str(c, "Policy", r->policy.len > 0 ? r->policy : STR("{}"));
    }
}

void delete_resource_policy(struct call *c)
{
    struct resource *r = resource_named(c);
    if (r != NULL && r->policy.len == 0) {
        call_fail(c, AWS_RESOURCE_NOT_FOUND_EXCEPTION,
                  "No resource policy found for resource ARN %.*s.", STR_ARG(r->arn));
    } else if (r != NULL) {
        r->policy = STR_EMPTY;
    }
}
