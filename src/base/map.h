/* map.h -- A hash table from strings to pointers, iterated in the order of insertion.
 * The hash has a fixed seed and no pointer enters it, so iteration is the same in every run. */
#ifndef AFORO_BASE_MAP_H
#define AFORO_BASE_MAP_H

#include "base/str.h"

struct map;
struct map *map_new(struct arena *a);
void *map_get(const struct map *m, struct str key); /* NULL when absent */
/* copies the key; replaces in place; value not NULL */
void map_put(struct map *m, struct str key, void *value);
void *map_remove(struct map *m, struct str key); /* what was there, or NULL */
size_t map_count(const struct map *m);
/* for (size_t at = 0; map_next(m, &at, &key, &value);) -- removing the current entry is allowed. */
bool map_next(const struct map *m, size_t *cursor, struct str *ret_key, void **ret_value);
void map_check(const struct map *m); /* aborts where an invariant is broken: for tests */

#endif
