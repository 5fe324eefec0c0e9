/* notification.h -- The JSON documents that SNS posts to HTTP endpoints.
 * Source: SNS Developer Guide, "Parsing Amazon SNS message formats".
 * DIFFERS sns-signature-1: SignatureVersion, Signature and SigningCertURL are left out: nothing is
 * signed. */
#ifndef AFORO_EMULATOR_SNS_NOTIFICATION_H
#define AFORO_EMULATOR_SNS_NOTIFICATION_H

#include "message_check.h"
#include "subscription.h"

struct str notification_body(struct call *c, const struct subscription *s, const struct message *m,
                             struct str message_id);
/* `begins`: a SubscriptionConfirmation; else an UnsubscribeConfirmation. */
struct str notification_confirmation_body(struct call *c, const struct subscription *s,
                                          struct str message_id, bool begins);

#endif
