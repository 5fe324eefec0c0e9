/* sns_service.h -- The emulated Amazon SNS: its entry in the emulator's table of services, and a
 * reader for oracles. Threads: the caller holds the emulator's lock. */
#ifndef AFORO_EMULATOR_SNS_SNS_SERVICE_H
#define AFORO_EMULATOR_SNS_SNS_SERVICE_H

#include "emulator/core/service.h"

extern const struct emulator_service sns_service;

/* Every message that was published, subscribed to or not; the oldest go when the cap is reached.
 * Borrowed until the next change. */
struct sns_message_view {
    struct str topic_arn, message_id, subject, message;
    const struct http_header *attributes; /* name and value; binary values in base64 */
    size_t attribute_count;
    int64_t at_us;
};
/* *cursor: 0 at first. false at the end. `state` is core_state(core, "sns"). */
bool sns_message_next(const void *state, uint64_t *cursor, struct sns_message_view *ret_message);

#endif
