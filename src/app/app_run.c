/* app_run.c -- `aforo-pipeline run`: the workers, and with --create what they work on. */
#include "app.h"

#include <inttypes.h>
#include "aws/kinesis.h"
#include "aws/s3.h"
#include "base/instant.h"
#include "pipeline/worker.h"

/* A stream that is being made, or was made by another at the same moment, is waited for by the
 * workers. */
static enum err create(struct app *app, struct diag *d)
{
    struct arena *a = arena_child(app->arena, "create", ARENA_TASK_BYTES_MAX);
    struct pipeline *p;
    TRY(pipeline_open(a, &app->env, app->def, false, &p, d));
    enum err err = s3_create_bucket(&p->aws, app->def->bucket, a, d);
    if (err != ERR_OK) {
        return diag_context(d, "bucket %.*s", STR_ARG(app->def->bucket));
    }
    struct str status;
    err = kinesis_stream_status(&p->aws, app->def->stream, a, &status, d);
    if (err == ERR_NOT_FOUND) {
        diag_clear(d);
        err = kinesis_create_stream(&p->aws, app->def->stream, app->options.shards, a, d);
    }
    if (err == ERR_CONFLICT) {
        diag_clear(d);
        err = ERR_OK;
    }
    return err == ERR_OK ? ERR_OK : diag_context(d, "stream %.*s", STR_ARG(app->def->stream));
}

enum err app_run(struct app *app, int *ret_exit, struct diag *d)
{
    const struct app_options *o = &app->options;
    if (o->create) {
        TRY(create(app, d));
    }
    struct worker_options options = {.roles = o->roles,
                                     .index = o->worker_index,
                                     .count = o->worker_count,
                                     .drain_after_us = o->drain_us};
    *ret_exit = APP_OK;
    return worker_run(&app->env, app->def, &options, d);
}
