/* expect.h -- What a replay must come to, and where it does not: counts, aggregates, by group,
 * exact.
 *   {"schema":1, "objects":90, "records":20000, "rows":20000, "duplicates":0, "quarantined":0,
 *    "aggregates":[{"of":"sum(delay)","equals":"154078"},
 * {"of":"count","where":"late","equals":1108},
 *                  {"of":"distinct(origin)","equals":220}],
 *    "groups":[{"by":"day","of":["count","sum(delay)"],"rows":{"2001-01-01":[227,"1523"]}}]}
 * of: count, sum(c), min(c), max(c), distinct(c). where: a boolean column. by: day (2001-01-31),
 * month (2001-01), hour (2001-01-31T09) of the event's time, or a column (null: "-"). Unknown keys
 * are errors. A group that is expected and missing, or there and not expected, differs. */
#ifndef AFORO_REPLAY_EXPECT_H
#define AFORO_REPLAY_EXPECT_H

#include "replay/player.h"

struct expect_line {
    struct str what, group;     /* "sum(delay)", "2001-01-31" or "" */
    struct str expected, found; /* as text; "-" missing */
    struct str difference;      /* found - expected where both are numbers, else "" */
};
struct expect_result {
    uint64_t checked;          /* figures compared */
    struct expect_line *lines; /* what differs: totals of the replay, then heaviest first */
    size_t count;
};
/* `name` is for messages: ERR_INVALID "name:line:column: ...". */
MUST_USE enum err expect_check(struct arena *a, struct str text, struct str name,
                               const struct definition *def, struct warehouse *w,
                               const struct player_result *played, struct expect_result *ret_result,
                               struct diag *d);
/* Whether the file is one, before anything is played. */
MUST_USE enum err expect_valid(struct arena *a, struct str text, struct str name,
                               const struct definition *def, struct diag *d);
/* "N figures checked, all equal", or a table of the heaviest differences, at most lines_max of
 * them. */
void expect_table(struct buf *out, const struct expect_result *r, size_t lines_max);

#endif
