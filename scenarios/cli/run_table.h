/* run_table.h -- What people see of `aforo run`: a line a failure, and the table of all files. */
#ifndef AFORO_SCENARIOS_CLI_RUN_TABLE_H
#define AFORO_SCENARIOS_CLI_RUN_TABLE_H

#include "scenarios/runner/sweep.h"

struct run_report { /* of one file */
    const struct scenario *scenario;
    bool real;
    const char *exec; /* the command in the place of the file's process; NULL: none */
    struct sweep_result result;
};
void run_stories_print(const struct run_report *report);
void run_table_print(const struct run_report *reports, size_t count);

#endif
