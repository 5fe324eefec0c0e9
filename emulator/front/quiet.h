/* quiet.h -- Memory is given back when nothing comes. Private. */
#ifndef AFORO_EMULATOR_FRONT_QUIET_H
#define AFORO_EMULATOR_FRONT_QUIET_H

#include <stdint.h>

struct front;
/* In the door's thread, about once a second; now_us by the monotonic clock. */
void quiet_turn(struct front *f, int64_t now_us);

#endif
