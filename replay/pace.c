#include "replay/pace.h"

#include "base/decimal.h"
#include "base/instant.h"

enum err pace_parse(struct str text, struct pace *ret_pace, struct diag *d)
{
    struct pace pace = {.kind = PACE_FLAT, .speed = PACE_ONE};
    struct diag why = DIAG_INIT;
    if (str_eq(text, STR("virtual"))) {
        pace.kind = PACE_VIRTUAL;
    } else if (str_eq(text, STR("original"))) {
        pace.kind = PACE_TIMED;
    } else if (!str_eq(text, STR("flat"))) {
        struct str number = str_ends(text, STR("x")) ? str_slice(text, 0, text.len - 1) : STR_EMPTY;
        pace.kind = PACE_TIMED;
        if (decimal_parse(number, 6, &pace.speed, &why) != ERR_OK || pace.speed <= 0 ||
            pace.speed > PACE_SPEED_MAX) {
            return fail(d, ERR_INVALID,
                        "--pace '%.*s': flat, original, virtual, or so many times as fast: 10x, "
                        "0.5x",
                        STR_ARG(str_slice(text, 0, 40)));
        }
    }
    *ret_pace = pace;
    return ERR_OK;
}

enum err pace_wait(const struct pace *pace, struct pace_run *run, struct rt *rt, int64_t first_us,
                   int64_t moment_us, struct diag *d)
{
    if (pace->kind != PACE_TIMED || moment_us == INSTANT_NEVER) {
        return ERR_OK;
    }
    if (!run->begun) {
        *run = (struct pace_run){.begun = true, .moment_us = first_us, .mono_us = rt_mono_us(rt)};
    }
    __int128 after = (__int128)(moment_us - run->moment_us) * PACE_ONE / pace->speed;
    if (after <= 0) {
        return ERR_OK;
    }
    return rt_sleep_until(rt, run->mono_us + (int64_t)after) == ERR_OK
               ? ERR_OK
               : fail(d, ERR_CANCELLED, "cancelled");
}
