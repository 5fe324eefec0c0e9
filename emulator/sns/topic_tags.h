/* topic_tags.h -- The tags of a topic. */
#ifndef AFORO_EMULATOR_SNS_TOPIC_TAGS_H
#define AFORO_EMULATOR_SNS_TOPIC_TAGS_H

#include "sns_state.h"

/* `tags`: a list of {Key, Value}, or NULL. false: the call has failed. */
bool topic_tags_check(struct call *c, const struct json *tags);
void topic_tags_put(struct sns *sns, struct topic *t, const struct json *tags);
bool topic_tags_are_there(const struct topic *t, const struct json *tags);

#endif
