/* topic_policy.c -- A topic's policy: what it has at first, AddPermission, RemovePermission.
 * AWS sns-permission-1: a permission is a statement whose Sid is its label, for the roots of
 * accounts. DIFFERS sns-topic-policy-1: nothing is denied by a policy. */
#include "base/limits.h"
#include "sns_handlers.h"
#include "topic_attributes.h"

#define POLICY_BYTES_MAX (64 * KIB)
#define ACCOUNT_DIGITS 12

struct str topic_policy_default(struct call *c, const struct topic *t)
{
    static const char *const actions[] = {"GetTopicAttributes",
                                          "SetTopicAttributes",
                                          "AddPermission",
                                          "RemovePermission",
                                          "DeleteTopic",
                                          "Subscribe",
                                          "ListSubscriptionsByTopic",
                                          "Publish"};
    struct buf out;
    buf_init(&out, c->arena, 4 * KIB);
    buf_add_z(&out, "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{"
                    "\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{"
                    "\"AWS\":\"*\"},\"Action\":[");
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        buf_addf(&out, "%s\"SNS:%s\"", i == 0 ? "" : ",", actions[i]);
    }
    buf_addf(&out,
             "],\"Resource\":\"%.*s\",\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":"
             "\"%.*s\"}}}]}",
             STR_ARG(t->arn), STR_ARG(t->owner));
    return buf_str(&out);
}

/* The policy as a tree with a list of statements. */
static struct json *policy_of(struct call *c, const struct topic *t)
{
    struct str text = topic_attribute_get(t, STR("Policy"));
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    text = text.len > 0 ? str_copy(c->arena, text) : topic_policy_default(c, t);
    enum err e = json_parse(c->arena, text, &tree, &d);
    ASSERT(e == ERR_OK); /* it was checked when it came */
    struct json *statements = json_get(tree, STR("Statement"));
    if (json_is(statements, JSON_IS_OBJECT)) { /* one alone may stand without a list */
        struct json *list = json_new(c->arena, JSON_IS_ARRAY);
        struct json *one = json_new(c->arena, JSON_IS_OBJECT);
        *one = *statements;
        one->next = NULL;
        one->key = STR_EMPTY;
        json_add(list, STR_EMPTY, one);
        list->key = statements->key;
        list->next = statements->next;
        *statements = *list;
    }
    return tree;
}

static bool has_statement(const struct json *policy, struct str label)
{
    const struct json *list = json_get(policy, STR("Statement"));
    for (const struct json *at = list->first; at != NULL; at = at->next) {
        if (str_eq(json_str(json_get(at, STR("Sid"))), label)) {
            return true;
        }
    }
    return false;
}

static bool is_account(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len == ACCOUNT_DIGITS;
}

static bool is_action(struct str name)
{
    static const char *const actions[] = {"*",           "AddPermission",
                                          "DeleteTopic", "GetTopicAttributes",
                                          "Publish",     "ListSubscriptionsByTopic",
                                          "Receive",     "RemovePermission",
                                          "Subscribe",   "SetTopicAttributes"};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (str_eq_nocase(name, str_of(actions[i]))) {
            return true;
        }
    }
    return false;
}

static bool check_permission(struct call *c, const struct json *accounts,
                             const struct json *actions)
{
    for (const struct json *at = actions->first; at != NULL; at = at->next) {
        if (!is_action(json_str(at))) {
            sns_fail_parameter(c, "Policy statement action out of service scope!");
        }
    }
    for (const struct json *at = accounts->first; at != NULL; at = at->next) {
        if (!is_account(json_str(at))) {
            sns_fail_parameter(c, "Policy Error: PrincipalNotFound");
        }
    }
    return !call_failed(c);
}

/* One text alone, several as a list. */
static void set_texts(struct call *c, struct json *object, const char *name, const char *head,
                      const struct json *texts, const char *tail)
{
    struct json *list = json_new(c->arena, JSON_IS_ARRAY);
    for (const struct json *at = texts->first; at != NULL; at = at->next) {
        json_add(list, STR_EMPTY,
                 json_new_str(c->arena,
                              str_printf(c->arena, "%s%.*s%s", head, STR_ARG(json_str(at)), tail)));
    }
    if (list->count == 1) {
        json_set_str(c->arena, object, name, json_str(list->first));
    } else {
        json_add(object, str_of(name), list);
    }
}

static void policy_keep(struct call *c, struct topic *t, const struct json *policy)
{
    struct buf out;
    buf_init(&out, c->arena, POLICY_BYTES_MAX);
    json_write(&out, policy);
    topic_attribute_set(sns_of(c), t, STR("Policy"), buf_str(&out));
}

void topic_add_permission(struct call *c)
{
    struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    const struct json *accounts = json_get(c->input, STR("AWSAccountId"));
    const struct json *actions = json_get(c->input, STR("ActionName"));
    if (t == NULL || !check_permission(c, accounts, actions)) {
        return;
    }
    struct json *policy = policy_of(c, t);
    if (has_statement(policy, call_str(c, "Label"))) {
        sns_fail_parameter(c, "Statement already exists");
        return;
    }
    struct json *statement = json_new(c->arena, JSON_IS_OBJECT);
    json_add(json_get(policy, STR("Statement")), STR_EMPTY, statement);
    json_set_str(c->arena, statement, "Sid", call_str(c, "Label"));
    json_set_str(c->arena, statement, "Effect", STR("Allow"));
    struct json *principal = json_new(c->arena, JSON_IS_OBJECT);
    json_add(statement, STR("Principal"), principal);
    set_texts(c, principal, "AWS", "arn:aws:iam::", accounts, ":root");
    set_texts(c, statement, "Action", "SNS:", actions, "");
    json_set_str(c->arena, statement, "Resource", t->arn);
    policy_keep(c, t, policy);
}

void topic_remove_permission(struct call *c)
{
    struct topic *t = sns_topic(c, call_str(c, "TopicArn"));
    struct str label = call_str(c, "Label");
    if (t == NULL) {
        return;
    }
    struct json *policy = policy_of(c, t);
    if (!has_statement(policy, label)) {
        return;
    }
    struct json *list = json_get(policy, STR("Statement")), *at = list->first, *next;
    list->first = list->last = NULL;
    list->count = 0;
    for (; at != NULL; at = next) {
        next = at->next;
        at->next = NULL;
        if (!str_eq(json_str(json_get(at, STR("Sid"))), label)) {
            json_add(list, STR_EMPTY, at);
        }
    }
    policy_keep(c, t, policy);
}
