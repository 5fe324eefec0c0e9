/* world.c -- The world of one run: what is there before the first event, and who lives in it. */
#include "world.h"

#include "aws/kinesis.h"
#include "aws/s3.h"
#include "aws/sns.h"
#include "base/instant.h"
#include "base/limits.h"
#include "replay/source.h"
#include "reuse.h"
#include "scenarios/sim/sim.h"

#define ALONE_US_MAX US_PER_HOUR
#define ATTEMPT_US (10 * US_PER_S) /* aws_config's default */
#define RESTART_US (10 * US_PER_S) /* what supervises a worker starts it again after so long */

/* Under a thread scheduler that is busy, an answer can take this long though nothing is wrong. */
#define REAL_ATTEMPT_US (2 * US_PER_S)

struct aws_config world_aws(const struct world *w, struct str name)
{
    struct aws_config config = {.region = STR("us-east-1"),
                                .endpoint = stage_endpoint(w->stage),
                                .credentials = {.access_key = name, .secret_key = STR("test")},
                                .user_agent = STR("aforo"),
                                .max_attempts = w->scenario->client.attempts,
                                .attempt_timeout_us = w->scenario->client.attempt_timeout_us,
                                .backoff_base_us = w->scenario->client.backoff_us};
    if (REAL_ATTEMPT_US * w->speed > ATTEMPT_US) {
        config.attempt_timeout_us = REAL_ATTEMPT_US * w->speed;
    }
    return config;
}

/* ---- seams of an actor ---- */

static int64_t world_now(void *ctx)
{
    const struct world *w = ctx;
    return stage_wall_us(w->stage);
}

static enum err actor_transport(void *ctx, struct arena *a, struct transport **ret_transport,
                                struct diag *d)
{
    struct world_actor *actor = ctx;
    return stage_transport_open(actor->on_stage, a, ret_transport, d);
}

static enum err actor_warehouse(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                                struct diag *d)
{
    struct world_actor *actor = ctx;
    struct world *w = actor->world;
    struct warehouse *inner;
    TRY(database_session(w->database, a, &inner, d));
    struct warehouse *watched = oracle_watch(w->oracle, a, inner, world_now, w);
    *ret_warehouse = stage_warehouse_wrap(actor->on_stage, a, watched);
    return ERR_OK;
}

struct pipeline_env world_env(struct world_actor *actor, struct rt *rt, struct arena *process)
{
    return (struct pipeline_env){.rt = rt,
                                 .arena = process,
                                 .aws = &actor->aws,
                                 .ctx = actor,
                                 .transport_open = actor_transport,
                                 .warehouse_open = actor_warehouse,
                                 .code_version = STR("scenario")};
}

/* ---- lives ---- */

/* What would supervise the process: a worker that ends in trouble is started again a while later.
 */
static void worker_entry(struct stage_actor *self, struct rt *rt, struct arena *a, void *arg)
{
    struct world_actor *actor = arg;
    struct world *w = actor->world;
    (void)self;
    while (!rt_cancelled(rt)) {
        struct diag d = DIAG_INIT;
        struct arena *process = arena_child(a, "worker", ARENA_PROCESS_BYTES_MAX);
        struct pipeline_env env = world_env(actor, rt, process);
        enum err err = worker_run(&env, w->scenario->pipeline, &actor->worker, &d);
        arena_free(process);
        if (err == ERR_OK) {
            return;
        }
        stage_lock(w->stage);
        actor->trouble = str_copy(w->arena, str_of(d.msg));
        stage_unlock(w->stage);
        rt_trace(rt, "worker ended", str_of(d.msg), err);
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
        stage_lock(n->world->stage);
        n->world->throttles++;
        stage_unlock(n->world->stage);
    }
    return ERR_OK;
}

static void producer_entry(struct stage_actor *self, struct rt *rt, struct arena *a, void *arg)
{
    static const struct transport_ops ops = {.call = noting_call};
    struct world_actor *actor = arg;
    struct diag d = DIAG_INIT;
    struct noting_transport *noting = NEW(a, struct noting_transport);
    *noting = (struct noting_transport){.transport = {.ops = &ops}, .world = actor->world};
    if (stage_transport_open(self, a, &noting->inner, &d) == ERR_OK) {
        producer_run(actor->producer, rt, &noting->transport, &actor->aws, a);
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
    struct aws_config config = world_aws(w, STR("setup"));
    aws_client_init(&aws, rt, transport, &config);
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

static void setup_entry(struct stage_actor *self, struct rt *rt, struct arena *a, void *arg)
{
    struct setup *setup = arg;
    struct transport *transport;
    setup->err = stage_transport_open(self, a, &transport, &setup->diag);
    if (setup->err == ERR_OK) {
        setup->err = setup_make(setup->world, rt, transport, a, &setup->diag);
    }
}

bool world_alone(struct world *w, struct str name, stage_entry_fn *entry, void *arg)
{
    stage_lock(w->stage);
    bool healed = w->faults->healed;
    w->faults->healed = true; /* none of this is under test */
    struct stage_actor *actor = stage_actor_add(w->stage, name, entry, arg);
    stage_unlock(w->stage);
    (void)stage_run(w->stage, stage_now_us(w->stage) + ALONE_US_MAX);
    stage_lock(w->stage);
    w->faults->healed = healed;
    stage_unlock(w->stage);
    return stage_actor_done(actor);
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

static enum err capture_open(struct world *w, struct diag *d)
{
    struct str path = w->scenario->source.capture;
    if (path.len == 0) {
        return ERR_OK;
    }
    w->capture = NEW(w->arena, struct source);
    return source_open(w->arena, path, NULL, w->capture, d);
}

static void lock_stage(void *stage)
{
    stage_lock(stage);
}

static void unlock_stage(void *stage)
{
    stage_unlock(stage);
}

static void sim_begin(struct world *w)
{
    struct sim *sim = stage_sim(w->stage);
    database_attach(w->database, sim);
    if (w->trace != NULL) {
        sim_trace_sink(sim, w->trace->write, w->trace->ctx);
        sim_trace_window(sim, w->trace->first, w->trace->last);
    }
}

enum err world_open(struct world *w, struct diag *d)
{
    const struct scenario *s = w->scenario = knobs_draw(w->arena, w->scenario, w->seed);
    TRY(capture_open(w, d));
    struct emulator_options options = {
        .seed = w->seed,
        .limits_off = s->limits_off,
        .small_parts = s->small_parts,
        .verify_signatures = s->clock_count > 0, /* who looks at signatures looks at clocks */
        .bias_kills = w->speed > 0,              /* the simulator does it by itself */
        .start_us = s->start_us};
    w->emulator = emulator_new(w->arena, &options);
    w->faults = emulator_faults(w->emulator);
    TRY(fault_plan_read(w->faults, s->faults, d));
    if (s->swarm) {
        fault_plan_swarm(w->faults);
    }
    struct stage_options stage = {.seed = w->seed,
                                  .start_us = s->start_us,
                                  .emulator = w->emulator,
                                  .faults = w->faults,
                                  .speed = w->speed,
                                  .fibers = w->reuse != NULL ? w->reuse->fibers : NULL};
    struct database_options database = {.seed = w->seed,
                                        .real = w->speed > 0,
                                        .disk = s->disk,
                                        .foreign = s->process_count > 0,
                                        .conninfo = w->conninfo,
                                        .shelf = w->reuse != NULL ? w->reuse->shelf : NULL,
                                        .sessions = s->actors.loaders + s->actors.reporters};
    TRY(processes_open(w, d));
    TRY(database_open(w->arena, &database, s->pipeline, &w->database, d));
    w->session = database_first(w->database);
    TRY(stage_open(w->arena, &stage, &w->stage, d));
    if (stage_sim(w->stage) != NULL) {
        sim_begin(w);
    }
    struct oracle_options oracle = {.emulator = w->emulator,
                                    .def = s->pipeline,
                                    .warehouse = w->session,
                                    .foreign = s->process_count > 0,
                                    .lock = lock_stage,
                                    .unlock = unlock_stage,
                                    .lock_ctx = w->stage};
    w->oracle = oracle_new(w->arena, &oracle);
    if (s->source.miscount > 0) {
        oracle_miscounted(w->oracle);
    }
    w->retries = NEW_ARRAY(w->arena, struct oracle_retries *, s->expectation_count);
    for (size_t i = 0; i < s->expectation_count; i++) {
        const struct expectation *e = &s->expectations[i];
        w->retries[i] = e->kind == EXPECT_RETRIES
                            ? oracle_retries_new(w->arena, e->at_most, e->within_us)
                            : NULL;
    }
    return setup_run(w, d);
}

static struct world_actor *actor_next(struct world *w)
{
    struct world_actor *actor = &w->actors[w->actor_count++];
    actor->world = w;
    return actor;
}

static void actor_add(struct world_actor *actor, struct str name, stage_entry_fn *entry)
{
    struct world *w = actor->world;
    actor->aws = world_aws(w, name);
    actor->on_stage = stage_actor_add(w->stage, name, entry, actor);
}

static void workers_add(struct world *w, const char *name, enum worker_role role, unsigned count,
                        bool twins)
{
    for (unsigned i = 0; i < count; i++) {
        struct world_actor *actor = actor_next(w);
        actor->worker = (struct worker_options){
            .roles = role, .index = twins ? 0 : i, .count = twins ? 1 : count};
        actor_add(actor, str_printf(w->arena, "%s/%u", name, i), worker_entry);
    }
}

static size_t actors_count(const struct scenario *s)
{
    const struct scenario_actors *n = &s->actors;
    size_t count = n->producers + n->landers + n->loaders + n->reporters + (s->action_count > 0);
    for (size_t i = 0; i < s->process_count; i++) {
        count += s->processes[i].count;
    }
    return count;
}

void world_start(struct world *w)
{
    const struct scenario *s = w->scenario;
    const struct scenario_actors *n = &s->actors;
    stage_lock(w->stage);
    w->producer_count = n->producers;
    w->actors = NEW_ARRAY(w->arena, struct world_actor, actors_count(s));
    for (unsigned i = 0; i < n->producers; i++) {
        struct world_actor *actor = actor_next(w);
        struct producer_options options = {.scenario = s,
                                           .stage = w->stage,
                                           .oracle = w->oracle,
                                           .capture = w->capture,
                                           .trouble = &w->trouble,
                                           .seed = w->seed,
                                           .index = i,
                                           .start_us = s->start_us};
        struct arena *durable = arena_child(w->arena, "outbox", ARENA_PROCESS_BYTES_MAX);
        actor->producer = producer_new(durable, &options);
        actor_add(actor, str_printf(w->arena, "producer/%u", i), producer_entry);
    }
    if (s->process_count > 0) {
        processes_add(w);
    } else {
        workers_add(w, "lander", WORKER_LANDER, n->landers, s->twin_landers);
        workers_add(w, "loader", WORKER_LOADER, n->loaders, false);
        workers_add(w, "reporter", WORKER_REPORTER, n->reporters, false);
    }
    if (s->action_count > 0) {
        actions_add(w, actor_next(w));
    }
    clocks_draw(w);
    stage_unlock(w->stage);
}

void world_close(struct world *w)
{
    stage_close(w->stage);
    w->stage = NULL;
    processes_close(w, w->verdict != VERDICT_PASS);
    database_close(w->database);
    w->database = NULL;
}
