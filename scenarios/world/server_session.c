#include "scenarios/world/server_session.h"

#include "base/limits.h"

struct server_session {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    struct warehouse_ops ops;   /* in the dialect of what is inside */
    const struct server_machine *machine;
    struct arena *parent, *life; /* of the session that is open */
    struct warehouse *inner;     /* NULL: to be opened by the next call that starts something */
    unsigned generation;
    bool open; /* a transaction */
};

static struct server_session *self_of(struct warehouse *w)
{
    return (struct server_session *)w;
}

/* ---- its life ---- */

static void session_drop(struct server_session *w)
{
    if (w->life != NULL) {
        arena_free(w->life);
    }
    w->life = NULL;
    w->inner = NULL;
    w->open = false;
}

static bool is_lost(const struct server_session *w)
{
    return w->generation != w->machine->generation(w->machine->ctx);
}

static enum err session_lost(struct server_session *w, bool unknown, const char *doing,
                             struct diag *d)
{
    session_drop(w);
    diag_clear(d);
    return fail_named(d, unknown ? ERR_UNKNOWN : ERR_UNAVAILABLE, unknown ? "08006" : "57P01",
                      "%s: the server's machine lost its power", doing);
}

static enum err session_make(struct server_session *w, const char *doing, struct diag *d)
{
    if (!w->machine->is_up(w->machine->ctx)) {
        return fail_named(d, ERR_UNAVAILABLE, "57P03", "%s: the server is starting", doing);
    }
    w->life = arena_child(w->parent, "session", ARENA_TASK_BYTES_MAX);
    w->generation = w->machine->generation(w->machine->ctx);
    if (w->machine->open(w->machine->ctx, w->life, &w->inner, d) != ERR_OK) {
        enum err err = d->code;
        bool lost = is_lost(w);
        w->inner = NULL;
        return lost ? session_lost(w, false, doing, d) : (session_drop(w), err);
    }
    return ERR_OK;
}

/* Before a call: there is a session, or none can be had. In a transaction it is the one that began
 * it. */
static enum err session_need(struct server_session *w, const char *doing, struct diag *d)
{
    if (w->inner != NULL && is_lost(w)) {
        bool began = w->open;
        session_drop(w);
        if (began) {
            return session_lost(w, false, doing, d);
        }
    }
    if (w->inner == NULL && w->life == NULL) {
        return session_make(w, doing, d);
    }
    return ERR_OK;
}

/* After a call that failed: by itself, or because the machine went. */
static enum err session_failed(struct server_session *w, bool final, const char *doing,
                               struct diag *d)
{
    enum err err = d->code;
    if (is_lost(w)) {
        return session_lost(w, final, doing, d);
    }
    w->open = false;
    return err;
}

/* ---- the calls ---- */

static enum err session_begin(struct warehouse *warehouse, struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    TRY(session_need(w, "begin", d));
    if (warehouse_begin(w->inner, d) != ERR_OK) {
        return session_failed(w, false, "begin", d);
    }
    w->open = true;
    return ERR_OK;
}

static enum err session_commit(struct warehouse *warehouse, struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    TRY(session_need(w, "commit", d));
    if (warehouse_commit(w->inner, d) != ERR_OK) {
        return session_failed(w, true, "commit", d);
    }
    w->open = false;
    return ERR_OK;
}

static void session_rollback(struct warehouse *warehouse)
{
    struct server_session *w = self_of(warehouse);
    if (w->inner != NULL) {
        warehouse_rollback(w->inner);
    }
    w->open = false;
}

static enum err session_exec(struct warehouse *warehouse, struct str sql,
                             const struct warehouse_value *params, size_t param_count,
                             int64_t *ret_changed, struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    TRY(session_need(w, "exec", d));
    bool final = !w->open;
    if (warehouse_exec(w->inner, sql, params, param_count, ret_changed, d) != ERR_OK) {
        return session_failed(w, final, "exec", d);
    }
    return ERR_OK;
}

static enum err session_bulk_begin(struct warehouse *warehouse, struct str table,
                                   const struct warehouse_column *columns, size_t count,
                                   struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    TRY(session_need(w, "bulk", d));
    if (warehouse_bulk_begin(w->inner, table, columns, count, d) != ERR_OK) {
        return session_failed(w, false, "bulk", d);
    }
    return ERR_OK;
}

static enum err session_bulk_row(struct warehouse *warehouse, const struct warehouse_value *values,
                                 struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    if (warehouse_bulk_row(w->inner, values, d) != ERR_OK) {
        return session_failed(w, false, "bulk", d);
    }
    return ERR_OK;
}

static enum err session_bulk_end(struct warehouse *warehouse, struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    if (warehouse_bulk_end(w->inner, d) != ERR_OK) {
        return session_failed(w, false, "bulk", d);
    }
    return ERR_OK;
}

static enum err session_query(struct warehouse *warehouse, struct str sql,
                              const struct warehouse_value *params, size_t param_count,
                              struct arena *a, struct warehouse_result *ret_result, struct diag *d)
{
    struct server_session *w = self_of(warehouse);
    TRY(session_need(w, "query", d));
    if (warehouse_query(w->inner, sql, params, param_count, a, ret_result, d) != ERR_OK) {
        return session_failed(w, false, "query", d);
    }
    return ERR_OK;
}

static void session_close(struct warehouse *warehouse)
{
    session_drop(self_of(warehouse));
}

enum err server_session_open(const struct server_machine *machine, struct arena *a,
                             struct warehouse **ret_warehouse, struct diag *d)
{
    struct server_session *w = NEW(a, struct server_session);
    *w = (struct server_session){.machine = machine, .parent = a};
    TRY(session_make(w, "open", d));
    w->ops = (struct warehouse_ops){.dialect = warehouse_dialect(w->inner),
                                    .begin = session_begin,
                                    .commit = session_commit,
                                    .rollback = session_rollback,
                                    .exec = session_exec,
                                    .bulk_begin = session_bulk_begin,
                                    .bulk_row = session_bulk_row,
                                    .bulk_end = session_bulk_end,
                                    .query = session_query,
                                    .close = session_close};
    w->warehouse.ops = &w->ops;
    *ret_warehouse = &w->warehouse;
    return ERR_OK;
}
