/* fuzz_expression.c -- Any text as an expression: refused with a place, or a value of the type that
 * was promised. */
#include "fuzz_check.h"
#include "base/limits.h"
#include "pipeline/expression.h"

static const struct warehouse_column COLUMNS[] = {
    {.name = STR_INIT("a"), .type = WAREHOUSE_I64},
    {.name = STR_INIT("s"), .type = WAREHOUSE_TEXT},
    {.name = STR_INIT("f"), .type = WAREHOUSE_BOOL},
    {.name = STR_INIT("d"), .type = WAREHOUSE_DECIMAL, .scale = 4},
    {.name = STR_INIT("t"), .type = WAREHOUSE_TIMESTAMP},
};
static const struct warehouse_value ROWS[][5] = {
    {{.type = WAREHOUSE_I64, .i64 = -7},
     {.type = WAREHOUSE_TEXT, .text = STR_INIT("x'y")},
     {.type = WAREHOUSE_BOOL, .i64 = 1},
     {.type = WAREHOUSE_DECIMAL, .scale = 4, .i64 = 12345},
     {.type = WAREHOUSE_TIMESTAMP, .i64 = 5}},
    {{.type = WAREHOUSE_NULL}},
    {{.type = WAREHOUSE_I64, .i64 = INT64_MIN},
     {.type = WAREHOUSE_TEXT, .text = STR_INIT("")},
     {.type = WAREHOUSE_BOOL, .i64 = 0},
     {.type = WAREHOUSE_DECIMAL, .scale = 4, .i64 = INT64_MAX},
     {.type = WAREHOUSE_NULL}},
};

static void check_row(struct arena *a, const struct expression *e,
                      const struct warehouse_value *values)
{
    struct diag d = DIAG_INIT;
    struct warehouse_value got;
    int scale;
    enum warehouse_type type = expression_type(e, &scale);
    enum err err = expression_eval(e, values, a, &got, &d);
    CHECK(err == ERR_OK || err == ERR_LIMIT);
    if (err != ERR_OK || got.type == WAREHOUSE_NULL) {
        return;
    }
    CHECK(got.type == type);
    CHECK(type != WAREHOUSE_DECIMAL || got.scale == scale);
    CHECK(type != WAREHOUSE_BOOL || got.i64 == 0 || got.i64 == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct diag d = DIAG_INIT;
    struct expression *e;
    struct expression_names names = {COLUMNS, 5};
    enum err err = expression_compile(a, str_n((const char *)data, size), names, &e, &d);
    if (err == ERR_OK) {
        for (size_t i = 0; i < 3; i++) {
            check_row(a, e, ROWS[i]);
        }
    } else {
        CHECK(err == ERR_INVALID && str_starts(str_of(d.msg), STR("at ")));
    }
    arena_free(a);
    return 0;
}
