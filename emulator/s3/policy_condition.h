/* policy_condition.h -- The Condition of a policy's statement against what is known of a request.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators". */
#ifndef AFORO_EMULATOR_S3_POLICY_CONDITION_H
#define AFORO_EMULATOR_S3_POLICY_CONDITION_H

#include "base/json.h"

#define POLICY_VALUES_MAX 64
#define POLICY_UNKNOWABLE SIZE_MAX /* nobody here can say what the key's value is */
struct policy_facts {
    /* The values of a condition key: their number, 0 where the request has none. */
    size_t (*values)(const void *self, struct str key, struct str out[POLICY_VALUES_MAX]);
    const void *self;
};
enum policy_truth { POLICY_NO, POLICY_YES, POLICY_UNSURE };
/* `condition` may be NULL: it holds. POLICY_UNSURE: it turns on what is unknowable, or on an
 * operator that is not built. */
enum policy_truth policy_condition(const struct json *condition, const struct policy_facts *facts);

#endif
