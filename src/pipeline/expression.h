/* expression.h -- Small exact expressions over a row's columns: derive and filter.
 *   or and not, = != < <= > >=, + - *, unary -, parentheses, column names, 12 1.50 'text' true
 * false null length(x) lower(x) upper(x) coalesce(x, y) is null / is not null Numbers are decimals
 * (integers have scale 0): sums take the larger scale, products add scales up to 9. Null spreads as
 * in SQL; a filter keeps what is true. Types are checked when compiled. */
#ifndef AFORO_PIPELINE_EXPRESSION_H
#define AFORO_PIPELINE_EXPRESSION_H

#include "seam/warehouse.h"

struct expression;
struct expression_names { /* what may be named: columns that stand before */
    const struct warehouse_column *columns;
    size_t count;
};
/* ERR_INVALID: "at 7: ..." names the place in `text`. */
MUST_USE enum err expression_compile(struct arena *a, struct str text,
                                     struct expression_names names,
                                     struct expression **ret_expression, struct diag *d);
enum warehouse_type expression_type(const struct expression *e, int *ret_scale);
/* ERR_LIMIT on overflow. `values` as the names were. Texts may borrow from values. */
MUST_USE enum err expression_eval(const struct expression *e, const struct warehouse_value *values,
                                  struct arena *a, struct warehouse_value *ret_value,
                                  struct diag *d);

#endif
