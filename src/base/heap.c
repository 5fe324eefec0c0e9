#include "base/heap.h"

#include "base/err.h"

#define HEAP_COUNT_FIRST ((size_t)16)

void heap_init(struct heap *h, struct arena *a)
{
    *h = (struct heap){.arena = a};
}

static bool item_before(const struct heap_item *x, const struct heap_item *y)
{
    if (x->at_us != y->at_us) {
        return x->at_us < y->at_us;
    }
    if (x->tie != y->tie) {
        return x->tie < y->tie;
    }
    return x->seq < y->seq;
}

void heap_push(struct heap *h, int64_t at_us, uint64_t tie, void *what)
{
    if (h->count == h->cap) {
        size_t cap = h->cap == 0 ? HEAP_COUNT_FIRST : h->cap * 2;
        h->items = arena_grow(h->arena, h->items, h->cap * sizeof(struct heap_item),
                              cap * sizeof(struct heap_item));
        h->cap = cap;
    }
    struct heap_item item = {.at_us = at_us, .tie = tie, .seq = h->next_seq++, .what = what};
    size_t at = h->count++;
    while (at > 0 && item_before(&item, &h->items[(at - 1) / 2])) {
        h->items[at] = h->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    h->items[at] = item;
}

bool heap_peek(const struct heap *h, struct heap_item *ret_item)
{
    if (h->count == 0) {
        return false;
    }
    *ret_item = h->items[0];
    return true;
}

bool heap_pop(struct heap *h, struct heap_item *ret_item)
{
    if (!heap_peek(h, ret_item)) {
        return false;
    }
    struct heap_item item = h->items[--h->count];
    size_t at = 0;
    for (size_t child = 1; child < h->count; child = 2 * at + 1) {
        if (child + 1 < h->count && item_before(&h->items[child + 1], &h->items[child])) {
            child++;
        }
        if (!item_before(&h->items[child], &item)) {
            break;
        }
        h->items[at] = h->items[child];
        at = child;
    }
    h->items[at] = item;
    return true;
}

void heap_check(const struct heap *h)
{
    for (size_t at = 1; at < h->count; at++) {
        ASSERT(!item_before(&h->items[at], &h->items[(at - 1) / 2]));
        ASSERT(h->items[at].seq < h->next_seq);
    }
    ASSERT(h->count <= h->cap);
}
