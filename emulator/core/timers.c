/* timers.c -- The emulator's clock over the caller's, and the timers on it.
 * A timer fires at its own time, however late or coarse the ticks are: what happens does not depend
 * on when somebody looked. A timer that is set in the past fires at once, at the time at which it
 * was set. */
#include "base/instant.h"
#include "core_parts.h"

struct timer {
    timer_fn *fire;
    void *arg;
};

void core_timer(struct core *core, int64_t at_us, timer_fn *fire, void *arg)
{
    struct timer *timer = arena_alloc(core->arena, sizeof(*timer));
    timer->fire = fire;
    timer->arg = arg;
    heap_push(&core->timers, at_us > core->now_us ? at_us : core->now_us, 0, timer);
}

size_t clock_run_timers(struct core *core, int64_t until_us, size_t count_max)
{
    size_t fired = 0;
    struct heap_item item;
    while (fired < count_max && heap_peek(&core->timers, &item) && item.at_us <= until_us) {
        (void)heap_pop(&core->timers, &item);
        struct timer timer = *(struct timer *)item.what;
        arena_recycle(core->arena, item.what, sizeof(struct timer));
        core->now_us = item.at_us;
        timer.fire(core, timer.arg, item.at_us);
        fired++;
    }
    return fired;
}

void clock_advance(struct core *core, int64_t to_us)
{
    (void)clock_run_timers(core, to_us, SIZE_MAX);
    core->now_us = to_us;
}

int64_t core_now(const struct core *core, int64_t clock_us)
{
    return core->clock.frozen ? core->clock.frozen_us : clock_us + core->clock.offset_us;
}

void core_tick(struct core *core, int64_t clock_us)
{
    clock_advance(core, core_now(core, clock_us));
}

int64_t core_next_timer(const struct core *core)
{
    struct heap_item item;
    if (core->clock.frozen || !heap_peek(&core->timers, &item)) {
        return INSTANT_NEVER;
    }
    return item.at_us - core->clock.offset_us;
}
