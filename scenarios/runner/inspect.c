/* inspect.c -- A look at the world at its end, for those who show it: every day is reconciled once
 * more, by the pipeline's own code in an actor of its own. */
#include "world.h"

#include "base/instant.h"
#include "base/limits.h"

struct inspector {
    struct world_actor actor; /* for its seams; it is in no list */
    struct arena *arena;
    struct reconcile_result result;
    enum err err;
    struct diag diag;
};

static enum err days_of(struct world *w, struct arena *a, int64_t **ret_days, size_t *ret_count,
                        struct diag *d)
{
    struct warehouse_result rows;
    struct warehouse_value name = warehouse_text(w->scenario->pipeline->name);
    TRY(warehouse_query(
        w->session,
        STR("select day from aforo_day where pipeline = $1 and day <> \'\' order by day"), &name, 1,
        a, &rows, d));
    *ret_days = NEW_ARRAY(a, int64_t, rows.row_count);
    *ret_count = 0;
    for (size_t i = 0; i < rows.row_count; i++) {
        struct diag ignored = DIAG_INIT;
        if (instant_parse(warehouse_at(&rows, i, 0)->text, &(*ret_days)[*ret_count], &ignored) ==
            ERR_OK) {
            ++*ret_count;
        }
    }
    return ERR_OK;
}

static enum err days_reconcile(struct inspector *in, struct rt *rt, struct arena *life,
                               struct diag *d)
{
    struct world *w = in->actor.world;
    struct pipeline *p;
    int64_t *days = NULL;
    size_t count = 0;
    struct pipeline_env env = world_env(&in->actor, rt, life);
    TRY(pipeline_open(life, &env, w->scenario->pipeline, true, &p, d));
    TRY(days_of(w, in->arena, &days, &count, d));
    return reconcile_days(p, days, count, in->arena, &in->result, d);
}

static void inspector_entry(struct stage_actor *self, struct rt *rt, struct arena *life, void *arg)
{
    struct inspector *in = arg;
    in->actor.on_stage = self;
    in->actor.aws = world_aws(in->actor.world, STR("inspector"));
    in->err = days_reconcile(in, rt, life, &in->diag);
}

/* Nothing is judged any more. */
static bool go_on(void *ctx, int64_t now_us)
{
    (void)ctx;
    (void)now_us;
    return true;
}

enum err world_inspect(struct world *w, const struct run_options *options,
                       const struct run_result *result, struct diag *d)
{
    struct inspector in = {.err = ERR_UNAVAILABLE, .diag = DIAG_INIT};
    in.actor.world = w;
    in.arena = arena_child(w->arena, "inspection", ARENA_PROCESS_BYTES_MAX);
    stage_on_tick(w->stage, US_PER_DAY, go_on, NULL);
    if (!world_alone(w, STR("inspector"), inspector_entry, &in) || in.err != ERR_OK) {
        return fail(d, ERR_INTERNAL, "the days could not be reconciled at the end: %s",
                    in.diag.msg);
    }
    struct run_view view = {.scenario = w->scenario,
                            .result = result,
                            .emulator = w->emulator,
                            .faults = w->faults,
                            .warehouse = w->session,
                            .reconciliation = &in.result};
    stage_lock(w->stage);
    enum err err = options->inspect(options->ctx, &view, d);
    stage_unlock(w->stage);
    arena_free(in.arena);
    return err;
}
