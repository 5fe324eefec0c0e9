#include "window.h"

#include "base/instant.h"

bool window_parse(struct str name, int64_t *ret_step_us)
{
    struct diag none = DIAG_INIT;
    if (str_eq(name, STR("minute"))) {
        *ret_step_us = US_PER_MINUTE;
        return true;
    }
    return duration_parse(name, ret_step_us, &none) == ERR_OK && *ret_step_us >= US_PER_S &&
           *ret_step_us <= US_PER_DAY && *ret_step_us % US_PER_S == 0 &&
           US_PER_DAY % *ret_step_us == 0;
}

void window_name(struct buf *out, int64_t us, int64_t step_us)
{
    struct civil at = instant_civil(instant_floor(us, step_us));
    buf_addf(out, "%04d-%02d-%02dT%02d:%02d", at.year, at.month, at.day, at.hour, at.minute);
    if (step_us % US_PER_MINUTE != 0) {
        buf_addf(out, ":%02d", at.second);
    }
}
