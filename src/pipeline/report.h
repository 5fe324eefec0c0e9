/* report.h -- The daily report: reports/<name>/dt=YYYY-MM-DD/v=N/report.{json,csv,html}, versioned. The same content
 * never makes a new version; late data does. Each carries its provenance: code version, hash of the raw objects that
 * went in, path (warehouse), and the reconciliation's verdict. */
#ifndef AFORO_PIPELINE_REPORT_H
#define AFORO_PIPELINE_REPORT_H

#include "pipeline/pipeline.h"
#include "pipeline/reconcile.h"

struct report_result {
    uint32_t version;           /* what is current now */
    bool is_new;                /* this call wrote it */
    struct str key_prefix;      /* reports/daily/dt=2001-01-31/v=1/ */
    struct str html;            /* of the version in force; empty when it was there already */
};
MUST_USE enum err report_run(struct pipeline *p, int64_t day_us, struct arena *a, struct report_result *ret_result,
                             struct diag *d);

struct reporting;               /* the daily worker: closes days, reconciles, reports, raises alerts */
struct reporting *reporting_new(struct arena *a, struct pipeline *p);
MUST_USE enum err reporting_turn(struct reporting *r, int64_t *ret_idle_us, struct diag *d);

#endif
