/* topic.c -- Topics: create, delete, list. */
#include "sns_handlers.h"
#include "subscription.h"
#include "topic_attributes.h"
#include "topic_tags.h"

#define TOPIC_NAME_BYTES_MAX 256
#define FIFO_SUFFIX ".fifo"

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

/* AWS sns-fifo-1: a FIFO topic's name ends in .fifo, and no other's. */
static bool check_name(struct call *c, struct str name)
{
    bool fifo = str_ends(name, STR(FIFO_SUFFIX));
    struct str plain = str_slice(name, 0, name.len - (fifo ? sizeof FIFO_SUFFIX - 1 : 0));
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    bool asked = str_eq_nocase(json_str(json_get(attributes, STR("FifoTopic"))), STR("true"));
    if (name.len > TOPIC_NAME_BYTES_MAX || !name_is_valid(plain) || fifo != asked) {
        sns_fail_parameter(c, "Topic Name");
    }
    return !call_failed(c);
}

static bool check_attributes(struct call *c, bool fifo)
{
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        if (!topic_attribute_check(c, at->key, json_str(at), fifo)) {
            return false;
        }
    }
    if (call_str(c, "DataProtectionPolicy").len > 0) {
        sns_fail_unbuilt(c, "parameter", STR("DataProtectionPolicy"));
    }
    return !call_failed(c) && topic_tags_check(c, json_get(c->input, STR("Tags")));
}

static struct topic *topic_new(struct call *c, struct str arn, struct str name)
{
    struct sns *sns = sns_of(c);
    struct topic *t = NEW(sns->arena, struct topic);
    *t = (struct topic){.arn = str_copy(sns->arena, arn),
                        .fifo = str_ends(name, STR(FIFO_SUFFIX)),
                        .number = ++sns->topics_made};
    t->name = str_from(t->arn, arn.len - name.len);
    t->owner = str_slice(t->arn, arn.len - name.len - 1 - c->account.len, arn.len - name.len - 1);
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        if (t->fifo || !str_eq(at->key, STR("FifoTopic"))) { /* "false" is not told */
            topic_attribute_set(sns, t, at->key,
                                topic_attribute_kept(c->arena, at->key, json_str(at)));
        }
    }
    topic_tags_put(sns, t, json_get(c->input, STR("Tags")));
    tree_put(sns->topics, t->arn, t);
    return t;
}

/* Whether a topic that is there is the one that is asked for again. */
static bool is_asked_again(struct call *c, const struct topic *t)
{
    const struct json *attributes = json_get(c->input, STR("Attributes"));
    for (const struct json *at = attributes == NULL ? NULL : attributes->first; at != NULL;
         at = at->next) {
        struct str wanted = topic_attribute_kept(c->arena, at->key, json_str(at));
        if (!str_eq(topic_attribute_get(t, at->key), wanted)) {
            sns_fail_parameter(c,
                               "Attributes Reason: Topic already exists with different attributes");
            return false;
        }
    }
    if (!topic_tags_are_there(t, json_get(c->input, STR("Tags")))) {
        sns_fail_parameter(c, "Tags Reason: Topic already exists with different tags");
        return false;
    }
    return true;
}

/* AWS sns-create-topic-1: a topic of that name is given back; other attributes or tags than it has
 * are refused. */
void topic_create(struct call *c)
{
    struct str name = call_str(c, "Name");
    if (!check_name(c, name) || !check_attributes(c, str_ends(name, STR(FIFO_SUFFIX)))) {
        return;
    }
    struct str arn = str_join(c->arena, sns_arn_prefix(c), name);
    const struct topic *t = tree_get(sns_of(c)->topics, arn);
    if (t != NULL && !is_asked_again(c, t)) {
        return;
    }
    if (t == NULL && tree_count(sns_of(c)->topics) >= SNS_TOPICS_MAX) {
        call_fail(c, AWS_TOPIC_LIMIT_EXCEEDED, "Topic limit exceeded");
        return;
    }
    if (t == NULL) {
        topic_new(c, arn, name);
    }
    call_out_str(c, "TopicArn", arn);
}

/* AWS sns-delete-topic-1: deletes the subscriptions too; a topic that is not there is no error. */
void topic_delete(struct call *c)
{
    struct sns *sns = sns_of(c);
    struct str arn = call_str(c, "TopicArn");
    if (!sns_check_topic_arn(c, arn)) {
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
    text_list_clear(&t->attributes, sns->arena);
    text_list_clear(&t->tags, sns->arena);
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
