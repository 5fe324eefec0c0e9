/* actions.c -- What somebody does to the stream while it runs: the `actions:` of a scenario, and
 * the actor that does them, one after the other, each at a moment drawn by the seed. Faults reach
 * it as they reach everybody: it asks how many shards are open and asks for the number again until
 * they are there, and after a death it goes on where it was. */
#include "aws/kinesis.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "scenario_parts.h"
#include "world.h"

#define ACTIONS_STREAM UINT64_C(0x616374696f6e)
#define LOOK_US (5 * US_PER_S)

/* ---- reading ---- */

static enum err at_read(const struct reading *r, const struct json *item, struct scenario_action *a,
                        struct diag *d)
{
    const struct json *at = json_get(item, STR("at"));
    bool range = at != NULL && at->kind == JSON_IS_ARRAY && at->count == 2;
    struct diag why = DIAG_INIT;
    if (at == NULL ||
        duration_parse(json_str(range ? at->first : at), &a->least_us, &why) != ERR_OK ||
        duration_parse(json_str(range ? at->last : at), &a->most_us, &why) != ERR_OK ||
        a->least_us > a->most_us) {
        return reading_fail(r, at == NULL ? item : at, d,
                            "expected at: 10m, or at: [10m, 20m], since the start");
    }
    return ERR_OK;
}

/* `before`: how many shards there are until then. */
static enum err action_read(const struct reading *r, const struct json *item,
                            const struct scenario *s, unsigned before, struct scenario_action *a,
                            struct diag *d)
{
    static const struct str keys[] = {STR_INIT("at"), STR_INIT("reshard")};
    size_t shards = 0;
    if (item->kind != JSON_IS_OBJECT) {
        return reading_fail(r, item, d, "expected an action such as {at: 10m, reshard: 4}");
    }
    TRY(reading_keys(r, item, keys, 2, d));
    TRY(at_read(r, item, a, d));
    if (a->most_us >= s->heal_after_us) {
        return reading_fail(r, json_get(item, STR("at")), d, "actions come before heal_after");
    }
    TRY(reading_count(r, item, "reshard", 1, 64, &shards, d));
    /* AWS kinesis-update-shard-count-2: at most twice as many, at least half of them */
    if (shards == before || shards > (size_t)2 * before || 2 * shards < before) {
        return reading_fail(r, item, d,
                            "reshard: expected another number than %u, at least half and at most "
                            "twice of it",
                            before);
    }
    a->shards = (unsigned)shards;
    return ERR_OK;
}

enum err scenario_actions_read(const struct reading *r, const struct json *root, struct scenario *s,
                               struct diag *d)
{
    struct json *list;
    unsigned shards = s->shards;
    TRY(reading_node(r, root, "actions", JSON_IS_ARRAY, false, &list, d));
    if (list == NULL) {
        return ERR_OK;
    }
    s->actions = NEW_ARRAY(r->arena, struct scenario_action, list->count);
    for (const struct json *item = list->first; item != NULL; item = item->next) {
        struct scenario_action *a = &s->actions[s->action_count];
        TRY(action_read(r, item, s, shards, a, d));
        shards = a->shards;
        s->action_count++;
    }
    return ERR_OK;
}

/* ---- doing ---- */

static enum err open_shards(struct world *w, struct aws_client *aws, struct arena *a,
                            unsigned *ret_count, struct diag *d)
{
    struct kinesis_shard *shards;
    size_t count;
    TRY(kinesis_list_shards(aws, w->scenario->stream, a, &shards, &count, d));
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        *ret_count += !shards[i].closed;
    }
    return ERR_OK;
}

/* Whether they are there; asked for if not. */
static enum err reshard(struct world *w, struct aws_client *aws, unsigned shards, struct arena *a,
                        bool *ret_done, struct diag *d)
{
    struct str status;
    unsigned open;
    *ret_done = false;
    TRY(kinesis_stream_status(aws, w->scenario->stream, a, &status, d));
    if (!str_eq(status, STR("ACTIVE"))) {
        return ERR_OK;
    }
    TRY(open_shards(w, aws, a, &open, d));
    *ret_done = open == shards;
    return *ret_done ? ERR_OK
                     : kinesis_update_shard_count(aws, w->scenario->stream, (int)shards, a, d);
}

static void operator_entry(struct stage_actor *self, struct rt *rt, struct arena *life, void *arg)
{
    struct world_actor *actor = arg;
    struct world *w = actor->world;
    struct transport *transport;
    struct aws_client aws;
    struct diag d = DIAG_INIT;
    if (stage_transport_open(self, life, &transport, &d) != ERR_OK) {
        return;
    }
    aws_client_init(&aws, rt, transport, &actor->aws);
    struct arena *scratch = arena_child(life, "operator's turn", ARENA_TASK_BYTES_MAX);
    while (w->actions_done < w->scenario->action_count) {
        const struct scenario_action *action = &w->scenario->actions[w->actions_done];
        uint64_t draw = rng_u64(w->seed, ACTIONS_STREAM, w->actions_done, 0);
        int64_t at_us = rng_between(draw, action->least_us, action->most_us);
        if (stage_now_us(w->stage) < at_us &&
            rt_sleep(rt, at_us - stage_now_us(w->stage)) != ERR_OK) {
            return;
        }
        bool done = false;
        arena_reset(scratch);
        diag_clear(&d);
        enum err err = reshard(w, &aws, action->shards, scratch, &done, &d);
        stage_lock(w->stage);
        w->actions_done += err == ERR_OK && done ? 1 : 0;
        stage_unlock(w->stage);
        if (!done && rt_sleep(rt, LOOK_US) != ERR_OK) {
            return;
        }
    }
}

void actions_add(struct world *w, struct world_actor *actor)
{
    actor->aws = world_aws(w, STR("operator"));
    actor->on_stage = stage_actor_add(w->stage, STR("operator"), operator_entry, actor);
}
