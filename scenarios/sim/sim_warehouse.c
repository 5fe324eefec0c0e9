/* sim_warehouse.c -- A warehouse session in virtual time: latency both ways, decisions in the
 * trace, and a commit on its way arrives or not when its client dies. */
#include "sim_parts.h"

#include "base/rng.h"
#include "scenarios/world/faulty_warehouse.h"

struct commit_flight {
    struct sim_flight flight; /* first */
    struct warehouse *inner;
};

static void travel(struct sim_actor *actor, enum sim_stream way, uint64_t number)
{
    const struct sim_options *o = &actor->sim->options;
    int64_t us = rng_between(sim_draw(actor, way, number), o->latency_min_us, o->latency_max_us);
    task_delay(task_running(actor->sim), us);
}

/* Its client died while it was on its way. */
static void commit_alone(struct sim_flight *flight)
{
    struct commit_flight *f = (struct commit_flight *)flight;
    struct diag d = DIAG_INIT;
    if (warehouse_commit(f->inner, &d) != ERR_OK) {
        warehouse_rollback(f->inner);
    }
}

static uint64_t depart(void *ctx, struct warehouse *commits)
{
    struct sim_actor *actor = ctx;
    struct rt_task *task = task_running(actor->sim);
    uint64_t number = ++actor->call_count;
    struct commit_flight f = {.flight = {.arrive = commit_alone, .number = number},
                              .inner = commits};
    task->flight = commits != NULL ? &f.flight : NULL;
    travel(actor, SIM_STREAM_WAY_OUT, number);
    task->flight = NULL;
    return number;
}

static struct fault_decision decide(void *ctx, const char *operation, struct str table)
{
    struct sim_actor *actor = ctx;
    struct sim *s = actor->sim;
    struct fault_call call = {
        .actor = actor->name,
        .service = STR("warehouse"),
        .operation = str_of(operation),
        .since_us = s->now_us,
        .attributes = {{.name = STR("table"), .pattern = table}},
        .attribute_count = table.len > 0 ? 1 : 0,
    };
    call.ordinal = fault_ordinals_next(s->ordinals, call.actor, call.service, call.operation);
    struct fault_decision decision = {.phase = FAULT_NONE};
    if (s->options.faults != NULL) {
        actor_decision_begin(actor);
        decision = fault_plan_decide(s->options.faults, &call);
        actor_decision_end(actor);
    }
    trace_note(s, actor->name, operation, str_of(fault_phase_name(decision.phase)),
               decision.delay_us);
    event_stated(actor, &call, &decision);
    return decision;
}

static void applied(void *ctx)
{
    actor_expose(ctx);
}

static void note(void *ctx, const char *what, struct str text, int64_t value)
{
    struct sim_actor *actor = ctx;
    trace_note(actor->sim, actor->name, what, text, value);
}

static void come_back(void *ctx, uint64_t number, int64_t delay_us)
{
    struct sim_actor *actor = ctx;
    delay_us += actor->sim->disk != NULL ? sim_disk_slow_us(actor->sim->disk) : 0;
    if (delay_us > 0) {
        task_delay(task_running(actor->sim), delay_us);
    }
    travel(actor, SIM_STREAM_WAY_BACK, number);
}

static __attribute__((noreturn)) void die(void *ctx, int64_t restart_us)
{
    struct sim_actor *actor = ctx;
    actor_die(task_running(actor->sim), restart_us);
}

struct warehouse *sim_warehouse_wrap(struct sim_actor *actor, struct arena *a,
                                     struct warehouse *inner)
{
    static const struct warehouse_world world = {
        .depart = depart,
        .decide = decide,
        .applied = applied,
        .note = note,
        .come_back = come_back,
        .die = die,
    };
    return faulty_warehouse_wrap(&world, actor, a, inner);
}
