/* subscription_read.c -- Lists of subscriptions, and their attributes. */
#include "delivery_policy.h"
#include "sns_handlers.h"
#include "subscription.h"

static void out_subscription(struct call *c, struct json *list, const struct subscription *s)
{
    struct json *item = sns_new_item(c, list);
    json_set_str(c->arena, item, "SubscriptionArn",
                 s->confirmed ? s->arn : STR("PendingConfirmation"));
    json_set_str(c->arena, item, "Owner", s->owner);
    json_set_str(c->arena, item, "Protocol", s->protocol);
    json_set_str(c->arena, item, "Endpoint", s->endpoint);
    json_set_str(c->arena, item, "TopicArn", s->topic_arn);
}

static void list_under(struct call *c, struct str prefix)
{
    struct sns_page page;
    if (!sns_page_begin(c, prefix, &page)) {
        return;
    }
    struct json *list = call_out(c, "Subscriptions", JSON_IS_ARRAY);
    const struct tree_entry *at;
    while ((at = sns_page_next(c, &page, sns_of(c)->subscriptions)) != NULL) {
        if (subscription_is_alive(at->value, c->now_us)) {
            out_subscription(c, list, at->value);
        }
    }
}

void subscription_list(struct call *c)
{
    list_under(c, sns_arn_prefix(c));
}

void subscription_list_by_topic(struct call *c)
{
    const struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    if (t != NULL) {
        list_under(c, str_join(c->arena, t->arn, STR(":")));
    }
}

static struct str yes_no(bool value)
{
    return value ? STR("true") : STR("false");
}

/* AWS sns-attributes-3: EffectiveDeliveryPolicy is told of HTTP endpoints alone. */
static void out_policies(struct call *c, struct json *map, const struct subscription *s)
{
    for (const struct text_item *at = s->policies.first; at != NULL; at = at->next) {
        json_set_str(c->arena, map, str_z(c->arena, at->name), str_copy(c->arena, at->value));
    }
    const struct topic *t = tree_get(sns_of(c)->topics, s->topic_arn);
    if (s->posted && t != NULL) {
        json_set_str(c->arena, map, "EffectiveDeliveryPolicy",
                     delivery_policy_of_subscription(
                         c->arena, text_list_get(&t->attributes, "DeliveryPolicy"),
                         text_list_get(&s->policies, "DeliveryPolicy")));
    }
}

void subscription_get_attributes(struct call *c)
{
    const struct subscription *s = subscription_find(c, call_str(c, "SubscriptionArn"));
    if (s == NULL) {
        return;
    }
    struct json *map = call_out(c, "Attributes", JSON_IS_OBJECT);
    json_set_str(c->arena, map, "SubscriptionArn", s->arn);
    json_set_str(c->arena, map, "TopicArn", s->topic_arn);
    json_set_str(c->arena, map, "Owner", s->owner);
    json_set_str(c->arena, map, "Protocol", s->protocol);
    json_set_str(c->arena, map, "Endpoint", s->endpoint);
    json_set_str(c->arena, map, "RawMessageDelivery", yes_no(s->raw));
    json_set_str(c->arena, map, "PendingConfirmation", yes_no(!s->confirmed));
    json_set_str(c->arena, map, "ConfirmationWasAuthenticated", yes_no(s->authenticated));
    json_set_str(c->arena, map, "SubscriptionPrincipal",
                 str_printf(c->arena, "arn:aws:iam::%.*s:root", STR_ARG(s->owner)));
    out_policies(c, map, s);
    if (s->filter.len > 0) { /* AWS sns-filter-6: without a policy its scope is not told */
        json_set_str(c->arena, map, "FilterPolicy", str_copy(c->arena, s->filter));
        json_set_str(c->arena, map, "FilterPolicyScope", str_copy(c->arena, subscription_scope(s)));
    }
}

void subscription_set_attributes(struct call *c)
{
    struct subscription *s = subscription_find(c, call_str(c, "SubscriptionArn"));
    struct subscription_wish wish = {0};
    if (s != NULL) {
        wish.topic_arn = s->topic_arn;
        wish.endpoint = s->endpoint;
    }
    if (s != NULL &&
        subscription_attribute(c, call_str(c, "AttributeName"), call_str(c, "AttributeValue"),
                               &wish) &&
        subscription_filter_check(c, &wish, s)) {
        subscription_take(sns_of(c), s, &wish);
    }
}
