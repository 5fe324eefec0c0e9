/* load_commit.c -- One object into the warehouse in one transaction, a batch of its records after
 * the other.
 *
 * Order: the object's line first, so that a second loader of the same object fails at once; then, a
 * batch at a time, rows by way of the staging table, merged by event id, and duplicates and
 * quarantine beside them; last the counts and the days that changed; the alert for a quarantine,
 * which is only published after the commit (alert.h). Counts are taken from what the warehouse says
 * it changed, not from what we meant to do. */
#include "pipeline/loading.h"

#include <inttypes.h>
#include "base/instant.h"
#include "base/map.h"
#include "dialect.h"
#include "pipeline/alert.h"

#define SQL_BYTES_MAX (64 * KIB)

struct load {
    struct warehouse *w;
    const struct definition *def;
    const struct loading_object *object;
    int64_t now_us;
    struct arena *arena;
    const struct warehouse_column *columns;
    size_t column_count;
    const struct row *rows; /* of the batch */
    size_t count;
    uint64_t first;     /* the ordinal of its first row */
    struct str stage;   /* what rows are written to first: staging table or build table */
    struct arena *keep; /* lives as long as the load; `arena` as long as the call */
    struct map *days;   /* that got or lost something */
    int64_t last_day_us;
    uint64_t passed; /* of the records: not asked for */
    struct loaded_counts counts;
};

static struct str day_of(struct arena *a, int64_t us)
{
    struct buf day;
    buf_init(&day, a, 32);
    instant_date(&day, us);
    return buf_str(&day);
}

static void note_day(struct load *c, int64_t us)
{
    int64_t day_us = instant_floor(us, US_PER_DAY);
    if (day_us != c->last_day_us) { /* records stand near others of their day */
        c->last_day_us = day_us;
        map_put(c->days, day_of(c->keep, us), c);
    }
}

static enum err stage_rows(struct load *c, uint64_t *ret_rows, struct diag *d)
{
    uint64_t rows = 0;
    TRY(warehouse_bulk_begin(c->w, c->stage, c->columns, c->column_count, d));
    for (size_t i = 0; i < c->count; i++) {
        const struct row *row = &c->rows[i];
        if (row->fate == RECORD_ROW) {
            TRY(warehouse_bulk_row(c->w, row->values, d));
            note_day(c, row->event_us);
            rows++;
        }
    }
    *ret_rows = rows;
    return warehouse_bulk_end(c->w, d);
}

static void add_columns(struct buf *sql, const struct load *c)
{
    for (size_t i = 0; i < c->column_count; i++) {
        buf_addf(sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(c->columns[i].name));
    }
}

/* Stage to table: of the records with one id the first in their object, and none where the event is
 * there already. */
static enum err merge_rows(struct load *c, struct diag *d)
{
    struct buf sql;
    buf_init(&sql, c->arena, SQL_BYTES_MAX);
    struct str id = c->columns[c->def->id_column].name;
    buf_addf(&sql, "insert into %.*s (", STR_ARG(c->def->table));
    add_columns(&sql, c);
    buf_add_z(&sql, ") select ");
    add_columns(&sql, c);
    buf_addf(&sql,
             " from %.*s where true order by %.*s, aforo_ordinal on conflict (%.*s) do nothing",
             STR_ARG(c->stage), STR_ARG(id), STR_ARG(id));
    int64_t changed = 0;
    TRY(warehouse_exec(c->w, buf_str(&sql), NULL, 0, &changed, d));
    c->counts.rows += (uint64_t)changed;
    return ERR_OK;
}

/* Staged rows that the merge left out: their events came from another record. */
static enum err note_duplicates(struct load *c, struct diag *d)
{
    struct str id = c->columns[c->def->id_column].name;
    struct str sql = str_printf(
        c->arena,
        "insert into aforo_duplicate (pipeline, object_key, ordinal, event_id) "
        "select $1, s.aforo_object, s.aforo_ordinal, s.%.*s from %.*s s join %.*s t on "
        "t.%.*s = s.%.*s "
        "where t.aforo_object <> s.aforo_object or t.aforo_ordinal <> s.aforo_ordinal "
        "order by s.aforo_ordinal",
        STR_ARG(id), STR_ARG(c->stage), STR_ARG(c->def->table), STR_ARG(id), STR_ARG(id));
    struct warehouse_value params[] = {warehouse_text(c->def->name)};
    int64_t changed = 0;
    TRY(warehouse_exec(c->w, sql, params, 1, &changed, d));
    c->counts.duplicates += (uint64_t)changed;
    return ERR_OK;
}

static enum err quarantine_add(struct load *c, uint64_t ordinal, const struct row *row,
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
        note_day(c, row->event_us);
    }
    return alert_raise(c->w, c->def, CRITICALITY_LOW, STR("quarantine"), day,
                       str_printf(c->arena, "Records of %.*s are in quarantine; the first: %.*s",
                                  STR_ARG(day), STR_ARG(row->reason)),
                       c->now_us, c->arena, d);
}

/* Everything that is no row: refused, or filtered. */
static enum err note_others(struct load *c, struct diag *d)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct row *row = &c->rows[i];
        if (row->fate == RECORD_REJECTED) {
            TRY(quarantine_add(c, c->first + i, row, d));
        }
        c->counts.filtered += row->fate == RECORD_FILTERED;
        c->passed += row->fate == RECORD_PASSED;
    }
    return ERR_OK;
}

static enum err claim_object(struct load *c, struct diag *d)
{
    struct warehouse_value params[] = {
        warehouse_text(c->def->name),
        warehouse_text(c->object->key),
        warehouse_text(c->object->etag),
        warehouse_text(str_printf(c->arena, "%016" PRIx64, c->object->checksum)),
        warehouse_i64(c->now_us),
        warehouse_text(c->object->code_version),
        warehouse_text(c->def->version)};
    return warehouse_exec(
        c->w,
        STR("insert into aforo_loaded_object (pipeline, object_key, etag, checksum, records, "
            "loaded, duplicates, "
            "quarantined, filtered, loaded_us, code_version, schema_version) "
            "values ($1, $2, $3, $4, 0, 0, 0, 0, 0, $5, $6, $7)"),
        params, 7, NULL, d);
}

static enum err note_counts(struct load *c, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(c->def->name),
                                       warehouse_text(c->object->key),
                                       warehouse_i64((int64_t)c->counts.rows),
                                       warehouse_i64((int64_t)c->counts.duplicates),
                                       warehouse_i64((int64_t)c->counts.quarantined),
                                       warehouse_i64((int64_t)c->counts.filtered),
                                       warehouse_i64((int64_t)c->counts.records)};
    return warehouse_exec(c->w,
                          STR("update aforo_loaded_object set loaded = $3, duplicates = $4, "
                              "quarantined = $5, filtered = $6, records = $7 "
                              "where pipeline = $1 and object_key = $2"),
                          params, 7, NULL, d);
}

static enum err note_days(struct load *c, struct diag *d)
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

/* Records that nobody will ever load: people are told with the first object behind them. */
static enum err note_gap(struct load *c, struct diag *d)
{
    return c->object->gap.len == 0
               ? ERR_OK
               : alert_raise(c->w, c->def, CRITICALITY_CRITICAL, STR("lost-records"),
                             c->object->key, c->object->gap, c->now_us, c->arena, d);
}

static enum err add(struct load *c, struct diag *d)
{
    uint64_t rows;
    if (c->object->append) {
        TRY(stage_rows(c, &rows, d));
        c->counts.rows += rows;
        return note_others(c, d);
    }
    TRY(warehouse_exec(c->w, str_printf(c->arena, "delete from %.*s", STR_ARG(c->stage)), NULL, 0,
                       NULL, d));
    TRY(stage_rows(c, &rows, d));
    TRY(merge_rows(c, d));
    TRY(note_duplicates(c, d));
    return note_others(c, d);
}

static enum err finish(struct load *c, struct diag *d)
{
    c->counts.records = c->first - c->passed;
    uint64_t sum =
        c->counts.rows + c->counts.duplicates + c->counts.quarantined + c->counts.filtered;
    if (sum != c->counts.records) {
        return fail(d, ERR_INTERNAL,
                    "object %.*s: %" PRIu64 " records, but %" PRIu64 " accounted for",
                    STR_ARG(c->object->key), c->counts.records, sum);
    }
    TRY(note_counts(c, d));
    TRY(note_days(c, d));
    TRY(note_gap(c, d));
    return warehouse_commit(c->w, d);
}

static enum err rolled_back(struct load *c, struct diag *d)
{
    warehouse_rollback(c->w);
    return diag_context(d, "object %.*s", STR_ARG(c->object->key));
}

enum err loading_begin(struct arena *a, struct warehouse *w, const struct definition *def,
                       const struct loading_object *object, int64_t now_us, struct load **ret_load,
                       struct diag *d)
{
    struct load *c = NEW(a, struct load);
    *c = (struct load){.w = w,
                       .def = def,
                       .object = object,
                       .now_us = now_us,
                       .arena = a,
                       .keep = a,
                       .last_day_us = INSTANT_NEVER};
    c->columns = definition_warehouse_columns(def, a, &c->column_count);
    c->stage = object->append ? loading_build_table(def, a)
                              : str_printf(a, "aforo_stage_%.*s", STR_ARG(def->table));
    c->days = map_new(a);
    TRY(warehouse_begin(w, d));
    if (claim_object(c, d) != ERR_OK) {
        return rolled_back(c, d);
    }
    *ret_load = c;
    return ERR_OK;
}

enum err loading_add(struct load *c, const struct row *rows, size_t count, struct arena *scratch,
                     struct diag *d)
{
    c->rows = rows;
    c->count = count;
    c->arena = scratch;
    enum err err = add(c, d);
    c->arena = c->keep;
    c->first += count;
    return err == ERR_OK ? ERR_OK : rolled_back(c, d);
}

enum err loading_end(struct load *c, struct loaded_counts *ret_counts, struct diag *d)
{
    if (finish(c, d) != ERR_OK) {
        return rolled_back(c, d);
    }
    *ret_counts = c->counts;
    return ERR_OK;
}

void loading_cancel(struct load *c)
{
    warehouse_rollback(c->w);
}

enum err loading_commit(struct warehouse *w, const struct definition *def,
                        const struct loading_object *object, int64_t now_us, struct arena *a,
                        struct loaded_counts *ret_counts, struct diag *d)
{
    struct load *load = NULL;
    TRY(loading_begin(a, w, def, object, now_us, &load, d));
    TRY(loading_add(load, object->decoded, object->count, a, d));
    return loading_end(load, ret_counts, d);
}
