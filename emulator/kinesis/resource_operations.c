/* The operations on tags and policies, of streams by name and of streams and consumers by ARN. */
#include "consumer.h"
#include "kinesis_call.h"

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
