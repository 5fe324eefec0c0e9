/* fuzz_delivery_policy.c -- Any bytes as a delivery policy of a topic and of a subscription. One
 * that is taken is kept as a text that is taken again and is kept the same; what holds by it is a
 * policy, too, and retries come to an end within what the rules allow. */
#include "base/instant.h"
#include "base/limits.h"
#include "delivery_policy.h"
#include "fuzz_check.h"

#define RETRIES_MAX 100

static struct str kept_of(struct arena *a, enum delivery_owner owner, struct str text)
{
    struct str kept, reason, again;
    if (!delivery_policy_read(a, owner, text, &kept, &reason)) {
        CHECK(reason.len > 0);
        return STR_EMPTY;
    }
    CHECK(delivery_policy_read(a, owner, kept, &again, &reason) && str_eq(kept, again));
    return kept;
}

static void walk(const struct delivery_policy *p)
{
    int64_t failures = 1, wait_us;
    while ((wait_us = delivery_policy_wait_us(p, failures)) >= 0) {
        CHECK(wait_us <= 3600 * US_PER_S);
        CHECK(++failures <= RETRIES_MAX + 1);
    }
    CHECK(failures == p->retries + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 64 * MIB);
    struct str text = str_n((const char *)data, size), again, reason;
    struct str topics = kept_of(a, OF_TOPIC, text), own = kept_of(a, OF_SUBSCRIPTION, text);
    struct str whole = delivery_policy_of_topic(a, topics);
    CHECK(delivery_policy_read(a, OF_TOPIC, whole, &again, &reason) && str_eq(whole, again));
    CHECK(delivery_policy_of_subscription(a, topics, own).len > 0);
    struct delivery_policy p = delivery_policy_get(a, topics, own);
    walk(&p);
    arena_free(a);
    return 0;
}
