/* publish_batch.c -- PublishBatch: the rules for a batch, then its messages one by one. */
#include "publish.h"
#include "sns_handlers.h"

#define BATCH_ENTRIES_MAX 10
#define BATCH_ID_BYTES_MAX 80

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

/* AWS sns-batch-2: an entry that breaks a rule refuses the whole batch, as Publish would say it. */
static bool check_entries(struct call *c, const struct topic *t, const struct json *entries)
{
    for (const struct json *at = entries->first; at != NULL; at = at->next) {
        struct message m;
        struct message_fault fault = message_read(t, at, c->arena, &m);
        if (fault.error != AWS_OK) {
            call_fail(c, fault.error, "%.*s", STR_ARG(fault.reason));
            return false;
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
                  "The length of all the messages put together is more than the limit.");
        return false;
    }
    return check_ids(c, entries) && check_entries(c, t, entries);
}

/* What a fault does to an entry: nothing else fails one alone. */
static void out_failed(struct call *c, struct json *failed, struct str id)
{
    struct json *item = sns_new_item(c, failed);
    json_set_str(c->arena, item, "Id", id);
    json_set_str(c->arena, item, "Code", str_of(aws_error_get(AWS_INTERNAL_ERROR)->name));
    json_set_str(c->arena, item, "Message", STR("Internal error"));
    json_set_bool(c->arena, item, "SenderFault", false);
}

void publish_batch(struct call *c)
{
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
        (void)message_read(t, at, c->arena, &m);
        if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, index, entries->count)) {
            out_failed(c, failed, id);
            continue;
        }
        struct json *item = sns_new_item(c, successful);
        json_set_str(c->arena, item, "Id", id);
        publish_message(c, t, &m, item);
    }
}
