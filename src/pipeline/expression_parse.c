/* expression_parse.c -- Text to a typed tree: a recursive descent, one function a level of
 * precedence, each of which checks the types of what it joins. Places in messages count from 1. */
#include "expression_node.h"

#include "base/decimal.h"
#include "base/encode.h"
#include "base/limits.h"

#define DEPTH_MAX 64   /* of parentheses, not and minus */
#define HEIGHT_MAX 128 /* of the tree: a chain of so many operators */
#define TEXT_BYTES_MAX (4 * KIB)

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_SIGN };
struct parser {
    struct arena *arena;
    struct str text;
    struct expression_names names;
    enum token_kind kind; /* of the token that comes next */
    struct str token;     /* as written, TEXT with its quotes */
    size_t at, after;     /* where it begins and ends */
    int depth;
};

static const char *type_name(enum warehouse_type type)
{
    static const char *const names[] = {
        [WAREHOUSE_NULL] = "null",          [WAREHOUSE_I64] = "a whole number",
        [WAREHOUSE_DECIMAL] = "a decimal",  [WAREHOUSE_TEXT] = "text",
        [WAREHOUSE_TIMESTAMP] = "a moment", [WAREHOUSE_BOOL] = "true or false",
    };
    return names[type];
}

/* ---- tokens ---- */

static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t number_end(struct str text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at])) {
        at++;
    }
    if (at + 1 < text.len && text.ptr[at] == '.' && is_digit(text.ptr[at + 1])) {
        at++;
        while (at < text.len && is_digit(text.ptr[at])) {
            at++;
        }
    }
    return at;
}

/* Behind the closing quote; STR_NONE: there is none. Two quotes are one inside. */
static size_t text_end(struct str text, size_t at)
{
    for (size_t i = at + 1; i < text.len; i++) {
        if (text.ptr[i] != '\'') {
            continue;
        }
        if (i + 1 < text.len && text.ptr[i + 1] == '\'') {
            i++;
            continue;
        }
        return i + 1;
    }
    return STR_NONE;
}

static size_t sign_end(struct str text, size_t at)
{
    struct str two = str_slice(text, at, at + 2);
    bool pair = str_eq(two, STR("!=")) || str_eq(two, STR("<=")) || str_eq(two, STR(">="));
    if (pair) {
        return at + 2;
    }
    return str_find(STR("=<>+-*(),"), text.ptr[at]) == STR_NONE ? STR_NONE : at + 1;
}

static enum err advance(struct parser *p, struct diag *d)
{
    size_t at = p->after;
    while (at < p->text.len && str_find(STR(" \t\r\n"), p->text.ptr[at]) != STR_NONE) {
        at++;
    }
    p->at = p->after = at;
    p->token = STR_EMPTY;
    p->kind = TOKEN_END;
    if (at == p->text.len) {
        return ERR_OK;
    }
    char c = p->text.ptr[at];
    size_t end = at;
    if (is_name_char(c, true)) {
        while (end < p->text.len && is_name_char(p->text.ptr[end], false)) {
            end++;
        }
        p->kind = TOKEN_NAME;
    } else if (is_digit(c)) {
        end = number_end(p->text, at);
        p->kind = TOKEN_NUMBER;
    } else {
        p->kind = c == '\'' ? TOKEN_TEXT : TOKEN_SIGN;
        end = c == '\'' ? text_end(p->text, at) : sign_end(p->text, at);
    }
    if (end == STR_NONE) {
        return fail(d, ERR_INVALID, "at %zu: %s", at + 1,
                    c == '\'' ? "the text is not closed" : "no such sign");
    }
    p->after = end;
    p->token = str_slice(p->text, at, end);
    return ERR_OK;
}

static bool next_is(const struct parser *p, const char *sign)
{
    return p->kind == TOKEN_SIGN && str_eq(p->token, str_of(sign));
}

static bool next_is_word(const struct parser *p, const char *word)
{
    return p->kind == TOKEN_NAME && str_eq_nocase(p->token, str_of(word));
}

static enum err expect(struct parser *p, const char *sign, struct diag *d)
{
    if (!next_is(p, sign)) {
        return fail(d, ERR_INVALID, "at %zu: expected '%s'", p->at + 1, sign);
    }
    return advance(p, d);
}

/* ---- types ---- */

static bool is_number(enum warehouse_type type)
{
    return type == WAREHOUSE_I64 || type == WAREHOUSE_DECIMAL || type == WAREHOUSE_NULL;
}

static bool are_alike(enum warehouse_type a, enum warehouse_type b)
{
    return a == b || a == WAREHOUSE_NULL || b == WAREHOUSE_NULL || (is_number(a) && is_number(b));
}

static struct expression *node_new(struct parser *p, enum expression_kind kind,
                                   enum warehouse_type type, const struct expression *left,
                                   const struct expression *right)
{
    struct expression *e = NEW(p->arena, struct expression);
    int left_height = left == NULL ? 0 : left->height;
    int right_height = right == NULL ? 0 : right->height;
    *e = (struct expression){.kind = kind, .type = type, .left = left, .right = right};
    e->height = 1 + (left_height > right_height ? left_height : right_height);
    return e;
}

static enum err expect_type(const struct expression *e, enum warehouse_type type, size_t at,
                            struct diag *d)
{
    if (e->type != type && e->type != WAREHOUSE_NULL) {
        return fail(d, ERR_INVALID, "at %zu: expected %s, not %s", at + 1, type_name(type),
                    type_name(e->type));
    }
    return ERR_OK;
}

/* What two numbers or two alike things give together: the wider type, the larger scale. */
static void widen(struct expression *e)
{
    bool decimal = e->left->type == WAREHOUSE_DECIMAL || e->right->type == WAREHOUSE_DECIMAL;
    e->type = decimal                           ? WAREHOUSE_DECIMAL
              : e->left->type != WAREHOUSE_NULL ? e->left->type
                                                : e->right->type;
    e->scale = e->left->scale > e->right->scale ? e->left->scale : e->right->scale;
}

/* ---- the grammar ---- */

static enum err parse_or(struct parser *p, struct expression **ret, struct diag *d);

static enum err parse_column(struct parser *p, struct expression **ret, struct diag *d)
{
    for (size_t i = 0; i < p->names.count; i++) {
        const struct warehouse_column *c = &p->names.columns[i];
        if (str_eq(c->name, p->token)) {
            struct expression *e = node_new(p, EXPRESSION_COLUMN, c->type, NULL, NULL);
            e->scale = c->type == WAREHOUSE_DECIMAL ? c->scale : 0;
            e->column = i;
            *ret = e;
            return advance(p, d);
        }
    }
    return fail(d, ERR_INVALID, "at %zu: no column '%.*s' stands before", p->at + 1,
                STR_ARG(str_slice(p->token, 0, 60)));
}

static enum err parse_coalesce(struct parser *p, struct expression **ret, struct diag *d)
{
    struct expression *left, *right;
    TRY(parse_or(p, &left, d));
    TRY(expect(p, ",", d));
    size_t at = p->at;
    TRY(parse_or(p, &right, d));
    if (!are_alike(left->type, right->type)) {
        return fail(d, ERR_INVALID, "at %zu: coalesce of %s and %s", at + 1, type_name(left->type),
                    type_name(right->type));
    }
    *ret = node_new(p, EXPRESSION_COALESCE, WAREHOUSE_NULL, left, right);
    widen(*ret);
    return expect(p, ")", d);
}

static enum err parse_function(struct parser *p, struct str name, size_t at,
                               struct expression **ret, struct diag *d)
{
    static const struct {
        const char *name;
        enum expression_kind kind;
        enum warehouse_type type;
    } functions[] = {
        {"length", EXPRESSION_LENGTH, WAREHOUSE_I64},
        {"lower", EXPRESSION_LOWER, WAREHOUSE_TEXT},
        {"upper", EXPRESSION_UPPER, WAREHOUSE_TEXT},
    };
    TRY(advance(p, d));
    if (str_eq_nocase(name, STR("coalesce"))) {
        return parse_coalesce(p, ret, d);
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (str_eq_nocase(name, str_of(functions[i].name))) {
            struct expression *of;
            size_t of_at = p->at;
            TRY(parse_or(p, &of, d));
            TRY(expect_type(of, WAREHOUSE_TEXT, of_at, d));
            *ret = node_new(p, functions[i].kind, functions[i].type, of, NULL);
            return expect(p, ")", d);
        }
    }
    return fail(d, ERR_INVALID,
                "at %zu: no function '%.*s': there are length, lower, upper, coalesce", at + 1,
                STR_ARG(str_slice(name, 0, 60)));
}

static enum err parse_name(struct parser *p, struct expression **ret, struct diag *d)
{
    struct parser ahead = *p;
    TRY(advance(&ahead, d));
    if (next_is(&ahead, "(")) {
        struct str name = p->token;
        size_t at = p->at;
        *p = ahead;
        return parse_function(p, name, at, ret, d);
    }
    bool is_true = next_is_word(p, "true");
    if (is_true || next_is_word(p, "false")) {
        *ret = node_new(p, EXPRESSION_LITERAL, WAREHOUSE_BOOL, NULL, NULL);
        (*ret)->value = (struct warehouse_value){.type = WAREHOUSE_BOOL, .i64 = is_true};
        return advance(p, d);
    }
    if (next_is_word(p, "null")) {
        *ret = node_new(p, EXPRESSION_LITERAL, WAREHOUSE_NULL, NULL, NULL);
        return advance(p, d);
    }
    return parse_column(p, ret, d);
}

static enum err parse_number(struct parser *p, struct expression **ret, struct diag *d)
{
    size_t dot = str_find(p->token, '.');
    size_t scale = dot == STR_NONE ? 0 : p->token.len - dot - 1;
    struct diag why = DIAG_INIT;
    int64_t value;
    if (scale > DECIMAL_SCALE_MAX) {
        return fail(d, ERR_INVALID, "at %zu: more than %d decimals", p->at + 1, DECIMAL_SCALE_MAX);
    }
    if (decimal_parse(p->token, (int)scale, &value, &why) != ERR_OK) {
        return fail(d, ERR_INVALID, "at %zu: the number is too large", p->at + 1);
    }
    struct expression *e =
        node_new(p, EXPRESSION_LITERAL, scale == 0 ? WAREHOUSE_I64 : WAREHOUSE_DECIMAL, NULL, NULL);
    e->scale = (int)scale;
    e->value = scale == 0 ? warehouse_i64(value) : warehouse_dec(value, (int)scale);
    *ret = e;
    return advance(p, d);
}

static enum err parse_text(struct parser *p, struct expression **ret, struct diag *d)
{
    struct buf text;
    struct str inside = str_slice(p->token, 1, p->token.len - 1);
    buf_init(&text, p->arena, TEXT_BYTES_MAX);
    for (size_t i = 0; i < inside.len; i++) {
        buf_add_char(&text, inside.ptr[i]);
        i += inside.ptr[i] == '\'';
    }
    if (!utf8_is_valid(inside) || str_find(inside, '\0') != STR_NONE) {
        return fail(d, ERR_INVALID, "at %zu: the text is not UTF-8", p->at + 1);
    }
    *ret = node_new(p, EXPRESSION_LITERAL, WAREHOUSE_TEXT, NULL, NULL);
    (*ret)->value = warehouse_text(buf_str(&text));
    return advance(p, d);
}

static enum err parse_primary(struct parser *p, struct expression **ret, struct diag *d)
{
    switch (p->kind) {
    case TOKEN_NAME:
        return parse_name(p, ret, d);
    case TOKEN_NUMBER:
        return parse_number(p, ret, d);
    case TOKEN_TEXT:
        return parse_text(p, ret, d);
    case TOKEN_SIGN:
        if (next_is(p, "(")) {
            TRY(advance(p, d));
            TRY(parse_or(p, ret, d));
            return expect(p, ")", d);
        }
        break;
    case TOKEN_END:
        break;
    }
    return fail(d, ERR_INVALID, "at %zu: expected a value", p->at + 1);
}

static enum err parse_unary(struct parser *p, struct expression **ret, struct diag *d)
{
    if (!next_is(p, "-")) {
        return parse_primary(p, ret, d);
    }
    struct expression *of;
    TRY(advance(p, d));
    size_t at = p->at;
    if (++p->depth > DEPTH_MAX) {
        return fail(d, ERR_INVALID, "at %zu: nested too deeply", at + 1);
    }
    TRY(parse_unary(p, &of, d));
    p->depth--;
    if (!is_number(of->type)) {
        return fail(d, ERR_INVALID, "at %zu: expected a number, not %s", at + 1,
                    type_name(of->type));
    }
    *ret = node_new(p, EXPRESSION_NEGATE, of->type, of, NULL);
    (*ret)->scale = of->scale;
    return ERR_OK;
}

/* Joins two numbers; `at` is where the operator stands. */
static enum err join_numbers(struct parser *p, enum expression_kind kind, size_t at,
                             struct expression *right, struct expression **io, struct diag *d)
{
    struct expression *left = *io;
    if (!is_number(left->type) || !is_number(right->type)) {
        return fail(d, ERR_INVALID, "at %zu: expected numbers, not %s and %s", at + 1,
                    type_name(left->type), type_name(right->type));
    }
    *io = node_new(p, kind, WAREHOUSE_NULL, left, right);
    widen(*io);
    if (kind == EXPRESSION_MUL) {
        (*io)->scale = left->scale + right->scale;
    }
    if ((*io)->scale > DECIMAL_SCALE_MAX) {
        return fail(d, ERR_INVALID, "at %zu: the product would have %d decimals; %d is the most",
                    at + 1, (*io)->scale, DECIMAL_SCALE_MAX);
    }
    return ERR_OK;
}

static enum err parse_product(struct parser *p, struct expression **ret, struct diag *d)
{
    struct expression *right;
    TRY(parse_unary(p, ret, d));
    while (next_is(p, "*")) {
        size_t at = p->at;
        TRY(advance(p, d));
        TRY(parse_unary(p, &right, d));
        TRY(join_numbers(p, EXPRESSION_MUL, at, right, ret, d));
    }
    return ERR_OK;
}

static enum err parse_sum(struct parser *p, struct expression **ret, struct diag *d)
{
    struct expression *right;
    TRY(parse_product(p, ret, d));
    while (next_is(p, "+") || next_is(p, "-")) {
        enum expression_kind kind = next_is(p, "+") ? EXPRESSION_ADD : EXPRESSION_SUB;
        size_t at = p->at;
        TRY(advance(p, d));
        TRY(parse_product(p, &right, d));
        TRY(join_numbers(p, kind, at, right, ret, d));
    }
    return ERR_OK;
}

static enum err parse_is_null(struct parser *p, struct expression **io, struct diag *d)
{
    TRY(advance(p, d));
    bool negated = next_is_word(p, "not");
    if (negated) {
        TRY(advance(p, d));
    }
    if (!next_is_word(p, "null")) {
        return fail(d, ERR_INVALID, "at %zu: expected null or not null", p->at + 1);
    }
    *io = node_new(p, negated ? EXPRESSION_IS_NOT_NULL : EXPRESSION_IS_NULL, WAREHOUSE_BOOL, *io,
                   NULL);
    return advance(p, d);
}

static bool next_is_comparison(const struct parser *p, enum expression_kind *ret_kind)
{
    static const struct {
        const char *sign;
        enum expression_kind kind;
    } signs[] = {{"=", EXPRESSION_EQ},  {"!=", EXPRESSION_NE}, {"<", EXPRESSION_LT},
                 {"<=", EXPRESSION_LE}, {">", EXPRESSION_GT},  {">=", EXPRESSION_GE}};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (next_is(p, signs[i].sign)) {
            *ret_kind = signs[i].kind;
            return true;
        }
    }
    return false;
}

static enum err parse_comparison(struct parser *p, struct expression **ret, struct diag *d)
{
    enum expression_kind kind;
    TRY(parse_sum(p, ret, d));
    if (next_is_comparison(p, &kind)) {
        struct expression *left = *ret, *right;
        size_t at = p->at;
        TRY(advance(p, d));
        TRY(parse_sum(p, &right, d));
        bool ordered = kind != EXPRESSION_EQ && kind != EXPRESSION_NE;
        if (!are_alike(left->type, right->type) || (ordered && left->type == WAREHOUSE_BOOL)) {
            return fail(d, ERR_INVALID, "at %zu: %s and %s cannot be compared so", at + 1,
                        type_name(left->type), type_name(right->type));
        }
        *ret = node_new(p, kind, WAREHOUSE_BOOL, left, right);
    }
    while (next_is_word(p, "is")) {
        TRY(parse_is_null(p, ret, d));
    }
    return ERR_OK;
}

static enum err parse_not(struct parser *p, struct expression **ret, struct diag *d)
{
    if (!next_is_word(p, "not")) {
        return parse_comparison(p, ret, d);
    }
    struct expression *of;
    TRY(advance(p, d));
    size_t at = p->at;
    if (++p->depth > DEPTH_MAX) {
        return fail(d, ERR_INVALID, "at %zu: nested too deeply", at + 1);
    }
    TRY(parse_not(p, &of, d));
    p->depth--;
    TRY(expect_type(of, WAREHOUSE_BOOL, at, d));
    *ret = node_new(p, EXPRESSION_NOT, WAREHOUSE_BOOL, of, NULL);
    return ERR_OK;
}

static enum err parse_and(struct parser *p, struct expression **ret, struct diag *d)
{
    size_t left_at = p->at;
    TRY(parse_not(p, ret, d));
    while (next_is_word(p, "and")) {
        struct expression *left = *ret, *right;
        TRY(expect_type(left, WAREHOUSE_BOOL, left_at, d));
        TRY(advance(p, d));
        size_t at = p->at;
        TRY(parse_not(p, &right, d));
        TRY(expect_type(right, WAREHOUSE_BOOL, at, d));
        *ret = node_new(p, EXPRESSION_AND, WAREHOUSE_BOOL, left, right);
    }
    return ERR_OK;
}

static enum err parse_or(struct parser *p, struct expression **ret, struct diag *d)
{
    size_t left_at = p->at;
    if (++p->depth > DEPTH_MAX) {
        return fail(d, ERR_INVALID, "at %zu: nested too deeply", p->at + 1);
    }
    TRY(parse_and(p, ret, d));
    while (next_is_word(p, "or")) {
        struct expression *left = *ret, *right;
        TRY(expect_type(left, WAREHOUSE_BOOL, left_at, d));
        TRY(advance(p, d));
        size_t at = p->at;
        TRY(parse_and(p, &right, d));
        TRY(expect_type(right, WAREHOUSE_BOOL, at, d));
        *ret = node_new(p, EXPRESSION_OR, WAREHOUSE_BOOL, left, right);
    }
    p->depth--;
    return ERR_OK;
}

enum err expression_compile(struct arena *a, struct str text, struct expression_names names,
                            struct expression **ret_expression, struct diag *d)
{
    struct parser p = {.arena = a, .text = text, .names = names};
    struct expression *e;
    if (text.len > TEXT_BYTES_MAX) {
        return fail(d, ERR_INVALID, "at %zu: the expression is too long", TEXT_BYTES_MAX + 1);
    }
    TRY(advance(&p, d));
    TRY(parse_or(&p, &e, d));
    if (p.kind != TOKEN_END) {
        return fail(d, ERR_INVALID, "at %zu: expected an operator or the end", p.at + 1);
    }
    if (e->height > HEIGHT_MAX) {
        return fail(d, ERR_INVALID, "at 1: more than %d operators in a chain", HEIGHT_MAX);
    }
    *ret_expression = e;
    return ERR_OK;
}
