/* filter_policy.h -- Which messages a subscription is told: a JSON object of conditions, on the
 * attributes of a message or on its body. Source: developer guide, Subscription filter policies;
 * the words of refusals are answers of SNS that localstack's snapshot tests have recorded. */
#ifndef AFORO_EMULATOR_SNS_FILTER_POLICY_H
#define AFORO_EMULATOR_SNS_FILTER_POLICY_H

#include "message_check.h"

#define FILTER_SCOPE_ATTRIBUTES "MessageAttributes"
#define FILTER_SCOPE_BODY "MessageBody"

/* Whether a policy is one; false: *ret_reason says why ("FilterPolicy: Empty arrays ..."). */
bool filter_policy_check(struct str policy, struct str scope, struct arena *a,
                         struct str *ret_reason);
/* Whether a message passes a policy that was checked. `protocol`: whose text the body is. */
bool filter_policy_passes(struct str policy, struct str scope, const struct message *m,
                          struct str protocol, struct arena *a);
/* Filter policies give numbers five digits behind the point: in units of 10^-6. */
bool filter_number(const struct json *value, int64_t *ret_number);

#endif
