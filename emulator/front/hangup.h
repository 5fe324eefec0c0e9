/* hangup.h -- Ends of stream that libmicrohttpd misses: it reads by edges, and an end that comes
 * together with the last bytes makes none. The door watches for them, and once those bytes are read
 * makes the edge itself. Private, of the door's thread. */
#ifndef AFORO_EMULATOR_FRONT_HANGUP_H
#define AFORO_EMULATOR_FRONT_HANGUP_H

#include "link.h"

struct hangup;
/* Before the socket is given to http1. A mark in the event's data tells these events from watches.
 */
void hangup_watch(struct door *door, int fd);
bool hangup_is(uint64_t event_data);
void hangup_heard(struct door *door, uint64_t event_data);
/* Looks at those that were heard; true: some still have bytes that nobody has read. */
bool hangup_sweep(struct door *door);

#endif
