/* filter_policy.c -- The rules for a filter policy itself.
 *
 * AWS sns-filter-1: at most 5 keys, at most 150 combinations: the product over all keys of their
 * conditions and their depth; alternatives of $or add up.
 * AWS sns-filter-2: a policy on attributes has no nesting.
 * AWS sns-filter-3: cidr knows networks of IPv4 and IPv6. */
#include "filter_policy.h"
#include "ip_network.h"

#define KEYS_MAX 5
#define COMBINATIONS_MAX 150

struct checker {
    struct arena *arena;
    bool flat; /* on attributes */
    struct str reason;
};

static bool refuse(struct checker *k, const char *reason)
{
    k->reason = str_printf(k->arena, "FilterPolicy: %s", reason);
    return false;
}

static bool refuse_of(struct checker *k, const char *reason, struct str what)
{
    struct str shown = str_slice(what, 0, 256);
    k->reason = str_printf(k->arena, "FilterPolicy: %s%.*s", reason, STR_ARG(shown));
    return false;
}

/* ---- conditions ---- */

static bool is_one_of(struct str text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (str_eq(text, str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool check_operand(struct checker *k, struct str sign, const struct json *value)
{
    if (json_is(value, JSON_IS_NUMBER)) {
        return true;
    }
    struct str shown = str_eq(sign, STR("=")) ? STR("equals") : sign;
    return refuse(
        k, str_z(k->arena, str_printf(k->arena, "Value of %.*s must be numeric", STR_ARG(shown))));
}

/* The upper end of a range, behind ">" or ">=" and its value. */
static bool check_upper(struct checker *k, const struct json *bottom, const struct json *sign)
{
    static const char *const uppers[] = {"<", "<=", NULL};
    int64_t low = 0, high = 0;
    if (!json_is(sign, JSON_IS_STRING)) {
        return refuse_of(k, "Bad value in numeric range: ", json_str(sign));
    }
    if (!is_one_of(json_str(sign), uppers)) {
        return refuse_of(k, "Bad numeric range operator: ", json_str(sign));
    }
    if (!check_operand(k, json_str(sign), sign->next)) {
        return false;
    }
    if (filter_number(bottom, &low) && filter_number(sign->next, &high) && high <= low) {
        return refuse(k, "Bottom must be less than top");
    }
    return sign->next->next == NULL ? true
                                    : refuse(k, "Too many terms in numeric range expression");
}

static bool check_numeric(struct checker *k, const struct json *value)
{
    static const char *const signs[] = {"<", "<=", "=", ">", ">=", NULL};
    static const char *const lowers[] = {">", ">=", NULL};
    const struct json *sign = json_is(value, JSON_IS_ARRAY) ? value->first : NULL;
    if (sign == NULL) {
        return refuse(k, "Invalid member in numeric match: ]");
    }
    if (!json_is(sign, JSON_IS_STRING)) {
        return refuse_of(k, "Invalid member in numeric match: ", json_str(sign));
    }
    if (!is_one_of(json_str(sign), signs)) {
        return refuse_of(k, "Unrecognized numeric range operator: ", json_str(sign));
    }
    if (!check_operand(k, json_str(sign), sign->next)) {
        return false;
    }
    if (sign->next->next == NULL) {
        return true;
    }
    return is_one_of(json_str(sign), lowers) ? check_upper(k, sign->next, sign->next->next)
                                             : refuse(k, "Too many elements in numeric expression");
}

static bool check_cidr(struct checker *k, const struct json *value)
{
    struct str text = json_str(value), address, bits;
    struct ip_network network;
    if (!json_is(value, JSON_IS_STRING)) {
        return refuse(k, "prefix match pattern must be a string"); /* these are SNS's own words */
    }
    if (!str_split(text, '/', &address, &bits) || str_contains(bits, STR("/"))) {
        return refuse(k, "Malformed CIDR, one '/' required");
    }
    for (size_t i = 0; i < bits.len || i == 0; i++) {
        if (bits.len == 0 || bits.ptr[i] < '0' || bits.ptr[i] > '9') {
            return refuse(k, "Malformed CIDR, mask bits must be an integer");
        }
    }
    return ip_network_read(text, &network) ? true
                                           : refuse_of(k, "Nonstandard IP address: ", address);
}

static bool is_plain(const struct json *value)
{
    return !json_is(value, JSON_IS_OBJECT) && !json_is(value, JSON_IS_ARRAY);
}

static bool check_pattern(struct checker *k, struct str kind, const struct json *value)
{
    return json_is(value, JSON_IS_STRING)
               ? true
               : refuse(k, str_z(k->arena, str_printf(k->arena,
                                                      "%.*s match pattern must be a "
                                                      "string",
                                                      STR_ARG(kind))));
}

/* A value, several, or a pattern (or several) that none may fit. */
static bool check_anything_but(struct checker *k, const struct json *value)
{
    static const char *const patterns[] = {"prefix", "suffix", "wildcard", "equals-ignore-case",
                                           NULL};
    bool pattern = json_is(value, JSON_IS_OBJECT);
    if (pattern && value->count != 1) {
        return refuse(k, "Only one key allowed in match expression");
    }
    if (pattern && !is_one_of(value->first->key, patterns)) {
        return refuse_of(k, "Unsupported anything-but pattern: ", value->first->key);
    }
    const struct json *at = pattern ? value->first : value;
    if (json_is(at, JSON_IS_ARRAY) && at->count == 0) {
        return refuse(k, "Empty arrays are not allowed");
    }
    struct str kind = pattern ? value->first->key : STR_EMPTY;
    for (at = json_is(at, JSON_IS_ARRAY) ? at->first : at; at != NULL; at = at->next) {
        if (pattern && !check_pattern(k, kind, at)) {
            return false;
        }
        if (!is_plain(at)) {
            return refuse(k, "Match value must be String, number, true, false, or null");
        }
    }
    return true;
}

static bool check_condition(struct checker *k, const struct json *condition)
{
    static const char *const patterns[] = {"prefix", "suffix", "wildcard", "equals-ignore-case",
                                           NULL};
    if (is_plain(condition)) {
        return true;
    }
    if (!json_is(condition, JSON_IS_OBJECT)) {
        return refuse(k, "Match value must be String, number, true, false, or null");
    }
    if (condition->count != 1) {
        return refuse(k, "Only one key allowed in match expression");
    }
    const struct json *value = condition->first;
    if (is_one_of(value->key, patterns)) {
        return check_pattern(k, value->key, value);
    }
    if (str_eq(value->key, STR("anything-but"))) {
        return check_anything_but(k, value);
    }
    if (str_eq(value->key, STR("exists"))) {
        bool good = json_is(value, JSON_IS_TRUE) || json_is(value, JSON_IS_FALSE);
        return good ? true : refuse(k, "exists match pattern must be either true or false.");
    }
    if (str_eq(value->key, STR("numeric"))) {
        return check_numeric(k, value);
    }
    return str_eq(value->key, STR("cidr")) ? check_cidr(k, value)
                                           : refuse_of(k, "Unrecognized match type ", value->key);
}

/* ---- the tree of keys ---- */

static bool check_keys(struct checker *k, const struct json *object, uint64_t depth,
                       uint64_t *combinations);

static uint64_t multiplied(uint64_t combinations, uint64_t by)
{
    return combinations > COMBINATIONS_MAX ? combinations : combinations * by;
}

static bool check_or(struct checker *k, const struct json *list, uint64_t depth,
                     uint64_t *combinations)
{
    uint64_t sum = 0;
    for (const struct json *at = list->first; at != NULL; at = at->next) {
        uint64_t own = *combinations;
        if (!json_is(at, JSON_IS_OBJECT)) {
            return refuse(k, "$or must be an array of objects");
        }
        if (!check_keys(k, at, depth, &own)) {
            return false;
        }
        sum += own;
    }
    *combinations = sum;
    return true;
}

static bool check_key(struct checker *k, const struct json *value, uint64_t depth,
                      uint64_t *combinations)
{
    if (json_is(value, JSON_IS_OBJECT)) {
        return check_keys(k, value, depth + 1, combinations);
    }
    if (!json_is(value, JSON_IS_ARRAY)) {
        struct str key = str_slice(value->key, 0, 256);
        k->reason = str_printf(k->arena, "FilterPolicy: \"%.*s\" must be an object or an array",
                               STR_ARG(key));
        return false;
    }
    if (value->count == 0) {
        return refuse(k, "Empty arrays are not allowed");
    }
    if (str_eq(value->key, STR("$or"))) {
        return check_or(k, value, depth, combinations);
    }
    for (const struct json *at = value->first; at != NULL; at = at->next) {
        if (!check_condition(k, at)) {
            return false;
        }
    }
    *combinations = multiplied(*combinations, value->count * depth);
    return true;
}

static bool check_keys(struct checker *k, const struct json *object, uint64_t depth,
                       uint64_t *combinations)
{
    if (k->flat && depth > 1) {
        k->reason = STR("Filter policy scope MessageAttributes does not support nested filter "
                        "policy");
        return false;
    }
    for (const struct json *at = object->first; at != NULL; at = at->next) {
        if (!check_key(k, at, depth, combinations)) {
            return false;
        }
    }
    return true;
}

bool filter_policy_check(struct str policy, struct str scope, struct arena *a,
                         struct str *ret_reason)
{
    struct checker k = {.arena = a, .flat = str_eq(scope, STR(FILTER_SCOPE_ATTRIBUTES))};
    struct diag d = DIAG_INIT;
    struct json *tree = NULL;
    uint64_t combinations = 1;
    bool good;
    if (json_parse(a, policy, &tree, &d) != ERR_OK || !json_is(tree, JSON_IS_OBJECT)) {
        good = refuse_of(&k, "failed to parse JSON. ", str_of(d.msg));
    } else if (tree->count > KEYS_MAX) {
        good = refuse(&k, "Filter policy can not have more than 5 keys");
    } else {
        good = check_keys(&k, tree, 1, &combinations);
        if (good && combinations > COMBINATIONS_MAX) {
            good = refuse(&k, "Filter policy is too complex");
        }
    }
    *ret_reason = k.reason;
    return good;
}
