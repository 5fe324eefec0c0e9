/* scenario.h -- A scenario file as read: run, topology, source, faults, expectations. Reference:
 * docs/scenario-format.md. Unknown keys are errors with place and nearest name; paths inside are
 * relative to the current folder, then to the file. */
#ifndef AFORO_SCENARIOS_RUNNER_SCENARIO_H
#define AFORO_SCENARIOS_RUNNER_SCENARIO_H

#include "base/json.h"
#include "emulator/fault/fault_plan.h"
#include "pipeline/definition.h"

enum expect_when {
    EXPECT_ALWAYS,
    EXPECT_EVENTUALLY,
    EXPECT_FINALLY,
    EXPECT_SOMETIMES,
    EXPECT_NEVER
};
enum expect_kind {
    EXPECT_CONSERVATION,    /* acknowledged -> raw -> warehouse + quarantine + duplicates; nothing
                               unexpected or altered */
    EXPECT_UNIQUE,          /* no two rows of one key */
    EXPECT_ROW_COUNT_MATCH, /* by hour or day: warehouse against the source's ledger */
    EXPECT_AGGREGATE_MATCH, /* sums, min, max by day and columns, exact */
    EXPECT_ALERT, /* messages of a criticality: at_least, at_most (distinct ids), only after their
                     reason is committed */
    EXPECT_SQL,   /* a query over the warehouse equals a value */
    EXPECT_REPORT_EQUALS_RECOMPUTATION, /* every current report against a naive count over raw */
    EXPECT_REPORT_ON_TIME, /* each day's first report leaves at its close, neither before nor much
                              later */
    EXPECT_DURABLE,        /* what was committed stays, and the warehouse's file is sound */
    EXPECT_REPLAY_IDEMPOTENT, /* raw, loaded again, here and into an empty one, changes nothing */
    EXPECT_RETRIES, /* failed calls of one actor and operation: at_most within within_us */
    EXPECT_OCCURS   /* sometimes: duplicate_delivery, fault, crash, quarantine, conflict ... in at
                       least one seed */
};
struct expectation {
    enum expect_when when;
    enum expect_kind kind;
    struct str name;       /* as written, for the verdict table */
    int64_t within_us;     /* eventually: after the heal */
    struct str table, key; /* unique */
    struct str by;         /* row_count_match: hour or day */
    struct str *columns;   /* aggregate_match: "sum(amount)" ... */
    size_t column_count;
    struct str *group; /* aggregate_match: day, or columns */
    size_t group_count;
    struct str sql, equals;       /* sql */
    enum criticality criticality; /* alert */
    bool any_criticality;
    int64_t at_least, at_most; /* alert, retries; -1: not given */
    int64_t copies;            /* alert; -1: not given */
    struct str occurs;         /* sometimes */
    uint32_t line;
};
/* What was missing where it was put to no test, in words. */
const char *expectation_needs(const struct expectation *e);
struct scenario_actors {
    unsigned producers, landers, loaders, reporters;
};
/* A clock that is off: drawn for each actor up to these, either way. */
struct scenario_clock {
    struct str actor; /* a glob */
    int64_t skew_us, step_us;
    struct ratio drift; /* den 0: none */
};
/* What a deployment may choose, drawn by the seed between least and most; most 0: not given. */
enum scenario_knob_kind {
    KNOB_LAND_RECORDS,
    KNOB_LAND_BYTES,
    KNOB_LAND_AGE,
    KNOB_POLL,
    KNOB_SHARD_LIST,
    KNOB_BATCH,
    KNOB_ATTEMPTS,
    KNOB_ATTEMPT_TIMEOUT,
    KNOB_BACKOFF,
    SCENARIO_KNOB_COUNT
};
struct scenario_knob {
    int64_t least, most; /* counts, or microseconds */
};
struct scenario_action {       /* by UpdateShardCount, at a moment drawn by the seed */
    int64_t least_us, most_us; /* since the start */
    unsigned shards;
};
struct scenario_client { /* of AWS; 0: its default */
    int attempts;
    int64_t attempt_timeout_us, backoff_us;
};
struct scenario_spike { /* so many times as many events for a while; times 0: none */
    int64_t from_us, for_us, times;
};
struct scenario_source {
    struct str capture;   /* path; empty: the generator */
    struct str key_field; /* capture: the JSON field for the partition key; empty: the event id */
    int64_t events_per_hour;                 /* generator, all producers together */
    struct ratio late, duplicate, malformed; /* den 0: none */
    int64_t late_max_us;
    struct scenario_spike spike; /* generator */
    unsigned miscount; /* so many times too often a producer counts the first event of a day */
    unsigned batch;    /* entries a PutRecords call; 0: 25 */
};
struct scenario_process { /* a user's own program */
    struct str name, command;
    unsigned count;
};
struct scenario {
    struct str file, name, doc;
    int64_t start_us, horizon_us, heal_after_us;
    uint64_t seed_first, seed_last;
    bool swarm;
    struct str stream;
    unsigned shards;
    bool limits_off, small_parts;
    bool disk; /* the warehouse is on a simulated disk, which can lose power */
    struct str pipeline_file;
    struct definition *pipeline;
    struct scenario_actors actors;
    bool twin_landers; /* every lander lands every shard: two processes where there should be one */
    /* in the place of landers, loaders and reporters; for real runs */
    struct scenario_process *processes;
    size_t process_count;
    struct scenario_source source;
    struct scenario_knob knobs[SCENARIO_KNOB_COUNT];
    struct scenario_client client; /* of a run: as drawn */
    struct scenario_action *actions;
    size_t action_count;
    struct scenario_clock *clocks;
    size_t clock_count;
    const struct json *root;   /* the whole file */
    const struct json *faults; /* for fault_plan_read */
    struct expectation *expectations;
    size_t expectation_count;
};
MUST_USE enum err scenario_read(struct arena *a, const char *path, struct scenario **ret_scenario,
                                struct diag *d);

/* The scenario with this command as its process. ERR_UNSUPPORTED: it expects what only our own
 * pipeline does. ERR_INVALID: it has several processes. */
MUST_USE enum err scenario_exec(struct arena *a, struct scenario *s, struct str command,
                                struct diag *d);

/* The scenario with this capture as its source, each record at its own time: rates of late events
 * no longer count. `path` outlives it. */
void scenario_capture(struct scenario *s, struct str path);

/* "1..200" or "7"; ERR_INVALID. */
MUST_USE enum err scenario_seeds_parse(struct str text, uint64_t *ret_first, uint64_t *ret_last);

#endif
