/* access_facts.h -- What a policy's conditions may ask of a call: the condition keys of S3 and the
 * global ones. Source: Service Authorization Reference, "Condition keys for Amazon S3". */
#ifndef AFORO_EMULATOR_S3_ACCESS_FACTS_H
#define AFORO_EMULATOR_S3_ACCESS_FACTS_H

#include "object.h"
#include "policy_condition.h"

struct access_facts {
    struct call *call;
    const struct bucket *bucket;
    const struct object *object; /* the one that the call is about, or NULL */
};
/* For struct policy_facts; self: a struct access_facts. */
size_t access_facts_values(const void *self, struct str key, struct str out[POLICY_VALUES_MAX]);

#endif
