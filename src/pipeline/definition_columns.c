/* definition_columns.c -- The list of columns: types, constraints, derived ones, masks. */
#include "definition_reading.h"

#include "base/decimal.h"
#include "field_path.h"
#include "pipeline/expression.h"

static const struct str COLUMN_KEYS[] = {
    STR_INIT("name"),   STR_INIT("type"),     STR_INIT("scale"),  STR_INIT("from"),
    STR_INIT("format"), STR_INIT("required"), STR_INIT("min"),    STR_INIT("max"),
    STR_INIT("values"), STR_INIT("pattern"),  STR_INIT("derive"), STR_INIT("max_length"),
    STR_INIT("mask"),   STR_INIT("lenient"),
};
static const struct str TYPE_NAMES[] = {
    [COLUMN_TEXT] = STR_INIT("text"),       [COLUMN_INTEGER] = STR_INIT("integer"),
    [COLUMN_DECIMAL] = STR_INIT("decimal"), [COLUMN_TIMESTAMP] = STR_INIT("timestamp"),
    [COLUMN_BOOLEAN] = STR_INIT("boolean"),
};
#define TYPE_COUNT (sizeof(TYPE_NAMES) / sizeof(TYPE_NAMES[0]))
static const struct str MASK_NAMES[] = {
    [MASK_NONE] = STR_INIT("none"),
    [MASK_HASH] = STR_INIT("hash"),
    [MASK_LAST4] = STR_INIT("last4"),
    [MASK_REDACT] = STR_INIT("redact"),
};
/* Which keys say something about which types; the others hold for all. */
static const struct {
    const char *key;
    unsigned types; /* bits */
} TYPED_KEYS[] = {
    {"scale", 1u << COLUMN_DECIMAL},
    {"format", 1u << COLUMN_TIMESTAMP},
    {"min", 1u << COLUMN_INTEGER | 1u << COLUMN_DECIMAL},
    {"max", 1u << COLUMN_INTEGER | 1u << COLUMN_DECIMAL},
    {"max_length", 1u << COLUMN_TEXT},
    {"pattern", 1u << COLUMN_TEXT},
    {"values", 1u << COLUMN_TEXT},
    {"mask", 1u << COLUMN_TEXT},
};

struct str column_type_name(enum column_type type)
{
    return TYPE_NAMES[type];
}

enum err definition_type(const struct definition_reading *r, const struct json *node,
                         enum column_type *ret_type, struct diag *d)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (node->kind == JSON_IS_STRING && str_eq(node->text, TYPE_NAMES[i])) {
            *ret_type = (enum column_type)i;
            return ERR_OK;
        }
    }
    return reading_fail_name(&r->in, node, "unknown type", json_str(node), TYPE_NAMES, TYPE_COUNT,
                             d);
}

struct warehouse_column definition_warehouse_column(const struct column *c)
{
    static const enum warehouse_type types[] = {
        [COLUMN_TEXT] = WAREHOUSE_TEXT,       [COLUMN_INTEGER] = WAREHOUSE_I64,
        [COLUMN_DECIMAL] = WAREHOUSE_DECIMAL, [COLUMN_TIMESTAMP] = WAREHOUSE_TIMESTAMP,
        [COLUMN_BOOLEAN] = WAREHOUSE_BOOL,
    };
    return (struct warehouse_column){
        .name = c->name, .type = types[c->type], .scale = c->scale, .required = c->required};
}

enum err definition_column_add(const struct definition_reading *r, const struct json *node,
                               const struct column *column, struct diag *d)
{
    struct definition *def = r->def;
    for (size_t i = 0; i < def->column_count; i++) {
        if (str_eq(def->columns[i].name, column->name)) {
            return reading_fail(&r->in, node, d, "there is a column '%.*s' already",
                                STR_ARG(column->name));
        }
    }
    if (def->column_count == COLUMNS_MAX) {
        return reading_fail(&r->in, node, d, "more than %d columns", COLUMNS_MAX);
    }
    def->columns[def->column_count++] = *column;
    return ERR_OK;
}

enum err definition_expression(const struct definition_reading *r, const struct json *node,
                               struct expression **ret_expression, struct diag *d)
{
    struct diag why = DIAG_INIT;
    struct warehouse_column *names =
        NEW_ARRAY(r->in.arena, struct warehouse_column, r->def->column_count);
    if (node->kind != JSON_IS_STRING) {
        return reading_fail(&r->in, node, d, "expected an expression, as text");
    }
    for (size_t i = 0; i < r->def->column_count; i++) {
        names[i] = definition_warehouse_column(&r->def->columns[i]);
    }
    struct expression_names known = {names, r->def->column_count};
    if (expression_compile(r->in.arena, node->text, known, ret_expression, &why) != ERR_OK) {
        return reading_fail(&r->in, node, d, "%s", why.msg);
    }
    return ERR_OK;
}

enum err definition_mask(const struct definition_reading *r, const struct json *node,
                         struct column *column, struct diag *d)
{
    const size_t count = sizeof(MASK_NAMES) / sizeof(MASK_NAMES[0]);
    for (size_t i = 0; i < count; i++) {
        if (node->kind == JSON_IS_STRING && str_eq(node->text, MASK_NAMES[i])) {
            column->mask = (enum mask)i;
            return ERR_OK;
        }
    }
    return reading_fail_name(&r->in, node, "unknown mask", json_str(node), MASK_NAMES, count, d);
}

/* ---- one column ---- */

static enum err check_typed_keys(const struct definition_reading *r, const struct json *node,
                                 const struct column *c, struct diag *d)
{
    for (size_t i = 0; i < sizeof(TYPED_KEYS) / sizeof(TYPED_KEYS[0]); i++) {
        const struct json *child = json_get(node, str_of(TYPED_KEYS[i].key));
        if (child != NULL && (TYPED_KEYS[i].types & (1u << c->type)) == 0) {
            return reading_fail(&r->in, child, d, "not for columns of type %.*s",
                                STR_ARG(TYPE_NAMES[c->type]));
        }
    }
    return ERR_OK;
}

static enum err read_bound(const struct definition_reading *r, const struct json *node,
                           const char *key, int scale, bool *ret_has, int64_t *ret_value,
                           struct diag *d)
{
    const struct json *bound = json_get(node, str_of(key));
    struct diag why = DIAG_INIT;
    if (bound == NULL) {
        return ERR_OK;
    }
    if ((bound->kind != JSON_IS_NUMBER && bound->kind != JSON_IS_STRING) ||
        decimal_parse(bound->text, scale, ret_value, &why) != ERR_OK) {
        return reading_fail(&r->in, bound, d, "expected a number with at most %d decimals", scale);
    }
    *ret_has = true;
    return ERR_OK;
}

static enum err read_numbers(const struct definition_reading *r, const struct json *node,
                             struct column *c, struct diag *d)
{
    size_t scale = 0;
    struct json *unused;
    if (c->type == COLUMN_DECIMAL) {
        TRY(reading_node(&r->in, node, "scale", JSON_IS_NUMBER, true, &unused, d));
        TRY(reading_count(&r->in, node, "scale", 0, DECIMAL_SCALE_MAX, &scale, d));
    }
    c->scale = (int)scale;
    TRY(read_bound(r, node, "min", c->scale, &c->has_min, &c->min, d));
    TRY(read_bound(r, node, "max", c->scale, &c->has_max, &c->max, d));
    if (c->has_min && c->has_max && c->min > c->max) {
        return reading_fail(&r->in, json_get(node, STR("max")), d, "smaller than min");
    }
    return ERR_OK;
}

static enum err read_values(const struct definition_reading *r, const struct json *node,
                            struct column *c, struct diag *d)
{
    struct json *list;
    TRY(reading_node(&r->in, node, "values", JSON_IS_ARRAY, false, &list, d));
    if (list == NULL) {
        return ERR_OK;
    }
    if (list->count == 0) {
        return reading_fail(&r->in, list, d, "empty");
    }
    c->values = NEW_ARRAY(r->in.arena, struct str, list->count);
    for (const struct json *value = list->first; value != NULL; value = value->next) {
        if (value->kind != JSON_IS_STRING) {
            return reading_fail(&r->in, value, d, "values: expected text, not %s",
                                json_kind_name(value->kind));
        }
        c->values[c->value_count++] = value->text;
    }
    return ERR_OK;
}

static enum err read_input(const struct definition_reading *r, const struct json *node,
                           struct column *c, struct diag *d)
{
    struct field_path path;
    struct diag why = DIAG_INIT;
    c->from = c->name;
    TRY(reading_str(&r->in, node, "from", false, &c->from, d));
    if (field_path_parse(r->in.arena, c->from, &path, &why) != ERR_OK) {
        return reading_fail(&r->in, json_get(node, STR("from")), d, "%s", why.msg);
    }
    TRY(reading_bool(&r->in, node, "lenient", &c->lenient, d));
    return reading_str(&r->in, node, "format", false, &c->format, d);
}

/* Whether the expression gives what the column holds; a whole number is a decimal too. */
static bool derive_fits(const struct column *c)
{
    int scale;
    enum warehouse_type given = expression_type(c->derive, &scale);
    enum warehouse_type wanted = definition_warehouse_column(c).type;
    if (wanted == WAREHOUSE_DECIMAL) {
        return given == WAREHOUSE_I64 || (given == WAREHOUSE_DECIMAL && scale <= c->scale);
    }
    return given == wanted;
}

static enum err read_derive(const struct definition_reading *r, const struct json *node,
                            const struct json *derive, struct column *c, struct diag *d)
{
    static const char *const input_keys[] = {"from", "lenient", "format"};
    for (size_t i = 0; i < sizeof(input_keys) / sizeof(input_keys[0]); i++) {
        const struct json *child = json_get(node, str_of(input_keys[i]));
        if (child != NULL) {
            return reading_fail(&r->in, child, d, "a derived column reads no input");
        }
    }
    TRY(definition_expression(r, derive, &c->derive, d));
    if (!derive_fits(c)) {
        return reading_fail(&r->in, derive, d, "the expression does not give %.*s",
                            STR_ARG(TYPE_NAMES[c->type]));
    }
    return ERR_OK;
}

static enum err read_column(const struct definition_reading *r, const struct json *node,
                            struct diag *d)
{
    struct column c = {.name = STR_EMPTY};
    struct json *type, *name;
    TRY(reading_keys(&r->in, node, COLUMN_KEYS, sizeof(COLUMN_KEYS) / sizeof(COLUMN_KEYS[0]), d));
    TRY(reading_node(&r->in, node, "name", JSON_IS_STRING, true, &name, d));
    TRY(reading_identifier(r, name, name->text, d));
    c.name = name->text;
    TRY(reading_node(&r->in, node, "type", JSON_IS_STRING, true, &type, d));
    TRY(definition_type(r, type, &c.type, d));
    TRY(check_typed_keys(r, node, &c, d));
    TRY(reading_bool(&r->in, node, "required", &c.required, d));
    TRY(read_numbers(r, node, &c, d));
    TRY(reading_count(&r->in, node, "max_length", 1, 65535, &c.max_length, d));
    TRY(reading_str(&r->in, node, "pattern", false, &c.pattern, d));
    TRY(read_values(r, node, &c, d));
    const struct json *mask = json_get(node, STR("mask"));
    if (mask != NULL) {
        TRY(definition_mask(r, mask, &c, d));
    }
    const struct json *derive = json_get(node, STR("derive"));
    TRY(derive == NULL ? read_input(r, node, &c, d) : read_derive(r, node, derive, &c, d));
    return definition_column_add(r, name, &c, d);
}

enum err definition_columns_read(const struct definition_reading *r, const struct json *root,
                                 struct diag *d)
{
    struct json *list;
    TRY(reading_node(&r->in, root, "columns", JSON_IS_ARRAY, true, &list, d));
    if (list->count == 0) {
        return reading_fail(&r->in, list, d, "empty");
    }
    for (const struct json *node = list->first; node != NULL; node = node->next) {
        TRY(read_column(r, node, d));
    }
    return ERR_OK;
}
