/* delivery.c -- A delivery is one block in the state: it outlives the call, and the subscription
 * may go meanwhile. */
#include "delivery.h"
#include <string.h>
#include "base/instant.h"
#include "notification.h"

#define RETRIES 3
#define RETRY_AFTER_US (20 * US_PER_S)

struct delivery {
    struct arena *arena;
    struct str type, message_id, topic_arn, subscription_arn, url,
        body;        /* behind it, in the block */
    struct str note; /* the same: topic and endpoint, for the ledger */
    bool raw;
    int attempts;
    size_t block_bytes;
};

static void done(struct core *core, void *arg, int status, struct str body, int64_t now_us);

/* AWS sns-headers-1: a confirmation does not name the subscription; a raw delivery says that it is
 * one. */
static void send(struct core *core, struct delivery *d, int64_t at_us)
{
    struct http_header items[8];
    struct http_headers headers = {.items = items, .cap = 8};
    items[headers.count++] =
        (struct http_header){STR("Content-Type"), STR("text/plain; charset=UTF-8")};
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
    core_outbound(core, STR("POST"), d->url, &headers, d->body, at_us, done, d);
}

static void done(struct core *core, void *arg, int status, struct str body, int64_t now_us)
{
    struct delivery *d = arg;
    (void)body;
    bool accepted = status >= 200 && status < 300;
    bool final = status >= 400 && status < 500 && status != 429;
    if (!accepted && !final && d->attempts <= RETRIES) {
        send(core, d, now_us + RETRY_AFTER_US);
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

static void deliver(struct call *c, const struct delivery *plan)
{
    struct arena *a = sns_of(c)->arena;
    struct str topic = str_from(plan->topic_arn, str_find_last(plan->topic_arn, ':') + 1);
    struct str note = str_printf(c->arena, "%.*s/%.*s", STR_ARG(topic), STR_ARG(plan->url));
    size_t bytes = sizeof *plan + plan->type.len + plan->message_id.len + plan->topic_arn.len +
                   plan->subscription_arn.len + plan->url.len + plan->body.len + note.len;
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
    send(c->core, d, c->now_us);
}

void delivery_confirmation(struct call *c, const struct subscription *s)
{
    struct str id = core_uuid(c->core, c->arena);
    struct delivery plan = {.type = STR("SubscriptionConfirmation"),
                            .message_id = id,
                            .topic_arn = s->topic_arn,
                            .url = s->endpoint,
                            .body = notification_confirmation_body(c, s, id)};
    deliver(c, &plan);
}

void delivery_message(struct call *c, const struct subscription *s, const struct message *m,
                      struct str message_id)
{
    struct delivery plan = {.type = STR("Notification"),
                            .message_id = message_id,
                            .topic_arn = s->topic_arn,
                            .subscription_arn = s->arn,
                            .url = s->endpoint,
                            .raw = s->raw};
    plan.body = s->raw ? message_text_for(m, s->protocol) : notification_body(c, s, m, message_id);
    deliver(c, &plan);
}
