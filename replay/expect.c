/* expect.c -- The figures of a replay beside the expected ones. Numbers are compared as numbers of
 * their column's scale ("58635.56" is "58635.560"), everything else as text. */
#include "expect_parts.h"

#include <stdlib.h>
#include "base/decimal.h"
#include "base/map.h"

struct weighed { /* a difference, and where it stands */
    struct expect_line line;
    bool total;     /* of the replay as a whole: these stand first, small as they may be */
    int64_t weight; /* of the difference, in units of 10^-9, as far as that fits */
    size_t order;
};
struct comparing {
    struct arena *arena;
    uint64_t checked;
    struct weighed *items;
    size_t count, cap;
};

struct comparing *comparing_new(struct arena *a)
{
    struct comparing *c = NEW(a, struct comparing);
    c->arena = a;
    return c;
}

/* ---- one figure ---- */

static struct weighed *add_difference(struct comparing *c)
{
    if (c->count == c->cap) {
        size_t cap = c->cap == 0 ? 64 : 2 * c->cap;
        c->items =
            arena_grow(c->arena, c->items, c->cap * sizeof(c->items[0]), cap * sizeof(c->items[0]));
        c->cap = cap;
    }
    c->items[c->count] = (struct weighed){.order = c->count};
    return &c->items[c->count++];
}

static bool number_of(struct str text, int scale, int64_t *ret_value)
{
    struct diag ignored = DIAG_INIT;
    *ret_value = 0;
    return str_eq(text, FIGURE_NULL) || decimal_parse(text, scale, ret_value, &ignored) == ERR_OK;
}

static int64_t weight_of(int64_t difference, int scale)
{
    struct diag ignored = DIAG_INIT;
    int64_t weight;
    int64_t size = difference == INT64_MIN ? INT64_MAX : llabs(difference);
    return decimal_rescale(size, scale, DECIMAL_SCALE_MAX, &weight, &ignored) == ERR_OK ? weight
                                                                                        : INT64_MAX;
}

static void note_difference(struct comparing *c, struct str what, struct str group,
                            const struct figure *f, struct str expected, struct str found)
{
    struct weighed *w = add_difference(c);
    int64_t x, y, difference;
    w->line = (struct expect_line){.what = what,
                                   .group = group,
                                   .expected = expected,
                                   .found = found,
                                   .difference = STR_EMPTY};
    if (f->is_number && number_of(expected, f->scale, &x) && number_of(found, f->scale, &y) &&
        !__builtin_sub_overflow(y, x, &difference)) {
        struct buf text;
        buf_init(&text, c->arena, 64);
        buf_add_z(&text, difference > 0 ? "+" : "");
        decimal_text_short(&text, difference, f->scale);
        w->line.difference = buf_str(&text);
        w->weight = weight_of(difference, f->scale);
    }
}

/* |found - expected| <= |expected| * tolerance, exactly. */
static bool is_within(int64_t expected, int64_t found, struct ratio tolerance)
{
    __int128 difference = (__int128)found - expected, size = expected;
    difference = difference < 0 ? -difference : difference;
    size = size < 0 ? -size : size;
    return difference * tolerance.den <= size * tolerance.num;
}

static bool is_equal(const struct figure *f, struct str expected, struct str found,
                     struct ratio tolerance)
{
    int64_t x, y;
    if (str_eq(expected, found)) {
        return true;
    }
    return f->is_number && !str_eq(expected, FIGURE_NULL) && !str_eq(found, FIGURE_NULL) &&
           number_of(expected, f->scale, &x) && number_of(found, f->scale, &y) &&
           is_within(x, y, tolerance);
}

void comparing_add(struct comparing *c, const struct compared *x, struct ratio tolerance)
{
    c->checked++;
    if (!is_equal(x->figure, x->expected, x->found, tolerance)) {
        note_difference(c, x->what, x->group, x->figure, x->expected, x->found);
    }
}

/* ---- totals and aggregates ---- */

static void compare_totals(struct comparing *c, const struct expectation *e,
                           const struct player_result *played)
{
    const struct figure count = {.kind = FIGURE_COUNT, .is_number = true};
    const uint64_t found[EXPECTATION_TOTAL_COUNT] = {
        played->objects,           played->counts.records,     played->counts.rows,
        played->counts.duplicates, played->counts.quarantined, played->counts.filtered};
    for (size_t i = 0; i < e->total_count; i++) {
        size_t k = 0;
        while (!str_eq(expectation_totals[k], e->totals[i].name)) {
            k++;
        }
        struct str text = str_printf(c->arena, "%llu", (unsigned long long)found[k]);
        comparing_add(
            c, &(struct compared){e->totals[i].name, STR_EMPTY, &count, e->totals[i].equals, text},
            e->tolerance);
    }
}

static enum err compare_single(struct comparing *c, const struct single *single,
                               const struct figure_source *source, struct diag *d)
{
    struct str found;
    struct str what = single->figure.text;
    if (single->where != NULL) {
        what = str_printf(c->arena, "%.*s where %.*s", STR_ARG(what), STR_ARG(single->where->name));
    }
    TRY(source->single(source->ctx, c->arena, single, &found, d));
    comparing_add(c, &(struct compared){what, STR_EMPTY, &single->figure, single->equals, found},
                  single->tolerance);
    return ERR_OK;
}

/* ---- groups ---- */

/* "sum(delay)", or "sum(delay) by origin": a day's name tells what it is, a column's value does
 * not. */
static struct str group_what(struct comparing *c, const struct grouping *g, size_t figure)
{
    struct buf text;
    bool any = false;
    buf_init(&text, c->arena, 4096);
    buf_add(&text, g->figures[figure].text);
    for (size_t i = 0; i < g->part_count; i++) {
        if (g->parts[i].by == GROUP_COLUMN) {
            buf_addf(&text, "%s%.*s", any ? ", " : " by ", STR_ARG(g->parts[i].column->name));
            any = true;
        }
    }
    return buf_str(&text);
}

static void compare_row(struct comparing *c, const struct grouping *g, struct str name,
                        const struct json *expected, const struct group_row *found)
{
    const struct json *value = expected == NULL ? NULL : expected->first;
    for (size_t i = 0; i < g->figure_count; i++) {
        struct str x = value == NULL ? FIGURE_NULL : json_str(value);
        struct str y = found == NULL ? FIGURE_NULL : found->values[i];
        if (expected == NULL || found == NULL) {
            c->checked++;
            note_difference(c, group_what(c, g, i), name, &g->figures[i], x, y);
        } else {
            comparing_add(c, &(struct compared){group_what(c, g, i), name, &g->figures[i], x, y},
                          g->tolerance);
        }
        value = value == NULL ? NULL : value->next;
    }
}

static int row_cmp(const void *a, const void *b)
{
    const struct group_row *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

static enum err compare_grouping(struct comparing *c, const struct grouping *g,
                                 const struct figure_source *source, struct diag *d)
{
    struct group_row *rows;
    size_t count;
    TRY(source->grouping(source->ctx, c->arena, g, &rows, &count, d));
    if (count > 0) { /* in byte order, whatever a database makes of null and of letters */
        qsort(rows, count, sizeof(rows[0]), row_cmp);
    }
    struct map *found = map_new(c->arena), *expected = map_new(c->arena);
    for (size_t i = 0; i < count; i++) {
        map_put(found, rows[i].name, &rows[i]);
    }
    for (struct json *row = g->rows->first; row != NULL; row = row->next) {
        map_put(expected, row->key, row);
        compare_row(c, g, row->key, row, map_get(found, row->key));
    }
    for (size_t i = 0; !g->partial && i < count; i++) {
        if (map_get(expected, rows[i].name) == NULL) {
            compare_row(c, g, rows[i].name, NULL, &rows[i]);
        }
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static int heavier_first(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;
    if (x->total != y->total) {
        return x->total ? -1 : 1;
    }
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

void comparing_end(struct comparing *c, struct expect_result *ret_result)
{
    if (c->count > 0) {
        qsort(c->items, c->count, sizeof(c->items[0]), heavier_first);
    }
    struct expect_line *lines = NEW_ARRAY(c->arena, struct expect_line, c->count);
    for (size_t i = 0; i < c->count; i++) {
        lines[i] = c->items[i].line;
    }
    *ret_result = (struct expect_result){.checked = c->checked, .lines = lines, .count = c->count};
}

enum err expectation_compare(struct arena *a, const struct expectation *e,
                             const struct figure_source *found, const struct player_result *played,
                             struct expect_result *ret_result, struct diag *d)
{
    struct comparing c = {.arena = a};
    compare_totals(&c, e, played);
    for (size_t i = 0; i < c.count; i++) {
        c.items[i].total = true;
    }
    for (size_t i = 0; i < e->single_count; i++) {
        TRY(compare_single(&c, &e->singles[i], found, d));
    }
    for (size_t i = 0; i < e->grouping_count; i++) {
        TRY(compare_grouping(&c, &e->groupings[i], found, d));
    }
    comparing_end(&c, ret_result);
    return ERR_OK;
}

enum err expect_check(struct arena *a, struct str text, struct str name,
                      const struct definition *def, struct warehouse *w,
                      const struct player_result *played, struct expect_result *ret_result,
                      struct diag *d)
{
    struct expectation e;
    struct figure_query query = {.def = def, .warehouse = w};
    struct figure_source found = figure_query_source(&query);
    TRY(expectation_read(a, text, name, def, &e, d));
    return expectation_compare(a, &e, &found, played, ret_result, d);
}

enum err expect_valid(struct arena *a, struct str text, struct str name,
                      const struct definition *def, struct diag *d)
{
    struct expectation e;
    return expectation_read(a, text, name, def, &e, d);
}
