/* visit.h -- One request on its way through the front, whatever carries it: HTTP/1.1 (http1.c) or a
 * stream of HTTP/2 (http2.c). Owns the arena that ends with the request. Private.
 * A visit is held while its answer is to come late or while its stream has nothing to tell, and
 * resumed by the timers' thread or by another request. */
#ifndef AFORO_EMULATOR_FRONT_VISIT_H
#define AFORO_EMULATOR_FRONT_VISIT_H

#include <stdatomic.h>
#include "base/buf.h"
#include "base/limits.h"
#include "front.h"

#define VISIT_PENDING_BYTES_MAX (16 * MIB)

struct visit;
struct visit_carrier {               /* both run under the front's lock */
    void (*hold)(struct visit *v);   /* send nothing until the resume */
    void (*resume)(struct visit *v); /* from any thread */
    /* Its client is too slow: ends the connection, or the stream. In the door's thread, under the
     * pool's lock. */
    void (*cut)(struct visit *v);
};
struct visit {
    struct front *front;
    struct visit *next_free, *next_open, *prev_open;
    struct arena *arena; /* reset between requests */
    const struct visit_carrier *carrier;
    void *link; /* the carrier's */
    /* headers are borrowed from what carries it, which outlives the request */
    struct http_request request;
    struct exchange *exchange;
    struct emulator_outcome outcome;
    int64_t begun_us;          /* by the monotonic clock */
    atomic_uint_least64_t fed; /* bytes of its body so far; VISIT_WHOLE: all of it */
    size_t collected;          /* of the front's bodies_bytes */
    int64_t date_us;           /* when it was answered, by the emulator's clock */
    bool too_large;            /* what still comes is dropped, and the answer is 413 */
    bool late;                 /* held until its time: in the front's heap of delayed answers */
    bool unsaved;              /* the journal has failed: the answer is a 500 */
    int64_t answer_us;         /* held until it is saved, and then until this */
    struct visit *next_saving;
    /* an answer that streams: what was pulled and has not left; waiting and the list under the
     * lock */
    struct buf pending;
    size_t pending_sent;
    bool stream_open, stream_ended, waiting;
    bool stream_saving; /* held until what was pulled is saved */
    struct visit *next_stream;
    uint64_t stream_cut; /* after so many bytes; 0: not known yet */
    /* an answer that drips: so much each time, the next piece then; 0: not known yet */
    uint64_t drip_piece;
    int64_t drip_each_us, drip_due_us;
};

struct visit *visit_take(struct front *f, const struct visit_carrier *carrier, void *link);
void visit_give(struct visit *v); /* also closes a stream that is open */
void visit_pool_free(struct front *f);
void visit_pool_trim(struct front *f);  /* the memory of those that are not in use */
uint64_t visits_taken(struct front *f); /* so far */
/* In the door's thread: cuts requests that come more slowly than VISIT_BYTES_PER_S_MIN, once they
 * have had the front's idle time. */
#define VISIT_WHOLE UINT64_MAX
#define VISIT_BYTES_PER_S_MIN 64
void visits_hurry(struct front *f, int64_t now_us);

/* "/path?query" as sent; also "http://host/path" as proxies send it. `target` lives long enough. */
void visit_target(struct visit *v, struct str target);

enum visit_way { VISIT_READ, VISIT_ANSWER_NOW, VISIT_TOO_LARGE };
/* The head is there: begins the exchange. ANSWER_NOW: a refusal that needs no body. */
enum visit_way visit_open(struct visit *v);
void visit_feed(struct visit *v, struct str bytes);
/* The request is whole. true: held, the answer may be sent once it is resumed. */
bool visit_finish(struct visit *v);

struct str visit_date(const struct visit *v); /* the header of an answer */

/* After exchange_render, where outcome.lost did not say it before: nothing of it may be sent. */
bool visit_is_lost(struct visit *v);
/* What the answer's body is, after exchange_render: TEXT may be sent as it lies in the response,
 * the others are read. */
enum visit_body { VISIT_BODY_TEXT, VISIT_BODY_PIECES, VISIT_BODY_STREAM, VISIT_BODY_HEAD };
enum visit_body visit_body(struct visit *v, uint64_t *ret_bytes); /* bytes: not of a stream */
/* Up to `max` bytes of the body from `at` on, which only goes forward. 0: the end, or, of a stream
 * that has not ended (*ret_more), held until there is more. VISIT_CUT: the plan ends the connection
 * here, in the middle of the body. */
#define VISIT_CUT SIZE_MAX
size_t visit_read(struct visit *v, uint64_t at, char *to, size_t max, bool *ret_more);

/* The answer's head and text; outside the lock. Not of one that is lost. */
void visit_render(struct visit *v);
/* Under the lock: what was pulled of a stream may leave once the journal is up to here. true: it
 * is held until then. */
bool visit_saves_stream(struct visit *v);
/* The journal has got on: resumes the answers that waited for it. Takes the lock. */
void visits_saved(void *front);
/* Under the lock: resumes the streams that have something to tell; all of them when the front
 * stops. And the answers whose time has come. */
void visits_wake(struct front *f);
void visits_resume_late(struct front *f, int64_t now_us);

#endif
