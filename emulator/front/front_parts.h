/* front_parts.h -- What the front's files share: its threads, one lock, and the requests on their
 * way. The lock guards the emulator, the queue of delayed answers and what is held; `pool_lock` the
 * requests that are free for reuse. Never both at one time, and neither while a socket is read or
 * written.
 *   door.c      accepts and loops; greeting.c tells by the first bytes what a connection speaks
 *   http1.c     HTTP/1.1 (libmicrohttpd)      http2.c  HTTP/2 (nghttp2), in the door's thread
 *   tls.c       TLS (OpenSSL)                 relay.c  HTTP/1.1 inside TLS, to http1
 *   no_gnutls.c   what libmicrohttpd names and never calls
 *   quiet.c       gives memory back when nothing comes
 *   visit.c     one request of either         front_timers.c, front_outbound.c: threads */
#ifndef AFORO_EMULATOR_FRONT_FRONT_PARTS_H
#define AFORO_EMULATOR_FRONT_FRONT_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/heap.h"
#include "visit.h"

struct MHD_Daemon;
struct door;
struct front {
    struct arena *arena; /* of the delayed answers; under `lock` */
    struct emulator *emulator;
    struct MHD_Daemon *http1; /* NULL: listens only */
    struct door *door;
    unsigned threads;
    struct front_clock clock;
    struct str tls_folder;
    unsigned idle_s, connections_max;
    size_t bodies_bytes_max;
    int listen_socket;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t news;   /* something was queued, or the front stops */
    struct heap delayed;   /* of visits, by the time at which to answer */
    struct visit *streams; /* whose answers stream */
    struct visit *saving;  /* held until the journal is on the disk */
    bool stopping;
    bool outbound_waits; /* for the journal, on `news` */
    front_kill_fn *kill; /* under `lock`, with its context */
    void *kill_ctx;
    pthread_t timers, outbound;
    pthread_mutex_t pool_lock;
    pthread_cond_t pool_idle; /* open_visits fell to 0 */
    struct arena *visits;     /* the visits themselves; under `pool_lock` */
    struct visit *free_visits;
    struct visit *visits_open; /* a list, the newest first */
    size_t open_visits;
    uint64_t visits_taken; /* so far */
    struct front_quiet {
        uint64_t taken;         /* when it was looked at last */
        int64_t since_us;       /* by the monotonic clock */
        bool owes;              /* memory */
    } quiet;                    /* of the door's thread */
    atomic_size_t bodies_bytes; /* collected by all that are open */
};

int64_t front_now_us(const struct front *f); /* by the emulator's clock, like every time here */
/* Waits on `news`, at most until at_us (INSTANT_NEVER: without end). The caller holds the lock. */
void front_wait(struct front *f, int64_t at_us);

/* threads; each takes the front, and ends soon after `stopping` */
void *timers_run(void *front);
void *outbound_run(void *front);

#endif
