/* policy_condition.c -- {operator: {key: [values]}}: every operator and every key must hold; of a
 * key's values one must fit, or with a negated operator none. */
#include "policy_condition.h"
#include "base/instant.h"

typedef bool compare_fn(struct str actual, struct str expected);

static bool same(struct str actual, struct str expected)
{
    return str_eq(actual, expected);
}

static bool same_nocase(struct str actual, struct str expected)
{
    return str_eq_nocase(actual, expected);
}

static bool like(struct str actual, struct str expected)
{
    return str_glob(expected, actual);
}

/* -1, 0, 1; 2: they cannot be compared. */
static int order_of_numbers(struct str actual, struct str expected)
{
    struct diag d = DIAG_INIT;
    int64_t a, b;
    if (str_i64(actual, &a, &d) != ERR_OK || str_i64(expected, &b, &d) != ERR_OK) {
        return 2;
    }
    return a < b ? -1 : a > b;
}

static bool moment(struct str text, int64_t *ret_us)
{
    struct diag d = DIAG_INIT;
    int64_t seconds;
    if (str_i64(text, &seconds, &d) == ERR_OK && seconds < INT64_MAX / US_PER_S) {
        *ret_us = seconds * US_PER_S;
        return true;
    }
    return instant_parse(text, ret_us, &d) == ERR_OK;
}

static int order_of_dates(struct str actual, struct str expected)
{
    int64_t a, b;
    if (!moment(actual, &a) || !moment(expected, &b)) {
        return 2;
    }
    return a < b ? -1 : a > b;
}

#define ORDERED(name, order, test)                                                                 \
    static bool name(struct str actual, struct str expected)                                       \
    {                                                                                              \
        int o = order(actual, expected);                                                           \
        return o != 2 && (test);                                                                   \
    }
ORDERED(number_is, order_of_numbers, o == 0)
ORDERED(number_below, order_of_numbers, o < 0)
ORDERED(number_to, order_of_numbers, o <= 0)
ORDERED(number_above, order_of_numbers, o > 0)
ORDERED(number_from, order_of_numbers, o >= 0)
ORDERED(date_is, order_of_dates, o == 0)
ORDERED(date_below, order_of_dates, o < 0)
ORDERED(date_to, order_of_dates, o <= 0)
ORDERED(date_above, order_of_dates, o > 0)
ORDERED(date_from, order_of_dates, o >= 0)

static const struct condition_operator {
    const char *name;
    compare_fn *fits;
    bool negated;
} operators[] = {
    {"StringEquals", same, false},
    {"StringNotEquals", same, true},
    {"StringEqualsIgnoreCase", same_nocase, false},
    {"StringNotEqualsIgnoreCase", same_nocase, true},
    {"StringLike", like, false},
    {"StringNotLike", like, true},
    {"ArnEquals", like, false},
    {"ArnNotEquals", like, true},
    {"ArnLike", like, false},
    {"ArnNotLike", like, true},
    {"BinaryEquals", same, false},
    {"Bool", same_nocase, false},
    {"NumericEquals", number_is, false},
    {"NumericNotEquals", number_is, true},
    {"NumericLessThan", number_below, false},
    {"NumericLessThanEquals", number_to, false},
    {"NumericGreaterThan", number_above, false},
    {"NumericGreaterThanEquals", number_from, false},
    {"DateEquals", date_is, false},
    {"DateNotEquals", date_is, true},
    {"DateLessThan", date_below, false},
    {"DateLessThanEquals", date_to, false},
    {"DateGreaterThan", date_above, false},
    {"DateGreaterThanEquals", date_from, false},
};

struct test { /* an operator as it is spelt in a policy */
    const struct condition_operator *operator_;
    bool for_all, for_any, if_exists, null;
};

static bool read_test(struct str name, struct test *ret_test)
{
    static const struct str all = STR_INIT("ForAllValues:"), any = STR_INIT("ForAnyValue:"),
                            exists = STR_INIT("IfExists");
    struct test t = {.for_all = str_starts_nocase(name, all),
                     .for_any = str_starts_nocase(name, any)};
    name = str_from(name, t.for_all ? all.len : t.for_any ? any.len : 0);
    t.if_exists = str_ends(name, exists);
    name = str_slice(name, 0, name.len - (t.if_exists ? exists.len : 0));
    t.null = str_eq_nocase(name, STR("Null"));
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (str_eq_nocase(name, str_of(operators[i].name))) {
            t.operator_ = &operators[i];
        }
    }
    *ret_test = t;
    return t.null || t.operator_ != NULL;
}

static bool one_fits(const struct test *t, struct str actual, const struct json *expected)
{
    bool found = false;
    if (!json_is(expected, JSON_IS_ARRAY)) {
        found = t->operator_->fits(actual, json_str(expected));
    } else {
        for (const struct json *at = expected->first; at != NULL && !found; at = at->next) {
            found = t->operator_->fits(actual, json_str(at));
        }
    }
    return found != t->operator_->negated;
}

static bool is_true(const struct json *value)
{
    const struct json *one = json_is(value, JSON_IS_ARRAY) ? value->first : value;
    return json_bool(one, false) || str_eq_nocase(json_str(one), STR("true"));
}

static bool key_holds(const struct test *t, const struct str *actual, size_t count,
                      const struct json *expected)
{
    if (t->null) {
        return is_true(expected) == (count == 0);
    }
    if (count == 0) {
        return t->for_all || t->if_exists || (t->operator_->negated && !t->for_any);
    }
    size_t fitting = 0;
    for (size_t i = 0; i < count; i++) {
        fitting += one_fits(t, actual[i], expected);
    }
    return t->for_all ? fitting == count : fitting > 0;
}

static enum policy_truth test_holds(const struct json *keys, const struct policy_facts *facts)
{
    struct test t;
    struct str actual[POLICY_VALUES_MAX];
    enum policy_truth whole = POLICY_YES;
    if (!read_test(keys->key, &t)) {
        return POLICY_UNSURE;
    }
    for (const struct json *at = keys->first; at != NULL; at = at->next) {
        size_t count = facts->values(facts->self, at->key, actual);
        if (count == POLICY_UNKNOWABLE) {
            whole = POLICY_UNSURE;
        } else if (!key_holds(&t, actual, count, at)) {
            return POLICY_NO;
        }
    }
    return whole;
}

enum policy_truth policy_condition(const struct json *condition, const struct policy_facts *facts)
{
    enum policy_truth whole = POLICY_YES;
    for (const struct json *at = condition == NULL ? NULL : condition->first; at != NULL;
         at = at->next) {
        enum policy_truth one = test_holds(at, facts);
        if (one == POLICY_NO) {
            return POLICY_NO;
        }
        whole = one == POLICY_UNSURE ? POLICY_UNSURE : whole;
    }
    return whole;
}
