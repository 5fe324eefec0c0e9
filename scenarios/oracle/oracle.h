/* oracle.h -- What must hold, judged from outside of the pipeline: the source's own ledger against
 * the stream, the raw objects, the warehouse, the alerts and the reports. Reads the emulator's
 * state and a warehouse session of its own, which no fault touches. Not here: what a scenario file
 * says (runner).
 *
 * Identity is a record's bytes: every payload that a source makes is different, and a copy is the
 * same payload again. Every check returns ERR_OK with what it found, or the warehouse's failure
 * (ERR_UNAVAILABLE: a writer is at work, ask again). */
#ifndef AFORO_SCENARIOS_ORACLE_ORACLE_H
#define AFORO_SCENARIOS_ORACLE_ORACLE_H

#include "emulator/emulator.h"
#include "pipeline/record.h"
#include "seam/warehouse.h"

struct oracle;
struct oracle_options {
    struct emulator *emulator; /* only read */
    const struct definition *def;
    struct warehouse *warehouse; /* a session for the oracle alone; NULL until oracle_warehouse */
    /* The pipeline is not ours: no aforo_ tables; raw is NDJSON. Alerts and reports are not asked.
     */
    bool foreign;
    /* Where sessions are watched by several threads: taken around the commit of an alert and the
     * note of it. NULL: one thread. All other calls are for one thread at a time. */
    void (*lock)(void *ctx), (*unlock)(void *ctx);
    void *lock_ctx;
};
struct oracle *oracle_new(struct arena *a, const struct oracle_options *options);
void oracle_warehouse(struct oracle *o, struct warehouse *w);

/* ---- the source's ledger ---- */
struct oracle_event;
/* Before the source first sends it; the same payload again is a copy that the source means to send.
 * malformed: the source made it so that validation must refuse it. */
struct oracle_event *oracle_intend(struct oracle *o, struct str payload, bool malformed, bool late);
/* Returns whether it was this event's first. */
bool oracle_acknowledge(struct oracle *o, struct oracle_event *event);
/* What the event must become by the definition; a malformed one whose row is no rejection is a
 * finding of the checks. */
const struct row *oracle_event_row(const struct oracle_event *event);

/* From here on the source's own control totals are wrong on every day, and nothing else is: each
 * report must say that it differs, between source and raw alone. */
void oracle_miscounted(struct oracle *o);

/* ---- what a check found ---- */
enum row_class {
    ROW_LOST,       /* acknowledged, and not where it must be */
    ROW_DUPLICATED, /* there more often than it was meant */
    ROW_UNEXPECTED, /* there, and nobody sent it */
    ROW_RECOVERED,  /* there, and never acknowledged: no failure */
    ROW_CORRUPTED,  /* there with other bytes or values */
    ROW_STALE,      /* a figure that is not of what is there now */
    ROW_OVERTAKEN,  /* there before what must be there first */
    ROW_CLASS_COUNT
};
const char *row_class_name(enum row_class c);
struct oracle_finding {
    uint64_t rows[ROW_CLASS_COUNT];
    struct str story; /* the first that is wrong; empty: all is well */
};
bool oracle_is_well(const struct oracle_finding *f);

/* ---- the checks ---- */
/* What is in the stream and in raw so far: acknowledged is stored, landed in order and without
 * gaps, unaltered, once. */
MUST_USE enum err oracle_check_raw(struct oracle *o, struct oracle_finding *f, struct diag *d);
/* Every record of a loaded object is a row, a duplicate, in quarantine or filtered, and nothing
 * else is in the warehouse. */
enum oracle_extent {
    ORACLE_NEWS, /* values are compared of what was loaded since the last look; all else as below */
    ORACLE_ALL
};
MUST_USE enum err oracle_check_warehouse(struct oracle *o, enum oracle_extent extent,
                                         struct oracle_finding *f, struct diag *d);
/* The end: all of it has arrived. Meaningful once oracle_lag is zero. */
MUST_USE enum err oracle_check_complete(struct oracle *o, struct oracle_finding *f, struct diag *d);
MUST_USE enum err oracle_check_unique(struct oracle *o, struct str table, struct str key,
                                      struct oracle_finding *f, struct diag *d);
/* by_us: US_PER_HOUR or US_PER_DAY. */
MUST_USE enum err oracle_check_counts(struct oracle *o, int64_t by_us, struct oracle_finding *f,
                                      struct diag *d);
/* columns: "sum(amount)", "min(placed)", "max(amount)", "count"; group: "day" or columns.
 * ERR_INVALID: no such column. */
MUST_USE enum err oracle_check_aggregates(struct oracle *o, const struct str *columns,
                                          size_t column_count, const struct str *group,
                                          size_t group_count, struct oracle_finding *f,
                                          struct diag *d);
MUST_USE enum err oracle_check_sql(struct oracle *o, struct str sql, struct str equals,
                                   struct oracle_finding *f, struct diag *d);
/* Alerts were committed before they were published; every quarantined day was told of (complete).
 */
struct oracle_alerts {
    const enum criticality *criticality; /* NULL: any */
    int64_t at_least, at_most; /* distinct ids; -1: not given. at_least counts only when complete */
    int64_t copies;            /* messages of one id at most; -1: not given */
    bool complete;
};
MUST_USE enum err oracle_check_alerts(struct oracle *o, const struct oracle_alerts *asked,
                                      struct oracle_finding *f, struct diag *d);
/* What was committed before the eyes of oracle_watch is there still, and the file is sound. */
MUST_USE enum err oracle_check_durable(struct oracle *o, struct oracle_finding *f, struct diag *d);
/* What is in raw, loaded again into this warehouse and into an empty one, is what is there. Writes
 * to both: for the end alone, after oracle_check_raw. */
struct oracle_replay {
    uint64_t seed; /* of the order, and of where a load dies */
    /* one more session with the empty one, in `a` */
    enum err (*open)(void *ctx, struct arena *a, struct warehouse **ret_warehouse, struct diag *d);
    void *ctx;
};
MUST_USE enum err oracle_check_replay(struct oracle *o, const struct oracle_replay *replay,
                                      struct oracle_finding *f, struct diag *d);
/* The current report of every day that is closed at `now_us` says what raw says. */
MUST_USE enum err oracle_check_reports(struct oracle *o, int64_t now_us, struct oracle_finding *f,
                                       struct diag *d);

/* The first report of a day leaves when the day is closed, not before, and `within_us` after that
 * (or after `healed_us`, when that was later) at the latest. Moments of the wall. */
struct oracle_deadline {
    int64_t now_us, healed_us, within_us;
    int64_t ahead_us; /* whose clock is ahead may be so much too early */
};
MUST_USE enum err oracle_check_deadline(struct oracle *o, const struct oracle_deadline *deadline,
                                        struct oracle_finding *f, struct diag *d);
/* Nobody hammers a service that fails: of one actor's calls of one operation, at most `at_most`
 * fail within any `within_us`. Reads on where the last check ended. */
struct oracle_retries;
struct oracle_retries *oracle_retries_new(struct arena *a, int64_t at_most, int64_t within_us);
void oracle_check_retries(struct oracle *o, struct oracle_retries *r, struct oracle_finding *f);

/* ---- how far it is ---- */
struct oracle_lag {
    uint64_t unacknowledged; /* events of the source */
    uint64_t unlanded;       /* records in the stream that are in no raw object */
    uint64_t unloaded;       /* raw objects that are not in the warehouse */
    uint64_t unsent;         /* alerts that are raised and not published */
};
/* After oracle_check_raw. ERR_UNAVAILABLE as above. */
MUST_USE enum err oracle_lag(struct oracle *o, struct oracle_lag *ret_lag, struct diag *d);
bool oracle_lag_is_zero(const struct oracle_lag *lag);
struct str oracle_lag_text(const struct oracle_lag *lag, struct arena *a);

struct oracle_counts {
    uint64_t produced, acknowledged, late, raw_objects, raw_records, deliveries_twice, expired;
    uint64_t rows, duplicates, quarantined, filtered, alerts, reports,
        report_versions; /* versions past the first */
};
MUST_USE enum err oracle_count(struct oracle *o, struct oracle_counts *ret_counts, struct diag *d);

/* ---- where records went ---- */
#define ORACLE_TRAILS_MAX 60
#define ORACLE_COPIES_MAX 8
struct oracle_copy { /* one record of the stream */
    struct str shard, sequence;
    int64_t arrived_us;
    struct str object; /* raw; empty: has not landed */
    size_t ordinal;    /* in it */
    bool loaded;       /* the object is */
    struct str fate;   /* row, duplicate, quarantine: reason; empty: none of them */
};
struct oracle_trail {         /* one event of the source */
    struct str name, payload; /* the payload's beginning */
    bool is_wrong, malformed, late;
    uint32_t intended, acknowledged;
    struct oracle_copy copies[ORACLE_COPIES_MAX];
    size_t copy_count;
    uint64_t copies_left_out;
};
/* By the last checks: the events that `story` names, those that are wrong, then those that came
 * twice or are no row; ORACLE_TRAILS_MAX at most. */
MUST_USE enum err oracle_trails(struct oracle *o, struct str story, struct arena *a,
                                struct oracle_trail **ret_trails, size_t *ret_count,
                                uint64_t *ret_left_out, struct diag *d);

/* A session as the pipeline gets it, watched: what was committed, and alerts when. `now_us` gives
 * the emulator's clock. Lives in `a`; the inner one is closed with it. */
struct warehouse *oracle_watch(struct oracle *o, struct arena *a, struct warehouse *inner,
                               int64_t (*now_us)(void *ctx), void *ctx);

#endif
