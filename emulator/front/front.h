/* front.h -- The emulator on a port: HTTP/1.1, HTTP/2 and TLS, told apart by a connection's first
 * bytes. Threads and sockets end here. Loopback unless told otherwise. One lock around the
 * emulator; parsing and writing happen outside it. */
#ifndef AFORO_EMULATOR_FRONT_FRONT_H
#define AFORO_EMULATOR_FRONT_FRONT_H

#include "emulator/emulator.h"

struct front;
/* The emulator's time, for worlds that run faster than the wall: `start_us` when the wall shows
 * `origin_us`, and `speed` microseconds later for each that passes. speed 0: the wall's own. */
struct front_clock {
    int64_t origin_us, start_us, speed;
};
struct front_options {
    struct str address; /* empty: 127.0.0.1 */
    uint16_t port;      /* 0: any free one */
    unsigned threads;   /* 0: 2 */
    struct front_clock clock;
    struct str tls_folder; /* where the certificate authority is kept; empty: nowhere */
    /* What clients may cost, 0: the default. What is over a cap is told to come later (503). */
    unsigned idle_s;          /* nothing moves, or too little of a request (180) */
    unsigned connections_max; /* 4096, or what the limit of open files allows */
    size_t bodies_bytes_max;  /* request bodies that are being collected, together (1 GiB) */
};
/* Starts serving; lives in `a`. ERR_CONFLICT: the port is taken (the message says by whom
 * to ask). */
MUST_USE enum err front_start(struct arena *a, struct emulator *e,
                              const struct front_options *options, struct front **ret_front,
                              struct diag *d);
/* The same in two steps, for an emulator that must be told its own port: binds, then serves what
 * was bound. */
MUST_USE enum err front_listen(struct arena *a, const struct front_options *options,
                               struct front **ret_front, struct diag *d);
MUST_USE enum err front_serve(struct front *f, struct emulator *e, struct diag *d);
/* Who ends the actor that a fault kills at its call. Called under the front's lock, before the
 * caller can hear of anything; without one, a kill is an answer that is lost. NULL takes
 * it away. */
typedef void front_kill_fn(void *ctx, struct str actor, int64_t restart_us);
void front_on_kill(struct front *f, front_kill_fn *kill, void *ctx);
/* The certificate (PEM) of the authority that is kept in a folder, made when missing. */
MUST_USE enum err front_authority(struct arena *a, struct str folder, struct str *ret_pem,
                                  struct diag *d);
uint16_t front_port(const struct front *f);
/* The lock that guards the emulator while the front runs: for oracles that read its state. */
void front_lock(struct front *f);
void front_unlock(struct front *f);
/* Answers what has begun (at most 5 s), then stops all threads. Of a front that listens only: gives
 * its port back. */
void front_stop(struct front *f);

#endif
