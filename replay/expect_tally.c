/* expect_tally.c -- A figure is found in the aggregate of a plan: the one of the same groups, and,
 * where the figure counts distinct values, of the same column. Plans are made as figures ask for
 * them, and found again by the same questions. A condition is a grouping by its column, of which
 * the group "true" counts.
 *
 *  1. Plan 0 has no groups: it knows the counts of the whole. */
#include "replay/expect_tally.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "expect_parts.h"
#include "window.h"

#define GROUP_BYTES_MAX (8 * MIB)

struct expect_tally {
    struct arena *arena;
    const struct definition *def;
    struct expectation expectations[EXPECT_TALLY_TEXTS_MAX];
    size_t expectation_count;
    struct aggregate_plan plans[AGGREGATE_MORE_MAX];
    size_t plan_count;
    const struct aggregate_run_result *run; /* of the check that is under way */
};

/* ---- plans ---- */

struct grouped { /* what a group is named by, as in a plan */
    struct str by[GROUP_PARTS_MAX];
    size_t count;
};

static bool column_of(const struct expect_tally *t, struct str name)
{
    for (size_t i = 0; i < t->def->column_count; i++) {
        if (str_eq(t->def->columns[i].name, name)) {
            return true;
        }
    }
    return false;
}

static enum err part_name(const struct expect_tally *t, const struct group_part *p,
                          struct str *ret_name, struct diag *d)
{
    static const struct str names[] = {[GROUP_DAY] = STR_INIT("day"),
                                       [GROUP_MONTH] = STR_INIT("month"),
                                       [GROUP_HOUR] = STR_INIT("hour")};
    if (p->by == GROUP_COLUMN) {
        *ret_name = p->column->name;
        return ERR_OK;
    }
    if (p->by == GROUP_WINDOW) {
        *ret_name = str_printf(t->arena, "%llds", (long long)(p->step_us / US_PER_S));
        return ERR_OK;
    }
    *ret_name = names[p->by];
    return column_of(t, *ret_name)
               ? fail(d, ERR_UNSUPPORTED, "by %.*s: in a tally the column is meant by that",
                      STR_ARG(*ret_name))
               : ERR_OK;
}

static enum err grouping_by(const struct expect_tally *t, const struct grouping *g,
                            struct grouped *ret_by, struct diag *d)
{
    for (ret_by->count = 0; ret_by->count < g->part_count; ret_by->count++) {
        TRY(part_name(t, &g->parts[ret_by->count], &ret_by->by[ret_by->count], d));
    }
    return ERR_OK;
}

static struct grouped single_by(const struct single *s)
{
    struct grouped by = {.count = s->where == NULL ? 0 : 1};
    by.by[0] = s->where == NULL ? STR_EMPTY : s->where->name;
    return by;
}

/* The plan that a figure of these groups is found in, without its measures. */
static struct aggregate_plan plan_of(const struct expect_tally *t, const struct grouped *by,
                                     const struct figure *f)
{
    const struct definition *def = t->def;
    struct str id = def->columns[def->id_column].name;
    bool by_id = !def->id_by_position;
    bool of_column = f->kind == FIGURE_DISTINCT && !(by_id && str_eq(f->column->name, id));
    struct aggregate_plan plan = {.pipeline = def->name, .by_count = by->count};
    for (size_t i = 0; i < by->count; i++) {
        plan.by[i] = by->by[i];
    }
    plan.once = by_id && !of_column;
    plan.distinct = of_column ? f->column->name : by_id ? id : STR_EMPTY;
    return plan;
}

static size_t plan_find(const struct expect_tally *t, const struct aggregate_plan *plan)
{
    size_t i = 0;
    for (; i < t->plan_count; i++) {
        const struct aggregate_plan *p = &t->plans[i];
        bool same = p->once == plan->once && str_eq(p->distinct, plan->distinct) &&
                    p->by_count == plan->by_count;
        for (size_t k = 0; same && k < plan->by_count; k++) {
            same = str_eq(p->by[k], plan->by[k]);
        }
        if (same) {
            break;
        }
    }
    return i;
}

static size_t measure_find(const struct aggregate_plan *plan, const struct figure *f)
{
    size_t i = 0;
    while (i < plan->measure_count && !str_eq(plan->measures[i].column, f->column->name)) {
        i++;
    }
    return i;
}

static bool measures(const struct figure *f)
{
    return f->kind == FIGURE_SUM || f->kind == FIGURE_MIN || f->kind == FIGURE_MAX;
}

static enum err plan_add(struct expect_tally *t, const struct grouped *by, const struct figure *f,
                         struct diag *d)
{
    struct aggregate_plan plan = plan_of(t, by, f);
    size_t at = plan_find(t, &plan);
    if (measures(f) && f->column->type == COLUMN_TEXT) {
        return fail(d, ERR_UNSUPPORTED,
                    "%.*s: a tally keeps least and greatest of numbers and times; aforo replay "
                    "compares it",
                    STR_ARG(f->text));
    }
    if (at == AGGREGATE_MORE_MAX) {
        return fail(d, ERR_LIMIT, "more than %d groupings and distinct counts", AGGREGATE_MORE_MAX);
    }
    if (at == t->plan_count) {
        t->plans[t->plan_count++] = plan;
    }
    struct aggregate_plan *p = &t->plans[at];
    if (measures(f) && measure_find(p, f) == p->measure_count) {
        p->measures[p->measure_count++] =
            (struct aggregate_measure){.column = f->column->name,
                                       .scale = f->scale,
                                       .at = (size_t)(f->column - t->def->columns),
                                       .no_sum = f->column->type == COLUMN_TIMESTAMP};
    }
    return ERR_OK;
}

static enum err add_grouping(struct expect_tally *t, const struct grouping *g, struct diag *d)
{
    static const struct figure count = {.kind = FIGURE_COUNT};
    struct grouped by;
    TRY(grouping_by(t, g, &by, d));
    TRY(plan_add(t, &by, &count, d)); /* which groups there are */
    for (size_t i = 0; i < g->figure_count; i++) {
        TRY(plan_add(t, &by, &g->figures[i], d));
    }
    return ERR_OK;
}

struct expect_tally *expect_tally_new(struct arena *a, const struct definition *def)
{
    struct expect_tally *t = NEW(a, struct expect_tally);
    const struct grouped all = {.count = 0};
    const struct figure count = {.kind = FIGURE_COUNT};
    struct diag none = DIAG_INIT;
    t->arena = a;
    t->def = def;
    enum err err = plan_add(t, &all, &count, &none);
    ASSERT(err == ERR_OK);
    return t;
}

enum err expect_tally_add(struct expect_tally *t, struct str text, struct str name, struct diag *d)
{
    ASSERT(t->expectation_count < EXPECT_TALLY_TEXTS_MAX);
    struct expectation *e = &t->expectations[t->expectation_count++];
    TRY(expectation_read(t->arena, text, name, t->def, e, d));
    enum err err = ERR_OK;
    for (size_t i = 0; i < e->single_count && err == ERR_OK; i++) {
        struct grouped by = single_by(&e->singles[i]);
        err = plan_add(t, &by, &e->singles[i].figure, d);
    }
    for (size_t i = 0; i < e->grouping_count && err == ERR_OK; i++) {
        err = add_grouping(t, &e->groupings[i], d);
    }
    return err == ERR_OK ? ERR_OK : diag_context(d, "%.*s", STR_ARG(name));
}

const struct aggregate_plan *expect_tally_plans(const struct expect_tally *t, size_t *ret_count)
{
    *ret_count = t->plan_count;
    return t->plans;
}

/* ---- what was counted ---- */

static size_t result_of(const struct expect_tally *t, const struct grouped *by,
                        const struct figure *f)
{
    struct aggregate_plan plan = plan_of(t, by, f);
    size_t at = plan_find(t, &plan);
    ASSERT(at < t->plan_count);
    return at;
}

static struct str number(struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 64);
    decimal_text(&text, value, scale);
    return buf_str(&text);
}

static struct str extreme(struct arena *a, const struct figure *f,
                          const struct aggregate_group *group, size_t measure)
{
    struct buf text;
    int64_t value = f->kind == FIGURE_MIN ? group->mins[measure] : group->maxs[measure];
    if (group->mins[measure] > group->maxs[measure]) {
        return FIGURE_NULL;
    }
    if (f->column->type != COLUMN_TIMESTAMP) {
        return number(a, value, f->scale);
    }
    buf_init(&text, a, 64);
    instant_iso(&text, value);
    return buf_str(&text);
}

/* `group` NULL: there are no rows. */
static struct str value_of(struct arena *a, const struct aggregate_plan *plan,
                           const struct figure *f, const struct aggregate_group *group)
{
    size_t measure = measures(f) ? measure_find(plan, f) : 0;
    switch (f->kind) {
    case FIGURE_COUNT:
        return number(a, group == NULL ? 0 : (int64_t)(plan->once ? group->once : group->count), 0);
    case FIGURE_SUM:
        return number(a,
                      group == NULL ? 0
                      : plan->once  ? group->once_sums[measure]
                                    : group->sums[measure],
                      f->scale);
    case FIGURE_DISTINCT:
        return number(a, group == NULL ? 0 : (int64_t)group->distinct, 0);
    case FIGURE_MIN:
    case FIGURE_MAX:
        break;
    }
    return group == NULL ? FIGURE_NULL : extreme(a, f, group, measure);
}

static enum err tally_single(void *ctx, struct arena *a, const struct single *single,
                             struct str *ret_value, struct diag *d)
{
    const struct expect_tally *t = ctx;
    struct grouped by = single_by(single);
    size_t at = result_of(t, &by, &single->figure);
    const struct aggregate_result *r = &t->run->more[at];
    const struct aggregate_group *found = NULL;
    (void)d;
    for (size_t i = 0; i < r->group_count; i++) {
        if (by.count == 0 || str_eq(r->groups[i].names[0], STR("true"))) {
            found = &r->groups[i];
        }
    }
    *ret_value = value_of(a, &t->plans[at], &single->figure, found);
    return ERR_OK;
}

static struct str group_name(struct arena *a, const struct aggregate_plan *plan,
                             const struct aggregate_group *g)
{
    struct buf text;
    buf_init(&text, a, GROUP_BYTES_MAX);
    for (size_t i = 0; i < plan->by_count; i++) {
        buf_add_z(&text, i == 0 ? "" : "/");
        buf_add(&text, g->names[i]);
    }
    return buf_str(&text);
}

/* One figure of all rows. */
static void fill(const struct expect_tally *t, struct arena *a, size_t at, const struct figure *f,
                 struct group_row *rows, size_t count, size_t figure)
{
    const struct aggregate_result *r = &t->run->more[at];
    struct map *groups = map_new(a);
    for (size_t i = 0; i < r->group_count; i++) {
        map_put(groups, group_name(a, &t->plans[at], &r->groups[i]), &r->groups[i]);
    }
    for (size_t i = 0; i < count; i++) {
        rows[i].values[figure] = value_of(a, &t->plans[at], f, map_get(groups, rows[i].name));
    }
}

static enum err tally_grouping(void *ctx, struct arena *a, const struct grouping *grouping,
                               struct group_row **ret_rows, size_t *ret_count, struct diag *d)
{
    static const struct figure counts = {.kind = FIGURE_COUNT};
    const struct expect_tally *t = ctx;
    struct grouped by;
    TRY(grouping_by(t, grouping, &by, d));
    size_t base = result_of(t, &by, &counts), count = 0;
    const struct aggregate_result *r = &t->run->more[base];
    struct group_row *rows = NEW_ARRAY(a, struct group_row, r->group_count);
    for (size_t i = 0; i < r->group_count; i++) {
        const struct aggregate_group *g = &r->groups[i];
        if (t->plans[base].once && g->once == 0) {
            continue; /* repeats alone: in the warehouse there is no such group */
        }
        rows[count].name = group_name(a, &t->plans[base], g);
        rows[count++].values = NEW_ARRAY(a, struct str, grouping->figure_count);
    }
    for (size_t i = 0; i < grouping->figure_count; i++) {
        const struct figure *f = &grouping->figures[i];
        fill(t, a, result_of(t, &by, f), f, rows, count, i);
    }
    *ret_rows = rows;
    *ret_count = count;
    return ERR_OK;
}

/* ---- the whole ---- */

struct player_result expect_tally_played(const struct expect_tally *t,
                                         const struct aggregate_run_result *run)
{
    const struct aggregate_counts *c = &run->result.counts;
    uint64_t rows = t->plans[0].once ? run->more[0].once : c->rows;
    return (struct player_result){.objects = c->objects,
                                  .bytes = run->done.bytes,
                                  .raw_bytes = run->done.raw_bytes,
                                  .counts = {.records = c->records,
                                             .rows = rows,
                                             .duplicates = c->rows - rows,
                                             .quarantined = c->quarantined,
                                             .filtered = c->filtered},
                                  .problems = run->problems,
                                  .problem_count = run->problem_count};
}

enum err expect_tally_check(struct arena *a, struct expect_tally *t, size_t index,
                            const struct aggregate_run_result *run,
                            struct expect_result *ret_result, struct diag *d)
{
    struct figure_source found = {.ctx = t, .single = tally_single, .grouping = tally_grouping};
    struct player_result played = expect_tally_played(t, run);
    ASSERT(index < t->expectation_count);
    t->run = run;
    return expectation_compare(a, &t->expectations[index], &found, &played, ret_result, d);
}
