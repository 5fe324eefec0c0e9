/* app_reconcile.c -- `aforo-pipeline reconcile`, as a table. */
#include "app.h"

#include <stdio.h>
#include "base/instant.h"
#include "pipeline/reconcile.h"

/* All days that the warehouse knows of. */
static enum err all_days(struct pipeline *p, int64_t *ret_from_us, int64_t *ret_to_us,
                         struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(p->def->name)};
    struct warehouse_result rows;
    TRY(warehouse_query(p->warehouse,
                        STR("select min(day), max(day) from aforo_day where pipeline = $1"), params,
                        1, p->arena, &rows, d));
    if (warehouse_at(&rows, 0, 0)->type != WAREHOUSE_TEXT) {
        return fail(d, ERR_NOT_FOUND, "nothing is loaded yet; name days with --from and --to");
    }
    TRY(instant_parse(warehouse_at(&rows, 0, 0)->text, ret_from_us, d));
    TRY(instant_parse(warehouse_at(&rows, 0, 1)->text, ret_to_us, d));
    *ret_to_us += US_PER_DAY;
    return ERR_OK;
}

static enum err window_find(struct app *app, struct pipeline *p, int64_t *ret_from_us,
                            int64_t *ret_to_us, struct diag *d)
{
    const struct app_options *o = &app->options;
    if (o->day_us != INSTANT_NEVER) {
        *ret_from_us = o->day_us;
        *ret_to_us = o->day_us + US_PER_DAY;
        return ERR_OK;
    }
    *ret_from_us = o->from_us;
    *ret_to_us = o->to_us;
    if (o->from_us == INSTANT_NEVER || o->to_us == INSTANT_NEVER) {
        int64_t from_us, to_us;
        TRY(all_days(p, &from_us, &to_us, d));
        *ret_from_us = o->from_us == INSTANT_NEVER ? from_us : o->from_us;
        *ret_to_us = o->to_us == INSTANT_NEVER ? to_us : o->to_us;
    }
    if (*ret_from_us >= *ret_to_us) {
        return fail(d, ERR_INVALID,
                    "no day between --from and --to (--to is the day after the last)");
    }
    return ERR_OK;
}

enum err app_reconcile(struct app *app, int *ret_exit, struct diag *d)
{
    struct pipeline *p;
    struct reconcile_result result;
    int64_t from_us, to_us;
    TRY(app_open(app, &p, d));
    TRY(window_find(app, p, &from_us, &to_us, d));
    TRY(reconcile_run(p, from_us, to_us, p->arena, &result, d));
    struct buf table;
    buf_init(&table, p->arena, GIB);
    reconcile_table(&table, &result, app->options.lines_max);
    (void)fwrite(table.ptr, 1, table.len, stdout);
    *ret_exit = result.verdict == RECONCILE_DIFFERS ? APP_DIFFERS : APP_OK;
    return ERR_OK;
}
