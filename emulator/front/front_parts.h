/* front_parts.h -- What the front's files share: its threads, one lock, and the requests on their
 * way. The lock guards the emulator and the queue of delayed answers; `pool_lock` the requests that
 * are free for reuse. Never both at one time, and neither while a socket is read or written. */
#ifndef AFORO_EMULATOR_FRONT_FRONT_PARTS_H
#define AFORO_EMULATOR_FRONT_FRONT_PARTS_H

#include <microhttpd.h>
#include <pthread.h>
#include "base/heap.h"
#include "base/limits.h"
#include "front.h"

enum visit_stage { VISIT_NEW, VISIT_READING, VISIT_READY };
#define STREAM_PENDING_BYTES_MAX (16 * MIB)
struct visit { /* one request on its way: from its first line to its last byte */
    struct front *front;
    struct visit *next_free;
    struct arena *arena; /* reset between requests */
    struct MHD_Connection *connection;
    enum visit_stage stage;
    /* headers are borrowed from the connection, which outlives the request */
    struct http_request request;
    struct exchange *exchange;
    struct emulator_outcome outcome;
    bool too_large; /* what still comes is dropped, and the answer is 413 */
    /* an answer that streams: what was pulled and has not left. `waiting` and the list under the
     * lock */
    struct buf pending;
    size_t pending_sent;
    bool stream_open, stream_ended, waiting;
    struct visit *next_stream;
};
struct front {
    struct arena *arena; /* of the delayed answers; under `lock` */
    struct emulator *emulator;
    struct MHD_Daemon *daemon; /* NULL: listens only */
    unsigned threads;
    struct front_clock clock;
    int listen_socket;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t news;   /* something was queued, or the front stops */
    struct heap delayed;   /* of visits, by the time at which to answer */
    struct visit *streams; /* whose answers stream */
    bool stopping;
    front_kill_fn *kill; /* under `lock`, with its context */
    void *kill_ctx;
    pthread_t timers, outbound;
    pthread_mutex_t pool_lock;
    pthread_cond_t pool_idle; /* open_visits fell to 0 */
    struct arena *visits;     /* the visits themselves; under `pool_lock` */
    struct visit *free_visits;
    size_t open_visits;
};

int64_t front_now_us(const struct front *f); /* by the emulator's clock, like every time here */
/* Waits on `news`, at most until at_us (INSTANT_NEVER: without end). The caller holds the lock. */
void front_wait(struct front *f, int64_t at_us);

/* front_visit.c: libmicrohttpd's callbacks */
void *visit_begin(void *front, const char *uri, struct MHD_Connection *connection);
enum MHD_Result visit_handle(void *front, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_bytes, void **context);
void visit_end(void *front, struct MHD_Connection *connection, void **context,
               enum MHD_RequestTerminationCode how);
void visit_pool_free(struct front *f);
/* Resumes the streams that have something to tell; all of them when the front stops. Under the
 * lock. */
void visits_wake(struct front *f);

/* threads; each takes the front, and ends soon after `stopping` */
void *timers_run(void *front);
void *outbound_run(void *front);

#endif
