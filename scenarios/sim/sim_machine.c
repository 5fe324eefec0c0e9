/* sim_machine.c -- The machine that the warehouse runs on: its disk asks the plan, as the actor
 * "warehouse"; when its power goes, it is away for a while. Whoever looks from outside of the
 * actors (the oracle) meets no fault. */
#include "sim_parts.h"

#include "base/instant.h"

#define MACHINE STR("warehouse")

static void machine_event(const struct sim *s, enum run_event_kind kind, int64_t restart_us)
{
    if (s->event_note != NULL) {
        struct run_event event = {
            .kind = kind, .at_us = s->now_us, .until_us = s->now_us + restart_us, .actor = MACHINE};
        s->event_note(s->event_ctx, &event);
    }
}

static void fault_event(const struct sim *s, const struct fault_call *call,
                        const struct fault_decision *decision)
{
    if (s->event_note != NULL && decision->phase != FAULT_KILL) {
        struct run_event event = {.kind = RUN_EVENT_CALL,
                                  .at_us = s->now_us,
                                  .until_us = s->now_us,
                                  .actor = MACHINE,
                                  .service = call->service,
                                  .operation = call->operation,
                                  .resource = call->attributes[0].pattern,
                                  .fault = decision->phase,
                                  .applied = decision->phase == FAULT_APPLY_REJECT ||
                                             decision->phase == FAULT_DELAY};
        s->event_note(s->event_ctx, &event);
    }
}

static struct fault_decision disk_decide(void *ctx, const char *operation, struct str file)
{
    struct sim *s = ctx;
    struct fault_decision decision = {.phase = FAULT_NONE};
    struct fault_call call = {.actor = MACHINE,
                              .service = STR("disk"),
                              .operation = str_of(operation),
                              .since_us = s->now_us,
                              .attributes = {{.name = STR("file"), .pattern = file}},
                              .attribute_count = 1};
    if (s->running == NULL || s->ending || s->options.faults == NULL) {
        return decision;
    }
    call.ordinal = fault_ordinals_next(s->ordinals, call.actor, call.service, call.operation);
    /* the power goes ten times as likely right after a sync: what it was for is believed now */
    s->options.faults->kill_factor = s->machine_exposed ? EXPOSED_KILL_FACTOR : 1;
    decision = fault_plan_decide(s->options.faults, &call);
    s->options.faults->kill_factor = 1;
    s->machine_exposed = str_eq(call.operation, STR("sync"));
    if (decision.phase != FAULT_NONE) {
        trace_note(s, MACHINE, operation, str_of(fault_phase_name(decision.phase)),
                   (int64_t)call.ordinal);
        fault_event(s, &call, &decision);
    }
    return decision;
}

static void power_lost(void *ctx, int64_t restart_us)
{
    struct sim *s = ctx;
    s->machine_losses++;
    s->machine_up_us = s->now_us + restart_us;
    s->machine_is_up = false;
    trace_note(s, MACHINE, "crashes", STR_EMPTY, restart_us);
    machine_event(s, RUN_EVENT_CRASHES, restart_us);
}

static int64_t disk_wall_us(void *ctx)
{
    return sim_wall_us(ctx);
}

void sim_disk_attach(struct sim *s, struct sim_disk *disk)
{
    struct sim_disk_hooks hooks = {
        .decide = disk_decide, .lost_power = power_lost, .wall_us = disk_wall_us, .ctx = s};
    s->disk = disk;
    s->machine_is_up = true;
    sim_disk_hook(disk, &hooks);
}

bool sim_machine_is_up(struct sim *s)
{
    if (!s->machine_is_up && s->now_us >= s->machine_up_us) {
        s->machine_is_up = true;
        machine_event(s, RUN_EVENT_STARTS, 0);
    }
    return s->machine_is_up;
}

uint64_t sim_machine_losses(const struct sim *s)
{
    return s->machine_losses;
}

void machine_shown(const struct sim *s)
{
    if (s->disk != NULL) {
        machine_event(s, RUN_EVENT_JOINS, 0);
        machine_event(s, RUN_EVENT_STARTS, 0);
    }
}
