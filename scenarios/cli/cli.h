/* cli.h -- The commands of the `aforo` program: one table, one function a command.
 * A command gets its own arguments (argv[0] is its name), writes results to stdout and troubles to
 * stderr, and returns the exit code. */
#ifndef AFORO_SCENARIOS_CLI_CLI_H
#define AFORO_SCENARIOS_CLI_CLI_H

#include <getopt.h>
#include "base/str.h"

/* Exit codes of every command. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,  /* what was asked for did not hold, or could not be done */
    CLI_USAGE = 2,   /* the command line is wrong */
    CLI_UNKNOWN = 3, /* neither held nor failed: a fault that should have fired did not */
};

struct cli_command {
    const char *name;
    const char *summary; /* one line of `aforo --help` */
    const char *help;    /* all of `aforo NAME --help`, with examples */
    int (*run)(int argc, char **argv);
};
extern const struct cli_command cli_ca;
extern const struct cli_command cli_demo;
extern const struct cli_command cli_run;
extern const struct cli_command cli_serve;
extern const struct cli_command cli_replay;
extern const struct cli_command cli_tally;
extern const struct cli_command cli_merge;
extern const struct cli_command cli_diff;
extern const struct cli_command cli_inspect;
extern const struct cli_command cli_record;
extern const struct cli_command cli_bisect;
extern const struct cli_command cli_anonymise;

/* "aforo NAME: message" on stderr; returns CLI_USAGE, respectively CLI_FAILED. */
int cli_usage(const struct cli_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
int cli_failed(const struct cli_command *command, const struct diag *d);
/* What getopt_long found wrong ('?' or ':'), in the same words everywhere. Use "+:" first in its
 * short options. */
int cli_bad_option(const struct cli_command *command, int argc, char **argv, int found);
/* A whole number of an option. */
MUST_USE enum err cli_number(const char *option, const char *text, uint64_t max,
                             uint64_t *ret_value, struct diag *d);

#endif
