/* retries.c -- No retry storm: how often one actor's calls of one operation failed lately, kept as
 * a ring of the last `at_most` moments. The next failure must be further from the oldest of them
 * than the window is long. Answers that are a service's ordinary ones (404, 409, 412) are none. */
#include "oracle_parts.h"

struct failures {
    int64_t *at_us; /* a ring of at_most */
    uint64_t count;
    bool told;
};
struct oracle_retries {
    struct arena *arena;
    int64_t at_most, within_us;
    uint64_t after; /* the last ledger entry that was read */
    struct map *failures;
};

struct oracle_retries *oracle_retries_new(struct arena *a, int64_t at_most, int64_t within_us)
{
    struct oracle_retries *r = NEW(a, struct oracle_retries);
    *r = (struct oracle_retries){.arena = a, .at_most = at_most, .within_us = within_us};
    r->failures = map_new(a);
    return r;
}

static bool has_failed(const struct ledger_entry *e)
{
    bool lost = e->fault == FAULT_LOSE_REQUEST || e->fault == FAULT_LOSE_RESPONSE;
    bool refused = e->fault == FAULT_REJECT || e->fault == FAULT_APPLY_REJECT;
    return lost || refused || e->status == 429 || e->status >= 500;
}

static void failure_note(struct oracle *o, struct oracle_retries *r, const struct ledger_entry *e,
                         struct oracle_finding *f)
{
    struct str name = str_printf(o->scratch, "%.*s %.*s:%.*s", STR_ARG(e->actor),
                                 STR_ARG(e->service), STR_ARG(e->operation));
    struct failures *all = map_get(r->failures, name);
    if (all == NULL) {
        all = NEW(r->arena, struct failures);
        *all = (struct failures){.at_us = NEW_ARRAY(r->arena, int64_t, (size_t)r->at_most)};
        map_put(r->failures, name, all);
    }
    int64_t *oldest = &all->at_us[all->count % (uint64_t)r->at_most];
    bool full = all->count >= (uint64_t)r->at_most;
    if (full && e->at_us - *oldest <= r->within_us && !all->told) {
        all->told = true;
        finding_add(o, f, ROW_UNEXPECTED, "%.*s failed over %lld times within %lld ms",
                    STR_ARG(name), (long long)r->at_most, (long long)(r->within_us / US_PER_MS));
    }
    *oldest = e->at_us;
    all->count++;
}

void oracle_check_retries(struct oracle *o, struct oracle_retries *r, struct oracle_finding *f)
{
    struct ledger_entry entry;
    arena_reset(o->scratch);
    while (emulator_ledger_next(o->in.emulator, r->after, &entry)) {
        r->after = entry.number;
        if (has_failed(&entry)) {
            failure_note(o, r, &entry, f);
        }
    }
}
