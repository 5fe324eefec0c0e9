/* run_page.h -- A run as one HTML page: what failed in words, a timeline, the faults, the records
 * and where each copy went. Needs no network; can be read without a script and in print. */
#ifndef AFORO_SCENARIOS_REPORT_RUN_PAGE_H
#define AFORO_SCENARIOS_REPORT_RUN_PAGE_H

#include "scenarios/oracle/oracle.h"
#include "timeline.h"

#define RUN_PAGE_BYTES_MAX ((size_t)16 << 20)

struct run_page_count {
    const char *name;
    uint64_t value;
};
struct run_page {
    struct str scenario, doc, repro; /* repro: a command */
    uint64_t seed;
    const char *verdict; /* a word */
    bool is_well;        /* it passed */
    struct str story;    /* why not */
    int64_t start_us;    /* wall */
    int64_t heal_us;     /* since the start; past the end: never came */
    const struct timeline_view *timeline;
    const struct fault_plan *faults;
    const struct oracle_trail *trails;
    size_t trail_count;
    uint64_t trails_left_out;
    const struct run_page_count *counts;
    size_t count_count;
};
/* Appends the page; `scratch` is not kept. */
void run_page_write(struct buf *out, const struct run_page *page, struct arena *scratch);

#endif
