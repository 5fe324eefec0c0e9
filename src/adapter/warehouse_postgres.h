/* warehouse_postgres.h -- The warehouse by libpq: text parameters, COPY for bulk rows, SQLSTATE on
 * every failure. A lost connection is opened again by the next begin or query. */
#ifndef AFORO_ADAPTER_WAREHOUSE_POSTGRES_H
#define AFORO_ADAPTER_WAREHOUSE_POSTGRES_H

#include "seam/warehouse.h"

/* conninfo: a libpq connection string or postgresql:// URI. ERR_UNAVAILABLE: the server does not
 * answer. */
MUST_USE enum err warehouse_postgres_open(struct arena *a, const char *conninfo,
                                          struct warehouse **ret_warehouse, struct diag *d);

#endif
