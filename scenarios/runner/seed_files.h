/* seed_files.h -- What a sweep leaves for the next one. A corpus: seeds that failed once, a line
 * "SCENARIO SEED" each, run first from then on. A log: a line of JSON a seed, as they end, from
 * which a sweep that was broken off goes on. */
#ifndef AFORO_SCENARIOS_RUNNER_SEED_FILES_H
#define AFORO_SCENARIOS_RUNNER_SEED_FILES_H

#include <stdio.h>
#include "scenarios/runner/sweep.h"

#define CORPUS_SEEDS_MAX 4096
/* The seeds of this scenario, in order, each once. No file: none. ERR_INVALID names the line. */
MUST_USE enum err corpus_read(struct arena *a, const char *path, struct str scenario,
                              const uint64_t **ret_seeds, size_t *ret_count, struct diag *d);
/* Adds the failures that are not there yet. */
MUST_USE enum err corpus_add(struct arena *a, const char *path, struct str scenario,
                             const struct sweep_result *result, struct diag *d);

/* {"scenario","file","seed","verdict","story","faults","crashes","acknowledged","virtual_us",
 * "cpu_us","fired":[...],"occurred":[...],"standings":[...]} and a newline. */
void seed_log_write(FILE *file, const struct scenario *scenario, const struct sweep_seed *seed,
                    size_t rule_count);
/* What the log says of this scenario's seeds in [first, last], by seed, each once. A last line that
 * was cut off is no line. No file: none. ERR_INVALID: a seed ran with other rules or expectations.
 */
struct seed_range {
    uint64_t first, last;
    size_t rule_count; /* of the scenario's faults */
};
MUST_USE enum err seed_log_read(struct arena *a, const char *path, const struct scenario *scenario,
                                const struct seed_range *range, const struct sweep_seed **ret_seeds,
                                size_t *ret_count, struct diag *d);

#endif
