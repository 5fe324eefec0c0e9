/* subscription.c -- Subscriptions in the state. */
#include "subscription.h"
#include "base/instant.h"

/* AWS sns-pending-1: a subscription that is not confirmed within 48 hours is gone. */
#define PENDING_US_MAX (2 * US_PER_DAY)

bool subscription_is_alive(const struct subscription *s, int64_t now_us)
{
    return s->confirmed || now_us - s->created_us < PENDING_US_MAX;
}

struct subscription *subscription_find(struct call *c, struct str arn)
{
    if (!sns_arn_is_valid(arn)) {
        sns_fail_parameter(c, "SubscriptionArn");
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

/* DIFFERS sns-attributes-1: filter, redrive, replay and delivery policies are refused by name. */
bool subscription_attribute(struct call *c, struct str name, struct str value, bool *ret_raw)
{
    static const char *const unbuilt[] = {"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope",
                                          "RedrivePolicy",  "ReplayPolicy", "SubscriptionRoleArn"};
    if (str_eq(name, STR("RawMessageDelivery"))) {
        *ret_raw = str_eq(value, STR("true"));
        if (!*ret_raw && !str_eq(value, STR("false"))) {
            call_fail(c, AWS_INVALID_PARAMETER,
                      "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value "
                      "[%.*s]. Must be true or "
                      "false.",
                      STR_ARG(value));
            return false;
        }
        return true;
    }
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        if (str_eq(name, str_of(unbuilt[i]))) {
            sns_fail_unbuilt(c, "subscription attribute", name);
            return false;
        }
    }
    sns_fail_parameter(c, "AttributeName");
    return false;
}
