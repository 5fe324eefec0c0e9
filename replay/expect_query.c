/* expect_query.c -- Figures by SQL on the warehouse, exact in both dialects: SQLite sums integers
 * in units of the column's scale, PostgreSQL numerics. Never a float. */
#include "expect_parts.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "pipeline/dialect.h"
#include "window.h"

#define SQL_BYTES_MAX (64 * KIB)

static void add_figure(struct buf *sql, enum warehouse_dialect dialect, const struct figure *f)
{
    struct str c = f->column == NULL ? STR_EMPTY : f->column->name;
    /* Text is ordered by bytes, whatever the database's collation. */
    bool text =
        f->column != NULL && f->column->type == COLUMN_TEXT && dialect == WAREHOUSE_POSTGRES;
    const char *order = text ? " collate \"C\"" : "";
    switch (f->kind) {
    case FIGURE_COUNT:
        buf_add_z(sql, "count(*)");
        break;
    case FIGURE_SUM:
        buf_addf(sql, "coalesce(sum(%.*s), 0)", STR_ARG(c));
        break;
    case FIGURE_MIN:
        buf_addf(sql, "min(%.*s%s)", STR_ARG(c), order);
        break;
    case FIGURE_MAX:
        buf_addf(sql, "max(%.*s%s)", STR_ARG(c), order);
        break;
    case FIGURE_DISTINCT:
        buf_addf(sql, "count(distinct %.*s)", STR_ARG(c));
        break;
    }
}

/* ---- cells as text ---- */

static enum err number_text(struct arena *a, const struct warehouse_value *v, int scale,
                            struct str *ret_text, struct diag *d)
{
    int64_t number;
    struct buf out;
    TRY(warehouse_decimal(v, scale, &number, d));
    buf_init(&out, a, 64);
    decimal_text(&out, number, scale);
    *ret_text = buf_str(&out);
    return ERR_OK;
}

static struct str moment_text(struct arena *a, int64_t us)
{
    struct buf out;
    buf_init(&out, a, 64);
    instant_iso(&out, us);
    return buf_str(&out);
}

/* A value of a column itself: of min, max and groups. */
static enum err column_text(struct arena *a, const struct column *c,
                            const struct warehouse_value *v, struct str *ret_text, struct diag *d)
{
    if (v->type == WAREHOUSE_NULL) {
        *ret_text = FIGURE_NULL;
        return ERR_OK;
    }
    switch (c->type) {
    case COLUMN_INTEGER:
    case COLUMN_DECIMAL:
        return number_text(a, v, c->type == COLUMN_DECIMAL ? c->scale : 0, ret_text, d);
    case COLUMN_TIMESTAMP:
        *ret_text = moment_text(a, v->i64);
        return ERR_OK;
    case COLUMN_BOOLEAN:
        *ret_text = v->i64 != 0 ? STR("true") : STR("false");
        return ERR_OK;
    case COLUMN_TEXT:
        break;
    }
    *ret_text = v->text;
    return ERR_OK;
}

static enum err figure_text(struct arena *a, const struct figure *f,
                            const struct warehouse_value *v, struct str *ret_text, struct diag *d)
{
    bool of_column = f->kind == FIGURE_MIN || f->kind == FIGURE_MAX;
    enum err err = of_column ? column_text(a, f->column, v, ret_text, d)
                             : number_text(a, v, f->scale, ret_text, d);
    return err == ERR_OK ? ERR_OK : diag_context(d, "%.*s", STR_ARG(f->text));
}

/* ---- aggregates ---- */

static enum err single_query(void *ctx, struct arena *a, const struct single *single,
                             struct str *ret_value, struct diag *d)
{
    const struct figure_query *q = ctx;
    struct buf sql;
    struct warehouse_result result;
    buf_init(&sql, a, SQL_BYTES_MAX);
    buf_add_z(&sql, "select ");
    add_figure(&sql, warehouse_dialect(q->warehouse), &single->figure);
    buf_addf(&sql, " from %.*s", STR_ARG(q->def->table));
    if (single->where != NULL) {
        buf_addf(&sql, " where %.*s", STR_ARG(single->where->name));
    }
    TRY(warehouse_query(q->warehouse, buf_str(&sql), NULL, 0, a, &result, d));
    return figure_text(a, &single->figure, warehouse_at(&result, 0, 0), ret_value, d);
}

/* ---- groups ---- */

static void add_key(struct buf *sql, enum warehouse_dialect dialect, struct str time,
                    const struct group_part *p)
{
    switch (p->by) {
    case GROUP_MONTH:
        buf_add_z(sql, "substr(");
        dialect_day(sql, dialect, time);
        buf_add_z(sql, ", 1, 7)");
        break;
    case GROUP_HOUR:
    case GROUP_WINDOW:
        dialect_window(sql, dialect, time, p->step_us);
        break;
    case GROUP_DAY:
        dialect_day(sql, dialect, time);
        break;
    case GROUP_COLUMN:
        buf_add(sql, p->column->name);
        break;
    }
}

static enum err key_text(struct arena *a, const struct group_part *p,
                         const struct warehouse_value *key, struct str *ret_text, struct diag *d)
{
    struct buf text;
    int64_t second;
    if (p->by == GROUP_COLUMN) {
        return column_text(a, p->column, key, ret_text, d);
    }
    if (key->type == WAREHOUSE_NULL || p->by == GROUP_DAY || p->by == GROUP_MONTH) {
        *ret_text = key->type == WAREHOUSE_NULL ? FIGURE_NULL : key->text;
        return ERR_OK;
    }
    TRY(warehouse_decimal(key, 0, &second, d));
    buf_init(&text, a, 64);
    window_name(&text, second * US_PER_S, p->step_us);
    if (p->by == GROUP_HOUR) {
        buf_truncate(&text, STR("2001-01-31T09").len);
    }
    *ret_text = buf_str(&text);
    return ERR_OK;
}

static enum err row_text(struct arena *a, const struct grouping *g,
                         const struct warehouse_value *cells, struct group_row *ret_row,
                         struct diag *d)
{
    ret_row->name = STR_EMPTY;
    for (size_t i = 0; i < g->part_count; i++) {
        struct str part;
        TRY(key_text(a, &g->parts[i], &cells[i], &part, d));
        ret_row->name =
            i == 0 ? part : str_printf(a, "%.*s/%.*s", STR_ARG(ret_row->name), STR_ARG(part));
    }
    ret_row->values = NEW_ARRAY(a, struct str, g->figure_count);
    for (size_t i = 0; i < g->figure_count; i++) {
        TRY(figure_text(a, &g->figures[i], &cells[g->part_count + i], &ret_row->values[i], d));
    }
    return ERR_OK;
}

static void add_numbers(struct buf *sql, const char *words, size_t count)
{
    buf_add_z(sql, words);
    for (size_t i = 1; i <= count; i++) {
        buf_addf(sql, "%s%zu", i == 1 ? "" : ", ", i);
    }
}

static enum err grouping_query(void *ctx, struct arena *a, const struct grouping *grouping,
                               struct group_row **ret_rows, size_t *ret_count, struct diag *d)
{
    const struct figure_query *q = ctx;
    const struct definition *def = q->def;
    enum warehouse_dialect dialect = warehouse_dialect(q->warehouse);
    struct buf sql;
    struct warehouse_result result;
    buf_init(&sql, a, SQL_BYTES_MAX);
    buf_add_z(&sql, "select ");
    for (size_t i = 0; i < grouping->part_count; i++) {
        buf_add_z(&sql, i == 0 ? "" : ", ");
        add_key(&sql, dialect, def->columns[def->time_column].name, &grouping->parts[i]);
    }
    for (size_t i = 0; i < grouping->figure_count; i++) {
        buf_add_z(&sql, ", ");
        add_figure(&sql, dialect, &grouping->figures[i]);
    }
    buf_addf(&sql, " from %.*s", STR_ARG(def->table));
    add_numbers(&sql, " group by ", grouping->part_count);
    add_numbers(&sql, " order by ", grouping->part_count);
    TRY(warehouse_query(q->warehouse, buf_str(&sql), NULL, 0, a, &result, d));
    struct group_row *rows = NEW_ARRAY(a, struct group_row, result.row_count);
    for (size_t i = 0; i < result.row_count; i++) {
        TRY(row_text(a, grouping, warehouse_at(&result, i, 0), &rows[i], d));
    }
    *ret_rows = rows;
    *ret_count = result.row_count;
    return ERR_OK;
}

struct figure_source figure_query_source(struct figure_query *q)
{
    return (struct figure_source){.ctx = q, .single = single_query, .grouping = grouping_query};
}
