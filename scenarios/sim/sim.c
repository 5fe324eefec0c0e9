/* sim.c -- The world: its queue of events, its clock, its loop.
 *
 * Invariants:
 * 1. Time is that of the event being handled, and never goes back.
 * 2. An event whose ticket is not its task's (or actor's) any more is stale: it is dropped without
 * moving the clock.
 * 3. due_count is the number of events that are not stale. At 0, with actors unfinished, nothing
 * can ever wake one of them: the emulator answers within a call and wakes nobody. */
#include "sim.h"

#include "sim_parts.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"

#define EVENTS_MAX_DEFAULT UINT64_C(50000000)
#define EVENTS_OF_ONE_INSTANT_MAX UINT64_C(1000000)
#define LATENCY_MIN_US_DEFAULT 200
#define LATENCY_MAX_US_DEFAULT (5 * US_PER_MS)
#define STALE_COUNT_MIN 4096 /* fewer are not worth sweeping out */

static void world_end(void *handle)
{
    struct sim *s = handle;
    if (s->fibers != s->options.fibers) {
        fiber_pool_free(s->fibers);
    }
    s->fibers = NULL;
}

struct sim *sim_new(struct arena *a, const struct sim_options *options)
{
    struct sim *s = NEW(a, struct sim);
    s->options = *options;
    if (options->latency_min_us == 0 && options->latency_max_us == 0) {
        s->options.latency_min_us = LATENCY_MIN_US_DEFAULT;
        s->options.latency_max_us = LATENCY_MAX_US_DEFAULT;
    }
    ASSERT(s->options.latency_min_us >= 0);
    ASSERT(s->options.latency_min_us <= s->options.latency_max_us);
    if (options->events_max == 0) {
        s->options.events_max = EVENTS_MAX_DEFAULT;
    }
    s->arena = arena_child(a, "simulated world", ARENA_PROCESS_BYTES_MAX);
    s->fibers = options->fibers != NULL ? options->fibers : fiber_pool_new();
    arena_defer(s->arena, world_end, s); /* first in, so last out: after the actors' arenas */
    s->scratch = arena_child(s->arena, "simulated call", ARENA_TASK_BYTES_MAX);
    heap_init(&s->queue, s->arena);
    s->actors_end = &s->actors;
    s->ordinals = fault_ordinals_new(s->arena);
    hash128_init(&s->trace, options->seed);
    sqlite_seed(options->seed);
    return s;
}

void sim_free(struct sim *s)
{
    s->ending = true;
    for (struct sim_actor *actor = s->actors; actor != NULL; actor = actor->next) {
        sim_actor_kill(s, actor, INSTANT_NEVER);
    }
    arena_free(s->arena);
    s->arena = NULL;
}

int64_t sim_now_us(const struct sim *s)
{
    return s->now_us;
}

int64_t sim_wall_us(const struct sim *s)
{
    return s->options.start_us + s->now_us;
}

uint64_t sim_events(const struct sim *s)
{
    return s->event_count;
}

uint64_t sim_draw(const struct sim_actor *actor, enum sim_stream stream, uint64_t key)
{
    return rng_u64(actor->sim->options.seed, (uint64_t)stream, actor->key, key);
}

bool sim_coin(const struct sim_actor *actor, enum sim_stream stream, uint64_t key)
{
    return (sim_draw(actor, stream, key) >> 32 & 1) != 0;
}

/* ---- events ---- */

static uint64_t event_push(struct sim *s, const struct sim_event *what, int64_t at_us)
{
    struct sim_actor *actor = what->actor;
    struct sim_event *event = NEW(s->arena, struct sim_event);
    *event = *what;
    event->ticket = ++s->ticket_last;
    uint64_t tie = sim_draw(actor, SIM_STREAM_TIE, ++actor->event_count);
    heap_push(&s->queue, at_us > s->now_us ? at_us : s->now_us, tie, event);
    s->due_count++;
    return event->ticket;
}

uint64_t sim_schedule(struct sim *s, struct sim_actor *actor, struct rt_task *task, int64_t at_us)
{
    return event_push(s, &(struct sim_event){.actor = actor, .task = task}, at_us);
}

void sim_post(struct sim *s, struct sim_mail *mail, int64_t at_us)
{
    mail->ticket = event_push(s, &(struct sim_event){.actor = mail->sender, .mail = mail}, at_us);
}

static uint64_t *event_slot(const struct sim_event *event)
{
    return event->mail != NULL   ? &event->mail->ticket
           : event->task != NULL ? &event->task->ticket
                                 : &event->actor->ticket;
}

static bool event_is_stale(const struct sim_event *event)
{
    return *event_slot(event) != event->ticket;
}

static void event_free(struct sim *s, struct sim_event *event)
{
    arena_recycle(s->arena, event, sizeof(*event));
}

/* Timeouts that were not needed stay in the queue until their time. Where they are most of it, it
 * is built again without them, in order, so that equals keep theirs. */
static void queue_sweep(struct sim *s)
{
    struct heap kept;
    struct heap_item item;
    heap_init(&kept, s->arena);
    while (heap_pop(&s->queue, &item)) {
        if (event_is_stale(item.what)) {
            event_free(s, item.what);
        } else {
            heap_push(&kept, item.at_us, item.tie, item.what);
        }
    }
    arena_drop(s->arena, s->queue.items, s->queue.cap * sizeof(struct heap_item));
    s->queue = kept;
}

/* The time of the next event that is not stale; INSTANT_NEVER: there is none. */
static int64_t queue_next(struct sim *s)
{
    struct heap_item item;
    if (s->queue.count > STALE_COUNT_MIN && s->queue.count > 4 * s->due_count) {
        queue_sweep(s);
    }
    while (heap_peek(&s->queue, &item)) {
        if (!event_is_stale(item.what)) {
            return item.at_us;
        }
        (void)heap_pop(&s->queue, &item);
        event_free(s, item.what);
    }
    return INSTANT_NEVER;
}

static void queue_handle(struct sim *s)
{
    struct heap_item item;
    ASSERT(heap_pop(&s->queue, &item));
    struct sim_event event = *(struct sim_event *)item.what;
    event_free(s, item.what);
    *event_slot(&event) = 0;
    s->due_count--;
    if (event.mail != NULL) {
        mail_arrive(event.mail);
    } else if (event.task != NULL) {
        task_resume(event.task);
    } else {
        actor_start(event.actor);
    }
    actor_crash_doomed(s);
}

/* ---- the emulator's own doings ---- */

void sim_outbound(struct sim *s)
{
    struct emulator_outbound call;
    int64_t wall_us = sim_wall_us(s);
    while (emulator_outbound_take(s->options.emulator, wall_us, s->scratch, &call)) {
        int64_t body = (int64_t)hash64(0, call.request.body);
        trace_note(s, STR("emulator"), "outbound", call.url, body);
        emulator_outbound_done(s->options.emulator, call.id, 200, STR_EMPTY, wall_us);
    }
}

static int64_t emulator_next(const struct sim *s)
{
    if (s->options.emulator == NULL) {
        return INSTANT_NEVER;
    }
    int64_t wall_us = emulator_next_timer(s->options.emulator);
    if (wall_us == INSTANT_NEVER) {
        return INSTANT_NEVER;
    }
    int64_t at_us = wall_us - s->options.start_us;
    return at_us > s->now_us ? at_us : s->now_us;
}

static void emulator_handle(struct sim *s)
{
    trace_note(s, STR("emulator"), "timer", STR_EMPTY, 0);
    fence_arm(STR("the emulator"));
    emulator_tick(s->options.emulator, sim_wall_us(s));
    sim_outbound(s);
    fence_disarm();
    arena_reset(s->scratch);
}

/* ---- the loop ---- */

void sim_on_tick(struct sim *s, int64_t every_us, sim_check_fn *check, void *ctx)
{
    ASSERT(every_us > 0);
    s->check = check;
    s->check_ctx = ctx;
    s->check_every_us = every_us;
    s->check_at_us = s->now_us + every_us;
}

static void advance(struct sim *s, int64_t to_us)
{
    ASSERT(to_us >= s->now_us);
    if (to_us > s->now_us) {
        s->now_us = to_us;
        s->instant_count = 0;
    }
}

static bool check_is_due(const struct sim *s, int64_t before_us)
{
    return s->check != NULL && s->check_at_us <= before_us;
}

/* Before anything at `next_us` happens; one check for a whole gap without events. false: the run is
 * to stop. The check may kill, stop and heal: what was next may not be any more. */
static bool check_run(struct sim *s, int64_t next_us)
{
    advance(s, s->check_at_us > s->now_us ? s->check_at_us : s->now_us);
    int64_t steps = (next_us - s->check_at_us) / s->check_every_us + 1;
    s->check_at_us += steps * s->check_every_us;
    return s->check(s->check_ctx, s->now_us);
}

static bool is_livelock(struct sim *s)
{
    s->event_count++;
    s->instant_count++;
    return s->event_count > s->options.events_max || s->instant_count > EVENTS_OF_ONE_INSTANT_MAX;
}

enum sim_end sim_run(struct sim *s, int64_t until_us)
{
    ASSERT(s->running == NULL);
    ASSERT(until_us < INSTANT_NEVER);
    while (s->unfinished_count > 0) {
        int64_t event_us = queue_next(s);
        int64_t timer_us = emulator_next(s);
        if (event_us == INSTANT_NEVER) {
            return SIM_DEADLOCK;
        }
        int64_t next_us = event_us < timer_us ? event_us : timer_us;
        int64_t checked_us = next_us < until_us ? next_us : until_us;
        if (check_is_due(s, checked_us)) {
            if (!check_run(s, checked_us)) {
                return SIM_STOPPED;
            }
            continue;
        }
        if (next_us > until_us) {
            advance(s, until_us);
            return SIM_UNTIL;
        }
        if (is_livelock(s)) {
            return SIM_LIVELOCK;
        }
        advance(s, next_us);
        if (timer_us <= event_us) {
            emulator_handle(s);
        } else {
            queue_handle(s);
        }
    }
    return SIM_ALL_DONE;
}
