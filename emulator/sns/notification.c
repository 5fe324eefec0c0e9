/* notification.c -- Writing the documents. */
#include "notification.h"
#include "base/encode.h"
#include "base/instant.h"

#define BODY_BYTES_MAX                                                                             \
    (8 * SNS_MESSAGE_BYTES_MAX) /* escapes and base64 make text longer, sixfold at most */

/* "<public url>/?Action=...&<name>=<value>..." */
static struct str action_url(struct call *c, const char *action,
                             const struct http_header *parameters, size_t count)
{
    struct buf query, url;
    buf_init(&query, c->arena, 16 * KIB);
    http_query_add(&query, STR("Action"), str_of(action));
    for (size_t i = 0; i < count; i++) {
        http_query_add(&query, parameters[i].name, parameters[i].value);
    }
    buf_init(&url, c->arena, 32 * KIB);
    buf_add(&url, core_options(c->core)->public_url);
    buf_add_z(&url, "/?");
    buf_add(&url, buf_str(&query));
    return buf_str(&url);
}

static struct str timestamp(struct call *c)
{
    struct buf out;
    buf_init(&out, c->arena, 64);
    instant_iso_ms(&out, c->now_us);
    return buf_str(&out);
}

static void out_attributes(struct json_out *w, const struct json *attributes)
{
    json_out_key(w, "MessageAttributes");
    json_out_object(w);
    for (const struct json *at = attributes->first; at != NULL; at = at->next) {
        struct str type = json_str(json_get(at, STR("DataType")));
        json_out_key_str(w, at->key);
        json_out_object(w);
        json_out_kstr(w, "Type", type);
        json_out_key(w, "Value");
        if (str_starts(type, STR("Binary"))) {
            json_out_base64(w, json_str(json_get(at, STR("BinaryValue"))));
        } else {
            json_out_str(w, json_str(json_get(at, STR("StringValue"))));
        }
        json_out_object_end(w);
    }
    json_out_object_end(w);
}

struct str notification_body(struct call *c, const struct subscription *s, const struct message *m,
                             struct str message_id)
{
    struct http_header parameter = {.name = STR("SubscriptionArn"), .value = s->arn};
    struct buf out;
    struct json_out w;
    buf_init(&out, c->arena, BODY_BYTES_MAX);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_kstr(&w, "Type", STR("Notification"));
    json_out_kstr(&w, "MessageId", message_id);
    json_out_kstr(&w, "TopicArn", s->topic_arn);
    if (m->has_subject) {
        json_out_kstr(&w, "Subject", m->subject);
    }
    json_out_kstr(&w, "Message", message_text_for(m, s->protocol));
    json_out_kstr(&w, "Timestamp", timestamp(c));
    json_out_kstr(&w, "UnsubscribeURL", action_url(c, "Unsubscribe", &parameter, 1));
    if (m->attributes != NULL && m->attributes->count > 0) {
        out_attributes(&w, m->attributes);
    }
    json_out_object_end(&w);
    return buf_str(&out);
}

static struct str confirmation_text(struct call *c, const struct subscription *s, bool begins)
{
    return begins ? str_printf(c->arena,
                               "You have chosen to subscribe to the topic %.*s.\nTo confirm the "
                               "subscription, visit the SubscribeURL included in this message.",
                               STR_ARG(s->topic_arn))
                  : str_printf(c->arena,
                               "You have chosen to deactivate subscription %.*s.\nTo cancel this "
                               "operation and restore the subscription, visit the SubscribeURL "
                               "included in this message.",
                               STR_ARG(s->arn));
}

struct str notification_confirmation_body(struct call *c, const struct subscription *s,
                                          struct str message_id, bool begins)
{
    const struct http_header parameters[] = {{.name = STR("TopicArn"), .value = s->topic_arn},
                                             {.name = STR("Token"), .value = s->token}};
    struct buf out;
    struct json_out w;
    buf_init(&out, c->arena, 64 * KIB);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_kstr(&w, "Type",
                  begins ? STR("SubscriptionConfirmation") : STR("UnsubscribeConfirmation"));
    json_out_kstr(&w, "MessageId", message_id);
    json_out_kstr(&w, "Token", s->token);
    json_out_kstr(&w, "TopicArn", s->topic_arn);
    json_out_kstr(&w, "Message", confirmation_text(c, s, begins));
    json_out_kstr(&w, "SubscribeURL", action_url(c, "ConfirmSubscription", parameters, 2));
    json_out_kstr(&w, "Timestamp", timestamp(c));
    json_out_object_end(&w);
    return buf_str(&out);
}
