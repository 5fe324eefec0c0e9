/* run_parts.h -- What the files of the page share. Private. */
#ifndef AFORO_SCENARIOS_REPORT_RUN_PARTS_H
#define AFORO_SCENARIOS_REPORT_RUN_PARTS_H

#include "run_page.h"

/* run_lanes.c: the drawing, for readers without a script */
void lanes_write(struct buf *out, const struct run_page *page, struct arena *scratch);
void lanes_legend(struct buf *out, const struct run_page *page, struct arena *scratch);
/* run_facts.c: the same as JSON, safe inside of a script element */
void facts_write(struct buf *out, const struct run_page *page, struct arena *scratch);

/* run_page.c */
void html_add(struct buf *out, struct str text);
void html_moment(struct buf *out, const struct run_page *page, int64_t since_us);

#endif
