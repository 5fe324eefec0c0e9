/* fault_plan.h -- What goes wrong, when, and in which phase: rules with selectors, decided call by
 * call. A decision depends on (seed, rule, actor, operation, that actor's ordinal for it) and the
 * rule's own counters, never on a shared sequence: removing one rule does not rename the others.
 * One plan serves scenarios (read from YAML) and `/_aforo/faults` (the same in JSON). */
#ifndef AFORO_EMULATOR_FAULT_FAULT_PLAN_H
#define AFORO_EMULATOR_FAULT_FAULT_PLAN_H

#include "base/decimal.h"
#include "base/instant.h"
#include "base/json.h"

enum fault_phase {
    FAULT_NONE,
    FAULT_REJECT,        /* an error comes back, nothing was done */
    FAULT_LOSE_REQUEST,  /* nothing was done, and no answer comes */
    FAULT_APPLY_REJECT,  /* it was done, and an error comes back */
    FAULT_LOSE_RESPONSE, /* it was done, and no answer comes */
    FAULT_PARTIAL,       /* some entries of the batch are refused, the others done */
    FAULT_DELAY,         /* it was done; the answer comes late */
    FAULT_DUPLICATE,     /* it was done twice by something in between; the second answer comes */
    FAULT_LATE,          /* no answer comes; it is done later, when its caller has given up */
    FAULT_WIRE,          /* it was done; the answer is damaged on its way: enum fault_wire */
    FAULT_KILL,          /* the caller dies at this call; a coin says whether it was applied */
    FAULT_STALE,         /* answered as of before: no records yet, though there are (GetRecords) */
    FAULT_PHASE_COUNT
};
const char *fault_phase_name(enum fault_phase phase); /* "lose_response" */

/* How an answer is damaged. The first four are made of its bytes, wherever it goes; the others need
 * a connection, and count as a lost answer (DRIP: as a late one) where there is none. */
enum fault_wire {
    FAULT_WIRE_NONE,
    FAULT_WIRE_CORRUPT, /* one bit of the body is turned over, the checksum headers are right */
    FAULT_WIRE_SHORT,   /* half of the body, and a Content-Length that says so */
    FAULT_WIRE_ERROR_IN_200, /* status 200 with <Error> in the body; nothing was done (S3) */
    FAULT_WIRE_BAD_CRC,      /* of an event stream's first message */
    FAULT_WIRE_RESET,        /* the connection is reset */
    FAULT_WIRE_CUT,          /* half of the body, then the connection ends */
    FAULT_WIRE_DRIP,         /* the body comes little by little */
    FAULT_WIRE_GOAWAY,       /* HTTP/2: the connection is given up; HTTP/1.1: reset */
    FAULT_WIRE_RST_STREAM,   /* HTTP/2: the stream is; HTTP/1.1: reset */
    FAULT_WIRE_COUNT
};
const char *fault_wire_name(enum fault_wire wire); /* "error_in_200" */

/* The particulars of damage to a connection. */
struct fault_manner {
    /* DRIP: how many bytes come at one time; the others: how many of the body come first */
    bool has_bytes;
    uint64_t bytes;
    int64_t each_us; /* DRIP: between two pieces; 0: the whole body in the rule's delay */
    bool has_code;
    uint32_t code; /* GOAWAY, RST_STREAM: RFC 9113, 7 */
    /* GOAWAY: names the stream before as the last one, as if this request had not been seen */
    bool disowned;
};

#define FAULT_NTH_MAX 64
#define FAULT_WHERE_MAX 4
#define FAULT_CLIENT_MAX 3
#define FAULT_RULES_MAX 4096
struct fault_where {
    struct str name, pattern; /* for example key and raw/?*: a glob */
};
/* What a rule had to do with one operation: a cell of the coverage matrix. */
struct fault_cell {
    struct str service, operation;
    uint64_t matched, fired; /* calls that it was about; calls that it decided */
    struct fault_cell *next;
};
struct fault_rule {
    struct str name; /* for reports; given or "<operation>-<phase>" */
    struct str service,
        operation; /* globs: "kinesis", "PutRecords"; "warehouse", "commit"; of kill rules: any */
    enum fault_phase phase;
    enum fault_wire wire; /* of WIRE */
    struct fault_manner manner;
    struct str error;     /* AWS error code or SQLSTATE; empty: the service's own 500 */
    struct ratio entries; /* PARTIAL: how many of the batch fail, at least one */
    int64_t delay_min_us, delay_max_us;     /* DELAY, LATE, WIRE's DRIP */
    int64_t restart_min_us, restart_max_us; /* KILL: how long the actor stays dead */
    /* selectors; all that are given must agree; none given: every matching call */
    uint64_t nth[FAULT_NTH_MAX];
    size_t nth_count; /* matching calls counted from 1 over the run */
    /* 0: not given. first: so many calls; after: not those; limit: at most so many times */
    uint64_t first, after, every, limit;
    struct ratio probability; /* den 0: not given */
    int64_t from_us,
        until_us; /* since the run's start; until exclusive; 0 or INSTANT_NEVER: no end */
    /* bad stretches, with good ones before and between; max 0: not given */
    int64_t lasts_min_us, lasts_max_us, pause_min_us, pause_max_us;
    bool per_link;    /* stretches: each actor's own for each service; else one for all services */
    struct str actor; /* a glob; empty: any */
    struct fault_where where[FAULT_WHERE_MAX];
    size_t where_count;
    /* a coordinate: one call of one actor. at_operation empty: not given */
    struct str at_actor, at_service, at_operation;
    uint64_t at_ordinal;
    /* given with a coordinate: what the applier drew when it fired, so that it does the same */
    bool has_draw;
    uint64_t draw;
    /* counters */
    uint64_t matched, fired;  /* calls it was about; calls it decided */
    struct fault_cell *cells; /* the same by operation */
    uint64_t chosen; /* calls whose selectors agreed, also where an earlier rule fired instead:
                        limit's count */
    bool off;        /* by swarm, or after heal */
};

struct fault_call {   /* one call, as the plan sees it */
    struct str actor; /* "producer/2"; over HTTP: the access key id */
    struct str service, operation;
    uint64_t ordinal;                               /* of this operation by this actor, from 1 */
    int64_t since_us;                               /* since the run's start */
    struct fault_where attributes[FAULT_WHERE_MAX]; /* bucket, key, stream, topic, table ... */
    size_t attribute_count;
    /* who calls, for `where` as well: access_key, user_agent, attempt (of the SDK, from 1) */
    struct fault_where client[FAULT_CLIENT_MAX];
    size_t client_count;
};
struct fault_decision {
    enum fault_phase phase; /* FAULT_NONE: go on */
    const struct fault_rule *rule;
    int64_t delay_us; /* DELAY, LATE; KILL: until the restart */
    uint64_t random;  /* for the applier: which entries, which coin */
};
struct fault_fired { /* what happened, in order: a plan of coordinates */
    size_t rule;
    struct str actor, service, operation;
    uint64_t ordinal;
    int64_t at_us; /* since the run's start */
    enum fault_phase phase;
    int64_t delay_us; /* as decided */
    uint64_t random;
};

struct fault_plan {
    struct arena *arena;
    uint64_t seed;
    struct fault_rule *rules;
    size_t count;
    struct fault_fired *fired;
    size_t fired_count, fired_cap;
    bool healed;          /* nothing fires any more */
    uint32_t kill_factor; /* 0, 1: as written. Else kill rules are so many times as likely: the
                             simulator's, for calls at which a crash hurts most */
};

/* Disks (service "disk", actor "warehouse") are no links: only rules that name them are about them,
 * and `*` does not. */
bool fault_rule_is_of_disk(const struct fault_rule *rule);
void fault_plan_init(struct fault_plan *p, struct arena *a, uint64_t seed);
/* Reads a list of rules (the `faults:` of a scenario file; reference: docs/scenario-format.md) and
 * adds them. ERR_INVALID "line:column: ..." names the key, what was expected and the nearest known
 * name; the plan is unchanged. */
MUST_USE enum err fault_plan_read(struct fault_plan *p, const struct json *list, struct diag *d);
/* Which rules are on, and how strong, redrawn by the seed: each is off in a quarter of the seeds,
 * and a probability is scaled by 1, 1/2, 1/4 or 1/8. */
void fault_plan_swarm(struct fault_plan *p);
void fault_plan_heal(struct fault_plan *p);
/* Decides one call and counts it. The first rule that fires wins. */
struct fault_decision fault_plan_decide(struct fault_plan *p, const struct fault_call *call);
/* Whether entry `index` of `count` is among those that a PARTIAL decision refuses: at least
 * one is. */
bool fault_hits_entry(const struct fault_decision *decision, size_t index, size_t count);
/* "producer/2/kinesis:PutRecords#649" */
void fault_coordinate(struct buf *out, const struct fault_fired *fired);
MUST_USE enum err fault_coordinate_parse(struct str text, struct fault_rule *rule, struct diag *d);

/* The known name nearest to a misspelt one; the first of equals. */
const char *fault_nearest(struct str name, const char *const *names, size_t count);

/* Ordinals per (actor, operation): one counter table for whoever makes fault_calls. */
struct fault_ordinals;
struct fault_ordinals *fault_ordinals_new(struct arena *a);
uint64_t fault_ordinals_next(struct fault_ordinals *o, struct str actor, struct str service,
                             struct str operation);

#endif
