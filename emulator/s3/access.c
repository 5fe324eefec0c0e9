/* access.c -- One decision for every operation. In this order: a denial of the policy; the owner; a
 * permission of the policy; a permission of a list. */
#include "access.h"
#include "access_action.h"
#include "access_facts.h"
#include "acl.h"
#include "bucket_config.h"
#include "emulator/core/service.h"
#include "policy_judge.h"
#include "version.h"

struct ask { /* one action upon one thing */
    struct access_action action;
    struct str key, version; /* key empty: the bucket itself */
};

static bool is_strict(const struct call *c)
{
    return core_options(c->core)->verify_signatures;
}

bool access_is_blocked(struct call *c, const struct bucket *b, const char *setting)
{
    return (b->block_said || is_strict(c)) &&
           json_bool(json_get(bucket_config_read(c, b, "PublicAccessBlock"), str_of(setting)),
                     false);
}

/* Nobody's requests are the owner's until something is said of access. */
static bool is_owner(const struct call *c, const struct bucket *b)
{
    if (c->anonymous) {
        return !is_strict(c) && !b->access_said && !b->block_said;
    }
    return str_eq(c->account, b->owner);
}

static const struct object *object_of(const struct bucket *b, const struct ask *ask)
{
    if (ask->key.len == 0) {
        return NULL;
    }
    return ask->version.len > 0 ? version_get(b, ask->key, ask->version)
                                : version_current(b, ask->key);
}

static struct str resource_of(struct call *c, const struct bucket *b, const struct ask *ask)
{
    return ask->action.of_object
               ? str_printf(c->arena, "arn:aws:s3:::%.*s/%.*s", STR_ARG(b->name), STR_ARG(ask->key))
               : str_printf(c->arena, "arn:aws:s3:::%.*s", STR_ARG(b->name));
}

static enum policy_verdict ask_policy(struct call *c, const struct bucket *b,
                                      const struct json *policy, const struct ask *ask)
{
    struct access_facts facts = {.call = c, .bucket = b, .object = object_of(b, ask)};
    struct policy_question q = {
        .account = c->anonymous && !is_owner(c, b) ? STR_EMPTY : c->account,
        .canonical = s3_owner_id(c),
        .action = ask->action.name,
        .resource = resource_of(c, b, ask),
        .facts = {.values = access_facts_values, .self = &facts},
    };
    return policy_judge(policy, &q);
}

/* AWS s3-acl-2: a list lets in whom it names, and groups unless public lists are ignored. */
static bool list_allows(struct call *c, const struct bucket *b, const struct ask *ask)
{
    if (ask->action.grant == GRANT_NONE || acl_is_enforced(c, b)) {
        return false;
    }
    const struct object *o = ask->action.on_object ? object_of(b, ask) : NULL;
    if (ask->action.on_object && o == NULL) {
        return false;
    }
    struct str list = o != NULL ? o->acl : bucket_config_text(b, STR("Acl/"));
    return acl_grants(c, list, ask->action.grant, access_is_blocked(c, b, "IgnorePublicAcls"));
}

static bool is_about_policy(struct str action)
{
    return str_ends(action, STR("BucketPolicy"));
}

static bool is_allowed(struct call *c, const struct bucket *b, const struct ask *ask)
{
    const struct json *policy =
        bucket_config_text(b, STR("Policy/")).len == 0 ? NULL : bucket_config_read(c, b, "Policy");
    enum policy_verdict verdict = policy == NULL ? POLICY_SILENT : ask_policy(c, b, policy, ask);
    /* AWS s3-policy-owner-1: a policy cannot keep its owner from the policy. */
    if (verdict == POLICY_DENIES && !(is_owner(c, b) && is_about_policy(ask->action.name))) {
        return false;
    }
    if (is_owner(c, b)) {
        return true;
    }
    /* AWS s3-public-block-2: a restricted bucket's public policy lets nobody in but the account. */
    bool restricted = policy != NULL && access_is_blocked(c, b, "RestrictPublicBuckets") &&
                      policy_is_public(policy);
    return (verdict == POLICY_ALLOWS && !restricted) || list_allows(c, b, ask);
}

/* AWS s3-access-missing-1: that a key is not there is told to those who may list. */
static bool may_miss(struct call *c, const struct bucket *b, const struct ask *ask)
{
    struct ask list = {.action = access_action_named(c->arena, "ListBucket", false)};
    return ask->action.on_object && object_of(b, ask) == NULL && is_allowed(c, b, &list);
}

static bool decide(struct call *c, const struct bucket *b, const struct ask *ask)
{
    if (is_owner(c, b) && bucket_config_text(b, STR("Policy/")).len == 0) {
        return true;
    }
    return is_allowed(c, b, ask) || may_miss(c, b, ask);
}

static bool fail_denied(struct call *c)
{
    call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
    return false;
}

bool access_check(struct call *c, const struct bucket *b)
{
    if (is_owner(c, b) && bucket_config_text(b, STR("Policy/")).len == 0) {
        return true;
    }
    if (str_eq(str_of(c->op->name), STR("DeleteObjects"))) {
        return true; /* each of its keys is judged by itself */
    }
    struct ask ask = {.action = access_action_of(c),
                      .key = call_str(c, "Key"),
                      .version = call_str(c, "VersionId")};
    return decide(c, b, &ask) || fail_denied(c);
}

bool access_allows_key(struct call *c, const struct bucket *b, const char *action, struct str key,
                       struct str version)
{
    struct ask ask = {.action = access_action_named(c->arena, action, version.len > 0),
                      .key = key,
                      .version = version};
    return decide(c, b, &ask);
}

bool access_check_key(struct call *c, const struct bucket *b, const char *action, struct str key,
                      struct str version)
{
    return access_allows_key(c, b, action, key, version) || fail_denied(c);
}

bool access_is_somebody(struct call *c)
{
    return !c->anonymous || !is_strict(c) || fail_denied(c);
}
