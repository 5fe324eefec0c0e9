/* distinct.h -- How many different values there are, exactly: by group and in all. A value is known
 * by 112 bits of its hash, so that two of a billion are taken for one with odds of 2^-53. Memory is
 * bounded: past it, entries go to a temporary file, and are counted a 256th part at a time. */
#ifndef AFORO_REPLAY_DISTINCT_H
#define AFORO_REPLAY_DISTINCT_H

#include "base/buf.h"

#define DISTINCT_GROUPS_MAX 65536

struct distinct;
struct distinct_entry {
    uint64_t a, b; /* b's lowest 16 bits: the group */
};
/* `folder` is where the temporary file is made when one is needed; it has no name there. */
struct distinct *distinct_new(struct arena *a, size_t bytes_max, struct str folder);
MUST_USE enum err distinct_add(struct distinct *s, uint32_t group, struct str value,
                               struct diag *d);
/* How a value is known: an entry of group 0. */
struct distinct_entry distinct_hash(struct str value);
MUST_USE enum err distinct_add_entry(struct distinct *s, struct distinct_entry entry,
                                     struct diag *d);

/* Some sets as one: `parts[i]` with its group g taken for groups[i][g]. Every different entry in
 * ascending order; is_first: no other group had the value before. */
typedef enum err distinct_each_fn(void *ctx, const struct distinct_entry *entry, bool is_first,
                                  struct diag *d);
MUST_USE enum err distinct_each(struct distinct *const *parts, const uint32_t *const *groups,
                                size_t count, distinct_each_fn *each, void *ctx, struct diag *d);

#endif
