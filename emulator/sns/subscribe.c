/* subscribe.c -- Subscribe, ConfirmSubscription, Unsubscribe: how an endpoint comes and goes. */
#include "base/instant.h"
#include "delivery.h"
#include "sns_handlers.h"
#include "subscription.h"
#include "wire/sigv4.h"

struct wish { /* what Subscribe asks for, checked */
    const struct topic *topic;
    struct str protocol, endpoint;
    struct subscription_wish attributes;
};

/* DIFFERS sns-protocols-1: http and https are built; the other protocols of SNS are refused by
 * name. */
static bool check_protocol(struct call *c, struct str protocol)
{
    static const char *const unbuilt[] = {"sqs",        "lambda", "firehose",   "email",
                                          "email-json", "sms",    "application"};
    if (str_eq(protocol, STR("http")) || str_eq(protocol, STR("https"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        if (str_eq(protocol, str_of(unbuilt[i]))) {
            call_fail(c, AWS_NOT_IMPLEMENTED,
                      "Subscribe: the protocol %.*s is not built in this emulator; there are: "
                      "http, https",
                      STR_ARG(protocol));
            return false;
        }
    }
    call_fail(c, AWS_INVALID_PARAMETER,
              "Invalid parameter: Amazon SNS does not support this protocol string: %.*s",
              STR_ARG(protocol));
    return false;
}

static bool check_endpoint(struct call *c, struct str protocol, struct str endpoint)
{
    struct str start = str_printf(c->arena, "%.*s://", STR_ARG(protocol));
    struct str scheme, host, path, query;
    struct diag d = DIAG_INIT;
    if (endpoint.len == 0) {
        sns_fail_parameter(c, "Endpoint");
    } else if (!str_starts_nocase(endpoint, start)) {
        sns_fail_parameter(c, "Endpoint must match the specified protocol");
    } else if (http_url_parse(endpoint, &scheme, &host, &path, &query, &d) != ERR_OK) {
        sns_fail_parameter(c, "HTTP(S) endpoint");
    }
    return !call_failed(c);
}

static bool read_wish(struct call *c, struct wish *w)
{
    *w = (struct wish){.protocol = call_str(c, "Protocol"), .endpoint = call_str(c, "Endpoint")};
    if (!check_protocol(c, w->protocol) || !check_endpoint(c, w->protocol, w->endpoint)) {
        return false;
    }
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        if (!subscription_attribute(c, at->key, json_str(at), &w->attributes)) {
            return false;
        }
    }
    w->topic = sns_topic(c, call_str(c, "TopicArn"));
    if (w->topic != NULL && w->topic->fifo) { /* AWS sns-fifo-4: they tell queues alone */
        call_fail(c, AWS_INVALID_PARAMETER, "Invalid parameter: Invalid protocol type: %.*s",
                  STR_ARG(w->protocol));
    }
    return !call_failed(c) && subscription_filter_check(c, &w->attributes, NULL);
}

static bool is_other(const struct subscription *s, const struct subscription_wish *w)
{
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

static struct str new_token(struct call *c)
{
    struct str uuid = core_uuid(c->core, c->arena);
    struct str again = core_uuid(c->core, c->arena);
    return str_join(c->arena, uuid, again);
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
        delivery_confirmation(c, s);
    }
    bool show = s->confirmed || call_bool(c, "ReturnSubscriptionArn", false);
    call_out_str(c, "SubscriptionArn", show ? s->arn : STR("pending confirmation"));
}

/* AWS sns-confirm-1: the token confirms once or again; any other is refused. Works by GET of the
 * SubscribeURL, which nobody signs: then the confirmation was not authenticated. */
void subscription_confirm(struct call *c)
{
    const struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    struct str token = call_str(c, "Token");
    struct sigv4_claim claim;
    if (t == NULL) {
        return;
    }
    struct subscription *s = subscription_next(sns_of(c), t->arn, NULL);
    while (s != NULL && (!str_eq(s->token, token) || !subscription_is_alive(s, c->now_us))) {
        s = subscription_next(sns_of(c), t->arn, s);
    }
    if (s == NULL) {
        sns_fail_parameter(c, "Token");
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
 * DIFFERS sns-unsubscribe-2: no UnsubscribeConfirmation is sent. */
void subscription_unsubscribe(struct call *c)
{
    struct str arn = call_str(c, "SubscriptionArn");
    struct sigv4_claim claim;
    if (!sns_check_arn(c, "SubscriptionArn", arn)) {
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
    if (t != NULL) {
        t->deleted_count++;
    }
    subscription_free(sns_of(c), s);
}
