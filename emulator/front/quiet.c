/* quiet.c -- Gives memory back once no request has come for a while.
 *
 * What requests gave back is kept for the next ones (their arenas in the pool; free blocks in the
 * heap of each thread, between what the state still holds), since fresh pages cost more than what
 * is done with them. Without this a server would stay as large as its busiest moment for ever. */
#include "quiet.h"

#include <malloc.h>
#include "front_parts.h"

#define QUIET_US (2 * US_PER_S)

void quiet_turn(struct front *f, int64_t now_us)
{
    struct front_quiet *q = &f->quiet;
    uint64_t taken = visits_taken(f);
    if (taken != q->taken) {
        *q = (struct front_quiet){.taken = taken, .since_us = now_us, .owes = true};
    } else if (q->owes && now_us - q->since_us >= QUIET_US) {
        q->owes = false;
        visit_pool_trim(f);
        (void)malloc_trim(0); /* of all threads' heaps */
    }
}
