/* text_list.c -- One block for each item: name and value lie behind it. */
#include "text_list.h"
#include <string.h>

static struct text_item **place_of(struct text_list *list, struct str name)
{
    struct text_item **at = &list->first;
    while (*at != NULL && !str_eq((*at)->name, name)) {
        at = &(*at)->next;
    }
    return at;
}

const struct text_item *text_list_find(const struct text_list *list, struct str name)
{
    const struct text_item *at = list->first;
    while (at != NULL && !str_eq(at->name, name)) {
        at = at->next;
    }
    return at;
}

struct str text_list_get(const struct text_list *list, const char *name)
{
    const struct text_item *item = text_list_find(list, str_of(name));
    return item == NULL ? STR_EMPTY : item->value;
}

static struct str keep(char *to, struct str s)
{
    if (s.len > 0) {
        memcpy(to, s.ptr, s.len);
    }
    return str_n(to, s.len);
}

void text_list_set(struct text_list *list, struct arena *a, struct str name, struct str value)
{
    size_t bytes = sizeof(struct text_item) + name.len + value.len;
    struct text_item *item = arena_alloc_raw(a, bytes);
    char *texts = (char *)(item + 1);
    struct text_item **place = place_of(list, name), *old = *place;
    *item = (struct text_item){.block_bytes = bytes, .next = old == NULL ? NULL : old->next};
    item->name = keep(texts, name);
    item->value = keep(texts + name.len, value);
    *place = item;
    if (old == NULL) {
        list->count++;
    } else {
        arena_recycle(a, old, old->block_bytes);
    }
}

void text_list_drop(struct text_list *list, struct arena *a, struct str name)
{
    struct text_item **place = place_of(list, name), *old = *place;
    if (old != NULL) {
        *place = old->next;
        list->count--;
        arena_recycle(a, old, old->block_bytes);
    }
}

void text_list_clear(struct text_list *list, struct arena *a)
{
    while (list->first != NULL) {
        text_list_drop(list, a, list->first->name);
    }
}
