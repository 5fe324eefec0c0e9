/* test_expression.c -- Expressions: against SQLite on thousands that are made up, exact decimals,
 * and the place of every mistake. */
#include "fixture.h"

#include <sqlite3.h>
#include "base/rng.h"
#include "pipeline/expression.h"

static struct arena *memory;

static void setup(void)
{
    memory = arena_new("test", 512 * MIB);
}

static void teardown(void)
{
    arena_free(memory);
}

TestSuite(expression, .init = setup, .fini = teardown);

static const struct warehouse_column COLUMNS[] = {
    {.name = STR_INIT("a"), .type = WAREHOUSE_I64},
    {.name = STR_INIT("b"), .type = WAREHOUSE_I64},
    {.name = STR_INIT("s"), .type = WAREHOUSE_TEXT},
    {.name = STR_INIT("u"), .type = WAREHOUSE_TEXT},
    {.name = STR_INIT("f"), .type = WAREHOUSE_BOOL},
    {.name = STR_INIT("price"), .type = WAREHOUSE_DECIMAL, .scale = 2},
    {.name = STR_INIT("t"), .type = WAREHOUSE_TIMESTAMP},
};
static const struct expression_names NAMES = {COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]};

/* ---- made-up expressions, with as few parentheses as the grammar allows ---- */

struct maker {
    struct buf text;
    uint64_t seed, draws;
    int depth;
};

static uint64_t draw(struct maker *m, uint64_t below)
{
    return rng_below(rng_u64(m->seed, 1, 0, m->draws++), below);
}

static void make_number(struct maker *m);
static void make_truth(struct maker *m);

static void make_text(struct maker *m)
{
    static const char *const leaves[] = {"s", "u", "'x'", "'it''s'", "'\xc3\xa9t\xc3\xa9'", "''"};
    static const char *const calls[] = {"lower(", "UPPER(", "coalesce("};
    uint64_t call = m->depth > 0 ? draw(m, 9) : 9;
    if (call >= 3) {
        buf_add_z(&m->text, leaves[draw(m, 6)]);
        return;
    }
    m->depth--;
    buf_add_z(&m->text, calls[call]);
    make_text(m);
    if (call == 2) {
        buf_add_z(&m->text, ", ");
        make_text(m);
    }
    buf_add_char(&m->text, ')');
    m->depth++;
}

static void make_primary(struct maker *m)
{
    uint64_t which = m->depth > 0 ? draw(m, 8) : draw(m, 4);
    m->depth--;
    if (which < 2) {
        buf_add_z(&m->text, which == 0 ? "a" : "b");
    } else if (which < 4) {
        buf_add_u64(&m->text, draw(m, 50));
    } else if (which == 4) {
        buf_add_z(&m->text, "length(");
        make_text(m);
        buf_add_char(&m->text, ')');
    } else if (which == 5) {
        buf_add_z(&m->text, "coalesce(");
        make_number(m);
        buf_add_z(&m->text, ", ");
        make_number(m);
        buf_add_char(&m->text, ')');
    } else {
        buf_add_char(&m->text, '(');
        make_number(m);
        buf_add_char(&m->text, ')');
    }
    m->depth++;
}

static void make_number(struct maker *m)
{
    static const char *const operators[] = {" + ", " - ", " * "};
    for (uint64_t more = draw(m, 3);; more--) {
        if (draw(m, 5) == 0) {
            buf_add_z(&m->text, "-");
        }
        make_primary(m);
        if (more == 0) {
            return;
        }
        buf_add_z(&m->text, operators[draw(m, 3)]);
    }
}

static void make_comparison(struct maker *m)
{
    static const char *const operators[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
    uint64_t which = m->depth > 0 ? draw(m, 8) : draw(m, 6);
    m->depth--;
    if (which < 2) {
        make_number(m);
        buf_add_z(&m->text, operators[draw(m, 6)]);
        make_number(m);
    } else if (which == 2) {
        make_text(m);
        buf_add_z(&m->text, operators[draw(m, 6)]);
        make_text(m);
    } else if (which == 3) {
        make_number(m);
        buf_add_z(&m->text, draw(m, 2) == 0 ? " is null" : " IS NOT NULL");
    } else if (which < 6) {
        buf_add_z(&m->text, which == 4 ? "f" : "true");
    } else {
        buf_add_char(&m->text, '(');
        make_truth(m);
        buf_add_char(&m->text, ')');
    }
    if (draw(m, 8) == 0) {
        buf_add_z(&m->text, " is null");
    }
    m->depth++;
}

static void make_truth(struct maker *m)
{
    for (uint64_t more = draw(m, 3);; more--) {
        if (draw(m, 4) == 0) {
            buf_add_z(&m->text, "not ");
        }
        make_comparison(m);
        if (more == 0) {
            return;
        }
        buf_add_z(&m->text, draw(m, 2) == 0 ? " and " : " or ");
    }
}

/* ---- the oracle ---- */

static void bind(sqlite3_stmt *row, int at, const struct warehouse_value *v)
{
    if (v->type == WAREHOUSE_NULL) {
        sqlite3_bind_null(row, at);
    } else if (v->type == WAREHOUSE_TEXT) {
        sqlite3_bind_text(row, at, v->text.ptr, (int)v->text.len, SQLITE_STATIC);
    } else {
        sqlite3_bind_int64(row, at, v->i64);
    }
}

/* What SQLite says: false when it went over to floats, which is where ours says ERR_LIMIT. */
static bool ask(sqlite3 *db, struct str text, const struct warehouse_value *values, bool *ret_null,
                int64_t *ret_value, struct str *ret_text)
{
    sqlite3_stmt *statement = NULL;
    struct str sql =
        str_printf(memory, "select %.*s from (select ?1 as a, ?2 as b, ?3 as s, ?4 as u, ?5 as f)",
                   STR_ARG(text));
    cr_assert_eq(sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &statement, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    for (int i = 0; i < 5; i++) {
        bind(statement, i + 1, &values[i]);
    }
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int type = sqlite3_column_type(statement, 0);
    *ret_null = type == SQLITE_NULL;
    *ret_value = sqlite3_column_int64(statement, 0);
    if (type == SQLITE_TEXT) {
        int len = sqlite3_column_bytes(statement, 0);
        *ret_text =
            str_copy(memory, str_n((const char *)sqlite3_column_text(statement, 0), (size_t)len));
    }
    sqlite3_finalize(statement);
    return type != SQLITE_FLOAT;
}

/* One expression of each kind from the seed, evaluated by both. Returns whether it was compared. */
static bool compare(sqlite3 *db, uint64_t seed)
{
    static void (*const makers[])(struct maker * m) = {make_number, make_truth, make_text};
    struct maker m = {.seed = seed, .depth = 3};
    struct diag d = DIAG_INIT;
    struct expression *e;
    struct warehouse_value got, values[7] = {{.type = WAREHOUSE_NULL}};
    bool null;
    int64_t expected;
    struct str expected_text = STR_EMPTY;
    buf_init(&m.text, memory, MIB);
    for (size_t i = 0; i < 2; i++) {
        values[i] = draw(&m, 4) == 0 ? warehouse_null() : warehouse_i64((int64_t)draw(&m, 9) - 4);
        static const char *const texts[] = {"x", "X", "it's", "\xc3\x89t\xc3\xa9", ""};
        values[2 + i] =
            draw(&m, 4) == 0 ? warehouse_null() : warehouse_text(str_of(texts[draw(&m, 5)]));
    }
    if (draw(&m, 3) > 0) {
        values[4] = (struct warehouse_value){.type = WAREHOUSE_BOOL, .i64 = (int64_t)draw(&m, 2)};
    }
    makers[seed % 3](&m);
    struct str text = buf_str(&m.text);
    cr_assert(expression_compile(memory, text, NAMES, &e, &d) == ERR_OK, "<%.*s> %s", STR_ARG(text),
              d.msg);
    if (expression_eval(e, values, memory, &got, &d) != ERR_OK ||
        !ask(db, text, values, &null, &expected, &expected_text)) {
        return false;
    }
    cr_expect_eq(got.type == WAREHOUSE_NULL, null, "<%.*s>", STR_ARG(text));
    cr_expect(null || got.i64 == expected || got.type == WAREHOUSE_TEXT, "<%.*s> %lld, not %lld",
              STR_ARG(text), (long long)got.i64, (long long)expected);
    cr_expect(null || got.type != WAREHOUSE_TEXT || str_eq(got.text, expected_text), "<%.*s>",
              STR_ARG(text));
    return true;
}

/* On whole numbers, texts, truths and nulls an expression says what SQLite says, in its precedence.
 */
Test(expression, agrees_with_sqlite)
{
    sqlite3 *db;
    size_t compared = 0;
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (uint64_t seed = 0; seed < 9000; seed++) {
        struct arena_mark mark = arena_mark(memory);
        compared += compare(db, seed);
        arena_rewind(memory, mark);
    }
    sqlite3_close(db);
    cr_expect_gt(compared, 8900, "%zu", compared);
}

/* Decimals are exact, take the larger scale in sums, add scales in products, and compare across
 * scales. */
Test(expression, decimals_are_exact)
{
    static const struct {
        const char *text;
        enum warehouse_type type;
        int scale;
        int64_t value;
    } rows[] = {
        {"0.1 + 0.2", WAREHOUSE_DECIMAL, 1, 3},
        {"0.1 + 0.2 = 0.30", WAREHOUSE_BOOL, 0, 1},
        {"price * a", WAREHOUSE_DECIMAL, 2, 5997},
        {"price * 0.001", WAREHOUSE_DECIMAL, 5, 1999},
        {"price - 20", WAREHOUSE_DECIMAL, 2, -1},
        {"-price", WAREHOUSE_DECIMAL, 2, -1999},
        {"price < 20", WAREHOUSE_BOOL, 0, 1},
        {"price >= 19.990000000", WAREHOUSE_BOOL, 0, 1},
        {"9223372036854775807 > price", WAREHOUSE_BOOL, 0, 1},
        {"coalesce(b, 1.50)", WAREHOUSE_DECIMAL, 2, 150},
        {"coalesce(a, 1.50)", WAREHOUSE_DECIMAL, 2, 300},
        {"coalesce(null, a)", WAREHOUSE_I64, 0, 3},
        {"t = t and t <= t", WAREHOUSE_BOOL, 0, 1},
        {"2 * 3 + 4 * 5 - 6", WAREHOUSE_I64, 0, 20},
        {"10 - 4 - 3", WAREHOUSE_I64, 0, 3},
    };
    struct warehouse_value values[7] = {
        warehouse_i64(3), warehouse_null(),       warehouse_null(),       warehouse_null(),
        warehouse_null(), warehouse_dec(1999, 2), warehouse_timestamp(-5)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct diag d = DIAG_INIT;
        struct expression *e;
        struct warehouse_value got;
        int scale;
        cr_assert(expression_compile(memory, str_of(rows[i].text), NAMES, &e, &d) == ERR_OK,
                  "<%s> %s", rows[i].text, d.msg);
        cr_expect_eq(expression_type(e, &scale), rows[i].type, "<%s>", rows[i].text);
        cr_expect_eq(scale, rows[i].scale, "<%s>", rows[i].text);
        cr_assert(expression_eval(e, values, memory, &got, &d) == ERR_OK, "<%s>", rows[i].text);
        cr_expect(got.type == rows[i].type && got.i64 == rows[i].value, "<%s> %lld", rows[i].text,
                  (long long)got.i64);
    }
}

/* A result that does not fit is an error, never another number. */
Test(expression, what_does_not_fit_is_an_error)
{
    static const char *const rows[] = {
        "9223372036854775807 + 1",   "-9223372036854775807 - 2",
        "9223372036854775807 * 2",   "-(-9223372036854775807 - 1)",
        "9223372036854775807 + 0.1", "coalesce(9223372036854775807, 0.1)"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct diag d = DIAG_INIT;
        struct expression *e;
        struct warehouse_value got;
        cr_assert(expression_compile(memory, str_of(rows[i]), NAMES, &e, &d) == ERR_OK, "%s",
                  rows[i]);
        cr_expect_eq(expression_eval(e, NULL, memory, &got, &d), ERR_LIMIT, "%s", rows[i]);
    }
}

/* A wrong expression is refused with the place of what is wrong. */
Test(expression, a_mistake_is_named_with_its_place)
{
    static const char *const rows[][2] = {
        {"", "at 1: expected a value"},
        {"a +", "at 4: expected a value"},
        {"(a", "at 3: expected ')'"},
        {"a b", "at 3: expected an operator or the end"},
        {"a = 1 = 1", "at 7: expected an operator or the end"},
        {"a ; b", "at 3: no such sign"},
        {"s = 'x", "at 5: the text is not closed"},
        {"missing > 1", "at 1: no column 'missing' stands before"},
        {"a + s", "at 3: expected numbers, not a whole number and text"},
        {"a = s", "at 3: a whole number and text cannot be compared so"},
        {"f < f", "at 3: true or false and true or false cannot be compared so"},
        {"a and f", "at 1: expected true or false, not a whole number"},
        {"f or s", "at 6: expected true or false, not text"},
        {"not a", "at 5: expected true or false, not a whole number"},
        {"-s", "at 2: expected a number, not text"},
        {"length(a)", "at 8: expected text, not a whole number"},
        {"size(s)", "at 1: no function 'size': there are length, lower, upper, coalesce"},
        {"coalesce(a, s)", "at 13: coalesce of a whole number and text"},
        {"coalesce(a)", "at 11: expected ','"},
        {"a is 5", "at 6: expected null or not null"},
        {"1.0123456789", "at 1: more than 9 decimals"},
        {"99999999999999999999", "at 1: the number is too large"},
        {"price * 0.00000001", "at 7: the product would have 10 decimals; 9 is the most"},
        {"'\xff'", "at 1: the text is not UTF-8"},
        {"t + 1", "at 3: expected numbers, not a moment and a whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct diag d = DIAG_INIT;
        struct expression *e = NULL;
        cr_expect(expression_compile(memory, str_of(rows[i][0]), NAMES, &e, &d) == ERR_INVALID &&
                      e == NULL,
                  "<%s>", rows[i][0]);
        cr_expect_str_eq(d.msg, rows[i][1], "<%s> %s", rows[i][0], d.msg);
    }
}

/* Nesting and chains have a cap, so that no definition can exhaust a stack. */
Test(expression, depth_has_a_cap)
{
    static const char *const openings[] = {"(", "-", "not ", "1 + ", "f or "};
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        struct diag d = DIAG_INIT;
        struct expression *e = NULL;
        struct buf text;
        buf_init(&text, memory, MIB);
        for (size_t k = 0; k < 500; k++) {
            buf_add_z(&text, openings[i]);
        }
        buf_add_z(&text, i == 2 || i == 4 ? "f" : "1");
        enum err err = expression_compile(memory, buf_str(&text), NAMES, &e, &d);
        cr_expect(err == ERR_INVALID && e == NULL, "%s %s", openings[i], d.msg);
    }
}
