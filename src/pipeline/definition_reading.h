/* definition_reading.h -- What the parts of a definition share while it is read (base/reading.h),
 * and the parts themselves. Private to the pipeline. */
#ifndef AFORO_PIPELINE_DEFINITION_READING_H
#define AFORO_PIPELINE_DEFINITION_READING_H

#include "base/reading.h"
#include "pipeline/definition.h"

struct definition_reading {
    struct reading in;
    struct definition *def;
};

/* A column's index by its name. */
MUST_USE enum err reading_column(const struct definition_reading *r, const struct json *node,
                                 struct str name, size_t *ret_index, struct diag *d);
/* A plain identifier of SQL that no dialect keeps for itself. */
MUST_USE enum err reading_identifier(const struct definition_reading *r, const struct json *node,
                                     struct str name, struct diag *d);

/* ---- the parts, each in its file ---- */
MUST_USE enum err definition_columns_read(const struct definition_reading *r,
                                          const struct json *root, struct diag *d);
MUST_USE enum err definition_transforms_read(const struct definition_reading *r,
                                             const struct json *root, struct diag *d);
MUST_USE enum err definition_report_read(const struct definition_reading *r,
                                         const struct json *root, struct diag *d);
/* Appends; ERR_INVALID at `node` when the name is taken or there are too many. */
MUST_USE enum err definition_column_add(const struct definition_reading *r, const struct json *node,
                                        const struct column *column, struct diag *d);
/* Compiles against the columns that are there now. */
MUST_USE enum err definition_expression(const struct definition_reading *r, const struct json *node,
                                        struct expression **ret_expression, struct diag *d);
MUST_USE enum err definition_mask(const struct definition_reading *r, const struct json *node,
                                  struct column *column, struct diag *d);
struct warehouse_column definition_warehouse_column(const struct column *c);
struct str column_type_name(enum column_type type);
/* The type whose name `node` holds. */
MUST_USE enum err definition_type(const struct definition_reading *r, const struct json *node,
                                  enum column_type *ret_type, struct diag *d);

#endif
