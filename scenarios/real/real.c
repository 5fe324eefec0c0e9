/* real.c -- The world and its loop. The loop starts lives, frees what ended, and runs
 * the check; everything else happens on the actors' own threads. */
#include "real_parts.h"

#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"

/* ---- beginning and end ---- */

static void kill_by_name(void *ctx, struct str name, int64_t restart_us)
{
    struct real *w = ctx;
    pthread_mutex_lock(&w->lock);
    for (struct real_actor *actor = w->actors; actor != NULL; actor = actor->next) {
        if (str_eq(actor->name, name)) {
            real_life_kill(actor, restart_us);
        }
    }
    pthread_mutex_unlock(&w->lock);
}

struct real *real_new(struct arena *a, const struct real_options *options)
{
    struct real *w = NEW(a, struct real);
    w->options = *options;
    ASSERT(options->front != NULL);
    w->arena = arena_child(a, "real world", ARENA_PROCESS_BYTES_MAX);
    w->ordinals_arena = arena_child(w->arena, "ordinals", ARENA_TASK_BYTES_MAX);
    w->ordinals = fault_ordinals_new(w->ordinals_arena);
    w->threads = rt_threads_new(w->arena, options->seed + 1); /* 0 would ask the system */
    w->news = rt_event_new(w->threads, w->arena);
    w->mono_origin_us = rt_mono_us(w->threads);
    if (options->clock.speed == 0) { /* as the front takes it: the wall */
        w->options.clock = (struct front_clock){.speed = 1, .start_us = rt_wall_us(w->threads)};
    } else {
        w->since_origin_us =
            (rt_wall_us(w->threads) - options->clock.origin_us) * options->clock.speed;
    }
    w->actors_end = &w->actors;
    ASSERT(pthread_key_create(&w->current, NULL) == 0);
    ASSERT(pthread_mutex_init(&w->lock, NULL) == 0);
    ASSERT(pthread_cond_init(&w->task_gone, NULL) == 0);
    front_on_kill(options->front, kill_by_name, w);
    return w;
}

/* Frees what has ended; how many are neither done nor dead for ever? */
static size_t settle_all(struct real *w)
{
    for (struct real_actor *actor = w->actors; actor != NULL; actor = actor->next) {
        real_life_settle(actor);
    }
    pthread_mutex_lock(&w->lock);
    size_t count = w->unfinished_count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

/* Until something happened after `seen`, or the time has come. */
static void news_wait(struct real *w, uint64_t seen, int64_t until_us)
{
    enum err err = rt_event_wait(w->threads, w->news, seen, real_mono_of(w, until_us));
    ASSERT(err != ERR_CANCELLED);
}

void real_free(struct real *w)
{
    front_on_kill(w->options.front, NULL, NULL);
    for (struct real_actor *actor = w->actors; actor != NULL; actor = actor->next) {
        real_actor_kill(w, actor, INSTANT_NEVER);
    }
    for (;;) {
        uint64_t seen = rt_event_count(w->threads, w->news);
        if (settle_all(w) == 0) {
            break;
        }
        news_wait(w, seen, INSTANT_NEVER);
    }
    (void)pthread_cond_destroy(&w->task_gone);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_key_delete(w->current);
    arena_free(w->arena);
    w->arena = NULL;
}

/* ---- the loop ---- */

void real_on_tick(struct real *w, int64_t every_us, real_check_fn *check, void *ctx)
{
    ASSERT(every_us > 0);
    w->check = check;
    w->check_ctx = ctx;
    w->check_every_us = every_us;
    w->check_at_us = real_now_us(w) + every_us;
}

/* false: the run is to stop. */
static bool check_if_due(struct real *w)
{
    int64_t now_us = real_now_us(w);
    if (w->check == NULL || now_us < w->check_at_us) {
        return true;
    }
    bool goes_on = w->check(w->check_ctx, now_us);
    w->check_at_us = real_now_us(w) + w->check_every_us;
    return goes_on;
}

/* Starts who is due; returns when the next one is, or INSTANT_NEVER. */
static int64_t start_due(struct real *w)
{
    int64_t next_us = INSTANT_NEVER;
    for (struct real_actor *actor = w->actors; actor != NULL; actor = actor->next) {
        pthread_mutex_lock(&w->lock);
        bool waits = actor->life == REAL_WAITS_TO_START;
        if (waits && actor->start_at_us <= real_now_us(w)) {
            real_life_start(actor);
        } else if (waits && actor->start_at_us < next_us) {
            next_us = actor->start_at_us;
        }
        pthread_mutex_unlock(&w->lock);
    }
    return next_us;
}

enum real_end real_run(struct real *w, int64_t until_us)
{
    for (;;) {
        uint64_t seen = rt_event_count(w->threads, w->news);
        size_t unfinished_count = settle_all(w);
        int64_t next_us = start_due(w);
        if (!check_if_due(w)) {
            return REAL_STOPPED;
        }
        if (unfinished_count == 0) {
            return REAL_ALL_DONE;
        }
        if (real_now_us(w) >= until_us) {
            return REAL_UNTIL;
        }
        next_us = next_us < until_us ? next_us : until_us;
        if (w->check != NULL && w->check_at_us < next_us) {
            next_us = w->check_at_us;
        }
        news_wait(w, seen, next_us);
    }
}
