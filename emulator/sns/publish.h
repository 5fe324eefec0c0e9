/* publish.h -- One judged message, published. */
#ifndef AFORO_EMULATOR_SNS_PUBLISH_H
#define AFORO_EMULATOR_SNS_PUBLISH_H

#include "message_check.h"

/* Tells the answer's or the entry's ids; a FIFO topic's message that was there goes to nobody. */
void publish_message(struct call *c, struct topic *t, const struct message *m, struct json *out);

#endif
