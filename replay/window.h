/* window.h -- Windows of the event's time by length, as groups are named: 2026-03-28T16:30. Private
 * to replay. */
#ifndef AFORO_REPLAY_WINDOW_H
#define AFORO_REPLAY_WINDOW_H

#include "base/buf.h"

/* "minute", or a length of whole seconds that divides a day: "10m", "6h", "PT15M". */
bool window_parse(struct str name, int64_t *ret_step_us);
/* The window that `us` falls into, by its beginning; with seconds where the length has some. */
void window_name(struct buf *out, int64_t us, int64_t step_us);

#endif
