/* front_timers.c -- The thread that makes time pass: the emulator's timers, and answers that are to
 * come late. */
#include "front_parts.h"

static int64_t next_due(const struct front *f)
{
    struct heap_item item;
    int64_t due_us = emulator_next_timer(f->emulator);
    if (heap_peek(&f->delayed, &item) && item.at_us < due_us) {
        due_us = item.at_us;
    }
    return due_us;
}

void *timers_run(void *front)
{
    struct front *f = front;
    front_lock(f);
    while (!f->stopping) {
        int64_t now_us = front_now_us(f);
        if (emulator_next_timer(f->emulator) <= now_us) {
            emulator_tick(f->emulator, now_us);
            pthread_cond_broadcast(&f->news); /* a call out may be due */
            visits_wake(f);
        }
        visits_resume_late(f, now_us);
        int64_t due_us = next_due(f);
        if (due_us > now_us) {
            front_wait(f, due_us);
        }
    }
    visits_resume_late(f, front_now_us(f));
    visits_wake(f);
    front_unlock(f);
    return NULL;
}
