/* delivery_policy.h -- How deliveries to HTTP endpoints are tried again, and what they call their
 * content: a topic's DeliveryPolicy, a subscription's over it, SNS's own under both.
 * Source: developer guide, Creating an HTTP/S delivery policy; how policies are told back: answers
 * of SNS that localstack's snapshot tests have recorded. */
#ifndef AFORO_EMULATOR_SNS_DELIVERY_POLICY_H
#define AFORO_EMULATOR_SNS_DELIVERY_POLICY_H

#include "sns_state.h"

enum delivery_owner { OF_TOPIC, OF_SUBSCRIPTION };
/* Judges a policy, and gives it as it is kept and told: empty: it says nothing. false: *ret_reason
 * says why ("DeliveryPolicy: ..."). */
bool delivery_policy_read(struct arena *a, enum delivery_owner owner, struct str text,
                          struct str *ret_kept, struct str *ret_reason);
/* What holds, as EffectiveDeliveryPolicy tells it; `own`: the subscription's. Both as kept. */
struct str delivery_policy_of_topic(struct arena *a, struct str topics);
struct str delivery_policy_of_subscription(struct arena *a, struct str topics, struct str own);

enum backoff { BACKOFF_LINEAR, BACKOFF_ARITHMETIC, BACKOFF_GEOMETRIC, BACKOFF_EXPONENTIAL };
struct delivery_policy {
    int64_t min_s, max_s; /* between retries */
    int64_t retries;      /* in all; of them at once, after min_s, after max_s: */
    int64_t at_once, at_min, at_max;
    enum backoff backoff;    /* how the others grow from min_s to max_s */
    struct str content_type; /* of notifications; may lie in the arena */
};
struct delivery_policy delivery_policy_get(struct arena *a, struct str topics, struct str own);
/* How long after the n-th failure, from 1, to try again; < 0: no more. */
int64_t delivery_policy_wait_us(const struct delivery_policy *p, int64_t failures);

#endif
