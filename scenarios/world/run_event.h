/* run_event.h -- What happened in a run, for those who show it: lives of actors and their calls, in
 * the order in which they took effect. Not here: how many, and what they prove (oracle). */
#ifndef AFORO_SCENARIOS_WORLD_RUN_EVENT_H
#define AFORO_SCENARIOS_WORLD_RUN_EVENT_H

#include "emulator/fault/fault_plan.h"

enum run_event_kind {
    RUN_EVENT_JOINS,   /* an actor is added: before its first life */
    RUN_EVENT_STARTS,  /* a life of an actor */
    RUN_EVENT_ENDS,    /* it returned by itself */
    RUN_EVENT_CRASHES, /* until_us: when it starts again; INSTANT_NEVER: for ever */
    RUN_EVENT_CALL     /* at_us: arrived, until_us: answered */
};
struct run_event {
    enum run_event_kind kind;
    int64_t at_us, until_us; /* since the run's start */
    struct str actor;
    /* of a call; resource: a stream, bucket/key, topic, table. Borrowed during the note */
    struct str service, operation, resource;
    int status; /* of HTTP; 0: of a warehouse */
    enum fault_phase fault;
    bool applied; /* it took effect */
};
typedef void run_event_fn(void *ctx, const struct run_event *event);

#endif
