/* sim_actor.c -- Lives and deaths of actors.
 *
 * A crash drops the tasks where they stand, decides by a coin for each call on its way whether it
 * arrives all the same, and frees the life's arena: finalisers of foreign handles run, no code of
 * the actor does. It never happens while a task runs: one that dooms an actor is switched away from
 * first. */
#include "sim_parts.h"

#include "base/instant.h"
#include "base/limits.h"

struct sim_actor *sim_actor_add(struct sim *s, struct str name, sim_entry_fn *entry, void *arg)
{
    struct sim_actor *actor = NEW(s->arena, struct sim_actor);
    *actor = (struct sim_actor){.rt = {.ops = &sim_rt_ops},
                                .sim = s,
                                .name = str_copy(s->arena, name),
                                .key = hash64(0, name),
                                .entry = entry,
                                .arg = arg};
    *s->actors_end = actor;
    s->actors_end = &actor->next;
    s->unfinished_count++;
    event_lived(actor, RUN_EVENT_JOINS, 0);
    actor->ticket = sim_schedule(s, actor, NULL, s->now_us);
    return actor;
}

struct str sim_actor_name(const struct sim_actor *actor)
{
    return actor->name;
}

unsigned sim_actor_lives(const struct sim_actor *actor)
{
    return actor->lives;
}

bool sim_actor_done(const struct sim_actor *actor)
{
    return actor->life == SIM_DONE;
}

/* ---- clocks ---- */

void sim_actor_clock(struct sim *s, struct sim_actor *actor, const struct sim_clock *clock)
{
    actor->clock = *clock;
    trace_note(s, actor->name, "clock", STR_EMPTY, clock->offset_us + clock->step_us);
}

void sim_clocks_right(struct sim *s)
{
    for (struct sim_actor *actor = s->actors; actor != NULL; actor = actor->next) {
        if (actor->clock.offset_us != 0 || actor->clock.drift_den != 0 ||
            actor->clock.step_us != 0) {
            sim_actor_clock(s, actor, &(struct sim_clock){.offset_us = 0});
        }
    }
}

/* ---- a life ---- */

static void actor_main(struct rt *rt, void *arg)
{
    struct sim_actor *actor = arg;
    actor->entry(actor, rt, actor->arena, actor->arg);
}

void actor_start(struct sim_actor *actor)
{
    ASSERT(actor->life == SIM_WAITS_TO_START);
    actor->life = SIM_LIVES;
    actor->lives++;
    actor->arena = arena_child(actor->sim->arena, "actor's life", ARENA_PROCESS_BYTES_MAX);
    trace_note(actor->sim, actor->name, "starts", STR_EMPTY, actor->lives);
    event_lived(actor, RUN_EVENT_STARTS, 0);
    (void)task_new(actor, "main", actor_main, actor);
}

static void actor_end(struct sim_actor *actor, enum sim_life life)
{
    while (actor->tasks != NULL) {
        task_free(actor->tasks);
    }
    arena_free(actor->arena);
    actor->arena = NULL;
    actor->life = life;
    actor->exposed = false;
}

void actor_main_returned(struct sim_actor *actor)
{
    struct sim *s = actor->sim;
    ASSERT(actor->tasks->next == NULL); /* every task was joined */
    trace_note(s, actor->name, "ends", STR_EMPTY, actor->lives);
    event_lived(actor, RUN_EVENT_ENDS, 0);
    actor_end(actor, SIM_DONE);
    s->unfinished_count--;
    if (actor->doomed) { /* whoever wanted to kill it comes too late */
        actor->doomed = false;
        s->doomed_count--;
    }
}

/* ---- deaths ---- */

/* Calls that were sent and have not arrived: the network does not know that their sender is dead.
 */
static void flights_settle(struct sim_actor *actor)
{
    for (struct rt_task *task = actor->tasks; task != NULL; task = task->next) {
        struct sim_flight *flight = task->flight;
        task->flight = NULL;
        if (flight != NULL && !actor->sim->ending &&
            sim_coin(actor, SIM_STREAM_ARRIVES, flight->number)) {
            flight->arrive(flight);
        }
    }
}

static void actor_crash(struct sim_actor *actor, int64_t restart_after_us)
{
    struct sim *s = actor->sim;
    trace_note(s, actor->name, "crashes", STR_EMPTY, restart_after_us);
    event_lived(actor, RUN_EVENT_CRASHES, restart_after_us);
    flights_settle(actor);
    bool forever = restart_after_us < 0 || restart_after_us == INSTANT_NEVER;
    actor_end(actor, forever ? SIM_DEAD : SIM_WAITS_TO_START);
    if (forever) {
        s->unfinished_count--;
    } else {
        actor->ticket = sim_schedule(s, actor, NULL, s->now_us + restart_after_us);
    }
}

static void actor_doom(struct sim_actor *actor, int64_t restart_after_us)
{
    if (!actor->doomed) {
        actor->doomed = true;
        actor->restart_after_us = restart_after_us;
        actor->sim->doomed_count++;
    }
}

void actor_crash_doomed(struct sim *s)
{
    for (struct sim_actor *actor = s->actors; actor != NULL && s->doomed_count > 0;
         actor = actor->next) {
        if (actor->doomed) {
            actor->doomed = false;
            s->doomed_count--;
            actor_crash(actor, actor->restart_after_us);
        }
    }
}

void actor_die(struct rt_task *task, int64_t restart_after_us)
{
    actor_doom(task->actor, restart_after_us);
    task_wait(task, INSTANT_NEVER, false);
    __builtin_unreachable();
}

/* A start that was waited for never comes. */
static void actor_bury(struct sim_actor *actor)
{
    actor->ticket = 0;
    actor->sim->due_count--;
    actor->life = SIM_DEAD;
    actor->sim->unfinished_count--;
}

void sim_actor_kill(struct sim *s, struct sim_actor *actor, int64_t restart_after_us)
{
    bool forever = restart_after_us < 0 || restart_after_us == INSTANT_NEVER;
    if (actor->life == SIM_WAITS_TO_START && forever) {
        actor_bury(actor);
    }
    if (actor->life != SIM_LIVES) {
        return;
    }
    if (s->running == NULL) {
        actor_crash(actor, restart_after_us);
    } else if (s->running->actor == actor) {
        actor_die(s->running, restart_after_us);
    } else {
        actor_doom(actor, restart_after_us);
    }
}

void sim_actor_stop(struct sim *s, struct sim_actor *actor)
{
    trace_note(s, actor->name, "stopped", STR_EMPTY, 0);
    actor->stopping = true;
    for (struct rt_task *task = actor->tasks; task != NULL; task = task->next) {
        task_interrupt(task);
    }
}

/* ---- when a crash hurts most ---- */

void actor_expose(struct sim_actor *actor)
{
    actor->exposed = true;
}

void actor_decision_begin(struct sim_actor *actor)
{
    struct fault_plan *plan = actor->sim->options.faults;
    if (plan != NULL) {
        plan->kill_factor = actor->exposed ? EXPOSED_KILL_FACTOR : 1;
    }
    actor->exposed = false;
}

void actor_decision_end(struct sim_actor *actor)
{
    struct fault_plan *plan = actor->sim->options.faults;
    if (plan != NULL) {
        plan->kill_factor = 1;
    }
}
