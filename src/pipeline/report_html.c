/* report_html.c -- The report for people: one page that needs nothing else, light or dark as the
 * reader's system is, and fit to be printed. The numbers first, then the charts with their tables,
 * then how far they were checked and where they come from. */
#include "report_parts.h"

#include <inttypes.h>
#include "base/encode.h"
#include "base/instant.h"

#define DIFFERENCES_MAX 50

static const char STYLE[] =
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1a1f2b;--soft:#5b6475;"
    "--rule:#e2e5eb;--mark:#2a6fdb;--good:#1a7f4b;--good-bg:#e3f4ea;--bad:#b3261e;--bad-bg:#fbe9e7;"
    "--plain:#7a5b00;--plain-bg:#fbf2d9}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#11151c;--card:#191f29;--ink:#e6e9ef;"
    "--soft:#9aa4b5;--rule:#2b3340;--mark:#6ea8fe;--good:#6fd39b;--good-bg:#15301f;--bad:#ff9a90;"
    "--bad-bg:#3a1b18;--plain:#e8c66a;--plain-bg:#332a10}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}\n"
    "main{max-width:64rem;margin:0 auto;padding:2rem 1.25rem 3rem}\n"
    "header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;margin-bottom:1.5rem}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:0;flex:1 1 auto}h1 small{display:block;"
    "font-size:.95rem;font-weight:400;color:var(--soft);margin-top:.25rem}\n"
    "h2{font-size:1.05rem;margin:0 0 1rem}\n"
    ".badge{border-radius:1rem;padding:.2rem .8rem;font-size:.85rem;font-weight:600;"
    "white-space:nowrap}\n"
    ".match{color:var(--good);background:var(--good-bg)}.differs{color:var(--bad);"
    "background:var(--bad-bg)}.no_source{color:var(--plain);background:var(--plain-bg)}"
    ".version{color:var(--soft);border:1px solid var(--rule)}\n"
    "section{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;"
    "padding:1.25rem;margin-bottom:1.25rem}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1rem}\n"
    ".tile b{display:block;font-size:1.7rem;line-height:1.2;font-weight:600;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}.tile span{color:var(--soft);"
    "font-size:.85rem}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem}\n"
    "th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid var(--rule)}"
    ".figures td{white-space:nowrap}.figures "
    "td.k{overflow-wrap:anywhere;min-width:11rem;white-space:normal}th{color:var(--soft);font-"
    "weight:600}td.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums}tr.off td{background:var(--bad-bg);color:var(--bad)}\n"
    "svg{display:block;width:100%;min-width:34rem;height:auto;margin-bottom:1rem}.mark{fill:var(--"
    "mark)}"
    ".line{fill:none;stroke:var(--mark);stroke-width:2}.grid{stroke:var(--rule)}"
    ".zero{stroke:var(--soft)}.tick,.axis{fill:var(--soft);font-size:11px}\n"
    "details summary{cursor:pointer;color:var(--soft);font-size:.88rem}details[open] summary{"
    "margin-bottom:.5rem}\n"
    "footer{color:var(--soft);font-size:.82rem}dl{display:grid;grid-template-columns:max-content "
    "1fr;gap:.2rem 1rem;margin:0}dd{margin:0;overflow-wrap:anywhere}\n"
    "@media print{body{background:#fff;font-size:12px}main{max-width:none;padding:0}section{"
    "break-inside:avoid;border-color:#ccc}}\n";

/* ---- tables ---- */

static void cell_add(struct buf *out, struct str cell, bool number)
{
    buf_add_z(out, number ? "<td class=\"n\">" : "<td>");
    if (cell.ptr == NULL) {
        buf_add_z(out, "\xe2\x80\x93");
    } else if (number) {
        report_number(out, cell);
    } else {
        encode_html(out, cell);
    }
    buf_add_z(out, "</td>");
}

/* The first column names the row: its numbers (a year, an hour) are shown as they stand. */
static void table_add(struct buf *out, const struct report_table *t)
{
    buf_add_z(out, "<div class=\"wide\"><table><thead><tr>");
    for (size_t c = 0; c < t->column_count; c++) {
        buf_add_z(out, c > 0 && t->is_number[c] ? "<th class=\"n\">" : "<th>");
        report_label(out, t->columns[c]);
        buf_add_z(out, "</th>");
    }
    buf_add_z(out, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < t->row_count; r++) {
        buf_add_z(out, "<tr>");
        for (size_t c = 0; c < t->column_count; c++) {
            cell_add(out, t->cells[r * t->column_count + c], c > 0 && t->is_number[c]);
        }
        buf_add_z(out, "</tr>\n");
    }
    buf_add_z(out, "</tbody></table></div>\n");
}

/* One row: each figure large, with its name below. */
static void tiles_add(struct buf *out, const struct report_table *t)
{
    buf_add_z(out, "<div class=\"tiles\">\n");
    for (size_t c = 0; c < t->column_count; c++) {
        struct str cell = t->cells[c];
        buf_add_z(out, "<div class=\"tile\"><b>");
        if (cell.ptr == NULL) {
            buf_add_z(out, "\xe2\x80\x93");
        } else if (t->is_number[c]) {
            report_number(out, cell);
        } else {
            encode_html(out, cell);
        }
        buf_add_z(out, "</b><span>");
        report_label(out, t->columns[c]);
        buf_add_z(out, "</span></div>\n");
    }
    buf_add_z(out, "</div>\n");
}

static void query_add(struct buf *out, const struct report_table *t)
{
    buf_add_z(out, "<section><h2>");
    encode_html(out, t->query->title);
    buf_add_z(out, "</h2>\n");
    bool tiles = t->row_count == 1 && t->query->chart.len == 0;
    size_t before = out->len;
    buf_add_z(out, "<div class=\"wide\">");
    size_t inside = out->len;
    report_chart(out, t);
    bool drawn = out->len > inside;
    if (drawn) {
        buf_add_z(out, "</div>\n");
    } else {
        buf_truncate(out, before);
    }
    if (t->row_count == 0) {
        buf_add_z(out, "<p>No rows.</p>\n");
    } else if (tiles) {
        tiles_add(out, t);
    } else if (drawn) {
        buf_add_z(out, "<details open=\"\"><summary>Numbers</summary>");
        table_add(out, t);
        buf_add_z(out, "</details>");
    } else {
        table_add(out, t);
    }
    buf_add_z(out, "</section>\n");
}

/* ---- the reconciliation ---- */

static const char *verdict_text(enum reconcile_verdict verdict)
{
    switch (verdict) {
    case RECONCILE_MATCH:
        return "Reconciled: source, raw and warehouse agree";
    case RECONCILE_DIFFERS:
        return "Does not reconcile";
    case RECONCILE_NO_SOURCE:
        break;
    }
    return "Raw and warehouse agree; no control totals";
}

static void badge_add(struct buf *out, const struct report_content *c)
{
    buf_addf(out, "<span class=\"badge %.*s\">%s", STR_ARG(reconcile_verdict_name(c->verdict)),
             verdict_text(c->verdict));
    if (c->verdict == RECONCILE_DIFFERS) {
        buf_addf(out, ": %zu figure%s differ%s", c->differing, c->differing == 1 ? "" : "s",
                 c->differing == 1 ? "s" : "");
    }
    buf_add_z(out, "</span>\n");
}

static void figure_add(struct buf *out, struct str figure)
{
    buf_add_z(out, "<td class=\"n\">");
    if (report_is_number(figure)) {
        report_number(out, figure);
    } else {
        encode_html(out, str_eq(figure, STR("-")) ? STR("\xe2\x80\x93") : figure);
    }
    buf_add_z(out, "</td>");
}

static void line_add(struct buf *out, const struct reconcile_line *line)
{
    bool off = line->hop.len > 0;
    buf_add_z(out, off ? "<tr class=\"off\"><td>" : "<tr><td>");
    encode_html(out, line->window);
    buf_add_z(out, "</td><td class=\"k\">");
    encode_html(out, line->measure);
    buf_add_z(out, "</td>");
    figure_add(out, line->source);
    figure_add(out, line->raw);
    figure_add(out, line->warehouse);
    buf_add_z(out, "<td>");
    encode_html(out, off ? line->hop : STR("equal"));
    buf_add_z(out, "</td></tr>\n");
}

/* What differs, and the day's own figures; a dimension's equal shares are in no reader's interest.
 */
static void reconciliation_add(struct buf *out, const struct report_content *c)
{
    buf_addf(out,
             "<section><h2>Counted three times</h2>\n<p>%zu figures were compared between the "
             "source's control totals, the raw objects and the warehouse.</p>\n",
             c->line_count);
    buf_add_z(out, "<div class=\"wide\"><table "
                   "class=\"figures\"><thead><tr><th>Window</th><th>Measure</th><th "
                   "class=\"n\">Source</th><th class=\"n\">Raw</th><th class=\"n\">Warehouse</th>"
                   "<th>Parts at</th></tr></thead><tbody>\n");
    size_t differences = 0;
    for (size_t i = 0; i < c->line_count; i++) {
        const struct reconcile_line *line = &c->lines[i];
        bool off = line->hop.len > 0;
        differences += off;
        if (off ? differences <= DIFFERENCES_MAX : str_eq(line->window, c->day)) {
            line_add(out, line);
        }
    }
    buf_add_z(out, "</tbody></table></div>\n");
    if (differences > DIFFERENCES_MAX) {
        buf_addf(out, "<p>%zu more differ; report.json has them all.</p>\n",
                 differences - DIFFERENCES_MAX);
    }
    buf_add_z(out, "</section>\n");
}

/* ---- the page ---- */

static void long_day(struct buf *out, int64_t day_us)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};
    struct civil day = instant_civil(day_us);
    buf_addf(out, "%s, %d %s %d", weekdays[day.weekday], day.day, months[day.month - 1], day.year);
}

static void head_add(struct buf *out, const struct report_content *c)
{
    buf_add_z(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
                   "<title>");
    encode_html(out, c->def->name);
    buf_addf(out, " %.*s</title>\n<style>\n%s</style></head>\n<body><main>\n<header><h1>",
             STR_ARG(c->day), STYLE);
    report_label(out, c->def->name);
    buf_add_z(out, ": ");
    encode_html(out, c->def->report_name);
    buf_add_z(out, " report<small>");
    long_day(out, c->day_us);
    buf_addf(out, " (UTC)</small></h1>\n<span class=\"badge version\">Version %" PRIu32 "</span>\n",
             c->version);
    badge_add(out, c);
    buf_add_z(out, "</header>\n");
}

static void foot_add(struct buf *out, const struct report_content *c)
{
    buf_add_z(out, "<footer><dl>\n<dt>Made</dt><dd>");
    instant_iso(out, c->generated_us - c->generated_us % US_PER_S);
    buf_add_z(out, " by aforo ");
    encode_html(out, c->code_version);
    buf_addf(out,
             "</dd>\n<dt>Path</dt><dd>warehouse</dd>\n<dt>Raw objects</dt><dd>%zu</dd>\n"
             "<dt>Raw manifest</dt><dd>SHA-256 %.*s</dd>\n</dl></footer>\n"
             "</main></body></html>\n",
             c->raw_objects, STR_ARG(c->manifest_sha256));
}

void report_html(struct buf *out, const struct report_content *c)
{
    head_add(out, c);
    if (c->verdict == RECONCILE_DIFFERS) { /* before anyone reads a figure */
        reconciliation_add(out, c);
    }
    for (size_t i = 0; i < c->def->query_count; i++) {
        query_add(out, &c->tables[i]);
    }
    if (c->verdict != RECONCILE_DIFFERS) {
        reconciliation_add(out, c);
    }
    foot_add(out, c);
}
