/* lifecycle_rules.c -- What S3 asks of a lifecycle configuration beyond its model. */
#include "base/instant.h"
#include "bucket_config.h"
#include "bucket_rules.h"

static bool ids_are_distinct(const struct json *rules)
{
    for (const struct json *one = rules->first; one != NULL; one = one->next) {
        struct str id = json_str(json_get(one, STR("ID")));
        for (const struct json *other = one->next; id.len > 0 && other != NULL;
             other = other->next) {
            if (str_eq(id, json_str(json_get(other, STR("ID"))))) {
                return false;
            }
        }
    }
    return true;
}

static bool fail_rule(struct call *c, enum aws_error_id error, const char *message)
{
    call_fail(c, error, "%s", message);
    return false;
}

static bool fail_date(struct call *c, const struct json *date)
{
    struct diag d = DIAG_INIT;
    struct buf text;
    int64_t us = 0;
    buf_init(&text, c->arena, 64);
    if (json_i64(date, &us, &d) == ERR_OK) {
        instant_iso_ms(&text, us);
    }
    s3_fail_argument(c, "Date", buf_str(&text), "'Date' must be at midnight GMT");
    return false;
}

static bool tags_are_distinct(const struct json *tags)
{
    for (const struct json *one = tags == NULL ? NULL : tags->first; one != NULL; one = one->next) {
        for (const struct json *other = one->next; other != NULL; other = other->next) {
            if (str_eq(json_str(json_get(one, STR("Key"))),
                       json_str(json_get(other, STR("Key"))))) {
                return false;
            }
        }
    }
    return true;
}

/* AWS s3-lifecycle-3: an ID has at most 255 characters, the prefix stands in the filter or beside
 * it but once. */
static bool rule_is_whole(struct call *c, const struct json *rule)
{
    const struct json *prefix = json_get(rule, STR("Prefix"));
    const struct json *filter = json_get(rule, STR("Filter"));
    if (json_str(json_get(rule, STR("ID"))).len > 255) {
        return fail_rule(c, AWS_INVALID_ARGUMENT,
                         "ID length should not exceed allowed limit of 255");
    }
    if ((prefix == NULL && filter == NULL) || (prefix != NULL && filter != NULL) ||
        (filter != NULL && filter->count > 1)) {
        s3_fail_xml(c);
        return false;
    }
    if (!tags_are_distinct(json_at(filter, "And.Tags"))) {
        return fail_rule(c, AWS_INVALID_REQUEST, "Duplicate Tag Keys are not allowed.");
    }
    bool tagged = json_get(filter, STR("Tag")) != NULL || json_at(filter, "And.Tags") != NULL;
    if (tagged && json_at(rule, "Expiration.ExpiredObjectDeleteMarker") != NULL) {
        return fail_rule(c, AWS_INVALID_REQUEST,
                         "Tag filter cannot be specified with ExpiredObjectDeleteMarker.");
    }
    return !tagged || json_get(rule, STR("AbortIncompleteMultipartUpload")) == NULL
               ? true
               : fail_rule(c, AWS_INVALID_REQUEST,
                           "Tag filter cannot be specified with "
                           "AbortIncompleteMultipartUpload action.");
}

/* AWS s3-lifecycle-4: days are positive (of a transition also 0), a date is a midnight, and one
 * excludes the other. */
static bool time_is_whole(struct call *c, const char *action, const struct json *element)
{
    static const char *const days_names[] = {"Days", "NoncurrentDays", "DaysAfterInitiation"};
    bool transition = str_contains(str_of(action), STR("Transition"));
    struct diag d = DIAG_INIT;
    int64_t value;
    for (size_t i = 0; i < sizeof days_names / sizeof days_names[0]; i++) {
        const struct json *days = json_get(element, str_of(days_names[i]));
        if (days != NULL &&
            (json_i64(days, &value, &d) != ERR_OK || value < (transition ? 0 : 1))) {
            call_fail(c, AWS_INVALID_ARGUMENT, "'%s' for %s action must be a positive integer",
                      days_names[i], action);
            return false;
        }
    }
    const struct json *date = json_get(element, STR("Date"));
    if (date != NULL && (json_get(element, STR("Days")) != NULL ||
                         json_get(element, STR("ExpiredObjectDeleteMarker")) != NULL)) {
        s3_fail_xml(c);
        return false;
    }
    if (date != NULL &&
        (json_i64(date, &value, &d) != ERR_OK || instant_floor(value, US_PER_DAY) != value)) {
        return fail_date(c, date);
    }
    if (json_get(element, STR("ExpiredObjectDeleteMarker")) != NULL &&
        json_get(element, STR("Days")) != NULL) {
        s3_fail_xml(c);
        return false;
    }
    return true;
}

static bool times_are_whole(struct call *c, const char *name, const struct json *action)
{
    if (action->count == 0) { /* an action says when */
        s3_fail_xml(c);
        return false;
    }
    if (!json_is(action, JSON_IS_ARRAY)) {
        return time_is_whole(c, name, action);
    }
    for (const struct json *at = action->first; at != NULL; at = at->next) {
        if (!time_is_whole(c, name, at)) {
            return false;
        }
    }
    return true;
}

/* AWS s3-lifecycle-1: 1 to 1000 rules, each with its own ID and an action. */
bool bucket_rule_lifecycle(struct call *c, const struct bucket *b, const struct json *document)
{
    static const char *const actions[] = {
        "Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload"};
    const struct json *rules = json_get(document, STR("Rules"));
    (void)b;
    if (rules->count == 0 || rules->count > 1000) {
        s3_fail_xml(c);
        return false;
    }
    if (!ids_are_distinct(rules)) {
        call_fail(c, AWS_INVALID_ARGUMENT,
                  "Rule ID must be unique. Found same ID for more than one rule");
        return false;
    }
    for (const struct json *rule = rules->first; rule != NULL; rule = rule->next) {
        bool acts = false;
        if (!rule_is_whole(c, rule)) {
            return false;
        }
        for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
            const struct json *action = json_get(rule, str_of(actions[i]));
            acts = acts || action != NULL;
            if (action != NULL && !times_are_whole(c, actions[i], action)) {
                return false;
            }
        }
        if (!acts) {
            call_fail(c, AWS_INVALID_REQUEST,
                      "At least one action needs to be specified in a rule");
            return false;
        }
    }
    return true;
}
