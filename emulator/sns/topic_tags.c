/* topic_tags.c -- Tags: the rules, and the three operations.
 * AWS sns-tags-1: up to 50 of a topic, no key twice in a request; a key that is there gets the new
 * value. */
#include "topic_tags.h"
#include "sns_handlers.h"

#define TAGS_MAX 50

static struct str key_of(const struct json *tag)
{
    return json_str(json_get(tag, STR("Key")));
}

static struct str value_of(const struct json *tag)
{
    return json_str(json_get(tag, STR("Value")));
}

static void fail_many(struct call *c)
{
    call_fail(c, AWS_TAG_LIMIT_EXCEEDED,
              "Could not complete request: tag quota of per resource exceeded");
}

bool topic_tags_check(struct call *c, const struct json *tags)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        for (const struct json *other = at->next; other != NULL; other = other->next) {
            if (str_eq(key_of(at), key_of(other))) {
                sns_fail_parameter(c, "Duplicated keys are not allowed.");
                return false;
            }
        }
    }
    if (tags != NULL && tags->count > TAGS_MAX) {
        fail_many(c);
    }
    return !call_failed(c);
}

void topic_tags_put(struct sns *sns, struct topic *t, const struct json *tags)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        text_list_set(&t->tags, sns->arena, key_of(at), value_of(at));
    }
}

bool topic_tags_are_there(const struct topic *t, const struct json *tags)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        const struct text_item *tag = text_list_find(&t->tags, key_of(at));
        if (tag == NULL || !str_eq(tag->value, value_of(at))) {
            return false;
        }
    }
    return true;
}

static struct topic *tagged(struct call *c)
{
    struct topic *t = tree_get(sns_of(c)->topics, call_str(c, "ResourceArn"));
    if (t == NULL) {
        call_fail(c, AWS_RESOURCE_NOT_FOUND, "Resource does not exist");
    }
    return t;
}

void topic_tags_add(struct call *c)
{
    struct topic *t = tagged(c);
    const struct json *tags = json_get(c->input, STR("Tags"));
    if (t == NULL || !topic_tags_check(c, tags)) {
        return;
    }
    size_t count = t->tags.count;
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        count += text_list_find(&t->tags, key_of(at)) == NULL;
    }
    if (count > TAGS_MAX) {
        fail_many(c);
        return;
    }
    topic_tags_put(sns_of(c), t, tags);
}

void topic_tags_remove(struct call *c)
{
    struct topic *t = tagged(c);
    const struct json *keys = json_get(c->input, STR("TagKeys"));
    for (const struct json *at = t == NULL || keys == NULL ? NULL : keys->first; at != NULL;
         at = at->next) {
        text_list_drop(&t->tags, sns_of(c)->arena, json_str(at));
    }
}

void topic_tags_list(struct call *c)
{
    const struct topic *t = tagged(c);
    if (t == NULL) {
        return;
    }
    struct json *list = call_out(c, "Tags", JSON_IS_ARRAY);
    for (const struct text_item *at = t->tags.first; at != NULL; at = at->next) {
        struct json *item = sns_new_item(c, list);
        json_set_str(c->arena, item, "Key", str_copy(c->arena, at->name));
        json_set_str(c->arena, item, "Value", str_copy(c->arena, at->value));
    }
}
