/* real_actor.c -- Lives and deaths of actors.
 *
 * A death is a flag and a cancellation that wakes who waits: each task then leaves at the seam that
 * it is in. The task of the entry waits for the others, so when it has left, nobody uses the life's
 * arena any more, and the world's loop frees it. */
#include "real_parts.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"

void real_event_sink(struct real *w, run_event_fn *note, void *ctx)
{
    w->event_note = note;
    w->event_ctx = ctx;
}

/* Under `lock`. */
static void event_lived(const struct real_actor *actor, enum run_event_kind kind,
                        int64_t restart_after_us)
{
    const struct real *w = actor->world;
    if (w->event_note == NULL) {
        return;
    }
    int64_t now_us = real_now_us(w);
    bool forever = restart_after_us < 0 || restart_after_us == INSTANT_NEVER;
    struct run_event event = {.kind = kind,
                              .at_us = now_us,
                              .until_us = forever ? INSTANT_NEVER : now_us + restart_after_us,
                              .actor = actor->name};
    w->event_note(w->event_ctx, &event);
}

struct real_actor *real_actor_add(struct real *w, struct str name, real_entry_fn *entry, void *arg)
{
    pthread_mutex_lock(&w->lock);
    struct real_actor *actor = NEW(w->arena, struct real_actor);
    actor->rt.ops = &real_rt_ops;
    actor->world = w;
    actor->name = str_copy(w->arena, name);
    actor->key = hash64(0, name);
    actor->entry = entry;
    actor->arg = arg;
    actor->start_at_us = 0;
    *w->actors_end = actor;
    w->actors_end = &actor->next;
    w->unfinished_count++;
    event_lived(actor, RUN_EVENT_JOINS, 0);
    pthread_mutex_unlock(&w->lock);
    return actor;
}

struct str real_actor_name(const struct real_actor *actor)
{
    return actor->name;
}

unsigned real_actor_lives(const struct real_actor *actor)
{
    return actor->lives;
}

bool real_actor_done(const struct real_actor *actor)
{
    pthread_mutex_lock(&actor->world->lock);
    bool done = actor->life == REAL_DONE;
    pthread_mutex_unlock(&actor->world->lock);
    return done;
}

/* ---- a life ---- */

void real_life_start(struct real_actor *actor)
{
    ASSERT(actor->life == REAL_WAITS_TO_START && actor->tasks == NULL);
    actor->life = REAL_LIVES;
    actor->lives++;
    event_lived(actor, RUN_EVENT_STARTS, 0);
    atomic_store(&actor->doomed, false);
    actor->arena = arena_child(actor->world->arena, "actor's life", ARENA_PROCESS_BYTES_MAX);
    actor->main = real_task_spawn(actor, "actor", NULL, NULL);
}

static bool is_forever(int64_t restart_after_us)
{
    return restart_after_us < 0 || restart_after_us == INSTANT_NEVER;
}

/* Under `lock`. */
static void actor_plan(struct real_actor *actor)
{
    struct real *w = actor->world;
    if (atomic_load(&actor->doomed)) {
        event_lived(actor, RUN_EVENT_CRASHES, actor->restart_after_us);
    } else {
        event_lived(actor, RUN_EVENT_ENDS, 0);
    }
    if (!atomic_load(&actor->doomed)) {
        actor->life = REAL_DONE;
    } else if (is_forever(actor->restart_after_us)) {
        actor->life = REAL_DEAD;
    } else {
        actor->life = REAL_WAITS_TO_START;
        actor->start_at_us = real_now_us(w) + actor->restart_after_us;
        return;
    }
    w->unfinished_count--;
}

void real_life_settle(struct real_actor *actor)
{
    struct real *w = actor->world;
    pthread_mutex_lock(&w->lock);
    bool ended = actor->life == REAL_ENDS;
    pthread_mutex_unlock(&w->lock);
    if (!ended) {
        return;
    }
    real_task_join(w, actor->main);
    pthread_mutex_lock(&w->lock);
    arena_free(actor->arena);
    actor->arena = NULL;
    actor->main = NULL;
    actor_plan(actor);
    pthread_mutex_unlock(&w->lock);
}

/* ---- deaths ---- */

static void actor_doom(struct real_actor *actor, int64_t restart_after_us)
{
    struct real *w = actor->world;
    if (atomic_load(&actor->doomed)) {
        if (is_forever(restart_after_us)) {
            actor->restart_after_us = INSTANT_NEVER;
        }
        return;
    }
    actor->restart_after_us = restart_after_us;
    atomic_store(&actor->doomed, true);
    if (actor->on_doom != NULL) {
        actor->on_doom(actor->doom_ctx);
    }
    for (struct real_task *task = actor->tasks; task != NULL; task = task->next) {
        if (!task->left) {
            rt_cancel(w->threads, task->thread);
        }
    }
}

void real_life_kill(struct real_actor *actor, int64_t restart_after_us)
{
    struct real *w = actor->world;
    if (actor->life == REAL_LIVES || (actor->life == REAL_ENDS && atomic_load(&actor->doomed))) {
        actor_doom(actor, restart_after_us);
    } else if (actor->life == REAL_WAITS_TO_START && is_forever(restart_after_us)) {
        actor->life = REAL_DEAD;
        w->unfinished_count--;
        rt_event_signal(w->threads, w->news);
    }
}

void real_actor_kill(struct real *w, struct real_actor *actor, int64_t restart_after_us)
{
    pthread_mutex_lock(&w->lock);
    real_life_kill(actor, restart_after_us);
    pthread_mutex_unlock(&w->lock);
}

void real_actor_stop(struct real *w, struct real_actor *actor)
{
    pthread_mutex_lock(&w->lock);
    actor->stopping = true;
    for (struct real_task *task = actor->tasks; task != NULL; task = task->next) {
        if (!task->left) {
            rt_cancel(w->threads, task->thread);
        }
    }
    pthread_mutex_unlock(&w->lock);
}
