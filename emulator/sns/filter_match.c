/* filter_match.c -- A message against a filter policy. Attributes become an object of their values,
 * so that both scopes are one question: does this object hold what the policy asks?
 *
 * AWS sns-filter-4: all keys must hold, one condition of each is enough; of a list one element.
 * AWS sns-filter-5: attributes of type String.Array are lists, Binary ones are not looked at; a
 * body that is no JSON object passes no policy.
 * Several conditions inside of a list of objects must hold for one and the same object. */
#include "base/decimal.h"
#include "filter_policy.h"
#include "ip_network.h"

#define NUMBER_SCALE 6

bool filter_number(const struct json *value, int64_t *ret_number)
{
    struct diag d = DIAG_INIT;
    return json_is(value, JSON_IS_NUMBER) &&
           decimal_parse(json_str(value), NUMBER_SCALE, ret_number, &d) == ERR_OK;
}

/* ---- one value, one condition ---- */

static bool numbers_are(const struct json *value, struct str sign, const struct json *operand)
{
    int64_t left, right;
    if (!filter_number(value, &left) || !filter_number(operand, &right)) {
        return false;
    }
    return str_eq(sign, STR("="))    ? left == right
           : str_eq(sign, STR("<"))  ? left < right
           : str_eq(sign, STR("<=")) ? left <= right
           : str_eq(sign, STR(">"))  ? left > right
                                     : left >= right;
}

static bool is_same(const struct json *value, const struct json *wanted)
{
    int64_t left, right;
    if (value->kind != wanted->kind) {
        return false;
    }
    if (json_is(value, JSON_IS_NUMBER) && filter_number(value, &left) &&
        filter_number(wanted, &right)) {
        return left == right;
    }
    return str_eq(json_str(value), json_str(wanted)); /* both empty where they are words */
}

/* "*" stands for any text; "\*" and "\\" for themselves. */
static bool fits_wildcard(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = STR_NONE, mark = 0;
    while (t < text.len) {
        bool escaped = p + 1 < pattern.len && pattern.ptr[p] == '\\';
        if (!escaped && p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.ptr[p + escaped] == text.ptr[t]) {
            p += escaped ? 2 : 1;
            t++;
        } else if (star != STR_NONE) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static bool fits(const struct json *value, struct str kind, struct str pattern)
{
    struct str text = json_str(value);
    if (!json_is(value, JSON_IS_STRING)) {
        return false;
    }
    return str_eq(kind, STR("prefix"))               ? str_starts(text, pattern)
           : str_eq(kind, STR("suffix"))             ? str_ends(text, pattern)
           : str_eq(kind, STR("equals-ignore-case")) ? str_eq_nocase(text, pattern)
                                                     : fits_wildcard(pattern, text);
}

static bool is_anything_but(const struct json *value, const struct json *wanted)
{
    bool pattern = json_is(wanted, JSON_IS_OBJECT);
    struct str kind = pattern ? wanted->first->key : STR_EMPTY;
    const struct json *at = pattern ? wanted->first : wanted;
    bool list = json_is(at, JSON_IS_ARRAY);
    for (at = list ? at->first : at; at != NULL; at = list ? at->next : NULL) {
        if (pattern ? fits(value, kind, json_str(at)) : is_same(value, at)) {
            return false;
        }
    }
    return true;
}

static bool is_within(const struct json *value, const struct json *range)
{
    for (const struct json *at = range->first; at != NULL; at = at->next->next) {
        if (!numbers_are(value, json_str(at), at->next)) {
            return false;
        }
    }
    return true;
}

static bool is_in_network(const struct json *value, struct str cidr)
{
    struct ip_network network;
    struct ip_address address;
    return ip_network_read(cidr, &network) && json_is(value, JSON_IS_STRING) &&
           ip_address_read(json_str(value), &address) && ip_network_has(&network, &address);
}

static bool value_holds(const struct json *value, const struct json *condition)
{
    const struct json *wanted = condition->first;
    if (!json_is(condition, JSON_IS_OBJECT)) {
        return is_same(value, condition);
    }
    if (str_eq(wanted->key, STR("anything-but"))) {
        return is_anything_but(value, wanted);
    }
    if (str_eq(wanted->key, STR("numeric"))) {
        return is_within(value, wanted);
    }
    if (str_eq(wanted->key, STR("cidr"))) {
        return is_in_network(value, json_str(wanted));
    }
    return fits(value, wanted->key, json_str(wanted));
}

/* ---- what stands at a key ---- */

static bool is_there(const struct json *found)
{
    if (!json_is(found, JSON_IS_ARRAY)) {
        return found != NULL && !json_is(found, JSON_IS_OBJECT);
    }
    for (const struct json *at = found->first; at != NULL; at = at->next) {
        if (is_there(at)) {
            return true;
        }
    }
    return false;
}

static bool condition_holds(const struct json *found, const struct json *condition)
{
    const struct json *exists = json_get(condition, STR("exists"));
    if (exists != NULL) {
        return json_bool(exists, true) == is_there(found);
    }
    if (found == NULL || json_is(found, JSON_IS_OBJECT)) {
        return false;
    }
    if (!json_is(found, JSON_IS_ARRAY)) {
        return value_holds(found, condition);
    }
    for (const struct json *at = found->first; at != NULL; at = at->next) {
        if (condition_holds(at, condition)) {
            return true;
        }
    }
    return false;
}

/* A key with dots also leads into objects. */
static const struct json *found_at(const struct json *object, struct str key)
{
    const struct json *found = json_get(object, key);
    struct str head, rest;
    if (found != NULL || !str_split(key, '.', &head, &rest)) {
        return found;
    }
    const struct json *inner = json_get(object, head);
    return inner == NULL ? NULL : found_at(inner, rest);
}

static bool object_holds(const struct json *object, const struct json *policy);

static bool nested_holds(const struct json *found, const struct json *policy)
{
    if (!json_is(found, JSON_IS_ARRAY)) {
        return object_holds(found, policy);
    }
    for (const struct json *at = found->first; at != NULL; at = at->next) {
        if (nested_holds(at, policy)) {
            return true;
        }
    }
    return false;
}

static bool key_holds(const struct json *object, const struct json *wanted)
{
    bool is_or = str_eq(wanted->key, STR("$or"));
    const struct json *found = is_or ? NULL : found_at(object, wanted->key);
    if (json_is(wanted, JSON_IS_OBJECT)) {
        return nested_holds(found, wanted);
    }
    for (const struct json *at = wanted->first; at != NULL; at = at->next) {
        if (is_or ? object_holds(object, at) : condition_holds(found, at)) {
            return true;
        }
    }
    return false;
}

/* `object`: what is there; NULL, or another kind: nothing is. */
static bool object_holds(const struct json *object, const struct json *policy)
{
    for (const struct json *at = policy->first; at != NULL; at = at->next) {
        if (!key_holds(object, at)) {
            return false;
        }
    }
    return true;
}

/* ---- a message as an object ---- */

/* NULL: an attribute that is not looked at. */
static struct json *attribute_value(const struct json *attribute, struct arena *a)
{
    struct str type = json_str(json_get(attribute, STR("DataType")));
    struct str text = json_str(json_get(attribute, STR("StringValue")));
    struct diag d = DIAG_INIT;
    struct json *list = NULL;
    if (str_starts(type, STR("Binary"))) {
        return NULL;
    }
    if (str_eq(type, STR("String.Array"))) {
        return json_parse(a, text, &list, &d) == ERR_OK && json_is(list, JSON_IS_ARRAY) ? list
                                                                                        : NULL;
    }
    return str_starts(type, STR("Number")) ? json_new_number(a, text) : json_new_str(a, text);
}

static const struct json *attributes_of(const struct message *m, struct arena *a)
{
    struct json *object = json_new(a, JSON_IS_OBJECT);
    for (const struct json *at = m->attributes == NULL ? NULL : m->attributes->first; at != NULL;
         at = at->next) {
        struct json *value = attribute_value(at, a);
        if (value != NULL) {
            json_add(object, at->key, value);
        }
    }
    return object;
}

static const struct json *body_of(const struct message *m, struct str protocol, struct arena *a)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    return json_parse(a, message_text_for(m, protocol), &tree, &d) == ERR_OK &&
                   json_is(tree, JSON_IS_OBJECT)
               ? tree
               : NULL;
}

bool filter_policy_passes(struct str policy, struct str scope, const struct message *m,
                          struct str protocol, struct arena *a)
{
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    enum err e = json_parse(a, policy, &tree, &d);
    ASSERT(e == ERR_OK); /* it was checked when it came */
    if (tree->count == 0) {
        return true;
    }
    const struct json *object =
        str_eq(scope, STR(FILTER_SCOPE_BODY)) ? body_of(m, protocol, a) : attributes_of(m, a);
    return object != NULL && object_holds(object, tree);
}
