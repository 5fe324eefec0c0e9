/* object_lock.c -- Reading, keeping and applying locks.
 * AWS s3-lock-1: a locked version cannot be deleted or lose retention: a legal hold and COMPLIANCE
 * hold against everybody, GOVERNANCE against who does not bypass it. A delete marker hides it as
 * any other. Another mode, the stricter one too, loosens a retention. */
#include "object_lock.h"
#include "base/instant.h"
#include "bucket_config.h"

#define DAY_US (INT64_C(86400) * US_PER_S)

struct str object_lock_mode_name(enum object_lock_mode mode)
{
    static const struct str names[] = {STR_INIT(""), STR_INIT("GOVERNANCE"),
                                       STR_INIT("COMPLIANCE")};
    return names[mode];
}

static enum object_lock_mode mode_of(struct str name)
{
    return str_eq(name, object_lock_mode_name(LOCK_GOVERNANCE))   ? LOCK_GOVERNANCE
           : str_eq(name, object_lock_mode_name(LOCK_COMPLIANCE)) ? LOCK_COMPLIANCE
                                                                  : LOCK_NONE;
}

bool object_lock_is_on(struct call *c, const struct bucket *b)
{
    if (!b->locks) {
        call_fail(c, AWS_INVALID_REQUEST, "Bucket is missing Object Lock Configuration");
    }
    return b->locks;
}

void object_lock_fail_none(struct call *c)
{
    call_fail(c, AWS_NO_SUCH_OBJECT_LOCK_CONFIGURATION,
              "The specified object does not have a ObjectLock configuration");
}

static int64_t number_at(const struct json *object, const char *member)
{
    struct diag d = DIAG_INIT;
    int64_t value = 0;
    return json_i64(json_get(object, str_of(member)), &value, &d) == ERR_OK ? value : 0;
}

/* AWS s3-lock-default-1: a new version takes the bucket's default retention, from now on. */
static void read_default(struct call *c, const struct bucket *b, struct object *facts)
{
    const struct json *rule =
        json_at(bucket_config_read(c, b, "ObjectLock"), "Rule.DefaultRetention");
    int64_t days = number_at(rule, "Days") + 365 * number_at(rule, "Years");
    if (rule != NULL) {
        facts->lock_mode = mode_of(json_str(json_get(rule, STR("Mode"))));
        facts->retain_until_us = c->now_us + days * DAY_US;
    }
}

static bool fail_argument(struct call *c, const char *message)
{
    call_fail(c, AWS_INVALID_ARGUMENT, "%s", message);
    return false;
}

bool object_lock_read(struct call *c, const struct bucket *b, struct object *facts)
{
    bool has_mode = call_has(c, "ObjectLockMode");
    bool has_until = call_has(c, "ObjectLockRetainUntilDate");
    bool has_hold = call_has(c, "ObjectLockLegalHoldStatus");
    struct str hold = call_str(c, "ObjectLockLegalHoldStatus");
    facts->lock_mode = LOCK_NONE;
    facts->legal_hold = str_eq(hold, STR("ON"));
    facts->hold_said = has_hold;
    if ((has_mode || has_until || has_hold) && !object_lock_is_on(c, b)) {
        return false;
    }
    if (has_hold && !facts->legal_hold && !str_eq(hold, STR("OFF"))) {
        s3_fail_argument(c, "x-amz-object-lock-legal-hold", hold,
                         "Legal Hold must be either of 'ON' or 'OFF'");
        return false;
    }
    if (has_mode != has_until) {
        return fail_argument(c, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode "
                                "must both be supplied");
    }
    if (!has_mode) {
        read_default(c, b, facts);
        return true;
    }
    facts->lock_mode = mode_of(call_str(c, "ObjectLockMode"));
    facts->retain_until_us = call_i64(c, "ObjectLockRetainUntilDate", 0);
    if (facts->lock_mode == LOCK_NONE) {
        return fail_argument(c, "Unknown wormMode directive.");
    }
    return facts->retain_until_us > c->now_us
               ? true
               : fail_argument(c, "The retain until date must be in the future!");
}

bool object_lock_frees(const struct object *o, bool bypass, int64_t now_us)
{
    bool kept = o->lock_mode != LOCK_NONE && o->retain_until_us > now_us;
    return !o->legal_hold && (!kept || (bypass && o->lock_mode == LOCK_GOVERNANCE));
}

void object_lock_retain(struct call *c, struct object *o, const struct json *retention)
{
    struct diag d = DIAG_INIT;
    int64_t until = 0;
    if (retention == NULL) {
        return;
    }
    enum object_lock_mode mode = mode_of(json_str(json_get(retention, STR("Mode"))));
    bool has_until = json_i64(json_get(retention, STR("RetainUntilDate")), &until, &d) == ERR_OK;
    if ((mode != LOCK_NONE) != has_until) {
        s3_fail_xml(c);
        return;
    }
    if (mode != LOCK_NONE && until <= c->now_us) {
        (void)fail_argument(c, "The retain until date must be in the future!");
        return;
    }
    bool kept = o->lock_mode != LOCK_NONE && o->retain_until_us > c->now_us;
    bool loosens = kept && (mode != o->lock_mode || until < o->retain_until_us);
    bool bypass = call_bool(c, "BypassGovernanceRetention", false);
    if (loosens && (o->lock_mode == LOCK_COMPLIANCE || !bypass)) {
        call_fail(c, AWS_ACCESS_DENIED, "Access Denied because object protected by object lock.");
        return;
    }
    o->lock_mode = mode;
    o->retain_until_us = until;
}

void object_lock_out(struct call *c, const struct object *o)
{
    if (o->lock_mode != LOCK_NONE) {
        call_out_str(c, "ObjectLockMode", object_lock_mode_name(o->lock_mode));
        call_out_i64(c, "ObjectLockRetainUntilDate", o->retain_until_us);
    }
    if (o->hold_said) {
        call_out_str(c, "ObjectLockLegalHoldStatus", o->legal_hold ? STR("ON") : STR("OFF"));
    }
}

/* AWS s3-lock-config-1: object lock needs versioning, and stays on once it is. A default has days
 * or years, not both, and more than none. */
void object_lock_put_config(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    const struct json *document = b == NULL ? NULL : bucket_config_payload(c);
    if (document == NULL) {
        return;
    }
    const struct json *rule = json_at(document, "Rule.DefaultRetention");
    bool days = json_get(rule, STR("Days")) != NULL, years = json_get(rule, STR("Years")) != NULL;
    bool enabled = str_eq(json_str(json_get(document, STR("ObjectLockEnabled"))), STR("Enabled"));
    if (!enabled || (json_get(document, STR("Rule")) != NULL &&
                     (days == years || json_get(rule, STR("Mode")) == NULL))) {
        s3_fail_xml(c);
        return;
    }
    if (rule != NULL && number_at(rule, days ? "Days" : "Years") < 1) {
        (void)fail_argument(c, "Default retention period must be a positive integer value.");
        return;
    }
    if (b->versioning != VERSIONING_ENABLED) {
        call_fail(c, AWS_INVALID_BUCKET_STATE,
                  "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                  "configuration");
        return;
    }
    b->locks = true;
    bucket_config_write(s3_of(c), b, bucket_config_name(c->arena, "ObjectLock", STR_EMPTY),
                        bucket_config_compact(c->arena, document));
}

void object_lock_get_config(struct call *c)
{
    const struct bucket *b = s3_bucket(c);
    if (b == NULL) {
        return;
    }
    struct json *document = bucket_config_read(c, b, "ObjectLock");
    if (!b->locks) {
        call_fail(c, AWS_OBJECT_LOCK_CONFIGURATION_NOT_FOUND_ERROR,
                  "Object Lock configuration does not exist for this bucket");
        call_fail_extra(c, "BucketName", b->name);
        return;
    }
    if (document == NULL) {
        document = json_new(c->arena, JSON_IS_OBJECT);
        json_set_str(c->arena, document, "ObjectLockEnabled", STR("Enabled"));
    }
    json_add(c->output, STR("ObjectLockConfiguration"), document);
}
