/* publish.c -- Publish: judge, log, hand to every confirmed subscription of the topic. */
#include "delivery.h"
#include "endpoint.h"
#include "filter_policy.h"
#include "message_log.h"
#include "platform.h"
#include "publish.h"
#include "recent_message.h"
#include "sns_handlers.h"

static bool is_told(struct call *c, const struct subscription *s, const struct message *m)
{
    return s->confirmed &&
           (s->filter.len == 0 ||
            filter_policy_passes(s->filter, subscription_scope(s), m, s->protocol, c->arena));
}

/* Publishes one judged message; gives its id. */
static struct str send_to_all(struct call *c, const struct topic *t, const struct message *m)
{
    struct sns *sns = sns_of(c);
    struct str id = core_uuid(c->core, c->arena);
    struct sns_message_view view = {.topic_arn = t->arn,
                                    .message_id = id,
                                    .subject = m->subject,
                                    .message = m->text,
                                    .at_us = c->now_us};
    message_log_add(sns->log, &view, m, c->arena);
    const struct subscription *s = NULL;
    while ((s = subscription_next(sns, t->arn, s)) != NULL) {
        if (is_told(c, s, m)) {
            delivery_message(c, t, s, m, id);
        }
    }
    return id;
}

void publish_message(struct call *c, struct topic *t, const struct message *m, struct json *out)
{
    struct sns *sns = sns_of(c);
    struct recent_message told = {0};
    if (!t->fifo) {
        json_set_str(c->arena, out, "MessageId", send_to_all(c, t, m));
        return;
    }
    const struct recent_message *before =
        recent_message_find(sns->recent, t, m, c->now_us, c->arena);
    if (before != NULL) {
        told = *before;
    } else {
        told.message_id = send_to_all(c, t, m);
        told.sequence_number = ++t->sequence_number;
        recent_message_add(sns->recent, t, m, &told, c->now_us, c->arena);
    }
    json_set_str(c->arena, out, "MessageId", str_copy(c->arena, told.message_id));
    json_set_str(c->arena, out, "SequenceNumber",
                 recent_message_number(c->arena, told.sequence_number));
}

/* ---- whom Publish is for ---- */

static struct topic *topic_wanted(struct call *c)
{
    bool both = call_str(c, "TopicArn").len > 0 && call_str(c, "TargetArn").len > 0;
    bool by_topic = call_has(c, "TopicArn");
    if (both) {
        sns_fail_parameter(c, "TopicArn or TargetArn Reason: Only one of them may be given");
    } else if (!by_topic && !call_has(c, "TargetArn")) {
        sns_fail_parameter(c, "TopicArn or TargetArn Reason: no value for required parameter");
    }
    return call_failed(c) ? NULL : sns_topic(c, call_str(c, by_topic ? "TopicArn" : "TargetArn"));
}

static void publish_to_topic(struct call *c)
{
    struct message m;
    struct topic *t = topic_wanted(c);
    if (t == NULL) {
        return;
    }
    struct message_fault fault = message_read(t, c->input, c->arena, &m);
    if (fault.error != AWS_OK) {
        call_fail(c, fault.error, "%.*s", STR_ARG(fault.reason));
        return;
    }
    publish_message(c, t, &m, c->output);
}

static bool phone_is_good(struct call *c, struct str phone)
{
    if (!endpoint_is_phone(phone, false)) {
        call_fail(c, AWS_INVALID_PARAMETER,
                  "Invalid parameter: PhoneNumber Reason: %.*s is not valid to publish to",
                  STR_ARG(str_slice(phone, 0, 256)));
    }
    return !call_failed(c);
}

static bool device_is_there(struct call *c, struct str arn)
{
    const struct platform_endpoint *e = tree_get(sns_of(c)->endpoints, arn);
    if (e == NULL) {
        sns_fail_parameter(c, "TargetArn Reason: No endpoint found for the target arn specified");
    } else if (!platform_endpoint_is_enabled(e)) {
        call_fail(c, AWS_ENDPOINT_DISABLED, "Endpoint is disabled");
    }
    return !call_failed(c);
}

/* DIFFERS sns-publish-1: what goes to a phone or a device is acknowledged, as SNS does before it
 * delivers, and kept for oracles; nobody sends it. */
static void publish_direct(struct call *c, struct str target)
{
    struct message m;
    struct message_fault fault = message_read(NULL, c->input, c->arena, &m);
    if (fault.error != AWS_OK) {
        call_fail(c, fault.error, "%.*s", STR_ARG(fault.reason));
        return;
    }
    struct str id = core_uuid(c->core, c->arena);
    struct sns_message_view view = {.topic_arn = target,
                                    .message_id = id,
                                    .subject = m.subject,
                                    .message = m.text,
                                    .at_us = c->now_us};
    message_log_add(sns_of(c)->log, &view, &m, c->arena);
    core_note(c->core, "sns", "DropDelivery", target, 0, c->now_us);
    call_out_str(c, "MessageId", id);
}

void publish(struct call *c)
{
    struct str phone = call_str(c, "PhoneNumber"), target = call_str(c, "TargetArn");
    if (call_has(c, "PhoneNumber")) {
        if (phone_is_good(c, phone)) {
            publish_direct(c, phone);
        }
    } else if (str_contains(target, STR(":endpoint/"))) {
        if (device_is_there(c, target)) {
            publish_direct(c, target);
        }
    } else {
        publish_to_topic(c);
    }
}
