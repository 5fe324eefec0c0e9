/* call.h -- One call of one operation, as a handler sees it: decoded input in, output tree or
 * refusal out. A handler is a function of (its service's state, the call): no protocol, no fault,
 * no clock of its own. */
#ifndef AFORO_EMULATOR_CORE_CALL_H
#define AFORO_EMULATOR_CORE_CALL_H

#include "base/json.h"
#include "blob.h"
#include "emulator/fault/fault_plan.h"
#include "wire/aws_error.h"
#include "wire/http_msg.h"
#include "wire/shape.h"

struct core;
struct call {
    struct core *core;
    void *state; /* of the service */
    const struct operation_model *op;
    const struct service_model *spoken; /* the model as this call spells it: codec_spoken */
    /* aws-chunked already undone; body whole, or empty where the handler takes it in pieces */
    const struct http_request *request;
    const struct json *input; /* validated; NULL for raw handlers */
    /* What the steps outside the lock have made: read only from here on, since a fault may run the
     * handler twice. */
    void *taken;         /* by the handler's body taker */
    void *prepared;      /* by its prepare */
    struct arena *arena; /* ends with the request */
    int64_t now_us;      /* the emulator's clock */
    /* The order of requests: how many had been applied when this one's head came, and which one it
     * is itself. What lies between was done while its body was on its way. */
    uint64_t begun, turn;
    struct str account, region;
    bool anonymous;        /* nobody signed it */
    struct str request_id; /* a UUID */
    struct fault_decision
        fault; /* PARTIAL is the handler's to apply (fault_hits_entry); others are core's */

    struct json *output; /* OBJECT, empty at first; NULL for raw handlers that set response */
    /* raw: all of it; else headers and streaming body that the tree has not, and a status other
     * than the model's (0: the model's). Headers go with a refusal too (ETag of a 304). Initialised
     * by core. */
    struct http_response response;
    struct blob *body; /* call_body: the answer's body */
    uint64_t body_first, body_count;
    const struct body_source *source; /* call_source: the answer's body is encoded as it leaves */
    struct stream_source *stream;     /* call_stream: the answer's body comes as it happens */
    enum aws_error_id error;          /* AWS_OK, or what call_fail noted */
    struct str message;
    struct json *error_extra; /* S3: further elements such as BucketName */
};
/* Refuses: the first refusal stands. Use: `call_fail(c, AWS_NO_SUCH_KEY, "The specified key does
 * not exist."); return;` */
void call_fail(struct call *c, enum aws_error_id error, const char *format, ...) PRINTF_LIKE(3, 4);
void call_fail_extra(struct call *c, const char *name, struct str value);
bool call_failed(const struct call *c);

/* Reading the input: absent is empty, 0 or `otherwise`. */
bool call_has(const struct call *c, const char *member);
struct str call_str(const struct call *c, const char *member);
int64_t call_i64(const struct call *c, const char *member, int64_t otherwise);
bool call_bool(const struct call *c, const char *member, bool otherwise);
/* Writing the output. */
void call_out_str(struct call *c, const char *member, struct str text);
void call_out_i64(struct call *c, const char *member, int64_t value);
void call_out_bool(struct call *c, const char *member, bool value);
struct json *call_out(struct call *c, const char *member,
                      enum json_kind kind); /* a new OBJECT or ARRAY */
/* Answers with a range of a blob, which is held until the answer has left. */
void call_body(struct call *c, struct blob *blob, uint64_t first, uint64_t count);

/* An answer's body that is encoded as it leaves, so that all of it is never in memory at one time.
 * `read` runs outside the lock, beside other requests: from what the call holds until its arena
 * ends. */
struct body_source {
    uint64_t bytes; /* in all */
    /* the next bytes of it: `max` of them, or all that are left */
    size_t (*read)(void *self, char *to, size_t max);
    void *self;
};
void call_source(struct call *c, const struct body_source *source); /* borrowed, as `self` is */

/* What a handler computes from the bytes of bodies (digests), so that the journal can tell it when
 * the call is done again: by then the bytes may be gone, or far away. recall: true, and *ret is
 * what it was then; else compute it, and remember it. In the same order each time, under the lock
 * only. */
bool call_recall(const struct call *c, void *ret, size_t bytes);
void call_remember(const struct call *c, const void *what, size_t bytes);

/* Where there is a journal, a hot handler may tell it what the call changed instead of having the
 * call done again at the next start, when its service's `redo` gets the effect. Asked for: true.
 * `about`: laid just before, what the records in it mean is all that the effect says; `lasting`:
 * it says more than that; empty: nothing was changed. Under the lock, once all of it is done; ids
 * must not have been drawn. */
struct room;
bool call_effect_asked(const struct call *c);
void call_effect(const struct call *c, struct str effect, const struct room *about, bool lasting);

/* An answer whose body comes as it happens (event streams). The source's functions run under the
 * emulator's lock. */
struct stream_source;
struct stream_ops {
    /* Appends what there is by now; false: that was the last of it. Nothing appended: asked again
     * after a wake. */
    bool (*pull)(struct core *core, void *self, int64_t now_us, struct buf *out);
    /* The last of it has left, or the client went away: `self` may go. */
    void (*close)(struct core *core, void *self);
};
/* `self` lives in the service's state. Gives the stream's number, for waking it. */
uint64_t call_stream(struct call *c, const struct stream_ops *ops, void *self);
void core_stream_wake(struct core *core, uint64_t stream);
void core_stream_wake_at(struct core *core, uint64_t stream, int64_t at_us);

#endif
