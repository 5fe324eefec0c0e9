/* warehouse.h -- The warehouse as the pipeline sees it: transactions, statements, bulk rows,
 * queries. Real: SQLite (adapter/warehouse_sqlite.h), PostgreSQL by COPY
 * (adapter/warehouse_postgres.h); a fault layer can wrap either. One handle is one session, for one
 * task.
 *
 * Every failure carries an SQLSTATE in d->name and one of:
 *   ERR_CONFLICT     unique violation (23505)
 *   ERR_UNAVAILABLE  nothing was done, the whole transaction can be tried again: 40001, 40P01,
 * busy, 57P01, 08001 (57014 and 55P03, the server's own time limits, too) ERR_UNKNOWN      lost
 * while committing (08006, 08007, 58030): look before trying again ERR_LIMIT        full (53xxx,
 * 54xxx)     ERR_INVALID  the statement or a value (22xxx, 42xxx, other 23xxx) ERR_DENIED 28xxx,
 * 42501            ERR_INTERNAL anything else After any failure but ERR_INVALID of a query outside
 * a transaction the transaction is gone. */
#ifndef AFORO_SEAM_WAREHOUSE_H
#define AFORO_SEAM_WAREHOUSE_H

#include "base/diag.h"
#include "base/str.h"

enum warehouse_dialect { WAREHOUSE_SQLITE, WAREHOUSE_POSTGRES };
enum warehouse_type {
    WAREHOUSE_NULL,
    WAREHOUSE_I64,
    WAREHOUSE_DECIMAL,
    WAREHOUSE_TEXT,
    WAREHOUSE_TIMESTAMP,
    WAREHOUSE_BOOL
};
/* A value of a column or parameter. SQLite keeps decimals as INTEGER in units of the column's scale
 * and timestamps as INTEGER microseconds; PostgreSQL has numeric and timestamptz: the adapter
 * converts, callers see the same. */
struct warehouse_value {
    enum warehouse_type type;
    int scale; /* DECIMAL: i64 is in units of 10^-scale */
    /* I64; DECIMAL; TIMESTAMP: microseconds since the Unix epoch, UTC; BOOL: 0 or 1 */
    int64_t i64;
    struct str text; /* TEXT, UTF-8, no NUL */
};
struct warehouse_column {
    struct str name;
    enum warehouse_type type;
    int scale;     /* DECIMAL */
    bool required; /* NOT NULL */
};
struct warehouse_result { /* lives in the arena of the query */
    size_t row_count, column_count;
    const struct str *names;
    /* row after row. Text unless the adapter knows: ints are I64 */
    const struct warehouse_value *values;
};

struct warehouse;
struct warehouse_ops {
    enum warehouse_dialect dialect;
    enum err (*begin)(struct warehouse *w, struct diag *d);
    enum err (*commit)(struct warehouse *w, struct diag *d);
    void (*rollback)(struct warehouse *w);
    enum err (*exec)(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                     size_t param_count, int64_t *ret_changed, struct diag *d);
    enum err (*bulk_begin)(struct warehouse *w, struct str table,
                           const struct warehouse_column *columns, size_t count, struct diag *d);
    enum err (*bulk_row)(struct warehouse *w, const struct warehouse_value *values, struct diag *d);
    enum err (*bulk_end)(struct warehouse *w, struct diag *d);
    enum err (*query)(struct warehouse *w, struct str sql, const struct warehouse_value *params,
                      size_t param_count, struct arena *a, struct warehouse_result *ret_result,
                      struct diag *d);
    void (*close)(struct warehouse *w);
};
struct warehouse {
    const struct warehouse_ops *ops;
};

MUST_USE enum err warehouse_begin(struct warehouse *w, struct diag *d);
MUST_USE enum err warehouse_commit(struct warehouse *w, struct diag *d);
/* fine when no transaction is open, or the session is lost */
void warehouse_rollback(struct warehouse *w);
/* One statement; parameters are $1, $2 ... in both dialects. ret_changed: rows changed, or NULL. */
MUST_USE enum err warehouse_exec(struct warehouse *w, struct str sql,
                                 const struct warehouse_value *params, size_t param_count,
                                 int64_t *ret_changed, struct diag *d);
/* Rows into a table inside the open transaction, by the fastest way there is (COPY, a prepared
 * INSERT). No other call between begin and end. `table` and names are plain identifiers
 * ([a-z_][a-z0-9_]*). */
MUST_USE enum err warehouse_bulk_begin(struct warehouse *w, struct str table,
                                       const struct warehouse_column *columns, size_t count,
                                       struct diag *d);
MUST_USE enum err warehouse_bulk_row(struct warehouse *w, const struct warehouse_value *values,
                                     struct diag *d);
MUST_USE enum err warehouse_bulk_end(struct warehouse *w, struct diag *d);
MUST_USE enum err warehouse_query(struct warehouse *w, struct str sql,
                                  const struct warehouse_value *params, size_t param_count,
                                  struct arena *a, struct warehouse_result *ret_result,
                                  struct diag *d);
const struct warehouse_value *warehouse_at(const struct warehouse_result *r, size_t row,
                                           size_t column);
/* A whole number or decimal out of a result cell, whatever the dialect sent (integer, "12.50").
 * NULL is 0. An I64 is taken as units of 10^-scale already, as SQLite keeps a decimal; a text is a
 * number as written. */
MUST_USE enum err warehouse_decimal(const struct warehouse_value *value, int scale,
                                    int64_t *ret_value, struct diag *d);
enum warehouse_dialect warehouse_dialect(const struct warehouse *w);
void warehouse_close(struct warehouse *w); /* NULL is fine */

struct warehouse_value warehouse_null(void);
struct warehouse_value warehouse_i64(int64_t value);
struct warehouse_value warehouse_text(struct str text);
struct warehouse_value warehouse_timestamp(int64_t us);
struct warehouse_value warehouse_dec(int64_t value, int scale);

#endif
