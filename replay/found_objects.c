/* found_objects.c -- The objects of a source as they are found, and in order. */
#include "source_parts.h"

#include <stdlib.h>
#include "base/limits.h"

enum err object_list_add(struct object_list *list, const struct source_object *object,
                         struct diag *d)
{
    if (list->count >= SOURCE_OBJECTS_MAX) {
        return fail(d, ERR_LIMIT, "more than %d objects", SOURCE_OBJECTS_MAX);
    }
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 64 : 2 * list->cap;
        list->items = arena_grow(list->arena, list->items, list->cap * sizeof(*object),
                                 cap * sizeof(*object));
        list->cap = cap;
    }
    struct source_object *item = &list->items[list->count++];
    *item = *object;
    item->key = str_copy(list->arena, object->key);
    item->sha256_of_raw = str_copy(list->arena, object->sha256_of_raw);
    return ERR_OK;
}

static int object_cmp(const void *a, const void *b)
{
    const struct source_object *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

enum err object_list_sort(struct object_list *list, struct diag *d)
{
    if (list->count == 0) {
        return ERR_OK;
    }
    qsort(list->items, list->count, sizeof(list->items[0]), object_cmp);
    for (size_t i = 1; i < list->count; i++) {
        if (str_eq(list->items[i - 1].key, list->items[i].key)) {
            return fail(d, ERR_INVALID, "%.*s: named twice", STR_ARG(list->items[i].key));
        }
    }
    return ERR_OK;
}
