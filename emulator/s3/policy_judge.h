/* policy_judge.h -- What a bucket policy says to one request: pure. Source: IAM User Guide, "Policy
 * evaluation logic". */
#ifndef AFORO_EMULATOR_S3_POLICY_JUDGE_H
#define AFORO_EMULATOR_S3_POLICY_JUDGE_H

#include "policy_condition.h"

struct policy_question {
    struct str account;   /* of who asks; empty: nobody */
    struct str canonical; /* the account's canonical user id */
    struct str action;    /* "s3:GetObject" */
    struct str resource;  /* its ARN */
    struct policy_facts facts;
};
enum policy_verdict { POLICY_SILENT, POLICY_ALLOWS, POLICY_DENIES };
enum policy_verdict policy_judge(const struct json *policy, const struct policy_question *q);
/* Whether anybody at all is let in by it. */
bool policy_is_public(const struct json *policy);

#endif
