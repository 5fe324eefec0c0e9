/* reconcile.h -- Three ways to one number: the source's control totals, raw in S3, and the
 * warehouse with its quarantine and duplicates; by day and dimension. Names the hop where they
 * part. Source: control/<pipeline>/dt=.../<who>.json (tally_write's format, one file per producer
 * and day, added up): events that are valid, each once. Raw is decoded again, independently of what
 * loading noted.
 *
 * Which raw objects are read again: those that arrived from the day before a day in question to two
 * days after it, those that its rows or its quarantine name, those that are not loaded, and those
 * of which the warehouse has another number of records than it noted when it loaded them. The
 * warehouse is read in one snapshot, after S3 was listed. */
#ifndef AFORO_PIPELINE_RECONCILE_H
#define AFORO_PIPELINE_RECONCILE_H

#include "pipeline/pipeline.h"
#include "pipeline/tally.h"

enum reconcile_verdict {
    RECONCILE_MATCH,
    RECONCILE_DIFFERS,
    RECONCILE_NO_SOURCE /* raw and warehouse agree; no control totals */
};
struct reconcile_line {
    struct str window; /* "2001-01-31", or "2001-01-31/DTW" */
    /* "count", "sum(delay)", "min(delay)"; "records", "records in raw/...": all that is accounted
     * for */
    struct str measure;
    struct str source, raw, warehouse; /* decimals as text; "-" where there is none to compare */
    /* "" when equal; "source-raw", "raw-warehouse", or both joined by ", ": where it was lost or
     * doubled */
    struct str hop;
};
struct reconcile_day {
    int64_t day_us;
    enum reconcile_verdict verdict;
    size_t differing;                   /* lines */
    bool source_parts, warehouse_parts; /* at which hops */
    /* What may only be on its way: when the oldest object landed that has records of this day and
     * is not loaded yet; when its newest control totals were written, and its newest object landed.
     * INSTANT_NEVER: there is none. */
    int64_t unloaded_since_us, told_us, landed_us;
};
struct reconcile_result {
    /* NO_SOURCE: nothing differs, and a day has no control totals */
    enum reconcile_verdict verdict;
    struct reconcile_line *lines; /* those that differ first, then by window and measure */
    size_t count, differing;
    struct reconcile_day *days; /* as asked for, in order */
    size_t day_count;
    /* of the raw objects that were read again, and what the warehouse has of them */
    uint64_t raw_records, raw_objects, rows, duplicates, quarantined, filtered;
    /* Objects and control totals that are there and could not be read. */
    size_t unread;
};
#define RECONCILE_DAYS_MAX 40000
/* from inclusive, to exclusive: event days (UTC midnights). */
MUST_USE enum err reconcile_run(struct pipeline *p, int64_t from_us, int64_t to_us, struct arena *a,
                                struct reconcile_result *ret_result, struct diag *d);
/* The same for single days, ascending, in one pass over raw. ERR_LIMIT: over RECONCILE_DAYS_MAX. */
MUST_USE enum err reconcile_days(struct pipeline *p, const int64_t *days, size_t count,
                                 struct arena *a, struct reconcile_result *ret_result,
                                 struct diag *d);
/* "match", "differs", "no_source" */
struct str reconcile_verdict_name(enum reconcile_verdict verdict);
/* aligned, for people */
void reconcile_table(struct buf *out, const struct reconcile_result *r, size_t lines_max);

#endif
