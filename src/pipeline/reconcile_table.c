/* reconcile_table.c -- A reconciliation for people: numbers to the right, the lines that differ
 * first. */
#include "pipeline/reconcile.h"

#include <inttypes.h>

#define CELLS 6
#define WIDTH_MAX 40 /* of a column; what is longer gets a line of its own */

static size_t cell_width(const struct reconcile_result *r, size_t lines, size_t offset,
                         struct str title)
{
    size_t width = title.len;
    for (size_t i = 0; i < lines; i++) {
        const char *line = (const char *)&r->lines[i];
        const struct str *cell = (const struct str *)(const void *)(line + offset);
        width = cell->len > width && cell->len <= WIDTH_MAX ? cell->len : width;
    }
    return width;
}

static void cell_add(struct buf *out, struct str text, size_t width, bool right)
{
    size_t spaces = width > text.len ? width - text.len : 0;
    for (size_t i = 0; right && i < spaces; i++) {
        buf_add_char(out, ' ');
    }
    buf_add(out, text);
    for (size_t i = 0; !right && i < spaces; i++) {
        buf_add_char(out, ' ');
    }
}

static void row_add(struct buf *out, const struct str cells[CELLS], const size_t widths[CELLS])
{
    size_t column = 0;
    for (size_t i = 0; i < CELLS; i++) {
        bool last = i + 1 == CELLS;
        column += widths[i] + 2;
        if (cells[i].len > widths[i] && !last) {
            buf_add(out, cells[i]);
            buf_add_char(out, '\n');
            cell_add(out, STR_EMPTY, column, false);
            continue;
        }
        cell_add(out, cells[i], last ? 0 : widths[i], i >= 2 && !last);
        buf_add_z(out, last ? "\n" : "  ");
    }
}

static void verdict_add(struct buf *out, const struct reconcile_result *r)
{
    static const char *const said[] = {
        [RECONCILE_MATCH] = "match: source, raw and warehouse agree",
        [RECONCILE_DIFFERS] = "differs",
        [RECONCILE_NO_SOURCE] = "no source: raw and warehouse agree; a day has no control totals",
    };
    buf_addf(out, "%s", said[r->verdict]);
    if (r->verdict == RECONCILE_DIFFERS) {
        buf_addf(out, ": %zu of %zu figures", r->differing, r->count);
    }
    buf_addf(out,
             "\n%" PRIu64 " raw records in %" PRIu64 " objects; warehouse: %" PRIu64
             " rows, %" PRIu64 " duplicates, %" PRIu64 " quarantined, %" PRIu64 " filtered\n",
             r->raw_records, r->raw_objects, r->rows, r->duplicates, r->quarantined, r->filtered);
}

void reconcile_table(struct buf *out, const struct reconcile_result *r, size_t lines_max)
{
    static const struct str titles[CELLS] = {STR_INIT("window"),    STR_INIT("measure"),
                                             STR_INIT("source"),    STR_INIT("raw"),
                                             STR_INIT("warehouse"), STR_INIT("parts at")};
    static const size_t offsets[CELLS] = {
        offsetof(struct reconcile_line, window),    offsetof(struct reconcile_line, measure),
        offsetof(struct reconcile_line, source),    offsetof(struct reconcile_line, raw),
        offsetof(struct reconcile_line, warehouse), offsetof(struct reconcile_line, hop)};
    size_t lines = r->count < lines_max ? r->count : lines_max;
    size_t widths[CELLS];
    for (size_t i = 0; i < CELLS; i++) {
        widths[i] = cell_width(r, lines, offsets[i], titles[i]);
    }
    if (lines > 0) {
        row_add(out, titles, widths);
    }
    for (size_t i = 0; i < lines; i++) {
        const struct reconcile_line *l = &r->lines[i];
        const struct str cells[CELLS] = {l->window, l->measure,   l->source,
                                         l->raw,    l->warehouse, l->hop};
        row_add(out, cells, widths);
    }
    if (r->count > lines) {
        buf_addf(out, "... and %zu more\n", r->count - lines);
    }
    verdict_add(out, r);
}
