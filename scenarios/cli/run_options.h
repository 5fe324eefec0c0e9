/* run_options.h -- The command line of `aforo run`: its words, and what they ask for. */
#ifndef AFORO_SCENARIOS_CLI_RUN_OPTIONS_H
#define AFORO_SCENARIOS_CLI_RUN_OPTIONS_H

#include <stdio.h>
#include "cli.h"
#include "scenarios/runner/shrink.h"
#include "scenarios/runner/sweep.h"

struct run_arguments {
    struct sweep_options sweep;
    struct shrink_options shrink;
    bool seeds_given, quiet, annotate, shrink_all, shrink_none;
    bool coverage_required, collect, dry;
    unsigned speed; /* 0: the default */
    const char *coverage, *junit, *plan, *trace, *keep, *report, *exec, *capture, *write;
    const char *fingerprint;
    bool fresh;                       /* the second run of a seed in a new process */
    uint64_t trace_first, trace_last; /* of `trace`; 0, 0: all of it */
    const char *jsonl_path, *corpus;
    bool resume; /* what jsonl_path holds already is not run again */
    FILE *jsonl;
    const char **files;
    size_t file_count;
};
extern const char run_help[];
#define RUN_OPTIONS_MAX 64
void run_options_list(struct option *ret_list); /* for getopt_long; RUN_OPTIONS_MAX of them */
/* What getopt_long found of that list. ERR_INVALID: its value. */
MUST_USE enum err run_option_take(struct run_arguments *args, int option, const char *value,
                                  struct diag *d);

#endif
