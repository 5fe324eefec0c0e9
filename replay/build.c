/* build.c -- Ids are noted with the number of their row, 16 bytes each, in the parts of distinct.c,
 * which spills. Notes say which rows may be repeats; the warehouse, asked for those few alone, says
 * which are.
 *
 *  1. SQLite numbers the rows of a table without a key 1, 2 ... while nothing is deleted from it.
 *  2. A note too many costs a comparison. A note that is missing shows in the count of rows: then
 *     all ids are read again from the table.
 *  3. What the end does is one transaction. */
#include "build.h"

#include "base/hash.h"
#include "base/limits.h"
#include "distinct.h"
#include "pipeline/loading.h"

#define NOTES_BYTES_MAX (16 * MIB)
#define IDS_SEED 0x6275696c64u
#define CACHE_KIB (-16384)
#define PAGE_ROWS 5000
#define END_ATTEMPTS 3

struct build {
    struct arena *arena, *notes_arena;
    struct warehouse *w;
    const struct definition *def;
    struct str folder, table;
    struct distinct *notes;
    uint64_t committed, at; /* rows: of objects that are in; and of the one that is loading */
    int64_t cache;          /* as it was: pages, or KiB below zero */
    bool relaxed;           /* synced at the end alone; */
    int64_t synchronous;    /* else as this says */
    /* the end: rows that share a hash are listed, the first when the second comes */
    struct distinct_entry last;
    bool last_listed;
};

static enum err run(struct build *b, struct str sql, const struct warehouse_value *params,
                    size_t count, int64_t *ret_changed, struct diag *d)
{
    return warehouse_exec(b->w, sql, params, count, ret_changed, d);
}

/* One number out of one row. */
static enum err ask(struct build *b, struct str sql, const struct warehouse_value *params,
                    size_t count, int64_t *ret_value, struct diag *d)
{
    struct arena *a = arena_new("build question", MIB);
    struct warehouse_result result;
    enum err err = warehouse_query(b->w, sql, params, count, a, &result, d);
    if (err == ERR_OK) {
        *ret_value = result.row_count == 0 ? 0 : warehouse_at(&result, 0, 0)->i64;
    }
    arena_free(a);
    return err;
}

/* ---- how it is written ---- */

static enum err set(struct build *b, const char *name, int64_t value, struct diag *d)
{
    struct str sql = str_printf(b->arena, "pragma %s = %lld", name, (long long)value);
    return run(b, sql, NULL, 0, NULL, d);
}

/* Pages that are appended need not be kept; and sorting for the key takes so much once more. */
static enum err shrink(struct build *b, struct diag *d)
{
    TRY(ask(b, STR("pragma cache_size"), NULL, 0, &b->cache, d));
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
            NULL, 0, &others, d));
    if (others > 0) {
        return ERR_OK;
    }
    TRY(ask(b, STR("pragma synchronous"), NULL, 0, &b->synchronous, d));
    TRY(set(b, "synchronous", 0, d));
    b->relaxed = true;
    return ERR_OK;
}

static enum err restore(struct build *b, struct diag *d)
{
    if (!b->relaxed) {
        return ERR_OK;
    }
    TRY(set(b, "synchronous", b->synchronous, d));
    b->relaxed = false;
    return ERR_OK;
}

void build_close(struct build *b)
{
    struct diag ignored = DIAG_INIT;
    if (b != NULL) {
        (void)restore(b, &ignored);
        (void)set(b, "cache_size", b->cache, &ignored);
        arena_free(b->notes_arena);
    }
}

/* ---- notes ---- */

static enum err note(struct build *b, struct str id, struct diag *d)
{
    /* the lowest 16 bits are a group's in distinct.h, and there is one */
    struct distinct_entry entry = {hash64(IDS_SEED, id), ++b->at << 16};
    return distinct_add_entry(b->notes, entry, d);
}

static void forget(struct build *b)
{
    arena_free(b->notes_arena);
    b->notes_arena = arena_new("build notes", ARENA_PROCESS_BYTES_MAX);
    b->notes = distinct_new(b->notes_arena, NOTES_BYTES_MAX, b->folder);
    b->committed = b->at = 0;
}

static enum err note_page(struct build *b, struct str sql, struct arena *a, size_t *ret_count,
                          struct diag *d)
{
    struct warehouse_value params[] = {warehouse_i64((int64_t)b->at), warehouse_i64(PAGE_ROWS)};
    struct warehouse_result page;
    TRY(warehouse_query(b->w, sql, params, 2, a, &page, d));
    for (size_t i = 0; i < page.row_count; i++) {
        TRY(note(b, warehouse_at(&page, i, 0)->text, d));
    }
    *ret_count = page.row_count;
    return ERR_OK;
}

/* From the table itself. */
static enum err note_all(struct build *b, struct diag *d)
{
    struct arena *a = arena_new("build ids", ARENA_TASK_BYTES_MAX);
    struct str id = b->def->columns[b->def->id_column].name;
    struct str sql = str_printf(
        b->arena, "select cast(%.*s as text) from %.*s where rowid > $1 order by rowid limit $2",
        STR_ARG(id), STR_ARG(b->table));
    size_t count = PAGE_ROWS;
    enum err err = ERR_OK;
    forget(b);
    while (err == ERR_OK && count == PAGE_ROWS) {
        arena_reset(a);
        err = note_page(b, sql, a, &count, d);
    }
    arena_free(a);
    b->committed = b->at;
    return err;
}

void build_object_begin(struct build *b)
{
    b->at = b->committed;
}

enum err build_rows(struct build *b, const struct row *rows, size_t count, struct diag *d)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fate == RECORD_ROW) {
            TRY(note(b, rows[i].event_id, d));
        }
    }
    return ERR_OK;
}

void build_object_committed(struct build *b)
{
    b->committed = b->at;
}

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
    *b = (struct build){.arena = a, .w = w, .def = def, .folder = folder};
    b->table = loading_build_table(def, a);
    TRY(shrink(b, d));
    enum err err = relax(b, d);
    err = err == ERR_OK ? note_all(b, d) : err;
    if (err != ERR_OK) {
        build_close(b);
        return err;
    }
    *ret_build = b;
    return ERR_OK;
}

/* ---- repeats ---- */

static enum err list(struct build *b, const struct distinct_entry *entry, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_i64((int64_t)entry->a),
                                       warehouse_i64((int64_t)(entry->b >> 16))};
    return run(b, STR("insert into aforo_alike (hash, place) values ($1, $2)"), params, 2, NULL, d);
}

/* Entries come in order; those of one hash stand together. */
static enum err compare(void *ctx, const struct distinct_entry *entry, bool is_first,
                        struct diag *d)
{
    struct build *b = ctx;
    (void)is_first;
    bool alike = b->last.b != 0 && b->last.a == entry->a;
    if (alike && !b->last_listed) {
        TRY(list(b, &b->last, d));
    }
    if (alike) {
        TRY(list(b, entry, d));
    }
    b->last = *entry;
    b->last_listed = alike;
    return ERR_OK;
}

static enum err list_alike(struct build *b, struct diag *d)
{
    static const uint32_t group[1] = {0};
    const uint32_t *groups = group;
    TRY(run(b, STR("drop table if exists temp.aforo_alike"), NULL, 0, NULL, d));
    TRY(run(b,
            STR("create temp table aforo_alike (hash bigint not null, place bigint not null, "
                "primary key (hash, place)) without rowid"),
            NULL, 0, NULL, d));
    b->last = (struct distinct_entry){0};
    b->last_listed = false;
    return distinct_each(&b->notes, &groups, 1, compare, b, d);
}

/* Of the rows with one id the first stays; the others are duplicates of it. */
static enum err move_repeats(struct build *b, struct diag *d)
{
    struct str id = b->def->columns[b->def->id_column].name;
    struct str table = b->table;
    struct warehouse_value params[] = {warehouse_text(b->def->name)};
    const struct str steps[] = {
        STR("drop table if exists temp.aforo_repeat"),
        str_printf(
            b->arena,
            "create temp table aforo_repeat as select t.rowid as place, t.aforo_object as "
            "object, t.aforo_ordinal as ordinal, t.%.*s as id from aforo_alike s join %.*s t "
            "on t.rowid = s.place where exists (select 1 from aforo_alike e join %.*s u on "
            "u.rowid = e.place where e.hash = s.hash and e.place < s.place and "
            "u.%.*s = t.%.*s) order by t.rowid",
            STR_ARG(id), STR_ARG(table), STR_ARG(table), STR_ARG(id), STR_ARG(id)),
        STR("insert into aforo_duplicate (pipeline, object_key, ordinal, event_id) "
            "select $1, object, ordinal, id from aforo_repeat order by place"),
        STR("update aforo_loaded_object set loaded = loaded - r.count, "
            "duplicates = duplicates + r.count from (select object, count(*) as count from "
            "aforo_repeat group by object) r where pipeline = $1 and object_key = r.object"),
        str_printf(b->arena, "delete from %.*s where rowid in (select place from aforo_repeat)",
                   STR_ARG(table)),
        STR("drop table aforo_repeat"),
        STR("drop table aforo_alike"),
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bool asks = str_find_str(steps[i], STR("$1")) != STR_NONE;
        TRY(run(b, steps[i], params, asks ? 1 : 0, NULL, d));
    }
    return ERR_OK;
}

/* ---- the end ---- */

static enum err check_notes(struct build *b, struct diag *d)
{
    int64_t rows = 0;
    TRY(ask(b, str_printf(b->arena, "select max(rowid) from %.*s", STR_ARG(b->table)), NULL, 0,
            &rows, d));
    return (uint64_t)rows == b->committed ? ERR_OK : note_all(b, d);
}

static enum err give_name(struct build *b, struct diag *d)
{
    struct str table = b->def->table, id = b->def->columns[b->def->id_column].name;
    TRY(run(b,
            str_printf(b->arena, "create unique index aforo_key_%.*s on %.*s (%.*s)",
                       STR_ARG(table), STR_ARG(b->table), STR_ARG(id)),
            NULL, 0, NULL, d));
    return run(
        b,
        str_printf(b->arena, "alter table %.*s rename to %.*s", STR_ARG(b->table), STR_ARG(table)),
        NULL, 0, NULL, d);
}

static enum err end(struct build *b, struct diag *d)
{
    TRY(check_notes(b, d));
    TRY(list_alike(b, d));
    TRY(move_repeats(b, d));
    return give_name(b, d);
}

/* Whether the table still has its other name. */
static enum err is_unfinished(struct build *b, bool *ret_unfinished, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(b->table)};
    int64_t there = 0;
    TRY(ask(b, STR("select count(*) from sqlite_master where name = $1"), params, 1, &there, d));
    *ret_unfinished = there > 0;
    return ERR_OK;
}

static enum err end_once(struct build *b, struct diag *d)
{
    bool unfinished = false;
    TRY(is_unfinished(b, &unfinished, d));
    if (!unfinished) {
        return ERR_OK; /* the commit in doubt had happened */
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
    return err == ERR_OK ? run(b, STR("pragma wal_checkpoint(truncate)"), NULL, 0, NULL, d)
                         : diag_context(d, "the making of table %.*s", STR_ARG(b->def->table));
}
