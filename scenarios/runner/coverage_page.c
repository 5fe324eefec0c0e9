/* coverage_page.c -- The matrix as one HTML page: operations down, phases and errors across, hits
 * in the cells. A cell that nobody declared is empty; one that was declared and never hit is marked
 * by a word and a frame, not by its colour alone. */
#include <string.h>

#include "base/encode.h"
#include "scenarios/runner/coverage.h"

#define PAGE_COLUMNS_MAX 128

struct page_column {
    enum fault_phase phase;
    const char *error;
};
struct page {
    struct buf *out;
    const struct coverage_table *table;
    struct page_column columns[PAGE_COLUMNS_MAX];
    size_t column_count;
};

static bool is_in(const struct page_column *column, const struct coverage_cell *cell)
{
    return column->phase == cell->phase && strcmp(column->error, cell->error) == 0;
}

static void column_add(struct page *p, const struct coverage_cell *cell)
{
    size_t at = 0;
    while (at < p->column_count && !is_in(&p->columns[at], cell)) {
        at++;
    }
    if (at < p->column_count || p->column_count == PAGE_COLUMNS_MAX) {
        return;
    }
    for (at = p->column_count++; at > 0 && p->columns[at - 1].phase > cell->phase; at--) {
        p->columns[at] = p->columns[at - 1];
    }
    p->columns[at] = (struct page_column){cell->phase, cell->error};
}

static void head(struct page *p)
{
    buf_addf(
        p->out,
        "<!doctype html><meta charset=utf-8><title>Fault coverage</title><style>"
        ":root{color-scheme:light dark}body{font:14px system-ui;margin:2rem}"
        "table{border-collapse:collapse}th,td{padding:.3rem .5rem;border:1px solid #8884;"
        "text-align:right}th{text-align:left;font-weight:600}thead th{vertical-align:bottom;"
        "writing-mode:vertical-rl;max-height:16rem}.hit{background:#2a78}"
        ".never{background:#d447;outline:2px solid #d44}</style>"
        "<h1>Fault coverage</h1><p>%zu of %zu cells hit. A number is how often a fault of this "
        "kind decided a call of this operation; <span class=never>never</span> was asked for "
        "and did not happen.</p><table><thead><tr><th>operation</th>",
        p->table->hit, p->table->count);
    for (size_t i = 0; i < p->column_count; i++) {
        buf_addf(p->out, "<th>%s ", fault_phase_name(p->columns[i].phase));
        encode_xml(p->out, str_of(p->columns[i].error));
        buf_add_z(p->out, "</th>");
    }
    buf_add_z(p->out, "</tr></thead><tbody>\n");
}

/* All rules that do the same to the operation, from `from` on. */
static void cell(struct page *p, size_t from, const struct page_column *column)
{
    const struct coverage_cell *cells = p->table->cells;
    uint64_t hits = 0, rules = 0;
    for (size_t i = from; i < p->table->count && strcmp(cells[i].call, cells[from].call) == 0;
         i++) {
        hits += is_in(column, &cells[i]) ? cells[i].fired : 0;
        rules += is_in(column, &cells[i]);
    }
    if (rules == 0) {
        buf_add_z(p->out, "<td></td>");
    } else if (hits == 0) {
        buf_add_z(p->out, "<td class=never>never</td>");
    } else {
        buf_addf(p->out, "<td class=hit>%llu</td>", (unsigned long long)hits);
    }
}

void coverage_page(struct buf *out, const struct coverage_table *table)
{
    struct page *p = NEW(out->arena, struct page);
    *p = (struct page){.out = out, .table = table};
    for (size_t i = 0; i < table->count; i++) {
        column_add(p, &table->cells[i]);
    }
    head(p);
    const char *last = "";
    for (size_t i = 0; i < table->count; i++) {
        const char *call = table->cells[i].call;
        if (strcmp(call, last) == 0) {
            continue;
        }
        last = call;
        buf_add_z(out, "<tr><th>");
        encode_xml(out, str_of(call));
        buf_add_z(out, "</th>");
        for (size_t c = 0; c < p->column_count; c++) {
            cell(p, i, &p->columns[c]);
        }
        buf_add_z(out, "</tr>\n");
    }
    buf_add_z(out, "</tbody></table>\n");
}
