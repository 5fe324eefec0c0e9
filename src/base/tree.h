/* tree.h -- An ordered map from byte strings to pointers: listings in S3's byte order, ranges,
 * neighbours. A balanced tree; every operation is O(log n). Memory of removed entries
 * is recycled. */
#ifndef AFORO_BASE_TREE_H
#define AFORO_BASE_TREE_H

#include "base/str.h"

struct tree;
struct tree_entry {
    struct str key;
    void *value;
};
struct tree *tree_new(struct arena *a);
void *tree_get(const struct tree *t, struct str key);       /* NULL when absent */
void tree_put(struct tree *t, struct str key, void *value); /* copies the key; value not NULL */
void *tree_remove(struct tree *t, struct str key);          /* what was there, or NULL */
size_t tree_count(const struct tree *t);
/* The first entry whose key is >= key (or > key when `after`); NULL at the end. Valid until a
 * change. */
const struct tree_entry *tree_seek(const struct tree *t, struct str key, bool after);
const struct tree_entry *tree_last(const struct tree *t); /* NULL when empty */
void tree_check(const struct tree *t); /* aborts where an invariant is broken: for tests */

#endif
