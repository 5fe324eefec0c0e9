/* fence.h -- While an actor runs, nothing in the process may ask the operating system for time,
 * randomness, sleep, threads or sockets: neither our code nor a library under it. The functions of
 * libc that do are defined in fence.c, in front of libc's own; while the fence is armed on a thread
 * they name themselves and the actor, and abort. Elsewhere they are libc's. Private. */
#ifndef AFORO_SCENARIOS_SIM_FENCE_H
#define AFORO_SCENARIOS_SIM_FENCE_H

#include "base/str.h"

/* On this thread, until fence_disarm. `who` is borrowed. */
void fence_arm(struct str who);
void fence_disarm(void);

#endif
