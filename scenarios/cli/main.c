#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_demo, &cli_run,    &cli_replay, &cli_tally,     &cli_merge, &cli_inspect,
    &cli_diff, &cli_bisect, &cli_record, &cli_anonymise, &cli_serve, &cli_ca,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void help_write(FILE *to)
{
    fputs("aforo simulates an AWS data pipeline, breaks it, replays it, and proves by counts that "
          "nothing was lost.\n\n"
          "usage: aforo COMMAND [OPTIONS]\n\n",
          to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nexamples:\n"
          "  aforo serve                                     Kinesis, S3, SNS and STS on "
          "http://127.0.0.1:4566\n"
          "  AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws kinesis list-streams\n"
          "  aforo serve --help                              every option of a command\n"
          "  aforo --version\n",
          to);
}

static const struct cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        help_write(stdout);
        return CLI_OK;
    }
    if (strcmp(name, "--version") == 0) {
        puts("aforo " AFORO_VERSION);
        return CLI_OK;
    }
    const struct cli_command *command = command_find(name);
    if (command == NULL) {
        if (argc > 1) {
            fprintf(stderr, "aforo: there is no command \"%s\"\n\n", name);
        }
        help_write(stderr);
        return CLI_USAGE;
    }
    if (asks_for_help(argc - 1, argv + 1)) {
        fputs(command->help, stdout);
        return CLI_OK;
    }
    return command->run(argc - 1, argv + 1);
}

/* ---- what the commands share ---- */

int cli_usage(const struct cli_command *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "aforo %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nSee: aforo %s --help\n", command->name);
    return CLI_USAGE;
}

int cli_failed(const struct cli_command *command, const struct diag *d)
{
    fprintf(stderr, "aforo %s: %s\n", command->name, d->msg);
    return CLI_FAILED;
}

int cli_bad_option(const struct cli_command *command, int argc, char **argv, int found)
{
    const char *option = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    return cli_usage(command, found == ':' ? "%s needs a value" : "there is no option %s", option);
}

enum err cli_number(const char *option, const char *text, uint64_t max, uint64_t *ret_value,
                    struct diag *d)
{
    uint64_t value;
    if (str_u64(str_of(text), &value, d) != ERR_OK || value > max) {
        diag_clear(d);
        return fail(d, ERR_INVALID, "--%s takes a whole number from 0 to %llu, not \"%s\"", option,
                    (unsigned long long)max, text);
    }
    *ret_value = value;
    return ERR_OK;
}
