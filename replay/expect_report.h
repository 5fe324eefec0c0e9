/* expect_report.h -- A report that the pipeline once made, as what must come out. */
#ifndef AFORO_REPLAY_EXPECT_REPORT_H
#define AFORO_REPLAY_EXPECT_REPORT_H

#include "replay/expect.h"

/* The reconciled figures of a report.json (docs/report-format.md), as the text of an expectation
 * file. ERR_INVALID: no report of the pipeline; the report as CSV or HTML. */
MUST_USE enum err expect_of_report(struct arena *a, struct str report, struct str name,
                                   const struct definition *def, struct str *ret_text,
                                   struct diag *d);
/* Its queries, asked again of the warehouse, cell by cell. ERR_INVALID: the definition has no such
 * query. */
MUST_USE enum err expect_report_tables(struct arena *a, struct str report, struct str name,
                                       const struct definition *def, struct warehouse *w,
                                       struct expect_result *ret_result, struct diag *d);

#endif
