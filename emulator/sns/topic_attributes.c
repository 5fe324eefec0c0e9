/* topic_attributes.c -- One table of the attributes; they are kept as texts and told back.
 * DIFFERS sns-topic-attributes-1: keys of KMS, tracing, logging of deliveries, archives and
 * policies are state: nothing is encrypted, traced, logged, archived or denied by them. */
#include "topic_attributes.h"
#include "delivery_policy.h"
#include "sns_handlers.h"
#include "subscription.h"

#define DISPLAY_NAME_BYTES_MAX 100
#define ARCHIVE_DAYS_MAX 365
enum form { FORM_TEXT, FORM_CHOICE, FORM_POLICY, FORM_PERCENT, FORM_DELIVERY, FORM_ARCHIVE };
struct attribute {
    const char *name;
    enum form form;
    const char *choices[3];
    bool fifo;    /* of FIFO topics alone */
    bool created; /* never changes */
};
static const struct attribute table[] = {
    {.name = "DisplayName"},
    {.name = "Policy", .form = FORM_POLICY},
    {.name = "KmsMasterKeyId"},
    {.name = "SignatureVersion", .form = FORM_CHOICE, .choices = {"1", "2"}},
    {.name = "TracingConfig", .form = FORM_CHOICE, .choices = {"PassThrough", "Active"}},
    {.name = "FifoTopic", .form = FORM_CHOICE, .choices = {"true", "false"}, .created = true},
    {.name = "ContentBasedDeduplication",
     .form = FORM_CHOICE,
     .choices = {"true", "false"},
     .fifo = true},
    {.name = "FifoThroughputScope",
     .form = FORM_CHOICE,
     .choices = {"Topic", "MessageGroup"},
     .fifo = true},
    {.name = "DeliveryPolicy", .form = FORM_DELIVERY},
    {.name = "ArchivePolicy", .form = FORM_ARCHIVE, .fifo = true},
};
static const char *const feedback_of[] = {"Application", "Firehose", "HTTP", "Lambda", "SQS"};
static const struct attribute feedback[] = {
    {.name = "SuccessFeedbackRoleArn"},
    {.name = "SuccessFeedbackSampleRate", .form = FORM_PERCENT},
    {.name = "FailureFeedbackRoleArn"},
};

static const struct attribute *find_feedback(struct str name)
{
    for (size_t i = 0; i < sizeof feedback_of / sizeof feedback_of[0]; i++) {
        struct str head = str_of(feedback_of[i]);
        for (size_t k = 0; str_starts(name, head) && k < sizeof feedback / sizeof feedback[0];
             k++) {
            if (str_eq(str_from(name, head.len), str_of(feedback[k].name))) {
                return &feedback[k];
            }
        }
    }
    return NULL;
}

static const struct attribute *find(struct str name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (str_eq(name, str_of(table[i].name))) {
            return &table[i];
        }
    }
    return find_feedback(name);
}

static bool is_choice(const struct attribute *a, struct str value)
{
    for (size_t i = 0; i < 3 && a->choices[i] != NULL; i++) {
        if (str_eq(value, str_of(a->choices[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_policy(struct call *c, struct str value)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    return json_parse(c->arena, value, &tree, &d) == ERR_OK && json_is(tree, JSON_IS_OBJECT) &&
           json_get(tree, STR("Statement")) != NULL;
}

static bool is_percent(struct str value)
{
    int64_t percent;
    struct diag d = DIAG_INIT;
    return str_i64(value, &percent, &d) == ERR_OK && percent >= 0 && percent <= 100;
}

/* {"MessageRetentionPeriod": days}, the days also as a text */
static bool is_archive(struct call *c, struct str value)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    int64_t days = 0;
    if (json_parse(c->arena, value, &tree, &d) != ERR_OK || !json_is(tree, JSON_IS_OBJECT)) {
        return false;
    }
    struct str text = json_str(json_get(tree, STR("MessageRetentionPeriod")));
    return tree->count == 0 ||
           (str_i64(text, &days, &d) == ERR_OK && days >= 1 && days <= ARCHIVE_DAYS_MAX);
}

static void check_delivery(struct call *c, struct str value)
{
    struct str kept, reason;
    if (!delivery_policy_read(c->arena, OF_TOPIC, value, &kept, &reason)) {
        call_fail(c, AWS_INVALID_PARAMETER, "Invalid parameter: %.*s", STR_ARG(reason));
    }
}

static void fail_value(struct call *c, struct str name)
{
    sns_fail_parameter(
        c, str_z(c->arena, str_printf(c->arena, "Attributes Reason: %.*s", STR_ARG(name))));
}

static bool check_form(struct call *c, const struct attribute *a, struct str name, struct str value)
{
    bool empty = value.len == 0;
    switch (a->form) {
    case FORM_TEXT:
        if (str_eq(name, STR("DisplayName")) && value.len > DISPLAY_NAME_BYTES_MAX) {
            sns_fail_parameter(c, "DisplayName");
        }
        break;
    case FORM_CHOICE:
        if (!is_choice(a, value)) {
            fail_value(c, name);
        }
        break;
    case FORM_POLICY:
        if (!is_policy(c, value)) {
            sns_fail_parameter(c, "Policy Error: null");
        }
        break;
    case FORM_PERCENT:
        if (!empty && !is_percent(value)) {
            fail_value(c, name);
        }
        break;
    case FORM_DELIVERY:
        check_delivery(c, value);
        break;
    case FORM_ARCHIVE:
        if (!empty && !is_archive(c, value)) {
            fail_value(c, name);
        }
        break;
    }
    return !call_failed(c);
}

bool topic_attribute_check(struct call *c, struct str name, struct str value, bool fifo)
{
    const struct attribute *a = find(name);
    if (a == NULL || (a->created && str_eq(str_of(c->op->name), STR("SetTopicAttributes")))) {
        sns_fail_parameter(c, "AttributeName");
        return false;
    }
    if (a->fifo && !fifo) {
        call_fail(c, AWS_INVALID_PARAMETER,
                  "Invalid parameter: Attributes Reason: %s can only be set for FIFO topics",
                  str_eq(name, STR("ContentBasedDeduplication")) ? "Content-based deduplication"
                                                                 : a->name);
        return false;
    }
    return check_form(c, a, name, value);
}

struct str topic_attribute_kept(struct arena *a, struct str name, struct str value)
{
    struct str kept, reason;
    if (!str_eq(name, STR("DeliveryPolicy"))) {
        return value;
    }
    (void)delivery_policy_read(a, OF_TOPIC, value, &kept, &reason);
    return kept;
}

void topic_attribute_set(struct sns *sns, struct topic *t, struct str name, struct str value)
{
    if (value.len == 0) {
        text_list_drop(&t->attributes, sns->arena, name);
    } else {
        text_list_set(&t->attributes, sns->arena, name, value);
    }
}

struct str topic_attribute_get(const struct topic *t, struct str name)
{
    const struct text_item *item = text_list_find(&t->attributes, name);
    if (item != NULL) {
        return item->value;
    }
    bool said_by_kind =
        str_eq(name, STR("ContentBasedDeduplication")) || str_eq(name, STR("FifoTopic"));
    return said_by_kind ? STR("false") : STR_EMPTY;
}

/* ---- the operations ---- */

static void set_count(struct call *c, struct json *map, const char *name, uint64_t count)
{
    json_set_str(c->arena, map, name, str_printf(c->arena, "%llu", (unsigned long long)count));
}

static void out_counts(struct call *c, struct json *map, const struct topic *t)
{
    uint64_t confirmed = 0, pending = 0;
    const struct subscription *s = NULL;
    while ((s = subscription_next(sns_of(c), t->arn, s)) != NULL) {
        confirmed += s->confirmed;
        pending += !s->confirmed && subscription_is_alive(s, c->now_us);
    }
    set_count(c, map, "SubscriptionsConfirmed", confirmed);
    set_count(c, map, "SubscriptionsPending", pending);
    set_count(c, map, "SubscriptionsDeleted", t->deleted_count);
}

void topic_get_attributes(struct call *c)
{
    const struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    if (t == NULL) {
        return;
    }
    struct json *map = call_out(c, "Attributes", JSON_IS_OBJECT);
    json_set_str(c->arena, map, "TopicArn", t->arn);
    json_set_str(c->arena, map, "Owner", t->owner);
    json_set_str(
        c->arena, map, "EffectiveDeliveryPolicy",
        delivery_policy_of_topic(c->arena, text_list_get(&t->attributes, "DeliveryPolicy")));
    out_counts(c, map, t);
    for (const struct text_item *at = t->attributes.first; at != NULL; at = at->next) {
        json_set_str(c->arena, map, str_z(c->arena, at->name), str_copy(c->arena, at->value));
    }
    if (json_get(map, STR("DisplayName")) == NULL) {
        json_set_str(c->arena, map, "DisplayName", STR_EMPTY);
    }
    if (json_get(map, STR("Policy")) == NULL) {
        json_set_str(c->arena, map, "Policy", topic_policy_default(c, t));
    }
    if (t->fifo && json_get(map, STR("ContentBasedDeduplication")) == NULL) {
        json_set_str(c->arena, map, "ContentBasedDeduplication", STR("false"));
    }
}

void topic_set_attributes(struct call *c)
{
    struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    struct str name = call_str(c, "AttributeName"), value = call_str(c, "AttributeValue");
    if (t != NULL && topic_attribute_check(c, name, value, t->fifo)) {
        topic_attribute_set(sns_of(c), t, name, topic_attribute_kept(c->arena, name, value));
    }
}
