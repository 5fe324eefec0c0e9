/* distinct_sort.c -- Entries in ascending order. Hashes are even, so a counting sort by their next
 * bits leaves runs of a few entries, which are sorted by insertion; a run that is long (a value in
 * many groups, or the same one again and again) by parts. */
#include "distinct_sort.h"

#include <string.h>

#define PART_BITS 8 /* all entries of a part share them */
#define RUN_ENTRIES 4
#define RUN_BITS_MAX 20
#define INSERTION_MAX 24

static inline bool is_less(const struct distinct_entry *x, const struct distinct_entry *y)
{
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static inline void swap(struct distinct_entry *x, struct distinct_entry *y)
{
    struct distinct_entry kept = *x;
    *x = *y;
    *y = kept;
}

static void by_insertion(struct distinct_entry *e, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct distinct_entry moved = e[i];
        size_t to = i;
        for (; to > 0 && is_less(&moved, &e[to - 1]); to--) {
            e[to] = e[to - 1];
        }
        e[to] = moved;
    }
}

/* Three ways, so that many equal ones cost nothing; the shorter side by recursion, so that it is
 * never deep. Hashes need no better pivot than the middle. */
static void by_parts(struct distinct_entry *e, size_t count)
{
    while (count > INSERTION_MAX) {
        struct distinct_entry pivot = e[count / 2];
        size_t low = 0, at = 0, high = count;
        while (at < high) {
            if (is_less(&e[at], &pivot)) {
                swap(&e[low++], &e[at++]);
            } else if (is_less(&pivot, &e[at])) {
                swap(&e[at], &e[--high]);
            } else {
                at++;
            }
        }
        if (low < count - high) {
            by_parts(e, low);
            e += high;
            count -= high;
        } else {
            by_parts(e + high, count - high);
            count = low;
        }
    }
    by_insertion(e, count);
}

static int run_bits(size_t count)
{
    int bits = 0;
    while (bits < RUN_BITS_MAX && count >> bits > RUN_ENTRIES) {
        bits++;
    }
    return bits;
}

void distinct_sort(struct arena *scratch, const struct distinct_entry *from,
                   struct distinct_entry *to, size_t count)
{
    int bits = run_bits(count), shift = 64 - PART_BITS - bits;
    size_t runs = (size_t)1 << bits, mask = runs - 1;
    struct arena_mark mark = arena_mark(scratch);
    uint32_t *ends = NEW_ARRAY(scratch, uint32_t, runs + 1);
    for (size_t i = 0; i < count; i++) {
        ends[(from[i].a >> shift & mask) + 1]++;
    }
    for (size_t i = 0; i < runs; i++) {
        ends[i + 1] += ends[i];
    }
    for (size_t i = 0; i < count; i++) { /* ends[r]: where run r begins, until it is filled */
        to[ends[from[i].a >> shift & mask]++] = from[i];
    }
    size_t begin = 0;
    for (size_t i = 0; i < runs; i++) {
        by_parts(to + begin, ends[i] - begin);
        begin = ends[i];
    }
    arena_rewind(scratch, mark);
}
