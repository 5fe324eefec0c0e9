/* build_notes.c -- Notes are kept in the parts of distinct.c, which spills.
 *
 *  1. SQLite numbers the rows of a table without a key 1, 2 ... while nothing is deleted from it.
 *  2. A note that is missing shows in the number of the last row: then all ids are read again. */
#include "build_notes.h"

#include "base/hash.h"
#include "base/limits.h"
#include "distinct.h"

#define NOTES_BYTES_MAX (16 * MIB)
#define IDS_SEED 0x6275696c64u
#define PAGE_ROWS 5000

struct notes {
    struct arena *home; /* holds the next one */
    struct warehouse *w;
    struct str folder, ids_sql, last_sql;
    struct arena *arena;
    struct distinct *entries;
    uint64_t kept, at; /* rows */
    /* the end: the first row of a hash is listed when the second comes */
    struct distinct_entry last;
    bool last_listed;
};

struct notes *notes_new(struct arena *a, struct warehouse *w, const struct definition *def,
                        struct str table, struct str folder)
{
    struct notes *n = NEW(a, struct notes);
    struct str id = def->columns[def->id_column].name;
    *n = (struct notes){.home = a, .w = w, .folder = folder};
    n->ids_sql = str_printf(
        a, "select cast(%.*s as text) from %.*s where rowid > $1 order by rowid limit $2",
        STR_ARG(id), STR_ARG(table));
    n->last_sql = str_printf(a, "select coalesce(max(rowid), 0) from %.*s", STR_ARG(table));
    return n;
}

void notes_done(struct notes *n)
{
    arena_free(n->arena);
    n->arena = NULL;
}

enum err notes_add(struct notes *n, struct str id, struct diag *d)
{
    /* the lowest 16 bits are a group's in distinct.h, and there is one */
    struct distinct_entry entry = {hash64(IDS_SEED, id), ++n->at << 16};
    return distinct_add_entry(n->entries, entry, d);
}

void notes_rewind(struct notes *n)
{
    n->at = n->kept;
}

void notes_keep(struct notes *n)
{
    n->kept = n->at;
}

/* ---- from the table ---- */

static void forget(struct notes *n)
{
    notes_done(n);
    n->arena = arena_new("build notes", ARENA_PROCESS_BYTES_MAX);
    n->entries = distinct_new(n->arena, NOTES_BYTES_MAX, n->folder);
    n->kept = n->at = 0;
}

static enum err read_page(struct notes *n, struct arena *a, size_t *ret_count, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_i64((int64_t)n->at), warehouse_i64(PAGE_ROWS)};
    struct warehouse_result page;
    TRY(warehouse_query(n->w, n->ids_sql, params, 2, a, &page, d));
    for (size_t i = 0; i < page.row_count; i++) {
        TRY(notes_add(n, warehouse_at(&page, i, 0)->text, d));
    }
    *ret_count = page.row_count;
    return ERR_OK;
}

enum err notes_read(struct notes *n, struct diag *d)
{
    struct arena *a = arena_new("build ids", ARENA_TASK_BYTES_MAX);
    size_t count = PAGE_ROWS;
    enum err err = ERR_OK;
    forget(n);
    while (err == ERR_OK && count == PAGE_ROWS) {
        arena_reset(a);
        err = read_page(n, a, &count, d);
    }
    arena_free(a);
    notes_keep(n);
    return err;
}

static enum err check(struct notes *n, struct diag *d)
{
    struct arena *a = arena_new("build check", MIB);
    struct warehouse_result last;
    enum err err = warehouse_query(n->w, n->last_sql, NULL, 0, a, &last, d);
    bool complete = err == ERR_OK && (uint64_t)warehouse_at(&last, 0, 0)->i64 == n->kept;
    arena_free(a);
    return err != ERR_OK || complete ? err : notes_read(n, d);
}

/* ---- the end ---- */

static enum err list(struct notes *n, const struct distinct_entry *entry, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_i64((int64_t)entry->a),
                                       warehouse_i64((int64_t)(entry->b >> 16))};
    return warehouse_exec(n->w, STR("insert into aforo_alike (hash, place) values ($1, $2)"),
                          params, 2, NULL, d);
}

/* Entries come in order; those of one hash stand together. */
static enum err compare(void *ctx, const struct distinct_entry *entry, bool is_first,
                        struct diag *d)
{
    struct notes *n = ctx;
    (void)is_first;
    bool alike = n->last.b != 0 && n->last.a == entry->a;
    if (alike && !n->last_listed) {
        TRY(list(n, &n->last, d));
    }
    if (alike) {
        TRY(list(n, entry, d));
    }
    n->last = *entry;
    n->last_listed = alike;
    return ERR_OK;
}

enum err notes_list(struct notes *n, struct diag *d)
{
    static const uint32_t group[1] = {0};
    const uint32_t *groups = group;
    TRY(check(n, d));
    TRY(warehouse_exec(n->w, STR("drop table if exists aforo_alike"), NULL, 0, NULL, d));
    TRY(warehouse_exec(n->w,
                       STR("create temp table aforo_alike (hash bigint not null, place bigint not "
                           "null, primary key (hash, place)) without rowid"),
                       NULL, 0, NULL, d));
    n->last = (struct distinct_entry){0};
    n->last_listed = false;
    return distinct_each(&n->entries, &groups, 1, compare, n, d);
}
