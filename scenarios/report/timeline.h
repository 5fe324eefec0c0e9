/* timeline.h -- The events of one run, collected as they happen, and a view of them of bounded
 * size: whole where something went wrong, summed up where nothing did. */
#ifndef AFORO_SCENARIOS_REPORT_TIMELINE_H
#define AFORO_SCENARIOS_REPORT_TIMELINE_H

#include "scenarios/world/run_event.h"

#define TIMELINE_EVENTS_MAX ((size_t)2000000) /* collected; the first of a run are kept */
#define TIMELINE_SHOWN_MAX ((size_t)12000)    /* of a view, one by one */
#define TIMELINE_BUCKETS 400                  /* of sums, over the run */

struct timeline;
struct timeline *timeline_new(struct arena *a);
void timeline_note(void *timeline, const struct run_event *event); /* a run_event_fn */

/* An event that somebody wants to see by itself. */
enum timeline_mark {
    TIMELINE_CALL, /* nothing special */
    TIMELINE_STARTS,
    TIMELINE_ENDS,
    TIMELINE_CRASHES,
    TIMELINE_FAULT,  /* what the plan did to a call */
    TIMELINE_ERROR,  /* refused without a fault */
    TIMELINE_ALERT,  /* a message was published */
    TIMELINE_REPORT, /* a report was published */
    TIMELINE_MARK_COUNT
};
const char *timeline_mark_name(enum timeline_mark mark);
/* of a fault: its phase is told too */
struct timeline_event {
    struct run_event event;
    enum timeline_mark mark;
    size_t actor; /* index */
};
struct timeline_sum { /* calls that are not shown one by one */
    size_t actor, bucket;
    uint64_t count;
};
struct timeline_view {
    const struct str *actors; /* in the order of joining */
    size_t actor_count;
    const struct timeline_event *events; /* by time */
    size_t event_count;
    const struct timeline_sum *sums;
    size_t sum_count;
    int64_t end_us, bucket_us;
    uint64_t summed;    /* ordinary calls in sums */
    uint64_t left_out;  /* marked events that are in sums too: there were too many */
    uint64_t not_noted; /* past TIMELINE_EVENTS_MAX */
};
/* Up to `end_us`. Lives in `a` and borrows the timeline. Whole: what is marked, and the calls of
 * the same actor just before and after it; the latest first where that is too much. */
struct timeline_view timeline_view(const struct timeline *t, int64_t end_us, struct arena *a);

#endif
