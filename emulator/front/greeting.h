/* greeting.h -- What a new connection speaks: HTTP/1.1, HTTP/2 by prior knowledge, or TLS with
 * either inside. In the door's thread. Private. */
#ifndef AFORO_EMULATOR_FRONT_GREETING_H
#define AFORO_EMULATOR_FRONT_GREETING_H

#include "door.h"

/* Something came on a link that has told nothing yet. false: its socket is http1's now, and the
 * link is to be forgotten. */
bool greeting_hear(struct link *l);
void greeting_handshake(struct link *l); /* TLS goes on, and tells what is inside once it is done */

#endif
