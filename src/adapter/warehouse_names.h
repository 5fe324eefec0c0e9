/* warehouse_names.h -- What both warehouses check and spell in the same way: plain names, storable
 * texts. */
#ifndef AFORO_ADAPTER_WAREHOUSE_NAMES_H
#define AFORO_ADAPTER_WAREHOUSE_NAMES_H

#include "base/buf.h"
#include "seam/warehouse.h"

/* The table and every column match [a-z_][a-z0-9_]* and are at most 63 bytes long (PostgreSQL cuts
 * there); 1..COLUMNS_MAX columns. */
bool warehouse_names_are_plain(struct str table, const struct warehouse_column *columns,
                               size_t count);
/* "a", "b", "c" */
void warehouse_names_list(struct buf *out, const struct warehouse_column *columns, size_t count);

/* NULL, or the SQLSTATE of a value that one of the two could not keep: a text with a NUL or that is
 * not UTF-8 (22021), a moment outside the years 1 to 9999 (22008), a decimal of an unknown scale
 * (22003). */
const char *warehouse_value_refused(const struct warehouse_value *value);

#endif
