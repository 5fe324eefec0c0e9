/* list_page.h -- One page of a listing: keys of a bucket in byte order, rolled up at a delimiter.
 * Knows no protocol: ListObjects and ListObjectsV2 are two spellings of it. */
#ifndef AFORO_EMULATOR_S3_LIST_PAGE_H
#define AFORO_EMULATOR_S3_LIST_PAGE_H

#include "object.h"

struct list_query {
    struct str prefix, delimiter;
    struct str after; /* names up to and with this one were told already, or are not asked for */
    size_t max;
};
struct list_item {
    struct str name;             /* a key, or a common prefix */
    const struct object *object; /* NULL: a common prefix */
};
struct list_page {
    struct list_item *items; /* `count` of them, in byte order; names borrow the state */
    size_t count;
    bool truncated; /* there is more behind the last item */
};
/* The common prefix that `key` falls under, or the key itself. */
struct str list_name(const struct list_query *q, struct str key, bool *ret_is_prefix);
/* The first entry behind everything that begins with `prefix`. */
const struct tree_entry *list_seek_past(const struct tree *t, struct str prefix, struct arena *a);
/* Delete markers are not told. The arena takes query->max items. */
void list_page_read(const struct tree *objects, const struct list_query *query, struct arena *a,
                    struct list_page *ret_page);

#endif
