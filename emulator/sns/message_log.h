/* message_log.h -- Every message that was published, for oracles: a ring, the oldest out first. */
#ifndef AFORO_EMULATOR_SNS_MESSAGE_LOG_H
#define AFORO_EMULATOR_SNS_MESSAGE_LOG_H

#include "message_check.h"
#include "sns_service.h"

#define SNS_LOG_MESSAGES_MAX 65536
#define SNS_LOG_BYTES_MAX (256 * MIB)

struct message_log *message_log_new(struct arena *a);
/* Copies the message. `view` gives all but the attributes, which come from `m`. */
void message_log_add(struct message_log *log, const struct sns_message_view *view,
                     const struct message *m, struct arena *scratch);
bool message_log_next(const struct message_log *log, uint64_t *cursor,
                      struct sns_message_view *ret_message);

#endif
