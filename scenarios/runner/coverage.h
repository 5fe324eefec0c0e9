/* coverage.h -- Which faults have met which operations, over all seeds of all files of one command:
 * a cell is a rule, an operation that it was about, and what it would do to it. A cell that is
 * never hit proves nothing. Counted by the processes of a sweep, each in its own part of memory
 * that they share with their parent, so that a process that crashes takes nothing with it. */
#ifndef AFORO_SCENARIOS_RUNNER_COVERAGE_H
#define AFORO_SCENARIOS_RUNNER_COVERAGE_H

#include "base/buf.h"
#include "scenarios/runner/run.h"

#define COVERAGE_CELLS_MAX 4096
#define COVERAGE_TEXT_BYTES_MAX 64
struct coverage_cell {
    char rule[COVERAGE_TEXT_BYTES_MAX], call[COVERAGE_TEXT_BYTES_MAX]; /* s3:PutObject */
    char error[COVERAGE_TEXT_BYTES_MAX];
    enum fault_phase phase;
    uint64_t matched, fired;
};
struct coverage;
/* Ends with the arena. ERR_LIMIT: no memory to share. */
MUST_USE enum err coverage_new(struct arena *a, struct coverage **ret_coverage, struct diag *d);
/* In the process of job `job` (below 64). Cells past the cap are left out. */
void coverage_add(struct coverage *c, unsigned job, const struct run_cell *cells, size_t count);
/* A rule that was declared and met no operation at all is a cell that is never hit. */
void coverage_declare(struct coverage *c, const char *rule, enum fault_phase phase);

struct coverage_table { /* of all jobs together, by call, phase, error, rule */
    const struct coverage_cell *cells;
    size_t count, hit;
};
void coverage_read(const struct coverage *c, struct arena *a, struct coverage_table *ret_table);
/* For a terminal: what was never hit, and the operations with their sums. */
void coverage_text(struct buf *out, const struct coverage_table *table);
void coverage_json(struct buf *out, const struct coverage_table *table);
/* One page that needs nothing else: operations down, what is done to them across. */
void coverage_page(struct buf *out, const struct coverage_table *table);

#endif
