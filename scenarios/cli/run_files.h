/* run_files.h -- The scenario files of `aforo run`, as its command line wants them. */
#ifndef AFORO_SCENARIOS_CLI_RUN_FILES_H
#define AFORO_SCENARIOS_CLI_RUN_FILES_H

#include "run_options.h"

/* With the program, plan and capture of the command line; its seeds where none were given. */
MUST_USE enum err run_file_read(struct arena *a, const struct run_arguments *args, const char *file,
                                struct sweep_options *sweep, struct scenario **ret_scenario,
                                struct diag *d);
/* Runs nothing: a line a file with what is in it, or with what is wrong. The exit code. */
int run_files_check(struct arena *a, const struct run_arguments *args);

#endif
