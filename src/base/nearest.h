/* nearest.h -- The known name that a misspelt one most likely meant: for messages to people.
 * Distance counts insertions, deletions, replacements and swapped neighbours. */
#ifndef AFORO_BASE_NEAREST_H
#define AFORO_BASE_NEAREST_H

#include "base/str.h"

#define NEAREST_BYTES_MAX 64 /* longer names are near to nothing */

/* The first of the names with the smallest distance, when that is small for its length;
 * else empty. */
struct str nearest_name(struct str name, const struct str *names, size_t count);

#endif
