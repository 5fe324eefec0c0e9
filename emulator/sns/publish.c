/* publish.c -- Publish and PublishBatch: judge, log, hand to every confirmed subscription of the
 * topic. */
#include "delivery.h"
#include "filter_policy.h"
#include "message_log.h"
#include "recent_message.h"
#include "sns_handlers.h"

#define BATCH_ENTRIES_MAX 10
#define BATCH_ID_BYTES_MAX 80

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
            delivery_message(c, s, m, id);
        }
    }
    return id;
}

/* Tells the answer's or the entry's ids; a FIFO topic's message that was there goes to nobody. */
static void publish_message(struct call *c, struct topic *t, const struct message *m,
                            struct json *out)
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

/* DIFFERS sns-publish-1: phone numbers and platform endpoints are refused by name. */
static struct topic *read_target(struct call *c)
{
    struct str arn = call_str(c, "TopicArn");
    if (call_has(c, "PhoneNumber")) {
        sns_fail_unbuilt(c, "parameter", STR("PhoneNumber"));
        return NULL;
    }
    if (arn.len > 0 && call_str(c, "TargetArn").len > 0) {
        sns_fail_parameter(c, "TopicArn or TargetArn Reason: Only one of them may be given");
        return NULL;
    }
    arn = arn.len > 0 ? arn : call_str(c, "TargetArn");
    if (arn.len == 0) {
        sns_fail_parameter(c, "TopicArn or TargetArn Reason: no value for required parameter");
        return NULL;
    }
    if (str_contains(arn, STR(":endpoint/"))) {
        sns_fail_unbuilt(c, "target", arn);
        return NULL;
    }
    return sns_topic(c, arn);
}

void publish(struct call *c)
{
    struct message m;
    struct topic *t = read_target(c);
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

static bool check_id(struct call *c, struct str id)
{
    if (id.len > BATCH_ID_BYTES_MAX) {
        call_fail(c, AWS_INVALID_BATCH_ENTRY_ID,
                  "The Id of a batch entry in the batch request is too long: %.*s",
                  STR_ARG(str_slice(id, 0, 256)));
        return false;
    }
    for (size_t i = 0; i < id.len || i == 0; i++) {
        char ch = id.len == 0 ? '\0' : id.ptr[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
        if (!good) {
            call_fail(
                c, AWS_INVALID_BATCH_ENTRY_ID,
                "The Id of a batch entry in the batch request contains an impermissible character: "
                "%.*s",
                STR_ARG(id));
            return false;
        }
    }
    return true;
}

static bool check_ids(struct call *c, const struct json *entries)
{
    for (const struct json *at = entries->first; at != NULL; at = at->next) {
        struct str id = json_str(json_get(at, STR("Id")));
        if (!check_id(c, id)) {
            return false;
        }
        for (const struct json *other = at->next; other != NULL; other = other->next) {
            if (str_eq(id, json_str(json_get(other, STR("Id"))))) {
                call_fail(c, AWS_BATCH_ENTRY_IDS_NOT_DISTINCT,
                          "Two or more batch entries in the request have the same Id.");
                return false;
            }
        }
    }
    return true;
}

/* AWS sns-batch-1: 1 to 10 entries with distinct ids; the 256 KiB are for all of them together. */
static bool check_batch(struct call *c, const struct topic *t, const struct json *entries)
{
    size_t bytes = 0;
    if (entries == NULL || entries->count == 0) {
        call_fail(c, AWS_EMPTY_BATCH_REQUEST, "The batch request doesn't contain any entries.");
        return false;
    }
    if (entries->count > BATCH_ENTRIES_MAX) {
        call_fail(c, AWS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST,
                  "The batch request contains more entries than permissible.");
        return false;
    }
    for (const struct json *at = entries->first; at != NULL; at = at->next) {
        struct message m;
        (void)message_read(t, at, c->arena, &m);
        bytes += m.bytes;
    }
    if (bytes > SNS_MESSAGE_BYTES_MAX) {
        call_fail(c, AWS_BATCH_REQUEST_TOO_LONG,
                  "The length of all the batch messages put together is more than the limit.");
        return false;
    }
    return check_ids(c, entries);
}

static void out_failed(struct call *c, struct json *failed, struct str id,
                       struct message_fault fault)
{
    const struct aws_error *error = aws_error_get(fault.error);
    struct json *item = sns_new_item(c, failed);
    json_set_str(c->arena, item, "Id", id);
    json_set_str(c->arena, item, "Code", str_of(error->name));
    json_set_str(c->arena, item, "Message", fault.reason);
    json_set_bool(c->arena, item, "SenderFault", error->status < 500);
}

void publish_batch(struct call *c)
{
    static const struct message_fault injected = {AWS_INTERNAL_ERROR, STR_INIT("Internal error")};
    struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    const struct json *entries = json_get(c->input, STR("PublishBatchRequestEntries"));
    if (t == NULL || !check_batch(c, t, entries)) {
        return;
    }
    struct json *successful = call_out(c, "Successful", JSON_IS_ARRAY);
    struct json *failed = call_out(c, "Failed", JSON_IS_ARRAY);
    size_t index = 0;
    for (const struct json *at = entries->first; at != NULL; at = at->next, index++) {
        struct str id = json_str(json_get(at, STR("Id")));
        struct message m;
        struct message_fault fault = message_read(t, at, c->arena, &m);
        if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, index, entries->count)) {
            fault = injected;
        }
        if (fault.error != AWS_OK) {
            out_failed(c, failed, id, fault);
            continue;
        }
        struct json *item = sns_new_item(c, successful);
        json_set_str(c->arena, item, "Id", id);
        publish_message(c, t, &m, item);
    }
}
