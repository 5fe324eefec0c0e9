/* reconcile_warehouse.c -- The warehouse's side, in one snapshot: figures by window, and what it
 * has of each raw object, counted in its tables and not taken from what loading noted. */
#include "reconcile_parts.h"

#include "base/instant.h"
#include "dialect.h"

#define SQL_BYTES_MAX (64 * KIB)

static struct str column_name(const struct reconciliation *r, size_t column)
{
    return r->def->columns[column].name;
}

static void window_condition(const struct reconciliation *r, struct buf *sql)
{
    dialect_between(sql, warehouse_dialect(r->p->warehouse), column_name(r, r->def->time_column),
                    r->days[0].us, r->days[r->day_count - 1].us + US_PER_DAY);
}

/* select day, dimension, count(*), then sum, min, max of each column */
static struct str figures_sql(const struct reconciliation *r)
{
    enum warehouse_dialect dialect = warehouse_dialect(r->p->warehouse);
    struct buf sql;
    buf_init(&sql, r->scratch, SQL_BYTES_MAX);
    buf_add_z(&sql, "select ");
    dialect_day(&sql, dialect, column_name(r, r->def->time_column));
    buf_add_z(&sql, ", ");
    if (r->def->has_dimension) {
        buf_addf(&sql, "coalesce(%.*s, '')", STR_ARG(column_name(r, r->def->dimension_column)));
    } else {
        buf_add_z(&sql, "cast('' as text)");
    }
    buf_add_z(&sql, ", count(*)");
    for (size_t i = 0; i < r->def->sum_count; i++) {
        struct str name = column_name(r, r->def->sum_columns[i]);
        buf_addf(&sql, ", sum(%.*s), min(%.*s), max(%.*s)", STR_ARG(name), STR_ARG(name),
                 STR_ARG(name));
    }
    buf_addf(&sql, " from %.*s where ", STR_ARG(r->def->table));
    window_condition(r, &sql);
    buf_add_z(&sql, " group by 1, 2 order by 1, 2");
    return buf_str(&sql);
}

static enum err cell_count(const struct warehouse_value *cell, uint64_t *ret_count, struct diag *d)
{
    int64_t count;
    TRY(warehouse_decimal(cell, 0, &count, d));
    *ret_count = (uint64_t)count;
    return ERR_OK;
}

/* One row of figures_sql as a group. */
static enum err group_read(struct reconciliation *r, const struct warehouse_result *rows,
                           size_t row, struct tally_group *ret_group, struct diag *d)
{
    size_t columns = r->def->sum_count;
    int64_t *sums = NEW_ARRAY(r->scratch, int64_t, columns);
    int64_t *mins = NEW_ARRAY(r->scratch, int64_t, columns);
    int64_t *maxs = NEW_ARRAY(r->scratch, int64_t, columns);
    for (size_t i = 0; i < columns; i++) {
        int scale = r->def->columns[r->def->sum_columns[i]].scale;
        const struct warehouse_value *min = warehouse_at(rows, row, 3 + 3 * i + 1);
        TRY(warehouse_decimal(warehouse_at(rows, row, 3 + 3 * i), scale, &sums[i], d));
        TRY(warehouse_decimal(min, scale, &mins[i], d));
        TRY(warehouse_decimal(warehouse_at(rows, row, 3 + 3 * i + 2), scale, &maxs[i], d));
        if (min->type == WAREHOUSE_NULL) {
            mins[i] = INT64_MAX;
            maxs[i] = INT64_MIN;
        }
    }
    struct str day = warehouse_at(rows, row, 0)->text;
    struct str dimension = warehouse_at(rows, row, 1)->text;
    *ret_group = (struct tally_group){.sums = sums, .mins = mins, .maxs = maxs};
    ret_group->name = r->def->has_dimension
                          ? str_printf(r->scratch, "%.*s/%.*s", STR_ARG(day), STR_ARG(dimension))
                          : day;
    return cell_count(warehouse_at(rows, row, 2), &ret_group->count, d);
}

static enum err figures_read(struct reconciliation *r, struct diag *d)
{
    struct warehouse_result rows;
    TRY(warehouse_query(r->p->warehouse, figures_sql(r), NULL, 0, r->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct tally_group group;
        TRY(group_read(r, &rows, i, &group, d));
        TRY(reconcile_add(r, SIDE_WAREHOUSE, &group, d));
    }
    return ERR_OK;
}

/* ---- objects ---- */

static enum err loaded_read(struct reconciliation *r, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(r->def->name)};
    struct warehouse_result rows;
    TRY(warehouse_query(r->p->warehouse,
                        STR("select object_key, records, loaded, filtered from aforo_loaded_object "
                            "where pipeline = $1 order by object_key"),
                        params, 1, r->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct raw_object *o = reconcile_object(r, warehouse_at(&rows, i, 0)->text);
        o->loaded = true;
        TRY(cell_count(warehouse_at(&rows, i, 1), &o->noted_records, d));
        TRY(cell_count(warehouse_at(&rows, i, 2), &o->noted_rows, d));
        TRY(cell_count(warehouse_at(&rows, i, 3), &o->noted_filtered, d));
    }
    return ERR_OK;
}

enum counted { COUNTED_ROWS, COUNTED_DUPLICATES, COUNTED_QUARANTINED };

static enum err objects_count(struct reconciliation *r, enum counted what, struct str sql,
                              struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(r->def->name)};
    struct warehouse_result rows;
    TRY(warehouse_query(r->p->warehouse, sql, params, what == COUNTED_ROWS ? 0 : 1, r->scratch,
                        &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct raw_object *o = reconcile_object(r, warehouse_at(&rows, i, 0)->text);
        uint64_t *count = what == COUNTED_ROWS         ? &o->rows
                          : what == COUNTED_DUPLICATES ? &o->duplicates
                                                       : &o->quarantined;
        TRY(cell_count(warehouse_at(&rows, i, 1), count, d));
    }
    return ERR_OK;
}

static enum err objects_name(struct reconciliation *r, struct str sql,
                             const struct warehouse_value *params, size_t param_count,
                             struct diag *d)
{
    struct warehouse_result rows;
    TRY(warehouse_query(r->p->warehouse, sql, params, param_count, r->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        reconcile_object(r, warehouse_at(&rows, i, 0)->text)->named = true;
    }
    return ERR_OK;
}

/* Objects that rows or refused records of our days came from, however late. */
static enum err named_read(struct reconciliation *r, struct diag *d)
{
    struct buf sql;
    buf_init(&sql, r->scratch, SQL_BYTES_MAX);
    buf_addf(&sql, "select distinct aforo_object from %.*s where ", STR_ARG(r->def->table));
    window_condition(r, &sql);
    buf_add_z(&sql, " order by 1");
    TRY(objects_name(r, buf_str(&sql), NULL, 0, d));
    struct warehouse_value params[] = {warehouse_text(r->def->name),
                                       warehouse_text(r->days[0].name),
                                       warehouse_text(r->days[r->day_count - 1].name)};
    return objects_name(r,
                        STR("select distinct object_key from aforo_quarantine where pipeline = $1 "
                            "and event_day >= $2 and event_day <= $3 order by 1"),
                        params, 3, d);
}

static enum err snapshot_read(struct reconciliation *r, struct diag *d)
{
    TRY(figures_read(r, d));
    TRY(loaded_read(r, d));
    TRY(objects_count(r, COUNTED_ROWS,
                      str_printf(r->scratch,
                                 "select aforo_object, count(*) from %.*s group by aforo_object "
                                 "order by aforo_object",
                                 STR_ARG(r->def->table)),
                      d));
    TRY(objects_count(r, COUNTED_DUPLICATES,
                      STR("select object_key, count(*) from aforo_duplicate where pipeline = $1 "
                          "group by object_key order by object_key"),
                      d));
    TRY(objects_count(r, COUNTED_QUARANTINED,
                      STR("select object_key, count(*) from aforo_quarantine where pipeline = $1 "
                          "group by object_key order by object_key"),
                      d));
    return named_read(r, d);
}

enum err reconcile_warehouse(struct reconciliation *r, struct diag *d)
{
    struct arena_mark mark = arena_mark(r->scratch);
    enum err err = dialect_snapshot(r->p->warehouse, d);
    if (err == ERR_OK) {
        err = snapshot_read(r, d);
    }
    warehouse_rollback(r->p->warehouse);
    arena_rewind(r->scratch, mark);
    return err == ERR_OK ? ERR_OK : diag_context(d, "warehouse");
}
