/* aggregate_by.c -- What is asked of an aggregate, and which group a row is of. */
#include "aggregate_parts.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "window.h"

/* ---- the plan ---- */

enum err column_named(const struct definition *def, struct str name, size_t *ret_column,
                      struct diag *d)
{
    for (size_t i = 0; i < def->column_count; i++) {
        if (str_eq(def->columns[i].name, name)) {
            *ret_column = i;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "no column '%.*s' in pipeline %.*s", STR_ARG(name),
                STR_ARG(def->name));
}

enum err by_named(const struct definition *def, struct str name, struct by *ret_by, struct diag *d)
{
    static const struct {
        struct str name;
        struct by by;
    } moments[] = {{STR_INIT("month"), {.kind = BY_MONTH}},
                   {STR_INIT("day"), {.kind = BY_DAY}},
                   {STR_INIT("hour"), {.kind = BY_HOUR}}};
    struct diag none = DIAG_INIT;
    *ret_by = (struct by){.kind = BY_COLUMN};
    if (column_named(def, name, &ret_by->column, &none) == ERR_OK) {
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        if (str_eq(name, moments[i].name)) {
            *ret_by = moments[i].by;
            return ERR_OK;
        }
    }
    if (window_parse(name, &ret_by->step_us)) { /* no column begins with a digit */
        ret_by->kind = BY_WINDOW;
        return ERR_OK;
    }
    return column_named(def, name, &ret_by->column, d);
}

enum err aggregate_plan_read(struct arena *a, const struct definition *def, struct str by,
                             struct str distinct, bool once, struct aggregate_plan *ret_plan,
                             struct diag *d)
{
    struct aggregate_plan plan = {.pipeline = def->name, .measure_count = def->sum_count};
    size_t column;
    struct by unused;
    for (struct str rest = by, name; str_cut(&rest, ',', &name);) {
        if (plan.by_count == AGGREGATE_BY_MAX) {
            return fail(d, ERR_LIMIT, "by more than %d columns", AGGREGATE_BY_MAX);
        }
        TRY(by_named(def, name, &unused, d));
        plan.by[plan.by_count++] = str_copy(a, name);
    }
    if (distinct.len > 0) {
        TRY(column_named(def, distinct, &column, d));
        plan.distinct = str_copy(a, distinct);
        plan.once = once;
        if (once && !def->columns[column].required) {
            return fail(d, ERR_INVALID, "%.*s may be null: each value once needs a required column",
                        STR_ARG(distinct));
        }
    }
    for (size_t i = 0; i < def->sum_count; i++) {
        const struct column *c = &def->columns[def->sum_columns[i]];
        plan.measures[i] = (struct aggregate_measure){
            .column = c->name, .scale = c->scale, .at = def->sum_columns[i]};
    }
    *ret_plan = plan;
    return ERR_OK;
}

/* ---- a row's group ---- */

void value_name(struct buf *out, const struct warehouse_value *v)
{
    switch (v->type) {
    case WAREHOUSE_NULL:
        buf_add_char(out, '-');
        break;
    case WAREHOUSE_TEXT:
        buf_add(out, v->text);
        break;
    case WAREHOUSE_TIMESTAMP:
        instant_iso(out, v->i64);
        break;
    case WAREHOUSE_BOOL:
        buf_add_z(out, v->i64 != 0 ? "true" : "false");
        break;
    case WAREHOUSE_I64:
    case WAREHOUSE_DECIMAL:
        decimal_text(out, v->i64, v->type == WAREHOUSE_DECIMAL ? v->scale : 0);
        break;
    }
}

static void by_name(struct buf *out, const struct by *by, const struct row *row)
{
    size_t from = out->len;
    switch (by->kind) {
    case BY_COLUMN:
        value_name(out, &row->values[by->column]);
        return;
    case BY_WINDOW:
        window_name(out, row->event_us, by->step_us);
        return;
    case BY_DAY:
    case BY_MONTH:
    case BY_HOUR:
        break;
    }
    instant_date(out, row->event_us);
    if (by->kind == BY_MONTH) {
        buf_truncate(out, from + STR("2001-01").len);
    } else if (by->kind == BY_HOUR) {
        buf_add_char(out, 'T');
        instant_hour(out, row->event_us);
    }
}

struct str row_key(struct aggregate *g, const struct row *row)
{
    buf_truncate(&g->key, 0);
    for (size_t i = 0; i < g->plan->by_count; i++) {
        by_name(&g->key, &g->by[i], row);
        buf_add_char(&g->key, '\0');
    }
    return buf_str(&g->key);
}
