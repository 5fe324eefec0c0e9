/* subscription.c -- Subscriptions in the state. */
#include "subscription.h"
#include "base/instant.h"
#include "filter_policy.h"

/* AWS sns-pending-1: a subscription that is not confirmed within 48 hours is gone. */
#define PENDING_US_MAX (2 * US_PER_DAY)

bool subscription_is_alive(const struct subscription *s, int64_t now_us)
{
    return s->confirmed || now_us - s->created_us < PENDING_US_MAX;
}

struct subscription *subscription_find(struct call *c, struct str arn)
{
    if (!sns_check_arn(c, "SubscriptionArn", arn)) {
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

/* DIFFERS sns-attributes-1: redrive, replay and delivery policies are refused by name: there is no
 * queue for what is not delivered. A redrive policy that is none is refused as such. */
static void refuse_unbuilt(struct call *c, struct str name, struct str value)
{
    static const char *const unbuilt[] = {"DeliveryPolicy", "RedrivePolicy", "ReplayPolicy",
                                          "SubscriptionRoleArn"};
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    if (str_eq(name, STR("RedrivePolicy"))) {
        if (json_parse(c->arena, value, &tree, &d) != ERR_OK) {
            fail_attribute(c,
                           str_printf(c->arena, "RedrivePolicy: failed to parse JSON. %s", d.msg));
        } else if (!sns_arn_is_valid(json_str(json_get(tree, STR("deadLetterTargetArn"))))) {
            fail_attribute(c, STR("RedrivePolicy: deadLetterTargetArn is an invalid arn"));
        }
    }
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        if (str_eq(name, str_of(unbuilt[i]))) {
            sns_fail_unbuilt(c, "subscription attribute", name);
        }
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
        refuse_unbuilt(c, name, value);
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
    bool unbuilt;
    if (filter.len == 0 || filter_policy_check(filter, scope, c->arena, &reason, &unbuilt)) {
        return true;
    }
    if (unbuilt) {
        sns_fail_unbuilt(c, "condition", reason);
    } else {
        fail_attribute(c, reason);
    }
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
}
