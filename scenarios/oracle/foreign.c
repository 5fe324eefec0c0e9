/* foreign.c -- Conservation for a pipeline that is not ours. It leaves no lines about what it did
 * with which record, so it is held to what can be seen: its rows are the source's valid events with
 * the source's values, each once; raw is NDJSON of the very payloads; and in the end nothing that
 * was acknowledged is missing from either. */
#include "oracle_parts.h"

/* ---- rows ---- */

/* Valid events by their id; a copy is the same event. */
static struct map *events_by_id(struct oracle *o)
{
    struct map *by_id = map_new(o->scratch);
    for (struct oracle_event *e = o->first; e != NULL; e = e->next) {
        e->rows = 0;
        if (event_is_row(e)) {
            map_put(by_id, e->row.event_id, e);
        }
    }
    return by_id;
}

static void row_check(struct oracle *o, const struct map *by_id,
                      const struct warehouse_result *rows, size_t i, struct oracle_finding *f)
{
    const struct definition *def = o->in.def;
    struct str id = warehouse_at(rows, i, def->id_column)->text;
    struct oracle_event *event = map_get(by_id, id);
    if (event == NULL) {
        finding_add(o, f, ROW_UNEXPECTED,
                    "%.*s holds event %.*s, which nobody sent, or which is not valid",
                    STR_ARG(def->table), STR_ARG(id));
        return;
    }
    if (++event->rows > 1) {
        finding_add(o, f, ROW_DUPLICATED, "event %.*s twice in the warehouse", STR_ARG(id));
    }
    for (size_t c = 0; c < def->column_count; c++) {
        if (!value_same(&event->row.values[c], warehouse_at(rows, i, c))) {
            finding_add(o, f, ROW_CORRUPTED,
                        "event %.*s has another %.*s in the warehouse than was sent", STR_ARG(id),
                        STR_ARG(def->columns[c].name));
        }
    }
}

static enum err rows_check(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    const struct definition *def = o->in.def;
    struct buf sql;
    buf_init(&sql, o->scratch, 64 * KIB);
    buf_add_z(&sql, "select ");
    for (size_t i = 0; i < def->column_count; i++) {
        buf_addf(&sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(def->columns[i].name));
    }
    buf_addf(&sql, " from %.*s order by %.*s", STR_ARG(def->table),
             STR_ARG(def->columns[def->id_column].name));
    struct warehouse_result rows;
    TRY(oracle_query(o, buf_str(&sql), &rows, d));
    const struct map *by_id = events_by_id(o);
    for (size_t i = 0; i < rows.row_count; i++) {
        row_check(o, by_id, &rows, i, f);
    }
    return ERR_OK;
}

/* ---- raw ---- */

static void object_check(struct oracle *o, const struct emulator_object *object,
                         struct oracle_finding *f)
{
    struct str rest = object->body, line;
    while (str_cut(&rest, '\n', &line)) {
        struct oracle_event *event = line.len == 0 ? NULL : map_get(o->by_payload, line);
        if (event != NULL) {
            event->landed++;
        } else if (line.len > 0) {
            finding_add(o, f, ROW_UNEXPECTED, "%.*s holds a line that nobody sent: %.*s",
                        STR_ARG(object->key), STR_ARG(str_slice(line, 0, 80)));
        }
    }
}

static void raw_check(struct oracle *o, struct oracle_finding *f)
{
    struct emulator_object object;
    struct str prefix = str_printf(o->scratch, "raw/%.*s/", STR_ARG(o->in.def->name));
    for (struct oracle_event *e = o->first; e != NULL; e = e->next) {
        e->landed = 0;
    }
    for (struct str after = prefix;
         emulator_object_next(o->in.emulator, o->in.def->bucket, after, o->scratch, &object) &&
         str_starts(object.key, prefix);
         after = object.key) {
        object_check(o, &object, f);
    }
}

/* ---- the verdict ---- */

static void complete_check(struct oracle *o, struct oracle_finding *f)
{
    for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
        struct str name = event_name(e);
        if (e->acknowledged > 0 && e->landed == 0) {
            finding_add(o, f, ROW_LOST,
                        "event %.*s was acknowledged and is in no object of raw/%.*s/",
                        STR_ARG(name), STR_ARG(o->in.def->name));
        }
        if (e->acknowledged > 0 && event_is_row(e) && e->rows == 0) {
            finding_add(o, f, ROW_LOST, "event %.*s was acknowledged and is no row", STR_ARG(name));
        }
        if (e->acknowledged == 0 && e->rows > 0) {
            finding_add(o, f, ROW_RECOVERED, "recovered");
        }
    }
}

enum err foreign_check(struct oracle *o, bool complete, struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct oracle_finding found = *f;
    TRY(rows_check(o, &found, d));
    if (complete) {
        raw_check(o, &found);
        complete_check(o, &found);
    }
    *f = found;
    return ERR_OK;
}

enum err foreign_count(struct oracle *o, struct oracle_counts *ret_counts, struct diag *d)
{
    arena_reset(o->scratch);
    struct warehouse_result rows;
    int64_t count = 0;
    TRY(oracle_query(o,
                     str_printf(o->scratch, "select count(*) from %.*s", STR_ARG(o->in.def->table)),
                     &rows, d));
    TRY(warehouse_decimal(warehouse_at(&rows, 0, 0), 0, &count, d));
    *ret_counts = (struct oracle_counts){.produced = o->produced,
                                         .acknowledged = o->acknowledged,
                                         .late = o->late,
                                         .deliveries_twice = o->deliveries_twice,
                                         .rows = (uint64_t)count};
    return ERR_OK;
}
