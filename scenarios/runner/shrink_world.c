/* shrink_world.c -- A smaller world around the faults: fewer actions, an earlier end, fewer actors.
 * It is taken only where the same world without faults passes: or shrinking would find that a world
 * without a loader loads nothing. */
#include "base/instant.h"
#include "plan.h"
#include "shrink_parts.h"

/* Taken where it fails with the faults and passes without. */
static enum err world_try(struct shrink *s, struct scenario *smaller, bool *ret_found,
                          struct diag *d)
{
    struct scenario healthy = *smaller;
    healthy.faults = json_new(s->scratch, JSON_IS_ARRAY);
    bool passes;
    *ret_found = false;
    TRY(shrink_passes(s, &healthy, &passes, d));
    return passes ? shrink_try(s, smaller, 1, ret_found, d) : ERR_OK;
}

/* "producer/3" among so many of its role. */
static struct str actor_among(struct arena *a, struct str actor, const struct scenario_actors *n)
{
    struct str role, index;
    uint64_t number;
    struct diag d = DIAG_INIT;
    if (!str_split(actor, '/', &role, &index) || str_u64(index, &number, &d) != ERR_OK) {
        return actor;
    }
    unsigned count = str_eq(role, STR("producer")) ? n->producers
                     : str_eq(role, STR("lander")) ? n->landers
                     : str_eq(role, STR("loader")) ? n->loaders
                                                   : n->reporters;
    return str_printf(a, "%.*s/%llu", STR_ARG(role),
                      (unsigned long long)(count == 0 ? 0 : number % count));
}

static enum err role_shrink(struct shrink *s, int role, struct diag *d)
{
    arena_reset(s->scratch);
    struct scenario c = s->now;
    unsigned *counts[] = {&c.actors.producers, &c.actors.landers, &c.actors.loaders,
                          &c.actors.reporters};
    bool found;
    if (*counts[role] < 2) {
        return ERR_OK;
    }
    *counts[role] = 1;
    struct json *moved = json_new(s->scratch, JSON_IS_ARRAY);
    for (size_t i = 0; i < s->count; i++) {
        struct plan_fault f;
        TRY(plan_fault_read(s->faults[i], &f, d));
        struct str actor = actor_among(s->scratch, f.at.at_actor, &c.actors);
        json_add(moved, STR_EMPTY, plan_fault_at(s->scratch, s->faults[i], actor, f.at.at_ordinal));
    }
    c.faults = moved;
    return world_try(s, &c, &found, d);
}

enum err shrink_actors(struct shrink *s, struct diag *d)
{
    for (int role = 0; role < 4; role++) {
        TRY(role_shrink(s, role, d));
    }
    return ERR_OK;
}

/* ---- actions ---- */

/* The last one each time: the number of shards before an action is that of the one in front. */
enum err shrink_actions(struct shrink *s, struct diag *d)
{
    for (bool found = true; found && s->now.action_count > 0;) {
        arena_reset(s->scratch);
        struct scenario c = s->now;
        c.action_count--;
        TRY(world_try(s, &c, &found, d));
    }
    return ERR_OK;
}

/* ---- the end ---- */

/* Actions come before the heal, in a file as here. */
static int64_t heal_least_us(const struct scenario *s)
{
    int64_t least_us = US_PER_MINUTE;
    for (size_t i = 0; i < s->action_count; i++) {
        int64_t behind_us = s->actions[i].most_us + 1;
        least_us = behind_us > least_us ? behind_us : least_us;
    }
    return least_us;
}

static enum err heal_try(struct shrink *s, int64_t heal_us, bool *ret_found, struct diag *d)
{
    *ret_found = false;
    if (heal_us >= s->now.heal_after_us || heal_us < heal_least_us(&s->now)) {
        return ERR_OK;
    }
    arena_reset(s->scratch);
    struct scenario c = s->now;
    c.horizon_us -= c.heal_after_us - heal_us;
    c.heal_after_us = heal_us;
    return world_try(s, &c, ret_found, d);
}

/* Right behind the moment at which the failure is told; then half of it, as often as that helps. */
enum err shrink_end(struct shrink *s, struct diag *d)
{
    bool found;
    TRY(heal_try(s, (s->failed_us / US_PER_MINUTE + 2) * US_PER_MINUTE, &found, d));
    do {
        TRY(heal_try(s, s->now.heal_after_us / 2, &found, d));
    } while (found);
    return ERR_OK;
}
