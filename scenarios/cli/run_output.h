/* run_output.h -- What `aforo run` tells while it runs, and to machines: progress on a terminal, a
 * line of JSON a seed, annotations for GitHub. */
#ifndef AFORO_SCENARIOS_CLI_RUN_OUTPUT_H
#define AFORO_SCENARIOS_CLI_RUN_OUTPUT_H

#include <stdio.h>
#include "scenarios/runner/sweep.h"

struct run_output {
    const struct scenario *scenario;
    uint64_t seeds;    /* of the sweep */
    int64_t began_us;  /* of the monotonic clock */
    FILE *jsonl;       /* NULL: none */
    size_t rule_count; /* of the scenario's faults */
};
int64_t run_output_now_us(void);
/* sweep_options.progress on a terminal, with the rate and how long it will take. ctx: run_output */
void run_progress(void *ctx, uint64_t done, uint64_t failed);
/* sweep_options.on_seed: a line of seed_files.h. ctx: run_output */
void run_jsonl(void *ctx, const struct sweep_seed *seed);
/* "::error file=...,title=...::story", one a failure, on stdout. */
void run_annotate(const struct scenario *scenario, const struct sweep_result *result);
/* Whether GitHub Actions runs this: it sets GITHUB_ACTIONS. */
bool run_is_in_github(void);

#endif
