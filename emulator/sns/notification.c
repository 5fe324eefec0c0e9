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

/* AWS sns-signature-2: version 1 unless the topic's SignatureVersion is 2. */
static struct outbound_signature signature_of(const struct topic *t, const struct buf *text,
                                              size_t at)
{
    bool second = str_eq(text_list_get(&t->attributes, "SignatureVersion"), STR("2"));
    return (struct outbound_signature){.version = second ? 2 : 1, .text = buf_str(text), .at = at};
}

static void sign_line(struct buf *text, const char *name, struct str value)
{
    buf_addf(text, "%s\n", name);
    buf_add(text, value);
    buf_add_char(text, '\n');
}

struct document notification_body(struct call *c, const struct topic *t,
                                  const struct subscription *s, const struct message *m,
                                  struct str message_id)
{
    struct http_header parameter = {.name = STR("SubscriptionArn"), .value = s->arn};
    struct str message = message_text_for(m, s->protocol), time = timestamp(c);
    struct buf out, text;
    struct json_out w;
    buf_init(&out, c->arena, BODY_BYTES_MAX);
    buf_init(&text, c->arena, BODY_BYTES_MAX);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_kstr(&w, "Type", STR("Notification"));
    json_out_kstr(&w, "MessageId", message_id);
    json_out_kstr(&w, "TopicArn", s->topic_arn);
    sign_line(&text, "Message", message);
    sign_line(&text, "MessageId", message_id);
    if (m->has_subject) {
        json_out_kstr(&w, "Subject", m->subject);
        sign_line(&text, "Subject", m->subject);
    }
    json_out_kstr(&w, "Message", message);
    json_out_kstr(&w, "Timestamp", time);
    sign_line(&text, "Timestamp", time);
    sign_line(&text, "TopicArn", s->topic_arn);
    sign_line(&text, "Type", STR("Notification"));
    size_t at = out.len;
    json_out_kstr(&w, "UnsubscribeURL", action_url(c, "Unsubscribe", &parameter, 1));
    if (m->attributes != NULL && m->attributes->count > 0) {
        out_attributes(&w, m->attributes);
    }
    json_out_object_end(&w);
    return (struct document){.body = buf_str(&out), .sign = signature_of(t, &text, at)};
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

struct document notification_confirmation_body(struct call *c, const struct topic *t,
                                               const struct subscription *s, struct str message_id,
                                               bool begins)
{
    const struct http_header parameters[] = {{.name = STR("TopicArn"), .value = s->topic_arn},
                                             {.name = STR("Token"), .value = s->token}};
    struct str url = action_url(c, "ConfirmSubscription", parameters, 2), time = timestamp(c);
    struct str message = confirmation_text(c, s, begins);
    const struct {
        const char *name;
        struct str value;
    } lines[] = {
        {"Message", message},
        {"MessageId", message_id},
        {"SubscribeURL", url},
        {"Timestamp", time},
        {"Token", s->token},
        {"TopicArn", s->topic_arn},
        {"Type", begins ? STR("SubscriptionConfirmation") : STR("UnsubscribeConfirmation")},
    };
    struct buf out, text;
    struct json_out w;
    buf_init(&out, c->arena, 64 * KIB);
    buf_init(&text, c->arena, 64 * KIB);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_kstr(&w, "Type", lines[6].value);
    json_out_kstr(&w, "MessageId", message_id);
    json_out_kstr(&w, "Token", s->token);
    json_out_kstr(&w, "TopicArn", s->topic_arn);
    json_out_kstr(&w, "Message", message);
    json_out_kstr(&w, "SubscribeURL", url);
    json_out_kstr(&w, "Timestamp", time);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        sign_line(&text, lines[i].name, lines[i].value);
    }
    size_t at = out.len;
    json_out_object_end(&w);
    return (struct document){.body = buf_str(&out), .sign = signature_of(t, &text, at)};
}
