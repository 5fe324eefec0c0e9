/* service.h -- What a service registers with the core: its model, its handlers, its state.
 * Services never include each other. */
#ifndef AFORO_EMULATOR_CORE_SERVICE_H
#define AFORO_EMULATOR_CORE_SERVICE_H

#include "emulator/core/call.h"
#include "emulator/journal/journal.h"

typedef void operation_fn(struct call *c);
/* A body that is taken as it comes. Both run outside the lock, before there is a request id or an
 * input; what they refuse by call_fail is the answer. */
struct body_taker {
    void *(*open)(struct call *c); /* the head is there; the result is c->taken */
    void (*take)(struct call *c, struct str bytes);
    /* For a journal: the blob that was taken, and what else is to be known of it (digests) without
     * reading it again; and the same back, instead of open and take: the result is c->taken. NULL:
     * the journal keeps the bytes as they came, and feeds them again. */
    struct blob *(*keep)(struct call *c, struct buf *facts);
    void *(*again)(struct call *c, struct blob *blob, struct str facts);
};
/* One operation. `handle` runs under the emulator's lock and is what a fault plan loses, refuses or
 * doubles; the steps around it run beside other requests and may touch nothing but their call. */
struct operation_handler {
    const char *name; /* "PutRecords"; an operation of the model without one is refused by name */
    operation_fn *handle;
    bool anonymous; /* its requests are not signed, or where only it looks */
    /* hot path: reads request->body as c->spoken spells it, and writes the response itself, by
     * call_source as c->spoken spells it, else as JSON; model validation is its own */
    bool raw;
    const struct body_taker *body; /* NULL: the body is collected into request->body */
    operation_fn *prepare; /* the body is whole and the input valid: decode it. NULL: none */
    /* Encodes the answer from what `handle` pinned (blocks, blobs, c->arena): outside the lock.
     * NULL: the answer is encoded under the lock, and may borrow from the state. */
    operation_fn *render;
};
struct emulator_service {
    const struct service_model *model;
    const struct operation_handler *handlers;
    size_t handler_count;
    void *(*state_new)(struct core *core,
                       struct arena *a); /* a: lives until the emulator's reset */
    /* Does again what an effect (call_effect) says, at its time. `about` is the caller's. NULL: it
     * tells none. ERR_CORRUPT: this effect does not fit the state. */
    enum err (*redo)(void *state, struct str effect, struct room *about, int64_t now_us,
                     struct diag *d);
    /* Gives back what does not lie in that arena (blobs). NULL: nothing. */
    void (*state_done)(void *state);
    /* Names what the call is about for fault selectors and the ledger: stream; bucket, key; topic.
     * Raw handlers' calls come with input NULL. */
    void (*describe)(const struct call *c, struct fault_call *description);
    /* Whether a request is its own, whatever the signature's service says: NULL: by that alone. */
    bool (*claims)(const struct http_request *request);
    /* It judges by itself what nobody signed, where signatures are verified too. */
    bool judges_anonymous;
    /* Chooses the operation where the protocol does not say it (REST): NULL: the model's own URIs
     * decide. */
    const struct operation_model *(*route)(const struct http_request *request);
    /* Brings a request to the spelling of the model's URIs, before `route` and after the signature
     * was verified: S3's bucket in the host name becomes the path's first segment. NULL: nothing to
     * do. */
    void (*rewrite)(struct http_request *request, struct arena *a);
};

/* The emulator's services, in the order of routing; assembled in emulator/emulator.c. */
struct core_options {
    uint64_t seed;
    struct str account, region, public_url;
    bool limits_off, small_parts, verify_signatures, bias_kills;
    int64_t start_us;
    /* What changes the state is written there; NULL: nowhere. Begins with core_replay of all that
     * is there, and core_replayed. */
    const struct journal *journal;
};
const struct core_options *core_options(const struct core *core);
const struct journal *core_journal(const struct core *core); /* for blob_new_in; NULL: none */
void *core_state(const struct core *core,
                 const char *service_id); /* for emulator.c's readers of state */

/* Ids and randomness: deterministic by seed. Each call gives another one. */
struct str core_uuid(struct core *core, struct arena *a);
/* The account that an access key is: its own 12 digits, or those behind ASIA or AKIA; else the
 * emulator's. */
struct str core_account_of(const struct core *core, struct str access_key);
uint64_t core_random(struct core *core);

/* Timers: `fire` runs in emulator_tick at the first tick at or after at_us. Never cancelled: check
 * in `fire`. */
typedef void timer_fn(struct core *core, void *arg, int64_t now_us);
void core_timer(struct core *core, int64_t at_us, timer_fn *fire, void *arg);

/* Calls out. `done` gets what came back; status 0: nothing. */
typedef void outbound_fn(struct core *core, void *arg, int status, struct str body, int64_t now_us);
/* What whoever makes the call, and has a key, signs: the text, and where in the body (a JSON
 * object) the members SignatureVersion, Signature and SigningCertURL go, each behind a comma. */
struct outbound_signature {
    int version; /* of SNS's signatures: 1 is RSA with SHA-1, 2 with SHA-256; 0: none is wanted, nor
                    where it is NULL */
    struct str text;
    size_t at;
};
void core_outbound(struct core *core, struct str method, struct str url,
                   const struct http_headers *headers, struct str body,
                   const struct outbound_signature *sign, int64_t not_before_us, outbound_fn *done,
                   void *arg);

/* A request of one service to another from within a handler: at the call's time, unsigned, with a
 * ledger line and faults of its own. `actor`: in whose name. Only from `handle`. */
struct http_response core_inside(struct core *core, const struct http_request *request,
                                 struct str actor, struct arena *a);

/* A ledger line for what the emulator did, or gave up, by itself: a call of nobody's. `service` and
 * `operation` are static text; status: what the other side said last, 0: nothing. Actor "emulator",
 * never `applied`. */
void core_note(struct core *core, const char *service, const char *operation, struct str resource,
               int status, int64_t now_us);

#endif
