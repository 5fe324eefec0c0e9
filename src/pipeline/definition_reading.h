/* definition_reading.h -- What the parts of a definition share while it is read: values by key, with the place of what is
 * wrong: "file:line:column: key: what was expected". Private to the pipeline.
 * A key that is absent leaves *ret_value as it was, so defaults are set before; `required` refuses that. */
#ifndef AFORO_PIPELINE_DEFINITION_READING_H
#define AFORO_PIPELINE_DEFINITION_READING_H

#include "pipeline/definition.h"

struct reading {
    struct arena *arena;
    struct str file;
    struct definition *def;
};

/* ERR_INVALID at the node's place; a key in front when it has one. */
enum err reading_fail(const struct reading *r, const struct json *node, struct diag *d, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The same about a name that is none of `names`; the nearest is offered. what: "unknown key", "no such column". */
enum err reading_fail_name(const struct reading *r, const struct json *node, const char *what, struct str name,
                           const struct str *names, size_t count, struct diag *d);
/* The node is a mapping of known keys. */
MUST_USE enum err reading_keys(const struct reading *r, const struct json *node, const struct str *names, size_t count,
                               struct diag *d);
/* The node under `key` of this kind; NULL when absent and not required. */
MUST_USE enum err reading_node(const struct reading *r, const struct json *parent, const char *key, enum json_kind kind,
                               bool required, struct json **ret_node, struct diag *d);
MUST_USE enum err reading_str(const struct reading *r, const struct json *parent, const char *key, bool required,
                              struct str *ret_value, struct diag *d);
MUST_USE enum err reading_bool(const struct reading *r, const struct json *parent, const char *key, bool *ret_value, struct diag *d);
MUST_USE enum err reading_count(const struct reading *r, const struct json *parent, const char *key, int64_t min, int64_t max,
                                size_t *ret_value, struct diag *d);
/* A whole number of bytes, or text with KiB or MiB behind it. */
MUST_USE enum err reading_bytes(const struct reading *r, const struct json *parent, const char *key, size_t max, size_t *ret_value,
                                struct diag *d);
MUST_USE enum err reading_duration(const struct reading *r, const struct json *parent, const char *key, int64_t min_us,
                                   int64_t max_us, int64_t *ret_value, struct diag *d);
/* One of `names`, by its index. */
MUST_USE enum err reading_choice(const struct reading *r, const struct json *parent, const char *key, const struct str *names,
                                 size_t count, bool required, size_t *ret_index, struct diag *d);
/* A column's index by its name. */
MUST_USE enum err reading_column(const struct reading *r, const struct json *node, struct str name, size_t *ret_index,
                                 struct diag *d);
/* A plain identifier of SQL that no dialect keeps for itself. */
MUST_USE enum err reading_identifier(const struct reading *r, const struct json *node, struct str name, struct diag *d);

/* ---- the parts, each in its file ---- */
MUST_USE enum err definition_columns_read(const struct reading *r, const struct json *root, struct diag *d);
MUST_USE enum err definition_transforms_read(const struct reading *r, const struct json *root, struct diag *d);
MUST_USE enum err definition_report_read(const struct reading *r, const struct json *root, struct diag *d);
/* Appends; ERR_INVALID at `node` when the name is taken or there are too many. */
MUST_USE enum err definition_column_add(const struct reading *r, const struct json *node, const struct column *column,
                                        struct diag *d);
/* Compiles against the columns that are there now. */
MUST_USE enum err definition_expression(const struct reading *r, const struct json *node, struct expression **ret_expression,
                                        struct diag *d);
MUST_USE enum err definition_mask(const struct reading *r, const struct json *node, struct column *column, struct diag *d);
struct warehouse_column definition_warehouse_column(const struct column *c);
struct str column_type_name(enum column_type type);
/* The type whose name `node` holds. */
MUST_USE enum err definition_type(const struct reading *r, const struct json *node, enum column_type *ret_type, struct diag *d);

#endif
