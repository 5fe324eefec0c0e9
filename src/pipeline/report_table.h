/* report_table.h -- What the definition's report queries give of one day, as a report shows it. */
#ifndef AFORO_PIPELINE_REPORT_TABLE_H
#define AFORO_PIPELINE_REPORT_TABLE_H

#include "pipeline/definition.h"

struct report_table { /* what one query gave */
    const struct report_query *query;
    size_t row_count, column_count;
    const struct str *columns;
    const struct str *cells; /* row after row, as text; ptr NULL: null */
    const bool *is_number;   /* a column: nothing but numbers */
};
/* One a query of the definition, over the day that begins at `day_us` (UTC). ERR_LIMIT: more than a
 * report holds. ERR_INVALID: a query is not SQL for this warehouse. */
MUST_USE enum err report_tables_read(struct arena *a, const struct definition *def,
                                     struct warehouse *w, int64_t day_us,
                                     struct report_table **ret_tables, struct diag *d);

#endif
