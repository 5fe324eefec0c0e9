/* core_parts.h -- The core's own structure and what its files share. Private. */
#ifndef AFORO_EMULATOR_CORE_CORE_PARTS_H
#define AFORO_EMULATOR_CORE_CORE_PARTS_H

#include <stdatomic.h>

#include "base/heap.h"
#include "base/map.h"
#include "core.h"
#include "entry.h"
#include "wire/codec.h"
#include "wire/sigv4.h"

struct core_clock {
    bool frozen;
    int64_t frozen_us; /* now, while frozen */
    int64_t offset_us; /* else: what is added to the caller's clock */
};
struct ledger {
    struct ledger_line *
        *blocks;       /* LEDGER_BLOCK_LINES each, made when first needed, then reused in a ring */
    struct map *names; /* actors and operations, kept once */
    uint64_t last;     /* number of the newest line; 0: none */
};
struct outbound_entry;
struct outbound_queue {
    struct heap waiting;
    struct outbound_entry *taken; /* a list, the newest first */
    uint64_t last_id;
};
struct core {
    struct arena *home;  /* ends with the emulator */
    struct arena *arena; /* the state: given back and made anew by a reset */
    struct core_options options;
    const struct emulator_service *const *services;
    size_t service_count;
    void **states; /* by service */
    struct core_clock clock;
    int64_t start_us;      /* faults' from and until count from here */
    int64_t now_us;        /* of what is going on */
    _Atomic uint64_t turn; /* requests applied so far; read without the lock by new ones */
    uint64_t request_count, uuid_count, random_count;
    bool replaying;         /* entries of the journal are done again */
    struct buf memo;        /* what the call that is being recorded remembers; no arena: none is */
    uint64_t recorded_turn; /* that call's */
    bool effect_told;       /* it has said what it changed: it is not kept itself */
    struct entry_reader recalls; /* the same, of the one that is done again */
    struct arena *replay_arena;  /* of one entry; NULL: none was done yet */
    struct core_options given;   /* those of this start: replayed sessions had their own */
    struct heap timers;
    struct outbound_queue outbound;
    struct ledger ledger;
    struct fault_plan faults;
    struct fault_ordinals *ordinals;
    struct map *exposed;           /* actors whose last call changed something; of bias_kills */
    struct stream_source *streams; /* open ones */
    uint64_t last_stream;
    bool streams_woken;
    struct str certificate_path, certificate_pem; /* of signatures; empty: none was made yet */
};

/* ---- routing ---- */
enum route_result { ROUTE_FOUND, ROUTE_NO_SERVICE, ROUTE_NO_OPERATION, ROUTE_NO_HANDLER };
struct route {
    const struct emulator_service *service; /* NULL: nobody's */
    size_t index;                           /* of the service */
    const struct operation_model *op;
    const struct operation_handler *handler;
    const struct service_model *envelope; /* how refusals are spelt; never NULL */
    struct str service_name, asked;       /* for refusals and the ledger */
};
/* First whose request it is, then, once the service has rewritten it, which operation. */
void route_service(const struct core *core, const struct http_request *request,
                   const struct sigv4_claim *claim, struct arena *a, struct route *route);
enum route_result route_operation(const struct http_request *request, struct arena *a,
                                  struct route *route);
/* The operation of a REST service whose method, path and query fit best; NULL: none. */
const struct operation_model *route_rest(const struct service_model *model,
                                         const struct http_request *request, struct arena *a);

/* ---- the rest ---- */
bool control_is(const struct http_request *request);
struct http_response control_handle(struct core *core, const struct http_request *request,
                                    int64_t clock_us, struct arena *a);

void clock_advance(struct core *core, int64_t to_us); /* runs what is due, then now is to_us */
size_t clock_run_timers(struct core *core, int64_t until_us, size_t count_max); /* how many fired */

void ledger_init(struct ledger *l, struct arena *a);
void ledger_add(struct core *core, const struct ledger_line *line); /* copies; gives it a number */
struct str core_request_id(struct core *core, struct arena *a);
/* At the end of a replay: what was taken and has no answer is to be taken again. Of an entry of
 * the journal: the call with this number, taken or not, has this answer. */
void outbound_restore(struct core *core);
void outbound_answered(struct core *core, uint64_t id, int status, struct str body, int64_t now_us);
void streams_close(struct core *core); /* all of them: the state goes */
void outbound_init(struct outbound_queue *q, struct arena *a);
size_t outbound_count(const struct core *core);

/* The status of an error by the service's model, else by the table, else 400. */
int error_status(const struct operation_model *op, struct str name);
const char *error_internal(const struct service_model *model); /* the service's own 500 */

#endif
