/* core.h -- The core as the facade drives it: made, called, ticked, reset. Services use call.h and
 * service.h. Threads: the caller holds the emulator's lock. Times named `clock_us` are the
 * caller's, `now_us` the emulator's own (core_now maps one to the other). */
#ifndef AFORO_EMULATOR_CORE_CORE_H
#define AFORO_EMULATOR_CORE_CORE_H

#include "emulator/core/service.h"

struct core;

/* `a` ends with the emulator; the state lives in an arena of its own that a reset gives back.
 * `services` is borrowed, in the order in which requests are offered to them. */
struct core *core_new(struct arena *a, const struct core_options *options,
                      const struct emulator_service *const *services, size_t service_count);
/* Fresh state, as at the first call: services, faults, ledger, clock, timers. Whatever pointed into
 * it is gone. */
void core_reset(struct core *core, uint64_t seed, int64_t clock_us);

struct core_outcome { /* as struct emulator_outcome */
    struct http_response response;
    bool lost, kill;
    int64_t delay_us, restart_us;
    struct str actor;
    enum fault_phase fault;
};
struct core_outcome core_dispatch(struct core *core, const struct http_request *request,
                                  struct str actor, int64_t clock_us, struct arena *a);

/* What is due by the clock happens, in order, each at its own time. */
void core_tick(struct core *core, int64_t clock_us);
int64_t core_next_timer(const struct core *core); /* by the caller's clock; INSTANT_NEVER */
int64_t core_now(const struct core *core, int64_t clock_us);

struct fault_plan *core_faults(struct core *core); /* the same pointer for the emulator's life */

struct core_outbound_call {
    uint64_t id;
    struct str url;
    struct http_request request;
};
bool core_outbound_take(struct core *core, int64_t now_us, struct arena *a,
                        struct core_outbound_call *ret_call);
void core_outbound_done(struct core *core, uint64_t id, int status, struct str body,
                        int64_t now_us);

#define LEDGER_ENTRIES_MAX ((size_t)1 << 20)
struct ledger_line { /* as struct ledger_entry */
    uint64_t number;
    int64_t at_us;
    struct str actor, service, operation, resource;
    int status;
    enum fault_phase fault;
    bool applied;
};
/* The line with the smallest number > after; NULL at the end. */
const struct ledger_line *core_ledger_next(const struct core *core, uint64_t after);

#endif
