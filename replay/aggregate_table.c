/* aggregate_table.c -- Results for people. */
#include "aggregate_parts.h"

#include <stdlib.h>
#include "base/decimal.h"
#include "base/limits.h"
#include "table.h"

static struct str number_text(struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 64);
    decimal_text(&text, value, scale);
    return buf_str(&text);
}

static struct str joined(struct arena *a, const struct aggregate_plan *plan,
                         const struct aggregate_group *g)
{
    struct buf text;
    buf_init(&text, a, 8 * MIB);
    for (size_t i = 0; i < plan->by_count; i++) {
        buf_add_z(&text, i == 0 ? "" : " / ");
        buf_add(&text, g->names[i]);
    }
    return plan->by_count == 0 ? STR("all") : buf_str(&text);
}

/* ---- one table a measure ---- */

struct line { /* a group, or all of them */
    struct str name;
    uint64_t count, distinct, once;
    bool some, sums; /* has a value of the measure; its sum fits */
    int64_t sum, once_sum, min, max;
};

static void add_line(struct table *t, struct arena *a, const struct aggregate_plan *plan,
                     const struct line *line, int scale)
{
    bool some = line->some, sums = some && line->sums;
    struct str distinct = plan->distinct.len > 0 ? table_number(a, line->distinct) : STR("-");
    struct str cells[] = {line->name,
                          table_number(a, line->count),
                          distinct,
                          sums ? number_text(a, line->sum, scale) : STR_EMPTY,
                          sums && plan->once ? number_text(a, line->once_sum, scale) : STR_EMPTY,
                          some ? number_text(a, line->min, scale) : STR_EMPTY,
                          some ? number_text(a, line->max, scale) : STR_EMPTY};
    table_add(t, cells);
}

static struct line line_of(struct arena *a, const struct aggregate_result *r,
                           const struct aggregate_group *g, size_t measure)
{
    struct line line = {
        .name = joined(a, r->plan, g), .count = g->count, .distinct = g->distinct, .once = g->once};
    if (measure < r->plan->measure_count) {
        line.some = g->mins[measure] <= g->maxs[measure];
        line.sums = true;
        line.sum = g->sums[measure];
        line.once_sum = g->once_sums[measure];
        line.min = g->mins[measure];
        line.max = g->maxs[measure];
    }
    return line;
}

static void line_add(struct line *all, const struct line *line)
{
    all->count += line->count;
    all->some = all->some || line->some;
    all->sums = all->sums && !__builtin_add_overflow(all->sum, line->sum, &all->sum) &&
                !__builtin_add_overflow(all->once_sum, line->once_sum, &all->once_sum);
    all->min = line->min < all->min ? line->min : all->min;
    all->max = line->max > all->max ? line->max : all->max;
}

static void measure_table(struct buf *out, struct arena *a, const struct aggregate_result *r,
                          const struct aggregate_group *const *groups, size_t shown, size_t measure)
{
    bool any = measure < r->plan->measure_count;
    const struct aggregate_measure *m = any ? &r->plan->measures[measure] : NULL;
    int scale = any ? m->scale : 0;
    struct table *t = table_new(a, "lrrrrrr");
    struct str head[] = {STR("group"),
                         STR("count"),
                         STR("distinct"),
                         any ? str_printf(a, "sum(%.*s)", STR_ARG(m->column)) : STR_EMPTY,
                         any && r->plan->once ? STR("each once") : STR_EMPTY,
                         any ? STR("min") : STR_EMPTY,
                         any ? STR("max") : STR_EMPTY};
    struct line all = {.name = STR("all"),
                       .distinct = r->distinct,
                       .sums = any,
                       .min = INT64_MAX,
                       .max = INT64_MIN};
    table_add(t, head);
    for (size_t i = 0; i < r->group_count; i++) {
        struct line line = line_of(a, r, groups[i], measure);
        line_add(&all, &line);
        if (i < shown) {
            add_line(t, a, r->plan, &line, scale);
        }
    }
    if (r->group_count > 1) {
        add_line(t, a, r->plan, &all, scale);
    }
    table_write(out, t);
}

/* ---- the whole ---- */

static int larger_first(const void *left, const void *right)
{
    const struct aggregate_group *const *x = left, *const *y = right;
    if ((*x)->count != (*y)->count) {
        return (*x)->count > (*y)->count ? -1 : 1;
    }
    return *x < *y ? -1 : *x > *y; /* as they stand in the result: by name */
}

static const struct aggregate_group **ordered(struct arena *a, const struct aggregate_result *r,
                                              bool by_size)
{
    const struct aggregate_group **groups =
        NEW_ARRAY(a, const struct aggregate_group *, r->group_count);
    for (size_t i = 0; i < r->group_count; i++) {
        groups[i] = &r->groups[i];
    }
    if (by_size && r->group_count > 0) {
        qsort(groups, r->group_count, sizeof(groups[0]), larger_first);
    }
    return groups;
}

static void add_fact(struct table *t, struct str name, struct str value, struct str note)
{
    const struct str cells[] = {name, value, note};
    table_add(t, cells);
}

static void add_facts(struct table *t, struct arena *a, const struct aggregate_result *r)
{
    const struct aggregate_counts *c = &r->counts;
    const struct {
        const char *name;
        uint64_t count;
    } lines[] = {{"objects", c->objects},   {"with a problem", c->problems},
                 {"records", c->records},   {"rows", c->rows},
                 {"filtered", c->filtered}, {"quarantined", c->quarantined}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        add_fact(t, str_of(lines[i].name), table_number(a, lines[i].count), STR_EMPTY);
    }
    if (r->plan->distinct.len > 0) {
        add_fact(t, str_printf(a, "distinct %.*s", STR_ARG(r->plan->distinct)),
                 table_number(a, r->distinct), STR_EMPTY);
    }
    if (r->plan->once) {
        add_fact(t, STR("repeats"), table_number(a, c->rows - r->once), STR_EMPTY);
    }
    if (r->group_count > 1) {
        const struct aggregate_group *peak = ordered(a, r, true)[0];
        add_fact(t, STR("largest group"), table_number(a, peak->count), joined(a, r->plan, peak));
    }
}

void aggregate_table(struct buf *out, struct arena *a, const struct aggregate_result *r, size_t top)
{
    struct table *t = table_new(a, "lrl");
    add_facts(t, a, r);
    table_write(out, t);
    const struct aggregate_group *const *groups = ordered(a, r, top > 0);
    size_t shown = top > 0 && top < r->group_count ? top : r->group_count;
    size_t tables = r->plan->measure_count == 0 ? 1 : r->plan->measure_count;
    for (size_t i = 0; i < tables; i++) {
        buf_add_char(out, '\n');
        measure_table(out, a, r, groups, shown, i);
    }
    if (shown < r->group_count) {
        buf_addf(out, "  and %zu smaller groups\n", r->group_count - shown);
    }
}
