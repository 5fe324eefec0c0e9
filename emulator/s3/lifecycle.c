/* lifecycle.c -- Rules one by one; the earliest step is the answer, and of two at one time
 * expiring. AWS s3-lifecycle-time-1: days are added to the time of creation (or of becoming
 * noncurrent), and the result goes up to the next midnight UTC. */
#include "lifecycle.h"
#include "base/instant.h"

#define SMALL_BYTES (128 * KIB)

static int64_t midnight_after(int64_t us)
{
    return instant_floor(us + US_PER_DAY - 1, US_PER_DAY);
}

static bool number(const struct json *object, const char *member, int64_t *ret_value)
{
    struct diag d = DIAG_INIT;
    const struct json *node = json_get(object, str_of(member));
    return node != NULL && json_i64(node, ret_value, &d) == ERR_OK;
}

/* ---- filters ---- */

static bool has_tag(const struct json *tags, const struct json *wanted)
{
    for (const struct json *at = tags == NULL ? NULL : tags->first; at != NULL; at = at->next) {
        if (str_eq(json_str(json_get(at, STR("Key"))), json_str(json_get(wanted, STR("Key")))) &&
            str_eq(json_str(json_get(at, STR("Value"))),
                   json_str(json_get(wanted, STR("Value"))))) {
            return true;
        }
    }
    return false;
}

static bool tags_fit(const struct json *filter, const struct object *o, struct arena *a)
{
    const struct json *one = json_get(filter, STR("Tag")), *many = json_get(filter, STR("Tags"));
    struct json *tags = NULL;
    struct diag d = DIAG_INIT;
    if (one == NULL && many == NULL) {
        return true;
    }
    if (o->tags.len == 0 || json_parse(a, o->tags, &tags, &d) != ERR_OK) {
        return false;
    }
    for (const struct json *at = many == NULL ? NULL : many->first; at != NULL; at = at->next) {
        if (!has_tag(tags, at)) {
            return false;
        }
    }
    return one == NULL || has_tag(tags, one);
}

static bool sizes_fit(const struct json *filter, const struct object *o)
{
    int64_t greater = -1, less = INT64_MAX, bytes = (int64_t)object_bytes(o);
    (void)number(filter, "ObjectSizeGreaterThan", &greater);
    (void)number(filter, "ObjectSizeLessThan", &less);
    return bytes > greater && bytes < less;
}

static const struct json *filter_of(const struct json *rule)
{
    const struct json *filter = json_get(rule, STR("Filter"));
    const struct json *both = json_get(filter, STR("And"));
    return both != NULL ? both : filter;
}

static bool prefix_fits(const struct json *rule, struct str key)
{
    return str_starts(key, json_str(json_get(rule, STR("Prefix")))) &&
           str_starts(key, json_str(json_get(filter_of(rule), STR("Prefix"))));
}

static bool is_enabled(const struct json *rule)
{
    return str_eq(json_str(json_get(rule, STR("Status"))), STR("Enabled"));
}

static bool rule_fits(const struct json *rule, const struct object *o, struct arena *a)
{
    const struct json *filter = filter_of(rule);
    return is_enabled(rule) && prefix_fits(rule, o->key) &&
           (o->is_marker || (sizes_fit(filter, o) && tags_fit(filter, o, a)));
}

/* ---- times ---- */

static void consider(struct lifecycle_step *best, const struct json *rule,
                     enum lifecycle_action action, int64_t at_us, enum storage_class to)
{
    bool earlier = at_us < best->at_us;
    bool expires_too = at_us == best->at_us && action == LIFECYCLE_EXPIRE;
    bool colder = at_us == best->at_us && best->action == LIFECYCLE_TRANSITION && to > best->to;
    if (earlier || expires_too || colder) {
        *best = (struct lifecycle_step){.action = action,
                                        .at_us = at_us,
                                        .to = to,
                                        .rule_id = json_str(json_get(rule, STR("ID")))};
    }
}

/* Days from `since_us`, or a date; false: neither. */
static bool when(const struct json *element, const char *days_name, int64_t since_us,
                 int64_t *ret_us)
{
    int64_t days;
    if (number(element, days_name, &days)) {
        *ret_us = midnight_after(since_us + days * US_PER_DAY);
        return true;
    }
    return number(element, "Date", ret_us);
}

static void consider_transitions(struct lifecycle_step *best, const struct json *rule,
                                 const struct lifecycle_version *v, bool small_stay)
{
    bool current = v->newer == NULL;
    const struct object *o = v->object;
    const struct json *list =
        json_get(rule, current ? STR("Transitions") : STR("NoncurrentVersionTransitions"));
    int64_t least = 0, since_us = current ? o->modified_us : v->newer->modified_us;
    bool sized = number(filter_of(rule), "ObjectSizeGreaterThan", &least) ||
                 number(filter_of(rule), "ObjectSizeLessThan", &least);
    for (const struct json *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        enum storage_class to;
        int64_t at_us, keep = 0;
        (void)number(at, "NewerNoncurrentVersions", &keep);
        if (o->is_marker || (int64_t)v->noncurrent < keep ||
            (small_stay && !sized && object_bytes(o) < SMALL_BYTES) ||
            !storage_class_of(json_str(json_get(at, STR("StorageClass"))), &to) ||
            to <= o->storage || !when(at, current ? "Days" : "NoncurrentDays", since_us, &at_us)) {
            continue;
        }
        consider(best, rule, LIFECYCLE_TRANSITION, at_us, to);
    }
}

/* AWS s3-lifecycle-marker-1: a delete marker that hides nothing goes by ExpiredObjectDeleteMarker,
 * or when the days of the rule have passed over it. */
static void consider_current(struct lifecycle_step *best, const struct json *rule,
                             const struct object *o)
{
    const struct json *expiration = json_get(rule, STR("Expiration"));
    int64_t at_us;
    if (o->is_marker && o->older != NULL) {
        return;
    }
    if (o->is_marker && json_bool(json_get(expiration, STR("ExpiredObjectDeleteMarker")), false)) {
        consider(best, rule, LIFECYCLE_EXPIRE, midnight_after(o->modified_us), STORAGE_STANDARD);
    } else if (when(expiration, "Days", o->modified_us, &at_us)) {
        consider(best, rule, LIFECYCLE_EXPIRE, at_us, STORAGE_STANDARD);
    }
}

static void consider_noncurrent(struct lifecycle_step *best, const struct json *rule,
                                const struct lifecycle_version *v)
{
    const struct json *expiration = json_get(rule, STR("NoncurrentVersionExpiration"));
    int64_t at_us, keep = 0;
    (void)number(expiration, "NewerNoncurrentVersions", &keep);
    if ((int64_t)v->noncurrent >= keep &&
        when(expiration, "NoncurrentDays", v->newer->modified_us, &at_us)) {
        consider(best, rule, LIFECYCLE_EXPIRE, at_us, STORAGE_STANDARD);
    }
}

struct lifecycle_step lifecycle_of_version(const struct json *rules,
                                           const struct lifecycle_version *v, bool small_stay,
                                           struct arena *a)
{
    struct lifecycle_step best = {.at_us = INSTANT_NEVER};
    for (const struct json *rule = rules == NULL ? NULL : rules->first; rule != NULL;
         rule = rule->next) {
        if (!rule_fits(rule, v->object, a)) {
            continue;
        }
        if (v->newer == NULL) {
            consider_current(&best, rule, v->object);
        } else {
            consider_noncurrent(&best, rule, v);
        }
        consider_transitions(&best, rule, v, small_stay);
    }
    return best;
}

struct lifecycle_step lifecycle_of_upload(const struct json *rules, const struct upload *u)
{
    struct lifecycle_step best = {.at_us = INSTANT_NEVER};
    for (const struct json *rule = rules == NULL ? NULL : rules->first; rule != NULL;
         rule = rule->next) {
        const struct json *abort = json_get(rule, STR("AbortIncompleteMultipartUpload"));
        int64_t at_us;
        if (is_enabled(rule) && prefix_fits(rule, u->facts->key) &&
            when(abort, "DaysAfterInitiation", u->created_us, &at_us)) {
            consider(&best, rule, LIFECYCLE_EXPIRE, at_us, STORAGE_STANDARD);
        }
    }
    return best;
}
