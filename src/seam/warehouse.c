/* warehouse.c -- Passes statements on to whichever warehouse was given; makes and reads values. */
#include "seam/warehouse.h"

#include "base/decimal.h"

enum err warehouse_begin(struct warehouse *w, struct diag *d)
{
    return w->ops->begin(w, d);
}

enum err warehouse_commit(struct warehouse *w, struct diag *d)
{
    return w->ops->commit(w, d);
}

void warehouse_rollback(struct warehouse *w)
{
    w->ops->rollback(w);
}

enum err warehouse_exec(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                        size_t param_count, int64_t *ret_changed, struct diag *d)
{
    return w->ops->exec(w, sql, params, param_count, ret_changed, d);
}

enum err warehouse_bulk_begin(struct warehouse *w, struct str table,
                              const struct warehouse_column *columns, size_t count, struct diag *d)
{
    return w->ops->bulk_begin(w, table, columns, count, d);
}

enum err warehouse_bulk_row(struct warehouse *w, const struct warehouse_value *values,
                            struct diag *d)
{
    return w->ops->bulk_row(w, values, d);
}

enum err warehouse_bulk_end(struct warehouse *w, struct diag *d)
{
    return w->ops->bulk_end(w, d);
}

enum err warehouse_query(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                         size_t param_count, struct arena *a, struct warehouse_result *ret_result,
                         struct diag *d)
{
    return w->ops->query(w, sql, params, param_count, a, ret_result, d);
}

enum warehouse_dialect warehouse_dialect(const struct warehouse *w)
{
    return w->ops->dialect;
}

void warehouse_close(struct warehouse *w)
{
    if (w != NULL) {
        w->ops->close(w);
    }
}

const struct warehouse_value *warehouse_at(const struct warehouse_result *r, size_t row,
                                           size_t column)
{
    ASSERT(row < r->row_count);
    ASSERT(column < r->column_count);
    return &r->values[row * r->column_count + column];
}

enum err warehouse_decimal(const struct warehouse_value *value, int scale, int64_t *ret_value,
                           struct diag *d)
{
    switch (value->type) {
    case WAREHOUSE_NULL:
        *ret_value = 0;
        return ERR_OK;
    case WAREHOUSE_I64: /* SQLite's decimals are integers in the column's units already */
        *ret_value = value->i64;
        return ERR_OK;
    case WAREHOUSE_DECIMAL:
        return decimal_rescale(value->i64, value->scale, scale, ret_value, d);
    case WAREHOUSE_TEXT:
        return decimal_parse(value->text, scale, ret_value, d);
    case WAREHOUSE_TIMESTAMP:
    case WAREHOUSE_BOOL:
        break;
    }
    return fail(d, ERR_INVALID, "a %s is no number",
                value->type == WAREHOUSE_BOOL ? "boolean" : "timestamp");
}

struct warehouse_value warehouse_null(void)
{
    return (struct warehouse_value){.type = WAREHOUSE_NULL};
}

struct warehouse_value warehouse_i64(int64_t value)
{
    return (struct warehouse_value){.type = WAREHOUSE_I64, .i64 = value};
}

struct warehouse_value warehouse_text(struct str text)
{
    return (struct warehouse_value){.type = WAREHOUSE_TEXT, .text = text};
}

struct warehouse_value warehouse_timestamp(int64_t us)
{
    return (struct warehouse_value){.type = WAREHOUSE_TIMESTAMP, .i64 = us};
}

struct warehouse_value warehouse_dec(int64_t value, int scale)
{
    return (struct warehouse_value){.type = WAREHOUSE_DECIMAL, .i64 = value, .scale = scale};
}
