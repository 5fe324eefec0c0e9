/* tables.c -- The tables that a pipeline keeps in its warehouse: the definition's own, and aforo_*
 * beside it. aforo_loaded_object  one line an object that was loaded: what makes loading
 * exactly-once aforo_duplicate      one line a record whose event was there already: which record,
 * which event aforo_quarantine     one line a refused record: which, and why (the bytes are in S3)
 *   aforo_day            how often a day's rows have changed: what reports wait for
 *   aforo_report         which version of a day's report holds which content
 *   aforo_alert          what people are to be told, and when they were */
#include "pipeline/loading.h"

#include "dialect.h"

#define TABLE_SQL_BYTES_MAX (64 * KIB)

static const char *const COMMON_TABLES[] = {
    "create table if not exists aforo_loaded_object (pipeline text not null, object_key text not "
    "null, etag text not null, "
    "checksum text not null, records bigint not null, loaded bigint not null, duplicates bigint "
    "not null, "
    "quarantined bigint not null, filtered bigint not null, loaded_us bigint not null, primary key "
    "(pipeline, object_key))",
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

static struct str main_table_sql(const struct definition *def, enum warehouse_dialect dialect,
                                 struct arena *a)
{
    struct buf sql;
    buf_init(&sql, a, TABLE_SQL_BYTES_MAX);
    size_t count;
    const struct warehouse_column *columns = definition_warehouse_columns(def, a, &count);
    buf_addf(&sql, "create table if not exists %.*s (", STR_ARG(def->table));
    for (size_t i = 0; i < count; i++) {
        buf_addf(&sql, "%s%.*s ", i == 0 ? "" : ", ", STR_ARG(columns[i].name));
        dialect_type(&sql, dialect, columns[i].type, columns[i].scale);
        if (i == def->id_column) {
            buf_add_z(&sql, " not null primary key");
        } else if (columns[i].required) {
            buf_add_z(&sql, " not null");
        }
    }
    buf_add_z(&sql, dialect == WAREHOUSE_SQLITE ? ") without rowid" : ")");
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

enum err loading_tables(struct warehouse *w, const struct definition *def, struct arena *a,
                        struct diag *d)
{
    TRY(warehouse_begin(w, d));
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < sizeof(COMMON_TABLES) / sizeof(COMMON_TABLES[0]); i++) {
        err = run(w, str_of(COMMON_TABLES[i]), d);
    }
    if (err == ERR_OK) {
        err = run(w, main_table_sql(def, warehouse_dialect(w), a), d);
    }
    if (err == ERR_OK) {
        err = stage_table(w, def, a, d);
    }
    if (err == ERR_OK) {
        err = warehouse_commit(w, d);
    }
    if (err != ERR_OK) {
        warehouse_rollback(w);
        if (err == ERR_CONFLICT) { /* PostgreSQL: another session creates the same one right now */
            d->code = err = ERR_UNAVAILABLE;
        }
        (void)diag_context(d, "tables of pipeline %.*s", STR_ARG(def->name));
    }
    return err;
}
