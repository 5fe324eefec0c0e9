/* delivery.h -- One document on its way to one endpoint: posted, retried by the policy that holds
 * for it (delivery_policy.h), dropped. AWS sns-retry-1: three retries, 20 seconds apart, unless a
 * policy says otherwise; a 4xx answer other than 429 is final. What is dropped leaves a line in the
 * ledger: sns DropDelivery, topic/endpoint, the last status; and so does what goes to an endpoint
 * that is not HTTP. DIFFERS sns-retry-2: no jitter between retries. */
#ifndef AFORO_EMULATOR_SNS_DELIVERY_H
#define AFORO_EMULATOR_SNS_DELIVERY_H

#include "message_check.h"
#include "subscription.h"

enum delivery_why { DELIVERY_SUBSCRIBED, DELIVERY_UNSUBSCRIBED };
void delivery_confirmation(struct call *c, const struct topic *t, const struct subscription *s,
                           enum delivery_why why);
void delivery_message(struct call *c, const struct topic *t, const struct subscription *s,
                      const struct message *m, struct str message_id);

#endif
