/* once.h -- The first record of each value, with its numbers: sums in which nothing counts twice.
 * Exact and of bounded memory: sorted runs, which go to a temporary file where memory ends, are
 * merged at the end. Values are told apart as in distinct.h. Private to replay. */
#ifndef AFORO_REPLAY_ONCE_H
#define AFORO_REPLAY_ONCE_H

#include "distinct.h"

/* An entry is ONCE_NUMBERS words and one a number: the hash as in struct distinct_entry, with the
 * group in the lowest 16 bits of the second; the record's place; the numbers. */
#define ONCE_NUMBERS 3

struct once;
/* `folder` is where the temporary file is made when one is needed. */
struct once *once_new(struct arena *a, size_t number_count, size_t bytes_max, struct str folder);
/* `place` orders records: of one value, the least is the first. */
MUST_USE enum err once_add(struct once *s, uint32_t group, struct str value, uint64_t place,
                           const int64_t *numbers, struct diag *d);
MUST_USE enum err once_add_entry(struct once *s, const uint64_t *entry, struct diag *d);
size_t once_words(const struct once *s); /* of an entry */

/* Some sets as one, `parts[i]` with its group g taken for groups[i][g]: the first entry of every
 * value, ascending. All sets have as many numbers. */
typedef enum err once_each_fn(void *ctx, const uint64_t *entry, struct diag *d);
MUST_USE enum err once_each(struct once *const *parts, const uint32_t *const *groups, size_t count,
                            once_each_fn *each, void *ctx, struct diag *d);

#endif
