/* topic.c -- Topics: create, delete, list, attributes. */
#include "sns_handlers.h"
#include "subscription.h"

#define TOPIC_NAME_BYTES_MAX 256
#define DISPLAY_NAME_BYTES_MAX 100
/* What delivery.c does, in SNS's own words for it. */
#define DELIVERY_POLICY                                                                            \
    "{\"http\":{\"defaultHealthyRetryPolicy\":{\"minDelayTarget\":20,\"maxDelayTarget\":20,"       \
    "\"numRetries\":3,"                                                                            \
    "\"numMaxDelayRetries\":0,\"numNoDelayRetries\":0,\"numMinDelayRetries\":0,"                   \
    "\"backoffFunction\":\"linear\"},"                                                             \
    "\"disableSubscriptionOverrides\":false,\"defaultRequestPolicy\":{\"headerContentType\":"      \
    "\"text/plain; "                                                                               \
    "charset=UTF-8\"}}}"

/* AWS sns-topic-name-1: up to 256 of letters, digits, hyphen, underscore. */
static bool name_is_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
        if (!good) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= TOPIC_NAME_BYTES_MAX;
}

/* DIFFERS sns-topic-attributes-1: DisplayName is kept; policies, encryption, FIFO, tracing are
 * refused by name. */
static bool read_attribute(struct call *c, struct str name, struct str value,
                           struct str *ret_display_name)
{
    static const char *const unbuilt[] = {"ArchivePolicy",  "ContentBasedDeduplication",
                                          "DeliveryPolicy", "FifoThroughputScope",
                                          "FifoTopic",      "KmsMasterKeyId",
                                          "Policy",         "SignatureVersion",
                                          "TracingConfig"};
    if (str_eq(name, STR("DisplayName"))) {
        if (value.len > DISPLAY_NAME_BYTES_MAX) {
            sns_fail_parameter(c, "DisplayName");
            return false;
        }
        *ret_display_name = value;
        return true;
    }
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++) {
        if (str_eq(name, str_of(unbuilt[i]))) {
            sns_fail_unbuilt(c, "topic attribute", name);
            return false;
        }
    }
    sns_fail_parameter(c, "AttributeName");
    return false;
}

static bool read_attributes(struct call *c, struct str *ret_display_name, bool *ret_given)
{
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    *ret_given = attributes != NULL && attributes->count > 0;
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        if (!read_attribute(c, at->key, json_str(at), ret_display_name)) {
            return false;
        }
    }
    const struct json *tags = json_get(c->input, STR("Tags"));
    if (tags != NULL && tags->count > 0) {
        sns_fail_unbuilt(c, "parameter", STR("Tags"));
    } else if (call_str(c, "DataProtectionPolicy").len > 0) {
        sns_fail_unbuilt(c, "parameter", STR("DataProtectionPolicy"));
    }
    return !call_failed(c);
}

static struct topic *topic_new(struct call *c, struct str arn, struct str name,
                               struct str display_name)
{
    struct sns *sns = sns_of(c);
    struct topic *t = NEW(sns->arena, struct topic);
    t->arn = str_copy(sns->arena, arn);
    t->name = str_from(t->arn, arn.len - name.len);
    t->owner = str_slice(t->arn, arn.len - name.len - 1 - c->account.len, arn.len - name.len - 1);
    t->display_name = str_copy(sns->arena, display_name);
    tree_put(sns->topics, t->arn, t);
    return t;
}

/* AWS sns-create-topic-1: a topic of that name is given back; other attributes than it has are
 * refused. */
void topic_create(struct call *c)
{
    struct str name = call_str(c, "Name"), display_name = STR_EMPTY;
    bool given;
    if (str_ends(name, STR(".fifo"))) {
        sns_fail_unbuilt(c, "kind of topic", STR("FIFO"));
        return;
    }
    if (!name_is_valid(name)) {
        sns_fail_parameter(c, "Topic Name");
        return;
    }
    if (!read_attributes(c, &display_name, &given)) {
        return;
    }
    struct str arn = str_join(c->arena, sns_arn_prefix(c), name);
    const struct topic *t = tree_get(sns_of(c)->topics, arn);
    if (t != NULL && given && !str_eq(t->display_name, display_name)) {
        sns_fail_parameter(c, "Attributes Reason: Topic already exists with different attributes");
        return;
    }
    if (t == NULL && tree_count(sns_of(c)->topics) >= SNS_TOPICS_MAX) {
        call_fail(c, AWS_TOPIC_LIMIT_EXCEEDED, "Topic limit exceeded");
        return;
    }
    if (t == NULL) {
        topic_new(c, arn, name, display_name);
    }
    call_out_str(c, "TopicArn", arn);
}

/* AWS sns-delete-topic-1: deletes the subscriptions too; a topic that is not there is no error. */
void topic_delete(struct call *c)
{
    struct sns *sns = sns_of(c);
    struct str arn = call_str(c, "TopicArn");
    if (!sns_arn_is_valid(arn)) {
        sns_fail_parameter(c, "TopicArn");
        return;
    }
    struct topic *t = tree_get(sns->topics, arn);
    if (t == NULL) {
        return;
    }
    for (struct subscription *s; (s = subscription_next(sns, t->arn, NULL)) != NULL;) {
        subscription_free(sns, s);
    }
    tree_remove(sns->topics, t->arn);
    sns_text_free(sns, t->arn);
    sns_text_free(sns, t->display_name);
    arena_recycle(sns->arena, t, sizeof *t);
}

void topic_list(struct call *c)
{
    struct sns_page page;
    if (!sns_page_begin(c, sns_arn_prefix(c), &page)) {
        return;
    }
    struct json *list = call_out(c, "Topics", JSON_IS_ARRAY);
    const struct tree_entry *at;
    while ((at = sns_page_next(c, &page, sns_of(c)->topics)) != NULL) {
        json_set_str(c->arena, sns_new_item(c, list), "TopicArn", at->key);
    }
}

static void set_count(struct call *c, struct json *map, const char *name, uint64_t count)
{
    json_set_str(c->arena, map, name, str_printf(c->arena, "%llu", (unsigned long long)count));
}

/* DIFFERS sns-topic-policy-1: the Policy attribute is left out: nothing is enforced by it. */
void topic_get_attributes(struct call *c)
{
    const struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    uint64_t confirmed = 0, pending = 0;
    if (t == NULL) {
        return;
    }
    const struct subscription *s = NULL;
    while ((s = subscription_next(sns_of(c), t->arn, s)) != NULL) {
        confirmed += s->confirmed;
        pending += !s->confirmed && subscription_is_alive(s, c->now_us);
    }
    struct json *map = call_out(c, "Attributes", JSON_IS_OBJECT);
    json_set_str(c->arena, map, "TopicArn", t->arn);
    json_set_str(c->arena, map, "Owner", t->owner);
    json_set_str(c->arena, map, "DisplayName", t->display_name);
    json_set_str(c->arena, map, "EffectiveDeliveryPolicy", STR(DELIVERY_POLICY));
    set_count(c, map, "SubscriptionsConfirmed", confirmed);
    set_count(c, map, "SubscriptionsPending", pending);
    set_count(c, map, "SubscriptionsDeleted", t->deleted_count);
}

void topic_set_attributes(struct call *c)
{
    struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    struct str display_name;
    if (t != NULL && read_attribute(c, call_str(c, "AttributeName"), call_str(c, "AttributeValue"),
                                    &display_name)) {
        sns_text_free(sns_of(c), t->display_name);
        t->display_name = str_copy(sns_of(c)->arena, display_name);
    }
}
