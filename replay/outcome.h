/* outcome.h -- What a replay (or a tally, as its kind) came to, for programs: one object of JSON.
 */
#ifndef AFORO_REPLAY_OUTCOME_H
#define AFORO_REPLAY_OUTCOME_H

#include "replay/expect.h"

/* {"schema":1,"kind":"replay","pipeline":..., counts, "problems":[...], "checked":N,
 * "differences":[...]} and a newline; the same for the same replay, but for "elapsed_ms". */
void outcome_json(struct buf *out, const char *kind, const struct definition *def,
                  const struct player_result *played, const struct expect_result *checked);

#endif
