/* dialect.h -- What SQLite and PostgreSQL spell differently: types, days, hours, exact decimals.
 * For the pipeline, and for those who ask its warehouse questions (replay, scenarios). */
#ifndef AFORO_PIPELINE_DIALECT_H
#define AFORO_PIPELINE_DIALECT_H

#include "base/buf.h"
#include "pipeline/definition.h"

/* A column's type in CREATE TABLE. */
void dialect_type(struct buf *sql, enum warehouse_dialect dialect, enum warehouse_type type,
                  int scale);
/* The UTC day of a timestamp column, as text YYYY-MM-DD; its hour as an integer 0..23. */
void dialect_day(struct buf *sql, enum warehouse_dialect dialect, struct str column);
void dialect_hour(struct buf *sql, enum warehouse_dialect dialect, struct str column);
/* Where the window of a timestamp begins: whole seconds since the Unix epoch. */
void dialect_window(struct buf *sql, enum warehouse_dialect dialect, struct str column,
                    int64_t step_us);
/* column >= from and column < to */
void dialect_between(struct buf *sql, enum warehouse_dialect dialect, struct str column,
                     int64_t from_us, int64_t to_us);
/* An aggregate over a decimal column ("sum(amount)") as exact text with all its digits. */
void dialect_decimal(struct buf *sql, enum warehouse_dialect dialect, struct str expression,
                     int scale);
/* Begins a transaction whose statements all see the same state. To be rolled back. */
MUST_USE enum err dialect_snapshot(struct warehouse *w, struct diag *d);

#endif
