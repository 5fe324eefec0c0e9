/* sns_service.c -- SNS among the emulator's services: its handlers, its state, and how its calls
 * are named to faults. */
#include "sns_service.h"
#include "message_log.h"
#include "recent_message.h"
#include "sns_handlers.h"
#include "sns_model.h"
#include "sns_state.h"

static const struct operation_handler handlers[] = {
    {.name = "AddPermission", .handle = topic_add_permission},
    {.name = "CheckIfPhoneNumberIsOptedOut", .handle = sms_is_opted_out},
    {.name = "ConfirmSubscription", .handle = subscription_confirm},
    {.name = "CreatePlatformApplication", .handle = platform_application_create},
    {.name = "CreatePlatformEndpoint", .handle = platform_endpoint_create},
    {.name = "CreateTopic", .handle = topic_create},
    {.name = "DeleteEndpoint", .handle = platform_endpoint_delete},
    {.name = "DeletePlatformApplication", .handle = platform_application_delete},
    {.name = "DeleteTopic", .handle = topic_delete},
    {.name = "GetEndpointAttributes", .handle = platform_endpoint_get},
    {.name = "GetPlatformApplicationAttributes", .handle = platform_application_get},
    {.name = "GetSMSAttributes", .handle = sms_get_attributes},
    {.name = "GetSubscriptionAttributes", .handle = subscription_get_attributes},
    {.name = "GetTopicAttributes", .handle = topic_get_attributes},
    {.name = "ListEndpointsByPlatformApplication", .handle = platform_endpoint_list},
    {.name = "ListPhoneNumbersOptedOut", .handle = sms_list_opted_out},
    {.name = "ListPlatformApplications", .handle = platform_application_list},
    {.name = "ListSubscriptions", .handle = subscription_list},
    {.name = "ListSubscriptionsByTopic", .handle = subscription_list_by_topic},
    {.name = "ListTagsForResource", .handle = topic_tags_list},
    {.name = "ListTopics", .handle = topic_list},
    {.name = "OptInPhoneNumber", .handle = sms_opt_in},
    {.name = "Publish", .handle = publish},
    {.name = "PublishBatch", .handle = publish_batch},
    {.name = "RemovePermission", .handle = topic_remove_permission},
    {.name = "SetEndpointAttributes", .handle = platform_endpoint_set},
    {.name = "SetPlatformApplicationAttributes", .handle = platform_application_set},
    {.name = "SetSMSAttributes", .handle = sms_set_attributes},
    {.name = "SetSubscriptionAttributes", .handle = subscription_set_attributes},
    {.name = "SetTopicAttributes", .handle = topic_set_attributes},
    {.name = "Subscribe", .handle = subscription_subscribe},
    {.name = "TagResource", .handle = topic_tags_add},
    {.name = "Unsubscribe", .handle = subscription_unsubscribe},
    {.name = "UntagResource", .handle = topic_tags_remove},
};

static void *sns_new(struct core *core, struct arena *a)
{
    struct sns *sns = NEW(a, struct sns);
    (void)core;
    sns->arena = a;
    sns->topics = tree_new(a);
    sns->subscriptions = tree_new(a);
    sns->applications = tree_new(a);
    sns->endpoints = tree_new(a);
    sns->log = message_log_new(a);
    sns->recent = recent_messages_new(a);
    return sns;
}

/* The topic's name: "ops-high" of its ARN, of a subscription's ARN, or as CreateTopic gives it. */
static struct str topic_name(const struct call *c)
{
    static const char *const members[] = {"Name", "TopicArn", "TargetArn", "SubscriptionArn",
                                          "ResourceArn"};
    struct str text = STR_EMPTY, part;
    for (size_t i = 0; text.len == 0 && i < sizeof members / sizeof members[0]; i++) {
        text = call_str(c, members[i]);
    }
    if (!sns_arn_is_valid(text)) {
        return text;
    }
    for (int i = 0; i < 6; i++) {
        str_cut(&text, ':', &part);
    }
    return part;
}

static void describe(const struct call *c, struct fault_call *description)
{
    struct str name = topic_name(c);
    if (name.len > 0 && description->attribute_count < FAULT_WHERE_MAX) {
        description->attributes[description->attribute_count++] =
            (struct fault_where){.name = STR("topic"), .pattern = name};
    }
}

const struct emulator_service sns_service = {
    .model = &sns_model,
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof handlers[0],
    .state_new = sns_new,
    .describe = describe,
};

bool sns_message_next(const void *state, uint64_t *cursor, struct sns_message_view *ret_message)
{
    const struct sns *sns = state;
    return message_log_next(sns->log, cursor, ret_message);
}
