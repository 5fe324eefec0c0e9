/* policy.c -- Bucket policies: kept as sent and told back; access.c applies them. */
#include "access.h"
#include "bucket_config.h"
#include "checksum.h"
#include "policy_judge.h"
#include "s3_handlers.h"

#define POLICY_BYTES_MAX (20 * KIB)

static struct str policy_name(struct call *c)
{
    return bucket_config_name(c->arena, "Policy", STR_EMPTY);
}

static bool fail_policy(struct call *c, const char *message)
{
    call_fail(c, AWS_MALFORMED_POLICY, "%s", message);
    return false;
}

static bool statement_is_whole(const struct json *statement)
{
    struct str effect = json_str(json_get(statement, STR("Effect")));
    bool effective = str_eq(effect, STR("Allow")) || str_eq(effect, STR("Deny"));
    bool principal = json_get(statement, STR("Principal")) != NULL ||
                     json_get(statement, STR("NotPrincipal")) != NULL;
    bool action =
        json_get(statement, STR("Action")) != NULL || json_get(statement, STR("NotAction")) != NULL;
    bool resource = json_get(statement, STR("Resource")) != NULL ||
                    json_get(statement, STR("NotResource")) != NULL;
    return effective && principal && action && resource;
}

/* Every string of an element begins with one of its words. */
static bool all_begin(const struct json *element, struct str word, struct str other)
{
    if (json_is(element, JSON_IS_STRING)) {
        struct str text = json_str(element);
        return str_eq(text, STR("*")) || str_starts_nocase(text, word) ||
               (other.len > 0 && str_starts_nocase(text, other));
    }
    for (const struct json *at = element == NULL ? NULL : element->first; at != NULL;
         at = at->next) {
        if (!all_begin(at, word, other)) {
            return false;
        }
    }
    return true;
}

/* AWS s3-policy-words-1: actions are S3's, resources the bucket's own. */
static bool statement_is_valid(struct call *c, const struct bucket *b, const struct json *statement)
{
    static const char *const actions[] = {"Action", "NotAction"}, *const resources[] = {
                                                                      "Resource", "NotResource"};
    struct str own = str_printf(c->arena, "arn:aws:s3:::%.*s", STR_ARG(b->name));
    if (!statement_is_whole(statement)) {
        return fail_policy(c, "Missing required field in policy");
    }
    for (size_t i = 0; i < 2; i++) {
        if (!all_begin(json_get(statement, str_of(actions[i])), STR("s3:"), STR_EMPTY)) {
            return fail_policy(c, "Policy has invalid action");
        }
        if (!all_begin(json_get(statement, str_of(resources[i])), own, STR("arn:aws:s3:::*"))) {
            return fail_policy(c, "Policy has invalid resource");
        }
    }
    return true;
}

/* AWS s3-public-block-4: a public policy is refused where the bucket blocks it. */
static bool policy_may_be(struct call *c, const struct bucket *b, const struct json *policy)
{
    if (access_is_blocked(c, b, "BlockPublicPolicy") && policy_is_public(policy)) {
        call_fail(c, AWS_ACCESS_DENIED, "Access Denied");
        return false;
    }
    return true;
}

/* AWS s3-policy-json-1: a policy is JSON of at most 20 KB with whole statements: MalformedPolicy.
 */
static bool check_policy(struct call *c, const struct bucket *b, struct str text)
{
    struct json *policy = NULL;
    struct diag d = DIAG_INIT;
    if (text.len > POLICY_BYTES_MAX) {
        return fail_policy(c, "Normalized policy document exceeds the maximum allowed size of "
                              "20480 bytes.");
    }
    if (json_parse(c->arena, text, &policy, &d) != ERR_OK || !json_is(policy, JSON_IS_OBJECT)) {
        return fail_policy(c, "Policies must be valid JSON and the first byte must be '{'");
    }
    const struct json *statements = json_get(policy, STR("Statement"));
    if (statements == NULL || statements->count == 0) {
        return fail_policy(c, "Missing required field Statement");
    }
    if (json_is(statements, JSON_IS_OBJECT)) {
        return statement_is_valid(c, b, statements) && policy_may_be(c, b, policy);
    }
    for (const struct json *at = statements->first; at != NULL; at = at->next) {
        if (!statement_is_valid(c, b, at)) {
            return false;
        }
    }
    return policy_may_be(c, b, policy);
}

void policy_put(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct checksum sent;
    struct str text = call_str(c, "Policy");
    if (b != NULL && checksum_verify_request(c, &sent) && check_policy(c, b, text)) {
        bucket_config_write(s3_of(c), b, policy_name(c), text);
        b->access_said = true;
    }
}

/* The policy's text; empty: the call has failed with NoSuchBucketPolicy. */
static struct str policy_find(struct call *c, const struct bucket *b)
{
    struct str text = b == NULL ? STR_EMPTY : bucket_config_text(b, policy_name(c));
    if (b != NULL && text.len == 0) {
        call_fail(c, AWS_NO_SUCH_BUCKET_POLICY, "The bucket policy does not exist");
        call_fail_extra(c, "BucketName", b->name);
    }
    return str_copy(c->arena, text);
}

void policy_get(struct call *c)
{
    struct str text = policy_find(c, s3_bucket(c));
    if (text.len > 0) {
        call_out_str(c, "Policy", text);
    }
}

void policy_delete(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    if (b != NULL) {
        bucket_config_drop(s3_of(c), b, policy_name(c));
    }
}

void policy_status(struct call *c)
{
    struct str text = policy_find(c, s3_bucket(c));
    struct json *policy = NULL;
    struct diag d = DIAG_INIT;
    if (text.len == 0 || json_parse(c->arena, text, &policy, &d) != ERR_OK) {
        return;
    }
    json_set_bool(c->arena, call_out(c, "PolicyStatus", JSON_IS_OBJECT), "IsPublic",
                  policy_is_public(policy));
}
