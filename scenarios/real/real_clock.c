/* real_clock.c -- The world's clock: it began with the front's, and runs so many times as fast as
 * the wall. */
#include "real_parts.h"

#include "base/instant.h"

int64_t real_now_us(const struct real *w)
{
    int64_t passed_us = rt_mono_us(w->threads) - w->mono_origin_us;
    return w->since_origin_us + passed_us * w->options.clock.speed;
}

int64_t real_wall_us(const struct real *w)
{
    return w->options.clock.start_us + real_now_us(w);
}

/* Rounded up: a wait is never too short. */
int64_t real_mono_of(const struct real *w, int64_t since_us)
{
    int64_t speed = w->options.clock.speed;
    if (since_us == INSTANT_NEVER) {
        return INSTANT_NEVER;
    }
    int64_t ahead_us = since_us - w->since_origin_us;
    return w->mono_origin_us + (ahead_us <= 0 ? 0 : (ahead_us + speed - 1) / speed);
}
