/* build.c -- From the first row to the key. The end is one transaction: repeats are listed in
 * aforo_repeat, by the notes of build_notes.c in SQLite and by a query in PostgreSQL, moved, and
 * the key is made of what is left. Of the rows with one id the one that was read first stays. */
#include "build.h"

#include "base/limits.h"
#include "build_notes.h"
#include "pipeline/loading.h"

#define CACHE_KIB (-16384)
#define END_ATTEMPTS 3

struct build {
    struct arena *arena;
    struct warehouse *w;
    const struct definition *def;
    struct str table, id; /* its name meanwhile; the id's column */
    /* of SQLite alone */
    struct notes *notes; /* NULL: another dialect */
    int64_t cache;       /* as it was: pages, or KiB below zero */
    bool relaxed;        /* synced at the end alone; */
    int64_t synchronous; /* else as this says */
};

static enum err run(struct build *b, struct str sql, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(b->def->name)};
    bool asks = str_find_str(sql, STR("$1")) != STR_NONE;
    return warehouse_exec(b->w, sql, params, asks ? 1 : 0, NULL, d);
}

/* One number out of one row; 0: there is none. */
static enum err ask(struct build *b, struct str sql, int64_t *ret_value, struct diag *d)
{
    struct arena *a = arena_new("build question", MIB);
    struct warehouse_value params[] = {warehouse_text(b->def->table)};
    bool asks = str_find_str(sql, STR("$1")) != STR_NONE;
    struct warehouse_result result;
    enum err err = warehouse_query(b->w, sql, params, asks ? 1 : 0, a, &result, d);
    if (err == ERR_OK) {
        *ret_value = result.row_count == 0 ? 0 : warehouse_at(&result, 0, 0)->i64;
    }
    arena_free(a);
    return err;
}

/* ---- how SQLite writes it ---- */

static enum err set(struct build *b, const char *name, int64_t value, struct diag *d)
{
    return run(b, str_printf(b->arena, "pragma %s = %lld", name, (long long)value), d);
}

/* Pages that are appended need not be kept; and sorting for the key takes so much once more. */
static enum err shrink(struct build *b, struct diag *d)
{
    TRY(ask(b, STR("pragma cache_size"), &b->cache, d));
    return set(b, "cache_size", CACHE_KIB, d);
}

/* Syncing each transaction makes sense where something else would be lost: not in a file that holds
 * this build alone. */
static enum err relax(struct build *b, struct diag *d)
{
    int64_t others = 0;
    TRY(ask(b,
            STR("select count(*) from sqlite_master where type = 'table' and substr(name, 1, 6) "
                "not in ('aforo_', 'sqlite')"),
            &others, d));
    if (others > 0) {
        return ERR_OK;
    }
    TRY(ask(b, STR("pragma synchronous"), &b->synchronous, d));
    TRY(set(b, "synchronous", 0, d));
    b->relaxed = true;
    return ERR_OK;
}

static enum err restore(struct build *b, struct diag *d)
{
    if (b->relaxed) {
        TRY(set(b, "synchronous", b->synchronous, d));
        b->relaxed = false;
    }
    return ERR_OK;
}

static enum err sqlite_ready(struct build *b, struct str folder, struct diag *d)
{
    TRY(shrink(b, d));
    b->notes = notes_new(b->arena, b->w, b->def, b->table, folder);
    TRY(relax(b, d));
    return notes_read(b->notes, d);
}

/* ---- the rows ---- */

enum err build_open(struct arena *a, struct warehouse *w, const struct definition *def,
                    struct str folder, struct build **ret_build, struct diag *d)
{
    bool building;
    TRY(loading_tables_build(w, def, a, &building, d));
    *ret_build = NULL;
    if (!building) {
        return ERR_OK;
    }
    struct build *b = NEW(a, struct build);
    *b = (struct build){.arena = a, .w = w, .def = def, .id = def->columns[def->id_column].name};
    b->table = loading_build_table(def, a);
    if (warehouse_dialect(w) == WAREHOUSE_SQLITE) {
        enum err err = sqlite_ready(b, folder, d);
        if (err != ERR_OK) {
            build_close(b);
            return err;
        }
    }
    *ret_build = b;
    return ERR_OK;
}

void build_close(struct build *b)
{
    struct diag ignored = DIAG_INIT;
    if (b != NULL && b->notes != NULL) {
        (void)restore(b, &ignored);
        (void)set(b, "cache_size", b->cache, &ignored);
        notes_done(b->notes);
    }
}

void build_object_begin(struct build *b)
{
    if (b->notes != NULL) {
        notes_rewind(b->notes);
    }
}

enum err build_rows(struct build *b, const struct row *rows, size_t count, struct diag *d)
{
    for (size_t i = 0; b->notes != NULL && i < count; i++) {
        if (rows[i].fate == RECORD_ROW) {
            TRY(notes_add(b->notes, rows[i].event_id, d));
        }
    }
    return ERR_OK;
}

void build_object_committed(struct build *b)
{
    if (b->notes != NULL) {
        notes_keep(b->notes);
    }
}

/* ---- repeats ---- */

static struct str sqlite_repeats(const struct build *b)
{
    return str_printf(
        b->arena,
        "create temp table aforo_repeat as select t.rowid as place, t.aforo_object as object, "
        "t.aforo_ordinal as ordinal, t.%.*s as id from aforo_alike s join %.*s t on t.rowid = "
        "s.place where exists (select 1 from aforo_alike e join %.*s u on u.rowid = e.place where "
        "e.hash = s.hash and e.place < s.place and u.%.*s = t.%.*s) order by t.rowid",
        STR_ARG(b->id), STR_ARG(b->table), STR_ARG(b->table), STR_ARG(b->id), STR_ARG(b->id));
}

/* Objects are read in the order of their keys. Ids are grouped by a hash of theirs, which is
 * cheaper than by their texts; which rows of a hash have one id is looked at afterwards. */
static struct str postgres_repeats(const struct build *b)
{
    struct str hash = str_printf(b->arena, "hashtextextended(%.*s::text, 0)", STR_ARG(b->id));
    return str_printf(
        b->arena,
        "create temp table aforo_repeat as select place, object, ordinal, id from (select ctid "
        "as place, aforo_object as object, aforo_ordinal as ordinal, %.*s as id, "
        "row_number() over (partition by %.*s order by aforo_object collate \"C\", "
        "aforo_ordinal) as nth from %.*s where %.*s in (select %.*s from %.*s group by 1 "
        "having count(*) > 1)) x where nth > 1",
        STR_ARG(b->id), STR_ARG(b->id), STR_ARG(b->table), STR_ARG(hash), STR_ARG(hash),
        STR_ARG(b->table));
}

/* What the server may take for it until the transaction ends: with its usual 4 and 64 MB it would
 * sort a table of some hundred megabytes in files. */
static enum err postgres_memory(struct build *b, struct diag *d)
{
    TRY(run(b, STR("set local work_mem = '128MB'"), d));
    return run(b, STR("set local maintenance_work_mem = '256MB'"), d);
}

static enum err find_repeats(struct build *b, struct diag *d)
{
    TRY(run(b, STR("drop table if exists aforo_repeat"), d));
    if (b->notes == NULL) {
        return run(b, postgres_repeats(b), d);
    }
    TRY(notes_list(b->notes, d));
    TRY(run(b, sqlite_repeats(b), d));
    return run(b, STR("drop table aforo_alike"), d);
}

static enum err move_repeats(struct build *b, struct diag *d)
{
    TRY(run(b,
            STR("insert into aforo_duplicate (pipeline, object_key, ordinal, event_id) "
                "select $1, object, ordinal, id from aforo_repeat order by object, ordinal"),
            d));
    TRY(run(b,
            STR("update aforo_loaded_object set loaded = loaded - r.n, duplicates = duplicates + "
                "r.n from (select object, count(*) as n from aforo_repeat group by object) r "
                "where pipeline = $1 and object_key = r.object"),
            d));
    TRY(run(b,
            str_printf(b->arena, "delete from %.*s where %s in (select place from aforo_repeat)",
                       STR_ARG(b->table), b->notes != NULL ? "rowid" : "ctid"),
            d));
    return run(b, STR("drop table aforo_repeat"), d);
}

/* ---- the end ---- */

static enum err give_name(struct build *b, struct diag *d)
{
    struct str name = b->def->table;
    TRY(run(
        b,
        str_printf(b->arena, "alter table %.*s rename to %.*s", STR_ARG(b->table), STR_ARG(name)),
        d));
    struct str key = b->notes != NULL
                         ? str_printf(b->arena, "create unique index aforo_key_%.*s on %.*s (%.*s)",
                                      STR_ARG(name), STR_ARG(name), STR_ARG(b->id))
                         : str_printf(b->arena, "alter table %.*s add primary key (%.*s)",
                                      STR_ARG(name), STR_ARG(b->id));
    return run(b, key, d);
}

static enum err end(struct build *b, struct diag *d)
{
    if (b->notes == NULL) { /* before anything is looked at: others may be about to commit */
        TRY(run(b,
                str_printf(b->arena, "lock table %.*s in access exclusive mode", STR_ARG(b->table)),
                d));
        TRY(postgres_memory(b, d));
    }
    TRY(find_repeats(b, d));
    TRY(move_repeats(b, d));
    return give_name(b, d);
}

enum err build_is_over(struct build *b, bool *ret_over, struct diag *d)
{
    int64_t there = 0;
    TRY(ask(b,
            b->notes != NULL ? STR("select 1 from sqlite_master where name = $1")
                             : STR("select 1 where to_regclass($1) is not null"),
            &there, d));
    *ret_over = there != 0;
    return ERR_OK;
}

static enum err end_once(struct build *b, struct diag *d)
{
    bool over;
    TRY(build_is_over(b, &over, d));
    if (over) {
        return ERR_OK; /* by another, or by a commit that was in doubt */
    }
    TRY(warehouse_begin(b->w, d));
    enum err err = end(b, d);
    if (err != ERR_OK) {
        warehouse_rollback(b->w);
        return err;
    }
    return warehouse_commit(b->w, d);
}

enum err build_end(struct build *b, struct diag *d)
{
    enum err err = ERR_OK;
    TRY(restore(b, d)); /* from here on: what is committed is on the disk, and all before it */
    for (int attempt = 1;; attempt++) {
        err = end_once(b, d);
        if (err == ERR_OK || attempt == END_ATTEMPTS ||
            (err != ERR_UNKNOWN && !err_is_transient(err))) {
            break;
        }
        diag_clear(d);
    }
    if (err != ERR_OK) {
        return diag_context(d, "the making of table %.*s", STR_ARG(b->def->table));
    }
    return b->notes != NULL ? run(b, STR("pragma wal_checkpoint(truncate)"), d) : ERR_OK;
}
