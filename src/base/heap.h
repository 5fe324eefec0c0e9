/* heap.h -- What happens next: a heap of things ordered by (at_us, tie, seq). Timers and simulator
 * events. seq is given by the heap, so equal times and ties leave in the order in which
 * they came. */
#ifndef AFORO_BASE_HEAP_H
#define AFORO_BASE_HEAP_H

#include <stdint.h>
#include "base/arena.h"
#include <stdbool.h>

struct heap_item {
    int64_t at_us;
    uint64_t tie, seq;
    void *what;
};
struct heap {
    struct arena *arena;
    struct heap_item *items;
    size_t count, cap;
    uint64_t next_seq;
};
void heap_init(struct heap *h, struct arena *a);
void heap_push(struct heap *h, int64_t at_us, uint64_t tie, void *what);
bool heap_peek(const struct heap *h, struct heap_item *ret_item); /* false when empty */
bool heap_pop(struct heap *h, struct heap_item *ret_item);
void heap_check(const struct heap *h); /* aborts where an invariant is broken: for tests */

#endif
