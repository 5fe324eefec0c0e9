#include "expect_parts.h"

#include "base/instant.h"
#include "base/nearest.h"
#include "window.h"

const struct str expectation_totals[EXPECTATION_TOTAL_COUNT] = {
    STR_INIT("objects"),    STR_INIT("records"),     STR_INIT("rows"),
    STR_INIT("duplicates"), STR_INIT("quarantined"), STR_INIT("filtered"),
};

struct reading {
    struct arena *arena;
    struct str name;
    const struct definition *def;
    struct ratio tolerance; /* of the whole */
};

#define fail_at(r, node, d, format, ...)                                                           \
    fail((d), ERR_INVALID, "%.*s:%u:%u: " format, STR_ARG((r)->name), (node)->line,                \
         (node)->column, __VA_ARGS__)

static enum err need_kind(const struct reading *r, const struct json *parent, const char *key,
                          enum json_kind kind, const struct json **ret_node, struct diag *d)
{
    const struct json *node = json_get(parent, str_of(key));
    if (!json_is(node, kind)) {
        return fail_at(r, node == NULL ? parent : node, d, "%s: %s must stand here", key,
                       json_kind_name(kind));
    }
    *ret_node = node;
    return ERR_OK;
}

static enum err check_keys(const struct reading *r, const struct json *object,
                           const struct str *names, size_t count, struct diag *d)
{
    for (const struct json *node = object->first; node != NULL; node = node->next) {
        size_t i = 0;
        while (i < count && !str_eq(names[i], node->key)) {
            i++;
        }
        if (i == count) {
            struct str near = nearest_name(node->key, names, count);
            return fail_at(r, node, d, "there is no key \"%.*s\"%s%.*s%s", STR_ARG(node->key),
                           near.len > 0 ? "; \"" : "", STR_ARG(near), near.len > 0 ? "\"?" : "");
        }
    }
    return ERR_OK;
}

/* A node's tolerance, or that of the whole. */
static enum err read_tolerance(const struct reading *r, const struct json *parent,
                               struct ratio *ret_ratio, struct diag *d)
{
    const struct json *node = json_get(parent, STR("tolerance"));
    struct diag why = DIAG_INIT;
    *ret_ratio = r->tolerance;
    if (node == NULL) {
        return ERR_OK;
    }
    return json_is(node, JSON_IS_STRING) && ratio_parse(json_str(node), ret_ratio, &why) == ERR_OK
               ? ERR_OK
               : fail_at(r, node, d, "%s: a ratio such as \"1/1000\" or \"0.1%%\" must stand here",
                         "tolerance");
}

/* ---- figures ---- */

static enum err find_column(const struct reading *r, const struct json *node, struct str name,
                            const struct column **ret_column, struct diag *d)
{
    struct str names[COLUMNS_MAX];
    for (size_t i = 0; i < r->def->column_count; i++) {
        names[i] = r->def->columns[i].name;
        if (str_eq(names[i], name)) {
            *ret_column = &r->def->columns[i];
            return ERR_OK;
        }
    }
    struct str near = nearest_name(name, names, r->def->column_count);
    return fail_at(r, node, d, "pipeline %.*s has no column \"%.*s\"%s%.*s%s",
                   STR_ARG(r->def->name), STR_ARG(name), near.len > 0 ? "; \"" : "", STR_ARG(near),
                   near.len > 0 ? "\"?" : "");
}

static bool is_numeric(const struct column *c)
{
    return c->type == COLUMN_INTEGER || c->type == COLUMN_DECIMAL;
}

static const struct {
    struct str prefix;
    enum figure_kind kind;
} functions[] = {
    {STR_INIT("sum("), FIGURE_SUM},
    {STR_INIT("min("), FIGURE_MIN},
    {STR_INIT("max("), FIGURE_MAX},
    {STR_INIT("distinct("), FIGURE_DISTINCT},
};

static enum err read_function(const struct reading *r, const struct json *node, size_t function,
                              struct figure *ret_figure, struct diag *d)
{
    struct figure f = {.kind = functions[function].kind, .text = json_str(node)};
    struct str name = str_slice(f.text, functions[function].prefix.len, f.text.len - 1);
    TRY(find_column(r, node, name, &f.column, d));
    bool fits = f.kind == FIGURE_DISTINCT || is_numeric(f.column) ||
                (f.kind != FIGURE_SUM && f.column->type != COLUMN_BOOLEAN);
    if (!fits) {
        return fail_at(r, node, d, "%.*s: not of such a column", STR_ARG(f.text));
    }
    f.is_number = f.kind == FIGURE_DISTINCT || is_numeric(f.column);
    f.scale = f.kind != FIGURE_DISTINCT && f.column->type == COLUMN_DECIMAL ? f.column->scale : 0;
    *ret_figure = f;
    return ERR_OK;
}

static enum err read_figure(const struct reading *r, const struct json *node,
                            struct figure *ret_figure, struct diag *d)
{
    struct str text = json_str(node);
    if (str_eq(text, STR("count"))) {
        *ret_figure = (struct figure){.kind = FIGURE_COUNT, .text = text, .is_number = true};
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (str_starts(text, functions[i].prefix) && str_ends(text, STR(")"))) {
            return read_function(r, node, i, ret_figure, d);
        }
    }
    return fail_at(r, node, d,
                   "\"%.*s\" is no figure: count, sum(c), min(c), max(c) or distinct(c)",
                   STR_ARG(text));
}

static bool is_value(const struct json *node)
{
    return json_is(node, JSON_IS_NUMBER) || json_is(node, JSON_IS_STRING);
}

/* ---- aggregates ---- */

static enum err read_single(const struct reading *r, const struct json *node,
                            struct single *ret_single, struct diag *d)
{
    static const struct str keys[] = {STR_INIT("of"), STR_INIT("equals"), STR_INIT("where"),
                                      STR_INIT("tolerance")};
    const struct json *of;
    TRY(check_keys(r, node, keys, 4, d));
    TRY(read_tolerance(r, node, &ret_single->tolerance, d));
    TRY(need_kind(r, node, "of", JSON_IS_STRING, &of, d));
    TRY(read_figure(r, of, &ret_single->figure, d));
    const struct json *equals = json_get(node, STR("equals"));
    if (!is_value(equals)) {
        return fail_at(r, node, d, "%s: a number or text must stand here", "equals");
    }
    ret_single->equals = json_str(equals);
    const struct json *where = json_get(node, STR("where"));
    if (where == NULL) {
        return ERR_OK;
    }
    TRY(find_column(r, where, json_str(where), &ret_single->where, d));
    return ret_single->where->type == COLUMN_BOOLEAN
               ? ERR_OK
               : fail_at(r, where, d, "where: %.*s is no boolean column", STR_ARG(json_str(where)));
}

static enum err read_singles(const struct reading *r, const struct json *list,
                             struct expectation *e, struct diag *d)
{
    e->singles = NEW_ARRAY(r->arena, struct single, list->count);
    for (const struct json *node = list->first; node != NULL; node = node->next) {
        TRY(read_single(r, node, &e->singles[e->single_count++], d));
    }
    return ERR_OK;
}

/* ---- groups ---- */

static enum err read_part(const struct reading *r, const struct json *by, struct group_part *p,
                          struct diag *d)
{
    static const struct str names[] = {STR_INIT("day"), STR_INIT("month"), STR_INIT("hour")};
    if (!json_is(by, JSON_IS_STRING)) {
        return fail_at(r, by, d, "%s: a text must stand here", "by");
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(json_str(by), names[i])) {
            *p = (struct group_part){.by = (enum group_by)i, .step_us = US_PER_HOUR};
            return ERR_OK;
        }
    }
    *p = (struct group_part){.by = GROUP_WINDOW};
    if (window_parse(json_str(by), &p->step_us)) {
        return ERR_OK;
    }
    p->by = GROUP_COLUMN;
    return find_column(r, by, json_str(by), &p->column, d);
}

static enum err read_by(const struct reading *r, const struct json *node, struct grouping *g,
                        struct diag *d)
{
    const struct json *by = json_get(node, STR("by"));
    if (!json_is(by, JSON_IS_ARRAY)) {
        g->part_count = 1;
        return by == NULL ? fail_at(r, node, d, "%s: a text must stand here", "by")
                          : read_part(r, by, &g->parts[0], d);
    }
    if (by->count == 0 || by->count > GROUP_PARTS_MAX) {
        return fail_at(r, by, d, "by: 1 to %d names", GROUP_PARTS_MAX);
    }
    for (const struct json *part = by->first; part != NULL; part = part->next) {
        TRY(read_part(r, part, &g->parts[g->part_count++], d));
    }
    return ERR_OK;
}

static enum err check_rows(const struct reading *r, const struct grouping *g, struct diag *d)
{
    for (const struct json *row = g->rows->first; row != NULL; row = row->next) {
        if (!json_is(row, JSON_IS_ARRAY) || row->count != g->figure_count) {
            return fail_at(r, row, d, "%.*s: a list of %zu values must stand here",
                           STR_ARG(row->key), g->figure_count);
        }
        for (const struct json *value = row->first; value != NULL; value = value->next) {
            if (!is_value(value)) {
                return fail_at(r, value, d, "%.*s: a number or text must stand here",
                               STR_ARG(row->key));
            }
        }
    }
    return ERR_OK;
}

static enum err read_grouping(const struct reading *r, const struct json *node, struct grouping *g,
                              struct diag *d)
{
    static const struct str keys[] = {STR_INIT("by"), STR_INIT("of"), STR_INIT("rows"),
                                      STR_INIT("partial"), STR_INIT("tolerance")};
    const struct json *of;
    TRY(check_keys(r, node, keys, 5, d));
    TRY(read_by(r, node, g, d));
    TRY(read_tolerance(r, node, &g->tolerance, d));
    g->partial = json_bool(json_get(node, STR("partial")), false);
    TRY(need_kind(r, node, "of", JSON_IS_ARRAY, &of, d));
    g->figures = NEW_ARRAY(r->arena, struct figure, of->count);
    for (const struct json *figure = of->first; figure != NULL; figure = figure->next) {
        TRY(read_figure(r, figure, &g->figures[g->figure_count++], d));
    }
    if (g->figure_count == 0 || g->figure_count > COLUMNS_MAX) {
        return fail_at(r, of, d, "of: 1 to %d figures", COLUMNS_MAX);
    }
    TRY(need_kind(r, node, "rows", JSON_IS_OBJECT, &g->rows, d));
    return check_rows(r, g, d);
}

static enum err read_groupings(const struct reading *r, const struct json *list,
                               struct expectation *e, struct diag *d)
{
    e->groupings = NEW_ARRAY(r->arena, struct grouping, list->count);
    for (const struct json *node = list->first; node != NULL; node = node->next) {
        TRY(read_grouping(r, node, &e->groupings[e->grouping_count++], d));
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static enum err read_totals(const struct reading *r, const struct json *tree, struct expectation *e,
                            struct diag *d)
{
    e->totals = NEW_ARRAY(r->arena, struct total, EXPECTATION_TOTAL_COUNT);
    for (size_t i = 0; i < EXPECTATION_TOTAL_COUNT; i++) {
        const struct json *node = json_get(tree, expectation_totals[i]);
        int64_t value;
        if (node == NULL) {
            continue;
        }
        if (json_i64(node, &value, d) != ERR_OK || value < 0) {
            diag_clear(d);
            return fail_at(r, node, d, "%.*s: a count must stand here", STR_ARG(node->key));
        }
        e->totals[e->total_count++] = (struct total){.name = node->key, .equals = json_str(node)};
    }
    return ERR_OK;
}

enum err expectation_read(struct arena *a, struct str text, struct str name,
                          const struct definition *def, struct expectation *ret_expectation,
                          struct diag *d)
{
    static const struct str keys[] = {
        STR_INIT("schema"),    STR_INIT("objects"),    STR_INIT("records"),
        STR_INIT("rows"),      STR_INIT("duplicates"), STR_INIT("quarantined"),
        STR_INIT("filtered"),  STR_INIT("aggregates"), STR_INIT("groups"),
        STR_INIT("tolerance"),
    };
    struct reading r = {.arena = a, .name = name, .def = def, .tolerance = {0, 1}};
    struct expectation e = {0};
    struct json *tree;
    if (json_parse(a, text, &tree, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(name));
    }
    if (!json_is(tree, JSON_IS_OBJECT) ||
        !str_eq(json_str(json_get(tree, STR("schema"))), STR("1"))) {
        return fail_at(&r, tree, d, "%s", "an object with \"schema\": 1 must stand here");
    }
    TRY(check_keys(&r, tree, keys, sizeof(keys) / sizeof(keys[0]), d));
    TRY(read_tolerance(&r, tree, &e.tolerance, d));
    r.tolerance = e.tolerance;
    TRY(read_totals(&r, tree, &e, d));
    const struct json *list;
    if (json_get(tree, STR("aggregates")) != NULL) {
        TRY(need_kind(&r, tree, "aggregates", JSON_IS_ARRAY, &list, d));
        TRY(read_singles(&r, list, &e, d));
    }
    if (json_get(tree, STR("groups")) != NULL) {
        TRY(need_kind(&r, tree, "groups", JSON_IS_ARRAY, &list, d));
        TRY(read_groupings(&r, list, &e, d));
    }
    *ret_expectation = e;
    return ERR_OK;
}
