/* generator.c -- Values by type within their constraints, and the ways to spoil an event.
 *
 * An event is a tree of JSON, built column by column at the path that the column is read from
 * (before renames), then written. Spoiling changes one thing that the definition forbids; the id
 * stays in the text, so that every payload is different. */
#include "generator.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"

enum site {
    SITE_LATE = 1,
    SITE_LATENESS,
    SITE_COPY,
    SITE_MALFORMED,
    SITE_KIND,
    SITE_COLUMN /* + column * 64 + i */
};
enum spoiling { SPOIL_CUT, SPOIL_TIME, SPOIL_NUMBER, SPOIL_MISSING, SPOIL_COUNT };

struct making {
    const struct generator *g;
    uint64_t number;
    int64_t event_us;
    struct arena *arena;
    struct str id;
};

static uint64_t draw(const struct making *m, uint64_t site)
{
    return rng_u64(m->g->seed, 0x67656e65u ^ m->g->producer, m->number, site);
}

static uint64_t draw_column(const struct making *m, size_t column, uint64_t i)
{
    return draw(m, SITE_COLUMN + column * 64 + i % 64);
}

/* ---- values ---- */

static struct str time_text(const struct making *m, const struct column *c)
{
    struct buf text;
    struct civil t = instant_civil(m->event_us);
    buf_init(&text, m->arena, 4 * KIB);
    if (c->format.len == 0) {
        instant_iso(&text, m->event_us);
        return buf_str(&text);
    }
    for (size_t i = 0; i < c->format.len; i++) {
        char letter = c->format.ptr[i];
        if (letter != '%' || i + 1 == c->format.len) {
            buf_add_char(&text, letter);
            continue;
        }
        switch (c->format.ptr[++i]) {
        case 'Y':
            buf_addf(&text, "%04d", t.year);
            break;
        case 'm':
            buf_addf(&text, "%02d", t.month);
            break;
        case 'd':
            buf_addf(&text, "%02d", t.day);
            break;
        case 'H':
            buf_addf(&text, "%02d", t.hour);
            break;
        case 'M':
            buf_addf(&text, "%02d", t.minute);
            break;
        case 'S':
            buf_addf(&text, "%02d", t.second);
            break;
        case 'f':
            buf_addf(&text, "%06d", t.microsecond);
            break;
        case 'z':
            buf_add_z(&text, "+0000");
            break;
        default:
            break;
        }
    }
    return buf_str(&text);
}

static struct str word(const struct making *m, size_t column, const struct column *c)
{
    struct buf text;
    buf_init(&text, m->arena, 64 * KIB);
    struct str pattern = c->pattern.len > 0 ? c->pattern : STR("????_???");
    for (size_t i = 0; i < pattern.len; i++) {
        char letter = pattern.ptr[i];
        if (letter == '?' || letter == '*') {
            letter = (char)('A' + (int)rng_below(draw_column(m, column, i), 26));
        }
        buf_add_char(&text, letter);
    }
    struct str whole = buf_str(&text);
    return c->max_length > 0 && c->pattern.len == 0 ? str_slice(whole, 0, c->max_length) : whole;
}

static struct str text_value(const struct making *m, size_t column, const struct column *c)
{
    if (column == m->g->def->id_column && !m->g->def->id_by_position) {
        return m->id;
    }
    if (c->value_count > 0) {
        return c->values[rng_below(draw_column(m, column, 0), c->value_count)];
    }
    return word(m, column, c);
}

/* Mostly of everyday size; one in four anywhere in what the column allows, so that sums go where
 * floats lose digits. */
static int64_t number_value(const struct making *m, size_t column, const struct column *c)
{
    int64_t low = c->has_min ? c->min : -1000;
    int64_t widest = c->type == COLUMN_DECIMAL ? INT64_C(2000000000000000) : INT64_C(1000000);
    int64_t high = c->has_max ? c->max : low > INT64_MAX - widest ? INT64_MAX : low + widest;
    if (column == m->g->def->id_column) {
        return (int64_t)(m->g->producer * 1000000000 + m->number);
    }
    uint64_t wide = draw_column(m, column, 0);
    int64_t near = high - low > 100000 && wide % 4 != 0 ? low + 100000 : high;
    return rng_between(draw_column(m, column, 1), low, near);
}

static struct json *value_of(const struct making *m, size_t column)
{
    const struct column *c = &m->g->def->columns[column];
    struct buf text;
    buf_init(&text, m->arena, KIB);
    switch (c->type) {
    case COLUMN_TEXT:
        return json_new_str(m->arena, text_value(m, column, c));
    case COLUMN_TIMESTAMP:
        return json_new_str(m->arena, time_text(m, c));
    case COLUMN_BOOLEAN:
        return json_new_bool(m->arena, draw_column(m, column, 0) % 2 == 0);
    case COLUMN_INTEGER:
    case COLUMN_DECIMAL:
        decimal_text(&text, number_value(m, column, c), c->scale);
        break;
    }
    return json_new_number(m->arena, buf_str(&text));
}

/* ---- the tree ---- */

/* Where the input has what the column reads: its path, before renames. */
static struct str input_path(const struct definition *def, const struct column *c)
{
    struct str path = c->from.len > 0 ? c->from : c->name;
    for (size_t i = 0; i < def->rename_count; i++) {
        if (str_eq(def->renames[i].to, path)) {
            return def->renames[i].from;
        }
    }
    return path;
}

static void put_at(const struct making *m, struct json *root, struct str path, struct json *value)
{
    struct json *at = root;
    for (struct str name, rest; str_split(path, '.', &name, &rest); path = rest) {
        struct json *child = json_get(at, name);
        at = child != NULL ? child : json_add(at, name, json_new(m->arena, JSON_IS_OBJECT));
    }
    if (json_get(at, path) == NULL) {
        json_add(at, path, value);
    }
}

/* The first column of a type that can be spoilt so; SIZE_MAX: the definition has none. */
static size_t spoilt_column(const struct definition *def, enum spoiling how)
{
    for (size_t i = 0; i < def->column_count; i++) {
        const struct column *c = &def->columns[i];
        bool number = c->type == COLUMN_INTEGER || c->type == COLUMN_DECIMAL;
        bool plain = c->derive == NULL && c->required && i != def->id_column;
        if (plain &&
            ((how == SPOIL_NUMBER && number) || (how == SPOIL_MISSING && i != def->time_column))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static struct str event_write(const struct making *m, enum spoiling how, bool spoil)
{
    const struct definition *def = m->g->def;
    struct json *root = json_new(m->arena, JSON_IS_OBJECT);
    size_t spoilt = spoil ? spoilt_column(def, how) : SIZE_MAX;
    for (size_t i = 0; i < def->column_count; i++) {
        const struct column *c = &def->columns[i];
        bool is_time = i == def->time_column && spoil && how == SPOIL_TIME;
        if (c->derive != NULL || (i == spoilt && how == SPOIL_MISSING) ||
            (def->id_by_position && i == def->id_column)) {
            continue;
        }
        struct json *value =
            is_time || i == spoilt ? json_new_str(m->arena, STR("yesterday")) : value_of(m, i);
        put_at(m, root, input_path(def, c), value);
    }
    if (def->id_by_position) {
        json_add(root, STR("aforo_event"), json_new_str(m->arena, m->id));
    }
    struct buf text;
    buf_init(&text, m->arena, RECORD_BYTES_MAX);
    json_write(&text, root);
    return buf_str(&text);
}

static struct str spoilt_write(const struct making *m)
{
    enum spoiling how = (enum spoiling)rng_below(draw(m, SITE_KIND), SPOIL_COUNT);
    bool can = how == SPOIL_CUT || how == SPOIL_TIME || spoilt_column(m->g->def, how) != SIZE_MAX;
    how = can ? how : SPOIL_CUT;
    struct str text = event_write(m, how, how != SPOIL_CUT);
    return how == SPOIL_CUT ? str_slice(text, 0, text.len - 1) : text;
}

static bool hits(const struct making *m, enum site site, struct ratio odds)
{
    return odds.den > 0 && rng_hits(draw(m, site), odds);
}

struct generated generator_make(const struct generator *g, uint64_t number, int64_t now_us,
                                struct arena *a)
{
    struct making m = {.g = g, .number = number, .event_us = now_us, .arena = a};
    struct generated event = {.malformed = false};
    m.id = str_printf(a, "%.*s-%llu", STR_ARG(g->producer_name), (unsigned long long)number);
    event.late = hits(&m, SITE_LATE, g->source->late);
    event.copied = hits(&m, SITE_COPY, g->source->duplicate);
    event.malformed = hits(&m, SITE_MALFORMED, g->source->malformed);
    if (event.late) {
        m.event_us -= rng_between(draw(&m, SITE_LATENESS), US_PER_S, g->source->late_max_us);
    }
    m.event_us = instant_floor(m.event_us, US_PER_MS);
    event.payload = event.malformed ? spoilt_write(&m) : event_write(&m, SPOIL_CUT, false);
    event.partition_key = m.id;
    return event;
}
