/* tables.c -- The tables that a pipeline keeps in its warehouse: the definition's own, and these.
 *
 * aforo_loaded_object: one line an object that was loaded, which makes loading exactly-once, and by
 *   which version of code and of definition
 * aforo_duplicate: one line a record whose event was there already: which record, which event
 * aforo_quarantine: one line a refused record: which, and why (the bytes are in S3)
 * aforo_day: how often a day's rows have changed: what reports wait for
 * aforo_report: which version of a day's report holds which content
 * aforo_alert: what people are to be told, and when they were
 * aforo_build_TABLE: the definition's table while a replay makes it: no key yet */
#include "pipeline/loading.h"

#include "dialect.h"

#define TABLE_SQL_BYTES_MAX (64 * KIB)

static const char *const COMMON_TABLES[] = {
    "create table if not exists aforo_loaded_object (pipeline text not null, object_key text not "
    "null, etag text not null, "
    "checksum text not null, records bigint not null, loaded bigint not null, duplicates bigint "
    "not null, "
    "quarantined bigint not null, filtered bigint not null, loaded_us bigint not null, "
    "code_version text, schema_version text, primary key (pipeline, object_key))",
    "create table if not exists aforo_duplicate (pipeline text not null, object_key text not null, "
    "ordinal bigint not null, "
    "event_id text not null, primary key (pipeline, object_key, ordinal))",
    "create table if not exists aforo_quarantine (pipeline text not null, object_key text not "
    "null, ordinal bigint not null, "
    "event_id text, event_day text not null, reason text not null, primary key (pipeline, "
    "object_key, ordinal))",
    "create table if not exists aforo_day (pipeline text not null, day text not null, changes "
    "bigint not null, "
    "primary key (pipeline, day))",
    "create table if not exists aforo_report (pipeline text not null, report text not null, day "
    "text not null, "
    "version bigint not null, content text not null, changes bigint not null, control text not "
    "null, primary key "
    "(pipeline, report, day))",
    "create table if not exists aforo_alert (id text not null primary key, pipeline text not null, "
    "criticality text not null, "
    "kind text not null, message text not null, raised_us bigint not null, sent_us bigint)",
};

/* keyed: one row an event id, from the first row on. */
static struct str main_table_sql(const struct definition *def, enum warehouse_dialect dialect,
                                 struct str name, bool keyed, struct arena *a)
{
    struct buf sql;
    buf_init(&sql, a, TABLE_SQL_BYTES_MAX);
    size_t count;
    const struct warehouse_column *columns = definition_warehouse_columns(def, a, &count);
    buf_addf(&sql, "create table if not exists %.*s (", STR_ARG(name));
    for (size_t i = 0; i < count; i++) {
        buf_addf(&sql, "%s%.*s ", i == 0 ? "" : ", ", STR_ARG(columns[i].name));
        dialect_type(&sql, dialect, columns[i].type, columns[i].scale);
        if (i == def->id_column) {
            /* ids are compared byte by byte, as SQLite does, whatever the database's language */
            bool text = columns[i].type == WAREHOUSE_TEXT && dialect == WAREHOUSE_POSTGRES;
            buf_add_z(&sql, text ? " collate \"C\"" : "");
            buf_add_z(&sql, keyed ? " not null primary key" : " not null");
        } else if (columns[i].required) {
            buf_add_z(&sql, " not null");
        }
    }
    buf_add_z(&sql, keyed && dialect == WAREHOUSE_SQLITE ? ") without rowid" : ")");
    return buf_str(&sql);
}

static enum err run(struct warehouse *w, struct str sql, struct diag *d)
{
    return warehouse_exec(w, sql, NULL, 0, NULL, d);
}

static enum err stage_table(struct warehouse *w, const struct definition *def, struct arena *a,
                            struct diag *d)
{
    struct str create = str_printf(
        a, "create temp table if not exists aforo_stage_%.*s as select * from %.*s where 1 = 0",
        STR_ARG(def->table), STR_ARG(def->table));
    return run(w, create, d);
}

/* Warehouses of before have a line an object that does not say by which versions it was loaded. */
static enum err version_column(struct warehouse *w, const char *name, struct arena *a,
                               struct diag *d)
{
    bool sqlite = warehouse_dialect(w) == WAREHOUSE_SQLITE;
    struct warehouse_value column = warehouse_text(str_of(name));
    struct warehouse_result there;
    TRY(warehouse_query(
        w,
        sqlite ? STR("select 1 from pragma_table_info('aforo_loaded_object') where name = $1")
               : STR("select 1 from pg_attribute where attrelid = 'aforo_loaded_object'::regclass "
                     "and attname = $1 and not attisdropped"),
        &column, 1, a, &there, d));
    return there.row_count > 0
               ? ERR_OK
               : run(w, str_printf(a, "alter table aforo_loaded_object add column %s text", name),
                     d);
}

static enum err versions_add(struct warehouse *w, struct arena *a, struct diag *d)
{
    TRY(version_column(w, "code_version", a, d));
    return version_column(w, "schema_version", a, d);
}

static enum err create(struct warehouse *w, const struct definition *def, bool building,
                       struct arena *a, struct diag *d)
{
    for (size_t i = 0; i < sizeof(COMMON_TABLES) / sizeof(COMMON_TABLES[0]); i++) {
        TRY(run(w, str_of(COMMON_TABLES[i]), d));
    }
    TRY(versions_add(w, a, d));
    struct str name = building ? loading_build_table(def, a) : def->table;
    TRY(run(w, main_table_sql(def, warehouse_dialect(w), name, !building, a), d));
    return building ? ERR_OK : stage_table(w, def, a, d);
}

static enum err create_and_commit(struct warehouse *w, const struct definition *def, bool building,
                                  struct arena *a, struct diag *d)
{
    TRY(warehouse_begin(w, d));
    enum err err = create(w, def, building, a, d);
    err = err == ERR_OK ? warehouse_commit(w, d) : err;
    if (err != ERR_OK) {
        warehouse_rollback(w);
        if (err == ERR_CONFLICT) { /* PostgreSQL: another session creates the same one right now */
            d->code = err = ERR_UNAVAILABLE;
        }
        (void)diag_context(d, "tables of pipeline %.*s", STR_ARG(def->name));
    }
    return err;
}

enum err loading_tables(struct warehouse *w, const struct definition *def, struct arena *a,
                        struct diag *d)
{
    return create_and_commit(w, def, false, a, d);
}

struct str loading_build_table(const struct definition *def, struct arena *a)
{
    return str_printf(a, "aforo_build_%.*s", STR_ARG(def->table));
}

enum err loading_tables_build(struct warehouse *w, const struct definition *def, struct arena *a,
                              bool *ret_building, struct diag *d)
{
    bool sqlite = warehouse_dialect(w) == WAREHOUSE_SQLITE;
    struct str sql = sqlite ? STR("select 1 from sqlite_master where name = $1")
                            : STR("select 1 where to_regclass($1) is not null");
    struct warehouse_value params[] = {warehouse_text(def->table)};
    struct warehouse_result there;
    TRY(warehouse_query(w, sql, params, 1, a, &there, d));
    bool building = there.row_count == 0;
    TRY(create_and_commit(w, def, building, a, d));
    *ret_building = building;
    return ERR_OK;
}
