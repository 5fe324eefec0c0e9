/* reconcile_lines.c -- The comparison: a line a window and measure, a line an object that does not
 * add up, and the verdicts that follow from them. */
#include "reconcile_parts.h"

#include <inttypes.h>
#include "base/decimal.h"
#include "base/instant.h"

#define NONE STR("-")

struct lines {
    struct reconciliation *r;
    struct reconcile_result *result;
    struct buf equal, differing; /* of reconcile_line */
};

static void line_add(struct lines *l, struct reconcile_line line, size_t day)
{
    bool source_known = !str_eq(line.source, NONE);
    bool source_off = source_known && !str_eq(line.source, line.raw);
    bool warehouse_off = !str_eq(line.raw, line.warehouse);
    line.hop = source_off && warehouse_off ? STR("source-raw, raw-warehouse")
               : source_off                ? STR("source-raw")
               : warehouse_off             ? STR("raw-warehouse")
                                           : STR_EMPTY;
    buf_add_bytes(line.hop.len > 0 ? &l->differing : &l->equal, &line, sizeof(line));
    if (line.hop.len > 0) {
        l->result->differing++;
        if (day != NO_DAY) {
            struct reconcile_day *result = &l->result->days[day];
            result->differing++;
            result->source_parts = result->source_parts || source_off;
            result->warehouse_parts = result->warehouse_parts || warehouse_off;
        }
    }
    l->result->count++;
}

static struct str number(struct arena *a, uint64_t value)
{
    return str_printf(a, "%" PRIu64, value);
}

static struct str amount(struct arena *a, int64_t value, int scale)
{
    struct buf text;
    buf_init(&text, a, 64);
    decimal_text(&text, value, scale);
    return buf_str(&text);
}

static struct str extreme(struct arena *a, const struct figures *f, size_t column, bool max,
                          int scale)
{
    if (f->mins[column] > f->maxs[column]) {
        return NONE;
    }
    return amount(a, max ? f->maxs[column] : f->mins[column], scale);
}

static void column_lines(struct lines *l, const struct window *w, size_t column, bool source)
{
    struct arena *a = l->r->arena;
    const struct column *c = &l->r->def->columns[l->r->def->sum_columns[column]];
    const struct figures *sides = w->sides;
    struct reconcile_line line = {.window = w->name};
    line.measure = str_printf(a, "sum(%.*s)", STR_ARG(c->name));
    line.source = source ? amount(a, sides[SIDE_SOURCE].sums[column], c->scale) : NONE;
    line.raw = amount(a, sides[SIDE_RAW].sums[column], c->scale);
    line.warehouse = amount(a, sides[SIDE_WAREHOUSE].sums[column], c->scale);
    line_add(l, line, w->day);
    for (int max = 0; max <= 1; max++) {
        line.measure = str_printf(a, "%s(%.*s)", max ? "max" : "min", STR_ARG(c->name));
        line.source = source ? extreme(a, &sides[SIDE_SOURCE], column, max, c->scale) : NONE;
        line.raw = extreme(a, &sides[SIDE_RAW], column, max, c->scale);
        line.warehouse = extreme(a, &sides[SIDE_WAREHOUSE], column, max, c->scale);
        line_add(l, line, w->day);
    }
}

static void window_lines(struct lines *l, const struct window *w)
{
    const struct day_state *day = &l->r->days[w->day];
    bool source = w->whole_day ? day->has_source : day->has_source_dimensions;
    struct arena *a = l->r->arena;
    struct reconcile_line line = {.window = w->name, .measure = STR("count")};
    line.source = source ? number(a, w->sides[SIDE_SOURCE].count) : NONE;
    line.raw = number(a, w->sides[SIDE_RAW].count);
    line.warehouse = number(a, w->sides[SIDE_WAREHOUSE].count);
    line_add(l, line, w->day);
    for (size_t i = 0; i < l->r->def->sum_count; i++) {
        column_lines(l, w, i, source);
    }
}

/* ---- objects ---- */

static uint64_t accounted(const struct raw_object *o)
{
    return o->rows + o->duplicates + o->quarantined + o->noted_filtered;
}

/* An object's window is the first of our days that it has events of; else the day of its arrival;
 * else the whole run. */
static void object_line(struct lines *l, const struct raw_object *o, const char *what,
                        struct str raw, struct str warehouse)
{
    struct reconcile_line line = {.source = NONE, .raw = raw, .warehouse = warehouse};
    size_t day = o->day == NO_DAY ? o->arrival_day : o->day;
    line.window = day == NO_DAY ? STR("all") : l->r->days[day].name;
    line.measure = str_printf(l->r->arena, "%s in %.*s", what, STR_ARG(o->key));
    line_add(l, line, day);
}

static void object_check(struct lines *l, const struct raw_object *o)
{
    struct arena *a = l->r->arena;
    if (!o->readable) {
        object_line(l, o, "records", o->listed ? STR("unreadable") : STR("missing"),
                    number(a, accounted(o)));
        l->result->unread += o->listed;
        return;
    }
    if (o->records != accounted(o)) {
        object_line(l, o, "records", number(a, o->records), number(a, accounted(o)));
    }
    if (o->loaded && o->rejected != o->quarantined) {
        object_line(l, o, "quarantined", number(a, o->rejected), number(a, o->quarantined));
    }
    if (o->loaded && o->filtered != o->noted_filtered) {
        object_line(l, o, "filtered", number(a, o->filtered), number(a, o->noted_filtered));
    }
}

/* It was read, and has nothing to do with our days: it waits to be loaded, or its trouble is
 * another day's. */
static bool object_is_foreign(const struct raw_object *o)
{
    return o->readable && o->day == NO_DAY && !o->named && (!o->loaded || !o->near);
}

static void objects_lines(struct lines *l)
{
    struct reconcile_result *result = l->result;
    const struct tree_entry *e = tree_seek(l->r->objects, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(l->r->objects, e->key, true)) {
        const struct raw_object *o = e->value;
        if (!reconcile_object_is_read(o) || object_is_foreign(o)) {
            continue;
        }
        result->raw_objects++;
        result->raw_records += o->records;
        result->rows += o->rows;
        result->duplicates += o->duplicates;
        result->quarantined += o->quarantined;
        result->filtered += o->noted_filtered;
        object_check(l, o);
    }
    struct reconcile_line line = {
        .window = STR("all"),
        .measure = STR("records"),
        .source = NONE,
        .raw = number(l->r->arena, result->raw_records),
        .warehouse = number(l->r->arena, result->rows + result->duplicates + result->quarantined +
                                             result->filtered)};
    line_add(l, line, NO_DAY);
}

static void control_lines(struct lines *l)
{
    for (size_t i = 0; i < l->r->day_count; i++) {
        const struct day_state *day = &l->r->days[i];
        if (day->bad_control.len > 0) {
            struct reconcile_line line = {
                .window = day->name, .source = STR("unreadable"), .raw = NONE, .warehouse = NONE};
            line.measure =
                str_printf(l->r->arena, "control totals in %.*s", STR_ARG(day->bad_control));
            line_add(l, line, i);
            l->result->unread++;
        }
    }
}

/* ---- verdicts ---- */

static void days_judge(struct lines *l)
{
    struct reconcile_result *result = l->result;
    bool source = true;
    for (size_t i = 0; i < result->day_count; i++) {
        struct reconcile_day *day = &result->days[i];
        source = source && l->r->days[i].has_source;
        day->verdict = day->differing > 0         ? RECONCILE_DIFFERS
                       : l->r->days[i].has_source ? RECONCILE_MATCH
                                                  : RECONCILE_NO_SOURCE;
    }
    result->verdict = result->differing > 0 ? RECONCILE_DIFFERS
                      : source              ? RECONCILE_MATCH
                                            : RECONCILE_NO_SOURCE;
}

void reconcile_lines(struct reconciliation *r, struct reconcile_result *ret_result)
{
    struct lines l = {.r = r, .result = ret_result};
    ret_result->days = NEW_ARRAY(r->arena, struct reconcile_day, r->day_count);
    ret_result->day_count = r->day_count;
    for (size_t i = 0; i < r->day_count; i++) {
        ret_result->days[i] =
            (struct reconcile_day){.day_us = r->days[i].us,
                                   .unloaded_since_us = r->days[i].unloaded_since_us,
                                   .told_us = r->days[i].told_us,
                                   .landed_us = r->days[i].landed_us};
    }
    buf_init(&l.equal, r->arena, GIB);
    buf_init(&l.differing, r->arena, GIB);
    const struct tree_entry *e = tree_seek(r->windows, STR_EMPTY, false);
    for (; e != NULL; e = tree_seek(r->windows, e->key, true)) {
        window_lines(&l, e->value);
    }
    objects_lines(&l);
    control_lines(&l);
    buf_add(&l.differing, buf_str(&l.equal));
    ret_result->lines = (struct reconcile_line *)(void *)l.differing.ptr;
    days_judge(&l);
}

struct str reconcile_verdict_name(enum reconcile_verdict verdict)
{
    switch (verdict) {
    case RECONCILE_MATCH:
        return STR("match");
    case RECONCILE_DIFFERS:
        return STR("differs");
    case RECONCILE_NO_SOURCE:
        break;
    }
    return STR("no_source");
}
