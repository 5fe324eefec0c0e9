/* oracle_parts.h -- What the files of the oracle share. Private. */
#ifndef AFORO_SCENARIOS_ORACLE_ORACLE_PARTS_H
#define AFORO_SCENARIOS_ORACLE_ORACLE_PARTS_H

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "oracle.h"
#include "pipeline/record.h"

#define RETENTION_US US_PER_DAY /* of a stream; no scenario asks for another */

struct oracle_event {
    struct str payload;
    struct row row; /* what it must become */
    bool malformed, late;
    uint32_t intended, acknowledged; /* copies */
    uint32_t stored, landed;         /* records in the stream, in raw */
    uint32_t expired;                /* records that left the stream before anybody read them */
    uint32_t rows;                   /* of the last look at the warehouse */
    struct oracle_event *next;       /* in the order of intents */
};
/* One record of the stream. */
struct stored_record {
    struct oracle_event *event;   /* NULL: nobody sent it */
    const struct raw_object *raw; /* where it has landed; NULL: not yet */
    int64_t arrived_us;
    bool expired; /* it was past its retention when what is behind it landed */
};
struct stored_shard {
    struct str id;
    struct stored_record **records;
    size_t count, cap;
    uint64_t cursor; /* the emulator's, of the last of them */
    size_t landed;   /* how many of the first have landed */
    size_t expired;
    struct str parents[2];                     /* ids; empty: none */
    int64_t first_written_us, last_written_us; /* of its raw objects; INSTANT_NEVER, 0: none */
};
struct raw_fates {
    uint64_t records, rows, duplicates, quarantined, filtered;
};
struct raw_object {
    struct str key, etag;
    int64_t modified_us;
    struct oracle_event **events; /* by ordinal; NULL: nobody sent it */
    uint8_t
        *places; /* by ordinal: how often it is accounted for, in the last look at the warehouse */
    size_t count;
    bool compared; /* the values of its rows were right at a look */
    /* of the last look at the warehouse */
    bool loaded;
    struct raw_fates said,
        found; /* by its line in aforo_loaded_object; by the lines that name it */
    struct raw_object *next;
};
struct oracle {
    struct arena *arena, *scratch;
    struct oracle_options in;
    struct record_decoder *decoder;
    struct capture_codec *captures;
    struct map *by_payload; /* of oracle_event */
    struct oracle_event *first, **end;
    uint64_t produced, acknowledged, unacknowledged, late;
    struct map *shards;                 /* of stored_shard, by id */
    struct map *stored;                 /* of stored_record, by "shard/sequence number" */
    struct map *raw;                    /* of raw_object, by key */
    uint64_t raw_cursor;                /* the emulator's, of the object that was looked at last */
    const struct oracle_event *settled; /* it and all before it are stored; NULL: none */
    struct raw_object *raw_first, **raw_end;
    uint64_t raw_records, stored_count, unlanded, deliveries_twice, expired;
    bool miscounted;
    struct map *alerts;    /* committed_us + 1 as a pointer to int64, by alert id */
    struct map *committed; /* keys of objects whose loading was committed */
};

/* Notes one row of a class; the first that is a failure makes the story. */
void finding_add(struct oracle *o, struct oracle_finding *f, enum row_class c, const char *format,
                 ...) PRINTF_LIKE(4, 5);
/* What the row must hold after one landing at least: the figures of the ledger are of these events.
 */
bool event_is_row(const struct oracle_event *event);
struct str event_name(const struct oracle_event *event); /* its id, or its first bytes */
struct str day_text(struct arena *a, int64_t us);
/* The column named so; SIZE_MAX: none. */
size_t column_find(const struct definition *def, struct str name);
MUST_USE enum err oracle_query(struct oracle *o, struct str sql, struct warehouse_result *ret_rows,
                               struct diag *d);
bool value_same(const struct warehouse_value *expected, const struct warehouse_value *found);
/* A sum, minimum or maximum over events, exact. */
struct figure {
    enum { FIGURE_COUNT, FIGURE_SUM, FIGURE_MIN, FIGURE_MAX } kind;
    size_t column; /* not of COUNT */
};
/* foreign.c: of a pipeline that is not ours. complete: nothing is on its way any more */
MUST_USE enum err foreign_check(struct oracle *o, bool complete, struct oracle_finding *f,
                                struct diag *d);
MUST_USE enum err foreign_count(struct oracle *o, struct oracle_counts *ret_counts, struct diag *d);
/* "count", "sum(amount)" ... */
MUST_USE enum err figure_parse(const struct definition *def, struct str text,
                               struct figure *ret_figure, struct diag *d);
void figure_add(const struct figure *figure, const struct row *row, bool first, int64_t *value);

#endif
