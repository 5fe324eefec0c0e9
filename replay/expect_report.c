/* expect_report.c -- What a report.json of the pipeline once said of its day
 * (docs/report-format.md): its reconciled figures as the text of an expectation file, and the
 * tables of its queries, each asked again of a warehouse. Rows are told apart by their first column
 * where it names each one once, else by their places. */
#include "replay/expect_report.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "expect_parts.h"
#include "pipeline/report_table.h"

#define TEXT_BYTES_MAX (256 * MIB)

/* ---- what it is ---- */

/* The report's other files, and what else is JSON, by name. */
static enum err tree_read(struct arena *a, struct str report, struct str name,
                          const struct definition *def, const struct json **ret_tree,
                          struct diag *d)
{
    struct json *tree;
    if (str_starts(report, STR("query,")) || str_starts(report, STR("<!DOCTYPE html>"))) {
        return fail(d, ERR_INVALID,
                    "%.*s: a report as %s says too little to be compared: give the report.json "
                    "beside it",
                    STR_ARG(name), report.ptr[0] == '<' ? "HTML" : "CSV");
    }
    if (json_parse(a, report, &tree, d) != ERR_OK) {
        return diag_context(d, "%.*s", STR_ARG(name));
    }
    if (!json_is(json_at(tree, "reconciliation.lines"), JSON_IS_ARRAY) ||
        !json_is(json_get(tree, STR("day")), JSON_IS_STRING)) {
        return fail(d, ERR_INVALID, "%.*s: %s", STR_ARG(name),
                    json_is(json_get(tree, STR("groups")), JSON_IS_OBJECT)
                        ? "control totals are no report"
                        : "not a report of a pipeline");
    }
    struct str pipeline = json_str(json_get(tree, STR("pipeline")));
    if (!str_eq(pipeline, def->name)) {
        return fail(d, ERR_INVALID, "%.*s: a report of pipeline %.*s, not of %.*s", STR_ARG(name),
                    STR_ARG(pipeline), STR_ARG(def->name));
    }
    *ret_tree = tree;
    return ERR_OK;
}

static bool is_figure(struct str name)
{
    return str_eq(name, STR("count")) || str_find(name, '(') != STR_NONE;
}

/* ---- reconciled figures ---- */

struct said { /* what a report says of one window */
    const struct json *line;
    bool day; /* of the whole day, else of a value of the dimension */
};

static bool usable(const struct definition *def, const struct json *line, struct str day,
                   struct said *ret_said)
{
    struct str window = json_str(json_get(line, STR("window")));
    struct str measure = json_str(json_get(line, STR("measure")));
    struct str value = json_str(json_get(line, STR("warehouse")));
    bool whole = str_eq(window, day);
    bool part = str_starts(window, day) && window.len > day.len && window.ptr[day.len] == '/';
    *ret_said = (struct said){.line = line, .day = whole};
    return (whole || (part && def->has_dimension)) && is_figure(measure) &&
           !str_eq(value, FIGURE_NULL) && value.len > 0;
}

/* One grouping for each line: a group's figures need not be the same ones. */
static void write_line(struct json_out *w, const struct definition *def, const struct said *said)
{
    struct str names[2] = {STR("day"), STR_EMPTY};
    struct str measure = json_str(json_get(said->line, STR("measure")));
    names[1] = said->day ? STR_EMPTY : def->columns[def->dimension_column].name;
    json_out_object(w);
    expect_names_write(w, "by", names, said->day ? 1 : 2);
    expect_names_write(w, "of", &measure, 1);
    json_out_kbool(w, "partial", true);
    json_out_key(w, "rows");
    json_out_object(w);
    json_out_key_str(w, json_str(json_get(said->line, STR("window"))));
    json_out_array(w);
    json_out_str(w, json_str(json_get(said->line, STR("warehouse"))));
    json_out_array_end(w);
    json_out_object_end(w);
    json_out_object_end(w);
}

enum err expect_of_report(struct arena *a, struct str report, struct str name,
                          const struct definition *def, struct str *ret_text, struct diag *d)
{
    const struct json *tree;
    struct json_out w;
    struct buf out;
    size_t count = 0;
    TRY(tree_read(a, report, name, def, &tree, d));
    const struct json *lines = json_at(tree, "reconciliation.lines");
    struct str day = json_str(json_get(tree, STR("day")));
    buf_init(&out, a, TEXT_BYTES_MAX);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_key(&w, "groups");
    json_out_array(&w);
    for (const struct json *line = lines->first; line != NULL; line = line->next) {
        struct said said;
        if (usable(def, line, day, &said)) {
            write_line(&w, def, &said);
            count++;
        }
    }
    json_out_array_end(&w);
    json_out_object_end(&w);
    *ret_text = buf_str(&out);
    return count > 0 ? ERR_OK
                     : fail(d, ERR_INVALID, "%.*s: it has no figures of %.*s", STR_ARG(name),
                            STR_ARG(day));
}

/* ---- its tables ---- */

struct side { /* a table's texts, wherever they come from */
    size_t row_count, column_count;
    const struct str *columns, *cells; /* cells: row after row */
};
struct sides {
    struct comparing *comparing;
    struct arena *arena;
    struct str query;
    bool by_first; /* the first column names the rows */
    struct side said, found;
};

static enum err said_read(struct arena *a, const struct json *query, struct side *ret_side,
                          struct diag *d)
{
    const struct json *columns = json_get(query, STR("columns"));
    const struct json *rows = json_get(query, STR("rows"));
    if (!json_is(columns, JSON_IS_ARRAY) || !json_is(rows, JSON_IS_ARRAY)) {
        return fail(d, ERR_INVALID, "no columns and rows");
    }
    struct side s = {.row_count = rows->count, .column_count = columns->count};
    struct str *names = NEW_ARRAY(a, struct str, s.column_count);
    struct str *cells = NEW_ARRAY(a, struct str, s.row_count * s.column_count);
    size_t at = 0;
    for (const struct json *n = columns->first; n != NULL; n = n->next) {
        names[at++] = json_str(n);
    }
    at = 0;
    for (const struct json *row = rows->first; row != NULL; row = row->next) {
        if (!json_is(row, JSON_IS_ARRAY) || row->count != s.column_count) {
            return fail(d, ERR_INVALID, "a row is not of %zu cells", s.column_count);
        }
        for (const struct json *cell = row->first; cell != NULL; cell = cell->next) {
            cells[at++] = json_is(cell, JSON_IS_NULL) ? FIGURE_NULL : json_str(cell);
        }
    }
    s.columns = names;
    s.cells = cells;
    *ret_side = s;
    return ERR_OK;
}

static struct side found_read(struct arena *a, const struct report_table *t)
{
    struct side s = {
        .row_count = t->row_count, .column_count = t->column_count, .columns = t->columns};
    size_t count = s.row_count * s.column_count;
    struct str *cells = NEW_ARRAY(a, struct str, count);
    for (size_t i = 0; i < count; i++) {
        cells[i] = t->cells[i].ptr == NULL ? FIGURE_NULL : t->cells[i];
    }
    s.cells = cells;
    return s;
}

/* Digits behind the point, where a text is a number: both sides of a cell have as many. */
static struct figure cell_figure(struct str x, struct str y)
{
    struct diag none = DIAG_INIT;
    struct figure f = {.kind = FIGURE_SUM, .is_number = true};
    int64_t unused;
    for (int i = 0; i < 2; i++) {
        struct str text = i == 0 ? x : y;
        size_t point = str_find(text, '.');
        int scale = point == STR_NONE ? 0 : (int)(text.len - point - 1);
        f.scale = scale > f.scale ? scale : f.scale;
    }
    f.is_number = f.scale <= DECIMAL_SCALE_MAX &&
                  decimal_parse(x, f.scale, &unused, &none) == ERR_OK &&
                  decimal_parse(y, f.scale, &unused, &none) == ERR_OK;
    return f;
}

static bool first_names_rows(struct arena *a, const struct side *s)
{
    struct map *seen = map_new(a);
    for (size_t i = 0; i < s->row_count; i++) {
        struct str name = s->cells[i * s->column_count];
        if (map_get(seen, name) != NULL) {
            return false;
        }
        map_put(seen, name, (void *)s);
    }
    return true;
}

/* The name of each row, in the order of the rows. */
static struct str *row_names(const struct sides *s, const struct side *side)
{
    struct str *names = NEW_ARRAY(s->arena, struct str, side->row_count);
    for (size_t i = 0; i < side->row_count; i++) {
        names[i] = s->by_first            ? side->cells[i * side->column_count]
                   : side->row_count == 1 ? STR_EMPTY
                                          : str_printf(s->arena, "row %zu", i + 1);
    }
    return names;
}

static struct str cell_of(const struct side *s, size_t row, struct str column)
{
    for (size_t i = 0; row != STR_NONE && i < s->column_count; i++) {
        if (str_eq(s->columns[i], column)) {
            return s->cells[row * s->column_count + i];
        }
    }
    return FIGURE_NULL;
}

/* One row, as `owner`'s columns have it; STR_NONE: the side has no such row. */
static void compare_cells(const struct sides *s, const struct side *owner, struct str name,
                          size_t said, size_t found)
{
    for (size_t i = s->by_first ? 1 : 0; i < owner->column_count; i++) {
        struct str x = cell_of(&s->said, said, owner->columns[i]);
        struct str y = cell_of(&s->found, found, owner->columns[i]);
        struct figure f = cell_figure(x, y);
        struct str what =
            str_printf(s->arena, "%.*s.%.*s", STR_ARG(s->query), STR_ARG(owner->columns[i]));
        comparing_add(s->comparing, &(struct compared){what, name, &f, x, y}, (struct ratio){0, 1});
    }
}

static void compare_table(struct sides *s)
{
    struct map *places = map_new(s->arena);
    s->by_first = s->said.column_count > 0 && s->found.column_count > 0 &&
                  (s->said.row_count > 1 || s->found.row_count > 1) &&
                  first_names_rows(s->arena, &s->said) && first_names_rows(s->arena, &s->found);
    struct str *said = row_names(s, &s->said);
    struct str *found = row_names(s, &s->found);
    bool *met = NEW_ARRAY(s->arena, bool, s->found.row_count);
    size_t *numbers = NEW_ARRAY(s->arena, size_t, s->found.row_count);
    for (size_t i = 0; i < s->found.row_count; i++) {
        numbers[i] = i;
        map_put(places, found[i], &numbers[i]);
    }
    for (size_t i = 0; i < s->said.row_count; i++) {
        const size_t *at = map_get(places, said[i]);
        compare_cells(s, &s->said, said[i], i, at == NULL ? STR_NONE : *at);
        if (at != NULL) {
            met[*at] = true;
        }
    }
    for (size_t i = 0; i < s->found.row_count; i++) {
        if (!met[i]) {
            compare_cells(s, &s->found, found[i], STR_NONE, i);
        }
    }
}

static enum err compare_query(struct comparing *c, struct arena *a, const struct json *query,
                              const struct report_table *tables, size_t count, struct diag *d)
{
    struct sides s = {.comparing = c, .arena = a, .query = json_str(json_get(query, STR("name")))};
    for (size_t i = 0; i < count; i++) {
        if (str_eq(tables[i].query->name, s.query)) {
            TRY(said_read(a, query, &s.said, d));
            s.found = found_read(a, &tables[i]);
            compare_table(&s);
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "the definition has no such query: give the one it was made by");
}

enum err expect_report_tables(struct arena *a, struct str report, struct str name,
                              const struct definition *def, struct warehouse *w,
                              struct expect_result *ret_result, struct diag *d)
{
    const struct json *tree;
    struct report_table *tables;
    int64_t day_us;
    struct comparing *c = comparing_new(a);
    TRY(tree_read(a, report, name, def, &tree, d));
    TRY(instant_parse(json_str(json_get(tree, STR("day"))), &day_us, d));
    TRY(report_tables_read(a, def, w, day_us, &tables, d));
    const struct json *queries = json_get(tree, STR("queries"));
    const struct json *query = json_is(queries, JSON_IS_ARRAY) ? queries->first : NULL;
    for (; query != NULL; query = query->next) {
        if (compare_query(c, a, query, tables, def->query_count, d) != ERR_OK) {
            return diag_context(d, "%.*s: query %.*s", STR_ARG(name),
                                STR_ARG(json_str(json_get(query, STR("name")))));
        }
    }
    comparing_end(c, ret_result);
    return ERR_OK;
}
