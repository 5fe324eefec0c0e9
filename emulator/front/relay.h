/* relay.h -- HTTP/1.1 inside TLS: bytes between the link and a socket pair whose other end is
 * http1's. Private. */
#ifndef AFORO_EMULATOR_FRONT_RELAY_H
#define AFORO_EMULATOR_FRONT_RELAY_H

#include "link.h"

void relay_begin(struct link *l); /* after the handshake */
void relay_turn(struct link *l);
void relay_end(struct link *l);

#endif
