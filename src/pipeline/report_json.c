/* report_json.c -- The report for programs (docs/report-format.md), and the hash of its content.
 * Whole numbers are JSON numbers, amounts are strings with all their digits, so that no reader
 * makes a float of money; both warehouses give the same bytes. */
#include "report_parts.h"

#include "base/hash.h"
#include "base/json.h"

static void cell_write(struct json_out *w, struct str cell)
{
    if (cell.ptr == NULL) {
        json_out_null(w);
    } else if (report_is_whole(cell)) {
        json_out_raw(w, cell);
    } else {
        json_out_str(w, cell);
    }
}

static void table_write(struct json_out *w, const struct report_table *t)
{
    json_out_object(w);
    json_out_kstr(w, "name", t->query->name);
    json_out_kstr(w, "title", t->query->title);
    json_out_kstr(w, "chart", t->query->chart);
    json_out_key(w, "columns");
    json_out_array(w);
    for (size_t c = 0; c < t->column_count; c++) {
        json_out_str(w, t->columns[c]);
    }
    json_out_array_end(w);
    json_out_key(w, "rows");
    json_out_array(w);
    for (size_t r = 0; r < t->row_count; r++) {
        json_out_array(w);
        for (size_t c = 0; c < t->column_count; c++) {
            cell_write(w, t->cells[r * t->column_count + c]);
        }
        json_out_array_end(w);
    }
    json_out_array_end(w);
    json_out_object_end(w);
}

static void line_write(struct json_out *w, const struct reconcile_line *line)
{
    json_out_object(w);
    json_out_kstr(w, "window", line->window);
    json_out_kstr(w, "measure", line->measure);
    json_out_kstr(w, "source", line->source);
    json_out_kstr(w, "raw", line->raw);
    json_out_kstr(w, "warehouse", line->warehouse);
    json_out_kstr(w, "hop", line->hop);
    json_out_object_end(w);
}

/* The day's own figures, and whatever differs. */
static void reconciliation_write(struct json_out *w, const struct report_content *c)
{
    json_out_key(w, "reconciliation");
    json_out_object(w);
    json_out_kstr(w, "verdict", reconcile_verdict_name(c->verdict));
    json_out_ki64(w, "figures", (int64_t)c->line_count);
    json_out_ki64(w, "differing", (int64_t)c->differing);
    json_out_key(w, "lines");
    json_out_array(w);
    for (size_t i = 0; i < c->line_count; i++) {
        if (c->lines[i].hop.len > 0 || str_eq(c->lines[i].window, c->day)) {
            line_write(w, &c->lines[i]);
        }
    }
    json_out_array_end(w);
    json_out_object_end(w);
}

static void content_write(struct json_out *w, const struct report_content *c)
{
    json_out_kstr(w, "report", c->def->report_name);
    json_out_kstr(w, "pipeline", c->def->name);
    json_out_kstr(w, "day", c->day);
    json_out_key(w, "provenance");
    json_out_object(w);
    json_out_kstr(w, "code_version", c->code_version);
    json_out_kstr(w, "path", STR("warehouse"));
    json_out_ki64(w, "raw_objects", (int64_t)c->raw_objects);
    json_out_kstr(w, "raw_manifest_sha256", c->manifest_sha256);
    json_out_object_end(w);
    reconciliation_write(w, c);
    json_out_key(w, "queries");
    json_out_array(w);
    for (size_t i = 0; i < c->def->query_count; i++) {
        table_write(w, &c->tables[i]);
    }
    json_out_array_end(w);
}

struct str report_identity(struct arena *a, const struct report_content *c)
{
    struct buf text;
    struct json_out w;
    buf_init(&text, a, REPORT_BYTES_MAX);
    json_out_init(&w, &text);
    json_out_object(&w);
    content_write(&w, c);
    json_out_object_end(&w);
    return hash_sha256_hex(a, buf_str(&text));
}

void report_json(struct buf *out, const struct report_content *c)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_ki64(&w, "version", c->version);
    json_out_ki64(&w, "generated_us", c->generated_us);
    content_write(&w, c);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}
