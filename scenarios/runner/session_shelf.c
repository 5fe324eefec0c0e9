/* session_shelf.c -- Opening a session and preparing its statements was a quarter of a run of an
 * hour, in which processes die and come back by the dozen. */
#include "session_shelf.h"

#include "adapter/warehouse_sqlite.h"
#include "base/limits.h"

struct shelved {
    struct session_shelf *shelf;
    struct warehouse *session;
    struct shelved *next; /* on the shelf */
};
struct session_shelf {
    struct arena *arena;
    const char *path; /* a URI: sessions share the database by its name */
    struct shelved *idle;
    size_t count, idle_count;
};

struct session_shelf *session_shelf_new(struct arena *a)
{
    struct session_shelf *shelf = NEW(a, struct session_shelf);
    shelf->arena = a;
    /* a name that no other has in this process; nothing that is traced says it */
    shelf->path =
        str_z(a, str_printf(a, "file:/aforo-shelf-%zx?vfs=memdb", (size_t)(uintptr_t)shelf));
    return shelf;
}

/* Deletes the rows of the tables that a query names. */
static enum err tables_empty(struct warehouse *w, struct str names, struct diag *d)
{
    struct arena *scratch = arena_new("emptying", MIB);
    struct warehouse_result tables = {.row_count = 0};
    enum err err = warehouse_query(w, names, NULL, 0, scratch, &tables, d);
    for (size_t i = 0; err == ERR_OK && i < tables.row_count; i++) {
        struct str name = warehouse_at(&tables, i, 0)->text;
        struct str sql = str_printf(scratch, "delete from \"%.*s\"", STR_ARG(name));
        err = warehouse_exec(w, sql, NULL, 0, NULL, d);
    }
    arena_free(scratch);
    return err;
}

static void give_back(void *handle)
{
    struct shelved *s = handle;
    struct diag d = DIAG_INIT;
    warehouse_rollback(s->session);
    ASSERT(tables_empty(s->session,
                        STR("select name from temp.sqlite_master where type = 'table' order by 1"),
                        &d) == ERR_OK);
    s->next = s->shelf->idle;
    s->shelf->idle = s;
    s->shelf->idle_count++;
}

static enum err session_open(const struct session_shelf *shelf, struct arena *a,
                             struct warehouse **ret_warehouse, struct diag *d)
{
    struct warehouse_sqlite_options options = {.path = shelf->path};
    return warehouse_sqlite_open(a, &options, ret_warehouse, d);
}

enum err session_shelf_take(struct session_shelf *shelf, struct arena *a,
                            struct warehouse **ret_warehouse, struct diag *d)
{
    struct shelved *s = shelf->idle;
    if (s == NULL) {
        return session_open(shelf, a, ret_warehouse, d);
    }
    shelf->idle = s->next;
    shelf->idle_count--;
    arena_defer(a, give_back, s);
    *ret_warehouse = s->session;
    return ERR_OK;
}

static enum err database_empty(struct warehouse *w, struct diag *d)
{
    TRY(warehouse_begin(w, d));
    TRY(tables_empty(w, STR("select name from sqlite_master where type = 'table' order by 1"), d));
    return warehouse_commit(w, d);
}

enum err session_shelf_ready(struct session_shelf *shelf, size_t count, struct diag *d)
{
    ASSERT(shelf->idle_count == shelf->count);
    if (shelf->idle != NULL) {
        TRY(database_empty(shelf->idle->session, d));
    }
    for (; shelf->count < count; shelf->count++) {
        struct shelved *s = NEW(shelf->arena, struct shelved);
        *s = (struct shelved){.shelf = shelf, .next = shelf->idle};
        TRY(session_open(shelf, shelf->arena, &s->session, d));
        shelf->idle = s;
        shelf->idle_count++;
    }
    return ERR_OK;
}
