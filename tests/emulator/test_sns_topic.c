/* Topics and subscriptions, against the SNS API reference. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "emulator_client.h"

#define TOPIC "arn:aws:sns:us-east-1:000000000000:ops"

static void expect_error(struct emulator_client *c, int status, const char *code,
                         const char *message)
{
    cr_expect_eq(c->response->status, status, "%d: %s", c->response->status, client_body(c));
    cr_expect_str_eq(client_text(c, "Error.Code"), code, "%s", client_body(c));
    if (message != NULL) {
        cr_expect_str_eq(client_text(c, "Error.Message"), message);
    }
}

/* The value of an attribute in a Get...Attributes answer. */
static const char *attribute(struct emulator_client *c, const char *result, const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "%s.Attributes.entry", result);
    for (size_t i = 0; i < client_count(c, path); i++) {
        if (strcmp(client_nth(c, path, i, "key"), name) == 0) {
            return client_nth(c, path, i, "value");
        }
    }
    return "(none)";
}

Test(sns_topic, is_created_once_and_deleted_often)
{
    /* Proves: CreateTopic is idempotent by name and attributes; attributes are kept; DeleteTopic
     * never minds. */
    struct emulator_client c = client_new();
    cr_assert_eq(client_sns(&c, "Action=CreateTopic&Name=ops&Attributes.entry.1.key=DisplayName&"
                                "Attributes.entry.1.value=Ops"),
                 200, "%s", client_body(&c));
    cr_expect_str_eq(client_text(&c, "CreateTopicResult.TopicArn"), TOPIC);
    cr_expect_eq(client_sns(&c, "Action=CreateTopic&Name=ops"), 200);
    client_sns(&c, "Action=CreateTopic&Name=ops&Attributes.entry.1.key=DisplayName&Attributes."
                   "entry.1.value=No");
    expect_error(
        &c, 400, "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    client_sns(&c, "Action=GetTopicAttributes&TopicArn=" TOPIC);
    cr_expect_str_eq(attribute(&c, "GetTopicAttributesResult", "DisplayName"), "Ops");
    cr_expect_str_eq(attribute(&c, "GetTopicAttributesResult", "Owner"), "000000000000");
    cr_expect_str_eq(attribute(&c, "GetTopicAttributesResult", "SubscriptionsPending"), "0");
    cr_expect_eq(client_sns(&c, "Action=SetTopicAttributes&TopicArn=" TOPIC
                                "&AttributeName=DisplayName&AttributeValue=New"),
                 200);
    client_sns(&c, "Action=GetTopicAttributes&TopicArn=" TOPIC);
    cr_expect_str_eq(attribute(&c, "GetTopicAttributesResult", "DisplayName"), "New");
    client_sns(&c, "Action=ListTopics");
    cr_expect_eq(client_count(&c, "ListTopicsResult.Topics.member"), 1);
    cr_expect_eq(client_sns(&c, "Action=DeleteTopic&TopicArn=" TOPIC), 200);
    cr_expect_eq(client_sns(&c, "Action=DeleteTopic&TopicArn=" TOPIC), 200);
    client_sns(&c, "Action=GetTopicAttributes&TopicArn=" TOPIC);
    expect_error(&c, 404, "NotFound", "Topic does not exist");
    client_free(&c);
}

Test(sns_topic, refusals)
{
    /* Proves: bad names are InvalidParameter; what is not built is refused by name; ARNs must be
     * ARNs. */
    static const struct {
        const char *form, *code, *part;
        int status;
    } rows[] = {
        {"Action=CreateTopic&Name=a%20b", "InvalidParameter", "Invalid parameter: Topic Name", 400},
        {"Action=CreateTopic&Name=a.fifo", "InvalidParameter", "Invalid parameter: Topic Name",
         400},
        {"Action=CreateTopic&Name=a&Attributes.entry.1.key=ArchivePolicy&Attributes.entry.1.value="
         "k",
         "InvalidParameter", "ArchivePolicy can only be set for FIFO topics", 400},
        {"Action=CreateTopic&Name=a.fifo&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value="
         "true&Attributes.entry.2.key=ArchivePolicy&Attributes.entry.2.value=%7B%22"
         "MessageRetentionPeriod%22:366%7D",
         "InvalidParameter", "ArchivePolicy", 400},
        {"Action=SetTopicAttributes&TopicArn=" TOPIC
         "&AttributeName=DeliveryPolicy&AttributeValue=%7B%22https%22:%7B%7D%7D",
         "InvalidParameter", "DeliveryPolicy: Unexpected JSON member: https", 400},
        {"Action=SetTopicAttributes&TopicArn=" TOPIC
         "&AttributeName=DeliveryPolicy&AttributeValue=%7B",
         "InvalidParameter", "DeliveryPolicy: failed to parse JSON", 400},
        {"Action=CreateTopic&Name=a&Attributes.entry.1.key=Colour&Attributes.entry.1.value=k",
         "InvalidParameter", "AttributeName", 400},
        {"Action=GetTopicAttributes&TopicArn=ops", "InvalidParameter",
         "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=sqs&Endpoint=http://127.0.0.1/1/q",
         "InvalidParameter", "Invalid parameter: SQS endpoint ARN", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=lambda&Endpoint=arn:aws:sqs:us-east-1:1:q",
         "InvalidParameter", "Lambda endpoint ARN", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=email&Endpoint=nobody", "InvalidParameter",
         "Email address", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=application&Endpoint=arn:x",
         "InvalidParameter", "Endpoint does not exist for endpoint arnarn:x", 400},
        {"Action=Subscribe&TopicArn=" TOPIC
         "&Protocol=http&Endpoint=http://h/&Attributes.entry.1.key=RedrivePolicy&"
         "Attributes.entry.1.value=%7B%22deadLetterTargetArn%22:%22q%22%7D",
         "InvalidParameter",
         "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=pigeon&Endpoint=x", "InvalidParameter",
         "does not support this protocol string: pigeon", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "&Protocol=https&Endpoint=http://h/",
         "InvalidParameter", "Endpoint must match the specified protocol", 400},
        {"Action=Subscribe&TopicArn=" TOPIC "x&Protocol=http&Endpoint=http://h/", "NotFound",
         "Topic does not exist", 404},
        {"Action=Subscribe&TopicArn=" TOPIC
         "&Protocol=http&Endpoint=http://h/&Attributes.entry.1.key=ReplayPolicy&"
         "Attributes.entry.1.value=%7B%7D",
         "NotImplemented", "ReplayPolicy", 501},
        {"Action=ConfirmSubscription&TopicArn=" TOPIC "&Token=abc", "InvalidParameter",
         "Invalid parameter: Token", 400},
        {"Action=ConfirmSubscription&TopicArn=" TOPIC "&Token=random", "InvalidParameter",
         "Invalid token", 400},
        {"Action=Unsubscribe&SubscriptionArn=abc", "InvalidParameter", "SubscriptionArn", 400},
        {"Action=Unsubscribe&SubscriptionArn=", "InvalidParameter",
         "SubscriptionArn Reason: no value for required parameter", 400},
        {"Action=Unsubscribe&SubscriptionArn=" TOPIC ":none", "InvalidParameter",
         "Invalid parameter: SubscriptionId", 400},
        {"Action=GetSubscriptionAttributes&SubscriptionArn=" TOPIC ":none", "InvalidParameter",
         "Invalid parameter: SubscriptionId", 400},
        {"Action=GetSubscriptionAttributes&SubscriptionArn=" TOPIC
         ":01234567-89ab-cdef-0123-456789abcdef",
         "NotFound", "Subscription does not exist", 404},
        {"Action=GetTopicAttributes&TopicArn=arn:aws:sns:eu-west-1:000000000000:ops",
         "InvalidParameter", "Invalid parameter: TopicArn", 400},
        {"Action=ListTopics&NextToken=abc", "InvalidParameter", "NextToken", 400},
        {"Action=TagResource&ResourceArn=" TOPIC "x&Tags.member.1.Key=k&Tags.member.1.Value=v",
         "ResourceNotFound", "Resource does not exist", 404},
    };
    struct emulator_client c = client_new();
    client_sns(&c, "Action=CreateTopic&Name=ops");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_sns(&c, rows[i].form);
        expect_error(&c, rows[i].status, rows[i].code, NULL);
        cr_expect(strstr(client_text(&c, "Error.Message"), rows[i].part) != NULL, "%s: %s",
                  rows[i].form, client_body(&c));
    }
    client_free(&c);
}

Test(sns_topic, lists_come_in_pages_of_a_hundred)
{
    /* Proves: ListTopics gives each topic once over its pages, of the caller's region alone. */
    struct emulator_client c = client_new();
    char form[300];
    for (int i = 0; i < 230; i++) {
        snprintf(form, sizeof form, "Action=CreateTopic&Name=t%03d", i);
        client_sns(&c, form);
    }
    c.region = STR("eu-west-1");
    client_sns(&c, "Action=CreateTopic&Name=elsewhere");
    c.region = STR("us-east-1");
    size_t seen = 0;
    for (const char *token = ""; seen == 0 || token[0] != '\0';) {
        snprintf(form, sizeof form, "Action=ListTopics%s%s",
                 token[0] == '\0' ? "" : "&NextToken=", token);
        cr_assert_eq(client_sns(&c, form), 200);
        size_t count = client_count(&c, "ListTopicsResult.Topics.member");
        for (size_t i = 0; i < count; i++, seen++) {
            char want[100];
            snprintf(want, sizeof want, "arn:aws:sns:us-east-1:000000000000:t%03zu", seen);
            cr_expect_str_eq(client_nth(&c, "ListTopicsResult.Topics.member", i, "TopicArn"), want);
        }
        token = client_text(&c, "ListTopicsResult.NextToken");
        cr_assert(count == 100 || token[0] == '\0');
    }
    cr_expect_eq(seen, 230);
    client_free(&c);
}
