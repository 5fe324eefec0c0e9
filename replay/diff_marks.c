/* diff_marks.c -- Digests of records on two sides: sorted, so that equal ones meet and cancel. */
#include "diff_parts.h"

#include <stdlib.h>

struct merging {
    struct arena *arena;
    uint64_t *counts; /* by kind */
    size_t count;     /* of differences */
};

void marks_add(struct marks *m, struct arena *a, const struct mark *mark)
{
    if (m->count == m->cap) {
        size_t cap = m->cap == 0 ? 4096 : 2 * m->cap;
        m->items = arena_grow(a, m->items, m->cap * sizeof(*mark), cap * sizeof(*mark));
        m->cap = cap;
    }
    m->items[m->count++] = *mark;
}

static int order_of(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int id_order(const struct mark *x, const struct mark *y)
{
    int order = order_of(x->id[0], y->id[0]);
    return order != 0 ? order : order_of(x->id[1], y->id[1]);
}

static int place_order(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    int order = order_of(x->object, y->object);
    return order != 0 ? order : order_of(x->ordinal, y->ordinal);
}

static int by_id_and_place(const void *a, const void *b)
{
    int order = id_order(a, b);
    return order != 0 ? order : place_order(a, b);
}

static int by_id_and_content(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    int order = id_order(x, y);
    order = order != 0 ? order : order_of(x->content, y->content);
    return order != 0 ? order : place_order(a, b);
}

static void sort_marks(struct marks *m, int (*order)(const void *, const void *))
{
    if (m->count > 1) {
        qsort(m->items, m->count, sizeof(struct mark), order);
    }
}

/* Against a warehouse: of several with one id the first, as loading takes them. */
void marks_keep_first(struct marks *m)
{
    size_t kept = 0;
    sort_marks(m, by_id_and_place);
    for (size_t i = 0; i < m->count; i++) {
        if (kept == 0 || id_order(&m->items[kept - 1], &m->items[i]) != 0) {
            m->items[kept++] = m->items[i];
        }
    }
    m->count = kept;
}

static void note(struct merging *g, enum diff_kind kind, struct mark *left, struct mark *right)
{
    uint32_t pair = (uint32_t)++g->count;
    g->counts[kind]++;
    if (left != NULL) {
        left->pair = pair;
    }
    if (right != NULL) {
        right->pair = pair;
    }
}

/* One id: equal contents cancel, what is left is paired in order, the rest is missing or extra. */
static void merge_id(struct merging *g, struct mark *x, size_t x_count, struct mark *y,
                     size_t y_count)
{
    struct mark **left = NEW_ARRAY(g->arena, struct mark *, x_count + y_count);
    struct mark **right = left + x_count;
    size_t i = 0, k = 0, lefts = 0, rights = 0;
    while (i < x_count || k < y_count) {
        int order = i == x_count ? 1 : k == y_count ? -1 : order_of(x[i].content, y[k].content);
        if (order < 0) {
            left[lefts++] = &x[i];
        } else if (order > 0) {
            right[rights++] = &y[k];
        }
        i += order <= 0;
        k += order >= 0;
    }
    for (i = 0; i < lefts || i < rights; i++) {
        note(g,
             i >= rights  ? DIFF_MISSING
             : i >= lefts ? DIFF_EXTRA
                          : DIFF_ALTERED,
             i < lefts ? left[i] : NULL, i < rights ? right[i] : NULL);
    }
}

static size_t run_of(const struct marks *m, size_t from)
{
    size_t to = from + 1;
    while (to < m->count && id_order(&m->items[from], &m->items[to]) == 0) {
        to++;
    }
    return to - from;
}

size_t marks_merge(struct marks *x, struct marks *y, struct arena *a,
                   uint64_t counts[DIFF_KIND_COUNT])
{
    struct merging g = {.arena = a, .counts = counts};
    sort_marks(x, by_id_and_content);
    sort_marks(y, by_id_and_content);
    for (size_t i = 0, k = 0; i < x->count || k < y->count;) {
        int order = i == x->count ? 1 : k == y->count ? -1 : id_order(&x->items[i], &y->items[k]);
        size_t lefts = order <= 0 ? run_of(x, i) : 0, rights = order >= 0 ? run_of(y, k) : 0;
        struct mark *one = lefts > 0 ? &x->items[i] : NULL, *two = rights > 0 ? &y->items[k] : NULL;
        if (lefts != 1 || rights != 1 || one->content != two->content) {
            merge_id(&g, one, lefts, two, rights);
        }
        i += lefts;
        k += rights;
    }
    return g.count;
}

void marks_keep_different(struct marks *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->items[i].pair > 0) {
            m->items[kept++] = m->items[i];
        }
    }
    m->count = kept;
    sort_marks(m, place_order);
}
