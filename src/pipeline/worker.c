/* worker.c -- A process of the pipeline: one task a shard, one for loading, one for reporting,
 * until told to stop.
 *
 * Every task has its own arena, transport and warehouse session. A task that meets what only a
 * person can mend ends, and the process ends with its words: what supervises it decides about
 * another life, which begins from S3 and the warehouse. */
#include "pipeline/worker.h"

#include <inttypes.h>
#include "aws/kinesis.h"
#include "base/instant.h"
#include "pipeline/landing.h"
#include "pipeline/loading.h"
#include "pipeline/report.h"

#define TASKS_MAX 512

struct worker;
struct worker_task {
    struct worker *worker;
    struct arena *arena;
    enum worker_role role;
    struct str shard; /* of a lander */
    struct rt_task *task;
    struct diag diag;
    int64_t busy_us; /* monotonic: when something was done last; read by the parent after the task's
                        signal */
};
struct worker {
    const struct pipeline_env *env;
    const struct definition *def;
    const struct worker_options *options;
    struct rt_queue *ended; /* of worker_task: each puts itself in when it ends */
    struct rt_event *landers_ended, *loaders_ended; /* signalled once by each that ends */
    size_t lander_count, loader_count;
    struct worker_task *tasks[TASKS_MAX];
    size_t count;
};

/* ---- one task ---- */

typedef enum err turn_fn(void *state, int64_t *ret_idle_us, struct diag *d);

static enum err lander_turn(void *state, int64_t *ret_idle_us, struct diag *d)
{
    return landing_turn(state, ret_idle_us, d);
}

static enum err loader_turn(void *state, int64_t *ret_idle_us, struct diag *d)
{
    return loading_turn(state, ret_idle_us, d);
}

static enum err reporter_turn(void *state, int64_t *ret_idle_us, struct diag *d)
{
    return reporting_turn(state, ret_idle_us, d);
}

/* What is still to come from the roles before keeps a role from draining; so does a batch that
 * waits to grow old. */
static bool more_may_come(const struct worker_task *t, const void *state)
{
    const struct worker *w = t->worker;
    struct rt *rt = w->env->rt;
    bool landing = rt_event_count(rt, w->landers_ended) < w->lander_count;
    bool loading = rt_event_count(rt, w->loaders_ended) < w->loader_count;
    switch (t->role) {
    case WORKER_LANDER:
        return landing_has_batch(state);
    case WORKER_LOADER:
        return landing;
    case WORKER_REPORTER:
    case WORKER_ALL:
        break;
    }
    return landing || loading;
}

static enum err task_loop(struct worker_task *t, turn_fn *turn, void *state, struct diag *d)
{
    struct rt *rt = t->worker->env->rt;
    int64_t drain_us = t->worker->options->drain_after_us;
    t->busy_us = rt_mono_us(rt);
    while (!rt_cancelled(rt)) {
        int64_t idle_us = 0;
        TRY(turn(state, &idle_us, d));
        int64_t now_us = rt_mono_us(rt);
        if (idle_us == 0) {
            t->busy_us = now_us;
            continue;
        }
        if (drain_us > 0 && more_may_come(t, state)) {
            t->busy_us = now_us;
        } else if (drain_us > 0 && now_us - t->busy_us >= drain_us) {
            return ERR_OK;
        }
        if (rt_sleep(rt, idle_us) != ERR_OK) {
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* A warehouse or an endpoint that is not there yet is waited for. */
static enum err task_open(struct worker_task *t, struct pipeline **ret_pipeline, struct diag *d)
{
    struct rt *rt = t->worker->env->rt;
    for (;;) {
        enum err err = pipeline_open(t->arena, t->worker->env, t->worker->def,
                                     t->role != WORKER_LANDER, ret_pipeline, d);
        if (!err_is_transient(err) || rt_cancelled(rt)) {
            return err;
        }
        log_event(t->worker->env->log, rt_wall_us(rt), LOG_WARN, "worker", "waiting", "why=%s",
                  d->msg);
        diag_clear(d);
        TRY(rt_sleep(rt, t->worker->def->poll_us));
    }
}

static enum err report(struct worker_task *t, struct pipeline *p, struct diag *d)
{
    struct reporting *r = reporting_new(t->arena, p);
    TRY(task_loop(t, reporter_turn, r, d));
    return rt_cancelled(t->worker->env->rt) ? ERR_OK : reporting_finish(r, d);
}

static enum err task_run(struct worker_task *t, struct diag *d)
{
    struct pipeline *p = NULL;
    TRY(task_open(t, &p, d));
    switch (t->role) {
    case WORKER_LANDER:
        return task_loop(t, lander_turn, landing_new(t->arena, p, t->shard), d);
    case WORKER_LOADER:
        return task_loop(
            t, loader_turn,
            loading_new(t->arena, p, t->worker->options->index, t->worker->options->count), d);
    case WORKER_REPORTER:
        return report(t, p, d);
    case WORKER_ALL:
        break;
    }
    return fail(d, ERR_INTERNAL, "a task has one role");
}

static void task_main(struct rt *rt, void *arg)
{
    struct worker_task *t = arg;
    enum err err = task_run(t, &t->diag);
    bool shard_ended = t->role == WORKER_LANDER && err == ERR_NOT_FOUND;
    if (err == ERR_CANCELLED || shard_ended) {
        diag_clear(&t->diag);
    }
    if (t->role != WORKER_REPORTER) {
        rt_event_signal(rt, t->role == WORKER_LANDER ? t->worker->landers_ended
                                                     : t->worker->loaders_ended);
    }
    if (rt_queue_put(rt, t->worker->ended, t) != ERR_OK) {
        return; /* cancelled: the parent is joining already */
    }
}

static void task_add(struct worker *w, enum worker_role role, struct str shard)
{
    ASSERT(w->count < TASKS_MAX);
    struct worker_task *t = NEW(w->env->arena, struct worker_task);
    w->tasks[w->count++] = t;
    *t = (struct worker_task){.worker = w, .role = role, .shard = shard, .diag = DIAG_INIT};
    t->arena = arena_child(w->env->arena, "worker task", ARENA_PROCESS_BYTES_MAX);
    w->lander_count += role == WORKER_LANDER;
    w->loader_count += role == WORKER_LOADER;
}

/* ---- the process ---- */

static enum err shards_wait(struct pipeline *p, struct kinesis_shard **ret_shards,
                            size_t *ret_count, struct diag *d)
{
    for (;;) {
        enum err err =
            kinesis_list_shards(&p->aws, p->def->stream, p->arena, ret_shards, ret_count, d);
        bool later = err == ERR_NOT_FOUND || err == ERR_CONFLICT || err_is_transient(err) ||
                     (err == ERR_OK && *ret_count == 0);
        if (!later) {
            return err;
        }
        pipeline_log(p, LOG_INFO, "worker", "waiting", "stream=%.*s", STR_ARG(p->def->stream));
        diag_clear(d);
        TRY(rt_sleep(p->env->rt, p->def->poll_us));
    }
}

/* Shards by index of count: with another assignment a shard is landed twice or by nobody for a
 * while, never wrongly. */
static enum err add_landers(struct worker *w, struct diag *d)
{
    struct arena *a = arena_child(w->env->arena, "shards", ARENA_TASK_BYTES_MAX);
    struct pipeline *p;
    TRY(pipeline_open(a, w->env, w->def, false, &p, d));
    struct kinesis_shard *shards;
    size_t count;
    TRY(shards_wait(p, &shards, &count, d));
    unsigned workers = w->options->count == 0 ? 1 : w->options->count;
    for (size_t i = 0; i < count; i++) {
        if (i % workers != w->options->index) {
            continue;
        }
        if (w->count + 2 >= TASKS_MAX) {
            return fail(d, ERR_LIMIT,
                        "more than %d shards for one worker: start more workers (--worker i/n)",
                        TASKS_MAX - 2);
        }
        task_add(w, WORKER_LANDER, shards[i].id);
    }
    return ERR_OK;
}

static const struct diag *first_failure(const struct worker *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->tasks[i]->diag.code != ERR_OK) {
            return &w->tasks[i]->diag;
        }
    }
    return NULL;
}

/* Waits until every task has ended, or one has failed, or we are told to stop. */
static void tasks_wait(struct worker *w)
{
    struct rt *rt = w->env->rt;
    for (size_t i = 0; i < w->count; i++) {
        void *ended;
        if (rt_queue_take(rt, w->ended, INSTANT_NEVER, &ended) != ERR_OK ||
            ((struct worker_task *)ended)->diag.code != ERR_OK) {
            break;
        }
    }
    for (size_t i = 0; i < w->count; i++) {
        rt_cancel(rt, w->tasks[i]->task); /* those that have ended do not mind */
    }
    for (size_t i = 0; i < w->count; i++) {
        rt_join(rt, w->tasks[i]->task);
    }
}

enum err worker_run(const struct pipeline_env *env, const struct definition *def,
                    const struct worker_options *options, struct diag *d)
{
    struct worker *w = NEW(env->arena, struct worker);
    *w = (struct worker){.env = env, .def = def, .options = options};
    w->ended = rt_queue_new(env->rt, env->arena, TASKS_MAX);
    w->landers_ended = rt_event_new(env->rt, env->arena);
    w->loaders_ended = rt_event_new(env->rt, env->arena);
    if ((options->roles & WORKER_LANDER) != 0) {
        enum err err = add_landers(w, d);
        if (err == ERR_CANCELLED) {
            return ERR_OK;
        }
        TRY(err);
    }
    if ((options->roles & WORKER_LOADER) != 0) {
        task_add(w, WORKER_LOADER, STR_EMPTY);
    }
    if ((options->roles & WORKER_REPORTER) != 0) {
        task_add(w, WORKER_REPORTER, STR_EMPTY);
    }
    for (size_t i = 0; i < w->count; i++) {
        w->tasks[i]->task = rt_spawn(env->rt, "worker", task_main, w->tasks[i]);
    }
    tasks_wait(w);
    const struct diag *failure = first_failure(w);
    if (failure != NULL) {
        *d = *failure;
        return failure->code;
    }
    return ERR_OK;
}
