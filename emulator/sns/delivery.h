/* delivery.h -- One document on its way to one endpoint: posted, retried by the default policy,
 * dropped. AWS sns-retry-1: three retries, 20 seconds apart; a 4xx answer other than 429 is final.
 * What is dropped leaves a line in the ledger: sns DropDelivery, topic/endpoint, the last status.
 * DIFFERS sns-retry-2: no jitter between retries. */
#ifndef AFORO_EMULATOR_SNS_DELIVERY_H
#define AFORO_EMULATOR_SNS_DELIVERY_H

#include "message_check.h"
#include "subscription.h"

void delivery_confirmation(struct call *c, const struct subscription *s);
void delivery_message(struct call *c, const struct subscription *s, const struct message *m,
                      struct str message_id);

#endif
