/* expect.h -- What a replay must come to, and where it does not: counts, aggregates, by group,
 * exact.
 *   {"schema":1, "objects":90, "records":20000, "rows":20000, "duplicates":0, "quarantined":0,
 *    "aggregates":[{"of":"sum(delay)","equals":"154078"},
 * {"of":"count","where":"late","equals":1108},
 *                  {"of":"distinct(origin)","equals":220}],
 *    "groups":[{"by":["day","origin"],"of":["count"],"rows":{"2001-01-01/LAX":[227]}}]}
 * of: count, sum(c), min(c), max(c), distinct(c). where: a boolean column. by: day (2001-01-31),
 * month (2001-01), hour (2001-01-31T09), a window ("10m": 2001-01-31T09:20) of the event's time, or
 * a column (null: "-"); several are a list, their values joined by '/'. Unknown keys are errors. A
 * group that is expected and missing, or there and not expected, differs; "partial":true looks at
 * the expected ones only. "tolerance":"1/1000" (of the whole, of an aggregate or of groups):
 * numbers may differ by so much of what is expected. */
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
/* An expectation that nobody wrote. A query on the source: columns named as figures ("count",
 * "sum(amount)"), behind those that name a group, as in `by`. ERR_INVALID: a column is neither. */
MUST_USE enum err expect_of_query(struct arena *a, struct warehouse *source, struct str sql,
                                  struct str *ret_text, struct diag *d);
/* JUnit XML: a case for what is equal, one a difference, one an object with a problem. */
void expect_junit(struct buf *out, struct str suite, const struct expect_result *r,
                  const struct player_result *played);
/* Whether the file is one, before anything is played. */
MUST_USE enum err expect_valid(struct arena *a, struct str text, struct str name,
                               const struct definition *def, struct diag *d);
/* "N figures checked, all equal", or a table of the heaviest differences, at most lines_max of
 * them. */
void expect_table(struct buf *out, const struct expect_result *r, size_t lines_max);

#endif
