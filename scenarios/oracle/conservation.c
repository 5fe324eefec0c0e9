/* conservation.c -- What became of every record of a loaded object: exactly one of row, duplicate,
 * quarantine, filtered; and nothing in the warehouse that was not sent. */
#include "oracle_parts.h"

#include "base/encode.h"

/* ---- what the warehouse says ---- */

static void forget_last_look(struct oracle *o)
{
    for (struct oracle_event *e = o->first; e != NULL; e = e->next) {
        e->rows = 0;
    }
    for (struct raw_object *r = o->raw_first; r != NULL; r = r->next) {
        r->loaded = false;
        r->said = r->found = (struct raw_fates){.records = 0};
        for (size_t i = 0; i < r->count; i++) {
            r->places[i] = 0;
        }
    }
}

static int64_t cell_i64(const struct warehouse_value *v)
{
    int64_t value = -1;
    struct diag ignored = DIAG_INIT;
    if (warehouse_decimal(v, 0, &value, &ignored) != ERR_OK) {
        return -1;
    }
    return value;
}

static uint64_t cell_count(const struct warehouse_result *rows, size_t row, size_t column)
{
    int64_t value = cell_i64(warehouse_at(rows, row, column));
    return value < 0 ? 0 : (uint64_t)value;
}

/* A row names its object, and the line of that says which code and which definition made the row.
 */
static void versions_check(struct oracle *o, const struct warehouse_result *rows, size_t i,
                           struct oracle_finding *f)
{
    const struct warehouse_value *code = warehouse_at(rows, i, 6),
                                 *schema = warehouse_at(rows, i, 7);
    if (code->type == WAREHOUSE_NULL || code->text.len == 0 || schema->type == WAREHOUSE_NULL ||
        !str_eq(schema->text, o->in.def->version)) {
        finding_add(o, f, ROW_CORRUPTED,
                    "%.*s does not say which code has loaded it, by which definition",
                    STR_ARG(warehouse_at(rows, i, 0)->text));
    }
}

static enum err loaded_read(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(
        o,
        STR("select object_key, records, loaded, duplicates, quarantined, filtered, "
            "code_version, schema_version from aforo_loaded_object order by object_key"),
        &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str key = warehouse_at(&rows, i, 0)->text;
        struct raw_object *object = map_get(o->raw, key);
        if (object == NULL) {
            finding_add(o, f, ROW_UNEXPECTED,
                        "the warehouse has loaded %.*s, which raw does not have", STR_ARG(key));
            continue;
        }
        object->loaded = true;
        versions_check(o, &rows, i, f);
        object->said = (struct raw_fates){cell_count(&rows, i, 1), cell_count(&rows, i, 2),
                                          cell_count(&rows, i, 3), cell_count(&rows, i, 4),
                                          cell_count(&rows, i, 5)};
    }
    return ERR_OK;
}

enum place { PLACE_ROW, PLACE_DUPLICATE, PLACE_QUARANTINE };

/* The record that a line of the warehouse is about; NULL: there is none, and that was noted. */
static struct oracle_event *origin_of(struct oracle *o, struct str key, int64_t ordinal,
                                      enum place place, struct oracle_finding *f)
{
    static const char *const places[] = {"the table", "aforo_duplicate", "aforo_quarantine"};
    const char *where = places[place];
    struct raw_object *object = map_get(o->raw, key);
    if (object == NULL || ordinal < 0 || (uint64_t)ordinal >= object->count ||
        object->events[ordinal] == NULL) {
        finding_add(o, f, ROW_UNEXPECTED, "%s names record %lld of %.*s, which raw does not have",
                    where, (long long)ordinal, STR_ARG(key));
        return NULL;
    }
    object->found.rows += place == PLACE_ROW ? 1 : 0;
    object->found.duplicates += place == PLACE_DUPLICATE ? 1 : 0;
    object->found.quarantined += place == PLACE_QUARANTINE ? 1 : 0;
    struct oracle_event *event = object->events[ordinal];
    if (++object->places[ordinal] > 1) {
        finding_add(o, f, ROW_DUPLICATED,
                    "event %.*s (record %lld of %.*s) is accounted for twice, also in %s",
                    STR_ARG(event_name(event)), (long long)ordinal, STR_ARG(key), where);
    }
    return event;
}

/* Of each row: the object and the ordinal that it came from. */
static void row_place(struct oracle *o, const struct warehouse_result *rows, size_t i,
                      struct oracle_finding *f)
{
    struct oracle_event *event = origin_of(o, warehouse_at(rows, i, 0)->text,
                                           cell_i64(warehouse_at(rows, i, 1)), PLACE_ROW, f);
    if (event == NULL) {
        return;
    }
    if (!event_is_row(event)) {
        finding_add(o, f, ROW_UNEXPECTED, "event %.*s must not be a row: %.*s",
                    STR_ARG(event_name(event)),
                    STR_ARG(event->malformed ? STR("it is malformed") : event->row.reason));
        return;
    }
    if (++event->rows > 1 && !o->in.def->id_by_position) {
        finding_add(o, f, ROW_DUPLICATED, "event %.*s twice in the warehouse",
                    STR_ARG(event_name(event)));
    }
}

/* Its values, where it stands where it may. */
static void row_values(struct oracle *o, const struct warehouse_result *rows, size_t i,
                       struct oracle_finding *f)
{
    const struct definition *def = o->in.def;
    size_t last = rows->column_count - 1;
    const struct raw_object *object = map_get(o->raw, warehouse_at(rows, i, last - 1)->text);
    uint64_t ordinal = cell_count(rows, i, last);
    const struct oracle_event *event =
        object == NULL || ordinal >= object->count ? NULL : object->events[ordinal];
    for (size_t c = 0; event != NULL && event_is_row(event) && c < last - 1; c++) {
        bool by_position = def->id_by_position && c == def->id_column;
        if (!by_position && !value_same(&event->row.values[c], warehouse_at(rows, i, c))) {
            finding_add(o, f, ROW_CORRUPTED,
                        "event %.*s has another %.*s in the warehouse than was sent",
                        STR_ARG(event_name(event)), STR_ARG(rows->names[c]));
        }
    }
}

static enum err places_read(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct warehouse_result rows;
    struct str id = o->in.def->columns[o->in.def->id_column].name;
    /* by the key, in which the table lies: sorting it at each look was an eighth of a run */
    struct str sql =
        str_printf(o->scratch, "select aforo_object, aforo_ordinal from %.*s order by %.*s",
                   STR_ARG(o->in.def->table), STR_ARG(id));
    TRY(oracle_query(o, sql, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        row_place(o, &rows, i, f);
    }
    return ERR_OK;
}

/* The first key, in the order of keys, of a loaded object whose values were not looked at yet. */
static struct str news_from(const struct oracle *o)
{
    struct str first = STR("~"); /* past every key */
    for (const struct raw_object *r = o->raw_first; r != NULL; r = r->next) {
        bool is_new = r->loaded && !r->compared;
        first = is_new && str_cmp(r->key, first) < 0 ? r->key : first;
    }
    return first;
}

static enum err values_read(struct oracle *o, enum oracle_extent extent, struct oracle_finding *f,
                            struct diag *d)
{
    size_t count;
    const struct warehouse_column *columns =
        definition_warehouse_columns(o->in.def, o->scratch, &count);
    struct buf sql;
    buf_init(&sql, o->scratch, 64 * KIB);
    buf_add_z(&sql, "select ");
    for (size_t i = 0; i < count; i++) {
        buf_addf(&sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(columns[i].name));
    }
    /* only SQLite is sure to compare texts by their bytes, as keys are ordered */
    bool all = extent == ORACLE_ALL || warehouse_dialect(o->in.warehouse) != WAREHOUSE_SQLITE;
    buf_addf(&sql, " from %.*s%s order by %.*s", STR_ARG(o->in.def->table),
             all ? "" : " where aforo_object >= $1", STR_ARG(columns[o->in.def->id_column].name));
    struct warehouse_value from = warehouse_text(news_from(o));
    struct warehouse_result rows;
    TRY(warehouse_query(o->in.warehouse, buf_str(&sql), &from, all ? 0 : 1, o->scratch, &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        row_values(o, &rows, i, f);
    }
    return ERR_OK;
}

static enum err duplicates_read(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(
        o, STR("select object_key, ordinal from aforo_duplicate order by object_key, ordinal"),
        &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        const struct oracle_event *event =
            origin_of(o, warehouse_at(&rows, i, 0)->text, cell_i64(warehouse_at(&rows, i, 1)),
                      PLACE_DUPLICATE, f);
        if (event != NULL && event->rows == 0) {
            finding_add(o, f, ROW_LOST, "event %.*s is counted as a duplicate of nothing",
                        STR_ARG(event_name(event)));
        }
    }
    return ERR_OK;
}

static bool quarantine_is_stored(struct oracle *o, struct str raw_key)
{
    struct emulator_object object;
    struct str tail = str_slice(raw_key, STR("raw/").len, raw_key.len - STR(".zst").len);
    struct str key = str_printf(o->scratch, "quarantine/%.*s", STR_ARG(tail));
    struct str before =
        str_slice(key, 0, key.len - 1); /* the key is the next one past its own beginning */
    struct str after = before;
    while (emulator_object_next(o->in.emulator, o->in.def->bucket, after, o->scratch, &object) &&
           str_cmp(object.key, key) <= 0) {
        if (str_eq(object.key, key)) {
            return true;
        }
        after = object.key;
    }
    return false;
}

static enum err quarantine_read(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(
        o, STR("select object_key, ordinal from aforo_quarantine order by object_key, ordinal"),
        &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str key = warehouse_at(&rows, i, 0)->text;
        const struct oracle_event *event =
            origin_of(o, key, cell_i64(warehouse_at(&rows, i, 1)), PLACE_QUARANTINE, f);
        if (event == NULL) {
            continue;
        }
        if (event->row.fate != RECORD_REJECTED) {
            finding_add(o, f, ROW_UNEXPECTED, "event %.*s is well and in quarantine",
                        STR_ARG(event_name(event)));
        }
        if (!quarantine_is_stored(o, key)) {
            finding_add(o, f, ROW_LOST, "the quarantine of %.*s has no object in S3", STR_ARG(key));
        }
    }
    return ERR_OK;
}

/* ---- the verdict ---- */

static void places_check(struct oracle *o, struct oracle_finding *f)
{
    for (const struct raw_object *r = o->raw_first; r != NULL; r = r->next) {
        for (size_t i = 0; r->loaded && i < r->count; i++) {
            const struct oracle_event *event = r->events[i];
            bool filtered =
                event != NULL && !event->malformed && event->row.fate == RECORD_FILTERED;
            if (event != NULL && !filtered && r->places[i] == 0) {
                finding_add(o, f, ROW_LOST,
                            "event %.*s (record %zu of %.*s) was loaded and is nowhere",
                            STR_ARG(event_name(event)), i, STR_ARG(r->key));
            }
        }
    }
}

/* What the line of an object says against the lines that name it. */
static void lines_check(struct oracle *o, struct oracle_finding *f)
{
    for (const struct raw_object *r = o->raw_first; r != NULL; r = r->next) {
        const struct raw_fates *said = &r->said, *found = &r->found;
        bool same =
            said->records == r->count && said->rows == found->rows &&
            said->duplicates == found->duplicates && said->quarantined == found->quarantined &&
            said->records == said->rows + said->duplicates + said->quarantined + said->filtered;
        if (r->loaded && !same) {
            finding_add(o, f, ROW_STALE,
                        "%.*s is noted with %llu rows, %llu duplicates and %llu in quarantine of "
                        "%llu records; the warehouse has %llu, %llu and %llu of %zu",
                        STR_ARG(r->key), (unsigned long long)said->rows,
                        (unsigned long long)said->duplicates, (unsigned long long)said->quarantined,
                        (unsigned long long)said->records, (unsigned long long)found->rows,
                        (unsigned long long)found->duplicates,
                        (unsigned long long)found->quarantined, r->count);
        }
    }
}

enum err oracle_check_warehouse(struct oracle *o, enum oracle_extent extent,
                                struct oracle_finding *f, struct diag *d)
{
    if (o->in.foreign) {
        return foreign_check(o, false, f, d);
    }
    arena_reset(o->scratch);
    struct oracle_finding found = *f;
    forget_last_look(o);
    TRY(warehouse_begin(o->in.warehouse, d)); /* one moment of the warehouse */
    enum err err = loaded_read(o, &found, d);
    err = err == ERR_OK ? places_read(o, &found, d) : err;
    err = err == ERR_OK ? values_read(o, extent, &found, d) : err;
    err = err == ERR_OK ? duplicates_read(o, &found, d) : err;
    err = err == ERR_OK ? quarantine_read(o, &found, d) : err;
    warehouse_rollback(o->in.warehouse);
    TRY(err);
    places_check(o, &found);
    lines_check(o, &found);
    for (struct raw_object *r = o->raw_first; r != NULL; r = r->next) {
        r->compared = r->compared || r->loaded;
    }
    *f = found;
    return ERR_OK;
}

/* Whether a message of the highest criticality says that records of the shard are lost. */
static bool is_declared(const struct oracle *o, struct str shard)
{
    struct emulator_message message;
    for (uint64_t cursor = 0; emulator_message_next(o->in.emulator, &cursor, &message);) {
        bool lost = false, critical = false;
        for (size_t i = 0; i < message.attribute_count; i++) {
            const struct http_header *a = &message.attributes[i];
            lost = lost || (str_eq(a->name, STR("kind")) && str_eq(a->value, STR("lost-records")));
            critical = critical || (str_eq(a->name, STR("criticality")) &&
                                    str_eq(a->value, criticality_name(CRITICALITY_CRITICAL)));
        }
        if (lost && critical && str_contains(message.message, shard)) {
            return true;
        }
    }
    return false;
}

/* What cannot be had any more is declared lost, or it is a failure. */
static void declared_check(struct oracle *o, struct oracle_finding *f)
{
    struct str id;
    void *value;
    for (size_t at = 0; map_next(o->shards, &at, &id, &value);) {
        const struct stored_shard *shard = value;
        if (shard->expired > 0 && !is_declared(o, id)) {
            finding_add(o, f, ROW_LOST,
                        "%zu records of %.*s passed their retention unread, and nobody was told",
                        shard->expired, STR_ARG(id));
        }
    }
}

enum err oracle_check_complete(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    if (o->in.foreign) {
        return foreign_check(o, true, f, d);
    }
    TRY(oracle_check_warehouse(o, ORACLE_ALL, f, d));
    declared_check(o, f);
    for (const struct oracle_event *e = o->first; e != NULL; e = e->next) {
        if (e->acknowledged == 0 && e->landed > 0) {
            finding_add(o, f, ROW_RECOVERED, "recovered");
        }
        if (e->landed > 0 && event_is_row(e) && e->rows == 0) {
            finding_add(o, f, ROW_LOST, "event %.*s has landed and is no row",
                        STR_ARG(event_name(e)));
        }
        if (e->acknowledged > 0 && e->landed == 0 && e->expired == 0) {
            finding_add(o, f, ROW_LOST, "event %.*s was acknowledged and has not landed",
                        STR_ARG(event_name(e)));
        }
    }
    return ERR_OK;
}

/* ---- how far it is ---- */

static enum err count_of(struct oracle *o, const char *sql, uint64_t *ret_count, struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(o, str_of(sql), &rows, d));
    int64_t count = rows.row_count == 0 ? 0 : cell_i64(warehouse_at(&rows, 0, 0));
    *ret_count = count < 0 ? 0 : (uint64_t)count;
    return ERR_OK;
}

enum err oracle_lag(struct oracle *o, struct oracle_lag *ret_lag, struct diag *d)
{
    if (o->in.foreign) { /* what it has not done yet cannot be told from what it will never do */
        *ret_lag = (struct oracle_lag){.unacknowledged = o->unacknowledged};
        return ERR_OK;
    }
    arena_reset(o->scratch);
    uint64_t loaded, unsent;
    TRY(count_of(o, "select count(*) from aforo_loaded_object", &loaded, d));
    TRY(count_of(o, "select count(*) from aforo_alert where sent_us is null", &unsent, d));
    uint64_t raw = map_count(o->raw);
    *ret_lag = (struct oracle_lag){.unacknowledged = o->unacknowledged,
                                   .unlanded = o->unlanded,
                                   .unloaded = raw > loaded ? raw - loaded : 0,
                                   .unsent = unsent};
    return ERR_OK;
}

bool oracle_lag_is_zero(const struct oracle_lag *lag)
{
    return lag->unacknowledged + lag->unlanded + lag->unloaded + lag->unsent == 0;
}

struct str oracle_lag_text(const struct oracle_lag *lag, struct arena *a)
{
    return str_printf(
        a, "%llu unacknowledged, %llu not landed, %llu objects not loaded, %llu alerts not sent",
        (unsigned long long)lag->unacknowledged, (unsigned long long)lag->unlanded,
        (unsigned long long)lag->unloaded, (unsigned long long)lag->unsent);
}

static void reports_count(struct oracle *o, struct oracle_counts *c)
{
    struct emulator_object object;
    struct str prefix = str_printf(o->scratch, "reports/%.*s/", STR_ARG(o->in.def->report_name));
    struct str after = prefix;
    while (emulator_object_next(o->in.emulator, o->in.def->bucket, after, o->scratch, &object) &&
           str_starts(object.key, prefix)) {
        after = object.key;
        if (str_ends(object.key, STR("/report.json"))) {
            bool is_first = str_ends(object.key, STR("/v=1/report.json"));
            c->reports += is_first ? 1 : 0;
            c->report_versions += is_first ? 0 : 1;
        }
    }
}

enum err oracle_count(struct oracle *o, struct oracle_counts *ret_counts, struct diag *d)
{
    if (o->in.foreign) {
        return foreign_count(o, ret_counts, d);
    }
    arena_reset(o->scratch);
    struct oracle_counts c = {.produced = o->produced,
                              .acknowledged = o->acknowledged,
                              .late = o->late,
                              .raw_objects = map_count(o->raw),
                              .raw_records = o->raw_records,
                              .deliveries_twice = o->deliveries_twice,
                              .expired = o->expired};
    TRY(count_of(o, "select coalesce(sum(loaded), 0) from aforo_loaded_object", &c.rows, d));
    TRY(count_of(o, "select coalesce(sum(duplicates), 0) from aforo_loaded_object", &c.duplicates,
                 d));
    TRY(count_of(o, "select coalesce(sum(quarantined), 0) from aforo_loaded_object", &c.quarantined,
                 d));
    TRY(count_of(o, "select coalesce(sum(filtered), 0) from aforo_loaded_object", &c.filtered, d));
    TRY(count_of(o, "select count(*) from aforo_alert where sent_us is not null", &c.alerts, d));
    reports_count(o, &c);
    *ret_counts = c;
    return ERR_OK;
}
