/* front.h -- The emulator on a port: libmicrohttpd's threads and sockets end here. Loopback unless told otherwise.
 * One lock around the emulator; parsing and writing happen outside it. */
#ifndef AFORO_EMULATOR_FRONT_FRONT_H
#define AFORO_EMULATOR_FRONT_FRONT_H

#include "emulator/emulator.h"

struct front;
struct front_options {
    struct str address;         /* empty: 127.0.0.1 */
    uint16_t port;              /* 0: any free one */
    unsigned threads;           /* 0: 2 */
};
/* Starts serving; lives in `a`. ERR_CONFLICT: the port is taken (the message says by whom to ask). */
MUST_USE enum err front_start(struct arena *a, struct emulator *e, const struct front_options *options,
                              struct front **ret_front, struct diag *d);
/* The same in two steps, for an emulator that must be told its own port: binds, then serves what was bound. */
MUST_USE enum err front_listen(struct arena *a, const struct front_options *options, struct front **ret_front, struct diag *d);
MUST_USE enum err front_serve(struct front *f, struct emulator *e, struct diag *d);
uint16_t front_port(const struct front *f);
/* The lock that guards the emulator while the front runs: for oracles that read its state. */
void front_lock(struct front *f);
void front_unlock(struct front *f);
/* Answers what has begun (at most 5 s), then stops all threads. Of a front that listens only: gives its port back. */
void front_stop(struct front *f);

#endif
