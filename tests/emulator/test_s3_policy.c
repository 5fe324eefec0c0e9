/* What a bucket policy says to one request, by itself: principals, actions, resources, every
 * condition operator, denials over permissions, and what counts as public. The rows follow the IAM
 * User Guide, "Policy evaluation logic" and "Condition operators". */
#include <criterion/criterion.h>
#include "base/limits.h"
#include "policy_judge.h"

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *tree = NULL;
    struct diag d = DIAG_INIT;
    char *copy = arena_copy(a, text, str_of(text).len);
    for (size_t i = 0; i < str_of(text).len; i++) {
        copy[i] = copy[i] == '\'' ? '"' : copy[i];
    }
    cr_assert_eq(json_parse(a, str_n(copy, str_of(text).len), &tree, &d), ERR_OK, "%s: %s", text,
                 d.msg);
    return tree;
}

/* A few keys with values, one without, and one that nobody can know. */
static size_t values_of(const void *self, struct str key, struct str out[POLICY_VALUES_MAX])
{
    (void)self;
    if (str_eq_nocase(key, STR("aws:SourceIp"))) {
        return POLICY_UNKNOWABLE;
    }
    if (str_eq_nocase(key, STR("s3:prefix"))) {
        out[0] = STR("home/Ana");
        return 1;
    }
    if (str_eq_nocase(key, STR("s3:max-keys"))) {
        out[0] = STR("10");
        return 1;
    }
    if (str_eq_nocase(key, STR("aws:CurrentTime"))) {
        out[0] = STR("2026-03-28T00:00:00Z");
        return 1;
    }
    if (str_eq_nocase(key, STR("s3:RequestObjectTagKeys"))) {
        out[0] = STR("a");
        out[1] = STR("b");
        return 2;
    }
    return 0;
}

static const struct policy_question asked = {.account = STR_INIT("111122223333"),
                                             .canonical = STR_INIT("c0ffee"),
                                             .action = STR_INIT("s3:GetObject"),
                                             .resource = STR_INIT("arn:aws:s3:::b/dir/key"),
                                             .facts = {.values = values_of}};

#define STATEMENT(effect, rest)                                                                    \
    "{'Statement':[{'Effect':'" effect "','Principal':'*','Action':'s3:*',"                        \
    "'Resource':'arn:aws:s3:::b/*'," rest "}]}"

Test(s3_policy, statements_apply_or_not)
{
    /* Proves: each element of a statement, both ways, and a denial over a permission. */
    static const struct {
        const char *policy;
        enum policy_verdict verdict;
    } rows[] = {
        {STATEMENT("Allow", "'Sid':'x'"), POLICY_ALLOWS},
        {STATEMENT("Deny", "'Sid':'x'"), POLICY_DENIES},
        {"{'Statement':{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'s3:Get*',"
         "'Resource':'*'}}",
         POLICY_ALLOWS},
        {"{'Statement':[{'Effect':'Allow','Principal':{'AWS':['1','arn:aws:iam::111122223333:root']"
         "},'Action':['s3:PutObject','S3:GETOBJECT'],'Resource':['arn:aws:s3:::b/dir/k?y']}]}",
         POLICY_ALLOWS},
        {"{'Statement':[{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:user/u'},"
         "'Action':'s3:*','Resource':'*'}]}",
         POLICY_SILENT},
        {"{'Statement':[{'Effect':'Allow','Principal':{'CanonicalUser':'c0ffee'},'Action':'s3:*',"
         "'Resource':'*'}]}",
         POLICY_ALLOWS},
        {"{'Statement':[{'Effect':'Allow','Principal':{'Service':'111122223333'},'Action':'s3:*',"
         "'Resource':'*'}]}",
         POLICY_SILENT},
        {"{'Statement':[{'Effect':'Deny','NotPrincipal':{'AWS':'444455556666'},'Action':'s3:*',"
         "'Resource':'*'}]}",
         POLICY_DENIES},
        {"{'Statement':[{'Effect':'Allow','Principal':'*','NotAction':'s3:Put*','Resource':'*'}]}",
         POLICY_ALLOWS},
        {"{'Statement':[{'Effect':'Allow','Principal':'*','NotAction':'s3:Get*','Resource':'*'}]}",
         POLICY_SILENT},
        {"{'Statement':[{'Effect':'Allow','Principal':'*','Action':'s3:*','NotResource':"
         "'arn:aws:s3:::b/dir/*'}]}",
         POLICY_SILENT},
        {"{'Statement':[{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'*'},"
         "{'Effect':'Deny','Principal':'*','Action':'s3:GetObject','Resource':'*'}]}",
         POLICY_DENIES},
        {"{'Statement':[]}", POLICY_SILENT},
    };
    struct arena *a = arena_new("policy", 8 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(policy_judge(parsed(a, rows[i].policy), &asked), rows[i].verdict, "%s",
                     rows[i].policy);
    }
    arena_free(a);
}

Test(s3_policy, conditions_hold_or_not)
{
    /* Proves: each operator both ways, a key that is not there, lists, and what is unsure. */
    static const struct {
        const char *condition;
        enum policy_truth truth;
    } rows[] = {
        {"{'StringEquals':{'s3:prefix':'home/Ana'}}", POLICY_YES},
        {"{'StringEquals':{'S3:Prefix':['x','home/Ana']}}", POLICY_YES},
        {"{'StringEquals':{'s3:prefix':'home/ana'}}", POLICY_NO},
        {"{'StringEqualsIgnoreCase':{'s3:prefix':'HOME/ana'}}", POLICY_YES},
        {"{'StringNotEquals':{'s3:prefix':['x','home/Ana']}}", POLICY_NO},
        {"{'StringNotEquals':{'none':'x'}}", POLICY_YES},
        {"{'StringEquals':{'none':'x'}}", POLICY_NO},
        {"{'StringEqualsIfExists':{'none':'x'}}", POLICY_YES},
        {"{'StringLike':{'s3:prefix':'home/*'}}", POLICY_YES},
        {"{'StringNotLike':{'s3:prefix':'home/?na'}}", POLICY_NO},
        {"{'NumericLessThanEquals':{'s3:max-keys':'10'}}", POLICY_YES},
        {"{'NumericLessThan':{'s3:max-keys':10}}", POLICY_NO},
        {"{'NumericGreaterThan':{'s3:max-keys':'x'}}", POLICY_NO},
        {"{'NumericNotEquals':{'s3:max-keys':'11'}}", POLICY_YES},
        {"{'DateLessThan':{'aws:CurrentTime':'2026-04-01T00:00:00Z'}}", POLICY_YES},
        {"{'DateGreaterThanEquals':{'aws:CurrentTime':'1774656001'}}", POLICY_NO},
        {"{'Null':{'none':'true'}}", POLICY_YES},
        {"{'Null':{'s3:prefix':true}}", POLICY_NO},
        {"{'ForAllValues:StringEquals':{'s3:RequestObjectTagKeys':['a','b','c']}}", POLICY_YES},
        {"{'ForAllValues:StringEquals':{'s3:RequestObjectTagKeys':['a']}}", POLICY_NO},
        {"{'ForAllValues:StringEquals':{'none':['a']}}", POLICY_YES},
        {"{'ForAnyValue:StringEquals':{'s3:RequestObjectTagKeys':['b']}}", POLICY_YES},
        {"{'ForAnyValue:StringEquals':{'s3:RequestObjectTagKeys':['c']}}", POLICY_NO},
        {"{'ForAnyValue:StringNotEquals':{'none':['a']}}", POLICY_NO},
        {"{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}", POLICY_UNSURE},
        {"{'StringEquals':{'aws:SourceIp':'x'}}", POLICY_UNSURE},
        {"{'StringEquals':{'aws:SourceIp':'x','s3:prefix':'no'}}", POLICY_NO},
        {"{'StringEquals':{'s3:prefix':'home/Ana'},'NumericEquals':{'s3:max-keys':'9'}}",
         POLICY_NO},
        {"{}", POLICY_YES},
    };
    struct arena *a = arena_new("policy", 8 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(policy_condition(parsed(a, rows[i].condition), &asked.facts), rows[i].truth,
                     "%s", rows[i].condition);
    }
    cr_expect_eq(policy_condition(NULL, &asked.facts), POLICY_YES);
    arena_free(a);
}

Test(s3_policy, what_is_public)
{
    /* Proves: everybody, unless a condition narrows it to somebody. */
    static const struct {
        const char *policy;
        bool public;
    } rows[] = {
        {STATEMENT("Allow", "'Sid':'x'"), true},
        {STATEMENT("Deny", "'Sid':'x'"), false},
        {STATEMENT("Allow", "'Condition':{'StringEquals':{'aws:SourceVpc':'vpc-1'}}"), false},
        {STATEMENT("Allow", "'Condition':{'StringNotEquals':{'aws:SourceVpc':'vpc-1'}}"), true},
        {STATEMENT("Allow", "'Condition':{'StringEquals':{'s3:prefix':'x'}}"), true},
        {"{'Statement':[{'Effect':'Allow','Principal':{'AWS':'*'},'Action':'s3:*','Resource':'*'}]"
         "}",
         true},
        {"{'Statement':[{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'s3:*',"
         "'Resource':'*'}]}",
         false},
    };
    struct arena *a = arena_new("policy", 8 * MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(policy_is_public(parsed(a, rows[i].policy)), rows[i].public, "%s",
                     rows[i].policy);
    }
    arena_free(a);
}
