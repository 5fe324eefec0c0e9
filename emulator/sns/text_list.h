/* text_list.h -- A short list of texts by name, in the order in which they came: a topic's
 * attributes, its tags, what a subscription was given. Lives in the state's arena. */
#ifndef AFORO_EMULATOR_SNS_TEXT_LIST_H
#define AFORO_EMULATOR_SNS_TEXT_LIST_H

#include "base/arena.h"
#include "base/str.h"

struct text_item {
    struct text_item *next;
    struct str name, value; /* behind it, in the block */
    size_t block_bytes;
};
struct text_list {
    struct text_item *first;
    size_t count;
};
const struct text_item *text_list_find(const struct text_list *list, struct str name);
/* Empty where there is none. */
struct str text_list_get(const struct text_list *list, const char *name);
/* Copies both. What is there already keeps its place. */
void text_list_set(struct text_list *list, struct arena *a, struct str name, struct str value);
void text_list_drop(struct text_list *list, struct arena *a, struct str name);
void text_list_clear(struct text_list *list, struct arena *a);

#endif
