/* run_lanes.c -- The timeline as an SVG: one lane an actor, time to the right. A bar is a life, a
 * tick a call, a sign a fault. Of what falls on one point only the first is drawn; the table below
 * has it all. page.js draws the same again for the part that is looked at. */
#include "run_parts.h"

#include "base/instant.h"

#define WIDTH 1200
#define LANE 46 /* name above, bar below */
#define BAR_TOP 20
#define BAR 16
#define AXIS 24
#define TICKS 8
#define EDGE 30 /* labels nearer to it would leave the picture */
#define SHAPES 11

/* Shapes around a point that was moved to, so that many of them are one path, and colour is not all
 * that tells them apart. */
static const char *const SHAPE[SHAPES] = {
    "m0-6l6 11h-12z",                                     /* reject */
    "m-6 0l11-6v12z",                                     /* lose_request */
    "m0-7l7 7-7 7-7-7z",                                  /* apply_reject */
    "m6 0l-11-6v12z",                                     /* lose_response */
    "m-6-6h12v5h-12zm0 8h12v4h-12z",                      /* partial */
    "m-6-6h12l-12 12h12z",                                /* delay */
    "m-6-6h8v8h-8zm4 9v3h8v-8h-3v5z",                     /* duplicate */
    "m-6-4l2-2 4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4z", /* late */
    "m-6-3h12v6h-12z",                                    /* wire */
    "m0-6a6 6 0 1 0 .1 0z",                               /* kill */
    "m-6 6l3-12h6l3 12h-3l-3-8-3 8z",                     /* stale */
};
static const char ALERT[] = "m-2-7h4l-1 9h-2zm0 11h4v3h-4z";
static const char REPORT[] = "m0-7l2 5h5l-4 3 1 6-4-4-4 4 1-6-4-3h5z";

static size_t shape_of(enum fault_phase phase)
{
    return ((size_t)phase + SHAPES - 1) % SHAPES;
}

/* A shape's name in ids and classes is one character; page.js has the same. */
static char shape_name(size_t shape)
{
    return "0123456789a"[shape];
}

static void shapes_define(struct buf *out)
{
    buf_add_z(out, "<svg width=\"0\" height=\"0\" class=\"shapes\" aria-hidden=\"true\"><defs>");
    for (size_t i = 0; i < SHAPES; i++) {
        buf_addf(out, "<path id=\"s%c\" d=\"%s\"/>", shape_name(i), SHAPE[i]);
    }
    buf_addf(out, "<path id=\"alert\" d=\"%s\"/><path id=\"report\" d=\"%s\"/></defs></svg>\n",
             ALERT, REPORT);
}

static void legend_entry(struct buf *out, struct str shape, struct str class, const char *word)
{
    buf_addf(out,
             "<span><svg class=\"sign\" viewBox=\"-8 -8 16 16\"><use href=\"#%.*s\" "
             "class=\"%.*s\"/></svg>%s</span>",
             STR_ARG(shape), STR_ARG(class), word);
}

/* Signs of what occurs in the run. */
void lanes_legend(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    bool phases[FAULT_PHASE_COUNT] = {false}, marks[TIMELINE_MARK_COUNT] = {false};
    for (size_t i = 0; i < page->timeline->event_count; i++) {
        phases[page->timeline->events[i].event.fault] = true;
        marks[page->timeline->events[i].mark] = true;
    }
    shapes_define(out);
    buf_add_z(out, "<p class=\"legend\">");
    for (size_t i = 1; i < FAULT_PHASE_COUNT; i++) {
        char shape = shape_name(shape_of((enum fault_phase)i));
        if (phases[i]) {
            legend_entry(out, str_printf(scratch, "s%c", shape), str_printf(scratch, "p%c", shape),
                         fault_phase_name((enum fault_phase)i));
        }
    }
    if (marks[TIMELINE_ALERT]) {
        legend_entry(out, STR("alert"), STR("alert"), "alert");
    }
    if (marks[TIMELINE_REPORT]) {
        legend_entry(out, STR("report"), STR("report"), "report");
    }
    buf_add_z(out,
              "<span><i class=\"k life\"></i>alive</span><span><i class=\"k dead\"></i>dead</span>"
              "<span><i class=\"k call\"></i>a call</span><span><i class=\"k sum\"></i>calls, "
              "summed up</span><span><i class=\"k error\"></i>refused</span></p>\n");
}

/* ---- the drawing ---- */

static int x_of(const struct timeline_view *v, int64_t at_us)
{
    int64_t us = at_us < 0 ? 0 : at_us > v->end_us ? v->end_us : at_us;
    return (int)(us * WIDTH / v->end_us);
}

static int y_of(size_t actor)
{
    return (int)actor * LANE;
}

static void bar_add(struct buf *out, const char *class, int from, int to, size_t actor)
{
    buf_addf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", class, from,
             y_of(actor) + BAR_TOP, to > from ? to - from : 1, BAR);
}

/* From each start to its end, and the gaps between. */
static void lives_draw(struct buf *out, const struct timeline_view *v, size_t actor)
{
    int from = -1;
    for (size_t i = 0; i < v->event_count; i++) {
        const struct timeline_event *e = &v->events[i];
        int x = x_of(v, e->event.at_us);
        if (e->actor != actor) {
            continue;
        }
        if (e->mark == TIMELINE_STARTS) {
            from = x;
        } else if (from >= 0 && (e->mark == TIMELINE_ENDS || e->mark == TIMELINE_CRASHES)) {
            bar_add(out, "life", from, x, actor);
            from = -1;
        }
        if (e->mark == TIMELINE_CRASHES) {
            bar_add(out, "dead", x, x_of(v, e->event.until_us), actor);
        }
    }
    if (from >= 0) {
        bar_add(out, "life", from, WIDTH, actor);
    }
}

static void sums_draw(struct buf *out, const struct timeline_view *v)
{
    buf_add_z(out, "<path class=\"sum\" d=\"");
    for (size_t i = 0; i < v->sum_count; i++) {
        const struct timeline_sum *s = &v->sums[i];
        int from = x_of(v, (int64_t)s->bucket * v->bucket_us);
        int to = x_of(v, (int64_t)(s->bucket + 1) * v->bucket_us);
        int height = s->count >= 64 ? 12 : s->count >= 16 ? 9 : s->count >= 4 ? 6 : 3;
        buf_addf(out, "M%d %dv-%dh%dv%dz", from, y_of(s->actor) + BAR_TOP + BAR, height, to - from,
                 height);
    }
    buf_add_z(out, "\"/>");
}

/* What one path draws: events of a mark, and of a fault those of a shape. */
struct look {
    enum timeline_mark mark;
    size_t shape;
    const char *class, *path; /* path NULL: a stroke across the bar */
};

static bool is_of(const struct look *look, const struct timeline_event *e)
{
    return e->mark == look->mark &&
           (e->mark != TIMELINE_FAULT || shape_of(e->event.fault) == look->shape);
}

static void mark_add(struct buf *out, const struct look *look, int x, size_t actor)
{
    int top = y_of(actor) + BAR_TOP;
    if (look->path == NULL) {
        buf_addf(out, "M%d %dv%d", x, top, BAR);
        return;
    }
    int inside = x < 7 ? 7 : x > WIDTH - 7 ? WIDTH - 7 : x;
    buf_addf(out, "M%d %d%s", inside, top + BAR / 2, look->path);
}

/* All of a look, in one element: thousands of elements take a browser seconds, thousands of strokes
 * none. Of each actor one a point. */
static void look_draw(struct buf *out, const struct timeline_view *v, const struct look *look,
                      struct arena *scratch)
{
    int *last = NEW_ARRAY(scratch, int, v->actor_count);
    bool open = false;
    for (size_t i = 0; i < v->event_count; i++) {
        const struct timeline_event *e = &v->events[i];
        int x = x_of(v, e->event.at_us);
        if (!is_of(look, e) || last[e->actor] == x + 1) { /* 0: none yet */
            continue;
        }
        last[e->actor] = x + 1;
        if (!open) {
            buf_addf(out, "<path class=\"%s\" d=\"", look->class);
            open = true;
        }
        mark_add(out, look, x, e->actor);
    }
    buf_add_z(out, open ? "\"/>" : "");
}

/* Calls below, signs above. */
static void events_draw(struct buf *out, const struct timeline_view *v, struct arena *scratch)
{
    static const struct look calls[] = {{.mark = TIMELINE_CALL, .class = "call"},
                                        {.mark = TIMELINE_ERROR, .class = "error"}};
    static const struct look told[] = {
        {.mark = TIMELINE_ALERT, .class = "mark alert", .path = ALERT},
        {.mark = TIMELINE_REPORT, .class = "mark report", .path = REPORT}};
    look_draw(out, v, &calls[0], scratch);
    look_draw(out, v, &calls[1], scratch);
    for (size_t i = 0; i < SHAPES; i++) {
        char class[] = {'m', 'a', 'r', 'k', ' ', 'p', shape_name(i), '\0'};
        struct look fault = {.mark = TIMELINE_FAULT, .shape = i, .class = class, .path = SHAPE[i]};
        look_draw(out, v, &fault, scratch);
    }
    look_draw(out, v, &told[0], scratch);
    look_draw(out, v, &told[1], scratch);
}

/* The smallest round step that gives at most TICKS of them. page.js has the same ones. */
static int64_t tick_step_us(int64_t span_us)
{
    static const int64_t steps_s[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                      600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
        if (span_us / (steps_s[i] * US_PER_S) < TICKS) {
            return steps_s[i] * US_PER_S;
        }
    }
    return (span_us / TICKS / US_PER_DAY + 1) * US_PER_DAY;
}

static void axis_draw(struct buf *out, const struct run_page *page, int height)
{
    const struct timeline_view *v = page->timeline;
    int64_t step_us = tick_step_us(v->end_us);
    int64_t first_us = instant_floor(page->start_us + step_us - 1, step_us) - page->start_us;
    for (int64_t at_us = first_us; at_us <= v->end_us; at_us += step_us) {
        int x = x_of(v, at_us);
        const char *anchor = x < EDGE ? "start" : x > WIDTH - EDGE ? "end" : "middle";
        buf_addf(out,
                 "<path class=\"grid\" d=\"M%d 0V%d\"/><text class=\"axis\" x=\"%d\" y=\"%d\" "
                 "text-anchor=\"%s\">",
                 x, height, x, height + 16, anchor);
        html_moment(out, page, at_us);
        buf_add_z(out, "</text>");
    }
    if (page->heal_us > 0 && page->heal_us <= v->end_us) {
        int x = x_of(v, page->heal_us);
        buf_addf(out,
                 "<path class=\"heal\" d=\"M%d 0V%d\"/><text class=\"axis\" x=\"%d\" y=\"10\">"
                 "faults end</text>",
                 x, height, x + 4);
    }
}

void lanes_write(struct buf *out, const struct run_page *page, struct arena *scratch)
{
    const struct timeline_view *v = page->timeline;
    int height = (int)v->actor_count * LANE;
    buf_addf(out,
             "<svg id=\"lanes\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"timeline of the "
             "actors\">",
             WIDTH, height + AXIS);
    axis_draw(out, page, height);
    for (size_t i = 0; i < v->actor_count; i++) {
        lives_draw(out, v, i);
        buf_addf(out, "<text class=\"lane\" x=\"2\" y=\"%d\">", y_of(i) + BAR_TOP - 6);
        html_add(out, v->actors[i]);
        buf_add_z(out, "</text>");
    }
    sums_draw(out, v);
    events_draw(out, v, scratch);
    buf_add_z(out, "</svg>\n");
}
