/* main.c -- aforo-pipeline: a command, its options, an exit code. */
#include <stdio.h>

#include "adapter/signals.h"
#include "app.h"

static const struct {
    const char *name;
    app_command_fn *run;
} COMMANDS[] = {
    {"run", app_run}, {"reconcile", app_reconcile}, {"report", app_report}, {"status", app_status}};

static app_command_fn *command_find(struct str name)
{
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (str_eq(name, str_of(COMMANDS[i].name))) {
            return COMMANDS[i].run;
        }
    }
    return NULL;
}

static int tell(const struct diag *d, struct str command)
{
    fprintf(stderr, "aforo-pipeline%s%.*s: %s\n", command.len > 0 ? " " : "", STR_ARG(command),
            d->msg);
    return app_exit_of(d->code);
}

/* A file that is not there is a mistake of the command line, not a service that is away. */
static int tell_usage(const struct diag *d, struct str command)
{
    (void)tell(d, command);
    fprintf(stderr, "See: aforo-pipeline %.*s --help\n",
            STR_ARG(command.len > 0 ? command : STR("run")));
    return APP_USAGE;
}

static int command_run(struct arena *a, const struct app_options *options, app_command_fn *run)
{
    struct diag d = DIAG_INIT;
    struct app app;
    int result = APP_OK;
    if (app_init(&app, a, options, &d) != ERR_OK) {
        return tell_usage(&d, options->command);
    }
    struct signals *signals;
    if (signals_watch(a, app.rt, &signals, &d) != ERR_OK) {
        return tell(&d, options->command);
    }
    enum err err = run(&app, &result, &d);
    signals_stop(signals);
    return err == ERR_OK ? result : tell(&d, options->command);
}

int main(int argc, char **argv)
{
    struct diag d = DIAG_INIT;
    struct app_options options;
    if (app_options_read(argc, argv, &options, &d) != ERR_OK) {
        return tell_usage(&d, STR_EMPTY);
    }
    if (options.version) {
        puts("aforo-pipeline " AFORO_VERSION);
        return APP_OK;
    }
    if (options.help) {
        fputs(app_help(options.command), stdout);
        return APP_OK;
    }
    app_command_fn *run = command_find(options.command);
    if (run == NULL) {
        if (options.command.len > 0) {
            fprintf(stderr, "aforo-pipeline: there is no command \"%.*s\"\n\n",
                    STR_ARG(options.command));
        }
        fputs(app_help(STR_EMPTY), stderr);
        return APP_USAGE;
    }
    signals_block();
    struct arena *a = arena_new("aforo-pipeline", 4 * ARENA_PROCESS_BYTES_MAX);
    int result = command_run(a, &options, run);
    arena_free(a);
    return result;
}
