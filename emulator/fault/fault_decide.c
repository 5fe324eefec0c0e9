/* fault_decide.c -- One call against the plan.
 * Invariants:
 * 1. Every rule counts every call that it matches, whoever fires: removing a rule changes no other
 * rule's counters.
 * 2. `limit` counts the calls that a rule chose, also where an earlier rule fired instead: for the
 * same reason.
 * 3. Every draw is keyed by (seed, rule, actor, operation, ordinal, site): no draw shifts another.
 */
#include "base/hash.h"
#include "base/rng.h"
#include "fault_parts.h"

#define FAULT_FIRED_MAX                                                                            \
    ((size_t)1 << 20) /* what fired past it is counted by its rule, and not listed */

static const struct fault_where *named(const struct fault_where *list, size_t count,
                                       struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].name, name)) {
            return &list[i];
        }
    }
    return NULL;
}

static bool where_matches(const struct fault_where *where, const struct fault_call *call)
{
    const struct fault_where *is = named(call->attributes, call->attribute_count, where->name);
    is = is != NULL ? is : named(call->client, call->client_count, where->name);
    return is != NULL && str_glob(where->pattern, is->pattern);
}

static bool coordinate_matches(const struct fault_rule *rule, const struct fault_call *call)
{
    return rule->at_ordinal == call->ordinal && str_eq(rule->at_operation, call->operation) &&
           str_eq(rule->at_service, call->service) && str_eq(rule->at_actor, call->actor);
}

/* How long the n-th bad stretch of an actor or a link, or the good one before it, is. */
static int64_t stretch_us(const struct fault_plan *p, const struct fault_rule *rule, uint64_t who,
                          uint64_t n, enum fault_site site)
{
    bool bad = site == FAULT_SITE_LASTS;
    int64_t low = bad ? rule->lasts_min_us : rule->pause_min_us;
    int64_t high = bad ? rule->lasts_max_us : rule->pause_max_us;
    uint64_t draw = rng_u64(p->seed, fault_rule_key(rule), who, n * FAULT_SITE_COUNT + site);
    return low == high ? low : rng_between(draw, low, high);
}

/* Whether the call falls into a bad stretch: good and bad ones take turns from the rule's `from`
 * on. The pause is never nothing, so this ends. */
static bool stretch_holds(const struct fault_plan *p, const struct fault_rule *rule,
                          const struct fault_call *call)
{
    if (rule->lasts_max_us == 0) {
        return true;
    }
    uint64_t who = hash64(call->actor.len, call->actor);
    who = rule->per_link ? hash64(who ^ call->service.len, call->service) : who;
    int64_t at_us = rule->from_us;
    for (uint64_t n = 0; at_us <= call->since_us; n++) {
        at_us += stretch_us(p, rule, who, n, FAULT_SITE_PAUSE);
        if (call->since_us < at_us) {
            return false;
        }
        at_us += stretch_us(p, rule, who, n, FAULT_SITE_LASTS);
        if (call->since_us < at_us) {
            return true;
        }
    }
    return false;
}

/* Between a session and its warehouse there is nothing that would do a request twice, hold it back
 * or damage an answer: rules for everything (`*:*`) leave sessions out there. */
static bool is_for_requests(enum fault_phase phase)
{
    return phase == FAULT_DUPLICATE || phase == FAULT_LATE || phase == FAULT_WIRE ||
           phase == FAULT_STALE;
}

/* Whether the call is one of those that the rule is about. */
static bool rule_matches(const struct fault_rule *rule, const struct fault_call *call)
{
    if (rule->off || call->since_us < rule->from_us ||
        (rule->until_us > 0 && call->since_us >= rule->until_us)) {
        return false;
    }
    if (str_eq(call->service, STR("disk")) && !fault_rule_is_of_disk(rule)) {
        return false;
    }
    if (str_eq(call->service, STR("warehouse")) && is_for_requests(rule->phase)) {
        return false;
    }
    if (rule->service.len > 0 && !str_glob(rule->service, call->service)) {
        return false;
    }
    if (rule->operation.len > 0 && !str_glob(rule->operation, call->operation)) {
        return false;
    }
    if (rule->actor.len > 0 && !str_glob(rule->actor, call->actor)) {
        return false;
    }
    for (size_t i = 0; i < rule->where_count; i++) {
        if (!where_matches(&rule->where[i], call)) {
            return false;
        }
    }
    return rule->at_operation.len == 0 || coordinate_matches(rule, call);
}

static bool nth_holds(const struct fault_rule *rule)
{
    for (size_t i = 0; i < rule->nth_count; i++) {
        if (rule->nth[i] == rule->matched) {
            return true;
        }
    }
    return rule->nth_count == 0;
}

static uint64_t draw(const struct fault_plan *p, const struct fault_rule *rule,
                     const struct fault_call *call, enum fault_site site)
{
    uint64_t who = hash64(call->actor.len, call->actor);
    who = hash64(who ^ call->service.len, call->service);
    who = hash64(who ^ call->operation.len, call->operation);
    return rng_u64(p->seed, fault_rule_key(rule), who, call->ordinal * FAULT_SITE_COUNT + site);
}

/* The draw does not depend on the odds: what fires at the lower ones fires at the higher ones too.
 */
static struct ratio odds(const struct fault_plan *p, const struct fault_rule *rule)
{
    struct ratio odds = rule->probability;
    if (rule->phase == FAULT_KILL && p->kill_factor > 1) {
        uint64_t scaled = (uint64_t)odds.num * p->kill_factor;
        odds.num = scaled < odds.den ? (uint32_t)scaled : odds.den;
    }
    return odds;
}

static bool selectors_hold(const struct fault_plan *p, const struct fault_rule *rule,
                           const struct fault_call *call)
{
    if (!nth_holds(rule) || (rule->first > 0 && rule->matched > rule->first) ||
        rule->matched <= rule->after || (rule->every > 0 && rule->matched % rule->every != 0) ||
        (rule->limit > 0 && rule->chosen >= rule->limit)) {
        return false;
    }
    return rule->probability.den == 0 ||
           rng_hits(draw(p, rule, call, FAULT_SITE_PROBABILITY), odds(p, rule));
}

static void note_fired(struct fault_plan *p, size_t rule, const struct fault_call *call,
                       const struct fault_decision *decision)
{
    if (p->fired_count == FAULT_FIRED_MAX) {
        return;
    }
    if (p->fired_count == p->fired_cap) {
        size_t cap = p->fired_cap == 0 ? 64 : p->fired_cap * 2;
        struct fault_fired *grown = NEW_ARRAY(p->arena, struct fault_fired, cap);
        for (size_t i = 0; i < p->fired_count; i++) {
            grown[i] = p->fired[i];
        }
        p->fired = grown;
        p->fired_cap = cap;
    }
    p->fired[p->fired_count++] = (struct fault_fired){
        .rule = rule,
        .actor = str_copy(p->arena, call->actor),
        .service = str_copy(p->arena, call->service),
        .operation = str_copy(p->arena, call->operation),
        .ordinal = call->ordinal,
        .at_us = call->since_us,
        .phase = decision->phase,
        .delay_us = decision->delay_us,
        .random = decision->random,
    };
}

static int64_t draw_duration(const struct fault_plan *p, const struct fault_rule *rule,
                             const struct fault_call *call)
{
    int64_t low = rule->phase == FAULT_KILL ? rule->restart_min_us : rule->delay_min_us;
    int64_t high = rule->phase == FAULT_KILL ? rule->restart_max_us : rule->delay_max_us;
    return low == high ? low : rng_between(draw(p, rule, call, FAULT_SITE_DURATION), low, high);
}

static struct fault_cell *cell_of(struct fault_plan *p, struct fault_rule *rule,
                                  const struct fault_call *call)
{
    struct fault_cell **at = &rule->cells;
    for (; *at != NULL; at = &(*at)->next) {
        if (str_eq((*at)->operation, call->operation) && str_eq((*at)->service, call->service)) {
            return *at;
        }
    }
    *at = NEW(p->arena, struct fault_cell);
    **at = (struct fault_cell){.service = str_copy(p->arena, call->service),
                               .operation = str_copy(p->arena, call->operation)};
    return *at;
}

struct fault_decision fault_plan_decide(struct fault_plan *p, const struct fault_call *call)
{
    struct fault_decision decision = {.phase = FAULT_NONE};
    for (size_t i = 0; i < p->count && !p->healed; i++) {
        struct fault_rule *rule = &p->rules[i];
        if (!rule_matches(rule, call) || !stretch_holds(p, rule, call)) {
            continue;
        }
        struct fault_cell *cell = cell_of(p, rule, call);
        rule->matched++;
        cell->matched++;
        if (!selectors_hold(p, rule, call)) {
            continue;
        }
        rule->chosen++;
        if (decision.phase != FAULT_NONE) {
            continue;
        }
        rule->fired++;
        cell->fired++;
        decision = (struct fault_decision){
            .phase = rule->phase,
            .rule = rule,
            .delay_us = draw_duration(p, rule, call),
            .random = rule->has_draw ? rule->draw : draw(p, rule, call, FAULT_SITE_APPLIER),
        };
        note_fired(p, i, call, &decision);
    }
    return decision;
}

/* Selection sampling: going over the entries in order, each is taken with the odds that leave
 * exactly `hits`. */
bool fault_hits_entry(const struct fault_decision *decision, size_t index, size_t count)
{
    if (decision->phase != FAULT_PARTIAL || index >= count) {
        return false;
    }
    struct ratio share = decision->rule->entries;
    uint64_t hits = share.den == 0 ? 0 : (uint64_t)count * share.num / share.den;
    uint64_t missing = hits == 0 ? 1 : hits > count ? count : hits;
    bool hit = false;
    for (size_t i = 0; i <= index; i++) {
        uint64_t random = rng_u64(decision->random, FAULT_SITE_ENTRY, i, count);
        hit = rng_below(random, count - i) < missing;
        missing -= hit ? 1 : 0;
    }
    return hit;
}
