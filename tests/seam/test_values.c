#include <criterion/criterion.h>

#include "base/limits.h"
#include "seam/rt.h"
#include "seam/warehouse.h"

Test(warehouse, decimals_are_read_from_either_dialect)
{
    /* Proves that SQLite's units, PostgreSQL's text and a typed decimal all give the same amount,
     * or are refused. */
    const struct row {
        struct warehouse_value value;
        int scale;
        enum err err;
        int64_t amount;
    } rows[] = {
        {warehouse_null(), 2, ERR_OK, 0},
        {warehouse_i64(1250), 2, ERR_OK, 1250},
        {warehouse_i64(7), 0, ERR_OK, 7},
        {warehouse_text(STR("12.50")), 2, ERR_OK, 1250},
        {warehouse_text(STR("-0.01")), 2, ERR_OK, -1},
        {warehouse_text(STR("42")), 0, ERR_OK, 42},
        {warehouse_text(STR("12.505")), 2, ERR_INVALID, 0},
        {warehouse_text(STR("NaN")), 2, ERR_INVALID, 0},
        {warehouse_dec(1250, 2), 4, ERR_OK, 125000},
        {warehouse_dec(1250, 2), 1, ERR_OK, 125},
        {warehouse_dec(1251, 2), 1, ERR_INVALID, 0},
        {warehouse_timestamp(5), 2, ERR_INVALID, 0},
        {{.type = WAREHOUSE_BOOL, .i64 = 1}, 0, ERR_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        int64_t amount = 0;
        enum err err = warehouse_decimal(&rows[i].value, rows[i].scale, &amount, &d);
        cr_expect_eq(err, rows[i].err, "row %zu: %s", i, d.msg);
        cr_expect_eq(amount, rows[i].amount, "row %zu", i);
    }
}

Test(warehouse, cells_are_found_by_row_and_column)
{
    /* Proves that results are laid out row after row. */
    const struct warehouse_value cells[] = {warehouse_i64(1), warehouse_i64(2), warehouse_i64(3),
                                            warehouse_i64(4), warehouse_i64(5), warehouse_i64(6)};
    const struct warehouse_result result = {.row_count = 2, .column_count = 3, .values = cells};
    cr_expect_eq(warehouse_at(&result, 0, 2)->i64, 3);
    cr_expect_eq(warehouse_at(&result, 1, 0)->i64, 4);
    cr_expect_eq(warehouse_at(&result, 1, 2)->i64, 6);
    warehouse_close(NULL);
}
