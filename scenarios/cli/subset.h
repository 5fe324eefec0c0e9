/* subset.h -- Part of a source as a folder of its own, for a command that is run over it: the first
 * objects as they are, and of one object the first records. */
#ifndef AFORO_SCENARIOS_CLI_SUBSET_H
#define AFORO_SCENARIOS_CLI_SUBSET_H

#include "replay/reader.h"
#include "replay/source.h"

struct subset { /* objects from..to as they are, and `records` of the object `to`, from `record` on
                 */
    size_t from, to;
    uint64_t record, records; /* 0 records: none of it */
};
/* Fills `folder`, which is emptied first and must be there. */
MUST_USE enum err subset_write(const char *folder, const struct source *source,
                               const struct reader_form *form, const struct subset *subset,
                               struct diag *d);
/* How many records the object has, and the bytes of one of them (`nth`) in `a`. */
MUST_USE enum err subset_count(struct arena *a, const struct source *source, size_t object,
                               const struct reader_form *form, uint64_t nth, uint64_t *ret_count,
                               struct str *ret_record, struct diag *d);
/* Removes the folder and the files in it. */
void subset_remove(const char *folder);

#endif
