/* notification.h -- The JSON documents that SNS posts to HTTP endpoints, and what of them is
 * signed. Source: SNS Developer Guide, "Parsing Amazon SNS message formats", "Verifying the
 * signatures of Amazon SNS messages". AWS sns-signature-1: the text that is signed has names and
 * values in lines by turns, in the order of the names: of a notification Message, MessageId,
 * Subject where there is one, Timestamp, TopicArn, Type; of a confirmation SubscribeURL and Token
 * instead of Subject.
 * DIFFERS sns-signature-3: the front has a key of its own and puts the signature in; in a
 * simulation there is none. */
#ifndef AFORO_EMULATOR_SNS_NOTIFICATION_H
#define AFORO_EMULATOR_SNS_NOTIFICATION_H

#include "message_check.h"
#include "subscription.h"

struct document {
    struct str body;
    struct outbound_signature sign;
};
struct document notification_body(struct call *c, const struct topic *t,
                                  const struct subscription *s, const struct message *m,
                                  struct str message_id);
/* `begins`: a SubscriptionConfirmation; else an UnsubscribeConfirmation. */
struct document notification_confirmation_body(struct call *c, const struct topic *t,
                                               const struct subscription *s, struct str message_id,
                                               bool begins);

#endif
