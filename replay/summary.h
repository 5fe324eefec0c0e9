/* summary.h -- What a replay did, for people: counts, what is in quarantine and why, speed,
 * problems. */
#ifndef AFORO_REPLAY_SUMMARY_H
#define AFORO_REPLAY_SUMMARY_H

#include "replay/player.h"

/* Appends a table. Reasons of the quarantine are asked of the warehouse: of all that this pipeline
 * has there. */
MUST_USE enum err summary_write(struct buf *out, struct arena *a, const struct definition *def,
                                struct warehouse *w, const struct player_result *played,
                                struct diag *d);
/* Appends the problems, one a line, and at most lines_max of them; nothing when there are none. */
void summary_problems(struct buf *out, struct arena *a, const struct player_result *played,
                      size_t lines_max);

#endif
