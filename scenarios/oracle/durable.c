/* durable.c -- What was committed stays: every line of an object, and every alert, whose commit the
 * warehouse has acknowledged is there at every later look, whatever its machine went through. A
 * loader would load a lost object again, so that nothing else shows that it was lost. */
#include "oracle_parts.h"

static enum err names_read(struct oracle *o, const char *sql, struct map **ret_names,
                           struct diag *d)
{
    struct warehouse_result rows;
    TRY(oracle_query(o, str_of(sql), &rows, d));
    *ret_names = map_new(o->scratch);
    for (size_t i = 0; i < rows.row_count; i++) {
        map_put(*ret_names, warehouse_at(&rows, i, 0)->text, o);
    }
    return ERR_OK;
}

static void all_there(struct oracle *o, const struct map *committed, const struct map *there,
                      const char *what, struct oracle_finding *f)
{
    struct str name;
    void *value;
    for (size_t at = 0; map_next(committed, &at, &name, &value);) {
        if (map_get(there, name) == NULL) {
            finding_add(o, f, ROW_LOST, "%s %.*s was committed and is gone", what, STR_ARG(name));
        }
    }
}

/* A B-tree that is damaged answers some queries and not others. SQLite alone can be asked. */
static enum err sound_check(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct warehouse_result rows;
    if (warehouse_dialect(o->in.warehouse) != WAREHOUSE_SQLITE) {
        return ERR_OK;
    }
    TRY(oracle_query(o, STR("pragma quick_check(1)"), &rows, d));
    struct str said = rows.row_count == 1 ? warehouse_at(&rows, 0, 0)->text : STR("nothing");
    if (!str_eq(said, STR("ok"))) {
        finding_add(o, f, ROW_CORRUPTED, "the warehouse's file is damaged: %.*s", STR_ARG(said));
    }
    return ERR_OK;
}

enum err oracle_check_durable(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    struct map *objects, *alerts;
    arena_reset(o->scratch);
    enum err err = sound_check(o, f, d);
    err = err == ERR_OK ? names_read(o,
                                     "select object_key from aforo_loaded_object "
                                     "order by object_key",
                                     &objects, d)
                        : err;
    err = err == ERR_OK ? names_read(o, "select id from aforo_alert order by id", &alerts, d) : err;
    if (err == ERR_INTERNAL && str_eq(str_of(d->name), STR("XX001"))) {
        finding_add(o, f, ROW_CORRUPTED, "the warehouse's file is damaged: %s", d->msg);
        diag_clear(d);
        return ERR_OK;
    }
    TRY(err);
    all_there(o, o->committed, objects, "object", f);
    all_there(o, o->alerts, alerts, "alert", f);
    return ERR_OK;
}
