/* postgres_binary.h -- Rows in PostgreSQL's binary COPY format, which its server takes in for about
 * half of what text costs it. Source: PostgreSQL 15, "COPY", Binary Format; the bytes of a type are
 * those of its receive function (int8recv, numeric_recv, timestamptz_recv, boolrecv, textrecv). */
#ifndef AFORO_ADAPTER_POSTGRES_BINARY_H
#define AFORO_ADAPTER_POSTGRES_BINARY_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "seam/warehouse.h"

/* Names and types of a table's columns; $1: its name in quotes. */
#define POSTGRES_TYPES_SQL                                                                         \
    "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "  \
    "AND NOT attisdropped"
/* Whether the table (result of POSTGRES_TYPES_SQL) has every column, and of the very type that the
 * values are sent in: binary COPY converts nothing. */
bool postgres_binary_fits(const PGresult *types, const struct warehouse_column *columns,
                          size_t count);
void postgres_binary_begin(struct buf *out);
/* One row. NULL, or the SQLSTATE of a value that cannot be stored (22P03: of another type than its
 * column); then `out` ends in half a row. Room: postgres_row_bytes_max. */
const char *postgres_binary_row(struct buf *out, const struct warehouse_column *columns,
                                const struct warehouse_value *values, size_t count);
void postgres_binary_end(struct buf *out);

#endif
