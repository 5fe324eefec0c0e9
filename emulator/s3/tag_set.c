/* tag_set.c -- The rules of tags, in S3's words. */
#include "tag_set.h"
#include "base/encode.h"
#include "s3_state.h"

#define KEY_UNITS_MAX 128
#define VALUE_UNITS_MAX 256

static size_t utf16_units(struct str text)
{
    size_t units = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char at = (unsigned char)text.ptr[i];
        units += (at & 0xc0) != 0x80 ? 1 : 0;
        units += at >= 0xf0 ? 1 : 0;
    }
    return units;
}

/* Letters, digits, spaces and + - = . _ : / @; what is beyond ASCII is taken for a letter. */
static bool has_tag_letters(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char at = (unsigned char)text.ptr[i];
        bool plain = at >= 0x80 || (at >= '0' && at <= '9') || (at >= 'a' && at <= 'z') ||
                     (at >= 'A' && at <= 'Z');
        if (!plain && !str_contains(STR(" +-=._:/@"), str_slice(text, i, i + 1))) {
            return false;
        }
    }
    return utf8_is_valid(text);
}

static bool fail_tag(struct call *c, const char *message, struct str key)
{
    call_fail(c, AWS_INVALID_TAG, "%s", message);
    call_fail_extra(c, "TagKey", key);
    return false;
}

/* AWS s3-tag-rules-1: keys of 1 to 128 characters, values of at most 256, no key twice, "aws:" is
 * reserved. */
static bool check_tag(struct call *c, const struct json *tag, size_t count_max)
{
    struct str key = json_str(json_get(tag, STR("Key")));
    struct str value = json_str(json_get(tag, STR("Value")));
    if (key.len == 0 || utf16_units(key) > KEY_UNITS_MAX || !has_tag_letters(key)) {
        return fail_tag(c, "The TagKey you have provided is invalid", key);
    }
    if (utf16_units(value) > VALUE_UNITS_MAX || !has_tag_letters(value)) {
        (void)fail_tag(c, "The TagValue you have provided is invalid", key);
        call_fail_extra(c, "TagValue", value);
        return false;
    }
    if (str_starts_nocase(key, STR("aws:"))) {
        return fail_tag(c,
                        count_max == TAG_SET_OBJECT_MAX
                            ? "Your TagKey cannot be prefixed with aws:"
                            : "System tags cannot be added/updated by requester",
                        key);
    }
    for (const struct json *other = tag->next; other != NULL; other = other->next) {
        if (str_eq(key, json_str(json_get(other, STR("Key"))))) {
            return fail_tag(c, "Cannot provide multiple Tags with the same key", key);
        }
    }
    return true;
}

bool tag_set_check(struct call *c, const struct json *tags, size_t count_max)
{
    if (tags != NULL && tags->count > count_max) {
        call_fail(c, AWS_BAD_REQUEST,
                  count_max == TAG_SET_OBJECT_MAX ? "Object tags cannot be greater than %zu"
                                                  : "Bucket tag count cannot be greater than %zu",
                  count_max);
        return false;
    }
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        if (!check_tag(c, at, count_max)) {
            return false;
        }
    }
    return true;
}

static struct str decoded(struct arena *a, struct str text)
{
    struct buf out;
    buf_init(&out, a, text.len + 1);
    decode_percent(&out, text, true);
    return buf_str(&out);
}

/* Whether a list could stand in the header: in its letters, no key twice. */
static bool header_is_plain(const struct json *tags)
{
    for (const struct json *at = tags->first; at != NULL; at = at->next) {
        struct str key = json_str(json_get(at, STR("Key")));
        bool plain = key.len > 0 && has_tag_letters(key) &&
                     has_tag_letters(json_str(json_get(at, STR("Value"))));
        for (const struct json *other = at->next; plain && other != NULL; other = other->next) {
            plain = !str_eq(key, json_str(json_get(other, STR("Key"))));
        }
        if (!plain) {
            return false;
        }
    }
    return true;
}

/* AWS s3-tag-header-2: tags of the header are kept in the order of their keys. */
static struct json *in_order(struct arena *a, const struct json *tags)
{
    struct json *sorted = json_new(a, JSON_IS_ARRAY);
    for (struct str last = STR_EMPTY; sorted->count < tags->count;) {
        const struct json *least = NULL;
        for (const struct json *at = tags->first; at != NULL; at = at->next) {
            struct str key = json_str(json_get(at, STR("Key")));
            bool later = str_cmp(key, last) > 0;
            if (later &&
                (least == NULL || str_cmp(key, json_str(json_get(least, STR("Key")))) < 0)) {
                least = at;
            }
        }
        ASSERT(least != NULL); /* keys are not empty, and differ */
        last = json_str(json_get(least, STR("Key")));
        struct json *tag = json_add(sorted, STR_EMPTY, json_new(a, JSON_IS_OBJECT));
        json_set_str(a, tag, "Key", last);
        json_set_str(a, tag, "Value", json_str(json_get(least, STR("Value"))));
    }
    return sorted;
}

/* AWS s3-tag-header-1: what the header cannot hold is InvalidArgument of the header as a whole;
 * nothing between two "&" is no tag. */
bool tag_set_parse(struct call *c, struct str header, struct json **ret_tags)
{
    struct json *tags = json_new(c->arena, JSON_IS_ARRAY);
    for (struct str rest = header, pair; str_cut(&rest, '&', &pair);) {
        struct str name = pair, value = STR_EMPTY;
        (void)str_split(pair, '=', &name, &value);
        if (pair.len == 0) {
            continue;
        }
        struct json *tag = json_add(tags, STR_EMPTY, json_new(c->arena, JSON_IS_OBJECT));
        json_set_str(c->arena, tag, "Key", decoded(c->arena, name));
        json_set_str(c->arena, tag, "Value", decoded(c->arena, value));
    }
    if (!header_is_plain(tags)) {
        s3_fail_argument(c, "x-amz-tagging", header,
                         "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                         "URL query parameters without tag name duplicates.");
        return false;
    }
    if (!tag_set_check(c, tags, TAG_SET_OBJECT_MAX)) {
        return false;
    }
    *ret_tags = in_order(c->arena, tags);
    return true;
}
