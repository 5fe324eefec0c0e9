/* report_gather.c -- What a report says: the definition's queries over one day, and the raw objects
 * behind it, read in one snapshot. */
#include "report_parts.h"

#include <inttypes.h>
#include "base/decimal.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/tree.h"
#include "dialect.h"

#define SQL_BYTES_MAX (128 * KIB)

/* ---- a query's SQL ---- */

struct filling {
    const struct definition *def;
    enum warehouse_dialect dialect;
    int64_t day_us;
};

static const struct column *column_named(const struct definition *def, struct str name)
{
    for (size_t i = 0; i < def->column_count; i++) {
        if (str_eq(def->columns[i].name, name)) {
            return &def->columns[i];
        }
    }
    return NULL;
}

/* "amount" or "sum(amount)": exact text where it is a decimal, else as it stands. */
static enum err fill_column(struct buf *sql, const struct filling *f, struct str word,
                            struct diag *d)
{
    struct str function, name;
    bool aggregate = str_split(word, '(', &function, &name);
    name = aggregate && str_ends(name, STR(")")) ? str_slice(name, 0, name.len - 1) : word;
    const struct column *column = column_named(f->def, name);
    if (column == NULL) {
        return fail(d, ERR_INVALID, "{%.*s}: no such column", STR_ARG(word));
    }
    if (column->type == COLUMN_DECIMAL || (aggregate && column->type == COLUMN_INTEGER)) {
        dialect_decimal(sql, f->dialect, word, column->scale);
    } else {
        buf_add(sql, word);
    }
    return ERR_OK;
}

static enum err fill_word(struct buf *sql, const struct filling *f, struct str word, struct diag *d)
{
    struct str time = f->def->columns[f->def->time_column].name;
    if (str_eq(word, STR("table"))) {
        buf_add(sql, f->def->table);
    } else if (str_eq(word, STR("where"))) {
        dialect_between(sql, f->dialect, time, f->day_us, f->day_us + US_PER_DAY);
    } else if (str_eq(word, STR("hour"))) {
        dialect_hour(sql, f->dialect, time);
    } else if (str_eq(word, STR("day"))) {
        dialect_day(sql, f->dialect, time);
    } else {
        return fill_column(sql, f, word, d);
    }
    return ERR_OK;
}

static enum err fill(struct buf *sql, const struct filling *f, struct str text, struct diag *d)
{
    struct str before, word;
    for (struct str rest = text; rest.len > 0;) {
        if (!str_split(rest, '{', &before, &rest)) {
            buf_add(sql, before);
            return ERR_OK;
        }
        buf_add(sql, before);
        if (!str_split(rest, '}', &word, &rest)) {
            return fail(d, ERR_INVALID, "a brace is not closed");
        }
        TRY(fill_word(sql, f, word, d));
    }
    return ERR_OK;
}

/* ---- a query's rows ---- */

static struct str cell_text(struct arena *a, const struct warehouse_value *v)
{
    struct buf text;
    buf_init(&text, a, 128);
    switch (v->type) {
    case WAREHOUSE_NULL:
        return (struct str){.ptr = NULL, .len = 0};
    case WAREHOUSE_I64:
        buf_add_i64(&text, v->i64);
        return buf_str(&text);
    case WAREHOUSE_DECIMAL:
        decimal_text(&text, v->i64, v->scale);
        return buf_str(&text);
    case WAREHOUSE_TIMESTAMP:
        instant_iso(&text, v->i64);
        return buf_str(&text);
    case WAREHOUSE_BOOL:
        return v->i64 != 0 ? STR("true") : STR("false");
    case WAREHOUSE_TEXT:
        break;
    }
    return v->text.ptr == NULL ? STR_EMPTY : v->text;
}

static void find_numbers(struct report_table *t, struct arena *a)
{
    bool *is_number = NEW_ARRAY(a, bool, t->column_count);
    for (size_t c = 0; c < t->column_count; c++) {
        bool only_numbers = true;
        size_t numbers = 0;
        for (size_t r = 0; r < t->row_count && only_numbers; r++) {
            struct str cell = t->cells[r * t->column_count + c];
            only_numbers = cell.ptr == NULL || report_is_number(cell);
            numbers += cell.ptr != NULL;
        }
        is_number[c] = only_numbers && numbers > 0;
    }
    t->is_number = is_number;
}

static enum err table_read(struct report_table *t, const struct warehouse_result *rows,
                           size_t *text_bytes, struct arena *a, struct diag *d)
{
    if (rows->row_count > REPORT_ROWS_MAX) {
        return fail(d, ERR_LIMIT, "%zu rows; a report holds %d of a query: add a limit",
                    rows->row_count, REPORT_ROWS_MAX);
    }
    size_t count = rows->row_count * rows->column_count;
    struct str *cells = NEW_ARRAY(a, struct str, count);
    for (size_t i = 0; i < count; i++) {
        cells[i] = cell_text(a, &rows->values[i]);
        *text_bytes += cells[i].len;
        if (*text_bytes > REPORT_TEXT_BYTES_MAX) {
            return fail(d, ERR_LIMIT, "over %zu bytes of text in one report",
                        REPORT_TEXT_BYTES_MAX);
        }
    }
    t->row_count = rows->row_count;
    t->column_count = rows->column_count;
    t->columns = rows->names;
    t->cells = cells;
    find_numbers(t, a);
    return ERR_OK;
}

enum err report_tables_read(struct arena *a, const struct definition *def, struct warehouse *w,
                            int64_t day_us, struct report_table **ret_tables, struct diag *d)
{
    struct filling f = {def, warehouse_dialect(w), day_us};
    size_t text_bytes = 0;
    struct report_table *tables = NEW_ARRAY(a, struct report_table, def->query_count);
    for (size_t i = 0; i < def->query_count; i++) {
        const struct report_query *q = &def->queries[i];
        struct buf sql;
        buf_init(&sql, a, SQL_BYTES_MAX + DEFINITION_BYTES_MAX);
        struct warehouse_result rows;
        tables[i].query = q;
        enum err err = fill(&sql, &f, q->sql, d);
        if (err == ERR_OK) {
            err = warehouse_query(w, buf_str(&sql), NULL, 0, a, &rows, d);
        }
        if (err == ERR_OK) {
            err = table_read(&tables[i], &rows, &text_bytes, a, d);
        }
        if (err != ERR_OK) {
            return diag_context(d, "report query %.*s", STR_ARG(q->name));
        }
    }
    *ret_tables = tables;
    return ERR_OK;
}

/* ---- provenance ---- */

/* SHA-256 over a line "key etag" an object, in byte order of the keys. */
static enum err manifest_read(struct pipeline *p, int64_t day_us, struct report_content *c,
                              struct arena *a, struct diag *d)
{
    struct buf sql;
    buf_init(&sql, a, SQL_BYTES_MAX);
    buf_addf(&sql,
             "select object_key, etag from aforo_loaded_object where pipeline = $1 and object_key "
             "in (select aforo_object from %.*s where ",
             STR_ARG(p->def->table));
    dialect_between(&sql, warehouse_dialect(p->warehouse),
                    p->def->columns[p->def->time_column].name, day_us, day_us + US_PER_DAY);
    buf_add_z(&sql, " union select object_key from aforo_quarantine where pipeline = $1 and "
                    "event_day = $2) order by object_key");
    struct warehouse_value params[] = {warehouse_text(p->def->name), warehouse_text(c->day)};
    struct warehouse_result rows;
    TRY(warehouse_query(p->warehouse, buf_str(&sql), params, 2, a, &rows, d));
    struct tree *sorted = tree_new(a); /* a server's collation is no order of bytes */
    for (size_t i = 0; i < rows.row_count; i++) {
        tree_put(sorted, warehouse_at(&rows, i, 0)->text, (void *)&warehouse_at(&rows, i, 1)->text);
    }
    struct buf lines;
    buf_init(&lines, a, 2 * KIB * (rows.row_count + 1));
    const struct tree_entry *e = tree_seek(sorted, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(sorted, e->key, true)) {
        const struct str *etag = e->value;
        buf_addf(&lines, "%.*s %.*s\n", STR_ARG(e->key), STR_ARG(*etag));
    }
    c->raw_objects = rows.row_count;
    c->manifest_sha256 = hash_sha256_hex(a, buf_str(&lines));
    return ERR_OK;
}

enum err report_gather(struct pipeline *p, int64_t day_us, struct arena *a,
                       struct report_content *ret_content, struct diag *d)
{
    struct report_content c = {.def = p->def,
                               .day = report_day_text(a, day_us),
                               .day_us = day_us,
                               .code_version = p->env->code_version};
    enum err err = dialect_snapshot(p->warehouse, d);
    if (err == ERR_OK) {
        err = manifest_read(p, day_us, &c, a, d);
    }
    if (err == ERR_OK) {
        err = report_tables_read(a, p->def, p->warehouse, day_us, &c.tables, d);
    }
    warehouse_rollback(p->warehouse);
    if (err == ERR_OK) {
        *ret_content = c;
    }
    return err;
}
