/* load_commit.c -- One object into the warehouse in one transaction.
 *
 * Order: the object's line first, so that a second loader of the same object fails at once; then
 * rows by way of the staging table, merged by event id; duplicates and quarantine beside them; the
 * days that changed; the alert for a quarantine, which is only published after the commit
 * (alert.h). Counts are taken from what the warehouse says it changed, not from what we meant to
 * do. */
#include "pipeline/loading.h"

#include <inttypes.h>
#include "base/instant.h"
#include "base/map.h"
#include "dialect.h"
#include "pipeline/alert.h"

#define SQL_BYTES_MAX (64 * KIB)

struct commit {
    struct warehouse *w;
    const struct definition *def;
    const struct loading_object *object;
    int64_t now_us;
    struct arena *arena;
    const struct warehouse_column *columns;
    size_t column_count;
    struct map
        *seen; /* event ids of this object, to their first row: duplicates inside one object */
    struct map *days; /* that got or lost something */
    struct loaded_counts counts;
};

static struct str day_of(struct arena *a, int64_t us)
{
    struct buf day;
    buf_init(&day, a, 32);
    instant_date(&day, us);
    return buf_str(&day);
}

/* Rows whose event is the first of its id in this object go to the staging table; the others are
 * duplicates of it. */
static enum err stage_rows(struct commit *c, struct str stage, struct diag *d)
{
    TRY(warehouse_bulk_begin(c->w, stage, c->columns, c->column_count, d));
    for (size_t i = 0; i < c->object->count; i++) {
        const struct row *row = &c->object->decoded[i];
        if (row->fate != RECORD_ROW || map_get(c->seen, row->event_id) != NULL) {
            continue;
        }
        map_put(c->seen, row->event_id, (void *)row);
        TRY(warehouse_bulk_row(c->w, row->values, d));
        map_put(c->days, day_of(c->arena, row->event_us), c);
    }
    return warehouse_bulk_end(c->w, d);
}

static void add_columns(struct buf *sql, const struct commit *c)
{
    for (size_t i = 0; i < c->column_count; i++) {
        buf_addf(sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(c->columns[i].name));
    }
}

/* Stage to table; an event that is there already stays as it was. */
static enum err merge_rows(struct commit *c, struct str stage, struct diag *d)
{
    struct buf sql;
    buf_init(&sql, c->arena, SQL_BYTES_MAX);
    struct str id = c->columns[c->def->id_column].name;
    buf_addf(&sql, "insert into %.*s (", STR_ARG(c->def->table));
    add_columns(&sql, c);
    buf_add_z(&sql, ") select ");
    add_columns(&sql, c);
    buf_addf(&sql, " from %.*s where true order by %.*s on conflict (%.*s) do nothing",
             STR_ARG(stage), STR_ARG(id), STR_ARG(id));
    int64_t changed = 0;
    TRY(warehouse_exec(c->w, buf_str(&sql), NULL, 0, &changed, d));
    c->counts.rows = (uint64_t)changed;
    return ERR_OK;
}

static enum err duplicate_add(struct commit *c, uint64_t ordinal, struct str event_id,
                              struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(c->def->name), warehouse_text(c->object->key),
                                       warehouse_i64((int64_t)ordinal), warehouse_text(event_id)};
    TRY(warehouse_exec(c->w,
                       STR("insert into aforo_duplicate (pipeline, object_key, ordinal, event_id) "
                           "values ($1, $2, $3, $4)"),
                       params, 4, NULL, d));
    c->counts.duplicates++;
    return ERR_OK;
}

/* Staged rows that the merge left out: their events came from another record. */
static enum err note_merged_duplicates(struct commit *c, struct str stage, struct diag *d)
{
    struct str id = c->columns[c->def->id_column].name;
    struct str sql =
        str_printf(c->arena,
                   "insert into aforo_duplicate (pipeline, object_key, ordinal, event_id) "
                   "select $1, s.aforo_object, s.aforo_ordinal, s.%.*s from %.*s s join %.*s t on "
                   "t.%.*s = s.%.*s "
                   "where t.aforo_object <> s.aforo_object or t.aforo_ordinal <> s.aforo_ordinal "
                   "order by s.aforo_ordinal",
                   STR_ARG(id), STR_ARG(stage), STR_ARG(c->def->table), STR_ARG(id), STR_ARG(id));
    struct warehouse_value params[] = {warehouse_text(c->def->name)};
    int64_t changed = 0;
    TRY(warehouse_exec(c->w, sql, params, 1, &changed, d));
    c->counts.duplicates += (uint64_t)changed;
    return ERR_OK;
}

static enum err quarantine_add(struct commit *c, uint64_t ordinal, const struct row *row,
                               struct diag *d)
{
    struct str day =
        row->event_us == INSTANT_NEVER ? STR("unknown") : day_of(c->arena, row->event_us);
    struct warehouse_value params[] = {
        warehouse_text(c->def->name),
        warehouse_text(c->object->key),
        warehouse_i64((int64_t)ordinal),
        row->event_id.len == 0 ? warehouse_null() : warehouse_text(row->event_id),
        warehouse_text(day),
        warehouse_text(row->reason),
    };
    TRY(warehouse_exec(c->w,
                       STR("insert into aforo_quarantine (pipeline, object_key, ordinal, event_id, "
                           "event_day, reason) "
                           "values ($1, $2, $3, $4, $5, $6)"),
                       params, 6, NULL, d));
    c->counts.quarantined++;
    if (row->event_us != INSTANT_NEVER) {
        map_put(c->days, day, c);
    }
    return alert_raise(c->w, c->def, CRITICALITY_LOW, STR("quarantine"), day,
                       str_printf(c->arena, "Records of %.*s are in quarantine; the first: %.*s",
                                  STR_ARG(day), STR_ARG(row->reason)),
                       c->now_us, c->arena, d);
}

/* Everything that is no row: refused, filtered, or the second of its id in this object. */
static enum err note_others(struct commit *c, struct diag *d)
{
    for (size_t i = 0; i < c->object->count; i++) {
        const struct row *row = &c->object->decoded[i];
        switch (row->fate) {
        case RECORD_ROW:
            if (map_get(c->seen, row->event_id) != row) {
                TRY(duplicate_add(c, i, row->event_id, d));
            }
            break;
        case RECORD_REJECTED:
            TRY(quarantine_add(c, i, row, d));
            break;
        case RECORD_FILTERED:
            c->counts.filtered++;
            break;
        }
    }
    return ERR_OK;
}

static enum err claim_object(struct commit *c, struct diag *d)
{
    struct warehouse_value params[] = {
        warehouse_text(c->def->name),
        warehouse_text(c->object->key),
        warehouse_text(c->object->etag),
        warehouse_text(str_printf(c->arena, "%016" PRIx64, c->object->checksum)),
        warehouse_i64((int64_t)c->object->count),
        warehouse_i64(c->now_us)};
    return warehouse_exec(
        c->w,
        STR("insert into aforo_loaded_object (pipeline, object_key, etag, checksum, records, "
            "loaded, duplicates, "
            "quarantined, filtered, loaded_us) values ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6)"),
        params, 6, NULL, d);
}

static enum err note_counts(struct commit *c, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(c->def->name),
                                       warehouse_text(c->object->key),
                                       warehouse_i64((int64_t)c->counts.rows),
                                       warehouse_i64((int64_t)c->counts.duplicates),
                                       warehouse_i64((int64_t)c->counts.quarantined),
                                       warehouse_i64((int64_t)c->counts.filtered)};
    return warehouse_exec(c->w,
                          STR("update aforo_loaded_object set loaded = $3, duplicates = $4, "
                              "quarantined = $5, filtered = $6 "
                              "where pipeline = $1 and object_key = $2"),
                          params, 6, NULL, d);
}

static enum err note_days(struct commit *c, struct diag *d)
{
    struct str day;
    void *unused;
    for (size_t at = 0; map_next(c->days, &at, &day, &unused);) {
        struct warehouse_value params[] = {warehouse_text(c->def->name), warehouse_text(day)};
        TRY(warehouse_exec(
            c->w,
            STR("insert into aforo_day (pipeline, day, changes) values ($1, $2, 1) "
                "on conflict (pipeline, day) do update set changes = aforo_day.changes + 1"),
            params, 2, NULL, d));
    }
    return ERR_OK;
}

static enum err fill(struct commit *c, struct diag *d)
{
    struct str stage = str_printf(c->arena, "aforo_stage_%.*s", STR_ARG(c->def->table));
    TRY(claim_object(c, d));
    TRY(warehouse_exec(c->w, str_printf(c->arena, "delete from %.*s", STR_ARG(stage)), NULL, 0,
                       NULL, d));
    TRY(stage_rows(c, stage, d));
    TRY(merge_rows(c, stage, d));
    TRY(note_merged_duplicates(c, stage, d));
    TRY(note_others(c, d));
    TRY(note_counts(c, d));
    TRY(note_days(c, d));
    c->counts.records = c->object->count;
    uint64_t sum =
        c->counts.rows + c->counts.duplicates + c->counts.quarantined + c->counts.filtered;
    if (sum != c->counts.records) {
        return fail(d, ERR_INTERNAL,
                    "object %.*s: %" PRIu64 " records, but %" PRIu64 " accounted for",
                    STR_ARG(c->object->key), c->counts.records, sum);
    }
    return ERR_OK;
}

enum err loading_commit(struct warehouse *w, const struct definition *def,
                        const struct loading_object *object, int64_t now_us, struct arena *a,
                        struct loaded_counts *ret_counts, struct diag *d)
{
    struct commit c = {.w = w, .def = def, .object = object, .now_us = now_us, .arena = a};
    c.columns = definition_warehouse_columns(def, a, &c.column_count);
    c.seen = map_new(a);
    c.days = map_new(a);
    TRY(warehouse_begin(w, d));
    enum err err = fill(&c, d);
    if (err == ERR_OK) {
        err = warehouse_commit(w, d);
    }
    if (err != ERR_OK) {
        warehouse_rollback(w);
        return diag_context(d, "object %.*s", STR_ARG(object->key));
    }
    *ret_counts = c.counts;
    return ERR_OK;
}
