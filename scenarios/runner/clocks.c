/* clocks.c -- Clocks that are off: the `clocks:` of a scenario, and what a seed makes of them. Each
 * actor draws for itself, up to what its entries say and either way; with `swarm` an entry is off
 * for a quarter of the seeds and weaker for most of the others, as faults are. */
#include "base/instant.h"
#include "base/rng.h"
#include "scenario_parts.h"
#include "scenarios/sim/sim.h"
#include "world.h"

#define CLOCKS_STREAM UINT64_C(0x636c6f636b73)
#define DRIFT_DEN INT64_C(1000000) /* drifts are drawn in parts per million */

enum site { SITE_OFF = 1, SITE_STRENGTH, SITE_SKEW, SITE_DRIFT, SITE_STEP, SITE_STEP_AT };

/* ---- reading ---- */

static enum err clock_read(const struct reading *r, const struct json *item,
                           struct scenario_clock *ret_clock, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("actor"), STR_INIT("skew"), STR_INIT("step"),
                                      STR_INIT("drift")};
    struct scenario_clock c = {.actor = STR("*")};
    if (item->kind != JSON_IS_OBJECT) {
        return reading_fail(r, item, d, "expected a clock such as {actor: \"lander/*\", skew: 5m}");
    }
    TRY(reading_keys(r, item, keys, sizeof(keys) / sizeof(keys[0]), d));
    TRY(reading_str(r, item, "actor", false, &c.actor, d));
    TRY(reading_duration(r, item, "skew", 0, 366 * US_PER_DAY, &c.skew_us, d));
    TRY(reading_duration(r, item, "step", 0, 366 * US_PER_DAY, &c.step_us, d));
    const struct json *drift = json_get(item, STR("drift"));
    struct diag why = DIAG_INIT;
    if (drift != NULL &&
        (ratio_parse(json_str(drift), &c.drift, &why) != ERR_OK || c.drift.num > c.drift.den)) {
        return reading_fail(r, drift, d, "expected a ratio such as 1/10000");
    }
    if (c.skew_us == 0 && c.step_us == 0 && c.drift.num == 0) {
        return reading_fail(r, item, d, "a clock that is right: give skew, drift or step");
    }
    *ret_clock = c;
    return ERR_OK;
}

enum err scenario_clocks_read(const struct reading *r, const struct json *root, struct scenario *s,
                              struct diag *d)
{
    struct json *list;
    TRY(reading_node(r, root, "clocks", JSON_IS_ARRAY, false, &list, d));
    if (list == NULL) {
        return ERR_OK;
    }
    s->clocks = NEW_ARRAY(r->arena, struct scenario_clock, list->count);
    for (const struct json *item = list->first; item != NULL; item = item->next) {
        TRY(clock_read(r, item, &s->clocks[s->clock_count++], d));
    }
    return ERR_OK;
}

/* ---- drawing ---- */

struct drawing {
    const struct world *world;
    size_t entry;
    uint64_t actor; /* a hash of its name */
};

static uint64_t draw(const struct drawing *g, enum site site)
{
    return rng_u64(g->world->seed, CLOCKS_STREAM ^ (uint64_t)site, g->entry, g->actor);
}

static int64_t draw_either_way(const struct drawing *g, enum site site, int64_t most)
{
    return most == 0 ? 0 : rng_between(draw(g, site), -most, most);
}

static bool is_off(const struct drawing *g)
{
    return g->world->scenario->swarm && rng_below(draw(g, SITE_OFF), 4) == 0;
}

static void entry_add(const struct drawing *g, struct sim_clock *clock)
{
    const struct scenario *s = g->world->scenario;
    const struct scenario_clock *c = &s->clocks[g->entry];
    int halvings = s->swarm ? (int)rng_below(draw(g, SITE_STRENGTH), 4) : 0;
    clock->offset_us += draw_either_way(g, SITE_SKEW, c->skew_us >> halvings);
    int64_t ppm = c->drift.den == 0 ? 0 : (int64_t)c->drift.num * DRIFT_DEN / c->drift.den;
    clock->drift_num += draw_either_way(g, SITE_DRIFT, ppm >> halvings);
    clock->drift_den = clock->drift_num == 0 ? 0 : DRIFT_DEN;
    if (c->step_us > 0) {
        clock->step_us = draw_either_way(g, SITE_STEP, c->step_us >> halvings);
        clock->step_at_us = rng_between(draw(g, SITE_STEP_AT), 0, s->heal_after_us);
    }
}

static int64_t at_least_0(int64_t us)
{
    return us > 0 ? us : 0;
}

static int64_t ahead_of(const struct sim_clock *c, int64_t heal_after_us)
{
    int64_t drift_us = c->drift_den == 0 ? 0 : heal_after_us / c->drift_den * c->drift_num;
    return at_least_0(c->offset_us) + at_least_0(c->step_us) + at_least_0(drift_us);
}

void clocks_draw(struct world *w)
{
    const struct scenario *s = w->scenario;
    for (size_t i = 0; i < w->actor_count && s->clock_count > 0; i++) {
        struct stage_actor *actor = w->actors[i].on_stage;
        struct sim_clock clock = {.offset_us = 0};
        for (size_t entry = 0; entry < s->clock_count; entry++) {
            struct str name = stage_actor_name(actor);
            struct drawing g = {.world = w, .entry = entry, .actor = hash64(0, name)};
            if (str_glob(s->clocks[entry].actor, name) && !is_off(&g)) {
                entry_add(&g, &clock);
            }
        }
        stage_clock(actor, &clock);
        int64_t ahead_us = ahead_of(&clock, s->heal_after_us);
        w->ahead_us = ahead_us > w->ahead_us ? ahead_us : w->ahead_us;
    }
}
