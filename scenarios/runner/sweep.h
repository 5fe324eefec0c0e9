/* sweep.h -- Many seeds of one scenario, over processes: a crash of the code under test is a
 * verdict, not the end of the sweep. Each seed runs twice, from nothing, and both trace hashes must
 * agree; where they do not, the verdict names the first decision in which two more runs differ.
 * Lives in the arena given. */
#ifndef AFORO_SCENARIOS_RUNNER_SWEEP_H
#define AFORO_SCENARIOS_RUNNER_SWEEP_H

#include "scenarios/runner/coverage.h"
#include "scenarios/runner/run.h"

struct sweep_seed { /* what came of one */
    uint64_t seed;
    enum verdict verdict;
    struct str story; /* valid during the call */
    uint64_t faults, crashes, acknowledged;
    int64_t virtual_us, cpu_us;
    /* one a fault rule; one an expectation. NULL: not known */
    const uint64_t *rule_fired;
    const bool *occurred;
    const enum run_standing *standings;
};
struct sweep_options {
    uint64_t seed_first, seed_last;
    /* Run first: seeds that failed once (distinct). Those of the range among them run once. */
    const uint64_t *corpus;
    size_t corpus_count;
    /* What an earlier sweep of this scenario has come to, by seed: taken as it is. */
    const struct sweep_seed *done;
    size_t done_count;
    unsigned jobs; /* processes at a time; 0: 1 */
    bool once;     /* each seed runs once: nothing is said about determinism */
    /* where the second run is made: in a new process of this command line (twice.h); NULL: here */
    const char *const *fresh;
    bool fail_fast; /* no new seeds after the first failure */
    bool real;      /* on threads and loopback HTTP (run_real): each seed once */
    int64_t speed;  /* of real runs, as in run_options */
    const char *conninfo;
    const char *pages;         /* of real runs: a folder for <scenario>-<seed>.html; NULL: none */
    struct coverage *coverage; /* gets what every seed's faults met; NULL: nobody asks */
    int64_t budget_us; /* no seed is begun past it, and what runs then is dropped; 0: none */
    void (*progress)(void *ctx, uint64_t done, uint64_t failed); /* NULL: silent */
    void *progress_ctx;
    void (*on_seed)(void *ctx, const struct sweep_seed *seed); /* as they end; NULL: nobody asks */
    void *on_seed_ctx;
};
struct sweep_failure {
    uint64_t seed;
    enum verdict verdict;
    struct str story;
};
struct sweep_result {
    enum verdict
        verdict; /* the worst of them: fail, then the others by their exit code, then unknown */
    uint64_t seeds, passed, failed, not_run;
    uint64_t undecided; /* seeds of which nothing can be said: neither passed nor failed */
    struct sweep_failure *failures; /* by seed, undecided ones too; SWEEP_FAILURES_MAX at most */
    size_t failure_count;
    struct run_counts counts; /* of all first runs together */
    uint64_t *rule_fired;     /* by fault rule */
    const char **rule_names;
    size_t rule_count;
    bool *occurred;         /* by expectation: in some seed */
    struct sweep_standing { /* by expectation: in how many seeds */
        uint64_t held, broken, not_reached;
    } * standings;
    struct str unknown; /* what kept it from proving anything; empty: nothing */
    int64_t elapsed_us, cpu_us, virtual_us;
};
#define SWEEP_FAILURES_MAX 1000
MUST_USE enum err sweep_run(struct arena *a, const struct scenario *scenario,
                            const struct sweep_options *options, struct sweep_result *ret_result,
                            struct diag *d);

#endif
