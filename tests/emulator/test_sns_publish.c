/* Publish and PublishBatch: the rules for messages, what is kept of them, partial faults, the cap.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "emulator_client.h"

#define TOPIC "arn:aws:sns:us-east-1:000000000000:ops"
#define PUBLISH "Action=Publish&TopicArn=" TOPIC

static struct emulator_client with_topic(void)
{
    struct emulator_client c = client_new();
    cr_assert_eq(client_sns(&c, "Action=CreateTopic&Name=ops"), 200);
    return c;
}

static size_t messages_kept(struct emulator_client *c)
{
    size_t count = 0;
    uint64_t cursor = 0;
    for (struct emulator_message m; emulator_message_next(c->emulator, &cursor, &m);) {
        count++;
    }
    return count;
}

static const char *filled(struct emulator_client *c, const char *form, size_t bytes)
{
    char *text = arena_alloc(c->arena, bytes + 1);
    memset(text, 'x', bytes);
    return str_z(c->arena, str_printf(c->arena, "%s%s", form, text));
}

Test(sns_publish, every_message_is_kept_for_oracles)
{
    /* Proves: topic, id, subject, text, attributes and time of every message can be read,
     * subscribed to or not. */
    struct emulator_client c = with_topic();
    cr_assert_eq(client_sns(&c, PUBLISH "&Message=h%C3%A9llo%0A&Subject=lag"
                                        "&MessageAttributes.entry.1.Name=criticality"
                                        "&MessageAttributes.entry.1.Value.DataType=String"
                                        "&MessageAttributes.entry.1.Value.StringValue=high"
                                        "&MessageAttributes.entry.2.Name=blob"
                                        "&MessageAttributes.entry.2.Value.DataType=Binary"
                                        "&MessageAttributes.entry.2.Value.BinaryValue=AAEC"),
                 200, "%s", client_body(&c));
    const char *id = client_text(&c, "PublishResult.MessageId");
    c.now_us += 1000;
    cr_assert_eq(client_sns(&c, "Action=Publish&TargetArn=" TOPIC "&Message=second"), 200);
    uint64_t cursor = 0;
    struct emulator_message m;
    cr_assert(emulator_message_next(c.emulator, &cursor, &m));
    cr_expect(str_eq(m.topic_arn, STR(TOPIC)));
    cr_expect(str_eq(m.message_id, str_of(id)));
    cr_expect_eq(strlen(id), 36);
    cr_expect(str_eq(m.subject, STR("lag")));
    cr_expect(str_eq(m.message, STR("h\xc3\xa9llo\n")));
    cr_assert_eq(m.attribute_count, 2);
    cr_expect(str_eq(m.attributes[0].name, STR("criticality")));
    cr_expect(str_eq(m.attributes[0].value, STR("high")));
    cr_expect(str_eq(m.attributes[1].value, STR("AAEC")));
    cr_expect_eq(m.at_us, c.now_us - 1000);
    cr_assert(emulator_message_next(c.emulator, &cursor, &m));
    cr_expect(str_eq(m.message, STR("second")));
    cr_expect_not(emulator_message_next(c.emulator, &cursor, &m));
    client_free(&c);
}

Test(sns_publish, rules_for_messages)
{
    /* Proves: each documented rule refuses with its code and keeps nothing; what is just allowed is
     * taken. */
    static const struct {
        const char *form, *code, *part; /* code NULL: taken */
    } rows[] = {
        {"&Message=", "InvalidParameter", "Empty message"},
        {"&Message=m&Subject=", "InvalidParameter", "Subject"},
        {"&Message=m&Subject=%20x", "InvalidParameter", "Subject"},
        {"&Message=m&Subject=a%0Ab", "InvalidParameter", "Subject"},
        {"&Message=m&Subject=%C3%A9", "InvalidParameter", "Subject"},
        {"&Message=m&Subject=!ok", NULL, NULL},
        {"&Message=m&MessageStructure=json", "InvalidParameter", "failed to parse"},
        {"&Message=%7B%22http%22:%22x%22%7D&MessageStructure=json", "InvalidParameter",
         "No default entry"},
        {"&Message=%7B%22default%22:%22x%22%7D&MessageStructure=json", NULL, NULL},
        {"&Message=m&MessageStructure=xml", "InvalidParameter", "MessageStructure"},
        {"&Message=m&MessageDeduplicationId=1", "InvalidParameter", "MessageDeduplicationId"},
        {"&Message=m&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType="
         "String",
         "ParameterValueInvalid", "'a' must contain non-empty message attribute value"},
        {"&Message=m&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType="
         "Date&"
         "MessageAttributes.entry.1.Value.StringValue=x",
         "ParameterValueInvalid", "invalid message attribute type"},
        {"&Message=m&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType="
         "Number&"
         "MessageAttributes.entry.1.Value.StringValue=x",
         "ParameterValueInvalid", "not a number"},
        {"&Message=m&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType="
         "Number.int&"
         "MessageAttributes.entry.1.Value.StringValue=12",
         NULL, NULL},
    };
    struct emulator_client c = with_topic();
    size_t kept = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status =
            client_sns(&c, str_z(c.arena, str_printf(c.arena, PUBLISH "%s", rows[i].form)));
        kept += rows[i].code == NULL;
        cr_expect_eq(status, rows[i].code == NULL ? 200 : 400, "%s: %s", rows[i].form,
                     client_body(&c));
        cr_expect_str_eq(client_text(&c, "Error.Code"), rows[i].code == NULL ? "" : rows[i].code,
                         "%s", rows[i].form);
        cr_expect(rows[i].code == NULL ||
                      strstr(client_text(&c, "Error.Message"), rows[i].part) != NULL,
                  "%s: %s", rows[i].form, client_body(&c));
        cr_expect_eq(messages_kept(&c), kept, "%s", rows[i].form);
    }
    cr_expect_eq(client_sns(&c, filled(&c, PUBLISH "&Message=", 256 * KIB)), 200);
    cr_expect_eq(client_sns(&c, filled(&c, PUBLISH "&Message=", 256 * KIB + 1)), 400);
    cr_expect_str_eq(client_text(&c, "Error.Message"), "Invalid parameter: Message too long");
    cr_expect_eq(client_sns(&c, filled(&c, PUBLISH "&Message=m&Subject=", 100)), 200);
    cr_expect_eq(client_sns(&c, filled(&c, PUBLISH "&Message=m&Subject=", 101)), 400);
    cr_expect_eq(client_sns(&c, "Action=Publish&PhoneNumber=%2B1a234&Message=m"), 400);
    cr_expect_str_eq(client_text(&c, "Error.Message"), "Invalid parameter: PhoneNumber Reason: "
                                                       "+1a234 is not valid to publish to");
    cr_expect_eq(client_sns(&c, "Action=Publish&PhoneNumber=%2B15551234567&Message=m"), 200);
    cr_expect_eq(client_sns(&c, "Action=Publish&TopicArn=&Message=m"), 400);
    cr_expect_str_eq(
        client_text(&c, "Error.Message"),
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1");
    cr_expect_eq(client_sns(&c, "Action=Publish&Message=m"), 400);
    cr_expect_eq(client_sns(&c, "Action=Publish&TopicArn=" TOPIC "x&Message=m"), 404);
    client_free(&c);
}

static const char *batch_of(struct emulator_client *c, int entries, const char *id_format)
{
    struct buf form;
    buf_init(&form, c->arena, 100000);
    buf_add_z(&form, "Action=PublishBatch&TopicArn=" TOPIC);
    for (int i = 1; i <= entries; i++) {
        buf_addf(&form, "&PublishBatchRequestEntries.member.%d.Message=m%d", i, i);
        buf_addf(&form, "&PublishBatchRequestEntries.member.%d.Id=%s", i, id_format);
        if (strstr(id_format, "same") == NULL) {
            buf_addf(&form, "%d", i);
        }
    }
    return str_z(c->arena, buf_str(&form));
}

Test(sns_publish, batches_are_judged_whole_and_entry_by_entry)
{
    /* Proves: the rules for a batch as a whole; one bad entry refuses all of it. */
    struct emulator_client c = with_topic();
    const struct {
        const char *form, *code;
    } rows[] = {
        {batch_of(&c, 11, "i"), "TooManyEntriesInBatchRequest"},
        {batch_of(&c, 2, "same"), "BatchEntryIdsNotDistinct"},
        {batch_of(&c, 2, "a.b"), "InvalidBatchEntryId"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(client_sns(&c, rows[i].form), 400, "row %zu", i);
        cr_expect_str_eq(client_text(&c, "Error.Code"), rows[i].code, "row %zu: %s", i,
                         client_body(&c));
    }
    struct str two = str_printf(c.arena,
                                "%s&PublishBatchRequestEntries.member.2.Id=b&"
                                "PublishBatchRequestEntries.member.2.Message=",
                                batch_of(&c, 1, "i"));
    cr_expect_eq(client_sns(&c, filled(&c, str_z(c.arena, two), 256 * KIB - 1)), 400,
                 "together they are too long");
    cr_expect_str_eq(client_text(&c, "Error.Code"), "BatchRequestTooLong");
    cr_expect_eq(messages_kept(&c), 0);
    struct str form = str_printf(c.arena, "%s&PublishBatchRequestEntries.member.2.Subject=%%0A",
                                 batch_of(&c, 3, "i"));
    cr_expect_eq(client_sns(&c, str_z(c.arena, form)), 400, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "Error.Message"), "Invalid parameter: Subject");
    cr_expect_eq(messages_kept(&c), 0);
    cr_expect_eq(client_sns(&c, batch_of(&c, 3, "i")), 200, "%s", client_body(&c));
    cr_expect_eq(client_count(&c, "PublishBatchResult.Successful.member"), 3);
    cr_expect_eq(messages_kept(&c), 3);
    client_free(&c);
}

Test(sns_publish, partial_fault_publishes_the_others)
{
    /* Proves: under a partial fault at least one entry fails, and exactly the successful ones were
     * published. */
    struct emulator_client c = with_topic();
    struct json *rules;
    struct diag d = DIAG_INIT;
    cr_assert_eq(
        json_parse(c.arena,
                   STR("[{\"on\":\"sns:PublishBatch\",\"phase\":\"partial\",\"entries\":\"1/2\"}]"),
                   &rules, &d),
        ERR_OK);
    cr_assert_eq(fault_plan_read(emulator_faults(c.emulator), rules, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(client_sns(&c, batch_of(&c, 10, "i")), 200);
    size_t failed = client_count(&c, "PublishBatchResult.Failed.member");
    cr_expect(failed >= 1);
    cr_expect_eq(client_count(&c, "PublishBatchResult.Successful.member"), 10 - failed);
    cr_expect_str_eq(client_nth(&c, "PublishBatchResult.Failed.member", 0, "SenderFault"), "false");
    cr_expect_eq(messages_kept(&c), 10 - failed);
    client_free(&c);
}

Test(sns_publish, the_log_is_capped_and_drops_the_oldest)
{
    /* Proves: past 256 MiB the oldest messages go, the newest stay, in order and without gaps. */
    struct emulator_client c = with_topic();
    const char *form = filled(&c, PUBLISH "&Message=", 256 * KIB);
    for (int i = 0; i < 1100; i++) {
        struct arena_mark mark = arena_mark(c.arena);
        cr_assert_eq(client_sns(&c, form), 200);
        arena_rewind(c.arena, mark);
    }
    size_t kept = messages_kept(&c);
    cr_expect(kept > 1000 && kept <= 1024, "%zu kept", kept);
    client_free(&c);
}
