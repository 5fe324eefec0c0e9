#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "warehouse_bench.h"

/* ---- one table with a column of every type ---- */

static void flights_create(struct bench *b)
{
    bench_exec(b,
               bench_sql(b,
                         "CREATE TABLE flight (id INTEGER PRIMARY KEY, fare INTEGER, at INTEGER, "
                         "note TEXT NOT NULL, late INTEGER)",
                         "CREATE TABLE flight (id BIGINT PRIMARY KEY, fare NUMERIC(30, 2), "
                         "at TIMESTAMPTZ, note TEXT NOT NULL, late BOOLEAN)"));
}

static const struct warehouse_column flight_columns[] = {
    {.name = STR_INIT("id"), .type = WAREHOUSE_I64, .required = true},
    {.name = STR_INIT("fare"), .type = WAREHOUSE_DECIMAL, .scale = 2},
    {.name = STR_INIT("at"), .type = WAREHOUSE_TIMESTAMP},
    {.name = STR_INIT("note"), .type = WAREHOUSE_TEXT, .required = true},
    {.name = STR_INIT("late"), .type = WAREHOUSE_BOOL},
};
#define FLIGHT_COLUMNS 5

static const struct flight {
    int64_t fare; /* cents */
    int64_t at;
    struct str note;
    int late; /* -1: NULL, and fare and at with it */
} flights[] = {
    {0, 0, STR_INIT("plain"), 0},
    {1250, INT64_C(1774656000123456), STR_INIT(""), 1},
    {-1, -1, STR_INIT("tab\tnew\nline\r\n back\\slash \\N \\. 'single' \"double\""), 0},
    {INT64_MAX, INT64_C(253402300799999999), STR_INIT("\\N"), 1},
    {INT64_MIN + 1, INT64_C(-62135596800000000), STR_INIT("\\."), 0},
    {7, INT64_C(951782400000000), STR_INIT("\xc4\x8d\xc3\xa1ra \xe2\x82\xac \xf0\x9f\x9b\xab"), 1},
    {0, 0, STR_INIT("nothing known"), -1},
};
#define FLIGHTS (sizeof(flights) / sizeof(flights[0]))

static void flight_values(int64_t id, const struct flight *f, struct warehouse_value *values)
{
    bool known = f->late >= 0;
    values[0] = warehouse_i64(id);
    values[1] = known ? warehouse_dec(f->fare, 2) : warehouse_null();
    values[2] = known ? warehouse_timestamp(f->at) : warehouse_null();
    values[3] = warehouse_text(f->note);
    values[4] =
        known ? (struct warehouse_value){.type = WAREHOUSE_BOOL, .i64 = f->late} : warehouse_null();
}

static enum err flights_load(struct bench *b, int64_t first_id, int64_t count)
{
    struct warehouse_value values[FLIGHT_COLUMNS];
    TRY(warehouse_bulk_begin(b->w, STR("flight"), flight_columns, FLIGHT_COLUMNS, &b->d));
    for (int64_t i = 0; i < count; i++) {
        flight_values(first_id + i, &flights[(size_t)i % FLIGHTS], values);
        TRY(warehouse_bulk_row(b->w, values, &b->d));
    }
    return warehouse_bulk_end(b->w, &b->d);
}

static enum err flight_insert(struct bench *b, int64_t id, const struct flight *f)
{
    struct warehouse_value values[FLIGHT_COLUMNS];
    int64_t changed = -1;
    flight_values(id, f, values);
    TRY(warehouse_exec(
        b->w, STR("INSERT INTO flight (id, fare, at, note, late) VALUES ($1, $2, $3, $4, $5)"),
        values, FLIGHT_COLUMNS, &changed, &b->d));
    cr_expect_eq(changed, 1);
    return ERR_OK;
}

static void begin(struct bench *b)
{
    diag_clear(&b->d);
    cr_assert_eq(warehouse_begin(b->w, &b->d), ERR_OK, "%s: %s", b->name, b->d.msg);
}

static void commit(struct bench *b)
{
    cr_assert_eq(warehouse_commit(b->w, &b->d), ERR_OK, "%s: %s", b->name, b->d.msg);
}

static void expect_failure(struct bench *b, enum err got, enum err err, const char *sqlstate)
{
    cr_expect_eq(got, err, "%s: %s, expected %s: %s", b->name, err_name(got), err_name(err),
                 b->d.msg);
    cr_expect_str_eq(b->d.name, sqlstate, "%s: %s: %s", b->name, b->d.name, b->d.msg);
    diag_clear(&b->d);
}

/* ---- values ---- */

static void expect_flight(struct bench *b, const struct warehouse_result *r, size_t row,
                          const struct flight *f)
{
    int64_t fare = -5;
    bool known = f->late >= 0;
    cr_assert_eq(warehouse_decimal(warehouse_at(r, row, 1), 2, &fare, &b->d), ERR_OK, "%s",
                 b->d.msg);
    cr_expect_eq(fare, known ? f->fare : 0, "%s row %zu: %ld", b->name, row, (long)fare);
    cr_expect_eq(warehouse_at(r, row, 2)->i64, known ? f->at : 0, "%s row %zu: %ld", b->name, row,
                 (long)warehouse_at(r, row, 2)->i64);
    cr_expect_eq(warehouse_at(r, row, 3)->type, WAREHOUSE_TEXT);
    cr_expect(str_eq(warehouse_at(r, row, 3)->text, f->note), "%s row %zu: \"%.*s\"", b->name, row,
              STR_ARG(warehouse_at(r, row, 3)->text));
    cr_expect_eq(warehouse_at(r, row, 4)->i64, known ? f->late : 0);
    for (size_t column = 1; column <= 4; column++) {
        bool null = warehouse_at(r, row, column)->type == WAREHOUSE_NULL;
        cr_expect_eq(null, !known && column != 3, "%s row %zu column %zu", b->name, row, column);
    }
    /* what the database itself makes of it, with no reader of ours between */
    struct buf hex;
    buf_init(&hex, b->arena, MIB);
    encode_hex(&hex, f->note);
    cr_expect(str_eq(warehouse_at(r, row, 5)->text, buf_str(&hex)), "%s row %zu: %.*s", b->name,
              row, STR_ARG(warehouse_at(r, row, 5)->text));
    cr_expect_eq(warehouse_at(r, row, 6)->i64, known ? f->at : 0, "%s row %zu", b->name, row);
}

Test(warehouse, values_come_back_as_they_were_given)
{
    /* Proves that each type, NULL, the extremes and every byte that COPY escapes survive, by INSERT
     * and in bulk. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        begin(&b);
        cr_assert_eq(flights_load(&b, 0, FLIGHTS), ERR_OK, "%s: %s", b.name, b.d.msg);
        for (size_t i = 0; i < FLIGHTS; i++) {
            enum err err = flight_insert(&b, (int64_t)(FLIGHTS + i), &flights[i]);
            cr_assert_eq(err, ERR_OK, "%s: %s", b.name, b.d.msg);
        }
        commit(&b);
        struct warehouse_result r = bench_query(
            &b,
            bench_sql(
                &b, "SELECT id, fare, at, note, late, lower(hex(note)), at FROM flight ORDER BY id",
                "SELECT id, fare, at, note, late, encode(convert_to(note, 'UTF8'), 'hex'), "
                "CAST(extract(epoch FROM at) * 1000000 AS BIGINT) FROM flight ORDER BY id"));
        cr_assert_eq(r.row_count, 2 * FLIGHTS);
        cr_assert_eq(r.column_count, 7);
        cr_expect(str_eq(r.names[3], STR("note")));
        for (size_t i = 0; i < r.row_count; i++) {
            cr_expect_eq(warehouse_at(&r, i, 0)->type, WAREHOUSE_I64);
            cr_expect_eq(warehouse_at(&r, i, 0)->i64, (int64_t)i);
            expect_flight(&b, &r, i, &flights[i % FLIGHTS]);
        }
        bench_stop(&b);
    }
}

Test(warehouse, sums_and_parameters_are_exact)
{
    /* Proves that money is added without a float, and that a parameter compares as its type, in any
     * order. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        begin(&b);
        for (int64_t i = 0; i < 10; i++) { /* 0.10 ten times: no binary fraction holds it */
            struct flight f = {.fare = 10, .at = i * US_PER_DAY, .note = STR("x")};
            cr_assert_eq(flight_insert(&b, i, &f), ERR_OK, "%s: %s", b.name, b.d.msg);
        }
        struct flight large = {.fare = INT64_C(900719925474099301), .at = 0, .note = STR("y")};
        cr_assert_eq(flight_insert(&b, 10, &large), ERR_OK, "%s: %s", b.name, b.d.msg);
        commit(&b);
        const struct warehouse_value params[] = {warehouse_timestamp(3 * US_PER_DAY),
                                                 warehouse_text(STR("x")), warehouse_dec(100, 3),
                                                 warehouse_i64(2)};
        struct warehouse_result r;
        int64_t sum = 0;
        cr_assert_eq(
            warehouse_query(b.w, STR("SELECT sum(fare) FROM flight"), NULL, 0, b.arena, &r, &b.d),
            ERR_OK, "%s", b.d.msg);
        cr_assert_eq(warehouse_decimal(warehouse_at(&r, 0, 0), 2, &sum, &b.d), ERR_OK, "%s",
                     b.d.msg);
        cr_expect_eq(sum, INT64_C(900719925474099401), "%s: %ld", b.name, (long)sum);
        struct str sql = STR("SELECT count(*), max(id) FROM flight "
                             "WHERE note = $2 AND at >= $1 AND id > $4 AND at >= $1");
        cr_assert_eq(warehouse_query(b.w, sql, params, 4, b.arena, &r, &b.d), ERR_OK, "%s: %s",
                     b.name, b.d.msg);
        cr_expect_eq(warehouse_at(&r, 0, 0)->i64, 7, "%s", b.name);
        cr_expect_eq(warehouse_at(&r, 0, 1)->i64, 9, "%s", b.name);
        bench_stop(&b);
    }
}

/* ---- failures that the contract names ---- */

Test(warehouse, a_key_that_is_there_is_a_conflict)
{
    /* Proves the class and SQLSTATE of a doubled key and a missing value, that the transaction is
     * gone with all it did, and that the next one works. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        cr_assert_eq(flight_insert(&b, 1, &flights[0]), ERR_OK);
        begin(&b);
        cr_assert_eq(flight_insert(&b, 2, &flights[0]), ERR_OK);
        expect_failure(&b, flight_insert(&b, 1, &flights[0]), ERR_CONFLICT, "23505");
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 1, "%s", b.name);

        begin(&b);
        expect_failure(&b, flights_load(&b, 0, 5), ERR_CONFLICT, "23505");
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 1, "%s", b.name);

        begin(&b);
        enum err err =
            warehouse_exec(b.w, STR("INSERT INTO flight (id) VALUES (9)"), NULL, 0, NULL, &b.d);
        expect_failure(&b, err, ERR_INVALID, "23502");
        expect_failure(&b, warehouse_commit(b.w, &b.d), ERR_INTERNAL, "25P01");

        begin(&b);
        cr_assert_eq(flights_load(&b, 2, 5), ERR_OK, "%s: %s", b.name, b.d.msg);
        commit(&b);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 6, "%s", b.name);
        bench_stop(&b);
    }
}

Test(warehouse, a_rollback_leaves_nothing)
{
    /* Proves that rolling back undoes rows, also from the middle of a bulk load, and is harmless
     * without a transaction. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        struct warehouse_value values[FLIGHT_COLUMNS];
        flight_values(50, &flights[1], values);
        warehouse_rollback(b.w);
        begin(&b);
        cr_assert_eq(flights_load(&b, 0, 10), ERR_OK, "%s: %s", b.name, b.d.msg);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 10, "its own rows are seen");
        warehouse_rollback(b.w);
        begin(&b);
        cr_assert_eq(warehouse_bulk_begin(b.w, STR("flight"), flight_columns, FLIGHT_COLUMNS, &b.d),
                     ERR_OK);
        cr_assert_eq(warehouse_bulk_row(b.w, values, &b.d), ERR_OK);
        warehouse_rollback(b.w);
        warehouse_rollback(b.w);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 0, "%s", b.name);
        begin(&b);
        cr_assert_eq(flights_load(&b, 0, 1), ERR_OK, "%s: %s", b.name, b.d.msg);
        commit(&b);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 1, "%s", b.name);
        bench_stop(&b);
    }
}

Test(warehouse, bad_statements_are_refused)
{
    /* Proves that what is wrong with a statement or a value is ERR_INVALID with a state, and that
     * the session lives. */
    static const struct row {
        const char *sql, *why;
    } rows[] = {
        {"SELEC 1", "syntax"},
        {"SELECT 1; SELECT 2", "two statements"},
        {"SELECT * FROM no_such_table ORDER BY 1", "no such table"},
        {"SELECT no_such_column FROM flight ORDER BY 1", "no such column"},
        {"SELECT id FROM flight WHERE id = $2 AND note = $1 AND id = $3", "no third parameter"},
    };
    const struct warehouse_value params[] = {warehouse_text(STR("a")), warehouse_i64(1)};
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct warehouse_result r;
            enum err err = warehouse_query(b.w, str_of(rows[i].sql), params, 2, b.arena, &r, &b.d);
            cr_expect_eq(err, ERR_INVALID, "%s: %s: %s %s", b.name, rows[i].why, err_name(err),
                         b.d.msg);
            cr_expect_eq(strlen(b.d.name), 5, "%s: %s: %s", b.name, rows[i].why, b.d.name);
            diag_clear(&b.d);
            cr_expect_eq(bench_count(&b, "SELECT 7"), 7);
        }
        const struct flight bad[] = {{.note = STR_INIT("a\0b")},
                                     {.note = STR_INIT("\xff\xfe")},
                                     {.note = STR_INIT("late"), .at = INT64_MAX}};
        for (size_t i = 0; i < 3; i++) {
            const char *state = i == 2 ? "22008" : "22021";
            expect_failure(&b, flight_insert(&b, 1, &bad[i]), ERR_INVALID, state);
            begin(&b);
            struct warehouse_value values[FLIGHT_COLUMNS];
            flight_values(1, &bad[i], values);
            cr_assert_eq(
                warehouse_bulk_begin(b.w, STR("flight"), flight_columns, FLIGHT_COLUMNS, &b.d),
                ERR_OK);
            expect_failure(&b, warehouse_bulk_row(b.w, values, &b.d), ERR_INVALID, state);
        }
        begin(&b);
        enum err err =
            warehouse_bulk_begin(b.w, STR("flight; DROP"), flight_columns, FLIGHT_COLUMNS, &b.d);
        expect_failure(&b, err, ERR_INVALID, "42602");
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), 0);
        bench_stop(&b);
    }
}

/* ---- many rows, many statements, many handles ---- */

Test(warehouse, ten_thousand_rows_arrive)
{
    /* Proves that a large bulk load, which is sent in several pieces, holds every row once and
     * unaltered. */
    const int64_t count = 10000;
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        flights_create(&b);
        begin(&b);
        cr_assert_eq(flights_load(&b, 0, count), ERR_OK, "%s: %s", b.name, b.d.msg);
        commit(&b);
        cr_expect_eq(bench_count(&b, "SELECT count(*) FROM flight"), count, "%s", b.name);
        cr_expect_eq(bench_count(&b, "SELECT sum(id) FROM flight"), count * (count - 1) / 2, "%s",
                     b.name);
        struct warehouse_result r = bench_query(&b, "SELECT id, note FROM flight ORDER BY id");
        for (size_t i = 0; i < r.row_count; i++) {
            cr_assert(str_eq(warehouse_at(&r, i, 1)->text, flights[i % FLIGHTS].note), "%s row %zu",
                      b.name, i);
        }
        int64_t changed = 0;
        struct str sql = STR("UPDATE flight SET fare = 0 WHERE id >= $1");
        struct warehouse_value from = warehouse_i64(9990);
        cr_assert_eq(warehouse_exec(b.w, sql, &from, 1, &changed, &b.d), ERR_OK, "%s", b.d.msg);
        cr_expect_eq(changed, 10, "%s: %ld", b.name, (long)changed);
        from = warehouse_i64(count);
        cr_assert_eq(warehouse_exec(b.w, sql, &from, 1, &changed, &b.d), ERR_OK, "%s", b.d.msg);
        cr_expect_eq(changed, 0, "%s: %ld", b.name, (long)changed);
        cr_assert_eq(
            warehouse_exec(b.w, STR("CREATE TABLE other (id INTEGER)"), NULL, 0, &changed, &b.d),
            ERR_OK);
        cr_expect_eq(changed, 0, "%s: %ld", b.name, (long)changed);
        bench_stop(&b);
    }
}

Test(warehouse, statements_may_be_many)
{
    /* Proves that more statements than are kept prepared still give their own answers, asked for
     * again and again. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        for (int64_t i = 0; i < 200; i++) {
            int64_t number = i * 37 % 90;
            struct str sql = str_printf(b.arena, "SELECT %d ; ", (int)number);
            cr_assert_eq(bench_count(&b, str_z(b.arena, sql)), number, "%s", b.name);
        }
        bench_stop(&b);
    }
}

/* Adds one to a counter that was read in the same transaction; a failure's class, or ERR_OK. */
static enum err counter_step(struct bench *b, struct warehouse *w, int64_t seen)
{
    struct warehouse_value next = warehouse_i64(seen + 1);
    TRY(warehouse_exec(w, STR("UPDATE counter SET n = $1"), &next, 1, NULL, &b->d));
    return warehouse_commit(w, &b->d);
}

static enum err counter_read(struct bench *b, struct warehouse *w, int64_t *ret_seen)
{
    struct warehouse_result r;
    TRY(warehouse_query(w, STR("SELECT n FROM counter"), NULL, 0, b->arena, &r, &b->d));
    *ret_seen = warehouse_at(&r, 0, 0)->i64;
    return ERR_OK;
}

Test(warehouse, no_update_is_lost_between_two_handles)
{
    /* Proves that of two transactions that read and write the same row one is refused with 40001,
     * whenever that is noticed, that it works when tried again, and that readers see committed rows
     * only. */
    struct bench b;
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        if (!bench_start(&b, kind)) {
            continue;
        }
        bench_exec(&b, "CREATE TABLE counter (n INTEGER)");
        bench_exec(&b, "INSERT INTO counter VALUES (0)");
        struct warehouse *one = b.w, *two = bench_open(&b);
        int64_t seen_one = -1, seen_two = -1, n = -1;
        cr_assert_eq(warehouse_begin(one, &b.d), ERR_OK);
        cr_assert_eq(counter_read(&b, one, &seen_one), ERR_OK);
        enum err err_two = warehouse_begin(two, &b.d);
        if (err_two == ERR_OK) {
            cr_assert_eq(counter_read(&b, two, &seen_two), ERR_OK);
            cr_assert_eq(counter_step(&b, two, seen_two), ERR_OK, "%s: %s", b.name, b.d.msg);
            expect_failure(&b, counter_step(&b, one, seen_one), ERR_UNAVAILABLE, "40001");
            cr_assert_eq(warehouse_begin(one, &b.d), ERR_OK);
            cr_assert_eq(counter_read(&b, one, &seen_one), ERR_OK);
            cr_assert_eq(counter_step(&b, one, seen_one), ERR_OK, "%s: %s", b.name, b.d.msg);
        } else {
            expect_failure(&b, err_two, ERR_UNAVAILABLE, "40001");
            cr_assert_eq(counter_step(&b, one, seen_one), ERR_OK, "%s: %s", b.name, b.d.msg);
            cr_assert_eq(warehouse_begin(two, &b.d), ERR_OK);
            cr_assert_eq(counter_read(&b, two, &seen_two), ERR_OK);
            cr_assert_eq(counter_step(&b, two, seen_two), ERR_OK, "%s: %s", b.name, b.d.msg);
        }
        cr_assert_eq(counter_read(&b, two, &n), ERR_OK);
        cr_expect_eq(n, 2, "%s: %ld", b.name, (long)n);

        cr_assert_eq(warehouse_begin(one, &b.d), ERR_OK);
        cr_assert_eq(warehouse_exec(one, STR("UPDATE counter SET n = 100"), NULL, 0, NULL, &b.d),
                     ERR_OK);
        enum err err = counter_read(&b, two, &n);
        if (err == ERR_OK) { /* a database in memory has no log, so its readers wait */
            cr_expect_eq(n, 2, "%s: %ld", b.name, (long)n);
        } else {
            cr_expect_eq(kind, BENCH_MEMORY);
            expect_failure(&b, err, ERR_UNAVAILABLE, "40001");
        }
        cr_assert_eq(warehouse_commit(one, &b.d), ERR_OK);
        cr_assert_eq(counter_read(&b, two, &n), ERR_OK);
        cr_expect_eq(n, 100, "%s: %ld", b.name, (long)n);
        warehouse_close(two);
        bench_stop(&b);
    }
}
