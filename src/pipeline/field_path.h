/* field_path.h -- Where a column's input stands: "additionalEventData.bytesTransferredIn", "Cost
 * Total $". Dots part the keys of nested objects; "\." is a dot in a key and "\\" a backslash.
 * Private to the pipeline. */
#ifndef AFORO_PIPELINE_FIELD_PATH_H
#define AFORO_PIPELINE_FIELD_PATH_H

#include "pipeline/definition.h"

#define FIELD_PATH_KEYS_MAX 16

struct field_path {
    struct str keys[FIELD_PATH_KEYS_MAX]; /* unescaped */
    size_t count;
    struct str flat; /* the keys joined by dots: the header that a flat file has */
};
/* ERR_INVALID: an empty key, an escape that is none, too many keys. Copies into `a`. */
MUST_USE enum err field_path_parse(struct arena *a, struct str text, struct field_path *ret_path,
                                   struct diag *d);
/* `from` taken back through the renames, last to first: the path in the input itself. ERR_INVALID:
 * the field was renamed away, so that no column can read it under this name. */
MUST_USE enum err field_path_before_renames(struct arena *a, const struct definition *def,
                                            struct str from, struct str *ret_path, struct diag *d);

#endif
