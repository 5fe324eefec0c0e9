/* world.c -- The world of one run: what is there before the first event, and who lives in it. */
#include "world.h"

#include "aws/kinesis.h"
#include "aws/s3.h"
#include "aws/sns.h"
#include "adapter/warehouse_sqlite.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/loading.h"
#include "replay/source.h"

#define ALONE_US_MAX US_PER_HOUR
#define RESTART_US (10 * US_PER_S) /* what supervises a worker starts it again after so long */

/* ---- seams of an actor ---- */

static int64_t world_now(void *ctx)
{
    const struct world *w = ctx;
    return sim_wall_us(w->sim);
}

static enum err actor_transport(void *ctx, struct arena *a, struct transport **ret_transport,
                                struct diag *d)
{
    struct world_actor *actor = ctx;
    return sim_transport_open(actor->sim, a, ret_transport, d);
}

static enum err actor_warehouse(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                                struct diag *d)
{
    struct world_actor *actor = ctx;
    struct world *w = actor->world;
    struct warehouse_sqlite_options options = {.path = w->database};
    struct warehouse *inner;
    TRY(warehouse_sqlite_open(a, &options, &inner, d));
    *ret_warehouse =
        sim_warehouse_wrap(actor->sim, a, oracle_watch(w->oracle, a, inner, world_now, w));
    return ERR_OK;
}

struct pipeline_env world_env(struct world_actor *actor, struct rt *rt, struct arena *process)
{
    return (struct pipeline_env){.rt = rt,
                                 .arena = process,
                                 .aws = &actor->world->aws,
                                 .ctx = actor,
                                 .transport_open = actor_transport,
                                 .warehouse_open = actor_warehouse,
                                 .code_version = STR("scenario")};
}

/* ---- lives ---- */

/* What would supervise the process: a worker that ends in trouble is started again a while later.
 */
static void worker_entry(struct sim_actor *sim, struct rt *rt, struct arena *a, void *arg)
{
    struct world_actor *actor = arg;
    struct world *w = actor->world;
    (void)sim;
    while (!rt_cancelled(rt)) {
        struct diag d = DIAG_INIT;
        struct arena *process = arena_child(a, "worker", ARENA_PROCESS_BYTES_MAX);
        struct pipeline_env env = world_env(actor, rt, process);
        enum err err = worker_run(&env, w->scenario->pipeline, &actor->worker, &d);
        arena_free(process);
        if (err == ERR_OK) {
            return;
        }
        actor->trouble = str_copy(w->arena, str_of(d.msg));
        rt_trace(rt, "worker ended", actor->trouble, err);
        if (rt_sleep(rt, RESTART_US) != ERR_OK) {
            return;
        }
    }
}

/* Notes throttles that the source was answered with. */
struct noting_transport {
    struct transport transport; /* first */
    struct transport *inner;
    struct world *world;
};

static enum err noting_call(struct transport *t, const struct http_request *request,
                            int64_t deadline_us, struct arena *a,
                            struct http_response *ret_response, struct diag *d)
{
    struct noting_transport *n = (struct noting_transport *)t;
    TRY(transport_call(n->inner, request, deadline_us, a, ret_response, d));
    if (str_contains(ret_response->body, STR("ThroughputExceeded"))) {
        n->world->throttles++;
    }
    return ERR_OK;
}

static void producer_entry(struct sim_actor *sim, struct rt *rt, struct arena *a, void *arg)
{
    static const struct transport_ops ops = {.call = noting_call};
    struct world_actor *actor = arg;
    struct diag d = DIAG_INIT;
    struct noting_transport *noting = NEW(a, struct noting_transport);
    *noting = (struct noting_transport){.transport = {.ops = &ops}, .world = actor->world};
    if (sim_transport_open(sim, a, &noting->inner, &d) == ERR_OK) {
        producer_run(actor->producer, rt, &noting->transport, &actor->world->aws, a);
    }
}

/* ---- set-up ---- */

struct setup {
    struct world *world;
    enum err err;
    struct diag diag;
};

static enum err setup_make(struct world *w, struct rt *rt, struct transport *transport,
                           struct arena *a, struct diag *d)
{
    const struct scenario *s = w->scenario;
    struct aws_client aws;
    struct str status = STR_EMPTY, arn;
    aws_client_init(&aws, rt, transport, &w->aws);
    TRY(s3_create_bucket(&aws, s->pipeline->bucket, a, d));
    TRY(kinesis_create_stream(&aws, s->stream, (int)s->shards, a, d));
    for (int i = 0; i < CRITICALITY_COUNT; i++) {
        if (s->pipeline->topics[i].len > 0) {
            TRY(sns_create_topic(&aws, s->pipeline->topics[i], a, &arn, d));
        }
    }
    while (!str_eq(status, STR("ACTIVE"))) {
        TRY(rt_sleep(rt, US_PER_S));
        TRY(kinesis_stream_status(&aws, s->stream, a, &status, d));
    }
    return ERR_OK;
}

static void setup_entry(struct sim_actor *sim, struct rt *rt, struct arena *a, void *arg)
{
    struct setup *setup = arg;
    struct transport *transport;
    setup->err = sim_transport_open(sim, a, &transport, &setup->diag);
    if (setup->err == ERR_OK) {
        setup->err = setup_make(setup->world, rt, transport, a, &setup->diag);
    }
}

bool world_alone(struct world *w, struct str name, sim_entry_fn *entry, void *arg)
{
    bool healed = w->faults->healed;
    w->faults->healed = true; /* none of this is under test */
    struct sim_actor *actor = sim_actor_add(w->sim, name, entry, arg);
    (void)sim_run(w->sim, sim_now_us(w->sim) + ALONE_US_MAX);
    w->faults->healed = healed;
    return sim_actor_done(actor);
}

static enum err setup_run(struct world *w, struct diag *d)
{
    struct setup setup = {.world = w, .err = ERR_UNAVAILABLE, .diag = DIAG_INIT};
    if (!world_alone(w, STR("setup"), setup_entry, &setup) || setup.err != ERR_OK) {
        return fail(d, ERR_INTERNAL, "the stream and bucket could not be made: %s", setup.diag.msg);
    }
    return ERR_OK;
}

/* ---- building ---- */

static enum err database_open(struct world *w, struct diag *d)
{
    /* sessions of one run share it by its name; it is gone when the last of them is closed */
    w->database = str_z(w->arena, str_printf(w->arena, "file:/aforo-run-%llu?vfs=memdb",
                                             (unsigned long long)w->seed));
    struct warehouse_sqlite_options options = {.path = w->database};
    TRY(warehouse_sqlite_open(w->arena, &options, &w->session, d));
    oracle_warehouse(w->oracle, w->session);
    struct arena *scratch = arena_child(w->arena, "tables", ARENA_TASK_BYTES_MAX);
    TRY(loading_tables(w->session, w->scenario->pipeline, scratch, d));
    arena_free(scratch);
    return ERR_OK;
}

static enum err capture_open(struct world *w, struct diag *d)
{
    struct str path = w->scenario->source.capture;
    if (path.len == 0) {
        return ERR_OK;
    }
    w->capture = NEW(w->arena, struct source);
    return source_open(w->arena, path, NULL, w->capture, d);
}

enum err world_open(struct world *w, struct diag *d)
{
    const struct scenario *s = w->scenario;
    TRY(capture_open(w, d));
    struct emulator_options options = {
        .seed = w->seed, .limits_off = s->limits_off, .start_us = s->start_us};
    w->emulator = emulator_new(w->arena, &options);
    w->faults = emulator_faults(w->emulator);
    TRY(fault_plan_read(w->faults, s->faults, d));
    if (s->swarm) {
        fault_plan_swarm(w->faults);
    }
    w->aws =
        (struct aws_config){.region = STR("us-east-1"),
                            .endpoint = STR("http://aws.simulated"),
                            .credentials = {.access_key = STR("test"), .secret_key = STR("test")},
                            .user_agent = STR("aforo")};
    struct oracle_options oracle = {.emulator = w->emulator, .def = s->pipeline};
    w->oracle = oracle_new(w->arena, &oracle);
    TRY(database_open(w, d));
    struct sim_options sim = {
        .seed = w->seed, .start_us = s->start_us, .emulator = w->emulator, .faults = w->faults};
    w->sim = sim_new(w->arena, &sim);
    return setup_run(w, d);
}

static struct world_actor *actor_next(struct world *w)
{
    struct world_actor *actor = &w->actors[w->actor_count++];
    actor->world = w;
    return actor;
}

static void workers_add(struct world *w, const char *name, enum worker_role role, unsigned count,
                        bool twins)
{
    for (unsigned i = 0; i < count; i++) {
        struct world_actor *actor = actor_next(w);
        actor->worker = (struct worker_options){
            .roles = role, .index = twins ? 0 : i, .count = twins ? 1 : count};
        actor->sim =
            sim_actor_add(w->sim, str_printf(w->arena, "%s/%u", name, i), worker_entry, actor);
    }
}

void world_start(struct world *w)
{
    const struct scenario *s = w->scenario;
    const struct scenario_actors *n = &s->actors;
    w->producer_count = n->producers;
    w->actors = NEW_ARRAY(w->arena, struct world_actor,
                          n->producers + n->landers + n->loaders + n->reporters);
    for (unsigned i = 0; i < n->producers; i++) {
        struct world_actor *actor = actor_next(w);
        struct producer_options options = {.scenario = s,
                                           .oracle = w->oracle,
                                           .capture = w->capture,
                                           .trouble = &w->trouble,
                                           .seed = w->seed,
                                           .index = i,
                                           .start_us = s->start_us};
        actor->producer = producer_new(w->arena, &options);
        actor->sim =
            sim_actor_add(w->sim, str_printf(w->arena, "producer/%u", i), producer_entry, actor);
    }
    workers_add(w, "lander", WORKER_LANDER, n->landers, s->twin_landers);
    workers_add(w, "loader", WORKER_LOADER, n->loaders, false);
    workers_add(w, "reporter", WORKER_REPORTER, n->reporters, false);
}

void world_silence(struct world *w)
{
    for (size_t i = 0; i < w->actor_count; i++) {
        sim_actor_kill(w->sim, w->actors[i].sim, INSTANT_NEVER);
    }
}

void world_close(struct world *w)
{
    if (w->sim != NULL) {
        sim_free(w->sim);
        w->sim = NULL;
    }
    warehouse_close(w->session);
    w->session = NULL;
}
