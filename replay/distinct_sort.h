/* distinct_sort.h -- The order of distinct values. Private to distinct. */
#ifndef AFORO_REPLAY_DISTINCT_SORT_H
#define AFORO_REPLAY_DISTINCT_SORT_H

#include "distinct.h"

/* Entries whose first byte is the same, ascending, into `to`; fewer than 2^32. */
void distinct_sort(struct arena *scratch, const struct distinct_entry *from,
                   struct distinct_entry *to, size_t count);

#endif
