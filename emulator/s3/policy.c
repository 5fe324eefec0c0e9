/* policy.c -- Bucket policies: kept as sent, told back, and judged public or not.
 * DIFFERS s3-policy-1: a policy's statements are not applied to requests. */
#include "checksum.h"
#include "bucket_config.h"
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

/* AWS s3-policy-json-1: a policy is JSON of at most 20 KB with whole statements: MalformedPolicy.
 */
static bool check_policy(struct call *c, struct str text)
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
    if (json_is(statements, JSON_IS_OBJECT)) {
        return statement_is_whole(statements) ? true
                                              : fail_policy(c, "Missing required field in policy");
    }
    if (statements == NULL || statements->count == 0) {
        return fail_policy(c, "Missing required field Statement");
    }
    for (const struct json *at = statements->first; at != NULL; at = at->next) {
        if (!statement_is_whole(at)) {
            return fail_policy(c, "Missing required field in policy");
        }
    }
    return true;
}

void policy_put(struct call *c)
{
    struct bucket *b = s3_bucket(c);
    struct checksum sent;
    struct str text = call_str(c, "Policy");
    if (b != NULL && checksum_verify_request(c, &sent) && check_policy(c, text)) {
        bucket_config_write(s3_of(c), b, policy_name(c), text);
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

static bool names_everybody(const struct json *principal)
{
    if (str_eq(json_str(principal), STR("*"))) {
        return true;
    }
    for (const struct json *at = principal == NULL ? NULL : principal->first; at != NULL;
         at = at->next) {
        if (names_everybody(at)) {
            return true;
        }
    }
    return false;
}

/* DIFFERS s3-policy-public-1: public is an Allow to everybody without a Condition; AWS also looks
 * into conditions. */
static bool statement_is_public(const struct json *statement)
{
    return str_eq(json_str(json_get(statement, STR("Effect"))), STR("Allow")) &&
           json_get(statement, STR("Condition")) == NULL &&
           names_everybody(json_get(statement, STR("Principal")));
}

void policy_status(struct call *c)
{
    struct str text = policy_find(c, s3_bucket(c));
    struct json *policy = NULL;
    struct diag d = DIAG_INIT;
    if (text.len == 0 || json_parse(c->arena, text, &policy, &d) != ERR_OK) {
        return;
    }
    const struct json *statements = json_get(policy, STR("Statement"));
    bool is_public = json_is(statements, JSON_IS_OBJECT) && statement_is_public(statements);
    for (const struct json *at = statements->first; at != NULL; at = at->next) {
        is_public = is_public || statement_is_public(at);
    }
    json_set_bool(c->arena, call_out(c, "PolicyStatus", JSON_IS_OBJECT), "IsPublic", is_public);
}
