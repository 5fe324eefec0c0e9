/* report.h -- The daily report: reports/<name>/dt=YYYY-MM-DD/v=N/report.{json,csv,html}, versioned.
 * The same content never makes a new version; late data does. Each carries its provenance: code
 * version, hash of the raw objects that went in, path (warehouse), and the reconciliation's
 * verdict. Content is everything but version and time of making. JSON: docs/report-format.md. */
#ifndef AFORO_PIPELINE_REPORT_H
#define AFORO_PIPELINE_REPORT_H

#include "pipeline/pipeline.h"
#include "pipeline/reconcile.h"

struct report_result {
    uint32_t version; /* what is current now */
    bool is_new;      /* this call wrote it */
    enum reconcile_verdict verdict;
    struct str key_prefix; /* reports/daily/dt=2001-01-31/v=1/ */
    struct str html;       /* of the version in force; empty when it was there already */
};
/* Reconciles the day and reports it, whether it is closed or not. A day that differs raises a
 * critical alert first. ERR_LIMIT: a query gives more than a report holds.  ERR_INVALID: a query is
 * not SQL for this warehouse. */
MUST_USE enum err report_run(struct pipeline *p, int64_t day_us, struct arena *a,
                             struct report_result *ret_result, struct diag *d);

/* the daily worker: closes days, reconciles, reports, sends alerts */
struct reporting;
struct reporting *reporting_new(struct arena *a, struct pipeline *p);
/* One turn: alerts that wait are sent; every closed day whose rows or control totals have changed
 * since its report is reconciled and reported. A day whose differences may only be on their way
 * (objects that landed, or control totals that were written, less than the grace ago) is left for a
 * later turn, and one of which something could not be read is looked at again. *ret_idle_us as in
 * landing.h. */
MUST_USE enum err reporting_turn(struct reporting *r, int64_t *ret_idle_us, struct diag *d);
/* The last turn of a reporter that drains: nothing is on its way any more, days that were left are
 * reported as they are. */
MUST_USE enum err reporting_finish(struct reporting *r, struct diag *d);

#endif
