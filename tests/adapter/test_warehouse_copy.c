/* The same rows by binary COPY and by text COPY into PostgreSQL: the server must have the same
 * values of both, digit by digit. A table with an `integer` where values are sent as `bigint` takes
 * text, since binary COPY converts nothing. */
#include <criterion/criterion.h>

#include "base/decimal.h"
#include "base/instant.h"
#include "base/rng.h"
#include "warehouse_bench.h"

#define COLUMNS 5
#define ROWS 600

static void tables_create(struct bench *b)
{
    bench_exec(b, "CREATE TABLE by_binary (id bigint, n numeric, at timestamptz, note text, "
                  "late boolean)");
    bench_exec(b, "CREATE TABLE by_text (id integer, n numeric, at timestamptz, note varchar, "
                  "late boolean)");
}

/* Around each power of ten, where a digit of the base 10,000 begins, and anywhere. */
static int64_t number_at(size_t row)
{
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, 9999, 10000, 99990000};
    int64_t power = 1;
    if (row < sizeof(edges) / sizeof(edges[0])) {
        return edges[row];
    }
    for (size_t i = 0; i < row % 19; i++) {
        power = i < 18 ? power * 10 : power;
    }
    int64_t near = power + (int64_t)(row / 19 % 3) - 1;
    uint64_t any = rng_u64(7, 1, row, 0) >> row % 64;
    return row % 2 == 0 ? (row % 4 == 0 ? near : -near) : (int64_t)any;
}

static void row_values(size_t row, int scale, struct warehouse_value *values)
{
    static const struct str notes[] = {STR_INIT(""), STR_INIT("\\N"), STR_INIT("a\tb\nc\\"),
                                       STR_INIT("\xc4\x8d\xe2\x82\xac\xf0\x9f\x9b\xab")};
    int64_t first = instant_of(1, 1, 1, 0, 0, 0), last = instant_of(9999, 12, 31, 23, 59, 59);
    uint64_t span = (uint64_t)(last - first);
    values[0] = warehouse_i64((int64_t)row);
    values[1] = row % 7 == 6 ? warehouse_i64(number_at(row)) : warehouse_dec(number_at(row), scale);
    values[2] = warehouse_timestamp(row == 0   ? first
                                    : row == 1 ? last
                                               : first + (int64_t)(rng_u64(7, 2, row, 0) % span));
    values[3] = warehouse_text(notes[row % 4]);
    values[4] = (struct warehouse_value){.type = WAREHOUSE_BOOL, .i64 = row % 2 == 0};
    if (row % 5 == 4) {
        values[1 + row % 4] = warehouse_null();
    }
}

static void load(struct bench *b, struct str table, int scale)
{
    const struct warehouse_column columns[COLUMNS] = {
        {.name = STR("id"), .type = WAREHOUSE_I64},
        {.name = STR("n"), .type = WAREHOUSE_DECIMAL, .scale = scale},
        {.name = STR("at"), .type = WAREHOUSE_TIMESTAMP},
        {.name = STR("note"), .type = WAREHOUSE_TEXT},
        {.name = STR("late"), .type = WAREHOUSE_BOOL}};
    struct warehouse_value values[COLUMNS];
    cr_assert_eq(warehouse_begin(b->w, &b->d), ERR_OK, "%s", b->d.msg);
    cr_assert_eq(warehouse_bulk_begin(b->w, table, columns, COLUMNS, &b->d), ERR_OK, "%s",
                 b->d.msg);
    for (size_t row = 0; row < ROWS; row++) {
        row_values(row, scale, values);
        cr_assert_eq(warehouse_bulk_row(b->w, values, &b->d), ERR_OK, "%s", b->d.msg);
    }
    cr_assert_eq(warehouse_bulk_end(b->w, &b->d), ERR_OK, "%s", b->d.msg);
    cr_assert_eq(warehouse_commit(b->w, &b->d), ERR_OK, "%s", b->d.msg);
}

Test(warehouse, binary_rows_are_the_rows_of_text)
{
    struct bench b;
    if (!bench_start(&b, BENCH_POSTGRES)) {
        return;
    }
    tables_create(&b);
    for (int scale = 0; scale <= DECIMAL_SCALE_MAX; scale++) {
        load(&b, STR("by_binary"), scale);
        load(&b, STR("by_text"), scale);
        int64_t same = bench_count(
            &b, "SELECT count(*) FROM by_binary x JOIN by_text y ON x.id = y.id AND "
                "x.n::text IS NOT DISTINCT FROM y.n::text AND x.at IS NOT DISTINCT FROM y.at AND "
                "x.note IS NOT DISTINCT FROM y.note AND x.late IS NOT DISTINCT FROM y.late");
        cr_expect_eq(same, ROWS, "scale %d: %ld", scale, (long)same);
        cr_expect_eq(bench_count(&b, "SELECT count(distinct n) FROM by_binary") > ROWS / 3, true);
        bench_exec(&b, "TRUNCATE by_binary");
        bench_exec(&b, "TRUNCATE by_text");
    }
    bench_stop(&b);
}

Test(warehouse, a_value_of_another_type_than_its_column_is_refused)
{
    const struct warehouse_column column = {.name = STR("n"), .type = WAREHOUSE_DECIMAL};
    struct bench b;
    if (!bench_start(&b, BENCH_POSTGRES)) {
        return;
    }
    tables_create(&b);
    struct warehouse_value bad = warehouse_text(STR("12"));
    cr_assert_eq(warehouse_begin(b.w, &b.d), ERR_OK, "%s", b.d.msg);
    cr_assert_eq(warehouse_bulk_begin(b.w, STR("by_binary"), &column, 1, &b.d), ERR_OK);
    cr_expect_eq(warehouse_bulk_row(b.w, &bad, &b.d), ERR_INVALID);
    cr_expect_str_eq(b.d.name, "22P03");
    diag_clear(&b.d);
    cr_expect_eq(bench_count(&b, "SELECT 7"), 7, "the session lives");
    bench_stop(&b);
}
