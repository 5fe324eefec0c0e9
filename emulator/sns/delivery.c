/* delivery.c -- A delivery is one block in the state: it outlives the call, and the subscription
 * may go meanwhile. */
#include "delivery.h"
#include <string.h>
#include "base/instant.h"
#include "delivery_policy.h"
#include "notification.h"

struct delivery {
    struct arena *arena;
    struct str type, message_id, topic_arn, subscription_arn, url,
        body;                       /* behind it, in the block */
    struct str note;                /* the same: topic and endpoint, for the ledger */
    struct outbound_signature sign; /* its text too */
    bool raw;
    int attempts;
    struct delivery_policy policy; /* its content type: behind it */
    size_t block_bytes;
};

static void done(struct core *core, void *arg, int status, struct str body, int64_t now_us);

/* AWS sns-headers-1: a confirmation does not name the subscription; a raw delivery says that it is
 * one. */
static void send(struct core *core, struct delivery *d, int64_t at_us)
{
    struct http_header items[9];
    struct http_headers headers = {.items = items, .cap = 9};
    items[headers.count++] = (struct http_header){STR("Content-Type"), d->policy.content_type};
    items[headers.count++] = (struct http_header){STR("Accept-Encoding"), STR("gzip,deflate")};
    items[headers.count++] =
        (struct http_header){STR("User-Agent"), STR("Amazon Simple Notification Service Agent")};
    items[headers.count++] = (struct http_header){STR("x-amz-sns-message-type"), d->type};
    items[headers.count++] = (struct http_header){STR("x-amz-sns-message-id"), d->message_id};
    items[headers.count++] = (struct http_header){STR("x-amz-sns-topic-arn"), d->topic_arn};
    if (d->subscription_arn.len > 0) {
        items[headers.count++] =
            (struct http_header){STR("x-amz-sns-subscription-arn"), d->subscription_arn};
    }
    if (d->raw) {
        items[headers.count++] = (struct http_header){STR("x-amz-sns-rawdelivery"), STR("true")};
    }
    d->attempts++;
    core_outbound(core, STR("POST"), d->url, &headers, d->body, &d->sign, at_us, done, d);
}

static void done(struct core *core, void *arg, int status, struct str body, int64_t now_us)
{
    struct delivery *d = arg;
    (void)body;
    bool accepted = status >= 200 && status < 300;
    bool final = status >= 400 && status < 500 && status != 429;
    int64_t wait_us = delivery_policy_wait_us(&d->policy, d->attempts);
    if (!accepted && !final && wait_us >= 0) {
        send(core, d, now_us + wait_us);
        return;
    }
    if (!accepted) {
        core_note(core, "sns", "DropDelivery", d->note, status, now_us);
    }
    arena_recycle(d->arena, d, d->block_bytes);
}

static struct str keep(char **at, struct str s)
{
    char *to = *at;
    if (s.len > 0) {
        memcpy(to, s.ptr, s.len);
    }
    *at += s.len;
    return str_n(to, s.len);
}

static struct str note_of(struct call *c, struct str topic_arn, struct str endpoint)
{
    struct str topic = str_from(topic_arn, str_find_last(topic_arn, ':') + 1);
    return str_printf(c->arena, "%.*s/%.*s", STR_ARG(topic), STR_ARG(endpoint));
}

static void deliver(struct call *c, const struct delivery *plan)
{
    struct arena *a = sns_of(c)->arena;
    struct str note = note_of(c, plan->topic_arn, plan->url);
    size_t bytes = sizeof *plan + plan->type.len + plan->message_id.len + plan->topic_arn.len +
                   plan->subscription_arn.len + plan->url.len + plan->body.len + note.len +
                   plan->policy.content_type.len + plan->sign.text.len;
    struct delivery *d = arena_alloc_raw(a, bytes);
    char *at = (char *)(d + 1);
    *d = *plan;
    d->arena = a;
    d->block_bytes = bytes;
    d->type = keep(&at, plan->type);
    d->message_id = keep(&at, plan->message_id);
    d->topic_arn = keep(&at, plan->topic_arn);
    d->subscription_arn = keep(&at, plan->subscription_arn);
    d->url = keep(&at, plan->url);
    d->body = keep(&at, plan->body);
    d->note = keep(&at, note);
    d->policy.content_type = keep(&at, plan->policy.content_type);
    d->sign.text = keep(&at, plan->sign.text);
    send(c->core, d, c->now_us);
}

static void note_undelivered(struct call *c, const struct subscription *s)
{
    core_note(c->core, "sns", "DropDelivery", note_of(c, s->topic_arn, s->endpoint), 0, c->now_us);
}

/* Confirmations are no notifications: the policy's content type is not theirs. */
void delivery_confirmation(struct call *c, const struct topic *t, const struct subscription *s,
                           enum delivery_why why)
{
    struct str id = core_uuid(c->core, c->arena);
    bool begins = why == DELIVERY_SUBSCRIBED;
    if (!s->posted) {
        note_undelivered(c, s);
        return;
    }
    struct document document = notification_confirmation_body(c, t, s, id, begins);
    struct delivery plan = {.type = begins ? STR("SubscriptionConfirmation")
                                           : STR("UnsubscribeConfirmation"),
                            .message_id = id,
                            .topic_arn = s->topic_arn,
                            .subscription_arn = begins ? STR_EMPTY : s->arn,
                            .url = s->endpoint,
                            .policy = delivery_policy_get(c->arena, STR_EMPTY, STR_EMPTY),
                            .body = document.body,
                            .sign = document.sign};
    deliver(c, &plan);
}

void delivery_message(struct call *c, const struct topic *t, const struct subscription *s,
                      const struct message *m, struct str message_id)
{
    struct document document = {.body = STR_EMPTY};
    if (!s->posted) {
        note_undelivered(c, s);
        return;
    }
    if (s->raw) {
        document.body = message_text_for(m, s->protocol);
    } else {
        document = notification_body(c, t, s, m, message_id);
    }
    struct delivery plan = {
        .type = STR("Notification"),
        .message_id = message_id,
        .topic_arn = s->topic_arn,
        .subscription_arn = s->arn,
        .url = s->endpoint,
        .policy = delivery_policy_get(c->arena, text_list_get(&t->attributes, "DeliveryPolicy"),
                                      text_list_get(&s->policies, "DeliveryPolicy")),
        .raw = s->raw,
        .body = document.body,
        .sign = document.sign};
    deliver(c, &plan);
}
