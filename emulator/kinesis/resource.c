/* What streams and consumers have alike: an ARN, tags, a policy. Who they are is not known here. */
#include "resource.h"

#include "emulator/core/call.h"
#include "kinesis_limits.h"

void resource_init(struct resource *r, struct arena *a, struct str arn)
{
    *r = (struct resource){.arn = arn, .tags = tree_new(a)};
}

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
