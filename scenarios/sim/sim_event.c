/* sim_event.c -- What happened, told to whoever shows it. What a call was and did is asked of the
 * emulator's ledger, which knows it by name. */
#include "base/instant.h"
#include "sim_parts.h"

void sim_event_sink(struct sim *s, run_event_fn *note, void *ctx)
{
    struct ledger_entry entry;
    s->event_note = note;
    s->event_ctx = ctx;
    machine_shown(s);
    while (s->options.emulator != NULL &&
           emulator_ledger_next(s->options.emulator, s->ledger_seen, &entry)) {
        s->ledger_seen = entry.number; /* before anybody listened */
    }
}

void event_lived(const struct sim_actor *actor, enum run_event_kind kind, int64_t restart_after_us)
{
    const struct sim *s = actor->sim;
    if (s->event_note == NULL || s->ending) {
        return;
    }
    bool forever = restart_after_us < 0 || restart_after_us == INSTANT_NEVER;
    struct run_event event = {.kind = kind,
                              .at_us = s->now_us,
                              .until_us = forever ? INSTANT_NEVER : s->now_us + restart_after_us,
                              .actor = actor->name};
    s->event_note(s->event_ctx, &event);
}

void event_called(struct sim *s, int64_t delay_us)
{
    struct ledger_entry entry;
    if (s->event_note == NULL) {
        return;
    }
    for (; emulator_ledger_next(s->options.emulator, s->ledger_seen, &entry);
         s->ledger_seen = entry.number) {
        struct run_event event = {.kind = RUN_EVENT_CALL,
                                  .at_us = s->now_us,
                                  .until_us = s->now_us + delay_us,
                                  .actor = entry.actor,
                                  .service = entry.service,
                                  .operation = entry.operation,
                                  .resource = entry.resource,
                                  .status = entry.status,
                                  .fault = entry.fault,
                                  .applied = entry.applied};
        s->event_note(s->event_ctx, &event);
    }
}

void event_stated(const struct sim_actor *actor, const struct fault_call *call,
                  const struct fault_decision *decision)
{
    const struct sim *s = actor->sim;
    if (s->event_note == NULL) {
        return;
    }
    enum fault_phase phase = decision->phase;
    bool refused = phase == FAULT_REJECT || phase == FAULT_LOSE_REQUEST || phase == FAULT_PARTIAL ||
                   (phase == FAULT_KILL && (decision->random & 1) == 0);
    struct run_event event = {
        .kind = RUN_EVENT_CALL,
        .at_us = s->now_us,
        .until_us = s->now_us + (phase == FAULT_DELAY ? decision->delay_us : 0),
        .actor = actor->name,
        .service = call->service,
        .operation = call->operation,
        .resource = call->attribute_count > 0 ? call->attributes[0].pattern : STR_EMPTY,
        .fault = phase,
        .applied = !refused};
    s->event_note(s->event_ctx, &event);
}
