/* report_csv.c -- The report for spreadsheets: one block a query, with an empty line between; the
 * first column of every line names the query, so that a block can be cut out by its lines alone. */
#include "report_parts.h"

#include "base/csv.h"

static void block_write(struct buf *out, const struct report_table *t)
{
    csv_write(out, STR("query"), t->column_count == 0);
    for (size_t c = 0; c < t->column_count; c++) {
        csv_write(out, t->columns[c], c + 1 == t->column_count);
    }
    for (size_t r = 0; r < t->row_count; r++) {
        csv_write(out, t->query->name, t->column_count == 0);
        for (size_t c = 0; c < t->column_count; c++) {
            struct str cell = t->cells[r * t->column_count + c];
            csv_write(out, cell.ptr == NULL ? STR_EMPTY : cell, c + 1 == t->column_count);
        }
    }
}

void report_csv(struct buf *out, const struct report_content *c)
{
    for (size_t i = 0; i < c->def->query_count; i++) {
        if (i > 0) {
            buf_add_z(out, "\r\n");
        }
        block_write(out, &c->tables[i]);
    }
}
