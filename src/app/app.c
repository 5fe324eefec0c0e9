/* app.c -- The real adapters under the pipeline: threads, libcurl, SQLite or PostgreSQL. */
#include "app.h"

#include <stdio.h>
#include "adapter/http_curl.h"
#include "adapter/rt_threads.h"
#include "adapter/warehouse_postgres.h"
#include "adapter/warehouse_sqlite.h"

#define SQLITE_BUSY_MS 10000

static enum err transport_open(void *ctx, struct arena *a, struct transport **ret_transport,
                               struct diag *d)
{
    const struct app *app = ctx;
    struct str ca_file = app->config.ca_file;
    struct http_curl_options options = {.ca_file = ca_file.len == 0 ? NULL : str_z(a, ca_file)};
    return http_curl_new(a, app->rt, &options, ret_transport, d);
}

static enum err warehouse_open(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                               struct diag *d)
{
    const struct app *app = ctx;
    struct str where = app->config.warehouse;
    if (str_starts(where, STR("sqlite:"))) {
        struct warehouse_sqlite_options options = {
            .path = str_z(a, str_from(where, STR("sqlite:").len)),
            .busy_ms = SQLITE_BUSY_MS,
            .durable = true};
        return warehouse_sqlite_open(a, &options, ret_warehouse, d);
    }
    return warehouse_postgres_open(a, str_z(a, where), ret_warehouse, d);
}

static enum err warehouse_check(struct str where, struct diag *d)
{
    if (where.len == 0) {
        return fail(d, ERR_INVALID, "no warehouse: --warehouse sqlite:PATH or postgresql://...");
    }
    bool sqlite = str_starts(where, STR("sqlite:")) && where.len > STR("sqlite:").len;
    bool postgres =
        str_starts(where, STR("postgresql://")) || str_starts(where, STR("postgres://"));
    if (!sqlite && !postgres) {
        return fail(d, ERR_INVALID,
                    "--warehouse: expected sqlite:PATH or postgresql://..., not '%.*s'",
                    STR_ARG(str_slice(where, 0, str_find(where, ':'))));
    }
    return ERR_OK;
}

static void log_write(void *ctx, struct str line)
{
    (void)ctx;
    (void)fwrite(line.ptr, 1, line.len, stderr); /* one call a line: lines stay whole */
}

enum err app_init(struct app *app, struct arena *a, const struct app_options *options,
                  struct diag *d)
{
    *app = (struct app){.arena = a, .options = *options};
    struct config_options wanted = {options->config_file, options->warehouse, options->log_level};
    if (options->definition.len == 0) {
        return fail(d, ERR_INVALID, "--definition is missing");
    }
    struct str text;
    TRY(config_file_read(a, options->definition, &text, d));
    TRY(definition_read(a, text, options->definition, &app->def, d));
    TRY(config_read(a, &wanted, &app->config, d));
    TRY(warehouse_check(app->config.warehouse, d));
    app->config.aws.user_agent = STR("aforo-pipeline/" AFORO_VERSION);
    app->rt = rt_threads_new(a, 0);
    app->log = (struct log_sink){.level = app->config.log_level, .write = log_write};
    app->env = (struct pipeline_env){.rt = app->rt,
                                     .arena = a,
                                     .aws = &app->config.aws,
                                     .log = &app->log,
                                     .ctx = app,
                                     .transport_open = transport_open,
                                     .warehouse_open = warehouse_open,
                                     .code_version = STR(AFORO_VERSION)};
    return ERR_OK;
}

enum err app_open(struct app *app, struct pipeline **ret_pipeline, struct diag *d)
{
    struct arena *a = arena_child(app->arena, "command", ARENA_PROCESS_BYTES_MAX);
    return pipeline_open(a, &app->env, app->def, true, ret_pipeline, d);
}

int app_exit_of(enum err code)
{
    switch (code) {
    case ERR_OK:
        return APP_OK;
    case ERR_INVALID:
    case ERR_UNSUPPORTED:
    case ERR_LIMIT:
        return APP_USAGE;
    case ERR_NOT_FOUND:
    case ERR_DENIED:
    case ERR_THROTTLED:
    case ERR_UNAVAILABLE:
    case ERR_UNKNOWN:
        return APP_MISSING;
    case ERR_CONFLICT:
    case ERR_CORRUPT:
    case ERR_CANCELLED:
    case ERR_INTERNAL:
    case ERR_COUNT:
        break;
    }
    return APP_DIFFERS;
}
