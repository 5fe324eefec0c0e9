/* app_report.c -- `aforo-pipeline report`: one day's report, made now. */
#include "app.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "aws/s3.h"
#include "base/instant.h"
#include "pipeline/report.h"

static enum err page_write(struct pipeline *p, struct str path, const struct report_result *result,
                           struct diag *d)
{
    struct str page = result->html;
    if (page.len == 0) {
        struct s3_object object;
        struct str key = str_printf(p->arena, "%.*sreport.html", STR_ARG(result->key_prefix));
        TRY(s3_get(&p->aws, p->def->bucket, key, p->arena, &object, d));
        page = object.body;
    }
    FILE *file = fopen(str_z(p->arena, path), "wb");
    if (file == NULL) {
        return fail(d, ERR_INVALID, "%.*s: %s", STR_ARG(path), strerror(errno));
    }
    bool written = fwrite(page.ptr, 1, page.len, file) == page.len;
    written = fclose(file) == 0 && written;
    return written ? ERR_OK : fail(d, ERR_INTERNAL, "%.*s: not written", STR_ARG(path));
}

enum err app_report(struct app *app, int *ret_exit, struct diag *d)
{
    struct pipeline *p;
    struct report_result result;
    if (app->options.day_us == INSTANT_NEVER) {
        return fail(d, ERR_INVALID, "--day is missing");
    }
    TRY(app_open(app, &p, d));
    TRY(report_run(p, app->options.day_us, p->arena, &result, d));
    printf("version %" PRIu32 "%s, reconciliation: %.*s\ns3://%.*s/%.*sreport.html\n",
           result.version, result.is_new ? " (new)" : " (unchanged)",
           STR_ARG(reconcile_verdict_name(result.verdict)), STR_ARG(p->def->bucket),
           STR_ARG(result.key_prefix));
    if (app->options.html.len > 0) {
        TRY(page_write(p, app->options.html, &result, d));
    }
    *ret_exit = result.verdict == RECONCILE_DIFFERS ? APP_DIFFERS : APP_OK;
    return ERR_OK;
}
