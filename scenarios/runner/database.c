#include "database.h"

#include <unistd.h>
#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"
#include "base/limits.h"
#include "pipeline/loading.h"
#include "scenarios/sim/sim.h"
#include "scenarios/world/server_session.h"
#include "scenarios/world/sim_disk.h"
#include "session_shelf.h"
#include "temp_folder.h"

#define BUSY_MS 10000 /* another thread's transaction is waited for */

struct database {
    struct arena *arena;
    struct database_options in;
    struct warehouse *first;
    struct session_shelf *shelf; /* of a database in memory; NULL: it is elsewhere */
    const char *path;            /* SQLite: a file or a URI */
    const char *folder;          /* SQLite in a file: the temporary one */
    const char *conninfo;        /* PostgreSQL: with the schema in it */
    struct str schema;
    struct sim_disk *disk;         /* NULL: none */
    struct server_machine machine; /* of the disk */
    struct sim *sim;               /* NULL until it is attached */
};

/* ---- the machine of a disk ---- */

static enum err machine_open(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                             struct diag *d)
{
    const struct database *db = ctx;
    struct warehouse_sqlite_options options = {.path = db->path, .durable = true};
    return warehouse_sqlite_open(a, &options, ret_warehouse, d);
}

static bool machine_is_up(void *ctx)
{
    const struct database *db = ctx;
    return db->sim == NULL || sim_machine_is_up(db->sim);
}

static unsigned machine_generation(void *ctx)
{
    const struct database *db = ctx;
    return sim_disk_generation(db->disk);
}

static void disk_make(struct database *db)
{
    db->disk = sim_disk_new(db->arena, db->in.seed);
    db->path = "file:/warehouse.db?vfs=" SIM_DISK_VFS;
    db->machine = (struct server_machine){
        .open = machine_open, .is_up = machine_is_up, .generation = machine_generation, .ctx = db};
}

void database_attach(struct database *db, struct sim *sim)
{
    if (db->disk != NULL) {
        db->sim = sim;
        sim_disk_attach(sim, db->disk);
    }
}

/* ---- sessions ---- */

enum err database_session(const struct database *db, struct arena *a,
                          struct warehouse **ret_warehouse, struct diag *d)
{
    if (db->conninfo != NULL) {
        return warehouse_postgres_open(a, db->conninfo, ret_warehouse, d);
    }
    if (db->disk != NULL) {
        return server_session_open(&db->machine, a, ret_warehouse, d);
    }
    if (db->shelf != NULL) {
        return session_shelf_take(db->shelf, a, ret_warehouse, d);
    }
    struct warehouse_sqlite_options options = {.path = db->path, .busy_ms = BUSY_MS};
    return warehouse_sqlite_open(a, &options, ret_warehouse, d);
}

/* ---- making it ---- */

static enum err file_make(struct database *db, struct diag *d)
{
    TRY(temp_folder_make(db->arena, "aforo-run", &db->folder, d));
    db->path = str_z(db->arena, str_printf(db->arena, "%s/warehouse.db", db->folder));
    return ERR_OK;
}

/* A schema can be made only over a session that does not name it yet. */
static enum err schema_change(struct database *db, struct str statement, struct diag *d)
{
    struct arena *a = arena_new("schema", ARENA_TASK_BYTES_MAX);
    struct warehouse *w;
    enum err err = warehouse_postgres_open(a, db->in.conninfo, &w, d);
    if (err == ERR_OK) {
        err = warehouse_exec(w, statement, NULL, 0, NULL, d);
    }
    arena_free(a);
    return err;
}

static enum err schema_make(struct database *db, struct diag *d)
{
    struct str given = str_of(db->in.conninfo);
    bool is_uri = str_contains(given, STR("://"));
    db->schema = str_printf(db->arena, "aforo_run_%llu_%ld", (unsigned long long)db->in.seed,
                            (long)getpid());
    TRY(schema_change(db, str_printf(db->arena, "create schema %.*s", STR_ARG(db->schema)), d));
    struct str full =
        is_uri ? str_printf(db->arena, "%.*s%soptions=-csearch_path%%3D%.*s", STR_ARG(given),
                            str_contains(given, STR("?")) ? "&" : "?", STR_ARG(db->schema))
               : str_printf(db->arena, "%.*s options='-csearch_path=%.*s'", STR_ARG(given),
                            STR_ARG(db->schema));
    db->conninfo = str_z(db->arena, full);
    return ERR_OK;
}

static enum err place_make(struct database *db, struct diag *d)
{
    if (db->in.conninfo != NULL) {
        return schema_make(db, d);
    }
    if (db->in.real) {
        return file_make(db, d);
    }
    if (db->in.disk) {
        disk_make(db);
        return ERR_OK;
    }
    db->shelf = db->in.shelf != NULL ? db->in.shelf : session_shelf_new(db->arena);
    return session_shelf_ready(db->shelf, 1 + db->in.sessions, d);
}

static const char *plain_type(const struct warehouse *w, enum column_type type)
{
    bool postgres = warehouse_dialect(w) == WAREHOUSE_POSTGRES;
    switch (type) {
    case COLUMN_INTEGER:
        return postgres ? "bigint" : "integer";
    case COLUMN_BOOLEAN:
        return postgres ? "boolean" : "integer";
    case COLUMN_DECIMAL:
        return postgres ? "numeric" : "text"; /* SQLite has no exact decimals */
    case COLUMN_TIMESTAMP:
        return postgres ? "timestamptz" : "text";
    case COLUMN_TEXT:
        break;
    }
    return "text";
}

/* The table as somebody would write it by hand; the id is its key. */
static enum err table_make(struct warehouse *w, const struct definition *def, struct arena *scratch,
                           struct diag *d)
{
    struct buf sql;
    buf_init(&sql, scratch, 64 * KIB);
    buf_addf(&sql, "create table %.*s (", STR_ARG(def->table));
    for (size_t i = 0; i < def->column_count; i++) {
        const struct column *c = &def->columns[i];
        buf_addf(&sql, "%s%.*s %s%s", i == 0 ? "" : ", ", STR_ARG(c->name), plain_type(w, c->type),
                 i == def->id_column ? " primary key" : "");
    }
    buf_add_char(&sql, ')');
    return warehouse_exec(w, buf_str(&sql), NULL, 0, NULL, d);
}

struct str database_url(const struct database *db, struct arena *a)
{
    return db->conninfo != NULL ? str_of(db->conninfo) : str_printf(a, "sqlite:%s", db->path);
}

enum err database_open(struct arena *a, const struct database_options *options,
                       const struct definition *def, struct database **ret_database, struct diag *d)
{
    struct database *db = NEW(a, struct database);
    db->arena = a;
    db->in = *options;
    *ret_database = db; /* also half made: closing it takes away what there is */
    TRY(place_make(db, d));
    TRY(database_session(db, a, &db->first, d));
    struct arena *scratch = arena_child(a, "tables", ARENA_TASK_BYTES_MAX);
    TRY(options->foreign ? table_make(db->first, def, scratch, d)
                         : loading_tables(db->first, def, scratch, d));
    arena_free(scratch);
    return ERR_OK;
}

struct warehouse *database_first(struct database *db)
{
    return db->first;
}

/* ---- taking it away ---- */

void database_close(struct database *db)
{
    if (db == NULL) {
        return;
    }
    if (db->shelf == NULL) { /* those of a shelf go back to it */
        warehouse_close(db->first);
    }
    db->first = NULL;
    if (db->folder != NULL) {
        temp_folder_remove(db->folder);
    }
    if (db->conninfo != NULL) {
        struct diag ignored = DIAG_INIT; /* what is left then has the run's name */
        (void)!schema_change(
            db, str_printf(db->arena, "drop schema %.*s cascade", STR_ARG(db->schema)), &ignored);
    }
}
