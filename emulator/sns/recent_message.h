/* recent_message.h -- What FIFO topics were told within the last five minutes, so that it is told
 * once. AWS sns-fifo-2: a message whose deduplication id was there within 5 minutes is
 * acknowledged as the first one, and not delivered. */
#ifndef AFORO_EMULATOR_SNS_RECENT_MESSAGE_H
#define AFORO_EMULATOR_SNS_RECENT_MESSAGE_H

#include "message_check.h"

struct recent_messages;
struct recent_messages *recent_messages_new(struct arena *a);
struct recent_message {
    struct str message_id; /* a UUID */
    uint64_t sequence_number;
};
/* What the message repeats; NULL: nothing. Forgets what is too old by now. */
const struct recent_message *recent_message_find(struct recent_messages *all, const struct topic *t,
                                                 const struct message *m, int64_t now_us,
                                                 struct arena *scratch);
void recent_message_add(struct recent_messages *all, const struct topic *t, const struct message *m,
                        const struct recent_message *told, int64_t now_us, struct arena *scratch);
/* 20 digits. */
struct str recent_message_number(struct arena *a, uint64_t sequence_number);

#endif
