/* emulator.h -- The emulator as a function: requests in, responses out, and a queue of timers over
 * the caller's clock. No thread, socket, file or clock of its own: emulator/front gives it HTTP,
 * scenarios/sim a virtual network. Threads: one lock around every call here, held by the caller. */
#ifndef AFORO_EMULATOR_EMULATOR_H
#define AFORO_EMULATOR_EMULATOR_H

#include "emulator/fault/fault_plan.h"
#include "emulator/journal/journal.h"
#include "wire/http_msg.h"

struct emulator;
struct emulator_options {
    uint64_t seed;      /* ids, shuffles: the same seed gives the same answers */
    struct str account; /* 12 digits; empty: 000000000000 */
    struct str region;  /* for requests that name none; empty: us-east-1 */
    /* how clients reach us, for URLs in answers; empty: http://127.0.0.1:4566 */
    struct str public_url;
    bool limits_off;  /* no throughput limits: a stream takes what comes */
    bool small_parts; /* multipart uploads take parts under 5 MiB, too */
    /* refuse what is not signed with the secret key "test"; any access key goes */
    bool verify_signatures;
    /* A kill is ten times as likely at the call that follows one of the same actor that changed
     * something: where a crash hurts most. */
    bool bias_kills;
    int64_t start_us; /* the first `now`: faults' from and until count from here */
    /* What changes the state is written there, and no answer may leave before emulator_saved says
     * so; NULL: memory only. Begins with emulator_replay of all its entries, in order, and
     * emulator_replayed. */
    const struct journal *journal;
};
struct emulator *emulator_new(struct arena *a, const struct emulator_options *options);

struct emulator_outcome {
    struct http_response response;
    bool in_pieces; /* the body is not in `response`: exchange_body_read */
    bool stream;    /* nor is it there yet: exchange_pull */
    /* the client must not hear of it: reset or time out. Whether it was applied is in `fault` */
    bool lost;
    int64_t delay_us; /* answer so much later */
    int64_t late_us; /* lost, and 0 or so much later it is to be dispatched again: by whoever can */
    enum fault_phase fault; /* what the plan did to this call, FAULT_NONE mostly */
    /* what is left to do to the answer, by a front: RESET, GOAWAY, RST_STREAM (lost is set too, or
     * some bytes come first), CUT (the response is whole), DRIP (delay_us is how long it takes in
     * all). The rest is done already. */
    enum fault_wire wire;
    struct fault_manner manner;
    bool kill;            /* the caller dies here */
    int64_t restart_us;   /* kill: how long it stays dead */
    struct str actor;     /* kill: who; borrowed from the request or given by the caller */
    uint64_t journal_end; /* for emulator_saved */
};
/* One whole request. Never fails: errors are responses in the envelope of the protocol that asked.
 * The response lives in `a`; of a stream it is what there is at once. `actor` names the caller;
 * empty: the access key id of the request. */
struct emulator_outcome emulator_dispatch(struct emulator *e, const struct http_request *request,
                                          struct str actor, int64_t now_us, struct arena *a);

/* The same in steps, for bodies that come from a socket and go to one. Only exchange_finish and the
 * functions of streams need the lock; all others touch the exchange alone. `head` has no body and
 * must outlive the exchange, which lives in `a` and whose answer is gone with it. */
struct exchange;
struct exchange *emulator_begin(struct emulator *e, const struct http_request *head,
                                struct str actor, struct arena *a);
/* The head alone is refused: the body need not come. */
bool exchange_refused(const struct exchange *x);
/* how large a body may be; larger ones make exchange_feed fail */
uint64_t exchange_body_max(const struct exchange *x);
/* ERR_LIMIT: too large */
MUST_USE enum err exchange_feed(struct exchange *x, struct str bytes, struct diag *d);
/* Whoever carries it has no room for the body now: what still comes is dropped, and the answer is
 * 503, to be tried again. */
void exchange_slow_down(struct exchange *x);
void exchange_ready(struct exchange *x); /* the body is whole: decodes it */
/* Under the lock: decides and applies. */
struct emulator_outcome exchange_finish(struct exchange *x, int64_t now_us);
void exchange_render(struct exchange *x, struct emulator_outcome *outcome); /* encodes the answer */
/* The answer's body where outcome->in_pieces: how long it is, and the next bytes of it, from `at`
 * on, which only goes forward and leaves nothing out; 0 at its end. Some are encoded by that. */
uint64_t exchange_body_bytes(const struct exchange *x);
size_t exchange_body_read(struct exchange *x, uint64_t at, char *to, size_t max);

/* Where outcome->stream the body comes as it happens. All under the lock. */
/* Appends what there is; false: it has ended with that. Nothing appended: ask again once it is
 * woken. */
bool exchange_pull(struct exchange *x, int64_t now_us, struct buf *out);
bool exchange_woken(const struct exchange *x);
void exchange_close(struct exchange *x);         /* in any case, before `a` ends */
bool emulator_streams_woken(struct emulator *e); /* any of them, since this was asked last */

/* The journal. replay: ERR_CORRUPT where an entry is none, or does not do what it did. The state
 * then is what the entries before it made. */
MUST_USE enum err emulator_replay(struct emulator *e, struct str entry, struct diag *d);
void emulator_replayed(struct emulator *e, int64_t now_us);
/* Whether what an outcome tells is saved; without a journal everything is. No lock is needed.
 * emulator_journal_waits: it may answer LATER, and calls `fn` when it is worth asking again. */
enum journal_saved emulator_saved(struct emulator *e, uint64_t journal_end);
bool emulator_journal_waits(const struct emulator *e);
/* Behind all that is written down by now: what a stream tells is saved once the journal is there.
 */
uint64_t emulator_journal_end(const struct emulator *e);
void emulator_on_progress(struct emulator *e, journal_progress_fn *fn, void *ctx);
/* It has failed: the outcome becomes a 500. No lock is needed; instead of exchange_render. */
void exchange_unsaved(struct exchange *x, struct emulator_outcome *outcome);

/* Timers: when the next thing happens by itself (INSTANT_NEVER: nothing), and doing all that is
 * due. */
int64_t emulator_next_timer(const struct emulator *e);
void emulator_tick(struct emulator *e, int64_t now_us);
/* Maps the caller's clock to the emulator's: /_aforo/clock freezes, sets and advances it. All
 * functions above take the caller's. */
int64_t emulator_now(const struct emulator *e, int64_t now_us);

/* Calls out (SNS to HTTP subscribers): taken by whoever has a transport, and reported back. */
struct emulator_outbound {
    uint64_t id;
    struct str url; /* absolute */
    struct http_request request;
    uint64_t journal_end; /* for emulator_saved, before it is made */
    /* What of the body is to be signed, by who has a key: sign_version 1 (RSA, SHA-1) or 2 (RSA,
     * SHA-256); 0: nothing. At sign_at the members SignatureVersion, Signature and SigningCertURL
     * go into the body, each behind a comma; the URL begins with public_url. */
    int sign_version;
    struct str sign_text;
    size_t sign_at;
    struct str public_url;
};
/* The certificate of the key is served at this path from now on. Under the lock. Copies. */
void emulator_certificate(struct emulator *e, struct str path, struct str pem);
bool emulator_outbound_take(struct emulator *e, int64_t now_us, struct arena *a,
                            struct emulator_outbound *ret_call);
/* status 0: no answer came. A failed delivery is tried again later by its own policy. */
void emulator_outbound_done(struct emulator *e, uint64_t id, int status, struct str body,
                            int64_t now_us);

/* the plan in force: rules may be added, healed */
struct fault_plan *emulator_faults(struct emulator *e);

/* The ledger: every call, what became of it, in order. Capped at LEDGER_ENTRIES_MAX, oldest first
 * out. */
struct ledger_entry {
    uint64_t number; /* from 1 */
    int64_t at_us;
    struct str actor, service, operation, resource;
    int status;
    enum fault_phase fault;
    /* the operation took effect (its status before the fault was 2xx) */
    bool applied;
};
/* The entry with the smallest number > after; false at the end. */
bool emulator_ledger_next(const struct emulator *e, uint64_t after, struct ledger_entry *ret_entry);

/* Reading the state without being a client: for oracles. All false at the end. */
struct emulator_record { /* every record that was ever put, in shard order */
    struct str stream, shard_id, sequence_number, partition_key, data;
    struct str parent_id, adjacent_parent_id; /* of the shard; empty: none */
    int64_t arrived_us;
};
/* *cursor: 0, then what it was set to, also later, when there is more: it names the record that was
 * given and grows along a shard. */
bool emulator_record_next(const struct emulator *e, uint64_t *cursor,
                          struct emulator_record *ret_record);
struct emulator_stream { /* every stream that can be read from, of any account and region */
    struct str account, region, name;
};
bool emulator_stream_next(const struct emulator *e, uint64_t *cursor, int64_t now_us,
                          struct emulator_stream *ret_stream);
struct emulator_object {
    struct str bucket, key, etag, body;
    int64_t modified_us;
};
/* The body is borrowed where it lies in one piece, else copied into `a`. */
bool emulator_object_next(const struct emulator *e, struct str bucket, struct str after_key,
                          struct arena *a, struct emulator_object *ret_object);
/* The same in the order of writing: the first that was written after *cursor (0: all), which is set
 * to it. An object that is written again comes again. */
bool emulator_object_written_next(const struct emulator *e, struct str bucket, uint64_t *cursor,
                                  struct arena *a, struct emulator_object *ret_object);
struct emulator_message { /* every message that was published, subscribed to or not */
    struct str topic_arn, message_id, subject, message;
    const struct http_header *attributes;
    size_t attribute_count;
    int64_t at_us;
};
bool emulator_message_next(const struct emulator *e, uint64_t *cursor,
                           struct emulator_message *ret_message);

#endif
