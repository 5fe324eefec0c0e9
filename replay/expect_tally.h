/* expect_tally.h -- The same expectations of a tally: what has to be counted for them, and whether
 * it comes to what they say. As in loading each event id counts once, by its first record; least,
 * greatest and distinct values are of all records, so they differ from a replay's where a repeat
 * says something else than the record that it repeats. */
#ifndef AFORO_REPLAY_EXPECT_TALLY_H
#define AFORO_REPLAY_EXPECT_TALLY_H

#include "replay/aggregate_run.h"
#include "replay/expect.h"

#define EXPECT_TALLY_TEXTS_MAX 8
struct expect_tally;
/* Any number of texts is added to one tally, and known by the order. */
struct expect_tally *expect_tally_new(struct arena *a, const struct definition *def);
/* ERR_INVALID as expect_valid. ERR_UNSUPPORTED: least or greatest of a text column; a window that a
 * column has the name of. ERR_LIMIT: too many groupings. */
MUST_USE enum err expect_tally_add(struct expect_tally *t, struct str text, struct str name,
                                   struct diag *d);
/* For aggregate_run_options.more; valid until the next text is added. */
const struct aggregate_plan *expect_tally_plans(const struct expect_tally *t, size_t *ret_count);
/* What a replay would have said of the run: its counts, with repeats as duplicates, and problems.
 */
struct player_result expect_tally_played(const struct expect_tally *t,
                                         const struct aggregate_run_result *run);
/* The text that was added as the index-th, from 0. */
MUST_USE enum err expect_tally_check(struct arena *a, struct expect_tally *t, size_t index,
                                     const struct aggregate_run_result *run,
                                     struct expect_result *ret_result, struct diag *d);

#endif
