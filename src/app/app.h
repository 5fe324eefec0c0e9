/* app.h -- What the commands of aforo-pipeline share: options, settings, the definition, and the
 * real adapters. */
#ifndef AFORO_APP_APP_H
#define AFORO_APP_APP_H

#include "app_options.h"
#include "config.h"
#include "pipeline/pipeline.h"

enum app_exit {
    APP_OK = 0,
    APP_DIFFERS = 1, /* what was compared is not equal, or what was begun could not be done */
    APP_USAGE = 2,   /* the command line, a setting or the definition is wrong */
    APP_MISSING = 3, /* something that is needed does not answer or is not there */
};

struct app {
    struct arena *arena; /* the process's */
    struct app_options options;
    struct config config;
    struct definition *def;
    struct rt *rt;
    struct log_sink log;
    struct pipeline_env env;
};
/* Options, settings and definition are read; nothing is connected yet. */
MUST_USE enum err app_init(struct app *app, struct arena *a, const struct app_options *options,
                           struct diag *d);
/* A pipeline of the main task, with its warehouse. */
MUST_USE enum err app_open(struct app *app, struct pipeline **ret_pipeline, struct diag *d);
int app_exit_of(enum err code);

/* The commands: what was found goes to stdout. ERR_OK and *ret_exit; failures are told by main. */
typedef enum err app_command_fn(struct app *app, int *ret_exit, struct diag *d);
app_command_fn app_run, app_reconcile, app_report, app_status;

#endif
