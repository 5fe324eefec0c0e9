/* run_page.c -- The page: the failure in words, the timeline, what was done to the run, the records
 * and where they went. All of it is there without the script, which adds zoom and filters. */
#include "run_parts.h"

#include "base/encode.h"
#include "base/instant.h"

#define ROWS_MAX 300 /* of the table of what happened; the latest */

extern const char page_style_begin[], page_style_end[], page_script_begin[], page_script_end[];

void html_add(struct buf *out, struct str text)
{
    encode_html(out, text);
}

static void asset_add(struct buf *out, const char *begin, const char *end)
{
    buf_add(out, str_n(begin, (size_t)(end - begin)));
}

/* 00:12:03.250 of the day, as the actors' clocks show it. */
void html_moment(struct buf *out, const struct run_page *page, int64_t since_us)
{
    struct civil c = instant_civil(page->start_us + since_us);
    buf_addf(out, "%02d:%02d:%02d", c.hour, c.minute, c.second);
    if (c.microsecond >= 1000) {
        buf_addf(out, ".%03d", c.microsecond / 1000);
    }
}

/* ---- the head ---- */

/* What the classes of rows in a story mean. */
static void classes_explain(struct buf *out, struct str story, struct arena *scratch)
{
    static const char *const meanings[ROW_CLASS_COUNT] = {
        "acknowledged to the source, and not where it must be",
        "there more often than it was meant",
        "there, and nobody sent it, or not in that place",
        "there, and never acknowledged: no failure",
        "there with other bytes or values than were sent",
        "a figure that does not tell what is there now",
        "there before what must be there first"};
    bool any = false;
    for (int c = 0; c < ROW_CLASS_COUNT; c++) {
        const char *name = row_class_name((enum row_class)c);
        if (str_contains(story, str_printf(scratch, " %s=", name))) {
            buf_addf(out, "%s<dt>%s</dt><dd>%s</dd>", any ? "" : "<dl class=\"words\">", name,
                     meanings[c]);
            any = true;
        }
    }
    buf_add_z(out, any ? "</dl>" : "");
}

static void head_write(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    buf_add_z(out, "<header><h1>");
    html_add(out, page->scenario);
    buf_addf(out, " <small>seed %llu</small></h1><span class=\"badge %s\">%s</span></header>\n",
             (unsigned long long)page->seed, page->is_well ? "good" : "bad", page->verdict);
    if (page->doc.len > 0) {
        buf_add_z(out, "<p class=\"doc\">");
        html_add(out, page->doc);
        buf_add_z(out, "</p>\n");
    }
    buf_addf(out, "<section class=\"%s\"><h2>%s</h2><p class=\"story\">",
             page->is_well ? "well" : "failed", page->is_well ? "Everything held" : "What failed");
    html_add(out,
             page->is_well ? STR("Every expectation of the scenario has come true.") : page->story);
    buf_add_z(out, "</p>");
    classes_explain(out, page->story, scratch);
    buf_add_z(out, "<p class=\"repro\">Again: <code>");
    html_add(out, page->repro);
    buf_add_z(out, "</code></p></section>\n");
}

static void counts_write(struct buf *out, const struct run_page *page)
{
    buf_add_z(out, "<section class=\"tiles\">");
    for (size_t i = 0; i < page->count_count; i++) {
        buf_addf(out, "<div><b>%llu</b><span>%s</span></div>",
                 (unsigned long long)page->counts[i].value, page->counts[i].name);
    }
    buf_add_z(out, "</section>\n");
}

/* ---- the timeline ---- */

static void controls_write(struct buf *out)
{
    buf_add_z(
        out,
        "<form id=\"controls\" hidden><label>actor <select id=\"actor\"><option value=\"\">all"
        "</option></select></label><label>call <select id=\"call\"><option value=\"\">all</option>"
        "</select></label><label>fault <select id=\"phase\"><option value=\"\">all</option>"
        "</select></label><label>record or resource <input id=\"text\" "
        "type=\"search\"></label><span class=\"zoom\"><button type=\"button\" id=\"in\" "
        "title=\"zoom in\">+</button><button type=\"button\" id=\"out\" title=\"zoom out\">"
        "&minus;</button><button type=\"button\" id=\"left\" title=\"earlier\">&larr;</button>"
        "<button type=\"button\" id=\"right\" title=\"later\">&rarr;</button><button "
        "type=\"button\" id=\"last\">the end</button><button type=\"button\" id=\"all\">all"
        "</button></span></form>\n<p id=\"window\" class=\"note\" hidden></p>\n");
}

static void left_out_write(struct buf *out, const struct timeline_view *v)
{
    buf_addf(out, "<p class=\"note\">%zu events are shown one by one", v->event_count);
    if (v->summed > v->left_out) {
        buf_addf(out, "; %llu calls far from any fault are summed up in bars",
                 (unsigned long long)(v->summed - v->left_out));
    }
    if (v->left_out > 0) {
        buf_addf(out,
                 "; <b>%llu earlier faults, errors and crashes are in those bars too</b>, since "
                 "there are too many for one page",
                 (unsigned long long)v->left_out);
    }
    if (v->not_noted > 0) {
        buf_addf(out, "; <b>%llu events past the first %zu were not noted</b>",
                 (unsigned long long)v->not_noted, TIMELINE_EVENTS_MAX);
    }
    buf_add_z(out, ".</p>\n");
}

static void timeline_write(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    buf_add_z(out, "<section class=\"time\"><h2>Timeline</h2>\n");
    lanes_legend(out, page, scratch);
    controls_write(out);
    buf_add_z(out, "<div class=\"wide\">");
    lanes_write(out, page, scratch);
    buf_add_z(out, "</div><p id=\"detail\" class=\"note\" hidden></p>\n");
    left_out_write(out, page->timeline);
    buf_add_z(out, "</section>\n");
}

/* ---- what happened, in order ---- */

static void outcome_write(struct buf *out, const struct run_page *page,
                          const struct timeline_event *e)
{
    const struct run_event *event = &e->event;
    if (e->mark == TIMELINE_CRASHES && event->until_us == INSTANT_NEVER) {
        buf_add_z(out, "for ever");
    } else if (e->mark == TIMELINE_CRASHES) {
        buf_add_z(out, "until ");
        html_moment(out, page, event->until_us);
    } else if (event->kind == RUN_EVENT_CALL) {
        buf_add_z(out, event->applied ? "applied" : "not applied");
        if (event->status > 0) {
            buf_addf(out, ", %d", event->status);
        }
        if (event->until_us > event->at_us) {
            buf_add_z(out, ", answered ");
            html_moment(out, page, event->until_us);
        }
    }
}

static void happened_row(struct buf *out, const struct run_page *page,
                         const struct timeline_event *e)
{
    const struct run_event *event = &e->event;
    const char *what =
        e->mark == TIMELINE_FAULT ? fault_phase_name(event->fault) : timeline_mark_name(e->mark);
    buf_addf(out, "<tr class=\"m%d\"><td class=\"n\">", (int)e->mark);
    html_moment(out, page, event->at_us);
    buf_add_z(out, "</td><td>");
    html_add(out, event->actor);
    buf_addf(out, "</td><td>%s</td><td>", what);
    if (event->kind == RUN_EVENT_CALL) {
        html_add(out, event->service);
        buf_add_char(out, ':');
        html_add(out, event->operation);
    }
    buf_add_z(out, "</td><td class=\"r\">");
    html_add(out, event->resource);
    buf_add_z(out, "</td><td>");
    outcome_write(out, page, e);
    buf_add_z(out, "</td></tr>\n");
}

static void happened_write(struct buf *out, const struct run_page *page)
{
    const struct timeline_view *v = page->timeline;
    size_t marked = 0, skip;
    for (size_t i = 0; i < v->event_count; i++) {
        marked += v->events[i].mark != TIMELINE_CALL ? 1 : 0;
    }
    skip = marked > ROWS_MAX ? marked - ROWS_MAX : 0;
    buf_add_z(out, "<section><h2>What happened</h2>");
    buf_add_z(out, "<p class=\"note\" id=\"rows\">Faults, refusals, crashes, alerts and reports");
    if (skip > 0) {
        buf_addf(out, ": the last %zu of %zu", marked - skip, marked);
    }
    buf_add_z(out, ".</p><div class=\"wide tall\"><table><thead><tr><th>time</th><th>actor</th>"
                   "<th>what</th><th>call</th><th>of</th><th>outcome</th></tr></thead>"
                   "<tbody id=\"happened\">\n");
    for (size_t i = 0; i < v->event_count; i++) {
        if (v->events[i].mark != TIMELINE_CALL && skip > 0) {
            skip--;
        } else if (v->events[i].mark != TIMELINE_CALL) {
            happened_row(out, page, &v->events[i]);
        }
    }
    buf_add_z(out, "</tbody></table></div></section>\n");
}

/* ---- the plan ---- */

static void plan_write(struct buf *out, const struct run_page *page)
{
    const struct fault_plan *plan = page->faults;
    if (plan->count == 0) {
        return;
    }
    buf_add_z(out, "<section><h2>Faults</h2><div class=\"wide\"><table><thead><tr><th>fault</th>"
                   "<th>phase</th><th>on</th><th class=\"n\">fired</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < plan->count && i < ROWS_MAX; i++) {
        const struct fault_rule *rule = &plan->rules[i];
        buf_add_z(out, "<tr><td>");
        html_add(out, rule->name);
        buf_addf(out, "</td><td>%s</td><td class=\"r\">", fault_phase_name(rule->phase));
        html_add(out, rule->at_operation.len > 0 ? rule->at_actor : rule->actor);
        buf_add_z(out, rule->service.len > 0 ? " " : "");
        html_add(out, rule->at_operation.len > 0 ? rule->at_service : rule->service);
        buf_add_char(out, ':');
        html_add(out, rule->at_operation.len > 0 ? rule->at_operation : rule->operation);
        buf_addf(out, "</td><td class=\"n\">%llu</td></tr>\n", (unsigned long long)rule->fired);
    }
    buf_add_z(out, "</tbody></table></div>");
    if (plan->count > ROWS_MAX) {
        buf_addf(out, "<p class=\"note\">and %zu more.</p>", plan->count - ROWS_MAX);
    }
    buf_add_z(out, "</section>\n");
}

/* ---- the records ---- */

static void copy_write(struct buf *out, const struct run_page *page, const struct oracle_copy *copy)
{
    buf_add_z(out, "<li><span>");
    html_add(out, copy->shard);
    buf_add_z(out, "</span> <code>");
    html_add(out, copy->sequence);
    buf_add_z(out, "</code> at ");
    html_moment(out, page, copy->arrived_us - page->start_us);
    if (copy->object.len == 0) {
        buf_add_z(out, " <b>&rarr; has not landed</b></li>");
        return;
    }
    buf_add_z(out, " &rarr; <code>");
    html_add(out, copy->object);
    buf_addf(out, "</code> record %zu &rarr; <b>", copy->ordinal);
    html_add(out, copy->fate.len > 0 ? copy->fate
                  : copy->loaded     ? STR("nowhere in the warehouse")
                                     : STR("not loaded yet"));
    buf_add_z(out, "</b></li>");
}

static void trail_write(struct buf *out, const struct run_page *page,
                        const struct oracle_trail *trail, size_t number)
{
    buf_addf(out, "<article class=\"%s\"><h3><a href=\"#lanes\" data-trail=\"%zu\">",
             trail->is_wrong ? "wrong" : "", number);
    html_add(out, trail->name);
    buf_addf(out, "</a> <small>sent %u &times;, acknowledged %u &times;%s%s</small></h3><pre>",
             trail->intended, trail->acknowledged, trail->malformed ? ", malformed" : "",
             trail->late ? ", late" : "");
    html_add(out, trail->payload);
    buf_add_z(out, "</pre><ol>");
    for (size_t i = 0; i < trail->copy_count; i++) {
        copy_write(out, page, &trail->copies[i]);
    }
    if (trail->copy_count == 0) {
        buf_add_z(out, "<li><b>not in the stream</b></li>");
    }
    if (trail->copies_left_out > 0) {
        buf_addf(out, "<li>and %llu more copies</li>", (unsigned long long)trail->copies_left_out);
    }
    buf_add_z(out, "</ol></article>\n");
}

static void trails_write(struct buf *out, const struct run_page *page)
{
    if (page->trail_count == 0) {
        return;
    }
    buf_add_z(out,
              "<section class=\"trails\"><h2>Where the records went</h2><p class=\"note\">Those "
              "of the failure first, then what came twice, was refused or filtered");
    if (page->trails_left_out > 0) {
        buf_addf(out, "; %llu more of them are left out",
                 (unsigned long long)page->trails_left_out);
    }
    buf_add_z(out, ".</p>\n");
    for (size_t i = 0; i < page->trail_count; i++) {
        trail_write(out, page, &page->trails[i], i);
    }
    buf_add_z(out, "</section>\n");
}

void run_page_write(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    buf_add_z(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
                   "name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    html_add(out, page->scenario);
    buf_addf(out, " seed %llu: %s</title><style>\n", (unsigned long long)page->seed, page->verdict);
    asset_add(out, page_style_begin, page_style_end);
    buf_add_z(out, "</style></head><body><main>\n");
    head_write(out, page, scratch);
    timeline_write(out, page, scratch);
    trails_write(out, page);
    happened_write(out, page);
    plan_write(out, page);
    counts_write(out, page);
    buf_add_z(out, "</main><script type=\"application/json\" id=\"facts\">");
    facts_write(out, page, scratch);
    buf_add_z(out, "</script><script>\n");
    asset_add(out, page_script_begin, page_script_end);
    buf_add_z(out, "</script></body></html>\n");
}
