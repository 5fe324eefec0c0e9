/* aggregate_run.h -- A source through the production decoder into an aggregate, by several tasks.
 */
#ifndef AFORO_REPLAY_AGGREGATE_RUN_H
#define AFORO_REPLAY_AGGREGATE_RUN_H

#include "replay/aggregate.h"
#include "replay/player.h"
#include "replay/reader.h"
#include "replay/selection.h"
#include "seam/rt.h"

#define AGGREGATE_THREADS_MAX 256
#define AGGREGATE_MORE_MAX 64

struct aggregate_progress {
    uint64_t objects, bytes, raw_bytes, records; /* bytes: as stored */
};
struct aggregate_run_options {
    struct reader_form format;
    unsigned threads; /* tasks that read and decode; 1..AGGREGATE_THREADS_MAX */
    struct rt *rt;
    const struct selection *selection;
    const struct aggregate_plan *more;  /* plans beside the first, of the same pass */
    size_t more_count;                  /* at most AGGREGATE_MORE_MAX */
    bool strict;                        /* the first object that cannot be read ends the run */
    struct aggregate_options aggregate; /* memory: of all tasks together */
    void (*progress)(void *ctx, const struct aggregate_progress *so_far); /* NULL: silent */
    void *progress_ctx;
};
struct aggregate_run_result {
    struct aggregate_result result;
    struct aggregate_result *more; /* one a plan of options.more; counts of records only */
    struct aggregate_progress done;
    struct player_problem
        *problems; /* in the objects' order; nothing is counted of objects that cannot be read */
    size_t problem_count;
};
/* An object that cannot be read becomes a problem, unless the run is strict; so does one that has
 * not as many records or bytes as its manifest says, and is counted all the same. One that is found
 * to be bad when some of it is counted: then all others are counted again, so that nothing of it is
 * in the result. The rest as of source and aggregate. */
MUST_USE enum err aggregate_run(struct arena *a, const struct definition *def,
                                const struct aggregate_plan *plan, const struct source *source,
                                const struct aggregate_run_options *options,
                                struct aggregate_run_result *ret_result, struct diag *d);

#endif
