/* definition.c -- A pipeline's definition as a whole: what it is called, its event, its table, what
 * is reconciled, who is told, how it is tuned. The columns, transforms and the report have files of
 * their own (definition_columns.c, definition_transforms.c, definition_report.c).
 *
 * What holds of every definition that was read:
 *  1. id_column is TEXT or INTEGER, time_column is TIMESTAMP, both are required.
 *  2. by position, the id is column 0, "event_id", with nothing to read it from.
 *  3. a column's expression names only columns before it; the filter names any. */
#include "definition_reading.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/yaml.h"

static const struct str DEFINITION_KEYS[] = {
    STR_INIT("schema"),    STR_INIT("name"),    STR_INIT("stream"),     STR_INIT("bucket"),
    STR_INIT("event"),     STR_INIT("columns"), STR_INIT("transforms"), STR_INIT("warehouse"),
    STR_INIT("reconcile"), STR_INIT("report"),  STR_INIT("alerts"),     STR_INIT("tuning"),
};
static const struct str EVENT_KEYS[] = {STR_INIT("id"), STR_INIT("time")};
static const struct str WAREHOUSE_KEYS[] = {STR_INIT("table")};
static const struct str RECONCILE_KEYS[] = {STR_INIT("sums"), STR_INIT("dimension")};
static const struct str CRITICALITY_NAMES[CRITICALITY_COUNT] = {
    [CRITICALITY_LOW] = STR_INIT("low"),
    [CRITICALITY_HIGH] = STR_INIT("high"),
    [CRITICALITY_CRITICAL] = STR_INIT("critical"),
};
static const struct str TUNING_KEYS[] = {
    STR_INIT("land_records"), STR_INIT("land_bytes"), STR_INIT("land_age"),
    STR_INIT("poll"),         STR_INIT("shard_list"),
};
#define KEYS(names) (names), sizeof(names) / sizeof((names)[0])

struct str criticality_name(enum criticality c)
{
    return CRITICALITY_NAMES[c];
}

/* ---- names ---- */

/* Letters, digits and `others`, `min` to `max` of them; AWS checks the rest. */
static enum err check_name(const struct definition_reading *r, const struct json *node,
                           const char *others, bool lower, size_t min, size_t max, struct diag *d)
{
    struct str name = node->text;
    bool good = name.len >= min && name.len <= max;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool alnum =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!lower && c >= 'A' && c <= 'Z');
        good = good && (alnum || str_find(str_of(others), c) != STR_NONE);
    }
    if (!good) {
        return reading_fail(&r->in, node, d, "expected %zu to %zu of %s, digits and %s", min, max,
                            lower ? "a-z" : "letters", others);
    }
    return ERR_OK;
}

static enum err read_names(const struct definition_reading *r, const struct json *root,
                           struct diag *d)
{
    struct definition *def = r->def;
    struct json *schema, *name;
    TRY(reading_node(&r->in, root, "schema", JSON_IS_NUMBER, true, &schema, d));
    if (!str_eq(schema->text, STR("1"))) {
        return reading_fail(&r->in, schema, d, "expected 1: the only version that there is");
    }
    TRY(reading_node(&r->in, root, "name", JSON_IS_STRING, true, &name, d));
    TRY(check_name(r, name, "-", true, 1, 48, d));
    if (name->text.ptr[0] < 'a') {
        return reading_fail(&r->in, name, d, "expected a letter first");
    }
    def->name = def->stream = name->text;
    def->bucket = str_printf(r->in.arena, "%.*s-data", STR_ARG(def->name));
    TRY(reading_str(&r->in, root, "stream", false, &def->stream, d));
    const struct json *stream = json_get(root, STR("stream"));
    if (stream != NULL) {
        TRY(check_name(r, stream, "_.-", false, 1, 128, d));
    }
    TRY(reading_str(&r->in, root, "bucket", false, &def->bucket, d));
    const struct json *bucket = json_get(root, STR("bucket"));
    return bucket == NULL ? ERR_OK : check_name(r, bucket, ".-", true, 3, 63, d);
}

static enum err read_table(const struct definition_reading *r, const struct json *root,
                           struct diag *d)
{
    struct definition *def = r->def;
    struct json *warehouse, *table;
    struct buf name;
    buf_init(&name, r->in.arena, 64);
    for (size_t i = 0; i < def->name.len; i++) {
        buf_add_char(&name, def->name.ptr[i] == '-' ? '_' : def->name.ptr[i]);
    }
    def->table = buf_str(&name);
    TRY(reading_node(&r->in, root, "warehouse", JSON_IS_OBJECT, false, &warehouse, d));
    if (warehouse == NULL) {
        return reading_identifier(r, json_get(root, STR("name")), def->table, d);
    }
    TRY(reading_keys(&r->in, warehouse, KEYS(WAREHOUSE_KEYS), d));
    TRY(reading_node(&r->in, warehouse, "table", JSON_IS_STRING, true, &table, d));
    def->table = table->text;
    return reading_identifier(r, table, table->text, d);
}

/* ---- the event ---- */

/* Before the columns are read: an id by position is a column of its own, the first. */
static enum err read_event_id(const struct definition_reading *r, const struct json *event,
                              struct diag *d)
{
    struct definition *def = r->def;
    struct str id;
    TRY(reading_keys(&r->in, event, KEYS(EVENT_KEYS), d));
    TRY(reading_str(&r->in, event, "id", true, &id, d));
    def->id_by_position = str_eq(id, STR("position"));
    if (!def->id_by_position) {
        def->id_field = id;
        return ERR_OK;
    }
    struct column column = {.name = STR("event_id"), .type = COLUMN_TEXT, .required = true};
    return definition_column_add(r, event, &column, d);
}

/* After the columns are read. */
static enum err find_event_columns(const struct definition_reading *r, const struct json *event,
                                   struct diag *d)
{
    struct definition *def = r->def;
    struct json *id, *time;
    if (!def->id_by_position) {
        TRY(reading_node(&r->in, event, "id", JSON_IS_STRING, true, &id, d));
        TRY(reading_column(r, id, id->text, &def->id_column, d));
        struct column *c = &def->columns[def->id_column];
        if (c->type != COLUMN_TEXT && c->type != COLUMN_INTEGER) {
            return reading_fail(&r->in, id, d, "an event's id is text or an integer");
        }
        if (c->mask != MASK_NONE && c->mask != MASK_HASH) {
            return reading_fail(&r->in, id, d, "this mask would make different events the same");
        }
        c->required = true;
    }
    TRY(reading_node(&r->in, event, "time", JSON_IS_STRING, true, &time, d));
    TRY(reading_column(r, time, time->text, &def->time_column, d));
    struct column *c = &def->columns[def->time_column];
    if (c->type != COLUMN_TIMESTAMP) {
        return reading_fail(&r->in, time, d, "column '%.*s' is no timestamp", STR_ARG(c->name));
    }
    c->required = true;
    return ERR_OK;
}

/* ---- what is compared ---- */

static enum err read_sums(const struct definition_reading *r, const struct json *reconcile,
                          struct diag *d)
{
    struct definition *def = r->def;
    struct json *sums;
    TRY(reading_node(&r->in, reconcile, "sums", JSON_IS_ARRAY, false, &sums, d));
    if (sums == NULL) {
        return ERR_OK;
    }
    if (sums->count > COLUMNS_MAX) {
        return reading_fail(&r->in, sums, d, "more than %d columns", COLUMNS_MAX);
    }
    def->sum_columns = NEW_ARRAY(r->in.arena, size_t, sums->count);
    for (const struct json *node = sums->first; node != NULL; node = node->next) {
        size_t index;
        TRY(reading_column(r, node, json_str(node), &index, d));
        const struct column *c = &def->columns[index];
        if (c->type != COLUMN_INTEGER && c->type != COLUMN_DECIMAL) {
            return reading_fail(&r->in, node, d, "sums: column '%.*s' is no number",
                                STR_ARG(c->name));
        }
        for (size_t i = 0; i < def->sum_count; i++) {
            if (def->sum_columns[i] == index) {
                return reading_fail(&r->in, node, d, "sums: '%.*s' twice", STR_ARG(c->name));
            }
        }
        def->sum_columns[def->sum_count++] = index;
    }
    return ERR_OK;
}

static enum err read_reconcile(const struct definition_reading *r, const struct json *root,
                               struct diag *d)
{
    struct definition *def = r->def;
    struct json *reconcile, *dimension;
    TRY(reading_node(&r->in, root, "reconcile", JSON_IS_OBJECT, false, &reconcile, d));
    if (reconcile == NULL) {
        return ERR_OK;
    }
    TRY(reading_keys(&r->in, reconcile, KEYS(RECONCILE_KEYS), d));
    TRY(read_sums(r, reconcile, d));
    TRY(reading_node(&r->in, reconcile, "dimension", JSON_IS_STRING, false, &dimension, d));
    if (dimension == NULL) {
        return ERR_OK;
    }
    TRY(reading_column(r, dimension, dimension->text, &def->dimension_column, d));
    if (def->columns[def->dimension_column].type != COLUMN_TEXT) {
        return reading_fail(&r->in, dimension, d, "column '%.*s' is not text",
                            STR_ARG(dimension->text));
    }
    def->has_dimension = true;
    return ERR_OK;
}

/* ---- who is told, and tuning ---- */

static enum err read_alerts(const struct definition_reading *r, const struct json *root,
                            struct diag *d)
{
    struct json *alerts;
    TRY(reading_node(&r->in, root, "alerts", JSON_IS_OBJECT, false, &alerts, d));
    if (alerts == NULL) {
        return ERR_OK;
    }
    TRY(reading_keys(&r->in, alerts, KEYS(CRITICALITY_NAMES), d));
    for (size_t i = 0; i < CRITICALITY_COUNT; i++) {
        struct json *topic;
        TRY(reading_node(&r->in, alerts, CRITICALITY_NAMES[i].ptr, JSON_IS_STRING, false, &topic,
                         d));
        if (topic != NULL) {
            TRY(check_name(r, topic, "_-", false, 1, 256, d));
            r->def->topics[i] = topic->text;
        }
    }
    return ERR_OK;
}

static enum err read_tuning(const struct definition_reading *r, const struct json *root,
                            struct diag *d)
{
    struct definition *def = r->def;
    struct json *tuning;
    def->land_records_max = 500;
    def->land_bytes_max = 4 * MIB;
    def->land_age_us = 60 * US_PER_S;
    def->poll_us = US_PER_S;
    def->shard_list_us = US_PER_MINUTE;
    TRY(reading_node(&r->in, root, "tuning", JSON_IS_OBJECT, false, &tuning, d));
    if (tuning == NULL) {
        return ERR_OK;
    }
    TRY(reading_keys(&r->in, tuning, KEYS(TUNING_KEYS), d));
    TRY(reading_count(&r->in, tuning, "land_records", 1, 100000, &def->land_records_max, d));
    TRY(reading_bytes(&r->in, tuning, "land_bytes", 64 * MIB, &def->land_bytes_max, d));
    TRY(reading_duration(&r->in, tuning, "land_age", US_PER_MS, US_PER_DAY, &def->land_age_us, d));
    TRY(reading_duration(&r->in, tuning, "poll", US_PER_MS, US_PER_HOUR, &def->poll_us, d));
    return reading_duration(&r->in, tuning, "shard_list", US_PER_S, US_PER_DAY, &def->shard_list_us,
                            d);
}

/* ---- the whole ---- */

static enum err read_all(struct definition_reading *r, const struct json *root, struct diag *d)
{
    struct json *event;
    TRY(reading_keys(&r->in, root, KEYS(DEFINITION_KEYS), d));
    TRY(read_names(r, root, d));
    TRY(reading_node(&r->in, root, "event", JSON_IS_OBJECT, true, &event, d));
    TRY(read_event_id(r, event, d));
    TRY(definition_columns_read(r, root, d));
    TRY(definition_transforms_read(r, root, d));
    TRY(find_event_columns(r, event, d));
    TRY(read_table(r, root, d));
    TRY(read_reconcile(r, root, d));
    TRY(definition_report_read(r, root, d));
    TRY(read_alerts(r, root, d));
    return read_tuning(r, root, d);
}

enum err definition_read(struct arena *a, struct str text, struct str name,
                         struct definition **ret_definition, struct diag *d)
{
    struct definition *def = NEW(a, struct definition);
    struct definition_reading r = {.in = {.arena = a, .file = str_slice(name, 0, 160)}, .def = def};
    struct json *root;
    struct diag why = DIAG_INIT;
    def->columns = NEW_ARRAY(a, struct column, COLUMNS_MAX);
    if (text.len > DEFINITION_BYTES_MAX) {
        return fail(d, ERR_LIMIT, "%.*s: over %zu bytes", STR_ARG(r.in.file), DEFINITION_BYTES_MAX);
    }
    if (yaml_parse(a, text, &root, &why) != ERR_OK) {
        return fail(d, ERR_INVALID, "%.*s:%s", STR_ARG(r.in.file), why.msg);
    }
    TRY(read_all(&r, root, d));
    def->version = str_slice(hash_sha256_hex(a, text), 0, 16);
    *ret_definition = def;
    return ERR_OK;
}

struct warehouse_column *definition_warehouse_columns(const struct definition *def, struct arena *a,
                                                      size_t *ret_count)
{
    struct warehouse_column *columns = NEW_ARRAY(a, struct warehouse_column, def->column_count + 2);
    for (size_t i = 0; i < def->column_count; i++) {
        columns[i] = definition_warehouse_column(&def->columns[i]);
    }
    columns[def->column_count] = (struct warehouse_column){
        .name = STR("aforo_object"), .type = WAREHOUSE_TEXT, .required = true};
    columns[def->column_count + 1] = (struct warehouse_column){
        .name = STR("aforo_ordinal"), .type = WAREHOUSE_I64, .required = true};
    *ret_count = def->column_count + 2;
    return columns;
}
