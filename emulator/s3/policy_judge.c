/* policy_judge.c -- A statement applies where principal, action, resource and condition all fit. A
 * denial that applies decides over every permission.
 * DIFFERS s3-policy-2: who asks is known by account alone, without users and roles; a statement
 * that turns on more than is known (a role, an address, a network) does not apply. */
#include "policy_judge.h"

/* A string, or a list of them, of which one fits. */
static bool one_of(const struct json *patterns, struct str text, bool nocase)
{
    if (json_is(patterns, JSON_IS_ARRAY)) {
        for (const struct json *at = patterns->first; at != NULL; at = at->next) {
            if (one_of(at, text, nocase)) {
                return true;
            }
        }
        return false;
    }
    struct str pattern = json_str(patterns);
    return nocase && !str_contains(pattern, STR("*")) && !str_contains(pattern, STR("?"))
               ? str_eq_nocase(pattern, text)
               : str_glob(pattern, text);
}

/* The account that an ARN of IAM or STS lies in; empty: it is none. */
static struct str account_in(struct str arn, struct str *ret_rest)
{
    struct str rest = arn, field = STR_EMPTY;
    for (int i = 0; i < 5; i++) {
        if (!str_cut(&rest, ':', &field)) {
            return STR_EMPTY;
        }
    }
    *ret_rest = rest;
    return str_starts(arn, STR("arn:")) ? field : STR_EMPTY;
}

static enum policy_truth names_account(struct str text, const struct policy_question *q)
{
    struct str rest = STR_EMPTY;
    if (str_eq(text, STR("*"))) {
        return POLICY_YES;
    }
    if (q->account.len == 0) {
        return POLICY_NO;
    }
    if (str_eq(text, q->account) || str_eq(text, q->canonical)) {
        return POLICY_YES;
    }
    if (!str_eq(account_in(text, &rest), q->account)) {
        return POLICY_NO;
    }
    return str_eq(rest, STR("root")) ? POLICY_YES : POLICY_UNSURE;
}

static enum policy_truth names_principal(const struct json *principal,
                                         const struct policy_question *q)
{
    if (json_is(principal, JSON_IS_STRING)) {
        return names_account(json_str(principal), q);
    }
    enum policy_truth whole = POLICY_NO;
    for (const struct json *at = principal == NULL ? NULL : principal->first; at != NULL;
         at = at->next) {
        bool foreign = at->key.len > 0 && !str_eq(at->key, STR("AWS")) &&
                       !str_eq(at->key, STR("CanonicalUser")) && !str_eq(at->key, STR("*"));
        enum policy_truth one = foreign ? POLICY_NO : names_principal(at, q);
        if (one == POLICY_YES) {
            return POLICY_YES;
        }
        whole = one == POLICY_UNSURE ? POLICY_UNSURE : whole;
    }
    return whole;
}

static bool principal_fits(const struct json *statement, const struct policy_question *q)
{
    const struct json *excluded = json_get(statement, STR("NotPrincipal"));
    return excluded != NULL
               ? names_principal(excluded, q) == POLICY_NO
               : names_principal(json_get(statement, STR("Principal")), q) == POLICY_YES;
}

static bool element_fits(const struct json *statement, const char *name, const char *negated,
                         struct str text, bool nocase)
{
    const struct json *excluded = json_get(statement, str_of(negated));
    return excluded != NULL ? !one_of(excluded, text, nocase)
                            : one_of(json_get(statement, str_of(name)), text, nocase);
}

static bool statement_applies(const struct json *statement, const struct policy_question *q)
{
    return element_fits(statement, "Action", "NotAction", q->action, true) &&
           element_fits(statement, "Resource", "NotResource", q->resource, false) &&
           principal_fits(statement, q) &&
           policy_condition(json_get(statement, STR("Condition")), &q->facts) == POLICY_YES;
}

static bool has_effect(const struct json *statement, const char *effect)
{
    return str_eq(json_str(json_get(statement, STR("Effect"))), str_of(effect));
}

/* One statement may stand without a list around it. */
static const struct json *first_statement(const struct json *policy)
{
    const struct json *list = json_get(policy, STR("Statement"));
    return json_is(list, JSON_IS_ARRAY) ? list->first : list;
}

static const struct json *next_statement(const struct json *policy, const struct json *at)
{
    return json_is(json_get(policy, STR("Statement")), JSON_IS_ARRAY) ? at->next : NULL;
}

enum policy_verdict policy_judge(const struct json *policy, const struct policy_question *q)
{
    enum policy_verdict verdict = POLICY_SILENT;
    for (const struct json *at = first_statement(policy); at != NULL;
         at = next_statement(policy, at)) {
        if (!statement_applies(at, q)) {
            continue;
        }
        if (has_effect(at, "Deny")) {
            return POLICY_DENIES;
        }
        verdict = POLICY_ALLOWS;
    }
    return verdict;
}

/* ---- public or not ---- */

static bool names_everybody(const struct json *principal)
{
    struct policy_question nobody = {0};
    return names_principal(principal, &nobody) == POLICY_YES;
}

/* AWS s3-policy-public-1: an Allow to everybody is public unless one of these keys has a value of
 * its own. */
static bool is_narrowed(const struct json *condition)
{
    static const char *const keys[] = {"aws:SourceArn",
                                       "aws:SourceVpc",
                                       "aws:SourceVpce",
                                       "aws:SourceIp",
                                       "aws:SourceOwner",
                                       "aws:userid",
                                       "aws:PrincipalOrgID",
                                       "aws:SourceAccount",
                                       "aws:PrincipalArn",
                                       "aws:PrincipalOrgPaths",
                                       "s3:DataAccessPointArn",
                                       "s3:DataAccessPointAccount",
                                       "s3:x-amz-server-side-encryption-aws-kms-key-id"};
    for (const struct json *test = condition == NULL ? NULL : condition->first; test != NULL;
         test = test->next) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            for (const struct json *at = test->first; at != NULL; at = at->next) {
                if (str_eq_nocase(at->key, str_of(keys[i])) &&
                    !str_contains(test->key, STR("Not"))) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool policy_is_public(const struct json *policy)
{
    for (const struct json *at = first_statement(policy); at != NULL;
         at = next_statement(policy, at)) {
        if (has_effect(at, "Allow") && names_everybody(json_get(at, STR("Principal"))) &&
            !is_narrowed(json_get(at, STR("Condition")))) {
            return true;
        }
    }
    return false;
}
