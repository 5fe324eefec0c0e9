/* subscription.c -- Subscriptions in the state. */
#include "subscription.h"
#include "base/instant.h"
#include "delivery_policy.h"
#include "endpoint.h"
#include "filter_policy.h"

/* AWS sns-pending-1: a subscription that is not confirmed within 48 hours is gone. */
#define PENDING_US_MAX (2 * US_PER_DAY)

bool subscription_is_alive(const struct subscription *s, int64_t now_us)
{
    return s->confirmed || now_us - s->created_us < PENDING_US_MAX;
}

static bool is_uuid(struct str text)
{
    bool good = text.len == 36;
    for (size_t i = 0; good && i < text.len; i++) {
        char ch = text.ptr[i], low = (char)(ch | 0x20);
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        good = hyphen ? ch == '-' : (ch >= '0' && ch <= '9') || (low >= 'a' && low <= 'f');
    }
    return good;
}

/* AWS sns-subscription-arn-1: the last part of a subscription's ARN is a UUID. */
bool subscription_arn_check(struct call *c, struct str arn)
{
    if (arn.len == 0) {
        sns_fail_parameter(c, "SubscriptionArn Reason: no value for required parameter");
    } else if (sns_check_arn(c, "SubscriptionArn", arn) &&
               !is_uuid(str_from(arn, str_find_last(arn, ':') + 1))) {
        sns_fail_parameter(c, "SubscriptionId");
    }
    return !call_failed(c);
}

struct subscription *subscription_find(struct call *c, struct str arn)
{
    if (!subscription_arn_check(c, arn)) {
        return NULL;
    }
    struct subscription *s = tree_get(sns_of(c)->subscriptions, arn);
    if (s == NULL || !subscription_is_alive(s, c->now_us)) {
        call_fail(c, AWS_NOT_FOUND, "Subscription does not exist");
        return NULL;
    }
    return s;
}

void subscription_free(struct sns *sns, struct subscription *s)
{
    tree_remove(sns->subscriptions, s->arn);
    sns_text_free(sns, s->arn);
    sns_text_free(sns, s->protocol);
    sns_text_free(sns, s->endpoint);
    sns_text_free(sns, s->token);
    sns_text_free(sns, s->filter);
    sns_text_free(sns, s->scope);
    text_list_clear(&s->policies, sns->arena);
    arena_recycle(sns->arena, s, sizeof *s);
}

/* The topic's ARN and a colon begin the ARNs of its subscriptions, and of no other topic's. */
struct subscription *subscription_next(const struct sns *sns, struct str topic_arn,
                                       const struct subscription *after)
{
    const struct tree_entry *at = after == NULL ? tree_seek(sns->subscriptions, topic_arn, true)
                                                : tree_seek(sns->subscriptions, after->arn, true);
    while (at != NULL && str_starts(at->key, topic_arn)) {
        if (at->key.ptr[topic_arn.len] == ':') {
            return at->value;
        }
        at = tree_seek(sns->subscriptions, at->key, true);
    }
    return NULL;
}

/* ---- attributes ---- */

/* AWS sns-attributes-2: what Subscribe refuses is told with another beginning. */
static void fail_attribute(struct call *c, struct str reason)
{
    bool at_subscribe = str_eq(str_of(c->op->name), STR("Subscribe"));
    call_fail(c, AWS_INVALID_PARAMETER, "Invalid parameter: %s%.*s",
              at_subscribe ? "Attributes Reason: " : "", STR_ARG(reason));
}

static void fail_value(struct call *c, const char *name, struct str value, const char *wanted)
{
    fail_attribute(c, str_printf(c->arena, "%s: Invalid value [%.*s]. %s", name,
                                 STR_ARG(str_slice(value, 0, 256)), wanted));
}

/* ---- policies ---- */

enum policy { DELIVERY, REDRIVE, ROLE };

const char *subscription_policy_name(size_t i)
{
    static const char *const names[SUBSCRIPTION_POLICIES] = {"DeliveryPolicy", "RedrivePolicy",
                                                             "SubscriptionRoleArn"};
    return names[i];
}

/* DIFFERS sns-attributes-1: a redrive policy is kept and told; there is no queue for what is not
 * delivered. A replay policy is refused by name: nothing is archived. */
static void read_redrive(struct call *c, struct str value, struct subscription_wish *wish)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    if (value.len == 0) {
        return;
    }
    if (json_parse(c->arena, value, &tree, &d) != ERR_OK || !json_is(tree, JSON_IS_OBJECT)) {
        fail_attribute(c, str_printf(c->arena, "RedrivePolicy: failed to parse JSON. %s", d.msg));
        return;
    }
    struct str queue = json_str(json_get(tree, STR("deadLetterTargetArn")));
    bool fifo = str_ends(wish->topic_arn, STR(".fifo")) && str_ends(wish->endpoint, STR(".fifo"));
    if (tree->count == 0) {
        return;
    }
    if (!endpoint_is_arn_of(queue, "sqs")) {
        fail_attribute(c, STR("RedrivePolicy: deadLetterTargetArn is an invalid arn"));
    } else if (fifo && !str_ends(queue, STR(".fifo"))) {
        fail_attribute(c, STR("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription "
                              "to a FIFO Topic."));
    }
    wish->policies[REDRIVE] = value;
}

static void read_policy(struct call *c, enum policy policy, struct str value,
                        struct subscription_wish *wish)
{
    struct str reason;
    wish->has_policy[policy] = true;
    wish->policies[policy] = STR_EMPTY;
    switch (policy) {
    case DELIVERY:
        if (!delivery_policy_read(c->arena, OF_SUBSCRIPTION, value, &wish->policies[policy],
                                  &reason)) {
            fail_attribute(c, reason);
        }
        break;
    case REDRIVE:
        read_redrive(c, value, wish);
        break;
    case ROLE:
        if (value.len > 0 && !sns_arn_is_valid(value)) {
            fail_attribute(c, STR("SubscriptionRoleArn"));
        }
        wish->policies[policy] = value;
        break;
    }
}

static void read_other(struct call *c, struct str name, struct str value,
                       struct subscription_wish *wish)
{
    for (size_t i = 0; i < SUBSCRIPTION_POLICIES; i++) {
        if (str_eq(name, str_of(subscription_policy_name(i)))) {
            read_policy(c, (enum policy)i, value, wish);
            return;
        }
    }
    if (str_eq(name, STR("ReplayPolicy"))) {
        sns_fail_unbuilt(c, "subscription attribute", name);
    }
    fail_attribute(c, STR("AttributeName"));
}

bool subscription_attribute(struct call *c, struct str name, struct str value,
                            struct subscription_wish *wish)
{
    if (str_eq(name, STR("RawMessageDelivery"))) {
        wish->has_raw = true;
        wish->raw = str_eq_nocase(value, STR("true"));
        if (!wish->raw && !str_eq_nocase(value, STR("false"))) {
            fail_value(c, "RawMessageDelivery", value, "Must be true or false.");
        }
    } else if (str_eq(name, STR("FilterPolicyScope"))) {
        wish->has_scope = true;
        wish->scope = value;
        if (!str_eq(value, STR(FILTER_SCOPE_ATTRIBUTES)) &&
            !str_eq(value, STR(FILTER_SCOPE_BODY))) {
            fail_value(c, "FilterPolicyScope", value,
                       "Please use either MessageBody or MessageAttributes");
        }
    } else if (str_eq(name, STR("FilterPolicy"))) {
        wish->has_filter = true;
        wish->filter = value;
    } else {
        read_other(c, name, value, wish);
    }
    return !call_failed(c);
}

struct str subscription_scope(const struct subscription *s)
{
    return s->scope.len > 0 ? s->scope : STR(FILTER_SCOPE_ATTRIBUTES);
}

bool subscription_filter_check(struct call *c, const struct subscription_wish *wish,
                               const struct subscription *s)
{
    struct str filter = wish->has_filter ? wish->filter : s != NULL ? s->filter : STR_EMPTY;
    struct str scope = wish->has_scope ? wish->scope
                       : s != NULL     ? subscription_scope(s)
                                       : STR(FILTER_SCOPE_ATTRIBUTES);
    struct str reason;
    if (filter.len == 0 || filter_policy_check(filter, scope, c->arena, &reason)) {
        return true;
    }
    fail_attribute(c, reason);
    return false;
}

static void text_replace(struct sns *sns, struct str *text, struct str by)
{
    struct str copy = by.len > 0 ? str_copy(sns->arena, by) : STR_EMPTY;
    sns_text_free(sns, *text);
    *text = copy;
}

void subscription_take(struct sns *sns, struct subscription *s,
                       const struct subscription_wish *wish)
{
    s->raw = wish->has_raw ? wish->raw : s->raw;
    if (wish->has_filter) {
        text_replace(sns, &s->filter, wish->filter);
    }
    if (wish->has_scope) {
        text_replace(sns, &s->scope, wish->scope);
    }
    for (size_t i = 0; i < SUBSCRIPTION_POLICIES; i++) {
        struct str name = str_of(subscription_policy_name(i));
        if (wish->has_policy[i] && wish->policies[i].len > 0) {
            text_list_set(&s->policies, sns->arena, name, wish->policies[i]);
        } else if (wish->has_policy[i]) {
            text_list_drop(&s->policies, sns->arena, name);
        }
    }
}
