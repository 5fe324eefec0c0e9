/* reconcile.h -- Three ways to one number: the source's control totals, raw in S3, and the warehouse with its quarantine
 * and duplicates; by day and dimension. Names the hop where they part. Source: control/<pipeline>/dt=.../<who>.json
 * (tally_write's format, one file per producer and day, added up). Raw is decoded again, independently of what loading noted. */
#ifndef AFORO_PIPELINE_RECONCILE_H
#define AFORO_PIPELINE_RECONCILE_H

#include "pipeline/pipeline.h"
#include "pipeline/tally.h"

enum reconcile_verdict { RECONCILE_MATCH, RECONCILE_DIFFERS, RECONCILE_NO_SOURCE /* raw and warehouse agree; no control totals */ };
struct reconcile_line {
    struct str window;          /* "2001-01-31", or "2001-01-31/DTW" */
    struct str measure;         /* "count", "sum(delay)" */
    struct str source, raw, warehouse; /* decimals as text; source "-" when there is none */
    struct str hop;             /* "" when equal; "source-raw" or "raw-warehouse": where it was lost or doubled */
};
struct reconcile_result {
    enum reconcile_verdict verdict;
    struct reconcile_line *lines;   /* those that differ first, then by window and measure */
    size_t count, differing;
    uint64_t raw_records, raw_objects, rows, duplicates, quarantined, filtered;
};
/* from inclusive, to exclusive: event days (UTC midnights). */
MUST_USE enum err reconcile_run(struct pipeline *p, int64_t from_us, int64_t to_us, struct arena *a,
                                struct reconcile_result *ret_result, struct diag *d);
void reconcile_table(struct buf *out, const struct reconcile_result *r, size_t lines_max); /* aligned, for people */

#endif
