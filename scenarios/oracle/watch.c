/* watch.c -- The pipeline's own sessions, watched: what was committed, and for alerts when: the
 * moment after the commit, whatever became of its answer. */
#include "oracle_parts.h"

struct watch {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    struct warehouse_ops ops;
    struct warehouse *inner;
    struct oracle *o;
    struct arena *scratch;
    int64_t (*now_us)(void *ctx);
    void *now_ctx;
    bool open, raised;     /* a transaction; an alert was inserted in it */
    struct arena *pending; /* of one transaction */
    struct loading *loading;
};
struct loading { /* an object whose line was inserted and is not committed */
    struct str key;
    struct loading *next;
};

static struct watch *watch_of(struct warehouse *w)
{
    return (struct watch *)w;
}

/* What is committed now and was not before, was committed at this moment. */
static void alerts_note(struct watch *w)
{
    struct warehouse_result rows;
    struct diag ignored = DIAG_INIT;
    arena_reset(w->scratch);
    w->raised = false;
    if (warehouse_query(w->inner, STR("select id from aforo_alert order by id"), NULL, 0,
                        w->scratch, &rows, &ignored) != ERR_OK) {
        return;
    }
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str id = warehouse_at(&rows, i, 0)->text;
        if (map_get(w->o->alerts, id) == NULL) {
            int64_t *at_us = NEW(w->o->arena, int64_t);
            *at_us = w->now_us(w->now_ctx);
            map_put(w->o->alerts, id, at_us);
        }
    }
}

static bool inserts_object(struct str sql)
{
    return str_starts_nocase(sql, STR("insert into aforo_loaded_object"));
}

static void objects_forget(struct watch *w)
{
    w->loading = NULL;
    arena_reset(w->pending);
}

static void object_note(struct watch *w, const struct warehouse_value *params, size_t count)
{
    struct loading *object = NEW(w->pending, struct loading);
    object->key = str_copy(w->pending, count > 1 ? params[1].text : STR_EMPTY);
    object->next = w->loading;
    w->loading = object;
}

/* Their transaction is committed, and the warehouse said so. */
static void objects_commit(struct watch *w)
{
    for (const struct loading *object = w->loading; object != NULL; object = object->next) {
        map_put(w->o->committed, object->key, w->o);
    }
    objects_forget(w);
}

static void watch_lock(const struct watch *w)
{
    if (w->o->in.lock != NULL) {
        w->o->in.lock(w->o->in.lock_ctx);
    }
}

static void watch_unlock(const struct watch *w)
{
    if (w->o->in.unlock != NULL) {
        w->o->in.unlock(w->o->in.lock_ctx);
    }
}

static enum err watch_begin(struct warehouse *warehouse, struct diag *d)
{
    struct watch *w = watch_of(warehouse);
    TRY(warehouse_begin(w->inner, d));
    w->open = true;
    w->raised = false;
    objects_forget(w);
    return ERR_OK;
}

static enum err watch_commit(struct warehouse *warehouse, struct diag *d)
{
    struct watch *w = watch_of(warehouse);
    w->open = false;
    if (!w->raised && w->loading == NULL) {
        return warehouse_commit(w->inner, d);
    }
    watch_lock(w); /* nobody may publish it before it is noted */
    enum err err = warehouse_commit(w->inner, d);
    if (err == ERR_OK) {
        objects_commit(w);
    }
    if (err == ERR_OK && w->raised) {
        alerts_note(w);
    }
    watch_unlock(w);
    return err;
}

static void watch_rollback(struct warehouse *warehouse)
{
    struct watch *w = watch_of(warehouse);
    w->open = w->raised = false;
    objects_forget(w);
    warehouse_rollback(w->inner);
}

static enum err watch_exec(struct warehouse *warehouse, struct str sql,
                           const struct warehouse_value *params, size_t param_count,
                           int64_t *ret_changed, struct diag *d)
{
    struct watch *w = watch_of(warehouse);
    bool raises = str_starts_nocase(sql, STR("insert into aforo_alert"));
    if (inserts_object(sql) && w->open) {
        object_note(w, params, param_count);
    }
    if (!raises || w->open) {
        w->raised = w->raised || raises;
        return warehouse_exec(w->inner, sql, params, param_count, ret_changed, d);
    }
    watch_lock(w);
    enum err err = warehouse_exec(w->inner, sql, params, param_count, ret_changed, d);
    if (err == ERR_OK) {
        alerts_note(w);
    }
    watch_unlock(w);
    return err;
}

static enum err watch_bulk_begin(struct warehouse *warehouse, struct str table,
                                 const struct warehouse_column *columns, size_t count,
                                 struct diag *d)
{
    return warehouse_bulk_begin(watch_of(warehouse)->inner, table, columns, count, d);
}

static enum err watch_bulk_row(struct warehouse *warehouse, const struct warehouse_value *values,
                               struct diag *d)
{
    return warehouse_bulk_row(watch_of(warehouse)->inner, values, d);
}

static enum err watch_bulk_end(struct warehouse *warehouse, struct diag *d)
{
    return warehouse_bulk_end(watch_of(warehouse)->inner, d);
}

static enum err watch_query(struct warehouse *warehouse, struct str sql,
                            const struct warehouse_value *params, size_t param_count,
                            struct arena *a, struct warehouse_result *ret_result, struct diag *d)
{
    return warehouse_query(watch_of(warehouse)->inner, sql, params, param_count, a, ret_result, d);
}

static void watch_close(struct warehouse *warehouse)
{
    warehouse_close(watch_of(warehouse)->inner);
}

struct warehouse *oracle_watch(struct oracle *o, struct arena *a, struct warehouse *inner,
                               int64_t (*now_us)(void *ctx), void *ctx)
{
    struct watch *w = NEW(a, struct watch);
    w->ops = (struct warehouse_ops){.dialect = warehouse_dialect(inner),
                                    .begin = watch_begin,
                                    .commit = watch_commit,
                                    .rollback = watch_rollback,
                                    .exec = watch_exec,
                                    .bulk_begin = watch_bulk_begin,
                                    .bulk_row = watch_bulk_row,
                                    .bulk_end = watch_bulk_end,
                                    .query = watch_query,
                                    .close = watch_close};
    w->warehouse.ops = &w->ops;
    w->inner = inner;
    w->o = o;
    w->scratch = arena_child(a, "watch of alerts", ARENA_TASK_BYTES_MAX);
    w->pending = arena_child(a, "watch of objects", ARENA_TASK_BYTES_MAX);
    w->now_us = now_us;
    w->now_ctx = ctx;
    return &w->warehouse;
}
