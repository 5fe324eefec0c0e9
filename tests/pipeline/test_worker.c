#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "aws/kinesis.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/worker.h"
#include "pipeline_world.h"
#include "scenarios/sim/sim.h"

#define OK(call) cr_assert_eq((call), ERR_OK, "%s: %s", #call, d.msg)
#define ORDERS 260

/* Whole workers as actors of the simulator, over a world's emulator and warehouse. */
struct place {
    struct world *world;
    struct sim_actor *actor;
    struct worker_options options;
    enum err ended;
    char why[200];
};

static enum err place_transport(void *ctx, struct arena *a, struct transport **ret, struct diag *d)
{
    return sim_transport_open(((struct place *)ctx)->actor, a, ret, d);
}

static enum err place_warehouse(void *ctx, struct arena *a, struct warehouse **ret, struct diag *d)
{
    struct place *place = ctx;
    struct warehouse *inner;
    TRY(place->world->env.warehouse_open(place->world, a, &inner, d));
    *ret = sim_warehouse_wrap(place->actor, a, inner);
    return ERR_OK;
}

static void work(struct sim_actor *actor, struct rt *rt, struct arena *a, void *arg)
{
    struct place *place = arg;
    struct pipeline_env *env = NEW(a, struct pipeline_env);
    struct diag d = DIAG_INIT;
    place->actor = actor;
    *env = place->world->env;
    env->rt = rt;
    env->arena = a;
    env->ctx = place;
    env->transport_open = place_transport;
    env->warehouse_open = place_warehouse;
    place->ended = worker_run(env, place->world->def, &place->options, &d);
    memcpy(place->why, d.msg, sizeof(place->why) - 1);
}

static struct sim *sim_of(struct world *w, uint64_t seed)
{
    struct sim_options options = {.seed = seed,
                                  .start_us = w->clock.start_us + w->clock.mono_us,
                                  .emulator = w->emulator,
                                  .faults = emulator_faults(w->emulator)};
    return sim_new(w->arena, &options);
}

static struct place *place_new(struct world *w, struct worker_options options)
{
    struct place *place = NEW(w->arena, struct place);
    *place = (struct place){.world = w, .options = options, .ended = ERR_INTERNAL};
    return place;
}

static void check_day(struct world *w)
{
    struct totals t = totals_of(0, ORDERS, -1);
    cr_assert_eq(world_number(w, "select count(*) from orders"), t.count);
    cr_assert_eq(world_number(w, "select sum(amount) from orders"), t.cents);
    cr_assert_eq(world_number(w, "select count(*) from aforo_duplicate"), 0);
}

Test(worker, drains_role_after_role)
{
    /* All roles in one process end by themselves: a batch that was still young is landed, loaded,
     * and the closed day is reported before the last one goes. */
    struct world *w = world_new(2);
    test_clock_advance(&w->clock, 2 * US_PER_DAY);
    world_put_orders(w, 0, ORDERS);
    world_control(w, "a", 0, ORDERS, 0);
    struct sim *s = sim_of(w, 1);
    struct place *place = place_new(
        w, (struct worker_options){.roles = WORKER_ALL, .count = 1, .drain_after_us = US_PER_S});
    (void)sim_actor_add(s, STR("worker"), work, place);
    cr_assert_eq(sim_run(s, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(place->ended, ERR_OK, "%s", place->why);
    check_day(w);
    cr_assert_eq(world_objects(w, "reports/daily/dt=" WORLD_DAY "/"), 3);
    sim_free(s);
    world_free(w);
}

Test(worker, shares_the_work)
{
    /* Three workers of three shards: each record once, whichever way the shards are dealt. */
    struct world *w = world_new(3);
    world_put_orders(w, 0, ORDERS);
    struct sim *s = sim_of(w, 2);
    struct place *places[3];
    for (unsigned i = 0; i < 3; i++) {
        places[i] = place_new(w, (struct worker_options){.roles = WORKER_LANDER | WORKER_LOADER,
                                                         .index = i,
                                                         .count = 3,
                                                         .drain_after_us = 2 * US_PER_MINUTE});
        char name[16] = {'w', (char)('0' + i), 0};
        (void)sim_actor_add(s, str_copy(w->arena, str_of(name)), work, places[i]);
    }
    cr_assert_eq(sim_run(s, US_PER_DAY), SIM_ALL_DONE);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(places[i]->ended, ERR_OK, "%s", places[i]->why);
    }
    check_day(w);
    sim_free(s);
    world_free(w);
}

struct crashes {
    struct sim *sim;
    struct place *place;
    int left;
};

static bool crash(void *ctx, int64_t now_us)
{
    struct crashes *c = ctx;
    (void)now_us;
    if (c->left > 0 && c->place->actor != NULL) {
        c->left--;
        sim_actor_kill(c->sim, c->place->actor, US_PER_S);
    }
    return true;
}

Test(worker, goes_on_after_crashes)
{
    /* Killed every few hundred milliseconds of its work, at other places with each seed; then left
     * alone. */
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world *w = world_new(2);
        world_put_orders(w, 0, ORDERS);
        struct sim *s = sim_of(w, seed);
        struct place *place =
            place_new(w, (struct worker_options){.roles = WORKER_LANDER | WORKER_LOADER,
                                                 .count = 1,
                                                 .drain_after_us = US_PER_MINUTE});
        struct sim_actor *actor = sim_actor_add(s, STR("worker"), work, place);
        struct crashes crashes = {s, place, 12};
        sim_on_tick(s, (int64_t)(200 + 37 * seed) * US_PER_MS, crash, &crashes);
        cr_assert_eq(sim_run(s, US_PER_DAY), SIM_ALL_DONE);
        cr_assert_eq(place->ended, ERR_OK, "%s", place->why);
        cr_assert_geq(sim_actor_lives(actor), 5);
        check_day(w);
        sim_free(s);
        world_free(w);
    }
}

Test(worker, ends_with_the_words_of_what_needs_a_person)
{
    /* A definition whose report is not SQL for this warehouse stops the process and says which
     * query. */
    struct world *w = world_new(1);
    test_clock_advance(&w->clock, 2 * US_PER_DAY);
    world_put_orders(w, 0, 10);
    w->def->queries[1].sql = STR("select nothing from {table} where {where}");
    struct sim *s = sim_of(w, 3);
    struct place *place = place_new(w, (struct worker_options){.roles = WORKER_ALL, .count = 1});
    (void)sim_actor_add(s, STR("worker"), work, place);
    cr_assert_eq(sim_run(s, US_PER_DAY), SIM_ALL_DONE);
    cr_assert_eq(place->ended, ERR_INVALID);
    cr_assert(str_contains(str_of(place->why), STR("report query by_shop")), "%s", place->why);
    sim_free(s);
    world_free(w);
}

/* When the first and the last raw object of a shard were written. */
static void written(struct world *w, const char *shard, int64_t *ret_first_us, int64_t *ret_last_us)
{
    struct emulator_object object;
    struct str after = STR("raw/");
    *ret_first_us = INSTANT_NEVER;
    *ret_last_us = 0;
    while (emulator_object_next(w->emulator, w->def->bucket, after, w->arena, &object) &&
           str_starts(object.key, STR("raw/"))) {
        after = str_copy(w->arena, object.key);
        if (str_contains(object.key, str_of(shard))) {
            int64_t at_us = object.modified_us;
            *ret_first_us = at_us < *ret_first_us ? at_us : *ret_first_us;
            *ret_last_us = at_us > *ret_last_us ? at_us : *ret_last_us;
        }
    }
}

Test(worker, lands_parents_before_children_across_reshards)
{
    /* Two shards become four, then two again; three workers deal them out, so that parents and
     * children have different landers: everything arrives once, and no shard is written to before
     * its parents are done. */
    static const struct {
        const char *parent, *child;
    } FAMILY[] = {{"shardId-000000000000", "shardId-000000000002"},
                  {"shardId-000000000000", "shardId-000000000003"},
                  {"shardId-000000000001", "shardId-000000000004"},
                  {"shardId-000000000001", "shardId-000000000005"},
                  {"shardId-000000000002", "shardId-000000000006"},
                  {"shardId-000000000003", "shardId-000000000006"},
                  {"shardId-000000000004", "shardId-000000000007"},
                  {"shardId-000000000005", "shardId-000000000007"}};
    struct world *w = world_new(2);
    world_put_orders(w, 0, 100);
    world_reshard(w, 4);
    world_put_orders(w, 100, 200);
    world_reshard(w, 2);
    world_put_orders(w, 200, ORDERS);
    struct sim *s = sim_of(w, 4);
    struct place *places[3];
    for (unsigned i = 0; i < 3; i++) {
        places[i] = place_new(w, (struct worker_options){.roles = WORKER_LANDER | WORKER_LOADER,
                                                         .index = i,
                                                         .count = 3,
                                                         .drain_after_us = 5 * US_PER_MINUTE});
        char name[16] = {'w', (char)('0' + i), 0};
        (void)sim_actor_add(s, str_copy(w->arena, str_of(name)), work, places[i]);
    }
    cr_assert_eq(sim_run(s, US_PER_DAY), SIM_ALL_DONE);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(places[i]->ended, ERR_OK, "%s", places[i]->why);
    }
    check_day(w);
    for (size_t i = 0; i < sizeof(FAMILY) / sizeof(FAMILY[0]); i++) {
        int64_t first_us, last_us, ignored_us;
        written(w, FAMILY[i].parent, &ignored_us, &last_us);
        written(w, FAMILY[i].child, &first_us, &ignored_us);
        cr_assert(last_us > 0 && first_us != INSTANT_NEVER && last_us <= first_us,
                  "%s is not after %s", FAMILY[i].child, FAMILY[i].parent);
    }
    sim_free(s);
    world_free(w);
}

static bool reshard_once(void *ctx, int64_t now_us)
{
    struct world *w = ctx;
    struct diag d = DIAG_INIT;
    if (now_us > US_PER_MINUTE && w->shards == 1) {
        OK(kinesis_update_shard_count(&w->client, w->def->stream, 2, w->arena, &d));
        w->shards = 2;
    } else if (now_us > 2 * US_PER_MINUTE && w->shards == 2) {
        world_put_orders(w, 100, ORDERS);
        w->shards = 3;
    }
    return world_number(w, "select count(*) from orders") < ORDERS;
}

Test(worker, finds_the_shards_of_a_reshard_while_it_runs)
{
    /* A worker that runs for good lands what comes to shards that were not there when it began. */
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    struct warehouse *first;
    OK(w->env.warehouse_open(w, w->arena, &first, &d));
    world_put_orders(w, 0, 100);
    world_settle(w);
    struct sim *s = sim_of(w, 5);
    struct place *place =
        place_new(w, (struct worker_options){.roles = WORKER_LANDER | WORKER_LOADER, .count = 1});
    (void)sim_actor_add(s, STR("worker"), work, place);
    sim_on_tick(s, 30 * US_PER_S, reshard_once, w);
    cr_assert_eq(sim_run(s, US_PER_HOUR), SIM_STOPPED);
    check_day(w);
    sim_free(s);
    world_free(w);
}

Test(worker, a_shard_that_is_not_found_is_no_drained_shard)
{
    /* A service that does not know the shard for a moment ends the process with its words, for
     * whoever supervises it; taken for the shard's end, nobody would land it any more. */
    struct world *w = world_new(1);
    struct diag d = DIAG_INIT;
    struct json *rules;
    OK(json_parse(w->arena,
                  STR("[{\"on\":\"kinesis:GetShardIterator\",\"phase\":\"reject\","
                      "\"error\":\"ResourceNotFoundException\",\"probability\":\"1\"}]"),
                  &rules, &d));
    OK(fault_plan_read(emulator_faults(w->emulator), rules, &d));
    struct sim *s = sim_of(w, 6);
    struct place *place = place_new(w, (struct worker_options){.roles = WORKER_LANDER, .count = 1});
    (void)sim_actor_add(s, STR("worker"), work, place);
    cr_assert_eq(sim_run(s, US_PER_HOUR), SIM_ALL_DONE);
    cr_assert_eq(place->ended, ERR_NOT_FOUND);
    cr_assert(str_contains(str_of(place->why), STR("GetShardIterator")), "%s", place->why);
    sim_free(s);
    world_free(w);
}
