/* topic_attributes.h -- What a topic can be given besides its name, and the rules for it. */
#ifndef AFORO_EMULATOR_SNS_TOPIC_ATTRIBUTES_H
#define AFORO_EMULATOR_SNS_TOPIC_ATTRIBUTES_H

#include "sns_state.h"

/* false: the call has failed. `fifo`: the kind of the topic. */
bool topic_attribute_check(struct call *c, struct str name, struct str value, bool fifo);
/* What was checked, as it is kept and told. */
struct str topic_attribute_kept(struct arena *a, struct str name, struct str value);
/* Keeps it; an empty value takes it away. */
void topic_attribute_set(struct sns *sns, struct topic *t, struct str name, struct str value);
struct str topic_attribute_get(const struct topic *t, struct str name);
/* The policy that a topic has while none was put. */
struct str topic_policy_default(struct call *c, const struct topic *t);

#endif
