/* definition.h -- What a pipeline is, as one YAML (or JSON) file says it: stream, event, columns,
 * transforms, table, reconciliation, report, alerts. Reference for people: docs/definition.md; for
 * editors: docs/definition.schema.json. Everything is checked when it is read: ERR_INVALID
 * "file:line:column: key: what was expected", nearest name given. */
#ifndef AFORO_PIPELINE_DEFINITION_H
#define AFORO_PIPELINE_DEFINITION_H

#include "base/json.h"
#include "base/limits.h"
#include "seam/warehouse.h"

enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_DECIMAL, COLUMN_TIMESTAMP, COLUMN_BOOLEAN };
struct column {
    struct str name; /* [a-z_][a-z0-9_]* : the warehouse's */
    enum column_type type;
    int scale; /* DECIMAL */
    /* dotted path of the input field, after renames; default: the name */
    struct str from;
    struct str format;     /* TIMESTAMP: instant_parse_as pattern; empty: ISO 8601 */
    bool required;         /* null and missing are refused */
    bool has_min, has_max; /* INTEGER and DECIMAL: inclusive, in the column's units */
    int64_t min, max;
    size_t max_length;  /* TEXT, bytes; 0: 65535 */
    struct str pattern; /* TEXT: a glob that the whole value matches; empty: none */
    struct str *values; /* TEXT: the only ones allowed; NULL: any */
    size_t value_count;
    struct expression *derive; /* computed from the columns before it; NULL: read from the input */
    enum mask {
        MASK_NONE,
        MASK_HASH /* first 16 hex digits of SHA-256 */,
        MASK_LAST4,
        MASK_REDACT
    } mask;
    /* cast: a string that spells the type is taken, "" is null, "17850.0" is a whole number */
    bool lenient;
};
struct rename {
    struct str from, to;
};
enum criticality { CRITICALITY_LOW, CRITICALITY_HIGH, CRITICALITY_CRITICAL, CRITICALITY_COUNT };
struct report_query {
    struct str name, title;
    /* one SELECT; {table} and {where} (the window's condition) are filled in */
    struct str sql;
    /* "bar" or "line" or empty; first column is the label, second the value */
    struct str chart;
};
struct definition {
    struct str name;    /* [a-z][a-z0-9-]* : in keys and ids */
    struct str version; /* of its text: the first 16 hexadecimal digits of its SHA-256 */
    struct str stream;
    struct str bucket; /* raw/, quarantine/, control/, reports/ live in it */
    /* event */
    /* column that holds the event id; empty: the id is the record's position */
    struct str id_field;
    /* its index; the id column always exists ("event_id" when by position) */
    size_t id_column;
    bool id_by_position; /* object and ordinal: files whose exact duplicates are real */
    size_t time_column;  /* index of the TIMESTAMP column that is the event's time */
    struct rename *renames;
    size_t rename_count;
    struct column *columns;
    size_t column_count;
    struct expression *filter; /* only records for which it is true are loaded; NULL: all */
    struct str table;
    /* reconciliation, by day of the event's time */
    size_t *sum_columns; /* indexes of INTEGER or DECIMAL columns */
    size_t sum_count;
    bool has_dimension;
    size_t dimension_column;
    /* report */
    struct str report_name;
    struct report_query *queries;
    size_t query_count;
    int64_t report_grace_us; /* a day is closed so long after its end */
    /* alerts */
    struct str topics[CRITICALITY_COUNT]; /* topic names; empty: nobody is told */
    /* tuning, with defaults */
    size_t land_records_max; /* 500: an object is cut after so many records, */
    size_t land_bytes_max;   /* 4 MiB: so many bytes, */
    int64_t land_age_us;     /* 60 s: or when its first record has waited so long */
    int64_t poll_us;         /* 1 s: between polls of an idle shard or listing */
    int64_t shard_list_us;   /* 60 s: between looks for shards that a reshard has made */
};
/* `name` is for messages. Lives in `a`. */
MUST_USE enum err definition_read(struct arena *a, struct str text, struct str name,
                                  struct definition **ret_definition, struct diag *d);
/* The columns as the warehouse sees them: all of them, then aforo_object text, aforo_ordinal
 * integer. */
struct warehouse_column *definition_warehouse_columns(const struct definition *def, struct arena *a,
                                                      size_t *ret_count);
struct str criticality_name(enum criticality c);

#endif
