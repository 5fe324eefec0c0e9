/* alerts.c -- Alerts: committed before they are published, once an episode, and none forgotten.
 * When an alert was committed is seen by a watch around the pipeline's own sessions: the moment
 * after the commit, whatever became of its answer. */
#include "oracle_parts.h"

/* ---- the watch ---- */

struct watch {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    struct warehouse_ops ops;
    struct warehouse *inner;
    struct oracle *o;
    struct arena *scratch;
    int64_t (*now_us)(void *ctx);
    void *now_ctx;
    bool open, raised; /* a transaction; an alert was inserted in it */
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
    return ERR_OK;
}

static enum err watch_commit(struct warehouse *warehouse, struct diag *d)
{
    struct watch *w = watch_of(warehouse);
    w->open = false;
    if (!w->raised) {
        return warehouse_commit(w->inner, d);
    }
    watch_lock(w); /* nobody may publish it before it is noted */
    enum err err = warehouse_commit(w->inner, d);
    if (err == ERR_OK) {
        alerts_note(w);
    }
    watch_unlock(w);
    return err;
}

static void watch_rollback(struct warehouse *warehouse)
{
    struct watch *w = watch_of(warehouse);
    w->open = w->raised = false;
    warehouse_rollback(w->inner);
}

static enum err watch_exec(struct warehouse *warehouse, struct str sql,
                           const struct warehouse_value *params, size_t param_count,
                           int64_t *ret_changed, struct diag *d)
{
    struct watch *w = watch_of(warehouse);
    bool raises = str_starts_nocase(sql, STR("insert into aforo_alert"));
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
    w->now_us = now_us;
    w->now_ctx = ctx;
    return &w->warehouse;
}

/* ---- the check ---- */

static struct str attribute(const struct emulator_message *m, const char *name)
{
    for (size_t i = 0; i < m->attribute_count; i++) {
        if (str_eq(m->attributes[i].name, str_of(name))) {
            return m->attributes[i].value;
        }
    }
    return STR_EMPTY;
}

static void message_check(struct oracle *o, const struct emulator_message *m,
                          struct oracle_finding *f)
{
    struct str id = attribute(m, "id");
    const int64_t *committed_us = map_get(o->alerts, id);
    if (committed_us == NULL) {
        finding_add(o, f, ROW_UNEXPECTED, "alert %.*s was published and never committed",
                    STR_ARG(id));
    } else if (m->at_us < *committed_us) {
        finding_add(o, f, ROW_UNEXPECTED,
                    "alert %.*s was published %lld ms before it was committed", STR_ARG(id),
                    (long long)((*committed_us - m->at_us) / US_PER_MS));
    }
}

/* One message an episode, where nothing on the way explains another. */
static void copies_check(struct oracle *o, struct map *copies, struct str id, int64_t at_most,
                         struct oracle_finding *f)
{
    int64_t *count = map_get(copies, id);
    if (count == NULL) {
        count = NEW(o->scratch, int64_t);
        *count = 0;
        map_put(copies, id, count);
    }
    if (++*count > at_most && at_most >= 0) {
        finding_add(o, f, ROW_DUPLICATED,
                    "alert %.*s was published %lld times, at most %lld are allowed", STR_ARG(id),
                    (long long)*count, (long long)at_most);
    }
}

/* Who has records in quarantine was told so. */
static enum err quarantine_check(struct oracle *o, const struct map *ids, struct oracle_finding *f,
                                 struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(o, STR("select distinct event_day from aforo_quarantine order by event_day"),
                     &rows, d));
    for (size_t i = 0; i < rows.row_count; i++) {
        struct str id = str_printf(o->scratch, "%.*s/quarantine/%.*s", STR_ARG(o->in.def->name),
                                   STR_ARG(warehouse_at(&rows, i, 0)->text));
        if (map_get(ids, id) == NULL && o->in.def->topics[CRITICALITY_LOW].len > 0) {
            finding_add(o, f, ROW_LOST, "nobody was told of a quarantine: alert %.*s is missing",
                        STR_ARG(id));
        }
    }
    return ERR_OK;
}

enum err oracle_check_alerts(struct oracle *o, const struct oracle_alerts *asked,
                             struct oracle_finding *f, struct diag *d)
{
    arena_reset(o->scratch);
    struct map *ids = map_new(o->scratch), *counted = map_new(o->scratch);
    struct map *copies = map_new(o->scratch);
    struct emulator_message message;
    for (uint64_t cursor = 0; emulator_message_next(o->in.emulator, &cursor, &message);) {
        message_check(o, &message, f);
        struct str id = attribute(&message, "id");
        map_put(ids, id, o);
        copies_check(o, copies, id, asked->copies, f);
        if (asked->criticality == NULL ||
            str_eq(attribute(&message, "criticality"), criticality_name(*asked->criticality))) {
            map_put(counted, id, o);
        }
    }
    int64_t count = (int64_t)map_count(counted);
    if (asked->at_most >= 0 && count > asked->at_most) {
        finding_add(o, f, ROW_UNEXPECTED, "%lld alerts, at most %lld are allowed", (long long)count,
                    (long long)asked->at_most);
    }
    if (!asked->complete) {
        return ERR_OK;
    }
    if (count < asked->at_least) {
        finding_add(o, f, ROW_LOST, "%lld alerts, at least %lld are expected", (long long)count,
                    (long long)asked->at_least);
    }
    return quarantine_check(o, ids, f, d);
}
