/* report_parts.h -- A report while it is made: what it says, and the three ways of writing it down.
 * Private to report*.c. */
#ifndef AFORO_PIPELINE_REPORT_PARTS_H
#define AFORO_PIPELINE_REPORT_PARTS_H

#include "pipeline/report.h"
#include "pipeline/report_table.h"

#define REPORT_ROWS_MAX 10000           /* of one query */
#define REPORT_TEXT_BYTES_MAX (4 * MIB) /* of all cells */
#define REPORT_BYTES_MAX (96 * MIB)     /* one of the three files */

struct report_content {
    const struct definition *def;
    struct str day; /* "2001-01-31" */
    int64_t day_us;
    struct report_table *tables; /* as the definition's queries */
    struct str code_version;
    struct str manifest_sha256; /* of "key etag" lines, in order */
    size_t raw_objects;
    enum reconcile_verdict verdict;
    const struct reconcile_line *lines; /* of this day and its dimension, those that differ first */
    size_t line_count, differing;
    uint32_t version;     /* no content */
    int64_t generated_us; /* no content */
};
/* The day's report, given its reconciliation: claims a version, publishes, notes it. `changes` and
 * `control` are those that were read before reconciling. */
#define REPORT_UNFINISHED (-1)
struct report_day {
    int64_t day_us;
    int64_t changes;    /* REPORT_UNFINISHED: to be looked at again although nothing comes */
    struct str control; /* report_control_hash of the day's control totals */
};
MUST_USE enum err report_publish(struct pipeline *p, const struct report_day *day,
                                 const struct reconcile_result *reconciled, struct arena *a,
                                 struct report_result *ret_result, struct diag *d);
/* The alert of a day that differs, in a transaction of its own. */
MUST_USE enum err report_alert(struct pipeline *p, const struct reconcile_day *day,
                               const struct reconcile_result *reconciled, struct arena *a,
                               struct diag *d);
struct str report_day_text(struct arena *a, int64_t day_us);
/* Adds one listed control file to a day's hash; start with the empty text. */
struct str report_control_hash(struct arena *a, struct str hash, struct str key, struct str etag);

MUST_USE enum err report_gather(struct pipeline *p, int64_t day_us, struct arena *a,
                                struct report_content *ret_content, struct diag *d);
void report_json(struct buf *out, const struct report_content *c);
void report_csv(struct buf *out, const struct report_content *c);
void report_html(struct buf *out, const struct report_content *c);
/* SHA-256 of the content, hex */
struct str report_identity(struct arena *a, const struct report_content *c);
/* an SVG element; nothing where it cannot be drawn */
void report_chart(struct buf *out, const struct report_table *t);
bool report_is_number(struct str text);                 /* 12, -3, 4.50 */
bool report_is_whole(struct str text);                  /* 12, -3: at most 18 digits */
void report_number(struct buf *out, struct str number); /* 1234567.50 as 1,234,567.50 */
/* delay_minutes as Delay minutes, for HTML */
void report_label(struct buf *out, struct str column);

#endif
