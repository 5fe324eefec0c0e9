/* postgres_text.h -- PostgreSQL's text forms: parameters, COPY rows, result cells; and what an
 * SQLSTATE means. Not here: connections and transactions (warehouse_postgres.c). */
#ifndef AFORO_ADAPTER_POSTGRES_TEXT_H
#define AFORO_ADAPTER_POSTGRES_TEXT_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "seam/warehouse.h"

/* What the caller does next about an SQLSTATE, as warehouse.h lists them. */
enum err postgres_state_err(const char *sqlstate);

struct postgres_params {
    Oid *types; /* 0: the server infers it */
    const char **values;
};
/* Parameters for PQexecParams, in `a`. NULL, or the SQLSTATE of a value that cannot be stored. */
const char *postgres_params_text(struct arena *a, const struct warehouse_value *params,
                                 size_t count, struct postgres_params *ret_params);

/* One row of COPY ... FROM STDIN in text format, with its line end. NULL or an SQLSTATE, as above;
 * then `out` ends in half a row. Room: postgres_row_bytes_max. */
const char *postgres_row_text(struct buf *out, const struct warehouse_value *values, size_t count);
size_t postgres_row_bytes_max(const struct warehouse_value *values, size_t count);

int64_t postgres_changed(PGresult *result);
bool postgres_result_fits(const PGresult *result);
/* Copies a result into `a`: whole numbers as I64, timestamps and booleans as such, all else as
 * text. */
void postgres_result_read(const PGresult *result, struct arena *a,
                          struct warehouse_result *ret_result);

#endif
