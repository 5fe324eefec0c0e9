/* subscribe.c -- Subscribe, ConfirmSubscription, Unsubscribe: how an endpoint comes and goes. */
#include "base/instant.h"
#include "delivery.h"
#include "endpoint.h"
#include "sns_handlers.h"
#include "subscription.h"
#include "wire/sigv4.h"

struct wish { /* what Subscribe asks for, checked */
    const struct topic *topic;
    enum endpoint_kind kind;
    struct str protocol, endpoint;
    struct subscription_wish attributes;
};

static bool read_wish(struct call *c, struct wish *w)
{
    *w = (struct wish){.protocol = call_str(c, "Protocol"), .endpoint = call_str(c, "Endpoint")};
    if (!endpoint_kind_of(c, w->protocol, &w->kind) ||
        !endpoint_check(c, w->protocol, w->endpoint)) {
        return false;
    }
    w->attributes.topic_arn = call_str(c, "TopicArn");
    w->attributes.endpoint = w->endpoint;
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        if (!subscription_attribute(c, at->key, json_str(at), &w->attributes)) {
            return false;
        }
    }
    w->topic = sns_topic(c, call_str(c, "TopicArn"));
    return w->topic != NULL && endpoint_fits_topic(c, w->topic, w->protocol, w->endpoint) &&
           subscription_filter_check(c, &w->attributes, NULL);
}

static bool is_other(const struct subscription *s, const struct subscription_wish *w)
{
    for (size_t i = 0; i < SUBSCRIPTION_POLICIES; i++) {
        if (w->has_policy[i] &&
            !str_eq(w->policies[i], text_list_get(&s->policies, subscription_policy_name(i)))) {
            return true;
        }
    }
    return (w->has_raw && w->raw != s->raw) || (w->has_filter && !str_eq(w->filter, s->filter)) ||
           (w->has_scope && !str_eq(w->scope, subscription_scope(s)));
}

static struct subscription *find_same(struct call *c, const struct wish *w)
{
    struct sns *sns = sns_of(c);
    struct subscription *s = subscription_next(sns, w->topic->arn, NULL);
    while (s != NULL && !(str_eq(s->protocol, w->protocol) && str_eq(s->endpoint, w->endpoint))) {
        s = subscription_next(sns, w->topic->arn, s);
    }
    if (s != NULL && !subscription_is_alive(s, c->now_us)) {
        subscription_free(sns, s);
        s = NULL;
    }
    return s;
}

/* Hexadecimal digits, as SNS's are. */
static struct str new_token(struct call *c)
{
    struct buf token;
    buf_init(&token, c->arena, 256);
    for (int i = 0; i < 4; i++) {
        struct str uuid = core_uuid(c->core, c->arena);
        for (struct str rest = uuid, part; str_cut(&rest, '-', &part);) {
            buf_add(&token, part);
        }
    }
    return buf_str(&token);
}

static struct subscription *subscription_new(struct call *c, const struct wish *w)
{
    struct sns *sns = sns_of(c);
    struct str uuid = core_uuid(c->core, c->arena);
    struct str arn = str_printf(c->arena, "%.*s:%.*s", STR_ARG(w->topic->arn), STR_ARG(uuid));
    struct subscription *s = NEW(sns->arena, struct subscription);
    s->arn = str_copy(sns->arena, arn);
    s->topic_arn = str_slice(s->arn, 0, w->topic->arn.len);
    s->owner = str_n(s->arn.ptr + (w->topic->owner.ptr - w->topic->arn.ptr), w->topic->owner.len);
    s->protocol = str_copy(sns->arena, w->protocol);
    s->endpoint = str_copy(sns->arena, w->endpoint);
    s->token = str_copy(sns->arena, new_token(c));
    s->posted = w->kind == ENDPOINT_POSTED;
    s->confirmed = s->authenticated = w->kind == ENDPOINT_OF_AWS;
    subscription_take(sns, s, &w->attributes);
    tree_put(sns->subscriptions, s->arn, s);
    return s;
}

/* AWS sns-subscribe-1: the same endpoint again is the same subscription; other attributes are
 * refused; a pending one is asked to confirm again. AWS sns-subscribe-2: an endpoint that has to
 * confirm is told as "pending confirmation", unless ReturnSubscriptionArn asks for the ARN. */
void subscription_subscribe(struct call *c)
{
    struct wish w;
    if (!read_wish(c, &w)) {
        return;
    }
    struct subscription *s = find_same(c, &w);
    if (s != NULL && is_other(s, &w.attributes)) {
        sns_fail_parameter(
            c, "Attributes Reason: Subscription already exists with different attributes");
        return;
    }
    if (s == NULL && tree_count(sns_of(c)->subscriptions) >= SNS_SUBSCRIPTIONS_MAX) {
        call_fail(c, AWS_SUBSCRIPTION_LIMIT_EXCEEDED,
                  "The emulator's cap of subscriptions is reached");
        return;
    }
    s = s != NULL ? s : subscription_new(c, &w);
    if (!s->confirmed) {
        s->created_us = c->now_us;
        delivery_confirmation(c, w.topic, s, DELIVERY_SUBSCRIBED);
    }
    bool show = s->confirmed || call_bool(c, "ReturnSubscriptionArn", false);
    call_out_str(c, "SubscriptionArn", show ? s->arn : STR("pending confirmation"));
}

static bool is_hex(struct str token)
{
    bool good = token.len > 0;
    for (size_t i = 0; good && i < token.len; i++) {
        char ch = token.ptr[i], low = (char)(ch | 0x20);
        good = (ch >= '0' && ch <= '9') || (low >= 'a' && low <= 'f');
    }
    return good;
}

/* Among the ARNs that begin with `prefix`. */
static struct subscription *find_token(struct call *c, struct str prefix, struct str token)
{
    const struct tree *all = sns_of(c)->subscriptions;
    const struct tree_entry *at = tree_seek(all, prefix, true);
    for (; at != NULL && str_starts(at->key, prefix); at = tree_seek(all, at->key, true)) {
        struct subscription *s = at->value;
        if (str_eq(s->token, token) && subscription_is_alive(s, c->now_us)) {
            return s;
        }
    }
    return NULL;
}

/* AWS sns-confirm-2: what is no token, a token that is nobody's, and one of another topic are told
 * apart: "Invalid token", "Token", "Topic". NULL: the call has failed. */
static struct subscription *find_asked(struct call *c)
{
    struct str token = call_str(c, "Token"), arn = call_str(c, "TopicArn");
    struct subscription *s = NULL;
    if (!sns_check_arn(c, "TopicArn", arn)) {
        return NULL;
    }
    if (!is_hex(token)) {
        call_fail(c, AWS_INVALID_PARAMETER, "Invalid token");
    } else if ((s = find_token(c, str_join(c->arena, arn, STR(":")), token)) == NULL) {
        sns_fail_parameter(c, find_token(c, STR_EMPTY, token) != NULL ? "Topic" : "Token");
    }
    return call_failed(c) ? NULL : s;
}

/* AWS sns-confirm-1: the token confirms once or again; any other is refused. Works by GET of the
 * SubscribeURL, which nobody signs: then the confirmation was not authenticated. */
void subscription_confirm(struct call *c)
{
    struct sigv4_claim claim;
    struct subscription *s = find_asked(c);
    if (s == NULL) {
        return;
    }
    if (!s->confirmed) {
        s->authenticated = sigv4_claim_of(c->request, c->arena, &claim);
        s->guarded = s->authenticated &&
                     str_eq_nocase(call_str(c, "AuthenticateOnUnsubscribe"), STR("true"));
    }
    s->confirmed = true;
    call_out_str(c, "SubscriptionArn", s->arn);
}

/* AWS sns-unsubscribe-1: a subscription that is not there is no error.
 * AWS sns-unsubscribe-2: an HTTP endpoint is told by an UnsubscribeConfirmation.
 * DIFFERS sns-unsubscribe-3: the SubscribeURL in it does not restore the subscription. */
void subscription_unsubscribe(struct call *c)
{
    struct str arn = call_str(c, "SubscriptionArn");
    struct sigv4_claim claim;
    if (!subscription_arn_check(c, arn)) {
        return;
    }
    struct subscription *s = tree_get(sns_of(c)->subscriptions, arn);
    if (s == NULL || !subscription_is_alive(s, c->now_us)) {
        return;
    }
    if (!s->confirmed) {
        sns_fail_parameter(
            c, "This operation is invalid on a subscription that is pending confirmation");
        return;
    }
    if (s->guarded && !sigv4_claim_of(c->request, c->arena, &claim)) {
        call_fail(c, AWS_AUTHORIZATION_ERROR,
                  "Unsubscribing this subscription requires authentication");
        return;
    }
    struct topic *t = tree_get(sns_of(c)->topics, s->topic_arn);
    ASSERT(t != NULL); /* it takes its subscriptions with it */
    t->deleted_count++;
    if (s->posted) {
        delivery_confirmation(c, t, s, DELIVERY_UNSUBSCRIBED);
    }
    subscription_free(sns_of(c), s);
}
