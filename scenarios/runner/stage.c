#include "stage.h"

#include <time.h>
#include "base/instant.h"
#include "scenarios/real/real.h"
#include "scenarios/sim/sim.h"

struct stage_actor {
    struct stage *stage;
    struct sim_actor *sim; /* one of the two */
    struct real_actor *real;
    stage_entry_fn *entry;
    void *arg;
    struct stage_actor *next;
};
struct stage {
    struct arena *arena;
    struct sim *sim; /* NULL: real */
    struct real *real;
    struct front *front;
    struct str endpoint;
    struct stage_actor *actors;
};

/* ---- opening and closing ---- */

static int64_t clock_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static enum err real_open(struct stage *s, const struct stage_options *o, struct diag *d)
{
    struct front_clock clock = {
        .origin_us = clock_now_us(), .start_us = o->start_us, .speed = o->speed};
    struct front_options front = {.clock = clock};
    TRY(front_start(s->arena, o->emulator, &front, &s->front, d));
    struct real_options real = {
        .seed = o->seed, .front = s->front, .clock = clock, .faults = o->faults};
    s->real = real_new(s->arena, &real);
    s->endpoint = str_printf(s->arena, "http://127.0.0.1:%u", front_port(s->front));
    return ERR_OK;
}

enum err stage_open(struct arena *a, const struct stage_options *options, struct stage **ret_stage,
                    struct diag *d)
{
    struct stage *s = NEW(a, struct stage);
    s->arena = a;
    if (options->speed > 0) {
        TRY(real_open(s, options, d));
    } else {
        struct sim_options sim = {.seed = options->seed,
                                  .start_us = options->start_us,
                                  .emulator = options->emulator,
                                  .faults = options->faults,
                                  .fibers = options->fibers};
        s->sim = sim_new(a, &sim);
        s->endpoint = STR("http://aws.simulated");
    }
    *ret_stage = s;
    return ERR_OK;
}

void stage_close(struct stage *s)
{
    if (s == NULL) {
        return;
    }
    if (s->sim != NULL) {
        sim_free(s->sim);
    } else {
        real_free(s->real);
        front_stop(s->front);
    }
}

void stage_lives_sink(struct stage *s, run_event_fn *note, void *ctx)
{
    ASSERT(s->real != NULL);
    real_event_sink(s->real, note, ctx);
}

struct sim *stage_sim(struct stage *s)
{
    return s->sim;
}

struct str stage_endpoint(const struct stage *s)
{
    return s->endpoint;
}

/* ---- actors ---- */

static void simulated_life(struct sim_actor *sim, struct rt *rt, struct arena *life, void *arg)
{
    struct stage_actor *actor = arg;
    (void)sim;
    actor->entry(actor, rt, life, actor->arg);
}

static void real_life(struct real_actor *real, struct rt *rt, struct arena *life, void *arg)
{
    struct stage_actor *actor = arg;
    (void)real;
    actor->entry(actor, rt, life, actor->arg);
}

struct stage_actor *stage_actor_add(struct stage *s, struct str name, stage_entry_fn *entry,
                                    void *arg)
{
    struct stage_actor *actor = NEW(s->arena, struct stage_actor);
    *actor = (struct stage_actor){.stage = s, .entry = entry, .arg = arg, .next = s->actors};
    s->actors = actor;
    if (s->sim != NULL) {
        actor->sim = sim_actor_add(s->sim, name, simulated_life, actor);
    } else {
        actor->real = real_actor_add(s->real, name, real_life, actor);
    }
    return actor;
}

struct str stage_actor_name(const struct stage_actor *actor)
{
    return actor->sim != NULL ? sim_actor_name(actor->sim) : real_actor_name(actor->real);
}

void stage_clock(struct stage_actor *actor, const struct sim_clock *clock)
{
    ASSERT(actor->sim != NULL);
    sim_actor_clock(actor->stage->sim, actor->sim, clock);
}

unsigned stage_actor_lives(const struct stage_actor *actor)
{
    return actor->sim != NULL ? sim_actor_lives(actor->sim) : real_actor_lives(actor->real);
}

bool stage_actor_done(const struct stage_actor *actor)
{
    return actor->sim != NULL ? sim_actor_done(actor->sim) : real_actor_done(actor->real);
}

static bool go_on(void *ctx, int64_t now_us)
{
    (void)ctx;
    (void)now_us;
    return true;
}

void stage_silence(struct stage *s)
{
    for (struct stage_actor *actor = s->actors; actor != NULL; actor = actor->next) {
        if (s->sim != NULL) {
            sim_actor_kill(s->sim, actor->sim, INSTANT_NEVER);
        } else {
            real_actor_kill(s->real, actor->real, INSTANT_NEVER);
        }
    }
    if (s->real != NULL) { /* each leaves at its next call of a seam */
        real_on_tick(s->real, US_PER_DAY, go_on, NULL);
        enum real_end end = real_run(s->real, INSTANT_NEVER - 1);
        ASSERT(end == REAL_ALL_DONE);
    }
}

/* ---- time ---- */

void stage_on_tick(struct stage *s, int64_t every_us, stage_check_fn *check, void *ctx)
{
    if (s->sim != NULL) {
        sim_on_tick(s->sim, every_us, check, ctx);
    } else {
        real_on_tick(s->real, every_us, check, ctx);
    }
}

static enum stage_end end_of_sim(enum sim_end end)
{
    static const enum stage_end ends[] = {[SIM_UNTIL] = STAGE_UNTIL,
                                          [SIM_ALL_DONE] = STAGE_ALL_DONE,
                                          [SIM_STOPPED] = STAGE_STOPPED,
                                          [SIM_DEADLOCK] = STAGE_DEADLOCK,
                                          [SIM_LIVELOCK] = STAGE_LIVELOCK};
    return ends[end];
}

static enum stage_end end_of_real(enum real_end end)
{
    static const enum stage_end ends[] = {[REAL_UNTIL] = STAGE_UNTIL,
                                          [REAL_ALL_DONE] = STAGE_ALL_DONE,
                                          [REAL_STOPPED] = STAGE_STOPPED};
    return ends[end];
}

enum stage_end stage_run(struct stage *s, int64_t until_us)
{
    return s->sim != NULL ? end_of_sim(sim_run(s->sim, until_us))
                          : end_of_real(real_run(s->real, until_us));
}

int64_t stage_now_us(const struct stage *s)
{
    return s->sim != NULL ? sim_now_us(s->sim) : real_now_us(s->real);
}

int64_t stage_wall_us(const struct stage *s)
{
    return s->sim != NULL ? sim_wall_us(s->sim) : real_wall_us(s->real);
}

void stage_lock(struct stage *s)
{
    if (s->front != NULL) {
        front_lock(s->front);
    }
}

void stage_unlock(struct stage *s)
{
    if (s->front != NULL) {
        front_unlock(s->front);
    }
}

/* ---- seams ---- */

enum err stage_transport_open(struct stage_actor *actor, struct arena *a,
                              struct transport **ret_transport, struct diag *d)
{
    return actor->sim != NULL ? sim_transport_open(actor->sim, a, ret_transport, d)
                              : real_transport_open(actor->real, a, ret_transport, d);
}

struct warehouse *stage_warehouse_wrap(struct stage_actor *actor, struct arena *a,
                                       struct warehouse *inner)
{
    return actor->sim != NULL ? sim_warehouse_wrap(actor->sim, a, inner)
                              : real_warehouse_wrap(actor->real, a, inner);
}

enum err stage_process_run(struct stage_actor *actor, struct rt *rt, struct arena *life,
                           const struct process_options *options, int *ret_status, struct diag *d)
{
    ASSERT(actor->real != NULL);
    return process_run(actor->real, rt, life, options, ret_status, d);
}
