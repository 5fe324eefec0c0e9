/* journaling.h -- What goes into the journal, and when: the way there; replay.c is the way back.
 * Invariants:
 * 1. Whatever changes the state from outside is an entry, in the order in which it was applied:
 *    calls that may change something and did not refuse, the clock's orders, resets, answers to
 *    calls out; of records that were put, the effect instead of the call. What follows from them
 * (timers, calls inside, ids) follows again.
 * 2. No answer leaves before what it tells is saved, a read's neither: journal_end of the outcome.
 * 3. Where the journal has failed, nothing is changed any more. Private. */
#ifndef AFORO_EMULATOR_CORE_JOURNALING_H
#define AFORO_EMULATOR_CORE_JOURNALING_H

#include "core_parts.h"

struct passage;
struct blob;
struct record_body { /* of a body that was taken in pieces */
    struct blob *blob;
    struct str facts;
    bool too_large; /* its taker cannot keep it, and it is larger than is kept here */
};
struct record_ids { /* where the counters stood before the handler ran */
    uint64_t request_count, uuid_count, random_count;
};

/* Of a body that is taken: also has to be collected, since its taker cannot keep it. */
bool record_collects(const struct passage *p);
void record_prepare(struct passage *p); /* outside the lock, once the body is whole */
/* false: it has refused, since what it may change could not be kept. */
bool record_may_change(struct passage *p);
/* Before the handler runs. */
struct record_ids record_begin(const struct passage *p);
void record_call(struct passage *p, int64_t clock_us, const struct record_ids *ids);
void record_control(struct passage *p, int64_t clock_us);
void record_session(struct core *core, int64_t clock_us, bool fresh);
void record_answer(struct core *core, uint64_t id, int status, struct str body, int64_t now_us);
/* 0: there is no journal, or it has failed: then it is read only. */
uint64_t record_end(const struct core *core);

#endif
