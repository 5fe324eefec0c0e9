/* definition_transforms.c -- The list of transforms: rename, cast, derive, filter, mask. Renames
 * act on the input, casts and masks on columns that are declared; a derived column is added behind
 * those that are there; a filter sees all columns that stand before it, and all filters must hold.
 */
#include "definition_reading.h"

#include "field_path.h"
#include "pipeline/expression.h"

#define RENAMES_MAX 64

static const struct str TRANSFORM_KEYS[] = {
    STR_INIT("rename"), STR_INIT("cast"), STR_INIT("derive"), STR_INIT("filter"), STR_INIT("mask"),
};

static enum err read_rename(const struct definition_reading *r, const struct json *item,
                            struct diag *d)
{
    struct definition *def = r->def;
    struct field_path path;
    struct diag why = DIAG_INIT;
    if (item->kind != JSON_IS_STRING) {
        return reading_fail(&r->in, item, d, "expected the new name, as text");
    }
    if (field_path_parse(r->in.arena, item->key, &path, &why) != ERR_OK ||
        field_path_parse(r->in.arena, item->text, &path, &why) != ERR_OK) {
        return reading_fail(&r->in, item, d, "%s", why.msg);
    }
    if (def->rename_count == RENAMES_MAX) {
        return reading_fail(&r->in, item, d, "more than %d renames", RENAMES_MAX);
    }
    def->renames[def->rename_count++] = (struct rename){.from = item->key, .to = item->text};
    return ERR_OK;
}

static enum err read_cast(const struct definition_reading *r, const struct json *item,
                          struct diag *d)
{
    size_t index;
    enum column_type type;
    TRY(reading_column(r, item, item->key, &index, d));
    TRY(definition_type(r, item, &type, d));
    struct column *c = &r->def->columns[index];
    if (c->type != type) {
        return reading_fail(&r->in, item, d, "the column is declared as %.*s",
                            STR_ARG(column_type_name(c->type)));
    }
    if (c->derive != NULL) {
        return reading_fail(&r->in, item, d, "a derived column reads no input");
    }
    c->lenient = true;
    return ERR_OK;
}

static enum err read_derive(const struct definition_reading *r, const struct json *item,
                            struct diag *d)
{
    struct column c = {.name = item->key};
    TRY(reading_identifier(r, item, item->key, d));
    TRY(definition_expression(r, item, &c.derive, d));
    switch (expression_type(c.derive, &c.scale)) {
    case WAREHOUSE_I64:
        c.type = COLUMN_INTEGER;
        break;
    case WAREHOUSE_DECIMAL:
        c.type = COLUMN_DECIMAL;
        break;
    case WAREHOUSE_TEXT:
        c.type = COLUMN_TEXT;
        break;
    case WAREHOUSE_TIMESTAMP:
        c.type = COLUMN_TIMESTAMP;
        break;
    case WAREHOUSE_BOOL:
        c.type = COLUMN_BOOLEAN;
        break;
    case WAREHOUSE_NULL:
        return reading_fail(&r->in, item, d, "the expression is always null");
    }
    return definition_column_add(r, item, &c, d);
}

static enum err read_mask(const struct definition_reading *r, const struct json *item,
                          struct diag *d)
{
    size_t index;
    TRY(reading_column(r, item, item->key, &index, d));
    struct column *c = &r->def->columns[index];
    if (c->type != COLUMN_TEXT) {
        return reading_fail(&r->in, item, d, "only text can be masked");
    }
    return definition_mask(r, item, c, d);
}

/* Two filters are one: the texts joined by and, each of which was compiled by itself before. */
static enum err read_filter(const struct definition_reading *r, const struct json *node,
                            struct str *texts, struct diag *d)
{
    struct expression *filter;
    int scale;
    TRY(definition_expression(r, node, &filter, d));
    if (expression_type(filter, &scale) != WAREHOUSE_BOOL) {
        return reading_fail(&r->in, node, d, "a filter is true or false");
    }
    *texts = texts->len == 0
                 ? str_printf(r->in.arena, "(%.*s)", STR_ARG(node->text))
                 : str_printf(r->in.arena, "%.*s and (%.*s)", STR_ARG(*texts), STR_ARG(node->text));
    struct json joined = *node;
    joined.text = *texts;
    return definition_expression(r, &joined, &r->def->filter, d);
}

static enum err read_each(const struct definition_reading *r, const struct json *mapping,
                          enum err (*read)(const struct definition_reading *r,
                                           const struct json *item, struct diag *d),
                          struct diag *d)
{
    if (mapping->kind != JSON_IS_OBJECT || mapping->count == 0) {
        return reading_fail(&r->in, mapping, d, "expected a mapping");
    }
    for (const struct json *item = mapping->first; item != NULL; item = item->next) {
        TRY(read(r, item, d));
    }
    return ERR_OK;
}

static enum err read_transform(const struct definition_reading *r, const struct json *node,
                               struct str *filters, struct diag *d)
{
    TRY(reading_keys(&r->in, node, TRANSFORM_KEYS,
                     sizeof(TRANSFORM_KEYS) / sizeof(TRANSFORM_KEYS[0]), d));
    if (node->count != 1) {
        return reading_fail(&r->in, node, d, "expected one transform an item");
    }
    const struct json *what = node->first;
    if (str_eq(what->key, STR("filter"))) {
        return read_filter(r, what, filters, d);
    }
    return read_each(r, what,
                     str_eq(what->key, STR("rename"))   ? read_rename
                     : str_eq(what->key, STR("cast"))   ? read_cast
                     : str_eq(what->key, STR("derive")) ? read_derive
                                                        : read_mask,
                     d);
}

/* Every column can still be read under the name that it has. */
static enum err check_renamed(const struct definition_reading *r, const struct json *list,
                              struct diag *d)
{
    for (size_t i = 0; i < r->def->column_count; i++) {
        const struct column *c = &r->def->columns[i];
        struct diag why = DIAG_INIT;
        struct str path;
        if (c->from.len > 0 &&
            field_path_before_renames(r->in.arena, r->def, c->from, &path, &why) != ERR_OK) {
            return reading_fail(&r->in, list, d, "column %.*s: %s", STR_ARG(c->name), why.msg);
        }
    }
    return ERR_OK;
}

enum err definition_transforms_read(const struct definition_reading *r, const struct json *root,
                                    struct diag *d)
{
    struct json *list;
    struct str filters = STR_EMPTY;
    TRY(reading_node(&r->in, root, "transforms", JSON_IS_ARRAY, false, &list, d));
    if (list == NULL) {
        return ERR_OK;
    }
    r->def->renames = NEW_ARRAY(r->in.arena, struct rename, RENAMES_MAX);
    for (const struct json *node = list->first; node != NULL; node = node->next) {
        TRY(read_transform(r, node, &filters, d));
    }
    return check_renamed(r, list, d);
}
