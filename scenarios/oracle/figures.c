/* figures.c -- Counts and aggregates of the warehouse against the source's ledger: exact, by hour,
 * day and column. What the ledger counts are the events that must be rows and have landed, each
 * once. */
#include "oracle_parts.h"

#include "base/tree.h"

#define COLUMNS_OF_GROUP_MAX 8

/* ---- figures ---- */

enum err figure_parse(const struct definition *def, struct str text, struct figure *ret_figure,
                      struct diag *d)
{
    static const struct str functions[] = {STR_INIT("count"), STR_INIT("sum"), STR_INIT("min"),
                                           STR_INIT("max")};
    if (str_eq(text, STR("count")) || str_eq(text, STR("count(*)"))) {
        *ret_figure = (struct figure){.kind = FIGURE_COUNT, .column = SIZE_MAX};
        return ERR_OK;
    }
    struct str function, name;
    if (!str_split(text, '(', &function, &name) || !str_ends(name, STR(")"))) {
        return fail(d, ERR_INVALID,
                    "'%.*s' is no aggregate: expected count, sum(c), min(c) or max(c)",
                    STR_ARG(text));
    }
    size_t column = column_find(def, str_slice(name, 0, name.len - 1));
    bool text_column = column != SIZE_MAX && def->columns[column].type == COLUMN_TEXT;
    for (size_t i = 1; i < 4; i++) {
        if (str_eq(function, functions[i]) && column != SIZE_MAX && !text_column) {
            ret_figure->kind = i == 1 ? FIGURE_SUM : i == 2 ? FIGURE_MIN : FIGURE_MAX;
            ret_figure->column = column;
            return ERR_OK;
        }
    }
    return fail(d, ERR_INVALID, "'%.*s': no such function or no such column of numbers",
                STR_ARG(text));
}

void figure_add(const struct figure *figure, const struct row *row, bool first, int64_t *value)
{
    if (figure->kind == FIGURE_COUNT) {
        *value = first ? 1 : *value + 1;
        return;
    }
    int64_t x =
        row->values[figure->column].type == WAREHOUSE_NULL ? 0 : row->values[figure->column].i64;
    if (first) {
        *value = x;
    } else if (figure->kind == FIGURE_SUM) {
        ASSERT(!__builtin_add_overflow(*value, x, value)); /* sources of scenarios stay far below */
    } else if (figure->kind == FIGURE_MIN) {
        *value = x < *value ? x : *value;
    } else {
        *value = x > *value ? x : *value;
    }
}

/* ---- groups ---- */

struct group {
    int64_t count;
    int64_t *figures;
};
struct grouping {
    struct oracle *o;
    const struct figure *figures;
    size_t figure_count;
    const size_t *columns; /* SIZE_MAX: the event's time, by `by_us` */
    size_t column_count;
    int64_t by_us;
};

static void key_add(struct buf *key, const struct grouping *g, size_t column,
                    const struct warehouse_value *v)
{
    if (key->len > 0) {
        buf_add_char(key, '/');
    }
    if (column == SIZE_MAX) {
        instant_iso(key, instant_floor(v->i64, g->by_us));
    } else if (v->type == WAREHOUSE_TEXT) {
        buf_add(key, v->text);
    } else if (v->type == WAREHOUSE_NULL) {
        buf_add_z(key, "null");
    } else {
        buf_add_i64(key, v->i64);
    }
}

static void group_add(const struct grouping *g, struct tree *groups, const struct row *row)
{
    struct buf key;
    buf_init(&key, g->o->scratch, 4 * KIB);
    for (size_t i = 0; i < g->column_count; i++) {
        size_t column = g->columns[i];
        size_t from = column == SIZE_MAX ? g->o->in.def->time_column : column;
        key_add(&key, g, column, &row->values[from]);
    }
    struct group *group = tree_get(groups, buf_str(&key));
    bool first = group == NULL;
    if (first) {
        group = NEW(g->o->scratch, struct group);
        group->figures = NEW_ARRAY(g->o->scratch, int64_t, g->figure_count);
        tree_put(groups, buf_str(&key), group);
    }
    group->count++;
    for (size_t i = 0; i < g->figure_count; i++) {
        figure_add(&g->figures[i], row, first, &group->figures[i]);
    }
}

static struct tree *groups_of_ledger(const struct grouping *g)
{
    struct tree *groups = tree_new(g->o->scratch);
    for (const struct oracle_event *e = g->o->first; e != NULL; e = e->next) {
        uint32_t rows = g->o->in.foreign               ? e->stored > 0
                        : g->o->in.def->id_by_position ? e->landed
                                                       : e->landed > 0;
        for (uint32_t i = 0; event_is_row(e) && i < rows; i++) {
            group_add(g, groups, &e->row);
        }
    }
    return groups;
}

/* The same columns out of the warehouse, as the pipeline's values. */
static enum err groups_of_warehouse(const struct grouping *g, struct tree **ret_groups,
                                    struct diag *d)
{
    struct oracle *o = g->o;
    const struct definition *def = o->in.def;
    struct buf sql;
    buf_init(&sql, o->scratch, 64 * KIB);
    buf_add_z(&sql, "select ");
    for (size_t i = 0; i < def->column_count; i++) {
        buf_addf(&sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(def->columns[i].name));
    }
    struct str id = def->columns[def->id_column].name;
    buf_addf(&sql, " from %.*s order by %.*s", STR_ARG(def->table),
             STR_ARG(o->in.foreign ? id : STR("aforo_object, aforo_ordinal")));
    struct warehouse_result rows;
    TRY(oracle_query(o, buf_str(&sql), &rows, d));
    struct tree *groups = tree_new(o->scratch);
    for (size_t i = 0; i < rows.row_count; i++) {
        struct warehouse_value values[COLUMNS_MAX];
        for (size_t c = 0; c < def->column_count; c++) {
            values[c] = *warehouse_at(&rows, i, c);
            bool is_text = values[c].type == WAREHOUSE_TEXT;
            if (def->columns[c].type == COLUMN_TIMESTAMP && is_text) {
                TRY(instant_parse(values[c].text, &values[c].i64, d));
                values[c].type = WAREHOUSE_TIMESTAMP;
            } else if (is_text && (def->columns[c].type == COLUMN_DECIMAL ||
                                   def->columns[c].type == COLUMN_INTEGER)) {
                TRY(warehouse_decimal(&values[c], def->columns[c].scale, &values[c].i64, d));
                values[c].type = WAREHOUSE_DECIMAL;
            }
        }
        struct row row = {.fate = RECORD_ROW, .values = values};
        group_add(g, groups, &row);
    }
    *ret_groups = groups;
    return ERR_OK;
}

/* ---- comparing ---- */

static void group_differs(const struct grouping *g, struct str key, const struct group *source,
                          const struct group *found, struct oracle_finding *f)
{
    int64_t has = found == NULL ? 0 : found->count;
    int64_t wants = source == NULL ? 0 : source->count;
    if (has != wants) {
        finding_add(g->o, f, has < wants ? ROW_LOST : ROW_DUPLICATED,
                    "%.*s: the source has %lld rows, the warehouse %lld", STR_ARG(key),
                    (long long)wants, (long long)has);
        return;
    }
    for (size_t i = 0; i < g->figure_count; i++) {
        if (source->figures[i] != found->figures[i]) {
            finding_add(g->o, f, ROW_CORRUPTED,
                        "%.*s: a figure of %.*s is %lld at the source and %lld in the warehouse",
                        STR_ARG(key),
                        STR_ARG(g->figures[i].column == SIZE_MAX
                                    ? STR("count")
                                    : g->o->in.def->columns[g->figures[i].column].name),
                        (long long)source->figures[i], (long long)found->figures[i]);
        }
    }
}

static enum err groups_compare(const struct grouping *g, struct oracle_finding *f, struct diag *d)
{
    struct tree *source = groups_of_ledger(g), *found;
    TRY(groups_of_warehouse(g, &found, d));
    const struct tree_entry *entry;
    for (struct str at = STR_EMPTY; (entry = tree_seek(source, at, true)) != NULL;
         at = entry->key) {
        group_differs(g, entry->key, entry->value, tree_get(found, entry->key), f);
    }
    for (struct str at = STR_EMPTY; (entry = tree_seek(found, at, true)) != NULL; at = entry->key) {
        if (tree_get(source, entry->key) == NULL) {
            group_differs(g, entry->key, NULL, entry->value, f);
        }
    }
    return ERR_OK;
}

enum err oracle_check_counts(struct oracle *o, int64_t by_us, struct oracle_finding *f,
                             struct diag *d)
{
    arena_reset(o->scratch);
    size_t time = SIZE_MAX;
    struct grouping g = {.o = o, .columns = &time, .column_count = 1, .by_us = by_us};
    return groups_compare(&g, f, d);
}

enum err oracle_check_aggregates(struct oracle *o, const struct str *columns, size_t column_count,
                                 const struct str *group, size_t group_count,
                                 struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct figure *figures = NEW_ARRAY(o->scratch, struct figure, column_count);
    size_t by[COLUMNS_OF_GROUP_MAX] = {SIZE_MAX};
    if (group_count > COLUMNS_OF_GROUP_MAX) {
        return fail(d, ERR_LIMIT, "by: over %d columns", COLUMNS_OF_GROUP_MAX);
    }
    for (size_t i = 0; i < column_count; i++) {
        TRY(figure_parse(o->in.def, columns[i], &figures[i], d));
    }
    for (size_t i = 0; i < group_count; i++) {
        by[i] = column_find(o->in.def, group[i]);
        if (by[i] == SIZE_MAX && !str_eq(group[i], STR("day"))) {
            return fail(d, ERR_INVALID, "by: no such column '%.*s'", STR_ARG(group[i]));
        }
    }
    struct grouping g = {.o = o,
                         .figures = figures,
                         .figure_count = column_count,
                         .columns = by,
                         .column_count = group_count == 0 ? 1 : group_count,
                         .by_us = US_PER_DAY};
    return groups_compare(&g, f, d);
}
