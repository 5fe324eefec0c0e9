/* worker.c -- A process of the pipeline: one task a shard, one for loading, one for reporting,
 * until told to stop.
 *
 * Every task has its own arena, transport and warehouse session. A task that meets what only a
 * person can mend ends, and the process ends with its words: what supervises it decides about
 * another life, which begins from S3 and the warehouse.
 *
 * Landers come and go: the process's own task looks for shards every so often, and at once when one
 * has ended, and begins those whose turn it is (shard_watch.h). */
#include "pipeline/worker.h"

#include <inttypes.h>
#include "aws/kinesis.h"
#include "base/instant.h"
#include "pipeline/landing.h"
#include "pipeline/loading.h"
#include "pipeline/report.h"
#include "pipeline/shard_watch.h"

#define TASKS_MAX 512

struct worker;
struct worker_task {
    struct worker *worker;
    struct arena *arena; /* ends with the task; this struct lives in it */
    enum worker_role role;
    struct str shard;   /* of a lander */
    bool shard_drained; /* of a lander that has ended */
    struct rt_task *task;
    struct diag diag;
    int64_t busy_us; /* monotonic: when something was done last */
};
/* Those of one role, signalled once by each; while more have begun than ended, more may come. */
struct worker_count {
    struct rt_event *begun, *ended;
};
struct worker {
    const struct pipeline_env *env;
    const struct definition *def;
    const struct worker_options *options;
    struct rt_queue *ended;               /* of worker_task: each puts itself in when it ends */
    struct worker_count landers, loaders; /* the watch for shards counts as a lander */
    struct worker_task *tasks[TASKS_MAX];
    size_t count;
    /* the watch for shards; NULL: this process lands nothing */
    struct shard_watch *watch;
    struct pipeline *pipeline;
    struct arena *scratch;
    bool watching;   /* until it has drained, too */
    size_t waiting;  /* shards whose parents had not landed at the last look */
    int64_t look_us; /* monotonic: when to look next */
    int64_t news_us; /* monotonic: when a lander began or ended last */
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

static struct worker_count worker_count_new(const struct pipeline_env *env)
{
    return (struct worker_count){rt_event_new(env->rt, env->arena),
                                 rt_event_new(env->rt, env->arena)};
}

/* `ended` first: who begins in between makes it true, and is right. */
static bool is_at_work(struct rt *rt, const struct worker_count *c)
{
    uint64_t ended = rt_event_count(rt, c->ended);
    return rt_event_count(rt, c->begun) > ended;
}

/* What is still to come from the roles before keeps a role from draining; so does a batch that
 * waits to grow old. */
static bool more_may_come(const struct worker_task *t, const void *state)
{
    struct worker *w = t->worker;
    struct rt *rt = w->env->rt;
    switch (t->role) {
    case WORKER_LANDER:
        return landing_has_batch(state);
    case WORKER_LOADER:
        return is_at_work(rt, &w->landers);
    case WORKER_REPORTER:
    case WORKER_ALL:
        break;
    }
    return is_at_work(rt, &w->landers) || is_at_work(rt, &w->loaders);
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

/* A warehouse or an endpoint that is not there yet is waited for; what was opened on the way to it
 * is closed again. */
static enum err task_open(struct worker_task *t, struct pipeline **ret_pipeline, struct diag *d)
{
    struct rt *rt = t->worker->env->rt;
    for (;;) {
        struct arena_mark mark = arena_mark(t->arena);
        enum err err = pipeline_open(t->arena, t->worker->env, t->worker->def,
                                     t->role != WORKER_LANDER, ret_pipeline, d);
        if (!err_is_transient(err) || rt_cancelled(rt)) {
            return err;
        }
        log_event(t->worker->env->log, rt_wall_us(rt), LOG_WARN, "worker", "waiting", "why=%s",
                  d->msg);
        diag_clear(d);
        arena_rewind(t->arena, mark);
        TRY(rt_sleep(rt, t->worker->def->poll_us));
    }
}

static enum err report(struct worker_task *t, struct pipeline *p, struct diag *d)
{
    struct reporting *r = reporting_new(t->arena, p);
    TRY(task_loop(t, reporter_turn, r, d));
    return rt_cancelled(t->worker->env->rt) ? ERR_OK : reporting_finish(r, d);
}

static enum err land(struct worker_task *t, struct pipeline *p, struct diag *d)
{
    struct landing *l = landing_new(t->arena, p, t->shard);
    enum err err = task_loop(t, lander_turn, l, d);
    t->shard_drained = err == ERR_NOT_FOUND && landing_is_drained(l);
    if (t->shard_drained) {
        diag_clear(d);
        return ERR_OK;
    }
    return err;
}

static enum err task_run(struct worker_task *t, struct diag *d)
{
    struct pipeline *p = NULL;
    TRY(task_open(t, &p, d));
    switch (t->role) {
    case WORKER_LANDER:
        return land(t, p, d);
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
    struct worker *w = t->worker;
    if (task_run(t, &t->diag) == ERR_CANCELLED) {
        diag_clear(&t->diag);
    }
    if (t->role != WORKER_REPORTER) {
        rt_event_signal(rt, t->role == WORKER_LANDER ? w->landers.ended : w->loaders.ended);
    }
    if (rt_queue_put(rt, w->ended, t) != ERR_OK) {
        return; /* cancelled: the parent is joining already */
    }
}

static void task_begin(struct worker *w, enum worker_role role, struct str shard)
{
    ASSERT(w->count < TASKS_MAX);
    struct arena *a = arena_child(w->env->arena, "worker task", ARENA_PROCESS_BYTES_MAX);
    struct worker_task *t = NEW(a, struct worker_task);
    *t = (struct worker_task){
        .worker = w, .arena = a, .role = role, .shard = str_copy(a, shard), .diag = DIAG_INIT};
    w->tasks[w->count++] = t;
    if (role != WORKER_REPORTER) {
        rt_event_signal(w->env->rt, role == WORKER_LANDER ? w->landers.begun : w->loaders.begun);
    }
    t->task = rt_spawn(w->env->rt, "worker", task_main, t);
}

/* Joins a task and lets go of it. */
static enum err task_end(struct worker *w, struct worker_task *t, struct diag *d)
{
    size_t at = 0;
    while (w->tasks[at] != t) {
        at++;
    }
    w->tasks[at] = w->tasks[--w->count];
    rt_join(w->env->rt, t->task);
    if (t->diag.code != ERR_OK && d->code == ERR_OK) {
        *d = t->diag;
    }
    if (t->shard_drained) {
        shard_watch_drained(w->watch, t->shard);
    }
    arena_free(t->arena);
    return d->code;
}

/* ---- shards ---- */

static enum err watch_open(struct worker *w, struct diag *d)
{
    struct arena *a = arena_child(w->env->arena, "shards", ARENA_PROCESS_BYTES_MAX);
    TRY(pipeline_open(a, w->env, w->def, false, &w->pipeline, d));
    w->scratch = arena_child(a, "look for shards", ARENA_TASK_BYTES_MAX);
    w->watch = shard_watch_new(a, w->pipeline, w->options->index, w->options->count);
    w->watching = true;
    rt_event_signal(w->env->rt, w->landers.begun);
    return ERR_OK;
}

static void watch_end(struct worker *w)
{
    w->watching = false;
    rt_event_signal(w->env->rt, w->landers.ended);
}

static size_t landers_at_work(const struct worker *w)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        count += w->tasks[i]->role == WORKER_LANDER;
    }
    return count;
}

/* Begins what may begin. Drained, once our landers are, and no parent of another worker is waited
 * for, or nothing came of that for too long. */
static enum err look(struct worker *w, struct diag *d)
{
    struct rt *rt = w->env->rt;
    struct shard_look found;
    arena_reset(w->scratch);
    TRY(shard_watch_look(w->watch, w->scratch, &found, d));
    int64_t now_us = rt_mono_us(rt), drain_us = w->options->drain_after_us;
    if (w->count + found.count + 2 >= TASKS_MAX) {
        return fail(d, ERR_LIMIT,
                    "more than %d shards for one worker: start more workers (--worker i/n)",
                    TASKS_MAX - 2);
    }
    for (size_t i = 0; i < found.count; i++) {
        task_begin(w, WORKER_LANDER, found.ids[i]);
        w->news_us = now_us;
    }
    if (found.waiting != w->waiting) {
        w->waiting = found.waiting;
        pipeline_log(w->pipeline, LOG_INFO, "worker", "parents", "shards_waiting=%zu",
                     found.waiting);
    }
    bool soon = found.waiting > 0 || found.listed == 0;
    w->look_us = now_us + (soon ? w->def->poll_us : w->def->shard_list_us);
    bool waits = soon && now_us - w->news_us < drain_us;
    if (drain_us > 0 && landers_at_work(w) == 0 && !waits) {
        watch_end(w);
    }
    return ERR_OK;
}

/* A stream that is not there yet, or does not answer, is looked for again. */
static enum err look_or_wait(struct worker *w, struct diag *d)
{
    enum err err = look(w, d);
    if (err != ERR_NOT_FOUND && err != ERR_CONFLICT && !err_is_transient(err)) {
        return err;
    }
    pipeline_log(w->pipeline, LOG_INFO, "worker", "waiting", "stream=%.*s why=%s",
                 STR_ARG(w->def->stream), d->msg);
    diag_clear(d);
    w->look_us = rt_mono_us(w->env->rt) + w->def->poll_us;
    return ERR_OK;
}

/* ---- the process ---- */

/* Until every task has ended, or one has failed, or we are told to stop. */
static enum err tasks_watch(struct worker *w, struct diag *d)
{
    struct rt *rt = w->env->rt;
    while (w->count > 0 || w->watching) {
        void *ended = NULL;
        enum err err =
            rt_queue_take(rt, w->ended, w->watching ? w->look_us : INSTANT_NEVER, &ended);
        if (err != ERR_OK && err != ERR_UNAVAILABLE) {
            return ERR_OK;
        }
        bool lander_ended = err == ERR_OK && ((struct worker_task *)ended)->role == WORKER_LANDER;
        if (err == ERR_OK) {
            TRY(task_end(w, ended, d));
        }
        if (lander_ended) {
            w->news_us = rt_mono_us(rt);
        }
        if (w->watching && (err == ERR_UNAVAILABLE || lander_ended)) {
            TRY(look_or_wait(w, d));
        }
    }
    return ERR_OK;
}

static enum err tasks_begin(struct worker *w, struct diag *d)
{
    unsigned roles = w->options->roles;
    if ((roles & WORKER_LANDER) != 0) {
        TRY(watch_open(w, d));
        w->look_us = w->news_us = rt_mono_us(w->env->rt);
        TRY(look_or_wait(w, d));
    }
    if ((roles & WORKER_LOADER) != 0) {
        task_begin(w, WORKER_LOADER, STR_EMPTY);
    }
    if ((roles & WORKER_REPORTER) != 0) {
        task_begin(w, WORKER_REPORTER, STR_EMPTY);
    }
    return ERR_OK;
}

static void tasks_end(struct worker *w, struct diag *d)
{
    for (size_t i = 0; i < w->count; i++) {
        rt_cancel(w->env->rt, w->tasks[i]->task); /* those that have ended do not mind */
    }
    while (w->count > 0) {
        (void)task_end(w, w->tasks[0], d);
    }
}

enum err worker_run(const struct pipeline_env *env, const struct definition *def,
                    const struct worker_options *options, struct diag *d)
{
    struct worker *w = NEW(env->arena, struct worker);
    *w = (struct worker){.env = env, .def = def, .options = options};
    w->ended = rt_queue_new(env->rt, env->arena, TASKS_MAX);
    w->landers = worker_count_new(env);
    w->loaders = worker_count_new(env);
    enum err err = tasks_begin(w, d);
    err = err == ERR_OK ? tasks_watch(w, d) : err;
    if (err == ERR_CANCELLED) {
        diag_clear(d);
    }
    tasks_end(w, d);
    return d->code;
}
