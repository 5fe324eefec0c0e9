/* pace.h -- How fast a capture is played: as fast as it goes, at the times at which its records
 * arrived (or a multiple of that), or with the arrivals as the clock. The moment of an object is
 * the arrival of its last record, when production could have loaded it: captures and failed records
 * know it, Firehose's keys tell that of the oldest; else it is the last event of what is read
 * first. Objects of all shards take turns by that (pace_order.h). */
#ifndef AFORO_REPLAY_PACE_H
#define AFORO_REPLAY_PACE_H

#include "seam/rt.h"

#define PACE_ONE 1000000 /* speed of the original */
#define PACE_SPEED_MAX (INT64_C(1000000000) * PACE_ONE)

enum pace_kind { PACE_FLAT, PACE_TIMED, PACE_VIRTUAL };
struct pace {
    enum pace_kind kind;
    int64_t speed; /* TIMED: in millionths of the original */
};
/* "flat", "original", "10x", "0.5x", "virtual". ERR_INVALID. */
MUST_USE enum err pace_parse(struct str text, struct pace *ret_pace, struct diag *d);

struct pace_run { /* zeros: not begun */
    bool begun;
    int64_t moment_us, mono_us; /* of the first object: its first moment, and ours */
};
/* Waits until it is time for what happened at `moment_us` (INSTANT_NEVER: not known, now); the
 * first call begins with `first_us`. ERR_CANCELLED. */
MUST_USE enum err pace_wait(const struct pace *pace, struct pace_run *run, struct rt *rt,
                            int64_t first_us, int64_t moment_us, struct diag *d);

#endif
