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
    /* else the body: a range of a blob that lies in more than one piece; NULL: in `response` */
    const struct blob *blob;
    uint64_t blob_first, blob_count;
    const struct body_source *source; /* else what encodes the body; NULL: it is there */
    bool stream;                      /* the body comes from core_stream_pull */
    bool lost, kill;
    int64_t delay_us, late_us, restart_us;
    struct str actor;
    enum fault_phase fault;
    enum fault_wire wire;       /* what is left to do to the answer: by whoever has a connection */
    struct fault_manner manner; /* of wire */
    uint64_t journal_end;       /* what it tells is saved once the journal is up to here */
};
/* One request in five steps; only core_apply, and what is about streams, needs the lock. The head
 * has no body and outlives the passage, which lives in `a`. */
struct passage;
struct passage *core_open(struct core *core, const struct http_request *head, struct str actor,
                          struct arena *a);
bool core_refused(const struct passage *p); /* already, by its head */
uint64_t core_body_max(const struct passage *p);
/* ERR_LIMIT: the body is larger than is taken. */
MUST_USE enum err core_feed(struct passage *p, struct str bytes, struct diag *d);
void core_slow_down(struct passage *p); /* 503, and what still comes is dropped */
void core_ready(struct passage *p);     /* the body is whole */
struct core_outcome core_apply(struct passage *p, int64_t clock_us);
void core_render(struct passage *p, struct core_outcome *outcome);
/* The next bytes of an answer that streams; false: it has ended with them. */
bool core_stream_pull(struct passage *p, int64_t clock_us, struct buf *out);
void core_stream_close(struct passage *p);
/* Once true after a wake: there may be something to pull. */
bool core_stream_woken(struct passage *p);
bool core_streams_woken(struct core *core); /* any, since this was asked last */

/* What the outcome tells cannot be saved: it becomes the service's own 500. Needs no lock. */
void core_unsaved(struct passage *p, struct core_outcome *outcome);

/* At the start, where there is a journal: each of its entries is done again at its own time, in
 * order; then what comes is journaled. ERR_CORRUPT: it is no entry, or did not do what it did. */
MUST_USE enum err core_replay(struct core *core, struct str entry, struct diag *d);
void core_replayed(struct core *core, int64_t clock_us);

/* All steps at once. A stream is pulled once, and closed. */
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
    struct outbound_signature sign;
};
/* The certificate that signatures are verified with is served at its path from now on. Copies. */
void core_certificate(struct core *core, struct str path, struct str pem);
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
