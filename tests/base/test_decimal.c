/* test_decimal.c -- Decimals against Python's decimal module (decimal_vectors.py makes the table),
 * and ratios. */
#include <criterion/criterion.h>
#include "base/decimal.h"
#include "base/limits.h"
#include "decimal_vectors.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Every text is read, or refused, as exact arithmetic says; a refusal leaves the result alone. */
Test(decimal, parse_agrees_with_python)
{
    for (size_t i = 0; i < COUNT_OF(parse_rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t value = 42;
        enum err code = decimal_parse(str_of(parse_rows[i].text), parse_rows[i].scale, &value, &d);
        cr_expect(code == parse_rows[i].code, "'%s' at %d: %s", parse_rows[i].text,
                  parse_rows[i].scale, err_name(code));
        int64_t want = code == ERR_OK ? parse_rows[i].value : 42;
        cr_expect(value == want, "'%s' at %d: %lld", parse_rows[i].text, parse_rows[i].scale,
                  (long long)value);
        cr_expect((d.msg[0] != '\0') == (code != ERR_OK));
    }
}

/* A value is spelled with all its decimals, or with those that matter. */
Test(decimal, text_agrees_with_python)
{
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < COUNT_OF(text_rows); i++) {
        struct buf out;
        buf_init(&out, a, 64);
        decimal_text(&out, text_rows[i].value, text_rows[i].scale);
        cr_expect(str_eq(buf_str(&out), str_of(text_rows[i].text)), "%.*s is not %s",
                  STR_ARG(buf_str(&out)), text_rows[i].text);
        buf_truncate(&out, 0);
        decimal_text_short(&out, text_rows[i].value, text_rows[i].scale);
        cr_expect(str_eq(buf_str(&out), str_of(text_rows[i].brief)), "%.*s is not %s",
                  STR_ARG(buf_str(&out)), text_rows[i].brief);
    }
    arena_free(a);
}

/* A product and a change of scale are exact, or refused. A product that is both too large and not
 * whole may be refused for either reason. */
Test(decimal, mul_and_rescale_agree_with_python)
{
    for (size_t i = 0; i < COUNT_OF(mul_rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t value = 42;
        enum err code = decimal_mul(mul_rows[i].a, mul_rows[i].scale_a, mul_rows[i].b,
                                    mul_rows[i].scale_b, mul_rows[i].scale, &value, &d);
        cr_expect(code == mul_rows[i].code, "row %zu: %s", i, err_name(code));
        cr_expect(value == (code == ERR_OK ? mul_rows[i].value : 42), "row %zu", i);
    }
    for (size_t i = 0; i < COUNT_OF(rescale_rows); i++) {
        struct diag d = DIAG_INIT;
        int64_t value = 42;
        enum err code = decimal_rescale(rescale_rows[i].value, rescale_rows[i].from,
                                        rescale_rows[i].to, &value, &d);
        cr_expect(code == rescale_rows[i].code, "row %zu: %s", i, err_name(code));
        cr_expect(value == (code == ERR_OK ? rescale_rows[i].result : 42), "row %zu", i);
    }
}

/* A sum is exact or refused at both ends of int64. */
Test(decimal, add_is_checked)
{
    struct diag d = DIAG_INIT;
    int64_t sum = 42;
    cr_expect(decimal_add(INT64_MAX, -1, &sum, &d) == ERR_OK);
    cr_expect(sum == INT64_MAX - 1);
    cr_expect(decimal_add(INT64_MAX, 1, &sum, &d) == ERR_LIMIT);
    diag_clear(&d);
    cr_expect(decimal_add(INT64_MIN, -1, &sum, &d) == ERR_LIMIT);
    cr_expect(sum == INT64_MAX - 1);
}

/* Ratios are read in each of their forms, in lowest terms, and refused otherwise. */
Test(decimal, ratios)
{
    static const struct {
        const char *text;
        enum err code;
        uint32_t num, den;
    } rows[] = {
        {"1/50", ERR_OK, 1, 50},
        {"0", ERR_OK, 0, 1},
        {"1", ERR_OK, 1, 1},
        {"5%", ERR_OK, 1, 20},
        {"100%", ERR_OK, 1, 1},
        {"0.1%", ERR_OK, 1, 1000},
        {"0.02", ERR_OK, 1, 50},
        {"50/100", ERR_OK, 1, 2},
        {"0/7", ERR_OK, 0, 1},
        {"3/2", ERR_OK, 3, 2},
        {"4294967295/4294967294", ERR_OK, 4294967295u, 4294967294u},
        {"4294967296/1", ERR_LIMIT, 0, 0},
        {"1/4294967297", ERR_LIMIT, 0, 0},
        {"1/0", ERR_INVALID, 0, 0},
        {"0/0", ERR_INVALID, 0, 0},
        {"", ERR_INVALID, 0, 0},
        {"%", ERR_INVALID, 0, 0},
        {"/", ERR_INVALID, 0, 0},
        {"1/", ERR_INVALID, 0, 0},
        {"/2", ERR_INVALID, 0, 0},
        {"-1/2", ERR_INVALID, 0, 0},
        {"-5%", ERR_INVALID, 0, 0},
        {"1/2/3", ERR_INVALID, 0, 0},
        {"5 %", ERR_INVALID, 0, 0},
        {"half", ERR_INVALID, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag d = DIAG_INIT;
        struct ratio r = {0, 0};
        enum err code = ratio_parse(str_of(rows[i].text), &r, &d);
        cr_expect(code == rows[i].code, "'%s': %s", rows[i].text, err_name(code));
        cr_expect(r.num == rows[i].num && r.den == rows[i].den, "'%s' is %u/%u", rows[i].text,
                  r.num, r.den);
    }
}
