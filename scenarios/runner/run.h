/* run.h -- One scenario, one seed: builds the world, runs it, judges it. */
#ifndef AFORO_SCENARIOS_RUNNER_RUN_H
#define AFORO_SCENARIOS_RUNNER_RUN_H

#include "pipeline/reconcile.h"
#include "scenarios/runner/scenario.h"

enum verdict {
    VERDICT_PASS = 0,
    VERDICT_FAIL = 1,
    VERDICT_BAD_INPUT = 2,
    VERDICT_LIVENESS = 3,
    VERDICT_NOT_DETERMINISTIC = 4,
    VERDICT_CRASH = 5,
    VERDICT_UNKNOWN = 6
};                  /* also the exit codes */
enum run_standing { /* of an expectation, in one run or in all of a sweep's */
                    STANDING_NOT_REACHED,
                    STANDING_HELD,
                    STANDING_BROKEN
};
struct run_counts {
    uint64_t produced, acknowledged, raw_objects, raw_records, rows, duplicates, quarantined,
        filtered, alerts, reports;
    uint64_t calls, crashes, faults_fired;
    uint64_t faults_by_phase[FAULT_PHASE_COUNT];
};
struct run_cell {
    struct str rule, service, operation, error; /* error empty: the service's own, or none */
    enum fault_phase phase;
    uint64_t matched, fired;
};
struct run_result {
    enum verdict verdict;
    uint64_t seed;
    char trace[33];
    /* of the trace: how many decisions, and what it was after every 4,096th (sim.h) */
    uint64_t decisions;
    const uint64_t *checkpoints;
    size_t checkpoint_count;
    struct str story; /* the first expectation that failed, in one line; empty: passed */
    /* what failed in which way, for "the same failure": "conservation lost"; empty: passed */
    struct str cause;
    struct run_counts counts;
    uint64_t *rule_fired;   /* one a fault rule */
    struct run_cell *cells; /* what each rule had to do with each operation */
    size_t cell_count;
    bool *occurred;               /* one an expectation of `sometimes` */
    enum run_standing *standings; /* one an expectation */
    struct json *plan; /* the faults that fired, as coordinates, when asked for; else NULL */
    int64_t virtual_us, cpu_us;
};
/* What there is to see at the end, with every actor dead: valid during the call only. */
struct run_view {
    const struct scenario *scenario;
    const struct run_result *result;
    const struct emulator *emulator;
    const struct fault_plan *faults;
    struct warehouse *warehouse;                   /* a session that no fault touches */
    const struct reconcile_result *reconciliation; /* of every day that has rows */
};
/* What a simulated run leaves for the next one of the same scenario in this process: stacks, and
 * an empty database with its sessions. A run on it is the very same as one from nothing (a sweep
 * that runs its seeds twice compares the two). Lives in the arena given. */
struct run_reuse;
struct run_reuse *run_reuse_new(struct arena *a, const struct scenario *scenario);
struct run_options {
    bool keep_plan;                   /* fill plan */
    struct run_reuse *reuse;          /* run_simulated alone; NULL: nothing is left over */
    const char *trace_file;           /* every decision as a line; NULL: none */
    uint64_t trace_first, trace_last; /* those alone, from 1; 0, 0: all */
    const char *page_file;            /* the run as an HTML page; NULL: none */
    /* NULL: nobody looks. What it returns is the run's result. */
    enum err (*inspect)(void *ctx, const struct run_view *view, struct diag *d);
    void (*progress)(void *ctx, int64_t since_us); /* at every check; NULL: silent */
    void *ctx;                                     /* of both */
    /* run_real alone */
    int64_t speed;        /* of the world's clock, wall = 1; 0: RUN_SPEED_DEFAULT */
    const char *conninfo; /* of a PostgreSQL; NULL: SQLite */
};
const char *verdict_name(enum verdict v); /* "pass", "fail" ... */
/* Simulated. Everything in the result lives in `a`. */
MUST_USE enum err run_simulated(struct arena *a, const struct scenario *scenario, uint64_t seed,
                                const struct run_options *options, struct run_result *ret_result,
                                struct diag *d);
/* The same file on threads over loopback HTTP: an emulator front, libcurl, and SQLite in a file or
 * a PostgreSQL. The world's clock runs faster than the wall, so that every duration keeps its
 * proportion. Not reproducible. ERR_UNSUPPORTED: a trace was asked for. */
#define RUN_SPEED_DEFAULT 60
MUST_USE enum err run_real(struct arena *a, const struct scenario *scenario, uint64_t seed,
                           const struct run_options *options, struct run_result *ret_result,
                           struct diag *d);

#endif
