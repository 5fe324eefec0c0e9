/* subscription.h -- One endpoint that a topic's messages go to, once it has confirmed. */
#ifndef AFORO_EMULATOR_SNS_SUBSCRIPTION_H
#define AFORO_EMULATOR_SNS_SUBSCRIPTION_H

#include "sns_state.h"

struct subscription {
    struct str arn, topic_arn, owner; /* the last two are parts of the ARN */
    struct str protocol, endpoint, token;
    struct text_list policies; /* as told: DeliveryPolicy, RedrivePolicy, SubscriptionRoleArn */
    bool confirmed, raw;
    bool posted;              /* http, https: the others are kept, and told nothing */
    struct str filter, scope; /* filter_policy.h; empty: none, on attributes */
    bool authenticated;       /* the confirmation was signed */
    bool guarded;             /* only its owner may unsubscribe */
    int64_t created_us;       /* or when the confirmation was asked for last */
};
/* Pending ones that nobody confirmed in time are as if they were not there. */
bool subscription_is_alive(const struct subscription *s, int64_t now_us);
/* false: the call has failed. */
bool subscription_arn_check(struct call *c, struct str arn);
/* NULL: the call has failed: InvalidParameter or NotFound. */
struct subscription *subscription_find(struct call *c, struct str arn);
void subscription_free(struct sns *sns, struct subscription *s);
/* Walks a topic's subscriptions: after NULL: the first. */
struct subscription *subscription_next(const struct sns *sns, struct str topic_arn,
                                       const struct subscription *after);
#define SUBSCRIPTION_POLICIES 3
/* What Subscribe and SetSubscriptionAttributes ask for; borrowed from the call. */
struct subscription_wish {
    struct str topic_arn, endpoint; /* whose wish it is */
    bool has_raw, raw;
    bool has_filter, has_scope;
    struct str filter, scope;
    /* by subscription_policy_name, as they are kept; empty: to be none */
    struct str policies[SUBSCRIPTION_POLICIES];
    bool has_policy[SUBSCRIPTION_POLICIES];
};
const char *subscription_policy_name(size_t i);
/* Reads one attribute; false: the call has failed. */
bool subscription_attribute(struct call *c, struct str name, struct str value,
                            struct subscription_wish *wish);
/* Whether the filter policy, as it would be for `s` (NULL: a new one), is one; false: the call has
 * failed. */
bool subscription_filter_check(struct call *c, const struct subscription_wish *wish,
                               const struct subscription *s);
/* Takes over what was asked for. */
void subscription_take(struct sns *sns, struct subscription *s,
                       const struct subscription_wish *wish);
struct str subscription_scope(const struct subscription *s);

#endif
