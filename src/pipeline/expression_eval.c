/* expression_eval.c -- Runs a compiled expression over one row. Types were settled when it was
 * compiled, so what can still go wrong is size. Null spreads as in SQL: and, or know that one side
 * can decide alone. */
#include "expression_node.h"

#include "base/decimal.h"

__extension__ typedef __int128 wide;

struct eval {
    const struct warehouse_value *values;
    struct arena *arena;
};

enum warehouse_type expression_type(const struct expression *e, int *ret_scale)
{
    *ret_scale = e->scale;
    return e->type;
}

static struct warehouse_value truth(bool value)
{
    return (struct warehouse_value){.type = WAREHOUSE_BOOL, .i64 = value};
}

static bool is_null(const struct warehouse_value *v)
{
    return v->type == WAREHOUSE_NULL;
}

static int scale_of(const struct warehouse_value *v)
{
    return v->type == WAREHOUSE_DECIMAL ? v->scale : 0;
}

static struct warehouse_value number(const struct expression *e, int64_t value)
{
    return e->type == WAREHOUSE_DECIMAL ? warehouse_dec(value, e->scale) : warehouse_i64(value);
}

static wide at_scale(const struct warehouse_value *v, int scale)
{
    wide value = v->i64;
    for (int i = scale_of(v); i < scale; i++) {
        value *= 10;
    }
    return value;
}

/* Negative, zero or positive; neither is null. Moments and truths are compared as numbers of scale
 * 0. */
static int compare(const struct warehouse_value *a, const struct warehouse_value *b)
{
    if (a->type == WAREHOUSE_TEXT) {
        return str_cmp(a->text, b->text);
    }
    int scale = scale_of(a) > scale_of(b) ? scale_of(a) : scale_of(b);
    wide left = at_scale(a, scale), right = at_scale(b, scale);
    return left < right ? -1 : left > right;
}

static bool holds(enum expression_kind kind, int order)
{
    if (kind == EXPRESSION_EQ || kind == EXPRESSION_NE) {
        return (order == 0) == (kind == EXPRESSION_EQ);
    }
    if (kind == EXPRESSION_LT || kind == EXPRESSION_GE) {
        return (order < 0) == (kind == EXPRESSION_LT);
    }
    return (order > 0) == (kind == EXPRESSION_GT);
}

/* Both decide alone: false in and, true in or. */
static enum err eval_logic(const struct expression *e, const struct eval *c,
                           struct warehouse_value left, struct warehouse_value *ret, struct diag *d)
{
    int64_t decides = e->kind == EXPRESSION_OR;
    struct warehouse_value right;
    if (!is_null(&left) && left.i64 == decides) {
        *ret = left;
        return ERR_OK;
    }
    TRY(expression_eval(e->right, c->values, c->arena, &right, d));
    *ret = !is_null(&right) && right.i64 == decides ? right : is_null(&left) ? left : right;
    return ERR_OK;
}

static enum err eval_arithmetic(const struct expression *e, const struct warehouse_value *left,
                                const struct warehouse_value *right, struct warehouse_value *ret,
                                struct diag *d)
{
    int64_t a, b, result;
    if (e->kind == EXPRESSION_MUL) {
        TRY(decimal_mul(left->i64, scale_of(left), right->i64, scale_of(right), e->scale, &result,
                        d));
        *ret = number(e, result);
        return ERR_OK;
    }
    TRY(decimal_rescale(left->i64, scale_of(left), e->scale, &a, d));
    TRY(decimal_rescale(right->i64, scale_of(right), e->scale, &b, d));
    bool overflow = e->kind == EXPRESSION_SUB ? __builtin_sub_overflow(a, b, &result)
                                              : __builtin_add_overflow(a, b, &result);
    if (overflow) {
        return fail(d, ERR_LIMIT, "the result is too large");
    }
    *ret = number(e, result);
    return ERR_OK;
}

static enum err eval_coalesce(const struct expression *e, const struct eval *c,
                              struct warehouse_value left, struct warehouse_value *ret,
                              struct diag *d)
{
    struct warehouse_value value = left;
    if (is_null(&left)) {
        TRY(expression_eval(e->right, c->values, c->arena, &value, d));
    }
    if (!is_null(&value) && e->type == WAREHOUSE_DECIMAL) {
        int64_t scaled;
        TRY(decimal_rescale(value.i64, scale_of(&value), e->scale, &scaled, d));
        value = warehouse_dec(scaled, e->scale);
    }
    *ret = value;
    return ERR_OK;
}

static enum err eval_two(const struct expression *e, const struct eval *c,
                         struct warehouse_value left, struct warehouse_value *ret, struct diag *d)
{
    struct warehouse_value right;
    TRY(expression_eval(e->right, c->values, c->arena, &right, d));
    if (is_null(&left) || is_null(&right)) {
        *ret = warehouse_null();
        return ERR_OK;
    }
    if (e->kind == EXPRESSION_ADD || e->kind == EXPRESSION_SUB || e->kind == EXPRESSION_MUL) {
        return eval_arithmetic(e, &left, &right, ret, d);
    }
    *ret = truth(holds(e->kind, compare(&left, &right)));
    return ERR_OK;
}

static int64_t characters(struct str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

static struct str upper(struct arena *a, struct str text)
{
    char *out = arena_alloc_raw(a, text.len);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        out[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return str_n(out, text.len);
}

/* Of one operand that is not null. */
static enum err eval_one(const struct expression *e, const struct eval *c,
                         struct warehouse_value of, struct warehouse_value *ret, struct diag *d)
{
    if (e->kind == EXPRESSION_NOT) {
        *ret = truth(of.i64 == 0);
    } else if (e->kind == EXPRESSION_LENGTH) {
        *ret = warehouse_i64(characters(of.text));
    } else if (e->kind == EXPRESSION_LOWER) {
        *ret = warehouse_text(str_lower(c->arena, of.text));
    } else if (e->kind == EXPRESSION_UPPER) {
        *ret = warehouse_text(upper(c->arena, of.text));
    } else {
        ASSERT(e->kind == EXPRESSION_NEGATE);
        if (of.i64 == INT64_MIN) {
            return fail(d, ERR_LIMIT, "the result is too large");
        }
        of.i64 = -of.i64;
        *ret = of;
    }
    return ERR_OK;
}

static enum err eval_operator(const struct expression *e, const struct eval *c,
                              struct warehouse_value *ret, struct diag *d)
{
    struct warehouse_value left;
    TRY(expression_eval(e->left, c->values, c->arena, &left, d));
    if (e->kind == EXPRESSION_IS_NULL || e->kind == EXPRESSION_IS_NOT_NULL) {
        *ret = truth(is_null(&left) == (e->kind == EXPRESSION_IS_NULL));
        return ERR_OK;
    }
    if (e->kind == EXPRESSION_AND || e->kind == EXPRESSION_OR) {
        return eval_logic(e, c, left, ret, d);
    }
    if (e->kind == EXPRESSION_COALESCE) {
        return eval_coalesce(e, c, left, ret, d);
    }
    if (e->right != NULL) {
        return eval_two(e, c, left, ret, d);
    }
    if (is_null(&left)) {
        *ret = left;
        return ERR_OK;
    }
    return eval_one(e, c, left, ret, d);
}

enum err expression_eval(const struct expression *e, const struct warehouse_value *values,
                         struct arena *a, struct warehouse_value *ret_value, struct diag *d)
{
    struct eval c = {.values = values, .arena = a};
    if (e->kind == EXPRESSION_LITERAL) {
        *ret_value = e->value;
        return ERR_OK;
    }
    if (e->kind == EXPRESSION_COLUMN) {
        *ret_value = values[e->column];
        return ERR_OK;
    }
    return eval_operator(e, &c, ret_value, d);
}
