/* queries.c -- Expectations that are one query over the warehouse: keys that are unique, a value.
 */
#include "oracle_parts.h"

enum err oracle_check_unique(struct oracle *o, struct str table, struct str key,
                             struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct str sql = str_printf(
        o->scratch, "select %.*s, count(*) from %.*s group by %.*s having count(*) > 1 order by 1",
        STR_ARG(key), STR_ARG(table), STR_ARG(key));
    struct warehouse_result rows;
    TRY(oracle_query(o, sql, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct warehouse_value *v = warehouse_at(&rows, i, 0);
        struct str name =
            v->type == WAREHOUSE_TEXT ? v->text : str_printf(o->scratch, "%lld", (long long)v->i64);
        finding_add(o, f, ROW_DUPLICATED, "%.*s %.*s twice in %.*s", STR_ARG(key), STR_ARG(name),
                    STR_ARG(table));
    }
    return ERR_OK;
}

enum err oracle_check_sql(struct oracle *o, struct str sql, struct str equals,
                          struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct warehouse_result rows;
    TRY(oracle_query(o, sql, &rows, d));
    struct str found = STR("no row");
    if (rows.row_count > 0) {
        const struct warehouse_value *v = warehouse_at(&rows, 0, 0);
        found = v->type == WAREHOUSE_TEXT   ? v->text
                : v->type == WAREHOUSE_NULL ? STR("null")
                                            : str_printf(o->scratch, "%lld", (long long)v->i64);
    }
    if (rows.row_count != 1 || !str_eq(found, equals)) {
        finding_add(o, f, ROW_STALE, "expected %.*s, found %.*s: %.*s", STR_ARG(equals),
                    STR_ARG(found), STR_ARG(sql));
    }
    return ERR_OK;
}
