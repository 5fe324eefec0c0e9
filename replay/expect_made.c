/* expect_made.c -- An expectation that nobody wrote: what a query on the source says, as the text
 * of an expectation file. */
#include "expect_parts.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "base/limits.h"
#include "window.h"

#define TEXT_BYTES_MAX (256 * MIB)

/* ---- a query ---- */

static struct str cell(struct arena *a, const struct warehouse_value *v, bool is_sum)
{
    struct buf text;
    buf_init(&text, a, 128);
    switch (v->type) {
    case WAREHOUSE_NULL:
        return is_sum ? STR("0") : FIGURE_NULL;
    case WAREHOUSE_I64:
        buf_add_i64(&text, v->i64);
        break;
    case WAREHOUSE_DECIMAL:
        decimal_text(&text, v->i64, v->scale);
        break;
    case WAREHOUSE_TIMESTAMP:
        instant_iso(&text, v->i64);
        break;
    case WAREHOUSE_BOOL:
        return v->i64 != 0 ? STR("true") : STR("false");
    case WAREHOUSE_TEXT:
        return v->text;
    }
    return buf_str(&text);
}

static bool is_figure(struct str name)
{
    return str_eq(name, STR("count")) || str_find(name, '(') != STR_NONE;
}

/* Columns that name a group stand in front. */
static enum err count_keys(const struct warehouse_result *r, size_t *ret_keys, struct diag *d)
{
    size_t keys = 0;
    while (keys < r->column_count && !is_figure(r->names[keys])) {
        keys++;
    }
    for (size_t i = keys; i < r->column_count; i++) {
        if (!is_figure(r->names[i])) {
            return fail(d, ERR_INVALID, "column \"%.*s\" names a group and stands behind a figure",
                        STR_ARG(r->names[i]));
        }
    }
    if (keys == r->column_count) {
        return fail(d, ERR_INVALID,
                    "no column is a figure: name them \"count\", \"sum(c)\", \"min(c)\", "
                    "\"max(c)\", \"distinct(c)\"");
    }
    *ret_keys = keys;
    return ERR_OK;
}

static void write_aggregates(struct json_out *w, struct arena *a, const struct warehouse_result *r)
{
    json_out_key(w, "aggregates");
    json_out_array(w);
    for (size_t i = 0; r->row_count > 0 && i < r->column_count; i++) {
        json_out_object(w);
        json_out_kstr(w, "of", r->names[i]);
        json_out_kstr(w, "equals",
                      cell(a, warehouse_at(r, 0, i), str_starts(r->names[i], STR("sum("))));
        json_out_object_end(w);
    }
    json_out_array_end(w);
}

void expect_names_write(struct json_out *w, const char *key, const struct str *names, size_t count)
{
    json_out_key(w, key);
    json_out_array(w);
    for (size_t i = 0; i < count; i++) {
        json_out_str(w, names[i]);
    }
    json_out_array_end(w);
}

/* date_trunc('hour', at) of a column "hour" is that hour, as groups are named. */
static struct str key_cell(struct arena *a, struct str column, const struct warehouse_value *v)
{
    struct buf text;
    int64_t step_us;
    buf_init(&text, a, 64);
    if (v->type != WAREHOUSE_TIMESTAMP) {
        return cell(a, v, false);
    }
    if (str_eq(column, STR("day")) || str_eq(column, STR("month"))) {
        instant_date(&text, v->i64);
        buf_truncate(&text, str_eq(column, STR("day")) ? text.len : STR("2001-01").len);
    } else if (str_eq(column, STR("hour"))) {
        instant_date(&text, v->i64);
        buf_add_char(&text, 'T');
        instant_hour(&text, v->i64);
    } else if (window_parse(column, &step_us)) {
        window_name(&text, v->i64, step_us);
    } else {
        return cell(a, v, false);
    }
    return buf_str(&text);
}

static void write_group_row(struct json_out *w, struct arena *a, const struct warehouse_result *r,
                            size_t row, size_t keys)
{
    struct buf name;
    buf_init(&name, a, MIB);
    for (size_t i = 0; i < keys; i++) {
        buf_add_z(&name, i == 0 ? "" : "/");
        buf_add(&name, key_cell(a, r->names[i], warehouse_at(r, row, i)));
    }
    json_out_key_str(w, buf_str(&name));
    json_out_array(w);
    for (size_t i = keys; i < r->column_count; i++) {
        json_out_str(w, cell(a, warehouse_at(r, row, i), str_starts(r->names[i], STR("sum("))));
    }
    json_out_array_end(w);
}

static void write_groups(struct json_out *w, struct arena *a, const struct warehouse_result *r,
                         size_t keys)
{
    json_out_key(w, "groups");
    json_out_array(w);
    json_out_object(w);
    expect_names_write(w, "by", r->names, keys);
    expect_names_write(w, "of", r->names + keys, r->column_count - keys);
    json_out_key(w, "rows");
    json_out_object(w);
    for (size_t i = 0; i < r->row_count; i++) {
        write_group_row(w, a, r, i, keys);
    }
    json_out_object_end(w);
    json_out_object_end(w);
    json_out_array_end(w);
}

enum err expect_of_query(struct arena *a, struct warehouse *source, struct str sql,
                         struct str *ret_text, struct diag *d)
{
    struct warehouse_result r;
    struct buf out;
    struct json_out w;
    size_t keys;
    TRY(warehouse_query(source, sql, NULL, 0, a, &r, d));
    TRY(count_keys(&r, &keys, d));
    if (keys == 0 && r.row_count != 1) {
        return fail(d, ERR_INVALID, "%zu rows, and no column names a group", r.row_count);
    }
    buf_init(&out, a, TEXT_BYTES_MAX);
    json_out_init(&w, &out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    if (keys == 0) {
        write_aggregates(&w, a, &r);
    } else {
        write_groups(&w, a, &r, keys);
    }
    json_out_object_end(&w);
    *ret_text = buf_str(&out);
    return ERR_OK;
}
