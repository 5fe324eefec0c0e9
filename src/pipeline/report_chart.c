/* report_chart.c -- A bar or line chart as inline SVG, drawn in whole tenths of a pixel: the first
 * column is the label, the second the value. Colours come from the page's style, so the chart
 * follows its light and dark. A chart that cannot be drawn truly (values that are no numbers, too
 * large, or too many) is left out; the table beside it has them all. */
#include "report_parts.h"

#include <inttypes.h>
#include "base/decimal.h"
#include "base/encode.h"

#define POINTS_MAX 400
#define VALUE_MAX (INT64_MAX / 8)
#define WIDTH 7200 /* of the drawing, in tenths */
#define PLOT_HEIGHT 2000
#define TOP 260
#define RIGHT 80
#define LETTER 68 /* how wide one is, about */
#define LABEL_LETTERS_MAX 16
#define TICKS_MAX 5

struct chart {
    const struct report_table *table;
    struct buf *out;
    size_t count;
    int scale;
    int64_t *values;
    bool *is_null;
    int64_t low, high, step; /* of the axis: low <= 0 <= high, multiples of step */
    int64_t left, bottom;    /* of the plot */
    size_t label_letters;    /* the longest, as shown */
    bool slanted;
    size_t label_every;
};

/* ---- values ---- */

static struct str cell(const struct chart *c, size_t row, size_t column)
{
    return c->table->cells[row * c->table->column_count + column];
}

static int decimals_of(struct str number)
{
    size_t dot = str_find(number, '.');
    return dot == STR_NONE ? 0 : (int)(number.len - dot - 1);
}

static bool values_read(struct chart *c, struct arena *a)
{
    c->values = NEW_ARRAY(a, int64_t, c->count);
    c->is_null = NEW_ARRAY(a, bool, c->count);
    for (size_t i = 0; i < c->count; i++) {
        int decimals = decimals_of(cell(c, i, 1));
        c->scale = decimals > c->scale ? decimals : c->scale;
    }
    if (c->scale > DECIMAL_SCALE_MAX) {
        return false;
    }
    for (size_t i = 0; i < c->count; i++) {
        struct diag ignored = DIAG_INIT;
        struct str text = cell(c, i, 1);
        c->is_null[i] = text.ptr == NULL;
        if (!c->is_null[i] && decimal_parse(text, c->scale, &c->values[i], &ignored) != ERR_OK) {
            return false;
        }
        if (c->values[i] > VALUE_MAX || c->values[i] < -VALUE_MAX) {
            return false;
        }
        c->low = c->values[i] < c->low ? c->values[i] : c->low;
        c->high = c->values[i] > c->high ? c->values[i] : c->high;
    }
    return true;
}

/* The smallest of 1, 2, 5, 10, 20 ... with at most TICKS_MAX steps on either side together; the
 * axis then ends on steps. */
static void axis_fit(struct chart *c)
{
    static const int64_t factors[] = {2, 5, 10};
    if (c->high == c->low) {
        c->high = c->low + 1;
    }
    int64_t unit = 1;
    c->step = 1;
    for (size_t i = 0; (c->high - c->low + c->step - 1) / c->step > TICKS_MAX; i++) {
        c->step = unit * factors[i % 3];
        unit = i % 3 == 2 ? c->step : unit;
    }
    c->high = (c->high + c->step - 1) / c->step * c->step;
    c->low = -((-c->low + c->step - 1) / c->step * c->step);
}

/* part / whole of length, where part <= whole. */
static int64_t scaled(int64_t part, int64_t whole, int64_t length)
{
    while (whole > INT64_MAX / (length + 1)) {
        whole /= 2;
        part /= 2;
    }
    return part * length / whole;
}

static int64_t y_of(const struct chart *c, int64_t value)
{
    return c->bottom - scaled(value - c->low, c->high - c->low, PLOT_HEIGHT);
}

static int64_t slot_left(const struct chart *c, size_t i)
{
    return c->left + (WIDTH - RIGHT - c->left) * (int64_t)i / (int64_t)c->count;
}

/* ---- SVG ---- */

static void px(struct buf *out, const char *attribute, int64_t tenths)
{
    buf_addf(out, " %s=\"%s%" PRId64 ".%" PRId64 "\"", attribute, tenths < 0 ? "-" : "",
             (tenths < 0 ? -tenths : tenths) / 10, (tenths < 0 ? -tenths : tenths) % 10);
}

static void value_text(struct buf *out, struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 64);
    decimal_text_short(&text, value, scale);
    report_number(out, buf_str(&text));
}

static struct str value_str(struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 128);
    value_text(&text, a, value, scale);
    return buf_str(&text);
}

/* At most LABEL_LETTERS_MAX letters of a label, then an ellipsis; letters are never cut in two. */
static size_t label_add(struct buf *out, struct str label)
{
    size_t letters = 0, at = 0;
    for (; at < label.len; at++) {
        bool starts = ((unsigned char)label.ptr[at] & 0xC0u) != 0x80u;
        if (starts && letters == LABEL_LETTERS_MAX) {
            break;
        }
        letters += starts;
    }
    encode_html(out, str_slice(label, 0, at));
    if (at < label.len) {
        buf_add_z(out, "\xe2\x80\xa6");
        letters++;
    }
    return letters;
}

static void layout(struct chart *c, struct arena *a)
{
    size_t widest = value_str(a, c->high, c->scale).len;
    size_t low = value_str(a, c->low, c->scale).len;
    widest = low > widest ? low : widest;
    c->left = (int64_t)widest * LETTER + 120;
    c->bottom = TOP + PLOT_HEIGHT;
    struct buf unused;
    buf_init(&unused, a, 1 * MIB);
    for (size_t i = 0; i < c->count; i++) {
        size_t letters = label_add(&unused, cell(c, i, 0));
        c->label_letters = letters > c->label_letters ? letters : c->label_letters;
        buf_truncate(&unused, 0);
    }
    ASSERT(c->count > 0);
    int64_t slot = (WIDTH - RIGHT - c->left) / (int64_t)c->count;
    int64_t flat = (int64_t)c->label_letters * LETTER + 60;
    c->slanted = c->label_letters > 3 && flat > slot;
    int64_t needed = c->slanted ? 140 : flat;
    c->label_every = (size_t)((needed + slot) / (slot > 0 ? slot : 1));
    c->label_every = needed <= slot || c->label_every == 0 ? 1 : c->label_every;
}

static int64_t drawing_height(const struct chart *c)
{
    return c->bottom + (c->slanted ? 120 + (int64_t)c->label_letters * LETTER * 7 / 10 : 260);
}

static void draw_axis(const struct chart *c, struct arena *a)
{
    for (int64_t value = c->low; value <= c->high; value += c->step) {
        int64_t y = y_of(c, value);
        buf_addf(c->out, "<line class=\"%s\"", value == 0 ? "zero" : "grid");
        px(c->out, "x1", c->left);
        px(c->out, "x2", WIDTH - RIGHT);
        px(c->out, "y1", y);
        px(c->out, "y2", y);
        buf_add_z(c->out, "/><text class=\"tick\" text-anchor=\"end\"");
        px(c->out, "x", c->left - 80);
        px(c->out, "y", y + 40);
        buf_add_z(c->out, ">");
        value_text(c->out, a, value, c->scale);
        buf_add_z(c->out, "</text>\n");
    }
}

static void draw_label(const struct chart *c, size_t i, int64_t x)
{
    if (i % c->label_every != 0) {
        return;
    }
    int64_t y = c->bottom + (c->slanted ? 140 : 180);
    buf_addf(c->out, "<text class=\"tick\" text-anchor=\"%s\"", c->slanted ? "end" : "middle");
    px(c->out, "x", x);
    px(c->out, "y", y);
    if (c->slanted) {
        buf_addf(c->out, " transform=\"rotate(-45 %" PRId64 " %" PRId64 ")\"", x / 10, y / 10);
    }
    buf_add_z(c->out, ">");
    (void)label_add(c->out, cell(c, i, 0));
    buf_add_z(c->out, "</text>\n");
}

static void draw_title(const struct chart *c, size_t i)
{
    buf_add_z(c->out, "<title>");
    encode_html(c->out, cell(c, i, 0));
    buf_add_z(c->out, ": ");
    report_number(c->out, cell(c, i, 1));
    buf_add_z(c->out, "</title>");
}

static void draw_bar(const struct chart *c, size_t i)
{
    int64_t left = slot_left(c, i), slot = slot_left(c, i + 1) - left;
    int64_t gap = slot > 40 ? slot / 5 : slot / 10;
    int64_t y = y_of(c, c->values[i]), zero = y_of(c, 0);
    buf_add_z(c->out, "<rect class=\"mark\"");
    px(c->out, "x", left + gap / 2);
    px(c->out, "width", slot - gap);
    px(c->out, "y", y < zero ? y : zero);
    px(c->out, "height", y < zero ? zero - y : y - zero);
    buf_add_z(c->out, " rx=\"2\">");
    draw_title(c, i);
    buf_add_z(c->out, "</rect>\n");
}

static int64_t middle_of(const struct chart *c, size_t i)
{
    return (slot_left(c, i) + slot_left(c, i + 1)) / 2;
}

/* Broken where there is no value. */
static void draw_line(const struct chart *c)
{
    bool pen_down = false;
    buf_add_z(c->out, "<path class=\"line\" d=\"");
    for (size_t i = 0; i < c->count; i++) {
        if (!c->is_null[i]) {
            int64_t x = middle_of(c, i), y = y_of(c, c->values[i]);
            buf_addf(c->out, "%c%" PRId64 ".%" PRId64 " %" PRId64 ".%" PRId64 " ",
                     pen_down ? 'L' : 'M', x / 10, x % 10, y / 10, y % 10);
        }
        pen_down = !c->is_null[i];
    }
    buf_add_z(c->out, "\"/>\n");
    for (size_t i = 0; i < c->count; i++) {
        if (!c->is_null[i]) {
            buf_add_z(c->out, "<circle class=\"mark\"");
            px(c->out, "cx", middle_of(c, i));
            px(c->out, "cy", y_of(c, c->values[i]));
            buf_add_z(c->out, c->count > 60 ? " r=\"1.5\">" : " r=\"3\">");
            draw_title(c, i);
            buf_add_z(c->out, "</circle>\n");
        }
    }
}

static void draw(const struct chart *c, struct arena *a)
{
    buf_addf(c->out, "<svg viewBox=\"0 0 %d %" PRId64 "\" role=\"img\" aria-label=\"", WIDTH / 10,
             drawing_height(c) / 10);
    encode_html(c->out, c->table->query->title);
    buf_add_z(c->out, "\">\n<text class=\"axis\" x=\"0\" y=\"9\">");
    report_label(c->out, c->table->columns[1]);
    buf_add_z(c->out, "</text>\n");
    draw_axis(c, a);
    bool line = str_eq(c->table->query->chart, STR("line"));
    if (line) {
        draw_line(c);
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!line && !c->is_null[i]) {
            draw_bar(c, i);
        }
        draw_label(c, i, middle_of(c, i));
    }
    buf_add_z(c->out, "</svg>\n");
}

void report_chart(struct buf *out, const struct report_table *t)
{
    bool wanted = t->query->chart.len > 0 && t->column_count >= 2;
    if (!wanted || t->row_count == 0 || t->row_count > POINTS_MAX || !t->is_number[1]) {
        return;
    }
    struct arena *a = arena_child(out->arena, "chart", 16 * MIB);
    struct chart c = {.table = t, .out = out, .count = t->row_count};
    if (values_read(&c, a)) {
        axis_fit(&c);
        layout(&c, a);
        draw(&c, a);
    }
    arena_free(a);
}
